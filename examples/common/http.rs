//! A small HTTP/1.1 client (RFC 9112) over any `Read + Write` stream. It is strict about completeness: a body counts as
//! complete when its Content-Length has come, its last chunk has come, or the stream ended *properly*; over TLS that
//! means close_notify, because a cut connection is an error of the stream.

use std::fmt;
use std::io::{self, Read, Write};

/// Where an `https:` URL leads.
#[derive(Debug, PartialEq, Eq)]
pub struct Url {
    /// Name or address, without brackets.
    pub host: String,
    pub port: u16,
    /// Path and query, as sent.
    pub path: String,
}

impl Url {
    pub fn parse(text: &str) -> Result<Url, String> {
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(
                "the URL contains a space or a character that is not ASCII; write it as %XX, a host name in punycode"
                    .into(),
            );
        }
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
            Some((scheme, _)) => {
                return Err(format!("the URL begins with {scheme}://, only https:// is possible here"));
            }
            None => return Err("the URL has to begin with https://".into()),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("user names and passwords in the URL are not supported".into());
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(inside) => {
                let (address, after) = inside.split_once(']').ok_or("the URL's [ has no ]")?;
                if address.parse::<std::net::Ipv6Addr>().is_err() {
                    return Err(format!("[{address}] is not an IPv6 address"));
                }
                match after {
                    "" => (address, ""),
                    _ => (address, after.strip_prefix(':').ok_or("only :PORT may follow the ] in a URL")?),
                }
            }
            None => match authority.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err("an IPv6 address in a URL needs brackets: https://[::1]/".into());
                }
                Some((host, port)) => (host, port),
                None => (authority, ""),
            },
        };
        if host.is_empty() {
            return Err("the URL has no host".into());
        }
        let port = match port {
            "" => 443,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|p| *p != 0).ok_or("the URL's port is not between 1 and 65535")?
            }
            _ => return Err("the URL's port is not a number".into()),
        };
        let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
        Ok(Url { host: host.to_string(), port, path })
    }

    /// The Host header's value.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 443 { host } else { format!("{host}:{}", self.port) }
    }
}

/// Status line and headers of the final response.
#[derive(Debug, Default)]
pub struct Response {
    pub status: u16,
    /// The status line as it came.
    pub status_line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Header fields after a chunked body.
    pub trailers: Vec<(String, String)>,
    /// False when the server will close the stream.
    pub keep_alive: bool,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What is wrong with a response; Node's codes where Node has one.
#[derive(Debug)]
struct HttpError {
    code: &'static str,
    text: String,
    hint: &'static str,
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.code, self.text, self.hint)
    }
}

impl std::error::Error for HttpError {}

fn malformed(code: &'static str, text: impl Into<String>) -> io::Error {
    io::Error::other(HttpError { code, text: text.into(), hint: "is this an HTTP/1.1 server?" })
}

fn incomplete(text: impl Into<String>) -> io::Error {
    io::Error::other(HttpError {
        code: "ECONNRESET",
        text: text.into(),
        hint: "the server closed too early; try again",
    })
}

/// More header bytes than any honest server sends.
const MAX_HEADERS: usize = 64 * 1024;

/// A client on one stream; several requests can follow each other.
pub struct HttpClient<S: Read + Write> {
    pub stream: S,
    buffer: Vec<u8>,
    /// How much of `buffer` has been used.
    used: usize,
}

impl<S: Read + Write> HttpClient<S> {
    pub fn new(stream: S) -> Self {
        HttpClient { stream, buffer: Vec::new(), used: 0 }
    }

