//! HMAC secrets (RFC 7518 §3.2). The algorithms are `jwt_compact`'s, which compare in constant time.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::algorithm::Hash;
use crate::key::KeyError;

/// Secret of HS256, HS384 and HS512: not empty, never shown, wiped when dropped.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Any length but none. RFC 7518 wants as many bytes as the hash has; secrets in use are often shorter, so
    /// that is left to a warning: [`Secret::is_short_for`].
    pub(crate) fn new(secret: Vec<u8>) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        Ok(Self(Zeroizing::new(secret)))
    }

    pub(crate) fn is_short_for(&self, hash: Hash) -> bool {
        self.0.len() < hash.output_len()
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}
