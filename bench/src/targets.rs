//! What the filter is to reach, as ratios of CPU time per request in one run.

use crate::curves::Curve;
use crate::filters::{COLD, JWT_AUTHN, JWT_AUTHN_CACHE, REFUSALS, WARM, refused};
use crate::rounds::Measured;
use crate::statistics::Spread;

/// A target and what was reached.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Outcome {
    /// What is compared.
    pub(crate) what: String,
    /// Whether the other side is another filter.
    #[serde(skip)]
    pub(crate) is_beside_another: bool,
    /// The ratio that is not to be exceeded.
    pub(crate) at_most: f64,
    /// The ratio in each round, summed up.
    pub(crate) ratio: Spread,
    /// Whether the median is within the target.
    pub(crate) is_met: bool,
}

/// All targets for which there are figures.
pub(crate) fn check(filters: &[Measured], curves: &[Curve]) -> Vec<Outcome> {
    let cost = |name: &str| {
        let found = filters.iter().find(|measured| measured.name == name);
        found.map(|measured| measured.cpu_us.as_slice())
    };
    let mut outcomes = Vec::new();
    let mut compare = |one: &str, other: &str, at_most| {
        if let (Some(one_cost), Some(other_cost)) = (cost(one), cost(other)) {
            let what = format!("{one} / {other}");
            outcomes.push(Outcome::new(what, true, at_most, one_cost, other_cost));
        }
    };
    compare(WARM, JWT_AUTHN_CACHE, 1.10);
    compare(COLD, JWT_AUTHN, 0.70);
    compare(WARM, JWT_AUTHN, 0.40);
    for (what, at_most) in REFUSALS.into_iter().zip([0.80, 1.20, 1.20]) {
        compare(&refused(WARM, what), &refused(JWT_AUTHN, what), at_most);
    }
    for (curve, what, at_most) in [("tokens", "tokens", 1.15), ("rules", "rules", 1.25)] {
        let found = curves.iter().find(|candidate| candidate.id == curve);
        let line = found.and_then(|curve| curve.lines.iter().find(|line| line.name == WARM));
        if let Some([first, .., last]) = line.map(|line| line.points.as_slice()) {
            let what = format!("{WARM}: {} {what} / {}", last.x, first.x);
            let (last, first) = (&last.values, &first.values);
            outcomes.push(Outcome::new(what, false, at_most, last, first));
        }
    }
    outcomes
}

impl Outcome {
    fn new(
        what: String,
        is_beside_another: bool,
        at_most: f64,
        numerators: &[f64],
        denominators: &[f64],
    ) -> Self {
        let ratio = Spread::of_ratios(numerators, denominators);
        Self {
            what,
            is_beside_another,
            at_most,
            ratio,
            is_met: ratio.median <= at_most,
        }
    }
}
