//! Misbehaviour on request: what a gateway must survive and a real Entra does not do when asked.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A day; longer than any test waits.
pub(crate) const MAX_SECONDS: u64 = 86_400;

/// Every client has given up after a minute.
const MAX_DELAY_MILLISECONDS: u64 = 60_000;

/// What a failure or a delay can concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Discovery,
    Keys,
    Token,
}

/// The settings in force.
#[derive(Debug, Default)]
pub(crate) struct Knobs {
    delay: Duration,
    failure: Option<Failure>,
    token_lifetime: Option<i64>,
}

#[derive(Debug)]
struct Failure {
    status: StatusCode,
    remaining: Remaining,
    targets: Vec<Target>,
}

#[derive(Debug)]
enum Remaining {
    Requests(u64),
    Until(Instant),
}

/// `POST /emulator/delay`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelayRequest {
    milliseconds: u64,
}

/// `POST /emulator/fail`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailRequest {
    status: u16,
    requests: Option<u64>,
    seconds: Option<u64>,
    #[serde(default = "documents")]
    endpoints: Vec<Target>,
}

/// `POST /emulator/token-lifetime`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenLifetimeRequest {
    seconds: Option<i64>,
}

/// What `GET /emulator/state` says of the knobs.
#[derive(Serialize)]
pub(crate) struct KnobsStatus {
    delay_milliseconds: u64,
    failure: Option<FailureStatus>,
    token_lifetime_seconds: Option<i64>,
}

#[derive(Serialize)]
struct FailureStatus {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
    endpoints: Vec<Target>,
}

/// A knob was turned too far.
#[derive(Debug, Error)]
pub(crate) enum KnobError {
    #[error("milliseconds: at most {MAX_DELAY_MILLISECONDS}; 0 ends the delay")]
    Delay,
    #[error("status: write an HTTP error from 400 to 599")]
    Status,
    #[error("name either requests (how many) or seconds (for how long, at most {MAX_SECONDS})")]
    Duration,
    #[error("seconds: -{MAX_SECONDS} to {MAX_SECONDS}, or null for the usual lifetime")]
    Lifetime,
    #[error("seconds: at most {MAX_SECONDS}; 0 shows the key again")]
    Hide,
    #[error("kid: there is no key `{0}`; GET /emulator/state lists them")]
    NoSuchKey(String),
    #[error("key: there is no second published key; write {{\"key\": \"new\"}}")]
    NoSecondKey,
}

fn documents() -> Vec<Target> {
    vec![Target::Discovery, Target::Keys]
}

impl Knobs {
    pub(crate) fn set_delay(&mut self, request: &DelayRequest) -> Result<(), KnobError> {
        if request.milliseconds > MAX_DELAY_MILLISECONDS {
            return Err(KnobError::Delay);
        }
        self.delay = Duration::from_millis(request.milliseconds);
        Ok(())
    }

    pub(crate) fn set_failure(
        &mut self,
        request: FailRequest,
        now: Instant,
    ) -> Result<(), KnobError> {
        let status = StatusCode::from_u16(request.status).ok();
        let status = status.filter(|status| status.is_client_error() || status.is_server_error());
        let status = status.ok_or(KnobError::Status)?;
        let remaining = match (request.requests, request.seconds) {
            (Some(requests), None) => Remaining::Requests(requests),
            (None, Some(seconds)) if seconds <= MAX_SECONDS => Remaining::Until(
                now.checked_add(Duration::from_secs(seconds))
                    .ok_or(KnobError::Duration)?,
            ),
            _ => return Err(KnobError::Duration),
        };
        self.failure = Some(Failure {
            status,
            remaining,
            targets: request.endpoints,
        });
        Ok(())
    }

    pub(crate) fn set_token_lifetime(
        &mut self,
        request: &TokenLifetimeRequest,
    ) -> Result<(), KnobError> {
        if request
            .seconds
            .is_some_and(|seconds| seconds.unsigned_abs() > MAX_SECONDS)
        {
            return Err(KnobError::Lifetime);
        }
        self.token_lifetime = request.seconds;
        Ok(())
    }

    /// How long an answer waits. Tokens are never delayed.
    pub(crate) fn delay(&self, target: Target) -> Duration {
        match target {
            Target::Discovery | Target::Keys => self.delay,
            Target::Token => Duration::ZERO,
        }
    }

    /// The status this request must fail with, which counts it.
    pub(crate) fn take_failure(&mut self, target: Target, now: Instant) -> Option<StatusCode> {
        let failure = self
            .failure
            .as_mut()
            .filter(|failure| failure.targets.contains(&target))?;
        match &mut failure.remaining {
            Remaining::Requests(left) => *left = left.checked_sub(1)?,
            Remaining::Until(end) if now >= *end => return None,
            Remaining::Until(_) => {}
        }
        Some(failure.status)
    }

    /// The lifetime that replaces the configured one.
    pub(crate) fn token_lifetime(&self) -> Option<i64> {
        self.token_lifetime
    }

    pub(crate) fn status(&self, now: Instant) -> KnobsStatus {
        KnobsStatus {
            delay_milliseconds: u64::try_from(self.delay.as_millis()).unwrap_or(u64::MAX),
            failure: self
                .failure
                .as_ref()
                .and_then(|failure| failure.status(now)),
            token_lifetime_seconds: self.token_lifetime,
        }
    }
}

impl Failure {
    /// `None` once it is over.
    fn status(&self, now: Instant) -> Option<FailureStatus> {
        let (requests_left, seconds_left) = match self.remaining {
            Remaining::Requests(0) => return None,
            Remaining::Requests(left) => (Some(left), None),
            Remaining::Until(end) => {
                let left = end
                    .checked_duration_since(now)
                    .filter(|left| !left.is_zero())?;
                (None, Some(left.as_secs()))
            }
        };
        Some(FailureStatus {
            status: self.status.as_u16(),
            requests_left,
            seconds_left,
            endpoints: self.targets.clone(),
        })
    }
}
