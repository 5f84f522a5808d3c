//! A refusal as an HTTP response.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::ErrorBody;
use crate::reason::Reason;

/// API Management's customary message for a refused token.
pub const DEFAULT_MESSAGE: &str = "Unauthorized. Access token is missing or invalid.";

/// The message when no policy applies: nothing that the client could put right with a token.
const NO_RULE_MESSAGE: &str = "Forbidden. No policy applies to this request.";

/// How a policy answers the requests that it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Status of a refusal.
    pub status: u16,
    /// Status when only the required claims fall short.
    pub claims_status: u16,
    /// What the client reads.
    pub message: String,
    /// Form of the body.
    pub body: ErrorBody,
    /// The challenge, unless none is sent.
    pub challenge: Option<Challenge>,
}

/// Content of `WWW-Authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm: printable ASCII.
    pub realm: String,
    /// RFC 9728 §5.1.
    pub resource_metadata: Option<String>,
}

/// A response to send instead of passing the request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            status: 401,
            claims_status: 401,
            message: DEFAULT_MESSAGE.to_string(),
            body: ErrorBody::Json,
            challenge: Some(Challenge {
                realm: "api".to_string(),
                resource_metadata: None,
            }),
        }
    }
}

impl Answers {
    /// The response to a request refused for `reason`. `retry_after` is in seconds and stands in a 503 only.
    ///
    /// gRPC requests get the bare message: Envoy makes `grpc-message` of the body, and `grpc-status` of the status.
    pub fn respond(&self, reason: Reason, is_grpc: bool, retry_after: u64) -> Response {
        let status = match reason {
            Reason::KeysUnavailable => 503,
            Reason::NoRule => 403,
            Reason::TokenClaimNotFound | Reason::TokenClaimValueNotAllowed => self.claims_status,
            Reason::TokenNotPresent
            | Reason::TokenMalformed
            | Reason::TokenTooLarge
            | Reason::MultipleTokens
            | Reason::AlgorithmNotAllowed
            | Reason::TokenTypeNotAllowed
            | Reason::TokenSignatureKeyNotFound
            | Reason::TokenSignatureInvalid
            | Reason::TokenIssuerNotAllowed
            | Reason::TokenAudienceNotAllowed
            | Reason::TokenExpired
            | Reason::TokenNotYetValid
            | Reason::TokenExpirationMissing
            | Reason::TokenTenantNotAllowed
            | Reason::TokenClientNotAllowed => self.status,
        };
        let message = if reason == Reason::NoRule {
            NO_RULE_MESSAGE
        } else {
            &self.message
        };
        let body = if is_grpc { ErrorBody::Text } else { self.body };
        let (content_type, body) = match body {
            ErrorBody::Json => (
                "application/json",
                format!(
                    "{{\"statusCode\":{status},\"message\":{}}}",
                    json_string(message)
                ),
            ),
            ErrorBody::Text => ("text/plain", message.to_string()),
            ErrorBody::Problem => (
                "application/problem+json",
                format!(
                    "{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{status},\"detail\":{}}}",
                    title(status),
                    json_string(message)
                ),
            ),
        };
        let mut headers = Vec::with_capacity(4);
        headers.push(("content-type", content_type.to_string()));
        headers.push(("cache-control", "no-store".to_string()));
        match (reason, &self.challenge) {
            (Reason::KeysUnavailable, _) => headers.push(("retry-after", retry_after.to_string())),
            (Reason::NoRule, _) | (_, None) => {}
            (_, Some(challenge)) => {
                headers.push(("www-authenticate", challenge.header(reason, status)))
            }
        }
        Response {
            status,
            headers,
            body,
        }
    }
}

impl Challenge {
    /// RFC 6750 §3: no error code when the client sent no credentials; `insufficient_scope` goes with 403.
    fn header(&self, reason: Reason, status: u16) -> String {
        let mut header = format!("Bearer realm={}", quoted(&self.realm));
        if reason != Reason::TokenNotPresent {
            let error = if reason.is_insufficient_claims() && status == 403 {
                "insufficient_scope"
            } else {
                "invalid_token"
            };
            header.push_str(&format!(
                ", error=\"{error}\", error_description=\"{reason}\""
            ));
        }
        if let Some(metadata) = &self.resource_metadata {
            header.push_str(&format!(", resource_metadata={}", quoted(metadata)));
        }
        header
    }
}

/// A quoted-string (RFC 9110 §5.6.4) of printable ASCII.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn json_string(text: &str) -> Cow<'static, str> {
    serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned)
}

/// The status's own phrase, as RFC 9457 §4.2.1 wants it of `about:blank`.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Request Refused",
    }
}
