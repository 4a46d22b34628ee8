//! The table of errors (`src/error/table.rs`): its page, its words, and that every error in it can come.

mod common;

#[path = "common/error_names.rs"]
mod error_names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use error_names::constant;
use espruino_tls::error::{Alert, Detail, Error, Language, Report, alert_hint};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Where the sentences depend on the numbers, numbers that bring the others.
const VARIANTS: &[(Error, u32, u32, &str)] = &[
    (Error::UnableToGetIssuer, 1, 0, "*a* is not 0"),
    (Error::CertUnreadable, 0, 4, "*b* is 4 or less"),
    (Error::CaUnreadable, 1, 4, "*b* is 4 or less"),
    (Error::MessageTooLong, 11, 0, "*a* is 11"),
    (Error::ChainTooLong, 256, 0, "*a* is 256 or more"),
];

fn sentences(error: Error, a: u32, b: u32) -> (String, String) {
    let (what, hint) = Report { error, detail: Detail { a, b } }.sentences();
    (what.replace("{a}", "*a*").replace("{b}", "*b*").replace("{c}", "certificate *a*"), hint.into())
}

const PREFACE: &str = "\
# Errors

Made from `src/error/table.rs` by `make errors`; do not edit.

An error has a number, which never changes and is its heading here, and a code, which is Node's name for it where Node has
one. Several errors may share a code. In C they are `etls_error_info.number` and `.code`, in Rust `Error` and `Report::code()`;
JavaScript has `e.code`, and `e.message` begins with it.

A firmware without sentences (`error-text`) says the code, the alert if one was sent or received, two numbers *a* and *b*, and
where to look here:

```
CERT_HAS_EXPIRED: alert 45 0 0, errors.md#107
```

Where *a* stands for a certificate, 0 is the server's own, 1 the next one that it sent, and so on; from 256 on it is one of `ca`:
the *a* / 256th.

Errors of `https.js` are in [js/https.md](../js/https.md), those of the network and of options in
[README.md](README.md).
";

fn page() -> String {
    let mut page = String::from(PREFACE);
    for &error in Error::ALL {
        let (what, hint) = sentences(error, 0, 100);
        write!(page, "\n## {}\n\n", error.number()).unwrap();
        writeln!(page, "**{}**, `{}`, `Error::{error:?}`\n", error.code(), constant(error)).unwrap();
        writeln!(page, "What happened: {what}.\n\nWhat to do: {hint}{}", end(&hint)).unwrap();
        for (name, language) in [("JavaScript", Language::JavaScript), ("C", Language::C), ("Rust", Language::Rust)] {
            let words = error.names(language);
            if !words.is_empty() {
                writeln!(page, "- {name}: {words}").unwrap();
            }
        }
        for (_, a, b, when) in VARIANTS.iter().filter(|(varied, ..)| *varied == error) {
            let (what, hint) = sentences(error, *a, *b);
            writeln!(page, "\nIf {when}: {what}. {hint}{}", end(&hint)).unwrap();
        }
        if error == Error::AlertReceived {
            page.push_str("\nThe alert has a code of its own:\n\n| alert | code | |\n|---|---|---|\n");
            for a in 0..=255 {
                let report = Report { error, detail: Detail { a, b: 0 } };
                if report.code() != error.code() {
                    let (js, others) = (report.names(Language::JavaScript), report.names(Language::C));
                    let names = if js.is_empty() { String::new() } else { format!(" ({js}; in C and Rust {others})") };
                    writeln!(page, "| {a} | {} | {}{names} |", report.code(), alert_hint(a)).unwrap();
                }
            }
            writeln!(page, "| others | {} | {} |", error.code(), alert_hint(255)).unwrap();
        }
        match error.alert() {
            Alert::None => {}
            alert => writeln!(page, "\nThe server is told: alert {}.", alert as u8).unwrap(),
        }
    }
    page
}

