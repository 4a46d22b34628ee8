//! The HTTP client of the example programs: what counts as complete, and what is refused.

#[path = "../examples/common/http.rs"]
#[allow(dead_code)]
mod http;

use std::io::{self, Read, Write};

use http::{HttpClient, Response, Url};

/// Gives the bytes in pieces of `step`, then ends properly or with an error (as TLS does without close_notify).
struct Canned<'a> {
    bytes: &'a [u8],
    step: usize,
    cut: bool,
}

impl Read for Canned<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && self.cut {
            return Err(io::Error::other("ECONNRESET: cut off. hint"));
        }
        let n = self.step.min(out.len()).min(self.bytes.len());
        out[..n].copy_from_slice(&self.bytes[..n]);
        self.bytes = &self.bytes[n..];
        Ok(n)
    }
}

impl Write for Canned<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The response (or the error's text) and the body that was written. The same whatever the pieces.
fn get_from(answer: &str, cut: bool) -> (Result<Response, String>, String) {
    let mut last = None;
    for step in [1, 2, 7, usize::MAX] {
        let mut client = HttpClient::new(Canned { bytes: answer.as_bytes(), step, cut });
        let mut body = Vec::new();
        let result = client.get("host", "/", true, &mut body).map_err(|e| e.to_string());
        let now = (format!("{result:?}"), body.clone());
        if let Some(before) = last.replace(now) {
            assert_eq!(last.as_ref(), Some(&before), "pieces of {step}");
        }
        if step == usize::MAX {
            return (result, String::from_utf8(body).unwrap());
        }
    }
    unreachable!()
}

fn complete(answer: &str) -> (Response, String) {
    // With its length known, a body is complete however the stream ends.
    let (result, body) = get_from(answer, true);
    (result.unwrap_or_else(|e| panic!("{answer:?}: {e}")), body)
}

fn refused(answer: &str, code: &str) -> String {
    let (result, body) = get_from(answer, false);
    let error = result.expect_err(answer);
    assert!(error.starts_with(&format!("{code}: ")), "{answer:?}: {error}");
    assert!(error.contains(". "), "no hint: {error}");
    body
}

#[test]
fn a_length_is_kept_to() {
    let (response, body) = complete("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more");
    assert_eq!((response.status, body.as_str(), response.keep_alive), (200, "hello", true));
    let (response, body) = complete("HTTP/1.1 404 Not Found\r\ncontent-length:0\r\nConnection: close\r\n\r\n");
    assert_eq!((response.status, body.as_str(), response.keep_alive), (404, "", false));
    assert_eq!(complete("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok").1, "ok");
    assert_eq!(refused("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "ECONNRESET"), "hello");
    refused("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "HPE_INVALID_CONTENT_LENGTH");
    for wrong in ["-1", "+5", "5x", "", "99999999999999999999999"] {
        refused(&format!("HTTP/1.1 200 OK\r\nContent-Length: {wrong}\r\n\r\nhello"), "HPE_INVALID_CONTENT_LENGTH");
    }
}

#[test]
fn chunks_are_joined_and_trailers_read() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";
    let (response, body) =
        complete(&format!("{chunked}5;x=y\r\nhello\r\n00C\r\n, and more..\r\n0\r\nX-Sum: 1\r\n\r\n"));
    assert_eq!(body, "hello, and more..");
    assert_eq!(response.trailers, [("x-sum".to_string(), "1".to_string())]);
    // The chunks decide, even if a length is given as well (RFC 9112 §6.3).
    assert_eq!(
        complete("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").1,
        "ok"
    );
    assert_eq!(refused(&format!("{chunked}5\r\nhello\r\n"), "ECONNRESET"), "hello");
    assert_eq!(refused(&format!("{chunked}5\r\nhello\r\n0\r\n"), "ECONNRESET"), "hello");
    assert_eq!(refused(&format!("{chunked}5\r\nhel"), "ECONNRESET"), "hel");
    refused(&format!("{chunked}5\r\nhello!\r\n0\r\n\r\n"), "HPE_STRICT");
    for wrong in ["", "x", "-1", "0x5", "fffffffffffffffff"] {
        refused(&format!("{chunked}{wrong}\r\nhello\r\n0\r\n\r\n"), "HPE_INVALID_CHUNK_SIZE");
    }
    refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HPE_INVALID_TRANSFER_ENCODING");
}

#[test]
fn without_a_length_only_a_proper_end_completes_the_body() {
    let answer = "HTTP/1.0 200 OK\r\n\r\nhello";
    let (result, body) = get_from(answer, false);
    assert_eq!((result.unwrap().keep_alive, body.as_str()), (false, "hello"));
    let (result, body) = get_from(answer, true);
    assert_eq!((result.unwrap_err().as_str(), body.as_str()), ("ECONNRESET: cut off. hint", "hello"));
}

#[test]
fn interim_responses_are_skipped() {
    let (response, body) = complete(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    assert_eq!((response.status, body.as_str(), response.header("link")), (200, "ok", None));
    refused("HTTP/1.1 101 Switching Protocols\r\n\r\n", "HPE_INVALID_CONSTANT");
    refused(&"HTTP/1.1 100 Continue\r\n\r\n".repeat(3), "ECONNRESET");
}

#[test]
fn some_statuses_have_no_body() {
    for status in [204, 304] {
        let (response, body) = complete(&format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\nhello"));
        assert_eq!((response.status, body.as_str()), (status, ""));
    }
}

#[test]
fn headers_are_read_with_care() {
    let (response, _) = complete("HTTP/1.1 200\r\nA: 1\r\n  2\r\nB:\t3 \r\nContent-Length: 0\r\n\r\n");
    assert_eq!((response.header("a"), response.header("b")), (Some("1 2"), Some("3")));
    for wrong in ["ICY 200 OK", "HTTP/2 200", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "<html>", ""] {
        refused(&format!("{wrong}\r\n\r\n"), "HPE_INVALID_CONSTANT");
    }
    for wrong in ["no colon", ": no name", "sp ace: 1", "nul: \0"] {
        refused(&format!("HTTP/1.1 200 OK\r\n{wrong}\r\n\r\n"), "HPE_INVALID_HEADER_TOKEN");
    }
    refused(&format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000)), "HPE_HEADER_OVERFLOW");
    refused("HTTP/1.1 200 OK\r\nX: 1\r\n", "ECONNRESET");
    refused("", "ECONNRESET");
}

#[test]
fn urls_are_taken_apart() {
    let url = |text: &str| Url::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    for (text, host, port, path, authority) in [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("HTTPS://example.com:8443/a/b?c=d#e", "example.com", 8443, "/a/b?c=d", "example.com:8443"),
        ("https://127.0.0.1:443/", "127.0.0.1", 443, "/", "127.0.0.1"),
        ("https://[::1]:4433/x", "::1", 4433, "/x", "[::1]:4433"),
        ("https://[2001:db8::1]?q", "2001:db8::1", 443, "/?q", "[2001:db8::1]"),
        ("https://host:?q=[x]:1@", "host", 443, "/?q=[x]:1@", "host"),
    ] {
        let got = url(text);
        assert_eq!(
            (got.host.as_str(), got.port, got.path.as_str(), got.authority().as_str()),
            (host, port, path, authority)
        );
    }
    for (text, why) in [
        ("example.com", "https://"),
        ("http://example.com/", "http://"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://host:0/", "1 and 65535"),
        ("https://host:65536/", "1 and 65535"),
        ("https://host:+1/", "not a number"),
        ("https://::1/", "brackets"),
        ("https://[::1/", "no ]"),
        ("https://[::1]x/", ":PORT"),
        ("https://[localhost]/", "not an IPv6"),
        ("https://user:pw@host/", "not supported"),
        ("https://host/a b", "%XX"),
        ("https://host/\r\nX: y", "%XX"),
        ("https://höst/", "punycode"),
    ] {
        let error = Url::parse(text).expect_err(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}
