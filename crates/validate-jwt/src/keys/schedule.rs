//! When to fetch. Pure: times in, answers out.

use crate::time::Timestamp;

use super::record::Note;

/// The times that the configuration sets, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// A source is fetched anew this often.
    pub refresh_interval: u64,
    /// An unknown `kid` or a failed fetch causes at most one fetch in this time.
    pub min_refetch_interval: u64,
    /// A key stays good this long after it was last seen; 0: while the newest document lists it.
    pub key_ttl: u64,
    /// Limit for one fetch.
    pub fetch_timeout: u64,
    /// How long a request waits for keys.
    pub wait_timeout: u64,
}

impl Default for KeyTimes {
    fn default() -> Self {
        Self {
            refresh_interval: 3600,
            min_refetch_interval: 300,
            key_ttl: 86_400,
            fetch_timeout: 5,
            wait_timeout: 3,
        }
    }
}

/// First pause after a fetch that failed before any had succeeded; doubles up to `min_refetch_interval`.
const FIRST_BACKOFF_MILLIS: u64 = 1000;

/// A refresh comes earlier by up to this part (in 256ths) of its interval, so that the gateways of a fleet do not ask a provider
/// all at once.
const JITTER_256THS: u64 = 26;

impl KeyTimes {
    /// How long a worker may take for both documents before another may try, in milliseconds: two fetches and a margin.
    pub(crate) fn lease_millis(&self) -> u64 {
        self.fetch_timeout.saturating_mul(2000).saturating_add(1000)
    }

    /// Whether a worker is fetching. A lease that ends later than any could was written under another clock.
    pub(crate) fn is_leased(&self, note: &Note, now: Timestamp) -> bool {
        let end = Timestamp::from_millis(note.leased_until);
        now < end && end <= now.plus_millis(self.lease_millis())
    }

    /// Whether the source is due for a fetch nobody asked for: it has never been fetched, or not for a while.
    pub(crate) fn is_due(&self, note: &Note, now: Timestamp, jitter: u8) -> bool {
        if note.attempted_at == 0 {
            return true;
        }
        if note.fetched_at == 0 {
            return now.has_passed(note.attempted(), self.first_backoff_millis(note.failures));
        }
        let interval = self.refresh_interval.saturating_mul(1000);
        let earlier = interval.wrapping_shr(8).saturating_mul(
            u64::from(jitter)
                .saturating_mul(JITTER_256THS)
                .wrapping_shr(8),
        );
        // The pause is for fetches that failed or never came back; after one that succeeded the interval alone counts.
        let has_succeeded = note.attempted_at <= note.fetched_at;
        now.has_passed(
            Timestamp::from_millis(note.fetched_at),
            interval.saturating_sub(earlier),
        ) && (has_succeeded || self.may_refetch(note, now))
    }

    /// Whether an unknown `kid` may cause a fetch.
    pub(crate) fn may_refetch(&self, note: &Note, now: Timestamp) -> bool {
        let pause = if note.fetched_at == 0 {
            self.first_backoff_millis(note.failures)
        } else {
            self.min_refetch_interval.saturating_mul(1000)
        };
        note.attempted_at == 0 || now.has_passed(note.attempted(), pause)
    }

    fn first_backoff_millis(&self, failures: u32) -> u64 {
        // 2^20 seconds are twelve days: beyond every `min_refetch_interval`.
        let doubled = FIRST_BACKOFF_MILLIS.wrapping_shl(failures.saturating_sub(1).min(20));
        doubled.min(
            self.min_refetch_interval
                .saturating_mul(1000)
                .max(FIRST_BACKOFF_MILLIS),
        )
    }

    /// When a source that has never been fetched is tried next, for `Retry-After`.
    pub(crate) fn next_first_attempt(&self, note: &Note) -> Timestamp {
        note.attempted()
            .plus_millis(self.first_backoff_millis(note.failures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000_i64.saturating_add(secs))
    }

    fn note(attempted: i64, fetched: Option<i64>, failures: u32) -> Note {
        let millis = |secs| at(secs).as_millis();
        Note {
            attempted_at: millis(attempted),
            fetched_at: fetched.map_or(0, millis),
            failures,
            leased_until: 0,
        }
    }

    #[test]
    fn a_source_never_reached_is_tried_after_1_2_4_seconds_and_so_on_up_to_the_interval() {
        let times = KeyTimes::default();
        assert!(times.is_due(&Note::default(), at(0), 0));
        for (failures, pause) in [
            (1, 1),
            (2, 2),
            (3, 4),
            (8, 128),
            (9, 256),
            (10, 300),
            (60, 300),
            (u32::MAX, 300),
        ] {
            assert!(
                !times.is_due(&note(0, None, failures), at(pause - 1), 0),
                "{failures}"
            );
            assert!(
                times.is_due(&note(0, None, failures), at(pause), 0),
                "{failures}"
            );
        }
    }

    #[test]
    fn a_fetched_source_is_refreshed_within_a_tenth_before_its_interval() {
        let times = KeyTimes::default();
        assert!(!times.is_due(&note(0, Some(0), 0), at(3599), 0));
        assert!(times.is_due(&note(0, Some(0), 0), at(3600), 0));
        assert!(!times.is_due(&note(0, Some(0), 0), at(3230), 255));
        assert!(times.is_due(&note(0, Some(0), 0), at(3250), 255));
    }

    #[test]
    fn a_refresh_interval_shorter_than_the_refetch_interval_is_kept() {
        let times = KeyTimes {
            refresh_interval: 60,
            ..KeyTimes::default()
        };
        assert!(!times.is_due(&note(0, Some(1), 0), at(60), 0));
        assert!(times.is_due(&note(0, Some(1), 0), at(61), 0));
        assert!(!times.is_due(&note(61, Some(1), 1), at(122), 0));
    }

    #[test]
    fn a_failed_refresh_and_an_unknown_kid_wait_for_the_refetch_interval() {
        let times = KeyTimes::default();
        let failed = note(3600, Some(0), 1);
        assert!(!times.is_due(&failed, at(3899), 0));
        assert!(times.is_due(&failed, at(3900), 0));
        assert!(!times.may_refetch(&note(0, Some(0), 0), at(299)));
        assert!(times.may_refetch(&note(0, Some(0), 0), at(300)));
    }

    #[test]
    fn a_lease_ends_by_itself_and_one_from_another_clock_does_not_count() {
        let times = KeyTimes::default();
        let lease = |until: i64| Note {
            leased_until: at(until).as_millis(),
            ..Note::default()
        };
        assert!(times.is_leased(&lease(11), at(0)));
        assert!(!times.is_leased(&lease(11), at(11)));
        assert!(!times.is_leased(&lease(100_000), at(0)));
    }
}