fn end(sentence: &str) -> &str {
    if sentence.ends_with('?') { "" } else { "." }
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    let file = root().join("espruino-patch/errors.md");
    if std::env::var_os("UPDATE_ERRORS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == page, "espruino-patch/errors.md is stale: run `make errors`");
    for &error in Error::ALL {
        assert!(page.contains(&format!("\n## {}\n", error.number())), "{error:?}");
    }
}

/// The variants that are listed above are all there are.
#[test]
fn no_variant_is_missing_on_the_page() {
    for &error in Error::ALL.iter().filter(|error| **error != Error::AlertReceived) {
        let mut found = BTreeSet::new();
        for a in (0..=300).chain([u32::MAX]) {
            for b in (0..=70).chain([u32::MAX]) {
                found.insert(sentences(error, a, b));
            }
        }
        let listed = VARIANTS.iter().filter(|(varied, ..)| *varied == error);
        let mut known: BTreeSet<_> = listed.map(|(_, a, b, _)| sentences(error, *a, *b)).collect();
        known.insert(sentences(error, 0, 100));
        assert_eq!(found, known, "{error:?}");
    }
}

/// Words between backticks, and functions.
fn words(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2).flat_map(|word| word.split(':').take(1));
    let calls = text.split([' ', ',', ';', '(']).filter(|word| word.contains("::") || word.starts_with("etls_"));
    quoted.chain(calls).filter(|word| !word.is_empty()).collect()
}

/// The core's texts name only what has the same name everywhere; what one language calls it stands in its own words, and is
/// there.
#[test]
fn words_are_those_of_the_language() {
    let everywhere = ["ca", "cert", "key", "servername", "fingerprint256"];
    let foreign = [
        "setTime",
        "checkValidity",
        "rejectUnauthorized",
        "pinnedPubKey",
        "maxFragmentLength",
        "maxRecord",
        "ALPNProtocols",
        "minVersion",
        "maxVersion",
        "etls_",
        "pinned_pub_key",
        "max_fragment`",
        "max_record`",
        "ignore_validity",
        "::",
    ];
    let manuals = [
        (Language::JavaScript, ["espruino-patch/README.md", "js/https.md"].map(text).concat()),
        (Language::C, text("include/espruino_tls.h")),
        (Language::Rust, ["src/config.rs", "src/host/mod.rs", "src/connection/mod.rs"].map(text).concat()),
    ];
    for &error in Error::ALL {
        let variants = VARIANTS.iter().filter(|(varied, ..)| *varied == error).map(|(_, a, b, _)| (*a, *b));
        for (a, b) in variants.chain([(0, 100)]) {
            let (what, hint) = sentences(error, a, b);
            for text in [&what, &hint] {
                for word in foreign {
                    assert!(!text.contains(word), "{error:?}: {word} in {text:?}");
                }
                for word in text.split('`').skip(1).step_by(2).filter(|word| !word.starts_with("openssl ")) {
                    assert!(everywhere.contains(&word), "{error:?}: `{word}` in {text:?}");
                }
            }
        }
        for (language, manual) in &manuals {
            for word in words(error.names(*language)) {
                let name = word.rsplit("::").next().unwrap().trim_end_matches("()");
                assert!(manual.contains(name), "{error:?}: {language:?} has no {name}");
            }
        }
    }
    for a in 0..=255 {
        for word in foreign {
            assert!(!alert_hint(a).contains(word), "{a}");
        }
    }
}

/// Each language gets its own words, and the glue has room for the longest text.
#[test]
fn texts_fit_and_differ() {
    let glue = text("espruino-patch/jswrap_espruino_tls.c");
    let room: usize = glue.split("#define TEXT_LENGTH ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut differ = 0;
    for &error in Error::ALL {
        let all: Vec<String> = [Language::JavaScript, Language::C, Language::Rust]
            .map(|language| {
                let mut text = Vec::new();
                let report = Report { error, detail: Detail { a: u32::MAX, b: u32::MAX } };
                report.pieces(language, &mut |piece| text.extend(piece));
                String::from_utf8(text).unwrap()
            })
            .into();
        assert!(all.iter().all(|text| text.len() < room), "{error:?}: {all:?}");
        assert_eq!(all[2], Report { error, detail: Detail { a: u32::MAX, b: u32::MAX } }.to_string());
        differ += usize::from(all[0] != all[1]);
    }
    assert!(differ > 20, "{differ}");
}

// ---- every error can come

/// A file with Rust in it: what the library runs, and what tests it.
struct Sources {
    library: BTreeMap<String, String>,
    tests: BTreeMap<String, String>,
}

fn sources() -> Sources {
    fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") && !path.ends_with("fuzz") {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    collect(&root().join("tests"), &mut files);
    let mut sources = Sources { library: BTreeMap::new(), tests: BTreeMap::new() };
    for file in files {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        // The table, and tests of the table, say nothing of what comes.
        if name.starts_with("src/error/") || name == "tests/header.rs" || name == "tests/layers.rs" {
            continue;
        }
        let whole = fs::read_to_string(&file).unwrap();
        let code: String = whole.lines().map(|line| line.split("//").next().unwrap().to_string() + "\n").collect();
        let is_test = name.starts_with("tests/") || name.ends_with("tests.rs") || name.ends_with("testing.rs");
        let at = if is_test { 0 } else { code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len()) };
        sources.library.insert(name.clone(), code[..at].into());
        sources.tests.insert(name, code[at..].into());
    }
    assert!(sources.library.len() > 100);
    sources
}

