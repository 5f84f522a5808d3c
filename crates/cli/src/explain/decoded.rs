//! A token read for display: as much of it as can be read, however wrong the rest is.

use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

/// Reads what people paste: padding or none, and stray bits at the end. The filter itself is strict.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// Header and claims of a token. Nothing here says that they are true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The header.
    pub header: Option<Map<String, Value>>,
    /// The claims.
    pub claims: Option<Map<String, Value>>,
    /// How many parts the token has; three for a signed one, five for an encrypted one.
    pub parts: usize,
    /// The length of the token.
    pub bytes: usize,
    /// Whether there is white space in the token.
    pub has_space: bool,
    /// Whether the token stands in quotes.
    pub is_quoted: bool,
}

impl Decoded {
    /// Decodes.
    #[must_use]
    pub fn read(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let is_encrypted = parts.len() == 5;
        let object = |part: Option<&&str>| -> Option<Map<String, Value>> {
            let bytes = LENIENT.decode(part?.trim()).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        Self {
            header: object(parts.first()),
            claims: object(parts.get(1).filter(|_| !is_encrypted)),
            parts: parts.len(),
            bytes: token.len(),
            has_space: token.contains(char::is_whitespace),
            is_quoted: token.starts_with(['"', '\'']),
        }
    }

    /// A claim.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.as_ref()?.get(name)
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    /// A header parameter that is a text.
    #[must_use]
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.as_ref()?.get(name)?.as_str()
    }

    /// The audiences: `aud` is a text or a list of them.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let list = self.claim("aud").and_then(Value::as_array);
        self.text("aud")
            .into_iter()
            .chain(list.into_iter().flatten().filter_map(Value::as_str))
    }
}

/// The token in what a person gave: white space around it and a leading `Bearer ` are dropped.
#[must_use]
pub fn bare(given: &str) -> &str {
    const SCHEME: &str = "bearer";
    let given = given.trim();
    match given.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => token.trim_start(),
        _ => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_and_white_space_are_dropped() {
        for given in ["a.b.c", " a.b.c\n", "Bearer a.b.c", "bearer   a.b.c\r\n"] {
            assert_eq!(bare(given), "a.b.c");
        }
        assert_eq!(bare("Bearer"), "Bearer");
    }

    #[test]
    fn what_can_be_read_is_read() {
        let decoded = Decoded::read("eyJhbGciOiJub25lIn0.!.");
        assert_eq!(decoded.header_text("alg"), Some("none"));
        assert_eq!((decoded.claims, decoded.parts), (None, 3));
        assert_eq!(Decoded::read("").header, None);
        assert_eq!(Decoded::read("eyJ9.e.e.e.e").claims, None);
    }
}
