//! HTTP answers.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
};
use serde::Serialize;
use serde_json::json;

/// An answer with its whole body at hand.
pub(crate) type Reply = Response<Full<Bytes>>;

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An answer with a body of the given media type.
pub(crate) fn reply(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    set(&mut reply, header::CONTENT_TYPE, media_type);
    set(&mut reply, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    reply
}

pub(crate) fn json_reply(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => reply(status, JSON, body),
        Err(_) => reply(StatusCode::INTERNAL_SERVER_ERROR, JSON, Bytes::new()),
    }
}

/// An error outside OAuth: `{"error": …, "error_description": …}`.
pub(crate) fn error_reply(status: StatusCode, error: &str, description: &str) -> Reply {
    json_reply(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}

/// 405 with the methods that are allowed (RFC 9110 §15.5.6).
pub(crate) fn method_not_allowed(allow: &'static str) -> Reply {
    let description = format!("This address takes {allow}.");
    let mut reply = error_reply(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        &description,
    );
    set(&mut reply, header::ALLOW, allow);
    reply
}

pub(crate) fn set(reply: &mut Reply, name: HeaderName, value: &'static str) {
    reply
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

/// Tokens and knobs must not be stored by anyone on the way (RFC 6749 §5.1).
pub(crate) fn never_stored(mut reply: Reply) -> Reply {
    set(&mut reply, header::CACHE_CONTROL, "no-store, no-cache");
    set(&mut reply, header::PRAGMA, "no-cache");
    reply
}
