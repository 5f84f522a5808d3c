//! What a worker does: decides on requests, lets them wait for keys, fetches those.

use core::cell::Cell;
use std::rc::Rc;

use proxy_wasm::traits::Context;
use validate_jwt::config::Config;
use validate_jwt::keys::{FetchRequest, FetchResult, KeyEvent};
use validate_jwt::request::Request;
use validate_jwt::time::Timestamp;
use validate_jwt::{Decision, Passage, Passed, Validator};

use crate::answer::{self, Refusals};
use crate::crypto::EnvoyCrypto;
use crate::fetch;
use crate::host::{self, HeaderMap, Status};
use crate::metrics::{Count, Metrics};
use crate::refusal_log::RefusalLog;
use crate::route::RouteMetadata;
use crate::shared::HostSharedData;

/// Most requests that wait for keys at a time in one worker; each holds a connection and its buffers. The next gets 503.
const MAX_PARKED: usize = 1024;

/// Milliseconds between ticks when there is nothing to wait for: other workers' news are seen within a second.
const IDLE_TICK: u32 = 1000;

/// Milliseconds between ticks while keys are missing or requests wait.
const BUSY_TICK: u32 = 50;

/// Milliseconds until the next tick when something is to be done at once. Fetches begin on a tick: an answer to a fetch begun in a
/// request would belong to that request and be lost with it.
const NEXT_TICK: u32 = 1;

/// What becomes of a request now.
pub(crate) enum Next {
    /// It goes on.
    Continue,
    /// It has its answer.
    Answered,
    /// It waits for keys, and may go on when this says so.
    Parked(Rc<Cell<bool>>),
}

struct Parked {
    context_id: u32,
    since: Timestamp,
    opened: Rc<Cell<bool>>,
}

struct Active {
    validator: Validator,
    crypto: EnvoyCrypto,
    refusals: Refusals,
}

/// The state of one worker.
pub(crate) struct Worker {
    root_context_id: u32,
    active: Option<Active>,
    parked: Vec<Parked>,
    /// Fetches under way, by the number that the host gave to each.
    calls: Vec<(u32, FetchRequest)>,
    metrics: Metrics,
    log: RefusalLog,
    tick_period: u32,
}

impl Worker {
    /// Without a configuration.
    pub(crate) fn new(root_context_id: u32) -> Self {
        Self {
            root_context_id,
            active: None,
            parked: Vec::new(),
            calls: Vec::new(),
            metrics: Metrics::default(),
            log: RefusalLog::default(),
            tick_period: 0,
        }
    }

    /// Begins to work by a configuration; what was verified by an earlier one is forgotten.
    pub(crate) fn configure(&mut self, config: Config) {
        self.metrics.define();
        let crypto = EnvoyCrypto::new(config.use_host_crypto);
        self.active = Some(Active {
            validator: Validator::new(config, host::random()),
            crypto,
            refusals: Refusals::default(),
        });
        self.calls.clear();
        self.tick_in(NEXT_TICK);
    }

    fn tick_in(&mut self, millis: u32) {
        if self.tick_period == millis {
            return;
        }
        match host::set_tick_period(millis) {
            Ok(()) => self.tick_period = millis,
            Err(status) => {
                log::error!("the host gives no ticks ({status:?}): keys cannot be fetched")
            }
        }
    }

    /// Decides on the request of the effective context, for the first time.
    pub(crate) fn on_request(&mut self, context_id: u32) -> Next {
        let may_wait = self.parked.len() < MAX_PARKED;
        if let Some(next) = self.decide(may_wait) {
            return next;
        }
        let opened = Rc::new(Cell::new(false));
        self.parked.push(Parked {
            context_id,
            since: now(),
            opened: Rc::clone(&opened),
        });
        self.tick_in(NEXT_TICK);
        Next::Parked(opened)
    }

    /// Decides on the request of the effective context. `None`: it must wait for keys.
    fn decide(&mut self, may_wait: bool) -> Option<Next> {
        let Some(Active {
            validator,
            crypto,
            refusals,
        }) = &mut self.active
        else {
            return Some(refuse_unconfigured());
        };
        let now = now();
        let headers = match host::headers(HeaderMap::Request) {
            Ok(headers) => headers,
            Err(status) => return Some(refuse_after("the request cannot be read", status)),
        };
        let route = RouteMetadata::of_request();
        let request = Request {
            headers: &headers,
            route: route.as_route(),
        };
        let mut heard = self.log.listen(now);
        let decision = validator.decide(&request, now, crypto, may_wait, &mut heard);
        let refused = match &decision {
            Decision::Refuse(refusal) => Some((refusal.reason, refusal.policy, false)),
            Decision::Pass(Passage {
                why: Passed::Reported(reason),
                policy,
                ..
            }) => Some((*reason, *policy, true)),
            Decision::Pass(_) | Decision::AwaitKeys => None,
        };
        if let Some((reason, policy, passes)) = refused {
            let policy = policy.and_then(|id| validator.config().policies.get(id.0));
            let suppressed = self.log.write(heard, reason, policy, passes, &headers);
            self.metrics.add(Count::LogSuppressed, suppressed);
        }
        match decision {
            Decision::AwaitKeys => None,
            Decision::Refuse(refusal) => {
                self.metrics.refused(refusal.reason);
                refusals.send(refusal, request.is_grpc(), validator, now);
                Some(Next::Answered)
            }
            Decision::Pass(passage) => Some(self.pass(&passage)),
        }
    }

