//! The body of a request, read with a limit on size and time.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use http_body_util::BodyExt;

/// Largest body that is looked at. A call has half a KiB; headers with a signature stay under 20.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// A body too large is read to its end up to here, and thrown away: a client that is still sending when
/// the connection closes would see a reset instead of the 413.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// Time for the whole body, so that a slow sender cannot hold a connection for ever.
const READ_TIME: Duration = Duration::from_secs(10);

/// Why a body was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

impl BodyError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn message(self) -> String {
        match self {
            Self::TooLarge => format!("The message is larger than {MAX_BODY_BYTES} bytes."),
            Self::TooSlow => format!(
                "The message did not arrive within {} seconds.",
                READ_TIME.as_secs()
            ),
            Self::Broken => "The message could not be read to its end.".into(),
        }
    }
}

/// Reads a whole body of at most [`MAX_BODY_BYTES`].
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, BodyError> {
    tokio::time::timeout(READ_TIME, read_untimed(body))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

async fn read_untimed(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let mut kept = Vec::new();
    let mut received = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        received = received.saturating_add(data.len());
        if received > MAX_DRAINED_BYTES {
            return Err(BodyError::TooLarge);
        }
        if received <= MAX_BODY_BYTES {
            kept.extend_from_slice(data);
        }
    }
    if received > MAX_BODY_BYTES {
        Err(BodyError::TooLarge)
    } else {
        Ok(kept)
    }
}
