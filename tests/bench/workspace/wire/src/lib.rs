//! The head of an HTTP request.
use base64::Engine;
use bytes::Bytes;

pub fn method_and_host(head: &Bytes) -> Option<(http::Method, String)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(head).ok()?;
    let method = request.method?.parse().ok()?;
    let url = url::Url::parse("http://localhost/").ok()?.join(request.path?).ok()?;
    Some((method, url.host_str()?.to_owned()))
}

/// ```
/// assert_eq!(bench_wire::token("a", "b"), "YTpi");
/// ```
pub fn token(user: &str, password: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head() {
        let head = Bytes::from_static(b"GET http://example.org/a HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(method_and_host(&head), Some((http::Method::GET, "example.org".into())));
    }
}
