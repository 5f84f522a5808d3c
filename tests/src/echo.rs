//! What the upstream was sent, as it tells in its answer.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::http::Response;
use crate::server::Received;
use crate::wire::Headers;

/// A request as it arrived at [`Upstream`](crate::Upstream).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// In the order in which they came, names as they came.
    pub headers: Headers,
    /// Length of the body in bytes.
    pub body_length: usize,
    /// SHA-256 of the body in lower-case hexadecimal.
    pub body_sha256: String,
}

impl Echo {
    /// All values of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&[u8]> {
        self.headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
            .collect()
    }

    pub(crate) fn of(received: &Received) -> Self {
        Self {
            method: received.method.clone(),
            path: received.path.clone(),
            headers: received.headers.clone(),
            body_length: received.body.len(),
            body_sha256: sha256(&received.body),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let pair = |(name, value): &(String, Vec<u8>)| json!([name, BASE64.encode(value)]);
        json!({
            "method": self.method,
            "path": self.path,
            "headers": self.headers.iter().map(pair).collect::<Vec<_>>(),
            "body_length": self.body_length,
            "body_sha256": self.body_sha256,
        })
    }
}

impl Response {
    /// What the upstream got.
    ///
    /// # Panics
    ///
    /// When the answer does not come from the upstream.
    pub fn echo(&self) -> Echo {
        assert_eq!(self.status, 200, "not the upstream's answer: {self:?}");
        let json = self.json();
        let text = |name: &str| json[name].as_str().expect(name).to_owned();
        let pair = |pair: &Value| {
            let name = pair[0].as_str().expect("a name").to_owned();
            let value = BASE64.decode(pair[1].as_str().expect("a value"));
            (name, value.expect("base64"))
        };
        Echo {
            method: text("method"),
            path: text("path"),
            headers: json["headers"]
                .as_array()
                .expect("headers")
                .iter()
                .map(pair)
                .collect(),
            body_length: json["body_length"].as_u64().expect("a length") as usize,
            body_sha256: text("body_sha256"),
        }
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
