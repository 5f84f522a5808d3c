//! `/emulator/…`: turning the knobs and looking at what happened.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{
    Method, Request, StatusCode,
    body::{Body, Bytes},
    header,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    key_set::NextKey,
    knobs::{KnobError, Knobs, KnobsStatus, MAX_SECONDS},
    reply::{Reply, error_reply, json_reply, method_not_allowed, never_stored},
    request_body,
    route::Counter,
    signing_key::SigningKey,
};

/// `POST /emulator/rotate`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateRequest {
    #[serde(default)]
    key: RotateTo,
    #[serde(default = "keep")]
    keep_old: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum RotateTo {
    #[default]
    New,
    Published,
}

/// `POST /emulator/hide`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HideRequest {
    kid: Option<String>,
    seconds: u64,
}

/// `POST /emulator/reset`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetRequest {}

/// `GET /emulator/state`
#[derive(Serialize)]
pub(crate) struct State {
    requests: BTreeMap<Counter, u64>,
    keys: Vec<Key>,
    knobs_enabled: bool,
    knobs: KnobsStatus,
}

#[derive(Serialize)]
struct Key {
    kid: String,
    signs: bool,
    hidden_for_seconds: u64,
}

fn keep() -> bool {
    true
}

pub(crate) fn state(app: &App) -> State {
    let now = Instant::now();
    let keys = app.keys().status(now).into_iter().map(|key| Key {
        kid: key.kid,
        signs: key.signs,
        hidden_for_seconds: key
            .hidden_for
            .map_or(0, |left| left.as_secs().saturating_add(1)),
    });
    State {
        requests: app.counts(),
        keys: keys.collect(),
        knobs_enabled: app.knobs_enabled,
        knobs: app.knobs().status(now),
    }
}

pub(crate) async fn answer<B>(app: &Arc<App>, knob: &str, request: Request<B>) -> Reply
where
    B: Body<Data = Bytes, Error = hyper::Error>,
{
    if !app.knobs_enabled {
        let description = "The knobs are off; start without --no-knobs to use them.";
        return error_reply(StatusCode::FORBIDDEN, "knobs_off", description);
    }
    if request.method() != Method::POST {
        return method_not_allowed("POST");
    }
    // A web page can make a browser post anything but JSON to another origin without asking it.
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        let description = "Send JSON with the header Content-Type: application/json.";
        return error_reply(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", description);
    }
    let body = match request_body::read(request.into_body()).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let turned = match knob {
        "rotate" => rotate(app, &body).await,
        "hide" => hide(app, &body),
        "delay" => parse(&body).and_then(|request| Ok(app.knobs().set_delay(&request)?)),
        "fail" => {
            parse(&body).and_then(|request| Ok(app.knobs().set_failure(request, Instant::now())?))
        }
        "token-lifetime" => {
            parse(&body).and_then(|request| Ok(app.knobs().set_token_lifetime(&request)?))
        }
        "reset" => parse(&body).map(|ResetRequest {}| {
            *app.knobs() = Knobs::default();
            app.keys().show_all();
        }),
        _ => {
            let description = "The knobs are rotate, hide, delay, fail, token-lifetime and reset.";
            return error_reply(StatusCode::NOT_FOUND, "not_found", description);
        }
    };
    match turned {
        Ok(()) => never_stored(json_reply(StatusCode::OK, &state(app))),
        Err(Fault::Request(problem)) => {
            error_reply(StatusCode::BAD_REQUEST, "invalid_request", &problem)
        }
        Err(Fault::Server(problem)) => {
            error_reply(StatusCode::INTERNAL_SERVER_ERROR, "server_error", &problem)
        }
    }
}

enum Fault {
    Request(String),
    Server(String),
}

impl From<KnobError> for Fault {
    fn from(error: KnobError) -> Self {
        Self::Request(error.to_string())
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    // serde would take the members of an array in order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Fault::Request(
            "the body is not a JSON object such as {\"seconds\": 5}".to_owned(),
        ));
    }
    serde_json::from_slice(body)
        .map_err(|error| Fault::Request(format!("the JSON body is not right: {error}")))
}

async fn rotate(app: &Arc<App>, body: &[u8]) -> Result<(), Fault> {
    let request: RotateRequest = parse(body)?;
    let app = Arc::clone(app);
    // Making a key takes long enough to hold up other requests.
    let task = tokio::task::spawn_blocking(move || {
        let next = match request.key {
            RotateTo::New => NextKey::New(
                SigningKey::generate().map_err(|error| Fault::Server(error.to_string()))?,
            ),
            RotateTo::Published => NextKey::Published,
        };
        let mut keys = app.keys();
        if !keys.rotate(next, request.keep_old) {
            return Err(KnobError::NoSecondKey.into());
        }
        match &app.state_file {
            Some(file) => file
                .store_keys(&keys.all())
                .map_err(|error| Fault::Server(error.to_string())),
            None => Ok(()),
        }
    });
    task.await
        .unwrap_or_else(|_| Err(Fault::Server("the rotation was interrupted".to_owned())))
}

fn hide(app: &App, body: &[u8]) -> Result<(), Fault> {
    let request: HideRequest = parse(body)?;
    if request.seconds > MAX_SECONDS {
        return Err(KnobError::Hide.into());
    }
    let until = Instant::now().checked_add(Duration::from_secs(request.seconds));
    let hidden = app.keys().hide(request.kid.as_deref(), until);
    let Some(_) = hidden else {
        return Err(KnobError::NoSuchKey(request.kid.unwrap_or_default()).into());
    };
    Ok(())
}
