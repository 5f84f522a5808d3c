//! Answers that are sent instead of the upstream's.

use validate_jwt::response::Response;
use validate_jwt::rules::PolicyId;
use validate_jwt::time::Timestamp;
use validate_jwt::{Reason, Refusal, Validator};

use crate::host;
use crate::pairs::serialize;

/// An answer in the form in which the host takes it.
struct Answer {
    status: u16,
    /// `%RESPONSE_CODE_DETAILS%` of Envoy's access log.
    details: String,
    headers: Vec<u8>,
    body: String,
}

impl Answer {
    fn new(response: Response, reason: &str) -> Self {
        let headers: Vec<(&str, &str)> = response
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Self {
            status: response.status,
            details: format!("validate_jwt{{{reason}}}"),
            headers: serialize(&headers),
            body: response.body,
        }
    }

    /// Sends it to the effective context's client. If even that fails, the request stays paused until its time is out: it does not
    /// pass.
    fn send(&self) {
        if let Err(failure) =
            host::send_response(self.status, &self.details, &self.headers, &self.body)
        {
            log::error!("a refusal cannot be sent ({failure:?}); the request is held");
        }
    }
}

/// Answers 503, when something is wrong with the gateway itself.
#[cold]
pub(crate) fn send_unavailable() {
    let headers = [
        ("content-type", "text/plain"),
        ("cache-control", "no-store"),
    ];
    let response = Response {
        status: 503,
        headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
        body: "Service Unavailable".to_owned(),
    };
    Answer::new(response, "unavailable").send();
}

/// All that the answer to a refused request depends on, but for the time in a `Retry-After`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    reason: Reason,
    policy: Option<PolicyId>,
    is_grpc: bool,
}

/// Answers to refused requests. The last one is kept: whoever sends bad requests in great number gets the same answer to all of
/// them, and it is composed once. Good for one configuration.
#[derive(Default)]
pub(crate) struct Refusals {
    last: Option<(Kind, Answer)>,
}

impl Refusals {
    /// Answers the effective context's request.
    #[inline(never)]
    pub(crate) fn send(
        &mut self,
        refusal: Refusal,
        is_grpc: bool,
        validator: &Validator,
        now: Timestamp,
    ) {
        let kind = Kind {
            reason: refusal.reason,
            policy: refusal.policy,
            is_grpc,
        };
        let last = self.last.take().filter(|(last, _)| {
            // `Retry-After` tells the time until the next fetch, which is another each time.
            *last == kind && kind.reason != Reason::KeysUnavailable
        });
        let (_, answer) = self.last.insert(last.unwrap_or_else(|| {
            let response = validator.respond(refusal, is_grpc, now);
            (kind, Answer::new(response, refusal.reason.as_str()))
        }));
        answer.send();
    }
}
