use super::code::{ALERT_CODES, NAMED_ALERTS};
use super::table::CODES;
use super::*;
extern crate std;
use std::string::ToString;

#[test]
fn every_error_has_a_number_of_its_own_and_a_text() {
    for (i, e) in Error::ALL.iter().enumerate() {
        assert!(Error::ALL[i + 1..].iter().all(|o| o.number() != e.number()));
        assert_eq!(&*e.code(), CODES[i]);
        let text = Report { error: *e, detail: Detail { a: 7, b: 9 } }.to_string();
        assert!(
            !text.contains('{') && text.starts_with(Report { error: *e, detail: Detail { a: 7, b: 9 } }.code().trim())
        );
    }
}

#[test]
fn numbers_are_put_into_the_text() {
    let r = Report { error: Error::RecordTooLarge, detail: Detail { a: 16384, b: 4096 } };
    let s = r.to_string();
    assert!(s.contains("16384") && s.contains("4096"), "{s}");
    for n in [0, 9, 10, 4_294_967_295] {
        let r = Report { error: Error::UnexpectedMessage, detail: Detail { a: n, b: 0 } };
        assert!(r.to_string().contains(&std::format!("message {n} out")), "{r}");
    }
}

#[test]
fn certificates_are_named() {
    let text = |error, a| Report { error, detail: Detail { a, b: 0 } }.to_string();
    assert!(text(Error::CertHasExpired, 0).contains("certificate 0 of the chain, the server's own, has expired. "));
    assert!(text(Error::CertHasExpired, 2).contains("certificate 2 of the chain has expired. "));
    assert!(text(Error::UnknownKey, 12 * 256 + 1).contains("certificate 12 in `ca` has a key"));
    let (order, anchors) = (text(Error::UnableToGetIssuer, 1), text(Error::ChainTooLong, 256));
    assert!(order.contains("in the wrong order") && order.contains("; 1 of the cert"), "{order}");
    assert!(!text(Error::UnableToGetIssuer, 0).contains("wrong order"));
    assert!(text(Error::MessageTooLong, 11).contains("the server's certificates take 0 bytes"));
    assert!(text(Error::MessageTooLong, 22).contains("the server's message 22 is 0 bytes long"));
    assert!(anchors.contains("in `ca`") && !text(Error::ChainTooLong, 1).contains("`ca`"), "{anchors}");
}

#[test]
fn alerts_get_nodes_names() {
    let r = Report { error: Error::AlertReceived, detail: Detail { a: 70, b: 0 } };
    assert_eq!(r.code(), "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    for (description, name) in NAMED_ALERTS.iter().chain(&[121]).zip(ALERT_CODES) {
        let detail = Detail { a: (*description).into(), b: 0 };
        assert_eq!(Report { error: Error::AlertReceived, detail }.code(), *name);
    }
}
