//! Addresses of documents.

use alloc::string::{String, ToString};

/// Longest address that is accepted; more than any provider needs, and short enough for a log line.
const MAX_BYTES: usize = 2048;

/// An absolute `http` or `https` address, split as an HTTP request needs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whether it is `https`.
    pub is_https: bool,
    /// Host and port, as they stand in it.
    pub authority: String,
    /// Path and query, beginning with `/`.
    pub path: String,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressError {
    /// Neither `http://` nor `https://`.
    Scheme,
    /// No host, or one with characters that no host has, or with a user name.
    Host,
    /// A fragment, white space, or characters that must be percent-encoded.
    Character,
    /// Longer than 2048 bytes.
    TooLong,
}

impl core::fmt::Display for AddressError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Scheme => "it does not begin with https:// or http://",
            Self::Host => "it has no plain host name (and no user name is allowed)",
            Self::Character => {
                "it has a fragment, white space or characters that must be percent-encoded"
            }
            Self::TooLong => "it is longer than 2048 bytes",
        })
    }
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        let (is_https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(AddressError::Scheme),
        };
        if !rest.bytes().all(|byte| {
            byte.is_ascii_graphic()
                && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`')
        }) {
            return Err(AddressError::Character);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let is_host = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        };
        let named = authority
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric() || first == b'[');
        if !named || !authority.bytes().all(is_host) {
            return Err(AddressError::Host);
        }
        let path = match path.as_bytes().first() {
            Some(b'/') => path.to_string(),
            Some(_) => alloc::format!("/{path}"),
            None => "/".to_string(),
        };
        Ok(Self {
            is_https,
            authority: authority.to_ascii_lowercase(),
            path,
        })
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority, self.path)
    }
}
