//! Medians and spreads.

/// A median and the quartiles beside it.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Spread {
    /// A quarter of the rounds were below.
    pub(crate) lower: f64,
    /// Half of the rounds were below.
    pub(crate) median: f64,
    /// A quarter of the rounds were above.
    pub(crate) upper: f64,
}

impl Spread {
    /// Of the values of all rounds.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        // Between two values where no value stands at that share.
        let at = |quarters: usize| {
            let place = sorted.len().saturating_sub(1) * quarters;
            let value = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
            let (below, above) = (value(place / 4), value(place.div_ceil(4)));
            below + (above - below) * (place % 4) as f64 / 4.0
        };
        Self {
            lower: at(1),
            median: at(2),
            upper: at(3),
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

    fn is_near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-9
    }

    #[test]
    fn median_and_quartiles_are_values_or_between_two() {
        let odd = Spread::of(&[9.0, 1.0, 5.0]);
        assert!(is_near(odd.median, 5.0) && is_near(odd.lower, 3.0) && is_near(odd.upper, 7.0));
        let even = Spread::of(&[9.0, 1.0, 5.0, 3.0]);
        assert!(is_near(even.median, 4.0) && is_near(even.lower, 2.5) && is_near(even.upper, 6.0));
        assert!(is_near(Spread::of(&[2.0]).lower, 2.0));
        assert!(Spread::of(&[]).median.is_nan());
    }

    #[test]
    fn rounds_are_compared_each_with_its_own() {
        assert!(is_near(
            Spread::of_ratios(&[2.0, 9.0], &[1.0, 3.0]).median,
            2.5
        ));
        assert!(is_near(
            Spread::of_differences(&[2.0, 9.0], &[1.0, 3.0]).median,
            3.5
        ));
    }
}
