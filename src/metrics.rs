//! Counters in Envoy's statistics (`wasmcustom.validate_jwt.…`; Prometheus has `_` for `.` and no prefix).
//!
//! They are kept here and handed over on each tick, so that counting costs a request no host call.

use validate_jwt::Reason;

use crate::host;

/// What is counted beside the reasons of refusals.
#[derive(Clone, Copy)]
pub(crate) enum Count {
    /// Requests that passed with a good token.
    Allowed,
    /// Those of them whose token was remembered.
    TokenCacheHit,
    /// Requests that passed without a token because a rule or route says so.
    Anonymous,
    /// CORS preflight requests that passed.
    Preflight,
    /// Claim values that were not fit for a header.
    OutputHeaderDropped,
    /// Fetches that brought keys.
    KeysFetched,
    /// Fetches that failed.
    KeysFetchFailed,
    /// Refusals that were not logged because there were too many.
    LogSuppressed,
}

const COUNTS: [(Count, &str); 8] = [
    (Count::Allowed, "allowed"),
    (Count::TokenCacheHit, "token_cache_hit"),
    (Count::Anonymous, "anonymous"),
    (Count::Preflight, "preflight"),
    (Count::OutputHeaderDropped, "output_header_dropped"),
    (Count::KeysFetched, "keys_fetched"),
    (Count::KeysFetchFailed, "keys_fetch_failed"),
    (Count::LogSuppressed, "log_suppressed"),
];

#[derive(Default)]
struct Counter {
    id: Option<u32>,
    pending: i64,
}

/// The counters of one worker.
#[derive(Default)]
pub(crate) struct Metrics {
    counts: [Counter; COUNTS.len()],
    refused: [Counter; Reason::ALL.len()],
    reported: [Counter; Reason::ALL.len()],
}

impl Metrics {
    /// Defines the counters. One that the host does not define is not counted.
    pub(crate) fn define(&mut self) {
        let define = |name: String| host::define_counter(&format!("validate_jwt.{name}")).ok();
        for ((_, name), counter) in COUNTS.iter().zip(&mut self.counts) {
            counter.id = define((*name).to_string());
        }
        for (reason, counter) in Reason::ALL.iter().zip(&mut self.refused) {
            counter.id = define(format!("refused.{reason}"));
        }
        for (reason, counter) in Reason::ALL.iter().zip(&mut self.reported) {
            counter.id = define(format!("reported.{reason}"));
        }
    }

    /// Counts.
    pub(crate) fn add(&mut self, count: Count, by: usize) {
        if let Some(counter) = self.counts.get_mut(count as usize) {
            counter.pending = counter.pending.saturating_add_unsigned(by as u64);
        }
    }

    /// Counts a refusal.
    pub(crate) fn refused(&mut self, reason: Reason) {
        count_reason(&mut self.refused, reason);
    }

    /// Counts a refusal that its policy only reports.
    pub(crate) fn reported(&mut self, reason: Reason) {
        count_reason(&mut self.reported, reason);
    }

    /// Hands over to the host what has been counted.
    pub(crate) fn flush(&mut self) {
        for counter in self
            .counts
            .iter_mut()
            .chain(&mut self.refused)
            .chain(&mut self.reported)
        {
            if counter.pending > 0
                && let Some(id) = counter.id
            {
                let pending = core::mem::take(&mut counter.pending);
                // A host that refuses will refuse again; what was counted is lost, the request is not.
                let _lost = host::increment(id, pending);
            }
        }
    }
}

fn count_reason(counters: &mut [Counter], reason: Reason) {
    if let Some(counter) = counters.get_mut(reason as usize) {
        counter.pending = counter.pending.saturating_add(1);
    }
}
