//! A fetch as an HTTP call of the host's.

use core::time::Duration;

use proxy_wasm::traits::Context;
use validate_jwt::keys::fetch::MAX_BODY_BYTES;
use validate_jwt::keys::{FetchRequest, FetchResult};
use validate_jwt::request::Headers as _;

use crate::host::{self, Buffer, HeaderMap};

/// Begins a fetch. The number by which the host names the call, or why there is none.
pub(crate) fn begin(request: &FetchRequest, caller: &dyn Context) -> Result<u32, String> {
    let endpoint = &request.endpoint;
    let headers = vec![
        (":method", "GET"),
        (":scheme", endpoint.address.scheme()),
        (":authority", endpoint.address.authority.as_str()),
        (":path", endpoint.address.path.as_str()),
        ("accept", "application/json"),
        (
            "user-agent",
            concat!("validate-jwt/", env!("CARGO_PKG_VERSION")),
        ),
    ];
    let timeout = Duration::from_secs(request.timeout);
    caller
        .dispatch_http_call(&endpoint.cluster, headers, None, Vec::new(), timeout)
        .map_err(|_| {
            format!(
                "Envoy has no cluster {:?} (yet), or no healthy host in it",
                endpoint.cluster
            )
        })
}

/// What came of a fetch; to be called while the host reports the answer.
pub(crate) fn answer(num_headers: usize, body_size: usize) -> FetchResult {
    // Envoy reports a reset connection, and an answer beyond its own limit, as an answer without header fields.
    if num_headers == 0 {
        return FetchResult::Failure(
            "the connection was reset, or the answer is too large for Envoy".into(),
        );
    }
    let status = host::headers(HeaderMap::HttpCallResponse)
        .ok()
        .and_then(|headers| {
            core::str::from_utf8(headers.first(":status")?)
                .ok()?
                .parse()
                .ok()
        });
    let body = match body_size {
        0 => Ok(Vec::new()),
        _ => host::buffer(Buffer::HttpCallResponseBody, body_size.min(MAX_BODY_BYTES)),
    };
    match (status, body) {
        (Some(status), Ok(body)) => FetchResult::Answer {
            status,
            body,
            size: body_size,
        },
        (None, _) => FetchResult::Failure("the answer has no status".into()),
        (_, Err(status)) => FetchResult::Failure(format!("its body cannot be read ({status:?})")),
    }
}
