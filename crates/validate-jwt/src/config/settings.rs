//! Settings beside the policies: keys and memory.

use alloc::format;

use crate::keys::KeyTimes;

use super::diagnostics::{Diagnostics, Path};
use super::document::within;
use super::raw;
use super::reader::Field;

/// Most that a duration may be: ten years. Longer ones are a mistake, and times could overflow.
pub(super) const MAX_SECONDS: u64 = 315_360_000;

/// Fetches must end: Envoy keeps a request waiting for them.
pub(super) const MAX_FETCH_TIMEOUT: u64 = 60;

/// A client gives up after about a minute; to let it wait longer only holds memory.
pub(super) const MAX_WAIT_TIMEOUT: u64 = 60;

/// Memory of a worker's module ends at 1 GiB in Envoy; half of it may hold verified tokens.
pub(super) const MAX_TOKEN_CACHE_BYTES: u64 = 512 * 1024 * 1024;

/// Memory for verified tokens that serves some 2,500 clients with tokens of usual size.
const TOKEN_CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// When keys are fetched.
pub(super) fn check_keys(keys: &Field<raw::Keys>, found: &mut Diagnostics) -> KeyTimes {
    let default = KeyTimes::default();
    let Some(keys) = keys.valid() else {
        return default;
    };
    let path = Path::default().member("keys");
    let mut seconds = |field: &Field<u64>, name: &str, min: u64, max: u64, default: u64| {
        within(field, &path.member(name), min..=max, default, found)
    };
    let times = KeyTimes {
        refresh_interval: seconds(
            &keys.refresh_interval,
            "refresh_interval",
            1,
            MAX_SECONDS,
            default.refresh_interval,
        ),
        min_refetch_interval: seconds(
            &keys.min_refetch_interval,
            "min_refetch_interval",
            1,
            MAX_SECONDS,
            default.min_refetch_interval,
        ),
        key_ttl: seconds(&keys.key_ttl, "key_ttl", 0, MAX_SECONDS, default.key_ttl),
        fetch_timeout: seconds(
            &keys.fetch_timeout,
            "fetch_timeout",
            1,
            MAX_FETCH_TIMEOUT,
            default.fetch_timeout,
        ),
        wait_timeout: seconds(
            &keys.wait_timeout,
            "wait_timeout",
            0,
            MAX_WAIT_TIMEOUT,
            default.wait_timeout,
        ),
    };
    if times.key_ttl > 0 && times.key_ttl < times.refresh_interval {
        found.warning(
            &path.member("key_ttl"),
            format!(
                "keys die after {} s and are fetched anew after {} s only",
                times.key_ttl, times.refresh_interval
            ),
            "make key_ttl longer than refresh_interval, or 0",
        );
    }
    times
}

/// Memory for verified tokens, in bytes.
pub(super) fn check_token_cache(cache: &Field<raw::TokenCache>, found: &mut Diagnostics) -> usize {
    let path = Path::default().member("token_cache").member("max_bytes");
    let bytes = cache.valid().map_or(TOKEN_CACHE_BYTES, |cache| {
        within(
            &cache.max_bytes,
            &path,
            0..=MAX_TOKEN_CACHE_BYTES,
            TOKEN_CACHE_BYTES,
            found,
        )
    });
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
