//! UTCTime and GeneralizedTime as RFC 5280 §4.1.2.5 wants them: `YYMMDDHHMMSSZ` and `YYYYMMDDHHMMSSZ`, nothing else.

use crate::text::number;

/// Tag of UTCTime.
pub(crate) const UTC_TIME: u8 = 0x17;
/// Tag of GeneralizedTime.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;

/// Seconds since 1970-01-01 00:00:00 UTC; `None` if the text is not a time.
pub(crate) fn seconds(tag: u8, text: &[u8]) -> Option<i64> {
    // Century, year, month, day, hour, minute, second.
    let mut parts = [0u32; 7];
    let mut rest = text;
    let skip = match tag {
        UTC_TIME => 1,
        GENERALIZED_TIME => 0,
        _ => return None,
    };
    for part in parts.get_mut(skip..)? {
        let (pair, tail) = rest.split_at_checked(2)?;
        *part = u32::from(number(pair, 10, 2)?);
        rest = tail;
    }
    let [mut century, year, month, day, hour, minute, second] = parts;
    if tag == UTC_TIME {
        century = if year < 50 { 20 } else { 19 };
    }
    if rest != b"Z" || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Months from March of the year 0 on, so that the leap day is the last one of its year.
    let month = ((century * 100 + year) * 12 + month).checked_sub(3)?;
    let first = days_before(month);
    if day == 0 || first + day > days_before(month + 1) {
        return None;
    }
    Some((i64::from(first + day) - 719_469) * 86_400 + i64::from((hour * 60 + minute) * 60 + second))
}

/// Days before a month, both counted from March of the year 0 on.
#[inline(never)]
fn days_before(month: u32) -> u32 {
    let (year, month) = (month / 12, month % 12);
    let century = year / 100;
    year * 365 + year / 4 - century + century / 4 + (month * 153 + 2) / 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        for (tag, text, expected) in [
            (UTC_TIME, &b"700101000000Z"[..], 0),
            (UTC_TIME, b"000229120000Z", 951_825_600),
            (UTC_TIME, b"491231235959Z", 2_524_607_999),
            (UTC_TIME, b"500101000000Z", -631_152_000),
            (GENERALIZED_TIME, b"20500101000000Z", 2_524_608_000),
            (GENERALIZED_TIME, b"99991231235959Z", 253_402_300_799),
            (GENERALIZED_TIME, b"20261122030405Z", 1_795_316_645),
        ] {
            assert_eq!(seconds(tag, text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for (tag, text) in [
            (UTC_TIME, &b""[..]),
            (UTC_TIME, b"7001010000Z"),
            (UTC_TIME, b"700101000000"),
            (UTC_TIME, b"700101000000z"),
            (UTC_TIME, b"700101000000+0000"),
            (UTC_TIME, b"700229000000Z"),
            (UTC_TIME, b"701301000000Z"),
            (UTC_TIME, b"709901000000Z"),
            (UTC_TIME, b"700001000000Z"),
            (UTC_TIME, b"700100000000Z"),
            (UTC_TIME, b"700101240000Z"),
            (UTC_TIME, b"700101006000Z"),
            (UTC_TIME, b"700101000060Z"),
            (UTC_TIME, b"7001010000/0Z"),
            (GENERALIZED_TIME, b"20260101000000.5Z"),
            (GENERALIZED_TIME, b"21000229000000Z"),
            (GENERALIZED_TIME, b"00000101000000Z"),
        ] {
            assert_eq!(seconds(tag, text), None, "{text:?}");
        }
    }
}
