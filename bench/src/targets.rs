//! What the filter is to reach, as ratios of CPU time per request in one run.

use crate::curves::Curve;
use crate::filters::{
    COLD, FLOOR_COLD, FLOOR_WARM, JWT_AUTHN, JWT_AUTHN_CACHE, REFUSALS, WARM, refusal_floor,
    refused,
};
use crate::rounds::{Measured, cpu_times};
use crate::statistics::Spread;

/// A target and what was reached.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Outcome {
    /// What is compared.
    pub(crate) what: String,
    /// The ratio that is not to be exceeded.
    pub(crate) at_most: f64,
    /// The ratio in each round, summed up.
    pub(crate) ratio: Spread,
    /// What a filter would reach whose own work took no time; where the other side is another filter.
    pub(crate) floor: Option<Spread>,
    /// Whether the median is within the target.
    pub(crate) is_met: bool,
}

/// All targets for which there are figures.
pub(crate) fn check(filters: &[Measured], curves: &[Curve]) -> Vec<Outcome> {
    let cost = |name: &str| cpu_times(filters, name);
    let mut outcomes = Vec::new();
    let mut compare = |one: &str, other: &str, at_most, floor: &str| {
        if let (Some(one_cost), Some(other_cost)) = (cost(one), cost(other)) {
            outcomes.push(Outcome {
                floor: cost(floor).map(|floor| Spread::of_ratios(floor, other_cost)),
                ..Outcome::new(format!("{one} / {other}"), at_most, one_cost, other_cost)
            });
        }
    };
    compare(WARM, JWT_AUTHN_CACHE, 1.10, FLOOR_WARM);
    compare(COLD, JWT_AUTHN, 0.70, FLOOR_COLD);
    compare(WARM, JWT_AUTHN, 0.40, FLOOR_WARM);
    for (what, at_most) in REFUSALS.into_iter().zip([0.80, 1.20, 1.20]) {
        compare(
            &refused(WARM, what),
            &refused(JWT_AUTHN, what),
            at_most,
            &refused(refusal_floor(what), what),
        );
    }
    for (curve, what, at_most) in [("tokens", "tokens", 1.15), ("rules", "rules", 1.25)] {
        let found = curves.iter().find(|candidate| candidate.id == curve);
        let line = found.and_then(|curve| curve.lines.iter().find(|line| line.name == WARM));
        if let Some([first, .., last]) = line.map(|line| line.points.as_slice()) {
            let what = format!("{WARM}: {} {what} / {}", last.x, first.x);
            let (last, first) = (&last.values, &first.values);
            outcomes.push(Outcome::new(what, at_most, last, first));
        }
    }
    outcomes
}

impl Outcome {
    fn new(what: String, at_most: f64, numerators: &[f64], denominators: &[f64]) -> Self {
        let ratio = Spread::of_ratios(numerators, denominators);
        Self {
            what,
            at_most,
            ratio,
            floor: None,
            is_met: ratio.median <= at_most,
        }
    }
}
