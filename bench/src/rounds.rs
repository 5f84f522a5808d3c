//! Interleaved measurement: in each round every case once, each round beginning with another case.
//!
//! What disturbs a machine for a second or a minute then disturbs all cases alike, and the ratio of two cases of one round is
//! steadier than either figure.

use std::rc::Rc;

use anyhow::{Context as _, Result};

use crate::envoy::Envoy;
use crate::load::{Client, Requests};

/// Requests before the first round: connections are open, caches filled, and V8 has compiled what is hot with its best compiler.
const WARM_UP: usize = 4000;

/// Requests before each case's part of a round, which are not measured. The processor's caches are then filled by this case and not by
/// the one before, and a refusal's part is like a flood of refusals: of those the filter logs a hundred in a second, and a part is
/// much shorter than a second.
const LEAD_IN: usize = 200;

/// What is sent to which listener.
#[derive(Clone)]
pub(crate) struct Case {
    /// Its name in tables and JSON.
    pub(crate) name: String,
    /// Where the requests go.
    pub(crate) listener: String,
    /// What is sent.
    pub(crate) requests: Rc<Requests>,
    /// What is answered.
    pub(crate) status: u16,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Effort {
    /// Rounds.
    pub(crate) rounds: usize,
    /// Requests of each case in each round.
    pub(crate) requests: usize,
}

/// What a case took, one value for each round.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub(crate) struct Measured {
    /// Its name.
    pub(crate) name: String,
    /// Microseconds that Envoy's worker ran, for each request.
    pub(crate) cpu_us: Vec<f64>,
    /// Requests in a second.
    pub(crate) per_second: Vec<f64>,
    /// Microseconds from request to answer that half of the requests did not exceed.
    pub(crate) p50_us: Vec<f64>,
    /// The same for 99 of 100.
    pub(crate) p99_us: Vec<f64>,
}

/// The CPU times of the case of this name, if it was measured.
pub(crate) fn cpu_times<'m>(measured: &'m [Measured], name: &str) -> Option<&'m [f64]> {
    let found = measured.iter().find(|measured| measured.name == name);
    found.map(|measured| measured.cpu_us.as_slice())
}

/// Measures the cases.
pub(crate) fn measure(envoy: &Envoy, cases: &[Case], effort: Effort) -> Result<Vec<Measured>> {
    let mut clients = Vec::with_capacity(cases.len());
    let mut measured = Vec::with_capacity(cases.len());
    for case in cases {
        let mut client = Client::new(envoy.address(&case.listener)?)?;
        // Distinct tokens must all have come once, or a round would mix first and later sights of a token.
        client
            .run(
                &case.requests,
                WARM_UP.max(case.requests.len()),
                case.status,
            )
            .with_context(|| case.name.clone())?;
        clients.push(client);
        measured.push(Measured {
            name: case.name.clone(),
            ..Measured::default()
        });
    }
    for round in 0..effort.rounds {
        let mut order: Vec<_> = cases.iter().zip(&mut clients).zip(&mut measured).collect();
        let first = round.checked_rem(order.len()).unwrap_or(0);
        order.rotate_left(first);
        for ((case, client), measured) in order {
            let mut run = |count| {
                client
                    .run(&case.requests, count, case.status)
                    .with_context(|| case.name.clone())
            };
            run(LEAD_IN)?;
            let before = envoy.worker().running_time()?;
            let seen = run(effort.requests)?;
            let after = envoy.worker().running_time()?;
            let count = effort.requests as f64;
            measured
                .cpu_us
                .push(after.saturating_sub(before) as f64 / 1000.0 / count);
            measured.per_second.push(count / seen.elapsed.as_secs_f64());
            measured.p50_us.push(percentile(&seen.latencies, 50));
            measured.p99_us.push(percentile(&seen.latencies, 99));
        }
    }
    Ok(measured)
}

/// In microseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0) as f64 / 1000.0
}
