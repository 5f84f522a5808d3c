//! The keys and tokens that everything is measured with.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};

/// Issuer of all tokens, in the form of Entra ID's version 2.0.
pub(crate) const ISSUER: &str =
    "https://login.microsoftonline.com/3f9a1c52-7b1e-4b0e-9d5c-1d5b7a0c4e21/v2.0";

/// Audience of all tokens: the application id of an API.
pub(crate) const AUDIENCE: &str = "8c1f2d7e-5a44-4c8e-b1a0-6f3a9be0d512";

/// Roles of which the policies want one.
pub(crate) const ROLES: [&str; 2] = ["Orders.Read.All", "Orders.ReadWrite.All"];

/// Bytes of a token as Entra ID makes them for an application with one role.
pub(crate) const USUAL_BYTES: usize = 1100;

/// Tokens live longer than any run takes.
const LIFETIME: u64 = 24 * 3600;

/// What signs tokens, and the set of keys that verifies them.
pub(crate) struct Issuer {
    rsa: KeyPair,
    kid: String,
    secret: Vec<u8>,
    now: u64,
}

impl Issuer {
    /// With new keys.
    pub(crate) fn new() -> Result<Self> {
        let mut secret = vec![0; 32];
        rand::fill(&mut secret).map_err(|_| anyhow!("the system gives no random numbers"))?;
        Ok(Self {
            rsa: KeyPair::generate(KeySize::Rsa2048)
                .map_err(|_| anyhow!("no RSA key can be made"))?,
            kid: "2ZQpJ3UpbjAYXYGaXEJl8lV0TOI".to_owned(),
            secret,
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .context("the clock is before 1970")?
                .as_secs(),
        })
    }

    /// The public key among `count` keys; the one that counts is the last.
    pub(crate) fn jwks(&self, count: usize) -> Result<Value> {
        let mut keys = Vec::with_capacity(count);
        for number in 1..count {
            // Never used to verify, so any odd number of the right length is as good as a product of primes.
            let mut modulus = vec![0; 256];
            rand::fill(&mut modulus).map_err(|_| anyhow!("the system gives no random numbers"))?;
            if let (Some(first), Some(last)) = (modulus.first().copied(), modulus.last().copied()) {
                modulus.splice(..1, [first | 0x80]);
                modulus.splice(255.., [last | 1]);
            }
            keys.push(rsa_jwk(
                &format!("another-key-{number:04}"),
                &modulus,
                &[1, 0, 1],
            ));
        }
        let public = self.rsa.public_key();
        keys.push(rsa_jwk(
            &self.kid,
            public.modulus().big_endian_without_leading_zero(),
            public.exponent().big_endian_without_leading_zero(),
        ));
        Ok(json!({ "keys": keys }))
    }

    /// The arguments with which Envoy's `verify_signature` is asked about a token (`VerifySignatureArguments` of
    /// proxy-wasm-cpp-host's `contrib/proxy_wasm_intrinsics.proto`).
    pub(crate) fn verification(&self, token: &str) -> Result<Vec<u8>> {
        let (signing_input, signature) = token.rsplit_once('.').context("a token has points")?;
        let key: PublicKeyX509Der<'_> = self
            .rsa
            .public_key()
            .as_der()
            .map_err(|_| anyhow!("the public key cannot be written"))?;
        let signature = BASE64URL
            .decode(signature)
            .map_err(|error| anyhow!("the signature: {error}"))?;
        let mut message = Vec::new();
        for (number, bytes) in [
            (1_u8, b"sha256".as_slice()),
            (2, key.as_ref()),
            (3, &signature),
            (4, signing_input.as_bytes()),
        ] {
            // A length-delimited field; lengths in two bytes whether needed or not, as protobuf allows.
            let [low, high] = u16::try_from(bytes.len())?.to_le_bytes();
            message.extend([number << 3 | 2, low | 0x80, high << 1 | low >> 7]);
            message.extend_from_slice(bytes);
        }
        Ok(message)
    }

    /// The secret as a key of the filter's policy.
    pub(crate) fn secret_key(&self) -> Value {
        json!({ "id": self.kid, "value": STANDARD.encode(&self.secret) })
    }

    /// The secret as a set of keys.
    pub(crate) fn secret_jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "oct", "alg": "HS256", "kid": self.kid, "k": BASE64URL.encode(&self.secret),
        }] })
    }

    /// A token of about `bytes`, signed with RS256.
    pub(crate) fn rs256(&self, bytes: usize) -> Result<String> {
        let mut token = self.unsigned("RS256", 0, bytes, 342);
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| anyhow!("the RSA key does not sign"))?;
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The `number`th of many tokens of about `bytes`. Signed with HS256, because a hundred thousand RSA signatures take minutes
    /// and a remembered token's signature is not looked at.
    pub(crate) fn hs256(&self, number: usize, bytes: usize) -> String {
        let mut token = self.unsigned("HS256", number, bytes, 43);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let signature = hmac::sign(&key, token.as_bytes());
        token.push('.');
        BASE64URL.encode_string(signature.as_ref(), &mut token);
        token
    }

    fn unsigned(&self, alg: &str, number: usize, bytes: usize, signature: usize) -> String {
        let header = json!({ "typ": "JWT", "alg": alg, "kid": self.kid }).to_string();
        let claims = |padding: usize| {
            json!({
                "aud": AUDIENCE,
                "iss": ISSUER,
                "iat": self.now.saturating_sub(300),
                "nbf": self.now.saturating_sub(300),
                "exp": self.now.saturating_add(LIFETIME),
                "aio": format!("k2RgYLj8cfIx{}", "A".repeat(padding)),
                "azp": "b2f1d2c0-6a0e-4f5f-9a57-0d8f0c6c7a11",
                "azpacr": "1",
                "oid": "5d0b4a8e-91f4-4f43-8a1f-2f5c1d7be930",
                "rh": "1.AXEAUhyaPx57Dkud-fakedAcTiF-LR-MRFqOTLGgbzqb4NUSAAAA.",
                "roles": ["Invoices.Read.All", ROLES[0]],
                "sub": "5d0b4a8e-91f4-4f43-8a1f-2f5c1d7be930",
                "tid": "3f9a1c52-7b1e-4b0e-9d5c-1d5b7a0c4e21",
                "uti": format!("{number:022}"),
                "ver": "2.0",
                "xms_ftd": "W3p1c2VkIGJ5IGxvYWQgZ2VuZXJhdG9yXQBldXJvcGV3ZXN0LWRzbXM",
            })
            .to_string()
        };
        let encoded =
            |padding| [BASE64URL.encode(&header), BASE64URL.encode(claims(padding))].join(".");
        let short = encoded(0).len() + 1 + signature;
        encoded(bytes.saturating_sub(short) * 3 / 4)
    }
}

fn rsa_jwk(kid: &str, modulus: &[u8], exponent: &[u8]) -> Value {
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
        "n": BASE64URL.encode(modulus), "e": BASE64URL.encode(exponent),
    })
}

/// The token with another signature of the same length. Its beginning stays, so that as a number it is still less than the key's
/// modulus: a larger one would be refused without any arithmetic.
pub(crate) fn with_bad_signature(token: &str) -> String {
    let middle = token.len().saturating_sub(100);
    let (kept, rest) = token.split_at_checked(middle).unwrap_or((token, ""));
    let turned: String = rest.chars().rev().collect();
    // The last character of 256 bytes in base64url carries two bits only.
    let (turned, _) = turned.split_at_checked(99).unwrap_or_default();
    format!("{kept}{turned}A")
}
