//! The usual causes: what experience says about a token that is refused.
//!
//! These are hints for a person. They decide nothing.

use serde_json::Value;
use validate_jwt::Reason;
use validate_jwt::keys::issuer::is_guid;
use validate_jwt::policy::{Policy, TokenLocation};
use validate_jwt::time::Timestamp;
use validate_jwt::trace::Check;

use super::claims::{Version, is_app_only, moment, version};
use super::decoded::Decoded;
use super::moment::{date, length};
use super::{Explanation, Outcome};

/// Microsoft Graph, as the audience of tokens names it.
const GRAPH: [&str; 3] = [
    "00000003-0000-0000-c000-000000000000",
    "https://graph.microsoft.com",
    "https://graph.microsoft.com/",
];

/// Clocks that differ by more than this are not the likeliest explanation, in seconds: the default of Microsoft's libraries.
const USUAL_SKEW: i64 = 300;

/// What is likely to be wrong, the likeliest first.
pub(super) fn find(explanation: &Explanation) -> Vec<String> {
    let mut found = Vec::new();
    let is_well = explanation
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.reason.is_none());
    if is_well {
        return found;
    }
    if let Some(token) = &explanation.token {
        of_token(token, &mut found);
    }
    if let Some(outcome) = &explanation.outcome
        && let Some(reason) = outcome.reason
    {
        of_reason(reason, outcome, explanation, &mut found);
    }
    found
}

fn of_token(token: &Decoded, found: &mut Vec<String>) {
    if token.is_quoted || token.has_space {
        found.push("There are quotes or white space in the token: it was copied with something around it, or broken into lines.".into());
    }
    if token.parts == 5 {
        found.push("The token has five parts: it is encrypted (JWE), and only the API that it is for can read it. Ask for an access token of your own API; Entra ID encrypts when the API's app registration has an encryption key.".into());
    } else if token.parts != 3 {
        found.push(format!("A signed token has three parts with points between; this has {}. Some providers issue opaque access tokens unless an audience is asked for.", token.parts));
    }
    let has_nonce = token
        .header
        .as_ref()
        .is_some_and(|header| header.contains_key("nonce"));
    if has_nonce || token.audiences().any(|audience| GRAPH.contains(&audience)) {
        found.push("The token is for Microsoft Graph, or another API of Microsoft's: its `aud` is not yours, and nobody else can verify its signature. Ask for a token with the scope of your own API: api://<your API's application id>/.default.".into());
    }
    let marks = ["nonce", "at_hash", "c_hash"];
    if marks.iter().any(|mark| token.claim(mark).is_some()) && token.claim("scp").is_none() {
        found.push("It looks like an ID token, which tells an application who signed in. An API needs an access token.".into());
    }
}

