//! How an endpoint of the identity provider answers: well, late, wrongly or not at all.

use std::time::Duration;

use crate::server::{Answer, response};

/// What an endpoint does from now on.
#[derive(Clone, Debug, Default)]
pub enum Behaviour {
    /// Answers as it should.
    #[default]
    Good,
    /// Answers as it should after this time.
    Late(Duration),
    /// This status with a short text body.
    Status(u16),
    /// 302 to this address.
    Redirect(String),
    /// 200 with this content type and body.
    Body(String, Vec<u8>),
    /// These bytes as they are, then the connection ends.
    Raw(Vec<u8>),
    /// Never answers; the connection stays open.
    Hang,
    /// Ends the connection without an answer.
    Close,
}

impl Behaviour {
    /// 200 and a JSON body.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::Body("application/json".to_owned(), body.into())
    }

    /// 200 and JSON white space of this many bytes before a good end: `{}`.
    pub fn huge(bytes: usize) -> Self {
        let mut body = vec![b' '; bytes];
        body.extend_from_slice(b"{}");
        Self::json(body)
    }

    /// 200 and arrays nested this deep.
    pub fn nested(depth: usize) -> Self {
        Self::json(["[".repeat(depth), "]".repeat(depth)].concat())
    }

    /// A good head that announces more bytes than come.
    pub fn truncated() -> Self {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n";
        Self::Raw([head, "{\"keys\":["].concat().into_bytes())
    }

    /// The answer, where `good` is the body that belongs to the endpoint. Waits if that is the behaviour.
    pub(crate) fn answer(self, good: impl FnOnce() -> Vec<u8>) -> Answer {
        const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];
        match self {
            Self::Good => Answer::Bytes(response(200, &JSON, &good())),
            Self::Late(time) => {
                std::thread::sleep(time);
                Answer::Bytes(response(200, &JSON, &good()))
            }
            Self::Status(status) => {
                let headers = [("Content-Type", "text/plain")];
                Answer::Bytes(response(status, &headers, b"not today"))
            }
            Self::Redirect(to) => {
                let headers = [("Location", to.as_str())];
                Answer::Bytes(response(302, &headers, b""))
            }
            Self::Body(content_type, body) => {
                let headers = [("Content-Type", content_type.as_str())];
                Answer::Bytes(response(200, &headers, &body))
            }
            Self::Raw(bytes) => Answer::Last(bytes),
            Self::Hang => Answer::Silence,
            Self::Close => Answer::Last(Vec::new()),
        }
    }
}
