//! What follows from what was found: whether a device can use the server, what its firmware needs for it, whom to trust.

use super::chain::{Certificate, Chain, Key, date};
use super::cost::{Cost, Figures};
use super::engine::Outcome;
use super::hello::{TLS12, TLS13};
use super::scan::{Needs, Scan, group_name, group_needs, suite_name, suite_needs, version_name};

/// A way to trust the server that was tried.
pub struct Tried {
    pub option: Trust,
    /// `None`: a connection with it was trusted. Else the error's text.
    pub refusal: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    Fingerprint,
    Pin,
    Ca,
}

impl Trust {
    /// The option's name in JavaScript.
    pub fn option(self) -> &'static str {
        match self {
            Trust::Fingerprint => "fingerprint256",
            Trust::Pin => "pinnedPubKey",
            Trust::Ca => "ca",
        }
    }
}

/// Everything that was found.
pub struct Findings {
    pub host: String,
    pub port: u16,
    pub path: String,
    pub alpn: String,
    /// What is wrong with the network, if nothing could be found.
    pub unreachable: Option<String>,
    pub scan: Scan,
    /// The newest version, with a request.
    pub first: Outcome,
    /// TLS 1.2, if the first was not that.
    pub second: Option<Outcome>,
    pub resumed: Option<Outcome>,
    pub chain: Chain,
    pub tried: Vec<Tried>,
    pub figures: Figures,
    /// Seconds since 1970.
    pub now: i64,
    /// The user's own choice.
    pub wanted: Option<Trust>,
    /// A client's certificate was given.
    pub has_certificate: bool,
    /// A request was to be sent.
    pub requested: bool,
}

/// Where the certificate for `ca` comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The server sends it.
    Sent,
    /// It is among those that this computer trusts.
    Computer,
}

impl Findings {
    /// Works: the engine has been through a handshake.
    pub fn is_usable(&self) -> bool {
        self.first.open
    }

    pub fn version(&self) -> u16 {
        match self.first.peer.as_ref().map(|p| p.version.as_str()) {
            Some("TLSv1.3") => TLS13,
            Some("TLSv1.2") => TLS12,
            _ => self.scan.versions.first().copied().filter(|v| *v == TLS13).unwrap_or(TLS12),
        }
    }

    /// What a device needs for a group: with this build's own groups it needs nothing that a feature does not say.
    pub fn group_needs(&self, group: u16) -> Needs {
        match group_needs(group) {
            Needs::Missing(_) if self.first.groups.contains(&group) => Needs::Nothing,
            needs => needs,
        }
    }

    /// Whether the server asks its clients for a certificate.
    pub fn wants_certificate(&self) -> bool {
        let code = self.first.code();
        self.scan.wants_certificate
            || self.first.clear.wants_certificate
            || self.second.as_ref().is_some_and(|o| o.clear.wants_certificate)
            || code == "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"
    }

    /// Whether it answers nobody without one.
    pub fn needs_certificate(&self) -> bool {
        self.wants_certificate() && (self.has_certificate || self.first.response.is_none())
    }

    /// The certificate to give as `ca`: a root that outlives the others, else the topmost there is.
    pub fn anchor(&self) -> Option<(&Certificate, Origin)> {
        let top = self.chain.top()?;
        if top.is_self_issued() {
            return Some((top, Origin::Sent));
        }
        if let Some(root) = &self.chain.root {
            return Some((root, Origin::Computer));
        }
        (self.chain.path.len() > 1 && top.is_ca).then_some((top, Origin::Sent))
    }

    /// The ways to trust that work.
    fn works(&self, option: Trust) -> bool {
        self.tried.iter().any(|t| t.option == option && t.refusal.is_none())
    }

    /// What the JavaScript uses: what the user wants, else what lasts.
    pub fn trust(&self) -> Option<Trust> {
        if self.wanted.is_some() {
            return self.wanted;
        }
        let self_signed = self.chain.is_self_signed();
        let order = if self_signed {
            [Trust::Fingerprint, Trust::Pin, Trust::Ca]
        } else {
            [Trust::Ca, Trust::Pin, Trust::Fingerprint]
        };
        let other = if self.anchor().is_some() { Trust::Ca } else { Trust::Fingerprint };
        Some(order.into_iter().find(|option| self.works(*option)).unwrap_or(other))
    }