    fn pass(&mut self, passage: &Passage) -> Next {
        if let Err(status) = self.apply(passage) {
            // A header that was to be removed might still be there.
            return refuse_after("the request cannot be changed as its policy wants", status);
        }
        match passage.why {
            Passed::Verified => self.metrics.add(Count::Allowed, 1),
            Passed::Remembered => {
                self.metrics.add(Count::Allowed, 1);
                self.metrics.add(Count::TokenCacheHit, 1);
            }
            Passed::Anonymous => self.metrics.add(Count::Anonymous, 1),
            Passed::Preflight => self.metrics.add(Count::Preflight, 1),
            Passed::Reported(reason) => self.metrics.reported(reason),
        }
        Next::Continue
    }

    fn apply(&mut self, passage: &Passage) -> Result<(), Status> {
        for name in &passage.remove {
            host::remove_request_header(name)?;
        }
        if let Some(path) = &passage.path {
            host::replace_request_header(":path", path)?;
        }
        let Some(identity) = &passage.identity else {
            return Ok(());
        };
        for (name, value) in identity.headers() {
            host::add_request_header(name, value)?;
        }
        self.metrics
            .add(Count::OutputHeaderDropped, identity.dropped());
        let policy = passage
            .policy
            .and_then(|id| self.active.as_ref()?.validator.config().policies.get(id.0));
        if let (Some(name), Some(payload)) = (
            policy.and_then(|policy| policy.upstream.property.as_deref()),
            identity.property(),
        ) {
            host::set_property(name, payload.as_bytes())?;
        }
        Ok(())
    }

    /// Time goes by: other workers' news, fetches that are due, requests that have waited long enough.
    pub(crate) fn on_tick(&mut self, caller: &dyn Context) {
        host::follow_log_level();
        self.metrics.flush();
        self.log.settle(now());
        let Some(Active { validator, .. }) = &mut self.active else {
            return;
        };
        let requests = validator.keys_mut().tick(now(), &mut HostSharedData);
        for request in requests {
            self.fetch(request, caller);
        }
        self.settle();
    }

    /// An HTTP call has come back.
    pub(crate) fn on_fetched(
        &mut self,
        token: u32,
        num_headers: usize,
        body_size: usize,
        caller: &dyn Context,
    ) {
        let Some(place) = self.calls.iter().position(|(number, _)| *number == token) else {
            return;
        };
        let (_, request) = self.calls.swap_remove(place);
        self.take_result(&request, fetch::answer(num_headers, body_size), caller);
        self.settle();
    }

    /// Begins a fetch; one that cannot begin has failed.
    fn fetch(&mut self, request: FetchRequest, caller: &dyn Context) {
        match fetch::begin(&request, caller) {
            Ok(token) => self.calls.push((token, request)),
            Err(why) => self.take_result(&request, FetchResult::Failure(why), caller),
        }
    }

    fn take_result(&mut self, request: &FetchRequest, result: FetchResult, caller: &dyn Context) {
        let Some(Active { validator, .. }) = &mut self.active else {
            return;
        };
        if let Some(next) =
            validator
                .keys_mut()
                .fetched(request, result, now(), &mut HostSharedData)
        {
            self.fetch(next, caller);
        }
    }

    /// Logs what there is to log, lets waiting requests go on, and sets the next tick.
    fn settle(&mut self) {
        let Some(Active { validator, .. }) = &mut self.active else {
            return;
        };
        for line in validator.keys_mut().take_log() {
            match line.event {
                KeyEvent::Fetched => {
                    self.metrics.add(Count::KeysFetched, 1);
                    log::info!("{}", line.text);
                }
                KeyEvent::FetchFailed => {
                    self.metrics.add(Count::KeysFetchFailed, 1);
                    log::warn!("{}", line.text);
                }
                KeyEvent::Doubtful => log::warn!("{}", line.text),
            }
        }
        let changed = validator.keys_mut().take_changed();
        self.wake(changed);
        let restless = self
            .active
            .as_ref()
            .is_some_and(|active| active.validator.keys().is_restless());
        self.tick_in(if restless || !self.parked.is_empty() {
            BUSY_TICK
        } else {
            IDLE_TICK
        });
    }

    /// Decides again on the requests that wait: on all when keys have changed, else on those whose time is up.
    fn wake(&mut self, changed: bool) {
        if self.parked.is_empty() {
            return;
        }
        let now = now();
        let wait = self
            .active
            .as_ref()
            .map_or(0, |active| active.validator.keys().times().wait_timeout);
        for parked in core::mem::take(&mut self.parked) {
            let expired = now.has_passed(parked.since, wait.saturating_mul(1000));
            if !changed && !expired {
                self.parked.push(parked);
                continue;
            }
            // The client may have gone away meanwhile.
            if host::set_effective_context(parked.context_id).is_err() {
                continue;
            }
            match self.decide(!expired) {
                None => self.parked.push(parked),
                Some(Next::Continue) => {
                    parked.opened.set(true);
                    if let Err(status) = host::resume_request() {
                        log::error!("a request that waited for keys cannot go on ({status:?})");
                    }
                }
                Some(Next::Answered | Next::Parked(_)) => {}
            }
        }
        // Nothing that follows in this callback belongs to a request.
        let _root = host::set_effective_context(self.root_context_id);
    }

    /// A waiting request's client has gone away.
    pub(crate) fn forget(&mut self, context_id: u32) {
        self.parked.retain(|parked| parked.context_id != context_id);
    }
}

/// The host's clock. Without one no token can be judged, and the end of time makes every token expired.
fn now() -> Timestamp {
    host::now().map_or(Timestamp::MAX, Timestamp::from_nanos)
}

/// The answer when a call to the host fails that the decision needs.
#[cold]
#[inline(never)]
fn refuse_after(what: &str, status: Status) -> Next {
    log::error!("{what} ({status:?}); the request is refused");
    refuse_unconfigured()
}

/// The answer when something is wrong with the gateway itself.
fn refuse_unconfigured() -> Next {
    answer::send_unavailable();
    Next::Answered
}
