//! Waiting with an end.

use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at; short beside everything that tests wait for.
const PAUSE: Duration = Duration::from_millis(10);

/// Long enough for anything that a test waits for on a busy machine, where nothing is said about how long it may take.
const EVENTUALLY: Duration = Duration::from_secs(20);

/// Waits until `attempt` gives something, and panics with `what` when `limit` has passed.
pub fn within<T>(limit: Duration, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(PAUSE);
    }
}

/// Waits until `condition` holds, and panics with `what` when it never does.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    within(EVENTUALLY, what, || condition().then_some(()));
}
