//! Whether the keys of a document are of use under the algorithms that a policy accepts.

use alloc::format;
use alloc::vec::Vec;

use validate_jwt_jws::{Algorithm, Key};

use super::diagnostics::{Diagnostics, Path};

/// Warns of keys that no accepted algorithm fits, and of secrets shorter than RFC 7518 §3.2 wants them. Where several HMAC
/// algorithms are accepted, a secret may be meant for the weakest.
pub(super) fn warn_of_weak_keys(
    written: &[(Path, Key)],
    algorithms: &[Algorithm],
    found: &mut Diagnostics,
) {
    for (place, key) in written {
        let usable: Vec<Algorithm> = algorithms
            .iter()
            .copied()
            .filter(|algorithm| key.supports(*algorithm))
            .collect();
        let weakest = usable
            .iter()
            .min_by_key(|algorithm| algorithm.hash().output_len());
        match weakest {
            // A list with a mistake in it says nothing about keys.
            None if !algorithms.is_empty() => found.warning(
                place,
                format!(
                    "no token will be verified with this key ({}): no accepted algorithm fits it",
                    key.description()
                ),
                "add the algorithm of its tokens to `algorithms`",
            ),
            Some(weakest) if key.is_short_for(*weakest) => found.warning(
                place,
                format!("the secret is short for {weakest}: it can be guessed from one token"),
                format!("use at least {} random bytes", weakest.hash().output_len()),
            ),
            Some(_) | None => {}
        }
    }
}
