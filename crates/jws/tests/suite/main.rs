//! Attacks on the signature layer, each by a test that says what must hold.
//!
//! The independent implementation is AWS-LC, like the BoringSSL of Envoy a descendant of OpenSSL: it signs, and it
//! stands in for the host that verifies.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "an overflow or a slice out of place is a failed test"
)]

#[cfg(test)]
mod algorithms;
#[cfg(test)]
mod confusion;
#[cfg(test)]
mod host;
#[cfg(test)]
mod jwk;
#[cfg(test)]
mod jwk_set;
#[cfg(test)]
mod jwk_written;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pem;
#[cfg(test)]
mod rsa_sizes;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod wycheproof_vectors;
