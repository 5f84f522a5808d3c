//! The same policy in the words of both filters: issuer, audience, expiry; the filter of this project checks roles besides,
//! which `jwt_authn` cannot.

use serde_json::{Value, json};

use crate::token::{AUDIENCE, ISSUER, ROLES};

/// Memory for verified tokens that never runs out in these measurements.
pub(crate) const AMPLE_BYTES: u64 = 512 * 1024 * 1024;

/// Longest token that either filter is told to take.
const MAX_TOKEN_BYTES: u32 = 64 * 1024;

/// A policy of this project with these keys.
pub(crate) fn ours(jwks: &Value) -> Value {
    json!({
        "jwks": [{ "issuer": ISSUER, "inline": jwks }],
        "audiences": [AUDIENCE],
        "required_claims": [{ "name": "roles", "match": "any", "values": ROLES }],
        "max_token_bytes": MAX_TOKEN_BYTES,
    })
}

/// The same with a secret as its key.
pub(crate) fn ours_with_secret(key: &Value) -> Value {
    json!({
        "issuer_signing_keys": [key],
        "issuers": [ISSUER],
        "audiences": [AUDIENCE],
        "required_claims": [{ "name": "roles", "match": "any", "values": ROLES }],
    })
}

/// With this setting beside the policy.
pub(crate) fn with(mut document: Value, name: &str, value: Value) -> Value {
    if let Some(document) = document.as_object_mut() {
        document.insert(name.to_owned(), value);
    }
    document
}

/// With room for `bytes` of verified tokens.
pub(crate) fn with_cache(document: Value, bytes: u64) -> Value {
    with(document, "token_cache", json!({ "max_bytes": bytes }))
}

/// A policy behind `count` rules of which the last one matches.
pub(crate) fn ours_with_rules(policy: &Value, count: usize) -> Value {
    let mut rules: Vec<Value> = (1..count)
        .map(|number| {
            json!({ "match": { "path_prefix": format!("/service-{number}/v1/") }, "policy": "bench" })
        })
        .collect();
    rules.push(json!({ "match": { "path_prefix": "/orders/v1/" }, "policy": "bench" }));
    json!({ "policies": { "bench": policy }, "rules": rules })
}

/// `jwt_authn` with these keys, and with a cache of so many tokens.
pub(crate) fn jwt_authn(jwks: &Value, cached_tokens: Option<usize>) -> Value {
    jwt_authn_with_rules(jwks, cached_tokens, 0)
}

/// The same with `count` rules of which the last one matches; 0 makes one that matches everything.
pub(crate) fn jwt_authn_with_rules(
    jwks: &Value,
    cached_tokens: Option<usize>,
    count: usize,
) -> Value {
    let mut provider = json!({
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "forward": true,
        "local_jwks": { "inline_string": jwks.to_string() },
    });
    if let (Some(tokens), Some(provider)) = (cached_tokens, provider.as_object_mut()) {
        provider.insert(
            "jwt_cache_config".into(),
            json!({ "jwt_cache_size": tokens, "jwt_max_token_size": MAX_TOKEN_BYTES }),
        );
    }
    let rule = |prefix: &str| json!({ "match": { "prefix": prefix }, "requires": { "provider_name": "bench" } });
    let mut rules: Vec<Value> = (1..count)
        .map(|number| rule(&format!("/service-{number}/v1/")))
        .collect();
    rules.push(rule(if count == 0 { "/" } else { "/orders/v1/" }));
    json!({ "providers": { "bench": provider }, "rules": rules })
}
