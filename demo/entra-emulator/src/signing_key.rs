//! One RSA key with its certificate, as Entra uses them: the key id is the certificate's thumbprint.

use aws_lc_rs::{
    digest, rand,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// Entra's signing certificates are valid for five years.
const CERTIFICATE_LIFETIME: Duration = Duration::days(5 * 365);

/// Clocks of containers and hosts differ; a certificate from the future would be refused.
const BACKDATED: Duration = Duration::days(1);

/// A key that signs access tokens.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    pkcs8: Vec<u8>,
    certificate: Vec<u8>,
    kid: String,
}

/// A signing key could not be made, read or used.
#[derive(Debug, Error)]
pub(crate) enum SigningKeyError {
    /// The system gave no randomness, or a library refused.
    #[error("no signing key could be made")]
    Generation,
    /// A persisted key is damaged.
    #[error("a stored signing key cannot be read, or does not belong to its certificate")]
    Stored,
    /// RSA failed, which does not depend on the input.
    #[error("the signing key failed to sign")]
    Signing,
}

impl SigningKey {
    /// Makes an RSA-2048 key and its certificate; takes about a tenth of a second.
    pub(crate) fn generate() -> Result<Self, SigningKeyError> {
        let failed = |_| SigningKeyError::Generation;
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(failed)?;
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.not_before = now.saturating_sub(BACKDATED);
        params.not_after = now.saturating_add(CERTIFICATE_LIFETIME);
        params.distinguished_name.push(
            DnType::CommonName,
            "entra-emulator signing key, development only",
        );
        let certificate = params.self_signed(&pair).map_err(failed)?;
        Self::from_stored(pair.serialize_der(), certificate.der().to_vec())
            .map_err(|_| SigningKeyError::Generation)
    }

    /// Takes up a key made before: PKCS #8 and certificate, both DER.
    pub(crate) fn from_stored(
        pkcs8: Vec<u8>,
        certificate: Vec<u8>,
    ) -> Result<Self, SigningKeyError> {
        let pair = RsaKeyPair::from_pkcs8(&pkcs8).map_err(|_| SigningKeyError::Stored)?;
        let public_key = pair.public_key().as_ref();
        if !certificate
            .windows(public_key.len())
            .any(|part| part == public_key)
        {
            return Err(SigningKeyError::Stored);
        }
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(thumbprint);
        Ok(Self {
            pair,
            pkcs8,
            certificate,
            kid,
        })
    }

    /// The `kid` and `x5t` of this key: base64url of the SHA-1 of its certificate.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The modulus, base64url.
    pub(crate) fn n(&self) -> String {
        let modulus = self.pair.public_key().modulus();
        BASE64_URL_SAFE_NO_PAD.encode(modulus.big_endian_without_leading_zero())
    }

    /// The public exponent, base64url.
    pub(crate) fn e(&self) -> String {
        let exponent = self.pair.public_key().exponent();
        BASE64_URL_SAFE_NO_PAD.encode(exponent.big_endian_without_leading_zero())
    }

    /// The certificate as `x5c` has it: DER in standard base64.
    pub(crate) fn x5c(&self) -> String {
        BASE64_STANDARD.encode(&self.certificate)
    }

    /// The private key (PKCS #8 DER) for the state file.
    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Signs with RS256 (RFC 7518 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &rand::SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| SigningKeyError::Signing)?;
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::SigningKey;

    #[test]
    fn a_stored_key_comes_back_with_its_id() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_stored(key.pkcs8.clone(), key.certificate.clone()).unwrap();
        assert_eq!(key.kid(), again.kid());
        assert_eq!(key.n().len(), 342, "a 2048-bit modulus");
        assert_eq!(key.e(), "AQAB");
    }

    #[test]
    fn a_key_with_the_certificate_of_another_is_refused() {
        let (one, other) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        assert!(SigningKey::from_stored(one.pkcs8.clone(), other.certificate.clone()).is_err());
        assert!(
            SigningKey::from_stored(
                one.pkcs8.iter().copied().take(100).collect(),
                one.certificate
            )
            .is_err()
        );
    }
}
