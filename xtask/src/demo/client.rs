//! HTTP requests to servers on this machine.

use std::time::Duration;

use anyhow::{Context as _, Result};
use ureq::Agent;
use ureq::http::Response;

/// Longer than the filter lets a request wait for keys.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the story shows of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: Option<String>,
    pub(crate) body: String,
}

/// `GET`.
pub(crate) fn get(url: &str) -> Result<Answer> {
    answer(url, agent().get(url).call())
}

/// `POST` of a form.
pub(crate) fn post_form(url: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    answer(url, agent().post(url).send_form(fields.iter().copied()))
}

/// `POST` of XML, with a token or without.
pub(crate) fn post_xml(url: &str, token: Option<&str>, body: &str) -> Result<Answer> {
    let mut request = agent().post(url).header("Content-Type", "text/xml");
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    answer(url, request.send(body))
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        // Everything is on this machine; a proxy from the environment would not reach it.
        .proxy(None)
        .build()
        .new_agent()
}

fn answer(url: &str, result: Result<Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response = result.with_context(|| format!("no answer from {url}"))?;
    let challenge = response.headers().get("www-authenticate");
    Ok(Answer {
        status: response.status().as_u16(),
        challenge: challenge
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: response
            .body_mut()
            .read_to_string()
            .with_context(|| format!("the answer from {url} ends early"))?,
    })
}
