//! The token endpoints: client credentials in, an access token or Entra's refusal out.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use hyper::{
    Method, Request, StatusCode,
    body::{Body, Bytes},
    header::{self, HeaderName, HeaderValue},
    http::HeaderMap,
};
use serde::Serialize;

use crate::{
    Guid,
    access_token::AccessToken,
    app::App,
    base_address::BaseAddress,
    directory::Directory,
    refusal::Refusal,
    reply::{JSON, Reply, error_reply, json_reply, never_stored, reply, set},
    request_body,
    signing_key::SigningKeyError,
    token_request::{TokenEndpoint, TokenRequest},
};

/// Entra's lifetimes are spread evenly over 60 to 90 minutes.
const MIN_LIFETIME: u32 = 60 * 60;
const LIFETIME_SPREAD: u32 = 30 * 60;

/// Entra repeats a GUID sent in this header as the correlation id.
const CORRELATION_HEADER: &str = "client-request-id";

#[derive(Serialize)]
struct Issued {
    token_type: &'static str,
    expires_in: Lifetime,
    ext_expires_in: Lifetime,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    access_token: String,
}

/// The version 1.0 endpoint writes numbers as text.
#[derive(Serialize, Clone)]
#[serde(untagged)]
enum Lifetime {
    Number(i64),
    Text(String),
}

pub(crate) async fn answer<B>(
    app: &App,
    endpoint: TokenEndpoint,
    tenant: &str,
    base: &BaseAddress,
    request: Request<B>,
) -> Reply
where
    B: Body<Data = Bytes, Error = hyper::Error>,
{
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        let mut answer = refuse(
            &Refusal::NotPost {
                method: parts.method.to_string(),
            },
            &parts.headers,
        );
        set(&mut answer, header::ALLOW, "POST");
        return answer;
    }
    let body = match request_body::read(body).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    match issue(app, endpoint, tenant, base, &parts.headers, &body) {
        Ok(Ok(issued)) => never_stored(json_reply(StatusCode::OK, &issued)),
        Ok(Err(error)) => error_reply(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            &error.to_string(),
        ),
        Err(refusal) => {
            app.log(format_args!(
                "AADSTS{}: {}",
                refusal.code(),
                refusal.sentence()
            ));
            refuse(&refusal, &parts.headers)
        }
    }
}

fn issue(
    app: &App,
    endpoint: TokenEndpoint,
    tenant: &str,
    base: &BaseAddress,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<Issued, SigningKeyError>, Refusal> {
    let tenant = match Directory::find(&app.registrations, tenant) {
        Some(Directory::One(tenant)) => tenant,
        Some(Directory::Many(_)) => {
            return Err(Refusal::SharedTenant {
                tenant: tenant.to_owned(),
            });
        }
        None => {
            return Err(Refusal::NoSuchTenant {
                tenant: tenant.to_owned(),
            });
        }
    };
    let request = TokenRequest::parse(endpoint, headers, body)?;
    let client = tenant
        .application(&request.client_id)
        .ok_or_else(|| Refusal::NoSuchClient {
            client: request.client_id.clone(),
            tenant: tenant.id.clone(),
        })?;
    if !client
        .secrets
        .iter()
        .any(|secret| secret.matches(&request.client_secret))
    {
        return Err(Refusal::WrongSecret {
            client: client.app_id.clone(),
        });
    }
    let resource = tenant
        .resource(&request.resource)
        .ok_or_else(|| Refusal::NoSuchResource {
            resource: request.resource.clone(),
            tenant: tenant.id.clone(),
        })?;
    let base = app.issuer_base.as_ref().unwrap_or(base);
    let token = AccessToken {
        tenant,
        client,
        resource,
        requested: &request.resource,
        base,
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let lifetime = lifetime(app);
    let key = app.keys().signing();
    let Some(key) = key else {
        return Ok(Err(SigningKeyError::Signing));
    };
    Ok(token.sign(&key, now, lifetime).map(|access_token| {
        let stays = lifetime.max(0);
        let (expires_in, expires_on, not_before, resource) = match endpoint {
            TokenEndpoint::V1 => (
                Lifetime::Text(stays.to_string()),
                Some(now.saturating_add_signed(lifetime).to_string()),
                Some(
                    now.saturating_sub(crate::access_token::BACKDATED_SECONDS)
                        .to_string(),
                ),
                Some(request.resource.clone()),
            ),
            TokenEndpoint::V2 => (Lifetime::Number(stays), None, None, None),
        };
        let ext_expires_in = expires_in.clone();
        Issued {
            token_type: "Bearer",
            expires_in,
            ext_expires_in,
            expires_on,
            not_before,
            resource,
            access_token,
        }
    }))
}

/// The knob's lifetime, else the configured one, else one at random.
fn lifetime(app: &App) -> i64 {
    let knob = app.knobs().token_lifetime();
    knob.unwrap_or_else(|| i64::from(app.token_lifetime.unwrap_or_else(random_lifetime)))
}

fn random_lifetime() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness the lifetime is the shortest of Entra's.
    let _ = rand::fill(&mut bytes);
    let spread = u32::from_le_bytes(bytes)
        .checked_rem(LIFETIME_SPREAD)
        .unwrap_or_default();
    MIN_LIFETIME.saturating_add(spread)
}

/// The refusal as an answer, with the correlation id the client sent.
pub(crate) fn refuse(refusal: &Refusal, headers: &HeaderMap) -> Reply {
    let sent = headers
        .get(CORRELATION_HEADER)
        .and_then(|value| value.to_str().ok())
        .and_then(Guid::parse);
    let (trace, correlation) = (Guid::random(), sent.unwrap_or_else(Guid::random));
    let body = refusal
        .to_json(&trace, &correlation, SystemTime::now())
        .unwrap_or_default();
    let mut answer = never_stored(reply(refusal.status(), JSON, body));
    if let Ok(trace) = HeaderValue::from_str(trace.as_str()) {
        answer
            .headers_mut()
            .insert(HeaderName::from_static("x-ms-request-id"), trace);
    }
    if refusal.status() == StatusCode::UNAUTHORIZED && headers.contains_key(header::AUTHORIZATION) {
        // RFC 6749 §5.2: a client that used HTTP Basic is answered with a challenge.
        set(
            &mut answer,
            header::WWW_AUTHENTICATE,
            "Basic realm=\"entra-emulator\"",
        );
    }
    answer
}