/// Where `name` stands as a word, with what is before and behind it.
fn places<'t>(text: &'t str, name: &str) -> Vec<(&'t str, &'t str)> {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let found = text.match_indices(name).map(|(at, _)| (&text[..at], &text[at + name.len()..]));
    found.filter(|(before, after)| !is_word(before.chars().last()) && !is_word(after.chars().next())).collect()
}

/// Whether the library makes this error there, rather than look for it.
fn makes(library: &str, name: &str) -> bool {
    places(library, name).iter().any(|(before, after)| {
        let before = before.trim_end();
        let looks = ["==", "!=", "|"].iter().any(|sign| before.ends_with(sign)) || before.ends_with("matches!(");
        let rest = after.trim_start_matches([')', ' ', '\n']);
        !looks && !rest.starts_with("=>") && !rest.starts_with("| ") && !rest.starts_with("if ")
    })
}

/// Whether a test wants this error. What a test says that it must not be is no proof.
fn wants(tests: &str, name: &str) -> bool {
    places(tests, name).iter().any(|(before, after)| {
        let statement = before.rsplit([';', '{', '}']).next().unwrap();
        let refused = before.trim_end().ends_with("!=") || statement.contains("assert_ne!");
        let rest = after.trim_start_matches([')', ' ', '\n']);
        !refused && !statement.contains("use ") && !rest.starts_with("=>")
    })
}

#[test]
fn the_search_for_proof_can_tell() {
    assert!(makes("return Err(Error::NoAes);", "Error::NoAes") && makes("x.ok_or(Error::NoAes)?", "Error::NoAes"));
    for none in ["Err(Error::NoAes) => 1", "if e == Error::NoAes {", "Error::NoAes | Error::A => 2", "Error::NoAesX"] {
        assert!(!makes(none, "Error::NoAes"), "{none}");
    }
    assert!(wants("assert_eq!(got, Err(Error::NoAes));", "Error::NoAes"));
    for none in ["assert_ne!(got, Error::NoAes);", "got != Error::NoAes", "Error::NoAes => {}", "use a::Error::NoAes;"]
    {
        assert!(!wants(none, "Error::NoAes"), "{none}");
    }
}

/// Every error is made somewhere in the library, and some test wants exactly this one: by its name, or by a code that no other
/// error has. Tests run, and so an error that has ceased to come fails one of them.
#[test]
fn every_error_is_made_and_wanted() {
    let sources = sources();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for error in Error::ALL {
        *codes.entry(error.code().to_string()).or_default() += 1;
    }
    let mut missing = Vec::new();
    for error in Error::ALL {
        let name = format!("Error::{error:?}");
        if !sources.library.values().any(|library| makes(library, &name)) {
            missing.push(format!("{error:?} is made nowhere"));
        }
        let code = format!("\"{}\"", error.code());
        let is_wanted = |(file, tests): (&String, &String)| {
            // Espruino's glue has codes of its own.
            let by_code = codes[&*error.code()] == 1 && file != "tests/espruino_patch.rs" && wants(tests, &code);
            by_code || wants(tests, &name)
        };
        if !sources.tests.iter().any(is_wanted) {
            missing.push(format!("{error:?} is wanted by no test"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[cfg(all(feature = "aes256", feature = "tls13", feature = "resumption", feature = "client-rsa"))]
#[path = "errors/provoked.rs"]
mod provoked;

/// What a build lacks is said before anything is sent.
#[cfg(not(all(feature = "chain", feature = "client-auth")))]
#[test]
fn what_this_build_lacks() {
    use common::client::Settings;
    use common::engine::TestHost;
    let failure = |settings: Settings| settings.connect(&mut TestHost::default(), |_| ()).unwrap_err().error;
    let base = || Settings { insecure: true, servername: "localhost".into(), ..Settings::default() };
    if cfg!(not(feature = "chain")) {
        let settings = Settings { insecure: false, ca: vec![b"any".to_vec()], ..base() };
        assert_eq!(failure(settings), Error::NoChainSupport);
    }
    if cfg!(not(feature = "client-auth")) {
        let settings = Settings { cert: b"any".to_vec(), key: b"any".to_vec(), ..base() };
        assert_eq!(failure(settings), Error::NoClientAuth);
    }
}
