//! Reading request bodies within limits.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::{
    StatusCode,
    body::{Body, Bytes},
};

use crate::reply::{Reply, error_reply};

/// A token request has some hundred bytes, one with a long client assertion a few thousand.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Time a client has to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The whole body, or the answer to a client that sends too much or too slowly.
pub(crate) async fn read<B: Body<Data = Bytes, Error = hyper::Error>>(
    body: B,
) -> Result<Bytes, Box<Reply>> {
    let limited = Limited::new(body, MAX_BODY_BYTES);
    match tokio::time::timeout(BODY_TIMEOUT, limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let description = format!("The body may have at most {MAX_BODY_BYTES} bytes.");
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &description)
        }
        Ok(Err(_)) => refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The body ended before it was complete.",
        ),
        Err(_) => {
            let description = format!(
                "The body did not arrive within {} seconds.",
                BODY_TIMEOUT.as_secs()
            );
            refuse(StatusCode::REQUEST_TIMEOUT, "timeout", &description)
        }
    }
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Result<Bytes, Box<Reply>> {
    Err(Box::new(error_reply(status, error, description)))
}
