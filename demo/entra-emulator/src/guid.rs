//! GUIDs, the identifiers of tenants, applications and service principals.

use std::fmt;

use aws_lc_rs::{digest, rand};
use serde::{Serialize, Serializer};

/// Length of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
const TEXT_LEN: usize = 36;

/// A GUID in lower case with hyphens, the form Entra writes into tokens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Guid(String);

impl Guid {
    /// Reads the hyphenated form in either case; braces and other forms are not accepted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == TEXT_LEN
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        well_formed.then(|| Self(text.to_ascii_lowercase()))
    }

    /// A random GUID (RFC 9562, version 4); all zeros if the system has no randomness to give.
    #[must_use]
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 16];
        // Only trace and correlation identifiers are made here, so a failure costs no safety.
        let _ = rand::fill(&mut bytes);
        Self::from_bytes(bytes, 4)
    }

    /// The same GUID for the same parts on every start (RFC 9562, version 8).
    #[must_use]
    pub(crate) fn derived(parts: &[&str]) -> Self {
        let hash = digest::digest(&digest::SHA256, parts.join("\n").as_bytes());
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Self::from_bytes(bytes, 8)
    }

    fn from_bytes(bytes: [u8; 16], version: u8) -> Self {
        let mut text = String::with_capacity(TEXT_LEN);
        for (at, byte) in bytes.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            let byte = match at {
                6 => (byte & 0x0f) | (version << 4),
                8 => (byte & 0x3f) | 0x80,
                _ => byte,
            };
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Guid;

    #[test]
    fn upper_case_is_accepted_and_written_in_lower_case() {
        let guid = Guid::parse("ABCDEF00-1111-2222-3333-444444444444").unwrap();
        assert_eq!(guid.as_str(), "abcdef00-1111-2222-3333-444444444444");
    }

    #[test]
    fn what_only_resembles_a_guid_is_refused() {
        for text in [
            "",
            "common",
            "{11111111-1111-1111-1111-111111111111}",
            "11111111-1111-1111-1111-11111111111",
            "11111111-1111-1111-1111-1111111111111",
            "11111111x1111-1111-1111-111111111111",
            "1111111g-1111-1111-1111-111111111111",
            "1111111é-1111-1111-1111-11111111111",
        ] {
            assert!(Guid::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn made_guids_are_well_formed() {
        for guid in [Guid::random(), Guid::derived(&["a", "b"])] {
            assert_eq!(Guid::parse(guid.as_str()), Some(guid));
        }
        assert_eq!(Guid::derived(&["a"]), Guid::derived(&["a"]));
        assert_ne!(Guid::derived(&["a"]), Guid::derived(&["b"]));
    }
}