fn of_reason(
    reason: Reason,
    outcome: &Outcome,
    explanation: &Explanation,
    found: &mut Vec<String>,
) {
    let token = explanation.token.as_ref();
    let expected = |check: Check| -> Vec<&str> {
        let failed = outcome
            .checks
            .iter()
            .find(|one| one.check == check && !one.ok);
        failed
            .map(|one| one.expected.iter().map(String::as_str).collect())
            .unwrap_or_default()
    };
    match (reason, token) {
        (Reason::TokenNotPresent, _) => found.extend(outcome.policy.as_ref().map(where_it_looks)),
        (Reason::TokenIssuerNotAllowed, Some(token)) => issuer(token, &expected(Check::Issuer), found),
        (Reason::TokenAudienceNotAllowed, Some(token)) => audience(token, &expected(Check::Audience), found),
        (Reason::TokenExpired | Reason::TokenNotYetValid, Some(token)) => lifetime(reason, token, explanation.now, found),
        (Reason::TokenClaimNotFound | Reason::TokenClaimValueNotAllowed, Some(token)) => claim(reason, token, outcome, found),
        (Reason::TokenSignatureKeyNotFound, Some(token)) => key(token, found),
        (Reason::TokenSignatureInvalid, _) => found.push("The token was altered on its way, or another key of the same name signed it: compare the key set with that of the issuer. A shared secret is written in base64 in the configuration, not as it is.".into()),
        (Reason::AlgorithmNotAllowed, Some(token)) if token.header_text("alg").is_some_and(|alg| alg.starts_with("HS")) => found.push("HS256 and its kin need a shared secret. They are accepted if `algorithms` lists them, or if every key of the policy is a secret.".into()),
        (Reason::TokenTenantNotAllowed, _) => found.push("The token is from another tenant than those in `allowed_tenants`.".into()),
        (Reason::TokenClientNotAllowed, _) => found.push("The calling application is known by `azp` (version 2.0) or `appid` (version 1.0); add its application id to `client_application_ids` if it may call.".into()),
        (Reason::KeysUnavailable, _) => found.push("Without keys nothing can be verified. Give the issuer's key set with --jwks FILE, or let --fetch get it.".into()),
        (Reason::NoRule, _) => found.push("No rule fits this method, host and path; give them with --method, --host and --path as clients send them, or name the route's policy with --policy.".into()),
        (Reason::TokenTooLarge, _) => found.push("Tokens grow with the groups of a person; let Entra ID send roles in place of groups, or raise `max_token_bytes`.".into()),
        (Reason::MultipleTokens, _) => found.push("The token came once from --token; leave it out of --header and --path.".into()),
        (Reason::TokenMalformed | Reason::AlgorithmNotAllowed | Reason::TokenTypeNotAllowed | Reason::TokenExpirationMissing, _)
        | (_, None) => {}
    }
}

fn where_it_looks(policy: &Policy) -> String {
    match &policy.location {
        TokenLocation::Query { name } => {
            format!("The policy looks for the token in the query parameter {name:?}.")
        }
        TokenLocation::Header {
            name,
            scheme: Some(scheme),
        } => format!(
            "The policy looks for the token in the header {name:?}, behind {scheme:?} and a blank."
        ),
        TokenLocation::Header { name, scheme: None } => {
            format!("The policy looks for the token in the header {name:?}.")
        }
    }
}

fn issuer(token: &Decoded, expected: &[&str], found: &mut Vec<String>) {
    let Some(iss) = token.text("iss") else {
        found.push("The token names no issuer.".into());
        return;
    };
    let same_tenant = token
        .text("tid")
        .is_some_and(|tid| expected.iter().any(|issuer| issuer.contains(tid)));
    let is_v2 = |issuer: &str| issuer.trim_end_matches('/').ends_with("/v2.0");
    let same_version = expected.iter().any(|issuer| is_v2(issuer) == is_v2(iss));
    match version(token) {
        Version::EntraV1 | Version::EntraV2 if same_tenant && same_version => found.push("Tenant and version are those that the policy takes, and the login host is another: the token is from another cloud, or from a stand-in for Entra ID. `azure_ad` has `cloud` and `authentication_endpoint` for these.".into()),
        Version::EntraV1 if same_tenant => found.push("It is a token of version 1.0, and the policy takes version 2.0 only. Use `azure_ad`, which takes both, or add the issuer to `issuers`, or set `requestedAccessTokenVersion` to 2 in the app registration of the API (not of the client).".into()),
        Version::EntraV2 if same_tenant => found.push("It is a token of version 2.0, and the policy takes version 1.0 only. Use `azure_ad`, which takes both, or add the issuer to `issuers`.".into()),
        Version::EntraV1 | Version::EntraV2 => found.push(format!("The token is from the tenant {}, which is not that of the policy.", token.text("tid").unwrap_or_default())),
        Version::Other if expected.iter().any(|issuer| issuer.trim_end_matches('/') == iss.trim_end_matches('/')) => found.push("The issuers differ in a slash at the end only; they are compared byte for byte. Add the token's spelling to `issuers`.".into()),
        Version::Other => found.push("The token was issued by somebody whom the policy does not know.".into()),
    }
}

