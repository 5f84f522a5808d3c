//! Medians and spreads.

/// A median and the range that it was found in.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Spread {
    /// Least of all rounds.
    pub(crate) least: f64,
    /// Median of all rounds.
    pub(crate) median: f64,
    /// Most of all rounds.
    pub(crate) most: f64,
}

impl Spread {
    /// Of the values of all rounds.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let half = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(at(half.saturating_sub(1)), at(half))
        } else {
            at(half)
        };
        Self {
            least: at(0),
            median,
            most: at(sorted.len().saturating_sub(1)),
        }
    }

    /// Of the ratios of two cases, round by round.
    pub(crate) fn of_ratios(numerators: &[f64], denominators: &[f64]) -> Self {
        Self::of_pairs(numerators, denominators, |numerator, denominator| {
            numerator / denominator
        })
    }

    /// Of the differences of two cases, round by round.
    pub(crate) fn of_differences(minuends: &[f64], subtrahends: &[f64]) -> Self {
        Self::of_pairs(minuends, subtrahends, |minuend, subtrahend| {
            minuend - subtrahend
        })
    }

    fn of_pairs(ones: &[f64], others: &[f64], combine: impl Fn(f64, f64) -> f64) -> Self {
        let combined: Vec<f64> = ones
            .iter()
            .zip(others)
            .map(|(one, other)| combine(*one, *other))
            .collect();
        Self::of(&combined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert!((Spread::of(&[9.0, 1.0, 5.0]).median - 5.0).abs() < f64::EPSILON);
        assert!((Spread::of(&[9.0, 1.0, 5.0, 3.0]).median - 4.0).abs() < f64::EPSILON);
        let ratios = Spread::of_ratios(&[2.0, 9.0], &[1.0, 3.0]);
        assert!((ratios.least - 2.0).abs() < f64::EPSILON);
        assert!((ratios.most - 3.0).abs() < f64::EPSILON);
        let differences = Spread::of_differences(&[2.0, 9.0], &[1.0, 3.0]);
        assert!((differences.least - 1.0).abs() < f64::EPSILON);
        assert!((differences.most - 6.0).abs() < f64::EPSILON);
    }
}
