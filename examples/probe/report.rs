//! All that was found, for people and for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::advice::{Findings, Origin, Trust};
use super::chain::{Certificate, printable};
use super::cost::Cost;
use super::hello::{MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT, TLS12, TLS13};
use super::scan::{Needs, group_name, suite_name, suite_needs, version_name};
use super::script;

/// Colours, or none.
pub struct Paint(pub bool);

impl Paint {
    fn put(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }

    fn title(&self, text: &str) -> String {
        self.put("1", text)
    }

    fn good(&self, text: &str) -> String {
        self.put("32", text)
    }

    fn bad(&self, text: &str) -> String {
        self.put("31", text)
    }

    fn faint(&self, text: &str) -> String {
        self.put("2", text)
    }
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i != 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `label` and what belongs to it, the first line beside it, the others below.
fn row(out: &mut String, label: &str, lines: &[String]) {
    for (i, line) in lines.iter().enumerate() {
        let _ = writeln!(out, "{:<14}{line}", if i == 0 { label } else { "" });
    }
}

/// A line for each that the engine has, in the server's order, and one for the others.
fn usable_first(numbers: &[u16], name: fn(u16) -> String, needs: &dyn Fn(u16) -> Needs, paint: &Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut others = Vec::new();
    for number in numbers {
        match needs(*number) {
            Needs::Nothing => lines.push(paint.good(&name(*number))),
            Needs::Feature(feature) => {
                lines.push(format!("{} {}", name(*number), paint.faint(&format!("(feature {feature})"))));
            }
            Needs::Missing(_) => others.push(name(*number)),
        }
    }
    match others.len() {
        0 => {}
        n @ 1..4 => lines.push(paint.faint(&format!("not built: {}", others[..n].join(", ")))),
        n => lines.push(paint.faint(&format!("not built: {} and {} more", others[..2].join(", "), n - 2))),
    }
    lines
}

/// For people.
pub fn text(findings: &Findings, paint: &Paint) -> String {
    let mut out = String::new();
    let usable = findings.is_usable();
    let verdict = if usable {
        let version = findings.first.peer.as_ref().map_or("", |p| p.version.as_str());
        paint.good(&format!("can be used: {version}"))
    } else {
        paint.bad("can't be used")
    };
    let _ = writeln!(out, "{} {verdict}", paint.title(&format!("{}:{}", findings.host, findings.port)));
    for problem in findings.problems() {
        let _ = writeln!(out, "  {} {problem}", paint.bad("!"));
    }
    let scan = &findings.scan;
    if !scan.versions.is_empty() {
        protocol(&mut out, findings, paint);
    }
    if !findings.chain.sent.is_empty() {
        certificates(&mut out, findings, paint);
    } else if let Some(problem) = &findings.chain.problem {
        let _ = writeln!(out, "\n{}\n  {}", paint.title("Certificates"), printable(problem));
    }
    if usable {
        on_the_device(&mut out, findings, paint);
    }
    let notes = findings.notes();
    if !notes.is_empty() {
        let _ = writeln!(out, "\n{}", paint.title("To know"));
        for note in notes {
            let _ = writeln!(out, "  - {note}");
        }
    }
    if usable && let Some(script) = script::script(findings) {
        let _ = writeln!(out, "\n{}", paint.title("JavaScript to paste"));
        let _ = writeln!(out, "\n{script}");
    }
    out
}

fn protocol(out: &mut String, findings: &Findings, paint: &Paint) {
    let scan = &findings.scan;
    let _ = writeln!(out, "\n{}", paint.title("Protocol"));
    let versions: Vec<String> = scan.versions.iter().map(|v| version_name(*v)).collect();
    row(out, "  versions", &[versions.join(", ")]);
    for (version, suites) in [(TLS13, &scan.suites13), (TLS12, &scan.suites12)] {
        let lines = usable_first(suites, suite_name, &suite_needs, paint);
        row(out, if version == TLS13 { "  1.3 suites" } else { "  1.2 suites" }, &lines);
    }
    row(out, "  groups", &usable_first(&scan.groups, group_name, &|g| findings.group_needs(g), paint));
    let mut asked: Vec<&str> = Vec::new();
    if scan.small12.contains(&MAX_FRAGMENT_LENGTH) {
        asked.push("max_fragment_length");
    }
    if scan.small12.contains(&RECORD_SIZE_LIMIT) {
        asked.push("record_size_limit");
    }
    let mut records = Vec::new();
    if let Some(peer) = &findings.first.peer
        && findings.first.open
    {
        records.push(match peer.fragment {
            0 => format!("{} ignores the wish for records of 1,024 bytes", version_name(findings.version())),
            n => format!(
                "{} in records of at most {} bytes, as asked",
                version_name(findings.version()),
                thousands(n.into())
            ),
        });
        if peer.largest_record != 0 {
            records.push(format!("largest that came: {} bytes", thousands(peer.largest_record.into())));
        }
    }
    if scan.versions.contains(&TLS12) && !scan.suites12.is_empty() {
        let honoured = if asked.is_empty() { "neither extension".into() } else { asked.join(" and ") };
        records.push(format!("TLS 1.2 honours {honoured}"));
    }
    row(out, "  records", &records);
    if let Some(resumed) = &findings.resumed {
        let done = resumed.peer.as_ref().is_some_and(|p| p.resumed);
        let text = if done { paint.good("are resumed") } else { "are not resumed".into() };
        row(out, "  sessions", &[text]);
    } else if findings.is_usable() {
        row(out, "  sessions", &["none are given".into()]);
    }
    if findings.wants_certificate() {
        let text = if findings.needs_certificate() {
            "need a certificate"
        } else {
            "are asked for a certificate, and need none"
        };
        row(out, "  clients", &[text.into()]);
    }
    if let Some((response, bytes)) = &findings.first.response
        && !response.status_line.is_empty()
    {
        row(out, "  answer", &[format!("{} ({} bytes)", printable(&response.status_line), thousands(*bytes as u64))]);
    }
    let _ = writeln!(out, "  {}", paint.faint(&format!("{} connections were made to find this", scan.connections)));
}

fn line_of(certificate: &Certificate, paint: &Paint) -> Vec<String> {
    let weak = if certificate.is_weak { paint.bad(" (weak)") } else { String::new() };
    vec![
        paint.title(&certificate.subject),
        format!(
            "{}, signed with {}{weak}, {} to {}, {} bytes",
            certificate.key.name(),
            certificate.signature,
            certificate.dates.0,
            certificate.dates.1,
            thousands(certificate.der.len() as u64)
        ),
    ]
}

fn certificates(out: &mut String, findings: &Findings, paint: &Paint) {
    let chain = &findings.chain;
    let order = if chain.is_in_order() { "in order" } else { "NOT in order" };
    let _ = writeln!(
        out,
        "\n{} {} of {} bytes, {order}",
        paint.title("Certificates"),
        chain.sent.len(),
        thousands(chain.bytes as u64)
    );
    // From the top down.
    let mut entries: Vec<(String, &Certificate)> = Vec::new();
    let top_is_root = chain.top().is_some_and(Certificate::is_self_issued);
    if let (Some(root), false) = (&chain.root, top_is_root) {
        entries.push(("not sent; this computer trusts it".into(), root));
    }
    for place in chain.path.iter().rev() {
        let certificate = &chain.sent[*place];
        let mut remark = if *place == 0 { "the server's own".into() } else { format!("sent as number {place}") };
        if top_is_root && chain.root.as_ref().is_some_and(|root| root.der == certificate.der) {
            remark += "; this computer trusts it";
        }
        if certificate.is_self_issued() {
            remark += "; self-signed";
        }
        entries.push((remark, certificate));
    }
    if !top_is_root
        && chain.root.is_none()
        && let Some(top) = chain.top()
    {
        let _ = writeln!(out, "  {} {}", top.issuer, paint.faint("(not sent, and not known to this computer)"));
    }
    let above = usize::from(!top_is_root && chain.root.is_none());
    for (depth, (remark, certificate)) in entries.iter().enumerate() {
        let depth = depth + above;
        let indent = "   ".repeat(depth.saturating_sub(1));
        for (i, line) in line_of(certificate, paint).iter().enumerate() {
            let branch = match (depth, i) {
                (0, _) => "",
                (_, 0) => "└─ ",
                _ => "   ",
            };
            let remark = if i == 0 { paint.faint(&format!(" ({remark})")) } else { String::new() };
            let _ = writeln!(out, "  {indent}{branch}{line}{remark}");
        }
    }
    for (place, certificate) in chain.sent.iter().enumerate() {
        if !chain.path.contains(&place) {
            let _ = writeln!(
                out,
                "  {} {}",
                certificate.subject,
                paint.faint(&format!("(number {place}: not part of the path)"))
            );
        }
    }
    let Some(leaf) = chain.leaf() else { return };
    let names = match leaf.names.len() {
        0 => "none: no host name can match".into(),
        n if n > 8 => format!("{} and {} more", leaf.names[..8].join(", "), n - 8),
        _ => leaf.names.join(", "),
    };
    row(out, "  names", &[names]);
    row(out, "  sha256", &[leaf.fingerprint_hex()]);
    row(out, "  pin", std::slice::from_ref(&leaf.pin));
    for tried in &findings.tried {
        let says = match &tried.refusal {
            None => paint.good("a connection with it is trusted"),
            Some(text) => paint.bad(text),
        };
        let _ = writeln!(out, "  {:<16}{says}", tried.option.option());
    }
    if let Some((anchor, origin)) = findings.anchor() {
        let from = match origin {
            Origin::Sent => "the server sends it",
            Origin::Computer => "from this computer's list",
        };
        let _ = writeln!(
            out,
            "  as `ca`: {}, until {} ({from}; --write-ca FILE, --upload)",
            anchor.subject, anchor.dates.1
        );
    } else {
        let issuer = chain.top().map_or("", |top| top.issuer.as_str());
        let _ = writeln!(out, "  as `ca`: the certificate of {issuer}, which is not here: see --roots");
    }
}

fn cost_line(cost: &Cost) -> String {
    format!(
        "{:.0} ms of computing, {} bytes of memory, {} of stack",
        cost.handshake,
        thousands(cost.memory),
        thousands(cost.stack)
    )
}

fn on_the_device(out: &mut String, findings: &Findings, paint: &Paint) {
    let _ = writeln!(out, "\n{}", paint.title("On a Pixl.js"));
    let mut known = false;
    for (label, trust) in [("  pinned", Trust::Fingerprint), ("  with ca", Trust::Ca)] {
        if trust == Trust::Ca && findings.anchor().is_none() {
            continue;
        }
        if let Some(cost) = findings.cost(trust) {
            known = true;
            row(out, label, &[cost_line(&cost)]);
        }
    }
    if known {
        if findings.resumed.as_ref().is_some_and(|r| r.peer.as_ref().is_some_and(|p| p.resumed)) {
            row(out, "  resumed", &[cost_line(&findings.figures.resumed(findings.version()))]);
        }
        let bytes = findings.first.handshake_bytes;
        let serial = findings.cost(Trust::Fingerprint).map_or(0.0, |c| c.serial);
        let mut lines = vec![format!("{:.1} ms a KB received", findings.figures.receive(findings.version()))];
        lines.push(format!(
            "the handshake's {} bytes take {serial:.0} ms more over a WiFi module at 115,200 baud",
            thousands(bytes as u64)
        ));
        row(out, "  besides", &lines);
    }
    if findings.needs_certificate() {
        let [p256, rsa] = ["P-256", "RSA-2048"].map(|key| findings.figures.client_signature(key, findings.version()));
        row(out, "  client key", &[format!("{p256:.0} ms more with P-256, {rsa:.0} with RSA-2048")]);
    }
    let largest = findings.largest_record();
    if largest > 1024 {
        row(out, "  records", &[format!("{} bytes more while a large one is read", thousands(largest.into()))]);
    }
    let beyond = findings.beyond_pin();
    let firmware = if beyond.is_empty() {
        "HTTPS_PROFILE=pin is enough, if the server is pinned".into()
    } else {
        format!("HTTPS_PROFILE=pin is not enough: {}", beyond.join("; "))
    };
    let features = findings.features();
    let mut lines = vec![firmware];
    lines.push(if features.is_empty() {
        "a firmware as espruino-patch/https.make builds it by itself has all that is needed".into()
    } else {
        format!("besides what it has by itself it needs the features {}", features.join(", "))
    });
    row(out, "  firmware", &lines);
    let _ = writeln!(
        out,
        "  {}",
        paint.faint("computed for this chain from what was measured on an emulated Cortex-M4 at 64 MHz (tests/bench/figures.json)")
    );
}

fn certificate_json(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject, "issuer": certificate.issuer, "key": certificate.key.name(),
        "signature": certificate.signature, "weak": certificate.is_weak, "notBefore": certificate.not_before,
        "notAfter": certificate.not_after, "names": certificate.names, "ca": certificate.is_ca,
        "bytes": certificate.der.len(), "fingerprint256": certificate.fingerprint_hex(), "pinnedPubKey": certificate.pin,
    })
}

