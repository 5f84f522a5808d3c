//! The command says of a request what the filter does with it.

use serde_json::{Value, json};
use validate_jwt::Reason;
use validate_jwt_tests::{Envoy, Request, Response, Upstream};

use crate::support::cases::{Case, Outcome, Place, World};
use crate::support::{Folder, run};

/// What `explain` says.
fn explain(case: &Case, path: &str, config: &str, keys: &str) -> Value {
    let headers: Vec<String> = case
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut arguments = vec!["explain", "--format", "json", "--config", config];
    arguments.extend(["--method", case.method, "--path", path]);
    for header in &headers {
        arguments.extend(["--header", header]);
    }
    if case.has_keys {
        arguments.extend(["--jwks", keys]);
    }
    if let Some(token) = &case.token {
        arguments.extend(["--token", token]);
    }
    let run = run(&arguments);
    let explained = run.json();
    let expected = i32::from(explained["decision"] == "deny");
    assert_eq!(run.status, expected, "{}: {}", case.name, run.stderr);
    explained
}

/// The decision and the reason in the words of the contract.
fn words(outcome: Outcome) -> (&'static str, Value) {
    match outcome {
        Outcome::Allow => ("allow", Value::Null),
        Outcome::Anonymous => ("anonymous", Value::Null),
        Outcome::Report(reason) => ("report", json!(reason)),
        Outcome::Deny(reason) => ("deny", json!(reason)),
    }
}

/// Sends the request of a case.
fn send(case: &Case, path: &str, address: std::net::SocketAddr) -> Response {
    let mut path = path.to_owned();
    if let (Place::Query(name), Some(token)) = (case.place, &case.token) {
        path = format!("{path}?{name}={token}");
    }
    let mut request = Request::new(case.method, &path);
    for (name, value) in &case.headers {
        request = request.header(name, value);
    }
    match (case.place, &case.token) {
        (Place::Bearer, Some(token)) => request = request.bearer(token),
        (Place::Header(name), Some(token)) => request = request.header(name, token),
        (Place::Query(_), _) | (_, None) => {}
    }
    request.send(address)
}

/// What the command says against what Envoy did.
fn compare(case: &Case, explained: &Value, response: &Response) {
    let name = case.name;
    let Some(answer) = explained["response"].as_object() else {
        assert_eq!(response.status, 200, "{name}: {response:?}");
        let echo = response.echo();
        for pair in explained["upstream"]["set"].as_array().unwrap() {
            let field = pair[0].as_str().unwrap();
            let value = pair[1].as_str().unwrap();
            assert_eq!(echo.headers_named(field), [value.as_bytes()], "{name}");
        }
        for field in explained["upstream"]["remove"].as_array().unwrap() {
            let field = field.as_str().unwrap();
            assert!(echo.headers_named(field).is_empty(), "{name}: {field}");
        }
        return;
    };
    assert_eq!(
        json!(response.status),
        answer["status"],
        "{name}: {explained}"
    );
    assert_eq!(json!(response.text()), answer["body"], "{name}");
    let explained_headers = answer["headers"].as_array().unwrap();
    for field in ["content-type", "cache-control", "www-authenticate"] {
        let said = explained_headers.iter().find(|pair| pair[0] == field);
        let said = said.map(|pair| pair[1].clone()).unwrap_or_default();
        assert_eq!(json!(response.header(field)), said, "{name}: {field}");
    }
}

#[test]
fn explanations_and_the_filter_in_envoy_agree_on_every_reason() {
    let world = World::start();
    let cases = world.cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let document = World::document(&cases);
    let folder = Folder::new();
    let config = folder.file("config.json", &document.to_string());
    let keys = folder.file("keys.json", &world.key_set().to_string());
    let upstream = Upstream::start();
    let envoy = Envoy::builder()
        .config(&document)
        .cluster("provider", world.provider.address())
        .cluster("tenants", world.tenants.address())
        .cluster("broken", world.broken.address())
        .upstream(upstream.address())
        .start();
    let mut seen: Vec<String> = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let path = format!("/{index}/x");
        let explained = explain(case, &path, &config, &keys);
        let said = (
            explained["decision"].as_str().unwrap(),
            explained["reason"].clone(),
        );
        assert_eq!(said, words(case.outcome), "{}: {explained:#}", case.name);
        seen.extend(explained["reason"].as_str().map(str::to_owned));
        compare(case, &explained, &send(case, &path, envoy.address()));
    }
    // Requests that no policy decides on.
    let mut case = cases[0].clone();
    for (path, outcome) in [
        ("/nowhere", Outcome::Deny("no_rule")),
        ("/open", Outcome::Anonymous),
    ] {
        case.outcome = outcome;
        let explained = explain(&case, path, &config, &keys);
        assert_eq!(explained["decision"], words(outcome).0);
        seen.extend(explained["reason"].as_str().map(str::to_owned));
        compare(&case, &explained, &send(&case, path, envoy.address()));
    }
    for reason in Reason::ALL {
        assert!(
            seen.iter().any(|seen| seen == reason.as_str()),
            "no case for {reason}"
        );
    }
}
