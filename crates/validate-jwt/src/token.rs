//! A compact JWS as it came from the client. Nothing in it is to be believed until its signature says so.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::json::{Json, JsonError, Value};

/// Longest `kid` that is compared. Providers use up to 100 bytes; a longer one cannot name a key (key sets have the same bound).
pub const MAX_KID_BYTES: usize = 1024;

/// The parts of a compact JWS (RFC 7515 §7.1), split and decoded but not yet read.
#[derive(Debug)]
pub struct UntrustedToken<'t> {
    signing_input: &'t [u8],
    /// Header, payload and signature, one behind the other.
    decoded: Vec<u8>,
    payload_at: usize,
    signature_at: usize,
}

/// What is wrong with a token's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MalformedToken {
    /// Not three parts divided by points; a JWE has five.
    PartCount(usize),
    /// This part is empty.
    EmptyPart(&'static str),
    /// This part is not base64url without padding, in its one canonical spelling (RFC 7515 §2).
    Base64(&'static str),
    /// This part is not UTF-8.
    NotUtf8(&'static str),
    /// This part is not acceptable JSON.
    Json(&'static str, JsonError),
    /// This part is JSON but no object.
    NotAnObject(&'static str),
    /// A header parameter or claim is of the wrong type, or one that cannot be honoured.
    Member(&'static str, &'static str),
}

impl core::fmt::Display for MalformedToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::PartCount(5) => f.write_str("five parts: an encrypted token (JWE)"),
            Self::PartCount(count) => write!(f, "{count} parts instead of three"),
            Self::EmptyPart(part) => write!(f, "the {part} is empty"),
            Self::Base64(part) => write!(f, "the {part} is not unpadded base64url"),
            Self::NotUtf8(part) => write!(f, "the {part} is not UTF-8"),
            Self::Json(part, error) => write!(f, "the {part} is {error}"),
            Self::NotAnObject(part) => write!(f, "the {part} is not a JSON object"),
            Self::Member(name, why) => write!(f, "`{name}` {why}"),
        }
    }
}

impl<'t> UntrustedToken<'t> {
    /// Splits and decodes.
    ///
    /// An empty signature is let through here: `alg: none` has one, and the answer to it should be that the algorithm is not
    /// allowed. [`Self::signature`] refuses it.
    ///
    /// # Errors
    /// See [`MalformedToken`].
    pub fn parse(token: &'t [u8]) -> Result<Self, MalformedToken> {
        let is_point = |&byte: &u8| byte == b'.';
        let Some(last) = token.iter().rposition(is_point) else {
            return Err(MalformedToken::PartCount(1));
        };
        let first = token.iter().position(is_point).unwrap_or(last);
        // A point in the middle part is none of base64's letters; so only what fails is searched for further points.
        Self::decode(token, first, last).map_err(|error| {
            match token.iter().copied().filter(|byte| is_point(byte)).count() {
                2 => error,
                points => MalformedToken::PartCount(points.saturating_add(1)),
            }
        })
    }

    fn decode(token: &'t [u8], first: usize, last: usize) -> Result<Self, MalformedToken> {
        let part = |from: usize, to: usize| token.get(from..to).unwrap_or_default();
        let signature = part(last.saturating_add(1), token.len());
        let mut decoded = Vec::with_capacity(token.len());
        decode(part(0, first), "header", &mut decoded)?;
        let payload_at = decoded.len();
        decode(part(first.saturating_add(1), last), "payload", &mut decoded)?;
        let signature_at = decoded.len();
        if !signature.is_empty() {
            decode(signature, "signature", &mut decoded)?;
        }
        Ok(Self {
            signing_input: part(0, last),
            decoded,
            payload_at,
            signature_at,
        })
    }

    /// Header and payload as they were sent: what the signature is over.
    pub fn signing_input(&self) -> &'t [u8] {
        self.signing_input
    }

    /// The signature.
    ///
    /// # Errors
    /// When it is empty.
    pub fn signature(&self) -> Result<&[u8], MalformedToken> {
        match self.decoded.get(self.signature_at..) {
            None | Some([]) => Err(MalformedToken::EmptyPart("signature")),
            Some(signature) => Ok(signature),
        }
    }

    /// The header as JSON.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn header(&self) -> Result<Json<'_>, MalformedToken> {
        let header = self.decoded.get(..self.payload_at);
        object(header.unwrap_or_default(), "header")
    }

    /// The payload as JSON.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn payload(&self) -> Result<Json<'_>, MalformedToken> {
        object(self.payload_bytes(), "payload")
    }

    /// The payload's own bytes.
    pub fn payload_bytes(&self) -> &[u8] {
        let payload = self.decoded.get(self.payload_at..self.signature_at);
        payload.unwrap_or_default()
    }
}

/// Appends what `part` encodes.
fn decode(part: &[u8], name: &'static str, decoded: &mut Vec<u8>) -> Result<(), MalformedToken> {
    if part.is_empty() {
        return Err(MalformedToken::EmptyPart(name));
    }
    URL_SAFE_NO_PAD
        .decode_vec(part, decoded)
        .map_err(|_| MalformedToken::Base64(name))
}

