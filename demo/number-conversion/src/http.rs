//! The service over HTTP.

use std::io::Write;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use mediatype::names::{APPLICATION, SOAP, TEXT, XML};
use mediatype::{MediaType, ReadParams};

use crate::endpoint::Endpoint;
use crate::operation::Operation;
use crate::soap::SoapVersion;
use crate::{request_body, service, wsdl};

/// Path of the SOAP endpoint; with the query `?WSDL`, of its description.
pub const SERVICE_PATH: &str = "/webservicesserver/NumberConversion.wso";
/// Path that answers 200 while the service runs.
pub const HEALTH_PATH: &str = "/healthz";

const SOAP_ACTION: HeaderName = HeaderName::from_static("soapaction");

/// Where the line about each call goes: operation and status, nothing of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallLog {
    /// Standard error.
    Stderr,
    /// Nowhere.
    Off,
}

impl CallLog {
    fn record(self, operation: Option<Operation>, status: StatusCode) {
        match self {
            Self::Off => {}
            Self::Stderr => {
                let operation = operation.map_or("-", Operation::name);
                // Nobody is left to tell when stderr is closed; the call is still answered.
                let _ = writeln!(std::io::stderr(), "{operation} {}", status.as_u16());
            }
        }
    }
}

/// The routes of the service.
pub fn router(log: CallLog) -> Router {
    Router::new()
        .route(SERVICE_PATH, any(endpoint))
        .route(HEALTH_PATH, get(|| async { "ok\n" }))
        .fallback(|| async {
            plain(
                StatusCode::NOT_FOUND,
                &format!("The service is at {SERVICE_PATH}."),
            )
        })
        .with_state(log)
}

async fn endpoint(
    State(log): State<CallLog>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asks_for_wsdl = wsdl::is_asked_for(uri.query());
    if method == Method::POST {
        let (operation, response) = call(&headers, body).await;
        log.record(operation, response.status());
        response
    } else if asks_for_wsdl && (method == Method::GET || method == Method::HEAD) {
        describe(&headers)
    } else {
        let allowed = if asks_for_wsdl {
            "GET, HEAD, POST"
        } else {
            "POST"
        };
        let text = format!("POST a SOAP message here, or GET {SERVICE_PATH}?WSDL.");
        (
            [(ALLOW, allowed)],
            plain(StatusCode::METHOD_NOT_ALLOWED, &text),
        )
            .into_response()
    }
}

async fn call(headers: &HeaderMap, body: Body) -> (Option<Operation>, Response) {
    // Read first: whatever is answered, the client has then sent what it wanted to send.
    let body = match request_body::read(body).await {
        Ok(body) => body,
        Err(error) => return (None, plain(error.status(), &error.message())),
    };
    let Some(media) = SoapMedia::of(headers) else {
        let text = "Send text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2), not compressed, each header once.";
        return (None, plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    };
    let reply = if media.is_utf8 {
        service::handle(&body, media.version, media.action.as_deref())
    } else {
        service::refuse_charset(media.version)
    };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        reply.operation,
        document(status, reply.version.content_type(), reply.envelope),
    )
}

fn describe(headers: &HeaderMap) -> Response {
    match Endpoint::of(headers) {
        Ok(endpoint) => document(
            StatusCode::OK,
            SoapVersion::V11.content_type(),
            wsdl::document(&endpoint),
        ),
        Err(_) => plain(
            StatusCode::BAD_REQUEST,
            "The Host header must be one plain host name or address, with or without a port.",
        ),
    }
}

/// What the HTTP headers say about the message.
struct SoapMedia {
    version: SoapVersion,
    action: Option<String>,
    is_utf8: bool,
}

impl SoapMedia {
    /// None when the media type is none of SOAP, the message is compressed, or one of the headers or
    /// parameters that decide is there twice, which two readers could read in two ways.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let coding = at_most_one(headers, CONTENT_ENCODING)?;
        if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return None;
        }
        let media = MediaType::parse(at_most_one(headers, CONTENT_TYPE)??).ok()?;
        let charset = at_most_one_parameter(&media, "charset")?;
        let is_utf8 = charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
        let essence = media.essence();
        let (version, action) = if essence == MediaType::new(TEXT, XML) {
            (
                SoapVersion::V11,
                at_most_one(headers, SOAP_ACTION)?.map(str::to_owned),
            )
        } else if essence == MediaType::from_parts(APPLICATION, SOAP, Some(XML), &[]) {
            (SoapVersion::V12, at_most_one_parameter(&media, "action")?)
        } else {
            return None;
        };
        Some(Self {
            version,
            action,
            is_utf8,
        })
    }
}

/// The value of a header that may be missing; None when it is there twice or is not readable as text.
fn at_most_one(headers: &HeaderMap, name: HeaderName) -> Option<Option<&str>> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else {
        return Some(None);
    };
    values.next().is_none().then_some(())?;
    value.to_str().ok().map(Some)
}

/// The same for a parameter of a media type.
fn at_most_one_parameter(media: &MediaType<'_>, name: &str) -> Option<Option<String>> {
    let mut values = media
        .params()
        .filter(|(key, _)| key.as_str().eq_ignore_ascii_case(name));
    let value = values
        .next()
        .map(|(_, value)| value.unquoted_str().into_owned());
    values.next().is_none().then_some(value)
}

fn plain(status: StatusCode, text: &str) -> Response {
    document(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

fn document(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}