    /// Sends a GET and writes the body to `body` as it comes. An error after that means that the body is not complete.
    pub fn get(&mut self, authority: &str, path: &str, keep_alive: bool, body: &mut dyn Write) -> io::Result<Response> {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: espruino-tls\r\nAccept: */*\r\nConnection: {connection}\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes())?;
        self.stream.flush()?;
        self.response(body)
    }

    /// Sends content, with its length, and asks the server to close.
    #[allow(dead_code)] // not every program has something to send
    pub fn post(
        &mut self,
        authority: &str,
        path: &str,
        content_type: &str,
        content: &[u8],
        body: &mut dyn Write,
    ) -> io::Result<Response> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: espruino-tls\r\nContent-Type: {content_type}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            content.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(content)?;
        self.stream.flush()?;
        self.response(body)
    }

    fn response(&mut self, body: &mut dyn Write) -> io::Result<Response> {
        let mut response = self.head()?;
        // 1xx are not the response yet (RFC 9110 §15.2). Switching protocols was not asked for.
        for _ in 0..16 {
            if !(100..200).contains(&response.status) {
                break;
            }
            if response.status == 101 {
                return Err(malformed(
                    "HPE_INVALID_CONSTANT",
                    "the server switches to a protocol that was not asked for",
                ));
            }
            response = self.head()?;
        }
        let chunked = match response.header("transfer-encoding") {
            None => false,
            Some(coding) if coding.eq_ignore_ascii_case("chunked") => true,
            Some(coding) => {
                return Err(malformed(
                    "HPE_INVALID_TRANSFER_ENCODING",
                    format!("the transfer encoding {coding} was not asked for"),
                ));
            }
        };
        if response.status < 200 || matches!(response.status, 204 | 304) {
            return Ok(response); // no body (RFC 9112 §6.3)
        }
        if chunked {
            response.trailers = self.chunked(body)?;
        } else if let Some(length) = content_length(&response)? {
            let got = self.copy(length, body)?;
            if got < length {
                return Err(incomplete(format!("only {got} of {length} bytes came")));
            }
        } else {
            response.keep_alive = false;
            self.copy(u64::MAX, body)?;
        }
        body.flush()?;
        Ok(response)
    }

    /// Status line and headers up to the empty line.
    fn head(&mut self) -> io::Result<Response> {
        let mut budget = MAX_HEADERS;
        let status_line = self.line(&mut budget, "before the status line")?;
        let bad = || {
            malformed(
                "HPE_INVALID_CONSTANT",
                format!("the answer begins with {:?}, not HTTP/1.1", shorten(&status_line)),
            )
        };
        let rest = status_line.strip_prefix("HTTP/1.").ok_or_else(bad)?;
        let (minor, rest) = rest.split_once(' ').ok_or_else(bad)?;
        let digits = rest.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).ok_or_else(bad)?;
        if !matches!(rest.as_bytes().get(3), None | Some(b' ')) || minor.len() != 1 {
            return Err(bad());
        }
        let status = digits.parse().map_err(|_| bad())?;
        if status < 100 {
            return Err(bad());
        }
        let headers = self.fields(&mut budget)?;
        let mut response = Response { status, headers, keep_alive: minor != "0", ..Default::default() };
        if let Some(connection) = response.header("connection") {
            let has = |token: &str| connection.split(',').any(|t| t.trim().eq_ignore_ascii_case(token));
            response.keep_alive = !has("close") && (response.keep_alive || has("keep-alive"));
        }
        response.status_line = status_line;
        Ok(response)
    }

    fn fields(&mut self, budget: &mut usize) -> io::Result<Vec<(String, String)>> {
        let mut fields: Vec<(String, String)> = Vec::new();
        loop {
            let line = self.line(budget, "in the headers")?;
            if line.is_empty() {
                return Ok(fields);
            }
            if let Some(more) = line.strip_prefix([' ', '\t']) {
                // Obsolete line folding (RFC 9112 §5.2) stands for a space.
                let (_, value) = fields
                    .last_mut()
                    .ok_or_else(|| malformed("HPE_INVALID_HEADER_TOKEN", "the headers begin with a space"))?;
                value.push(' ');
                value.push_str(more.trim());
                continue;
            }
            let bad = || malformed("HPE_INVALID_HEADER_TOKEN", format!("{:?} is not a header", shorten(&line)));
            let (name, value) = line.split_once(':').ok_or_else(bad)?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(bad());
            }
            fields.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_string()));
        }
    }

    fn chunked(&mut self, body: &mut dyn Write) -> io::Result<Vec<(String, String)>> {
        loop {
            let line = self.line(&mut 1024, "in a chunk's header")?;
            let digits = line.split(';').next().unwrap_or_default().trim_end_matches([' ', '\t']);
            let size = Some(digits)
                .filter(|d| (1..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_hexdigit()))
                .and_then(|d| u64::from_str_radix(d, 16).ok())
                .ok_or_else(|| {
                    malformed("HPE_INVALID_CHUNK_SIZE", format!("{:?} is not a chunk's size", shorten(&line)))
                })?;
            if size == 0 {
                return self.fields(&mut { MAX_HEADERS });
            }
            let got = self.copy(size, body)?;
            if got < size {
                return Err(incomplete(format!("only {got} bytes of a chunk of {size} came")));
            }
            if !self.line(&mut 1024, "after a chunk")?.is_empty() {
                return Err(malformed("HPE_STRICT", "a chunk is longer than its size"));
            }
        }
    }

    /// Copies up to `limit` bytes and returns how many there were before the stream's end.
    fn copy(&mut self, limit: u64, body: &mut dyn Write) -> io::Result<u64> {
        let mut copied = 0;
        while copied < limit {
            if self.used == self.buffer.len() && !self.fill()? {
                break;
            }
            let have = &self.buffer[self.used..];
            let n = usize::try_from(limit - copied).unwrap_or(usize::MAX).min(have.len());
            body.write_all(&have[..n])?;
            self.used += n;
            copied += n as u64;
        }
        Ok(copied)
    }

    /// One line without its CRLF (or LF), taken from the budget.
    fn line(&mut self, budget: &mut usize, place: &str) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            if self.used == self.buffer.len() && !self.fill()? {
                return Err(incomplete(format!("the answer ended {place}")));
            }
            let byte = self.buffer[self.used];
            self.used += 1;
            *budget = budget
                .checked_sub(1)
                .ok_or_else(|| malformed("HPE_HEADER_OVERFLOW", format!("the answer is too long {place}")))?;
            if byte == b'\n' {
                break;
            }
            line.push(byte);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.iter().any(|b| matches!(b, 0 | b'\r')) {
            return Err(malformed("HPE_INVALID_HEADER_TOKEN", format!("there is a control character {place}")));
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Reads more; false at the stream's end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.resize(16 * 1024, 0);
        self.used = 0;
        let n = self.stream.read(&mut self.buffer);
        self.buffer.truncate(*n.as_ref().unwrap_or(&0));
        Ok(n? > 0)
    }
}

/// The Content-Length, if there is one. Repeated ones must agree (RFC 9110 §8.6).
fn content_length(response: &Response) -> io::Result<Option<u64>> {
    let mut length = None;
    let values = response.headers.iter().filter(|(n, _)| n == "content-length").flat_map(|(_, v)| v.split(','));
    for value in values.map(str::trim) {
        let number = Some(value)
            .filter(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|v| v.parse::<u64>().ok());
        match number {
            Some(n) if length.is_none_or(|l| l == n) => length = Some(n),
            _ => {
                return Err(malformed(
                    "HPE_INVALID_CONTENT_LENGTH",
                    format!("the Content-Length is {:?}", shorten(value)),
                ));
            }
        }
    }
    Ok(length)
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}