fn object<'b>(bytes: &'b [u8], part: &'static str) -> Result<Json<'b>, MalformedToken> {
    let text = core::str::from_utf8(bytes).map_err(|_| MalformedToken::NotUtf8(part))?;
    let json = Json::parse(text).map_err(|error| MalformedToken::Json(part, error))?;
    if json.root().is_object() {
        Ok(json)
    } else {
        Err(MalformedToken::NotAnObject(part))
    }
}

/// The header parameters that a decision needs.
#[derive(Debug, Clone, Copy)]
pub struct Header<'h> {
    /// `alg`, whatever it says.
    pub alg: Option<&'h str>,
    /// `kid`
    pub kid: Option<&'h str>,
    /// `typ`
    pub typ: Option<&'h str>,
}

impl<'h> Header<'h> {
    /// Reads a header.
    ///
    /// `crit` is refused whatever it lists: no extension is implemented here, and RFC 7515 §4.1.11 forbids to go on without.
    /// `b64: false` is refused as RFC 7797 §7 wants it of JWTs. `jwk`, `jku`, `x5u` and `x5c` are never looked at.
    ///
    /// # Errors
    /// When a parameter has the wrong type.
    pub fn read(header: Value<'h>) -> Result<Self, MalformedToken> {
        if header.get("crit").is_some() {
            return Err(MalformedToken::Member(
                "crit",
                "asks for extensions that are not supported",
            ));
        }
        if header
            .get("b64")
            .is_some_and(|value| value.kind() != crate::json::Kind::Bool(true))
        {
            return Err(MalformedToken::Member(
                "b64",
                "asks for an unencoded payload, which a JWT must not have",
            ));
        }
        let text = |name: &'static str| match header.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_str()
                .map(Some)
                .ok_or(MalformedToken::Member(name, "is not a string")),
        };
        let kid = text("kid")?;
        if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(MalformedToken::Member("kid", "is longer than any key's"));
        }
        Ok(Self {
            alg: text("alg")?,
            kid,
            typ: text("typ")?,
        })
    }

    /// Whether `typ` is one of `accepted`, compared as RFC 7515 §4.1.9 says: without case, and `application/` may be left out.
    pub fn has_type(&self, accepted: &[String]) -> bool {
        self.typ.is_some_and(|typ| {
            accepted
                .iter()
                .any(|accepted| media_type(accepted).eq_ignore_ascii_case(media_type(typ)))
        })
    }
}

fn media_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => {
            typ.get(PREFIX.len()..).unwrap_or(typ)
        }
        Some(_) | None => typ,
    }
}

/// How log lines name a token: the first 8 hex digits of its SHA-256. Enough to find a token again that one has, useless to
/// whoever has not.
pub fn digest(token: &[u8]) -> String {
    Sha256::digest(token)
        .iter()
        .take(4)
        .map(|byte| alloc::format!("{byte:02x}"))
        .collect()
}

/// A piece of a token as a log line may show it: printable ASCII, quoted, cut to 120 characters.
pub fn printable(text: &str) -> Cow<'static, str> {
    const MAX: usize = 120;
    let mut shown: String = text
        .chars()
        .take(MAX)
        .flat_map(char::escape_default)
        .collect();
    if text.chars().nth(MAX).is_some() {
        shown.push('…');
    }
    Cow::Owned(alloc::format!("\"{shown}\"").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_parts_is_told_before_anything_else_that_is_wrong() {
        for (token, count) in [
            ("", 1),
            ("e30", 1),
            ("e30.e30", 2),
            ("e30.e30.e30.", 4),
            ("e30..e30.e30.e30", 5),
            ("e30.e30.!.e30.e30.e30", 6),
        ] {
            let found = UntrustedToken::parse(token.as_bytes()).err();
            assert_eq!(found, Some(MalformedToken::PartCount(count)), "{token:?}");
        }
    }

    #[test]
    fn parts_are_those_between_the_points() {
        let token = UntrustedToken::parse(b"eyJhIjoxfQ.eyJiIjoyfQ.c2ln").unwrap();
        assert_eq!(token.signing_input(), b"eyJhIjoxfQ.eyJiIjoyfQ");
        assert!(token.header().unwrap().root().get("a").is_some());
        assert_eq!(token.payload_bytes(), br#"{"b":2}"#);
        assert_eq!(token.signature().unwrap(), b"sig");
        for (token, wrong) in [
            (".e30.e30", MalformedToken::EmptyPart("header")),
            ("e30..e30", MalformedToken::EmptyPart("payload")),
            ("e3!.e30.e30", MalformedToken::Base64("header")),
            ("e30.e30=.e30", MalformedToken::Base64("payload")),
            ("e30.e30.e31", MalformedToken::Base64("signature")),
            ("e30.e\u{f6}30.e30", MalformedToken::Base64("payload")),
        ] {
            let found = UntrustedToken::parse(token.as_bytes()).err();
            assert_eq!(found, Some(wrong), "{token:?}");
        }
        let unsigned = UntrustedToken::parse(b"e30.e30.").unwrap();
        assert_eq!(
            unsigned.signature(),
            Err(MalformedToken::EmptyPart("signature"))
        );
    }
}
