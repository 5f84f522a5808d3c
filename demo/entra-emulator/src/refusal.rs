//! Refusals in Entra's form: an OAuth error (RFC 6749 §5.2) with an `AADSTS` number that people search for.

use std::time::SystemTime;

use hyper::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;

use crate::Guid;

/// Longest piece of a request that an error message repeats.
const EXCERPT_CHARS: usize = 120;

/// Why the emulator gives no token or document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The tenant in the path of a discovery or keys document is not registered.
    NoSuchTenantDocument { tenant: String },
    /// The tenant in the path of the token endpoint is not registered.
    NoSuchTenant { tenant: String },
    /// Client credentials were sent to `common`, `organizations` or `consumers`.
    SharedTenant { tenant: String },
    /// The token endpoint was not asked with POST.
    NotPost { method: String },
    /// Something RFC 6749 forbids, such as a parameter sent twice.
    Malformed { problem: &'static str },
    /// A required parameter is missing or empty.
    MissingParameter { name: &'static str },
    /// Only client credentials are emulated.
    UnsupportedGrant { grant: String },
    /// The scope does not end in `/.default`.
    ScopeWithoutDefault { scope: String },
    /// More than one scope, or nothing before `/.default`.
    InvalidScope { scope: String },
    /// The client is not registered in the tenant.
    NoSuchClient { client: String, tenant: Guid },
    /// No secret was sent.
    NoSecret,
    /// A client assertion was sent, which the emulator cannot check.
    ClientAssertion,
    /// The secret is not one of the client's.
    WrongSecret { client: Guid },
    /// The requested API is not registered in the tenant.
    NoSuchResource { resource: String, tenant: Guid },
}

#[derive(Serialize)]
struct Document<'a> {
    error: &'a str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: &'a str,
    trace_id: &'a Guid,
    correlation_id: &'a Guid,
    error_uri: String,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotPost { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoSecret | Self::ClientAssertion | Self::WrongSecret { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::NoSuchTenantDocument { .. }
            | Self::NoSuchTenant { .. }
            | Self::SharedTenant { .. }
            | Self::Malformed { .. }
            | Self::MissingParameter { .. }
            | Self::UnsupportedGrant { .. }
            | Self::ScopeWithoutDefault { .. }
            | Self::InvalidScope { .. }
            | Self::NoSuchClient { .. }
            | Self::NoSuchResource { .. } => StatusCode::BAD_REQUEST,
        }
    }

    /// The number Entra gives this refusal.
    pub(crate) fn code(&self) -> u32 {
        match self {
            Self::NoSuchTenantDocument { .. } | Self::NoSuchTenant { .. } => 90002,
            Self::SharedTenant { .. } => 50059,
            Self::NotPost { .. } => 900_561,
            Self::Malformed { .. } => 9_002_313,
            Self::MissingParameter { .. } => 900_144,
            Self::UnsupportedGrant { .. } => 70003,
            Self::ScopeWithoutDefault { .. } => 1_002_012,
            Self::InvalidScope { .. } => 70011,
            Self::NoSuchClient { .. } => 700_016,
            Self::NoSecret | Self::ClientAssertion => 7_000_216,
            Self::WrongSecret { .. } => 7_000_215,
            Self::NoSuchResource { .. } => 500_011,
        }
    }

    fn error(&self) -> &'static str {
        match self {
            Self::NoSuchTenantDocument { .. } => "invalid_tenant",
            Self::NoSuchTenant { .. }
            | Self::SharedTenant { .. }
            | Self::NotPost { .. }
            | Self::Malformed { .. }
            | Self::MissingParameter { .. } => "invalid_request",
            Self::UnsupportedGrant { .. } => "unsupported_grant_type",
            Self::ScopeWithoutDefault { .. } | Self::InvalidScope { .. } => "invalid_scope",
            Self::NoSuchClient { .. } => "unauthorized_client",
            Self::NoSecret | Self::ClientAssertion | Self::WrongSecret { .. } => "invalid_client",
            Self::NoSuchResource { .. } => "invalid_resource",
        }
    }

    /// The sentence after the number. What the request said is repeated in part and never a secret.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NoSuchTenantDocument { tenant } | Self::NoSuchTenant { tenant } => format!(
                "The tenant '{}' is not in the emulator's registrations. GET / lists the tenants.",
                excerpt(tenant)
            ),
            Self::SharedTenant { tenant } => format!(
                "Client credentials need one tenant, not '{}'. Put its id or domain into the path.",
                excerpt(tenant)
            ),
            Self::NotPost { method } => {
                format!(
                    "The token endpoint takes POST, and the request was {}.",
                    excerpt(method)
                )
            }
            Self::Malformed { problem } => format!("The request is malformed: {problem}."),
            Self::MissingParameter { name } => format!(
                "The form (application/x-www-form-urlencoded) in the request body lacks the parameter '{name}'."
            ),
            Self::UnsupportedGrant { grant } => {
                format!(
                    "The grant '{}' is not emulated. Use 'client_credentials'.",
                    excerpt(grant)
                )
            }
            Self::ScopeWithoutDefault { scope } => format!(
                "The scope '{}' does not end in '/.default'. Write the API's app id URI followed by '/.default'.",
                excerpt(scope)
            ),
            Self::InvalidScope { scope } => format!(
                "The scope '{}' is not valid. Name one API: its app id URI followed by '/.default'.",
                excerpt(scope)
            ),
            Self::NoSuchClient { client, tenant } => format!(
                "The application '{}' is not registered in the tenant '{tenant}'. GET / lists the applications.",
                excerpt(client)
            ),
            Self::NoSecret => {
                "The client must authenticate with 'client_secret' or HTTP Basic.".to_owned()
            }
            Self::ClientAssertion => {
                "Client assertions (certificates) are not emulated. Use 'client_secret'.".to_owned()
            }
            Self::WrongSecret { client } => format!(
                "The secret is not one of the application '{client}'. Send the secret's value as registered."
            ),
            Self::NoSuchResource { resource, tenant } => format!(
                "No application of the tenant '{tenant}' has the id or app id URI '{}'. GET / lists them.",
                excerpt(resource)
            ),
        }
    }

    /// The body of the response.
    pub(crate) fn to_json(
        &self,
        trace: &Guid,
        correlation: &Guid,
        now: SystemTime,
    ) -> serde_json::Result<Vec<u8>> {
        let code = self.code();
        let timestamp = timestamp(now);
        let description = format!(
            "AADSTS{code}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
            self.sentence()
        );
        serde_json::to_vec(&Document {
            error: self.error(),
            error_description: description,
            error_codes: [code],
            timestamp: &timestamp,
            trace_id: trace,
            correlation_id: correlation,
            error_uri: format!("https://login.microsoftonline.com/error?code={code}"),
        })
    }
}

/// Entra's form of a time, which is not quite that of RFC 3339.
fn timestamp(now: SystemTime) -> String {
    let now = OffsetDateTime::from(now);
    let ((year, month, day), (hour, minute, second)) = (now.to_calendar_date(), now.to_hms());
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

fn excerpt(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(EXCERPT_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Refusal, timestamp};
    use crate::Guid;

    #[test]
    fn times_are_written_as_entra_writes_them() {
        let then = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(1_755_530_774))
            .unwrap();
        assert_eq!(timestamp(then), "2025-08-18 15:26:14Z");
    }

    #[test]
    fn a_hostile_name_is_cut_and_stays_inside_the_json() {
        let hostile = format!("\"}}\r\n\0{}", "x".repeat(10_000));
        let refusal = Refusal::NoSuchTenant { tenant: hostile };
        let body = refusal
            .to_json(&Guid::random(), &Guid::random(), SystemTime::now())
            .unwrap();
        assert!(body.len() < 1500);
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document["error_codes"][0], 90002);
        assert!(
            !document["error_description"]
                .as_str()
                .unwrap()
                .contains('\n')
        );
    }
}
