//! The emulator without its sockets: one request in, one answer out.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hyper::{
    Method, Request, StatusCode,
    body::{Body, Bytes},
    header,
};

use crate::{
    base_address::{BaseAddress, Scheme},
    directory::{Directory, Generation},
    key_set::KeySet,
    knob_endpoint,
    knobs::{Knobs, Target},
    page,
    refusal::Refusal,
    registrations::Registrations,
    reply::{Reply, error_reply, json_reply, method_not_allowed, never_stored, reply, set},
    route::{Counter, Route},
    state_file::StateFile,
    token_endpoint,
};

/// Entra lets documents be cached for a day.
const DOCUMENT_CACHING: &str = "max-age=86400, private";

/// Everything the answers are made of.
pub(crate) struct App {
    pub(crate) registrations: Registrations,
    pub(crate) issuer_base: Option<BaseAddress>,
    /// Seconds; `None` for Entra's random 60 to 90 minutes.
    pub(crate) token_lifetime: Option<u32>,
    pub(crate) knobs_enabled: bool,
    pub(crate) log_requests: bool,
    pub(crate) ca_pem: Option<String>,
    pub(crate) state_file: Option<StateFile>,
    keys: Mutex<KeySet>,
    knobs: Mutex<Knobs>,
    counters: Mutex<BTreeMap<Counter, u64>>,
}

impl App {
    pub(crate) fn new(registrations: Registrations, keys: KeySet) -> Self {
        Self {
            registrations,
            issuer_base: None,
            token_lifetime: None,
            knobs_enabled: true,
            log_requests: false,
            ca_pem: None,
            state_file: None,
            keys: Mutex::new(keys),
            knobs: Mutex::default(),
            counters: Mutex::new(
                Counter::ALL
                    .into_iter()
                    .map(|counter| (counter, 0))
                    .collect(),
            ),
        }
    }

    /// Answers one request. Does not fail: what goes wrong becomes an HTTP error.
    pub(crate) async fn answer<B>(self: Arc<Self>, scheme: Scheme, request: Request<B>) -> Reply
    where
        B: Body<Data = Bytes, Error = hyper::Error>,
    {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let route = Route::of(&path);
        if let Some(counter) = route.counter() {
            let mut counters = lock(&self.counters);
            let count = counters.entry(counter).or_default();
            *count = count.saturating_add(1);
        }
        let answer = match route.target() {
            Some(target) => match self.misbehave(target).await {
                Some(failure) => failure,
                None => self.serve(scheme, route, request).await,
            },
            None => self.serve(scheme, route, request).await,
        };
        if !matches!(route, Route::Health) {
            // `Debug` escapes what a client could put into a path to fake a line.
            self.log(format_args!(
                "{method} {path:?} {}",
                answer.status().as_u16()
            ));
        }
        answer
    }

    async fn misbehave(&self, target: Target) -> Option<Reply> {
        let delay = self.knobs().delay(target);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let status = self.knobs().take_failure(target, Instant::now())?;
        let answer = error_reply(
            status,
            "emulated_failure",
            "POST /emulator/fail asked for this.",
        );
        Some(never_stored(answer))
    }

    async fn serve<B>(
        self: &Arc<Self>,
        scheme: Scheme,
        route: Route<'_>,
        request: Request<B>,
    ) -> Reply
    where
        B: Body<Data = Bytes, Error = hyper::Error>,
    {
        let base = match BaseAddress::of_request(scheme, request.uri(), request.headers()) {
            Ok(base) => base,
            Err(error) => {
                return error_reply(StatusCode::BAD_REQUEST, "invalid_host", &error.to_string());
            }
        };
        match route {
            Route::Token(endpoint, tenant) => {
                token_endpoint::answer(self, endpoint, tenant, &base, request).await
            }
            Route::Knob(knob) => knob_endpoint::answer(self, knob, request).await,
            Route::Authorize => error_reply(
                StatusCode::NOT_IMPLEMENTED,
                "not_emulated",
                "Signing in users is not emulated; only the client credentials grant is.",
            ),
            Route::Unknown => error_reply(
                StatusCode::NOT_FOUND,
                "not_found",
                "No such endpoint; GET / lists them.",
            ),
            Route::Page
            | Route::Ca
            | Route::Metadata(..)
            | Route::Keys(..)
            | Route::Health
            | Route::State => {
                if !matches!(*request.method(), Method::GET | Method::HEAD) {
                    return method_not_allowed("GET, HEAD");
                }
                self.document(route, &base, &request)
            }
        }
    }

    /// Answers GET requests.
    fn document<B>(&self, route: Route<'_>, base: &BaseAddress, request: &Request<B>) -> Reply {
        let issuer_base = self.issuer_base.as_ref().unwrap_or(base);
        match route {
            Route::Page => {
                let accept = request
                    .headers()
                    .get(header::ACCEPT)
                    .and_then(|value| value.to_str().ok());
                page::answer(self, issuer_base, base, accept.unwrap_or_default())
            }
            Route::Ca => match &self.ca_pem {
                Some(pem) => reply(StatusCode::OK, "application/x-pem-file", pem.clone()),
                None => error_reply(
                    StatusCode::NOT_FOUND,
                    "not_found",
                    "There is no CA, as HTTPS is off; start with --https.",
                ),
            },
            Route::Metadata(generation, tenant) => {
                self.directory_document(tenant, request, |directory| {
                    directory.metadata(generation, issuer_base)
                })
            }
            Route::Keys(generation, tenant) => {
                self.directory_document(tenant, request, |directory| {
                    self.key_document(directory, generation, issuer_base)
                })
            }
            Route::State => never_stored(json_reply(StatusCode::OK, &knob_endpoint::state(self))),
            Route::Health => {
                never_stored(reply(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"))
            }
            Route::Token(..) | Route::Authorize | Route::Knob(_) | Route::Unknown => {
                method_not_allowed("POST")
            }
        }
    }

    fn key_document(
        &self,
        directory: Directory<'_>,
        generation: Generation,
        base: &BaseAddress,
    ) -> serde_json::Value {
        let published = self.keys().published(Instant::now());
        directory.key_set(generation, base, &published)
    }

    /// A document of a directory, or Entra's refusal if there is no such tenant.
    fn directory_document<B>(
        &self,
        tenant: &str,
        request: &Request<B>,
        document: impl FnOnce(Directory<'_>) -> serde_json::Value,
    ) -> Reply {
        let Some(directory) = Directory::find(&self.registrations, tenant) else {
            let refusal = Refusal::NoSuchTenantDocument {
                tenant: tenant.to_owned(),
            };
            return token_endpoint::refuse(&refusal, request.headers());
        };
        let mut answer = json_reply(StatusCode::OK, &document(directory));
        set(&mut answer, header::CACHE_CONTROL, DOCUMENT_CACHING);
        set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        answer
    }

    /// Writes a line to standard error, if that is wanted; a closed one is no reason to fail a request.
    pub(crate) fn log(&self, line: fmt::Arguments<'_>) {
        if self.log_requests {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, KeySet> {
        lock(&self.keys)
    }

    pub(crate) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        lock(&self.knobs)
    }

    pub(crate) fn counts(&self) -> BTreeMap<Counter, u64> {
        lock(&self.counters).clone()
    }
}

/// Nothing behind these locks can be left half changed, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
