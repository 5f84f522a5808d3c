//! Points in time, as the caller's clock tells them.

/// Milliseconds since the Unix epoch. The core has no clock: whoever asks for a decision says what time it is.
///
/// All arithmetic saturates, so that no date in a token can wrap around (a `NumericDate` may be any JSON number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The end of time: later than every date that can be computed.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the Unix epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// From nanoseconds since the Unix epoch, as proxy-wasm hosts give them.
    pub fn from_nanos(nanos: u64) -> Self {
        Self(i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time and `secs` seconds.
    pub fn plus_secs(self, secs: u64) -> Self {
        self.plus_millis(secs.saturating_mul(1000))
    }

    /// This time and `millis` milliseconds.
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add_unsigned(millis))
    }

    /// This time less `secs` seconds.
    pub fn minus_secs(self, secs: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(secs.saturating_mul(1000)))
    }

    /// Whether `millis` milliseconds have passed since `earlier`. A clock that was set back counts as passed: waiting
    /// for it to catch up could take years.
    pub fn has_passed(self, earlier: Self, millis: u64) -> bool {
        self < earlier || self >= earlier.plus_millis(millis)
    }
}

/// A `NumericDate` (RFC 7519 §2) of a token: seconds since the epoch, fractions allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumericDate(f64);

impl NumericDate {
    /// From the text of a JSON number. `None` for what no number can hold (`1e400`).
    pub fn parse(number: &str) -> Option<Self> {
        number
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
            .map(Self)
    }

    /// As an end of validity: the fraction of a millisecond is dropped.
    pub fn as_end(self) -> Timestamp {
        Timestamp(saturate((self.0 * 1000.0).floor()))
    }

    /// As a beginning of validity: a begun millisecond counts as whole.
    pub fn as_start(self) -> Timestamp {
        Timestamp(saturate((self.0 * 1000.0).ceil()))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` from a float saturates, which is what a far date needs"
)]
fn saturate(millis: f64) -> i64 {
    millis as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_beyond_every_calendar_saturate_instead_of_wrapping() {
        for far in ["1e300", "18446744073709551616", "9223372036854775808"] {
            assert_eq!(
                NumericDate::parse(far).unwrap().as_end(),
                Timestamp::MAX,
                "{far}"
            );
        }
        assert_eq!(
            NumericDate::parse("-1e300").unwrap().as_end().as_millis(),
            i64::MIN
        );
        assert_eq!(Timestamp::MAX.plus_secs(600), Timestamp::MAX);
        assert!(NumericDate::parse("1e400").is_none());
    }

    #[test]
    fn fractions_shorten_a_validity_and_never_lengthen_it() {
        let date = NumericDate::parse("1.0005").unwrap();
        assert_eq!(date.as_end().as_millis(), 1000);
        assert_eq!(date.as_start().as_millis(), 1001);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_stop_what_waits_for_it() {
        let later = Timestamp::from_secs(1_000_000);
        assert!(Timestamp::from_secs(1).has_passed(later, 300_000));
        assert!(!later.plus_secs(299).has_passed(later, 300_000));
        assert!(later.plus_secs(300).has_passed(later, 300_000));
    }
}
