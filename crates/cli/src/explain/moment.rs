//! Moments in words.

use time::OffsetDateTime;
use validate_jwt::time::Timestamp;

/// Units of time in seconds, the largest first; a month and a year by their mean in the calendar.
const UNITS: [(&str, u64); 6] = [
    ("year", 31_556_952),
    ("month", 2_629_746),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
    ("second", 1),
];

/// The moment as a date, in UTC.
pub(super) fn date(moment: Timestamp) -> String {
    match OffsetDateTime::from_unix_timestamp(moment.as_secs()) {
        Ok(date) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
            date.year(),
            u8::from(date.month()),
            date.day(),
            date.hour(),
            date.minute(),
            date.second()
        ),
        Err(_) => "a date beyond every calendar".to_owned(),
    }
}

/// How far it is from now: `in 59 minutes`, `3 days ago`.
pub(super) fn distance(moment: Timestamp, now: Timestamp) -> String {
    let seconds = moment.as_secs().saturating_sub(now.as_secs());
    match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {}", length(seconds.unsigned_abs())),
        _ => format!("{} ago", length(seconds.unsigned_abs())),
    }
}

/// A length of time in its largest unit; to say 90 minutes as "1 hour" would mislead, so that small counts take the next unit.
pub(super) fn length(seconds: u64) -> String {
    let counted = UNITS
        .iter()
        .map(|(unit, length)| (seconds.checked_div(*length).unwrap_or(0), *unit, *length));
    let best = counted
        .filter(|(count, _, length)| {
            *count > 1 || (*count == 1 && seconds.rem_euclid(*length) == 0)
        })
        .map(|(count, unit, _)| (count, unit))
        .next();
    match best {
        Some((1, unit)) => format!("1 {unit}"),
        Some((count, unit)) => format!("{count} {unit}s"),
        None => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_said_in_the_unit_that_fits() {
        let now = Timestamp::from_secs(1_767_225_600);
        for (seconds, words) in [
            (0, "now"),
            (1, "in 1 second"),
            (59, "in 59 seconds"),
            (60, "in 1 minute"),
            (90, "in 90 seconds"),
            (3599, "in 59 minutes"),
            (3600, "in 1 hour"),
            (5400, "in 90 minutes"),
            (-86_400, "1 day ago"),
            (-172_801, "2 days ago"),
            (-100_000_000, "3 years ago"),
        ] {
            let moment = Timestamp::from_secs(1_767_225_600 + seconds);
            assert_eq!(distance(moment, now), words);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar_if_it_has_them() {
        assert_eq!(
            date(Timestamp::from_secs(1_767_225_600)),
            "2026-01-01 00:00:00 UTC"
        );
        assert_eq!(date(Timestamp::MAX), "a date beyond every calendar");
        assert_eq!(date(Timestamp::from_secs(-1)), "1969-12-31 23:59:59 UTC");
        assert!(distance(Timestamp::MAX, Timestamp::from_millis(i64::MIN)).starts_with("in "));
    }
}
