//! The address the emulator is asked under: the start of every issuer and of every link it gives.

use std::fmt;

use hyper::{Uri, header, http::HeaderMap, http::uri::Authority};
use thiserror::Error;

/// A host name has at most 253 bytes; a port adds six.
const MAX_AUTHORITY_BYTES: usize = 260;

/// Scheme, host and perhaps a port, without a slash at the end: `https://localhost:8443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseAddress(String);

/// How a connection reached the emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// Text that is no base address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaseAddressError {
    /// Not `http://` or `https://`.
    #[error(
        "`{0}` does not start with http:// or https://; write something like https://localhost:8443"
    )]
    Scheme(String),
    /// More than a host and a port after the scheme.
    #[error(
        "`{0}` is more or less than host[:port]; write something like localhost:8443, without path or user"
    )]
    Authority(String),
    /// RFC 9112 §3.2: HTTP/1.1 requests have exactly one Host field.
    #[error("the request needs exactly one Host header field, of the form host[:port]")]
    Host,
}

impl BaseAddress {
    /// Reads `http[s]://host[:port]`; one slash at the end is dropped.
    ///
    /// # Errors
    /// Says which part is wrong and gives an example.
    pub fn parse(text: &str) -> Result<Self, BaseAddressError> {
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err(BaseAddressError::Scheme(excerpt(text)));
        };
        Self::new(scheme, rest.strip_suffix('/').unwrap_or(rest))
    }

    /// The address a request was sent to: its absolute target if it has one, its Host field otherwise
    /// (RFC 9112 §3.2.2). `X-Forwarded-*` is not read; whoever needs that names the base address.
    pub(crate) fn of_request(
        scheme: Scheme,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Self, BaseAddressError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        let authority = match (uri.authority(), host, more) {
            (_, _, Some(_)) | (None, None, None) => return Err(BaseAddressError::Host),
            (Some(authority), _, None) => authority.as_str(),
            (None, Some(host), None) => host.to_str().map_err(|_| BaseAddressError::Host)?,
        };
        Self::new(scheme, authority)
    }

    fn new(scheme: Scheme, authority: &str) -> Result<Self, BaseAddressError> {
        if !is_plain(authority) {
            return Err(BaseAddressError::Authority(excerpt(authority)));
        }
        let scheme = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        Ok(Self(format!("{scheme}://{authority}")))
    }

    /// The address without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `host[:port]` or `[v6]:port`. Underscores are allowed, as container names have them.
fn is_plain(authority: &str) -> bool {
    if authority.len() > MAX_AUTHORITY_BYTES {
        return false;
    }
    let Ok(parsed) = authority.parse::<Authority>() else {
        return false;
    };
    let host = parsed.host();
    let port = authority.strip_prefix(host);
    let host_is_plain = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
    };
    let port_is_plain = match port {
        Some("") => true,
        Some(port) => port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        }),
        None => false,
    };
    host_is_plain && port_is_plain
}

/// Enough of a faulty value to recognise it in a message.
fn excerpt(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::BaseAddress;

    #[test]
    fn plain_addresses_are_kept_as_written() {
        for address in [
            "http://localhost",
            "https://localhost:8443",
            "http://[::1]:8080",
            "http://entra_emulator:80",
        ] {
            assert_eq!(BaseAddress::parse(address).unwrap().as_str(), address);
        }
        assert_eq!(
            BaseAddress::parse("http://localhost:8080/")
                .unwrap()
                .as_str(),
            "http://localhost:8080"
        );
    }

    #[test]
    fn everything_that_could_change_the_meaning_of_an_address_is_refused() {
        for address in [
            "localhost:8080",
            "ftp://localhost",
            "http://",
            "http://user@localhost",
            "http://user:secret@localhost:80",
            "http://localhost:80/path",
            "http://localhost?query",
            "http://localhost#fragment",
            "http://localhost:",
            "http://localhost:99999",
            "http://localhost:+80",
            "http://local host",
            "http://local\"host",
            "http://<script>",
            "http://[::1",
            "http://[localhost]",
            "http://évil",
            "http://localhost//",
        ] {
            assert!(BaseAddress::parse(address).is_err(), "{address}");
        }
        assert!(BaseAddress::parse(&format!("http://{}", "a".repeat(300))).is_err());
    }
}