fn audience(token: &Decoded, expected: &[&str], found: &mut Vec<String>) {
    let bare = |audience: &str| {
        audience
            .trim_start_matches("api://")
            .trim_end_matches('/')
            .to_ascii_lowercase()
    };
    for audience in token.audiences() {
        if expected.iter().any(|wanted| bare(wanted) == bare(audience)) {
            found.push(format!("`aud` is {audience:?} and the policy has {:?}: the same API, written in another way. Audiences are compared byte for byte; tokens of version 2.0 carry the application id, those of version 1.0 what the client asked for. List both.", expected.join(", ")));
            return;
        }
    }
    if token.audiences().any(|audience| GRAPH.contains(&audience)) {
        return;
    }
    let guids = expected.iter().any(|wanted| wanted.starts_with("api://"))
        && token.audiences().any(is_guid);
    if guids && version(token) == Version::EntraV2 {
        found.push("Tokens of version 2.0 always carry the API's application id as `aud`, never the api:// name: if this id is your API's, add it to `audiences`.".into());
    } else {
        found.push("The token is for another API. The client chooses the API by the scope that it asks for: api://<API>/.default.".into());
    }
}

fn lifetime(reason: Reason, token: &Decoded, now: Timestamp, found: &mut Vec<String>) {
    let name = if reason == Reason::TokenExpired {
        "exp"
    } else {
        "nbf"
    };
    let Some(limit) = token.claim(name).and_then(moment) else {
        return;
    };
    let seconds = now.as_secs().saturating_sub(limit.as_secs());
    let off = length(seconds.unsigned_abs());
    if seconds.saturating_abs() <= USUAL_SKEW {
        found.push(format!("It is only {off} off: the clocks may differ. `clock_skew` allows for that; Microsoft's libraries take 300 seconds, API Management 0."));
    } else if reason == Reason::TokenExpired {
        found.push(format!(
            "The token ended on {}. The client must ask for a new one before the old one ends.",
            date(limit)
        ));
    } else {
        found.push("The token is good only later: the clock of the issuer or of this machine is wrong, or the token was made for later.".into());
    }
}

fn claim(reason: Reason, token: &Decoded, outcome: &Outcome, found: &mut Vec<String>) {
    let failed = outcome
        .checks
        .iter()
        .find(|one| one.check == Check::Claim && !one.ok);
    let name = failed.map_or("", |one| one.detail.split(',').next().unwrap_or_default());
    let is_entra = version(token) != Version::Other;
    let has_overage = token
        .claim("_claim_names")
        .and_then(Value::as_object)
        .is_some_and(|names| names.contains_key("groups"))
        || token.claim("hasgroups").is_some();
    match name {
        "groups" if has_overage => found.push("The person is in more groups than a token holds, so that Entra ID left all of them out (`_claim_names`). Use app roles, or let the app registration send only groups assigned to the application.".into()),
        "roles" if is_entra && is_app_only(token) => found.push(
            if reason == Reason::TokenClaimNotFound {
                "The application has no role of the API: grant its service principal the application permission and have an administrator consent; then ask for a new token."
            } else {
                "The application has other roles of the API than the policy asks for; grant it the right one, with the consent of an administrator, and ask for a new token."
            }.into()),
        "roles" if is_entra && token.claim("scp").is_some() => found.push("The token stands for a person (it has `scp`); roles come from the assignment of the person to an app role of the API. With client credentials the application's own roles would be there.".into()),
        "scp" if is_entra && is_app_only(token) => found.push("The token stands for an application; only tokens for a person have `scp`. Require `roles` instead.".into()),
        "scp" | "scope" if reason == Reason::TokenClaimValueNotAllowed => found.push("A scope claim holds several values with blanks between: the policy needs `\"separator\": \" \"` to see each of them.".into()),
        _ => {}
    }
}

fn key(token: &Decoded, found: &mut Vec<String>) {
    match token.header_text("kid") {
        None => found.push("The token names no key (`kid`), and no key of the policy fits its algorithm.".into()),
        Some(_) if version(token) != Version::Other => found.push("The key set has no such key. It may be old: Entra ID changes its keys without notice. Or the application has signing keys of its own (claims mapping): its key set has `?appid=<application id>` in the address.".into()),
        Some(_) => found.push("The key set has no such key: it may be old, or that of another issuer or environment.".into()),
    }
}