    /// Features of the library that a device needs for this server, besides a firmware's usual ones.
    pub fn features(&self) -> Vec<&'static str> {
        let mut features = Vec::new();
        let suites: &[u16] = if self.version() == TLS13 { &self.scan.suites13 } else { &self.scan.suites12 };
        let mut best = |needs: Vec<Needs>| {
            if !needs.contains(&Needs::Nothing)
                && let Some(Needs::Feature(name)) = needs.iter().find(|n| matches!(n, Needs::Feature(_)))
            {
                features.push(*name);
            }
        };
        best(suites.iter().map(|s| suite_needs(*s)).collect());
        best(self.scan.groups.iter().map(|g| self.group_needs(*g)).collect());
        if self.needs_certificate() {
            features.push("client-auth (a P-256 key) or client-rsa (RSA-2048)");
        }
        features
    }

    /// Why the smallest build, with pins alone and TLS 1.2, would not do; empty if it does.
    pub fn beyond_pin(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.scan.versions.contains(&TLS12) {
            reasons.push("it has TLS 1.2 only".into());
        } else if !self.scan.suites12.is_empty() && !self.scan.suites12.iter().any(|s| matches!(s, 0xc02b | 0xc02f)) {
            reasons.push("it has AES-128-GCM with ECDHE only".into());
        }
        if !self.scan.groups.is_empty() && !self.scan.groups.contains(&23) {
            reasons.push("it has secp256r1 only".into());
        }
        if self.chain.leaf().is_some_and(|leaf| leaf.key == Key::P384) {
            reasons.push("it has no P-384 keys".into());
        }
        if self.needs_certificate() {
            reasons.push("it has no client certificates".into());
        }
        reasons
    }

    /// What a pin costs, or a path up to the anchor.
    pub fn cost(&self, trust: Trust) -> Option<Cost> {
        let leaf = self.chain.leaf()?;
        let keys = match trust {
            Trust::Ca => self.chain.keys_up_to(self.anchor()?.0),
            _ => Vec::new(),
        };
        self.figures.full(self.version(), &leaf.key, &keys, self.first.handshake_bytes)
    }

    /// Bytes of the largest record that came; 0: none.
    pub fn largest_record(&self) -> u16 {
        self.first.peer.as_ref().map_or(0, |p| p.largest_record)
    }

    /// Why the server can't be used: sentences, each with what would help.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(text) = &self.unreachable {
            problems.push(text.clone());
            return problems;
        }
        if let Some(bytes) = &self.scan.not_tls {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let what = if text.starts_with("HTTP/") { "plain HTTP" } else { "something that is not TLS" };
            problems.push(format!("this port speaks {what}. is there another one for https? 443 and 8443 are usual"));
            return problems;
        }
        let scan = &self.scan;
        if scan.versions.is_empty() {
            problems.push(match scan.alert {
                Some(112) => {
                    format!("the server does not know the name {}. use the name of its certificate", self.host)
                }
                Some(120) => "the server refuses the application protocol. see --alpn".into(),
                Some(alert) => format!(
                    "the server refuses every version, suite and group with alert {alert}. its log says why; is a name \
                     needed instead of an address?"
                ),
                None => {
                    "the server ends the connection when it hears TLS. is this a TLS port, and does it accept this \
                         computer?"
                        .into()
                }
            });
            return problems;
        }
        if !scan.versions.iter().any(|v| *v >= TLS12) {
            let newest = version_name(scan.versions[0]);
            problems.push(format!(
                "the server speaks nothing newer than {newest}, which is not safe and is not built. update it, or put a \
                 proxy with TLS 1.2 before it"
            ));
            return problems;
        }
        if self.is_usable() {
            return problems;
        }
        let suites: Vec<u16> = scan.suites13.iter().chain(&scan.suites12).copied().collect();
        let missing = |needs: Needs| matches!(needs, Needs::Missing(_));
        if !suites.is_empty() && suites.iter().all(|s| missing(suite_needs(*s))) {
            let mut kinds: Vec<&str> = Vec::new();
            for suite in &suites {
                if let Needs::Missing(kind) = suite_needs(*suite)
                    && !kinds.contains(&kind)
                {
                    kinds.push(kind);
                }
            }
            problems.push(format!(
                "the server has only suites that are not built ({}), such as {}. let it offer ECDHE with AES-128-GCM \
                 (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)",
                kinds.join(", "),
                suite_name(suites[0])
            ));
        }
        if !scan.groups.is_empty() && scan.groups.iter().all(|g| missing(self.group_needs(*g))) {
            let names: Vec<String> = scan.groups.iter().map(|g| group_name(*g)).collect();
            problems.push(format!(
                "the server exchanges keys only with {}, and this build has none of them. let it take secp256r1, too",
                names.join(", ")
            ));
        }
        if let Some(leaf) = self.chain.leaf()
            && !leaf.key.is_usable()
        {
            problems.push(format!(
                "the certificate has a key of the kind {}; P-256, P-384 and RSA of 2048 to 4096 bits can be verified. give \
                 the server a certificate with such a key",
                leaf.key.name()
            ));
        }
        let features: Vec<&str> = self.features().into_iter().filter(|f| !f.starts_with("client")).collect();
        if problems.is_empty() && !features.is_empty() {
            problems.push(format!(
                "it takes a feature that is not in this build: {}. build the firmware with HTTPS_FEATURES=\"tls13 resumption \
                 fast-p256 {0}\", or let the server offer AES-128-GCM and secp256r1, too",
                features.join(" ")
            ));
        }
        if self.needs_certificate() && !self.has_certificate {
            problems.push(
                "the server wants a certificate of its clients. give one to this program (--cert FILE --key FILE), and to the \
                 device as `cert` and `key`"
                    .into(),
            );
        }
        if let Some(error) = &self.first.error {
            problems.push(format!("the engine's own words: {error}"));
        }
        problems
    }

    /// What to know though it works.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.is_usable() {
            return notes;
        }
        if let Some(leaf) = self.chain.leaf() {
            if leaf.not_after < self.now {
                notes.push(format!("the certificate has expired on {}: pins work, `ca` does not", leaf.dates.1));
            } else if leaf.not_before > self.now {
                notes.push(format!("the certificate is not valid before {}: pins work, `ca` does not", leaf.dates.0));
            } else if self.trust() == Some(Trust::Fingerprint) && leaf.not_after - self.now < 400 * 86_400 {
                notes.push(format!(
                    "`fingerprint256` holds until the certificate is renewed, at the latest on {}; `pinnedPubKey` for as long as the \
                     server keeps its key",
                    date(leaf.not_after)
                ));
            }
            if self.first.peer.as_ref().is_some_and(|p| p.fingerprint != leaf.fingerprint) {
                notes.push(
                    "the certificate differs from connection to connection, or from TLS 1.2 to TLS 1.3: several servers may \
                     answer here. `ca` is what holds then"
                        .into(),
                );
            }
        }
        if !self.chain.sent.is_empty() && !self.chain.is_in_order() {
            notes.push(
                "the chain is not in order. the engine checks certificates as they flow past, so `ca` may need them in order \
                 (RFC 8446 4.4.2); pins do not"
                    .into(),
            );
        }
        if let Some((anchor, Origin::Sent)) = self.anchor()
            && !anchor.is_self_issued()
        {
            notes.push(
                "the certificate for `ca` is an intermediate one, which may be exchanged without notice: the root behind it, from \
                 its issuer, lasts longer"
                    .into(),
            );
        }
        let largest = self.largest_record();
        if largest > 1024 {
            notes.push(format!(
                "the server sent a record of {largest} bytes: as much memory is needed in one piece, besides the connection, \
                 while it is read. if a Pixl.js has not that much, ask for less at a time (Range), or set ssl_buffer_size 1k in \
                 nginx; `maxRecord` makes it an error instead"
            ));
        }
        if let Some(error) = &self.first.error {
            notes.push(if self.needs_certificate() && !self.has_certificate {
                "the server wants a certificate of its clients: `cert` and `key`, here --cert FILE --key FILE".into()
            } else {
                format!("the request was not answered as HTTP would: {error}")
            });
        }
        if let Some((response, _)) = &self.first.response
            && let Some(location) = response.header("location")
        {
            notes.push(format!("the server redirects to {}", super::chain::printable(location)));
        }
        notes
    }
}
