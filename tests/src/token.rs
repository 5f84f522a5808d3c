//! Tokens, good unless told otherwise.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::signer::Signer;

/// A token to be signed. What [`Token::new`] makes is good for [`policy`](crate::policy).
#[derive(Clone)]
pub struct Token {
    header: Value,
    claims: Value,
    signer: Signer,
}

/// Audience of good tokens.
pub(crate) const AUDIENCE: &str = "api://numbers";

/// Role of good tokens.
pub(crate) const ROLE: &str = "APIAccess";

impl Token {
    /// A good token of this issuer.
    pub fn new(issuer: &str, signer: &Signer) -> Self {
        let now = Self::now();
        Self {
            header: json!({"typ": "JWT", "alg": signer.algorithm(), "kid": signer.kid()}),
            claims: json!({
                "iss": issuer,
                "aud": AUDIENCE,
                "sub": "7f0c6a52-3b1d-4c11-9a5c-5f1b3a3f2d10",
                "roles": [ROLE],
                "iat": now,
                "nbf": now - 5,
                "exp": now + 3600,
            }),
            signer: signer.clone(),
        }
    }

    /// Seconds since 1970.
    pub fn now() -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock after 1970");
        i64::try_from(since.as_secs()).expect("a clock before the year 292 277 026 596")
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// Takes a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        remove(&mut self.claims, name);
        self
    }

    /// Sets a member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// Takes a member out of the header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        remove(&mut self.header, name);
        self
    }

    /// The claims as they are now.
    pub fn claims(&self) -> &Value {
        &self.claims
    }

    /// The compact form.
    pub fn sign(&self) -> String {
        self.signer.token(&self.header, &self.claims)
    }
}

fn remove(object: &mut Value, name: &str) {
    if let Some(object) = object.as_object_mut() {
        object.remove(name);
    }
}

/// The token with one character changed: the one at `position` of segment 0, 1 or 2. It stays in the alphabet of
/// base64url.
///
/// # Panics
///
/// When the token has no such character.
pub fn alter(token: &str, segment: usize, position: usize) -> String {
    let mut segments: Vec<Vec<u8>> = token
        .split('.')
        .map(|part| part.as_bytes().to_vec())
        .collect();
    let character = &mut segments[segment][position];
    *character = if *character == b'A' { b'B' } else { b'A' };
    String::from_utf8(segments.join(&b'.')).expect("ASCII")
}