/// For machines.
pub fn json(findings: &Findings) -> Value {
    let scan = &findings.scan;
    let names = |numbers: &[u16], name: fn(u16) -> String| numbers.iter().map(|n| name(*n)).collect::<Vec<_>>();
    let peer = findings.first.peer.as_ref().filter(|_| findings.first.open);
    let cost = |trust: Trust| {
        findings.cost(trust).map(|c| {
            json!({ "milliseconds": c.handshake.round(), "serialMilliseconds": c.serial.round(), "memory": c.memory, "stack": c.stack })
        })
    };
    let chain = &findings.chain;
    json!({
        "host": findings.host, "port": findings.port, "usable": findings.is_usable(), "problems": findings.problems(),
        "notes": findings.notes(),
        "versions": names(&scan.versions, version_name), "suites13": names(&scan.suites13, suite_name),
        "suites12": names(&scan.suites12, suite_name), "groups": names(&scan.groups, group_name),
        "connections": scan.connections,
        "protocol": peer.map(|p| p.version.clone()), "suite": peer.map(|p| p.suite.clone()),
        "maxFragmentLength": peer.map(|p| p.fragment), "largestRecord": peer.map(|p| p.largest_record),
        "maxFragmentLengthInTls12": scan.small12.contains(&MAX_FRAGMENT_LENGTH),
        "recordSizeLimitInTls12": scan.small12.contains(&RECORD_SIZE_LIMIT),
        "resumes": findings.resumed.as_ref().is_some_and(|r| r.peer.as_ref().is_some_and(|p| p.resumed)),
        "wantsCertificate": findings.wants_certificate(), "needsCertificate": findings.needs_certificate(),
        "status": findings.first.response.as_ref().map(|(r, _)| r.status).filter(|s| *s != 0),
        "chain": {
            "bytes": chain.bytes, "inOrder": chain.is_in_order(), "selfSigned": chain.is_self_signed(), "path": chain.path,
            "certificates": chain.sent.iter().map(certificate_json).collect::<Vec<_>>(),
            "root": chain.root.as_ref().map(certificate_json),
        },
        "ca": findings.anchor().map(|(anchor, origin)| json!({
            "certificate": certificate_json(anchor), "pem": anchor.pem(), "sent": origin == Origin::Sent })),
        "trust": findings.tried.iter().map(|t| json!({ "option": t.option.option(), "refusal": t.refusal })).collect::<Vec<_>>(),
        "pixljs": findings.is_usable().then(|| json!({
            "pinned": cost(Trust::Fingerprint), "ca": cost(Trust::Ca),
            "millisecondsPerKB": findings.figures.receive(findings.version()),
            "handshakeBytes": findings.first.handshake_bytes,
            "profilePinSuffices": findings.beyond_pin().is_empty(), "features": findings.features(),
            "source": "tests/bench/figures.json" })),
        "script": if findings.is_usable() { script::script(findings) } else { None },
    })
}
