//! The address under which the service was asked, for the WSDL.

use std::net::Ipv6Addr;

use axum::http::{HeaderMap, HeaderName, header::HOST};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Longest host name of DNS (RFC 1035, 2.3.4), in bytes.
const MAX_HOST_BYTES: usize = 253;

/// Scheme, host and port that a client used; safe to be put into a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

/// The request has no Host, several, or one that is no plain `host[:port]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadHost;

impl Endpoint {
    /// Reads Host, and X-Forwarded-Proto for the scheme; anything there but `http` and `https` counts as `http`.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, BadHost> {
        let host = single(headers, HOST)
            .filter(|host| is_plain_host(host))
            .ok_or(BadHost)?;
        let secure = single(headers, FORWARDED_PROTO)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Ok(Self(format!(
            "{}://{host}",
            if secure { "https" } else { "http" }
        )))
    }

    /// The URL of `path` at this address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_plain_host(value: &str) -> bool {
    let (host, port) = match value
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, after)) if address.parse::<Ipv6Addr>().is_ok() => ("v6", after),
        Some(_) => return false,
        None => value
            .find(':')
            .and_then(|colon| value.split_at_checked(colon))
            .unwrap_or((value, "")),
    };
    let host_is_plain = !host.is_empty()
        && host.len() <= MAX_HOST_BYTES
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let port_is_plain = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port != 0)
        });
    host_is_plain && port_is_plain
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{BadHost, Endpoint, FORWARDED_PROTO, HOST};

    fn endpoint(hosts: &[&str], schemes: &[&str]) -> Result<String, BadHost> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        for scheme in schemes {
            headers.append(FORWARDED_PROTO, HeaderValue::from_str(scheme).unwrap());
        }
        Endpoint::of(&headers).map(|endpoint| endpoint.url("/x"))
    }

    #[test]
    fn repeats_a_plain_host() {
        for host in [
            "localhost",
            "localhost:8081",
            "a-b.example.com:443",
            "10.0.0.1",
            "[::1]:8081",
            "[::1]",
            "soap_backend:80",
        ] {
            assert_eq!(endpoint(&[host], &[]), Ok(format!("http://{host}/x")));
        }
    }

    #[test]
    fn refuses_a_host_that_is_more_than_host_and_port() {
        for host in [
            "", ":80", "a:", "a:0", "a:65536", "a:+80", "a:80:80", "user@a", "a/b", "a?b", "a#b",
            "a b", "a\"b", "a<b", "a&b", "::1", "[::1", "[::1]x", "[zz]", "[]", "ä", "a,b", "a%41",
            "a\\b", "a'b",
        ] {
            assert_eq!(endpoint(&[host], &[]), Err(BadHost), "{host}");
        }
        assert_eq!(endpoint(&[&"a".repeat(254)], &[]), Err(BadHost));
        assert_eq!(endpoint(&[], &[]), Err(BadHost));
        assert_eq!(endpoint(&["a", "b"], &[]), Err(BadHost));
    }

    #[test]
    fn takes_the_scheme_of_one_good_forwarded_proto_only() {
        for (schemes, url) in [
            (&["https"][..], "https://a/x"),
            (&["HTTPS"], "https://a/x"),
            (&["http"], "http://a/x"),
            (&["javascript"], "http://a/x"),
            (&["https,http"], "http://a/x"),
            (&["https", "https"], "http://a/x"),
        ] {
            assert_eq!(endpoint(&["a"], schemes).as_deref(), Ok(url), "{schemes:?}");
        }
    }
}
