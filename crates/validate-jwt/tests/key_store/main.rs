//! When keys are fetched, by whom, and how long they are good: several workers with one clock and one shared memory, all in the
//! test's hands.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow is a failed test"
)]

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod merging;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod support;
