//! A gateway with two workers, and what has to be true of every refusal.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use validate_jwt_tests::http::over_connections;
use validate_jwt_tests::{Connection, Gateway, Request, Response};

/// Workers of every Envoy here.
pub(crate) const WORKERS: u32 = 2;

/// Connections by which each worker is reached even if another test holds some at the same time.
const CONNECTIONS: usize = 4;

/// What a client reads when it is refused; the words are API Management's.
pub(crate) const BODY: &str =
    r#"{"statusCode":401,"message":"Unauthorized. Access token is missing or invalid."}"#;

/// The gateway that all tests share which run at the same time; it ends with the last of them.
pub(crate) fn shared() -> Arc<Gateway> {
    static RUNNING: Mutex<Weak<Gateway>> = Mutex::new(Weak::new());
    // A test that failed while it started one has left nothing behind.
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let gateway = Arc::new(Gateway::start_with(|builder, _| builder.workers(WORKERS)));
        *running = Arc::downgrade(&gateway);
        gateway
    })
}

/// A path that no other request has.
fn fresh_path() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("/case/{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The filter refuses this `Authorization` on every worker, exactly as documented; the service does not see it and
/// nothing is harmed.
#[track_caller]
pub(crate) fn refuses(
    gateway: &Gateway,
    what: &str,
    reason: &str,
    authorization: impl AsRef<[u8]>,
) {
    let request = |request: Request| request.header("Authorization", authorization.as_ref());
    refuses_request(gateway, what, reason, request);
}

/// As [`refuses`], of a bearer token.
#[track_caller]
pub(crate) fn refuses_token(gateway: &Gateway, what: &str, reason: &str, token: impl AsRef<[u8]>) {
    refuses_request(gateway, what, reason, |request| {
        request.bearer(token.as_ref())
    });
}

/// As [`refuses`], of whatever `complete` makes of a `GET`.
#[track_caller]
pub(crate) fn refuses_request(
    gateway: &Gateway,
    what: &str,
    reason: &str,
    complete: impl FnOnce(Request) -> Request,
) {
    for response in stays_outside(gateway, what, complete) {
        let response = response.unwrap_or_else(|| panic!("{what}: no answer"));
        is_refusal(what, reason, &response);
    }
}

/// The filter or Envoy itself refuses what `complete` makes of a `GET`; the service does not see it and nothing is
/// harmed.
#[track_caller]
pub(crate) fn rejects(gateway: &Gateway, what: &str, complete: impl FnOnce(Request) -> Request) {
    for response in stays_outside(gateway, what, complete) {
        let status = response.map(|response| response.status);
        // 426 is Envoy's answer to a request line that it cannot read.
        assert!(
            matches!(status, None | Some(400 | 401 | 426 | 431)),
            "{what}: {status:?}"
        );
    }
}

/// The answers of the workers; none where Envoy only closed the connection.
#[track_caller]
fn stays_outside(
    gateway: &Gateway,
    what: &str,
    complete: impl FnOnce(Request) -> Request,
) -> Vec<Option<Response>> {
    let path = fresh_path();
    let request = complete(Request::get(&path));
    let mut connections: Vec<_> = (0..WORKERS)
        .map(|_| Connection::open(gateway.address()))
        .collect();
    let responses = connections
        .iter_mut()
        .map(|connection| connection.try_send(&request).ok())
        .collect();
    drop(connections);
    assert_eq!(gateway.upstream.count_of(&path), 0, "{what}: came through");
    is_unharmed(gateway, what);
    responses
}

/// Every worker serves a good token, and none had to start anew.
#[track_caller]
pub(crate) fn is_unharmed(gateway: &Gateway, after: &str) {
    let good = Request::get(&fresh_path()).bearer(gateway.token().sign());
    for response in over_connections(CONNECTIONS, gateway.address(), &good) {
        assert_eq!(response.status, 200, "after {after}: {response:?}");
    }
    assert_eq!(gateway.envoy.vm_reloads(), 0, "after {after}");
}

/// The answer is the documented one to a token that is refused for this reason.
#[track_caller]
pub(crate) fn is_refusal(what: &str, reason: &str, response: &Response) {
    assert_eq!(response.status, 401, "{what}: {response:?}");
    assert_eq!(response.text(), BODY, "{what}");
    assert_eq!(
        response.header("content-type"),
        Some("application/json"),
        "{what}"
    );
    assert_eq!(response.header("cache-control"), Some("no-store"), "{what}");
    let challenge = challenge(reason);
    assert_eq!(
        response.header("www-authenticate"),
        Some(challenge.as_str()),
        "{what}"
    );
}

/// RFC 6750 §3: who sent no token is told no error.
pub(crate) fn challenge(reason: &str) -> String {
    match reason {
        "token_not_present" => r#"Bearer realm="api""#.to_owned(),
        _ => format!(r#"Bearer realm="api", error="invalid_token", error_description="{reason}""#),
    }
}

#[test]
fn both_workers_are_reached() {
    let gateway = shared();
    is_unharmed(&gateway, "the start");
    let connections = gateway.envoy.connections_of_workers();
    assert_eq!(connections.len(), WORKERS as usize, "{connections:?}");
    assert!(
        connections.iter().all(|count| *count > 0),
        "{connections:?}"
    );
}
