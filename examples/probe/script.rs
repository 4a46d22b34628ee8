//! The JavaScript to paste into the device.

use std::fmt::Write as _;

use super::advice::{Findings, Trust};
use super::chain::Certificate;

/// The name in Storage.
pub const CA_FILE: &str = "root.pem";

/// A string in JavaScript.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out + "\""
}

/// Writes a certificate to Storage, to be pasted once.
pub fn upload(certificate: &Certificate) -> String {
    let mut text = format!("// {}, until {}.\n", certificate.subject, certificate.dates.1);
    let _ = write!(text, "require(\"Storage\").write({}", quoted(CA_FILE));
    let pem = certificate.pem();
    for (i, line) in pem.split_inclusive('\n').enumerate() {
        let _ = write!(text, "{}\n  {}", if i == 0 { "," } else { " +" }, quoted(line));
    }
    text + ");\n"
}

/// The whole script: what it needs in Storage, the clock, and the request.
pub fn script(findings: &Findings) -> Option<String> {
    let trust = findings.trust()?;
    let leaf = findings.chain.leaf()?;
    let mut text = String::new();
    let host = &findings.host;
    let _ = writeln!(text, "// {host}: paste it when the network is there (WiFi.connect and the like).");
    let option = match trust {
        Trust::Fingerprint => {
            let _ = writeln!(text, "// Trusts exactly the certificate of {}, until {}.", leaf.subject, leaf.dates.1);
            format!("fingerprint256 : {}", quoted(&leaf.fingerprint_hex()))
        }
        Trust::Pin => {
            let _ = writeln!(text, "// Trusts exactly the key of {}.", leaf.subject);
            format!("pinnedPubKey : {}", quoted(&leaf.pin))
        }
        Trust::Ca => {
            let (anchor, _) = findings.anchor()?;
            text += &upload(anchor);
            let _ = writeln!(
                text,
                "// This computer's clock. After a restart the device needs it again: from NTP, or from a server's Date."
            );
            let _ = writeln!(text, "setTime({});", findings.now);
            format!("ca : {}", quoted(CA_FILE))
        }
    };
    let mut options = vec![format!("host : {}", quoted(host))];
    if findings.port != 443 {
        options.push(format!("port : {}", findings.port));
    }
    if findings.is_http() {
        options.push(format!("path : {}", quoted(&findings.path)));
    }
    if !findings.alpn.is_empty() {
        let names: Vec<String> = findings.alpn.split(',').map(quoted).collect();
        options.push(format!("ALPNProtocols : [{}]", names.join(", ")));
    }
    if findings.needs_certificate() {
        let _ = writeln!(text, "// The client's own certificate and its key have to be in Storage by these names.");
        options.push("cert : \"client.pem\"".into());
        options.push("key : \"client.key\"".into());
    }
    options.push(option);
    let options = options.join(",\n  ");
    text += "\n";
    if findings.is_http() {
        let _ = write!(
            text,
            "require(\"https\").get({{\n  {options}\n}}, function(res) {{\n\
             \x20 console.log(res.statusCode, res.socket.protocol);\n\
             \x20 res.on(\"data\", function(d) {{ console.log(d); }});\n\
             \x20 res.on(\"end\", function() {{ console.log(\"done\"); }});\n\
             }}).on(\"error\", function(e) {{ console.log(e.message); }});\n"
        );
    } else {
        let _ = write!(
            text,
            "var socket = require(\"tls\").connect({{\n  {options}\n}}, function() {{\n\
             \x20 console.log(\"connected\", require(\"espruino_tls\").info(socket).protocol);\n\
             }});\n\
             socket.on(\"data\", function(d) {{ console.log(d); }});\n\
             socket.on(\"error\", function(e) {{ console.log(e.code, e.message); }});\n"
        );
    }
    Some(text)
}

impl Findings {
    /// Whether the answer was HTTP, or would be if it had a certificate of the client.
    pub fn is_http(&self) -> bool {
        self.first.response.is_some() || self.requested && self.needs_certificate()
    }
}
