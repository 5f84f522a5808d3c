//! An explanation as JSON, in the form of the contract.

use serde_json::{Map, Value, json};
use validate_jwt::trace::Checked;

use super::Explanation;
use super::causes;

/// The document.
#[must_use]
pub fn to_json(explanation: &Explanation) -> Value {
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
    let outcome = explanation.outcome.as_ref();
    put(
        "decision",
        json!(outcome.map(|outcome| outcome.decision.as_str())),
    );
    let reason = outcome.and_then(|outcome| outcome.reason);
    put("reason", json!(reason.map(|reason| reason.as_str())));
    let policy = outcome.and_then(|outcome| outcome.policy.as_ref());
    put("policy", json!(policy.map(|policy| policy.name.as_str())));
    put("rule", json!(outcome.and_then(|outcome| outcome.rule)));
    let checks: Vec<Value> = outcome
        .iter()
        .flat_map(|outcome| &outcome.checks)
        .map(check)
        .collect();
    put("checks", Value::Array(checks));
    if let Some(response) = outcome.and_then(|outcome| outcome.response.as_ref()) {
        let headers: Vec<Value> = response
            .headers
            .iter()
            .map(|(name, value)| json!([name, value]))
            .collect();
        let answer = json!({"status": response.status, "headers": headers, "body": response.body});
        put("response", answer);
    }
    if let Some(changes) = outcome.and_then(|outcome| outcome.upstream.as_ref()) {
        let set: Vec<Value> = changes
            .set
            .iter()
            .map(|(name, value)| json!([name, value]))
            .collect();
        let mut upstream = json!({"set": set, "remove": changes.remove});
        if let (Some(path), Some(object)) = (&changes.path, upstream.as_object_mut()) {
            object.insert("path".to_owned(), json!(path));
        }
        put("upstream", upstream);
    }
    let token = explanation
        .token
        .as_ref()
        .map(|token| json!({"header": token.header, "claims": token.claims}));
    put("token", json!(token));
    put("causes", json!(causes::find(explanation)));
    put("assumptions", json!(explanation.assumptions));
    put("key_problems", json!(explanation.key_problems));
    Value::Object(document)
}

/// `found` is a text where one thing was compared, a list where several were, null where nothing was there.
fn check(checked: &Checked) -> Value {
    let found = match checked.found.as_slice() {
        [] => Value::Null,
        [one] => json!(one),
        several => json!(several),
    };
    json!({
        "check": checked.check.as_str(),
        "ok": checked.ok,
        "expected": checked.expected,
        "found": found,
        "detail": checked.detail,
    })
}
