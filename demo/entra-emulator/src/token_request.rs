//! A request to the token endpoint, read and checked as far as that goes without the registrations.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{header, http::HeaderMap};
use percent_encoding::percent_decode_str;

use crate::refusal::Refusal;

/// What ends every scope of the client credentials grant.
const DEFAULT_SUFFIX: &str = "/.default";

const FORM: &str = "application/x-www-form-urlencoded";

/// Which of Entra's two token endpoints was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TokenEndpoint {
    /// `/oauth2/token`, which takes `resource`.
    V1,
    /// `/oauth2/v2.0/token`, which takes `scope`.
    V2,
}

/// A well-formed request with client credentials.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// App id URI or client id of the API, without `/.default`.
    pub(crate) resource: String,
}

impl TokenRequest {
    pub(crate) fn parse(
        endpoint: TokenEndpoint,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let form = Form::parse(headers, body)?;
        let grant = form.required("grant_type")?;
        if grant != "client_credentials" {
            return Err(Refusal::UnsupportedGrant {
                grant: grant.to_owned(),
            });
        }
        let basic = basic_credentials(headers)?;
        let client_id = match (&basic, form.get("client_id")) {
            (Some((user, _)), Some(id)) if user != id => {
                return Err(Refusal::Malformed {
                    problem: "'client_id' and HTTP Basic name different clients",
                });
            }
            (Some((user, _)), _) => user.clone(),
            (None, _) => form.required("client_id")?.to_owned(),
        };
        let resource = match endpoint {
            TokenEndpoint::V1 => form.required("resource")?,
            TokenEndpoint::V2 => resource_of(form.required("scope")?)?,
        };
        let client_secret = match (basic, form.get("client_secret")) {
            (Some(_), Some(_)) => {
                // RFC 6749 §2.3: not more than one authentication method per request.
                return Err(Refusal::Malformed {
                    problem: "send the secret as 'client_secret' or with HTTP Basic, not both",
                });
            }
            (Some((_, password)), None) => password,
            (None, Some(secret)) => secret.to_owned(),
            (None, None) if form.get("client_assertion").is_some() => {
                return Err(Refusal::ClientAssertion);
            }
            (None, None) => return Err(Refusal::NoSecret),
        };
        Ok(Self {
            client_id,
            client_secret,
            resource: resource.to_owned(),
        })
    }
}

/// Takes `/.default` off the one scope there must be. What is left is not touched: the scope
/// `api://a//.default` asks for `api://a/`.
fn resource_of(scope: &str) -> Result<&str, Refusal> {
    let mut scopes = scope.split_ascii_whitespace();
    let (Some(only), None) = (scopes.next(), scopes.next()) else {
        return Err(Refusal::InvalidScope {
            scope: scope.to_owned(),
        });
    };
    match only.strip_suffix(DEFAULT_SUFFIX) {
        None => Err(Refusal::ScopeWithoutDefault {
            scope: scope.to_owned(),
        }),
        Some("") => Err(Refusal::InvalidScope {
            scope: scope.to_owned(),
        }),
        Some(resource) => Ok(resource),
    }
}

/// User and password of HTTP Basic, each decoded from form encoding (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let malformed = Refusal::Malformed {
        problem: "the Authorization header is not 'Basic' with 'id:secret' in base64",
    };
    if values.next().is_some() {
        return Err(malformed);
    }
    let credentials = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = credentials.as_deref().and_then(|text| text.split_once(':'))
    else {
        return Err(malformed);
    };
    Ok(Some((decode(user), decode(password))))
}

fn decode(component: &str) -> String {
    percent_decode_str(&component.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

struct Form(BTreeMap<String, String>);

impl Form {
    /// A body of another content type counts as an empty form, as it does for Entra.
    fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = content_type
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        let mut parameters = BTreeMap::new();
        if !media_type.trim().eq_ignore_ascii_case(FORM) {
            return Ok(Self(parameters));
        }
        for (name, value) in form_urlencoded::parse(body) {
            if parameters
                .insert(name.into_owned(), value.into_owned())
                .is_some()
            {
                // RFC 6749 §3.2.
                return Err(Refusal::Malformed {
                    problem: "a parameter is sent twice",
                });
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter without a value counts as missing (RFC 6749 §3.2).
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or(Refusal::MissingParameter { name })
    }
}
