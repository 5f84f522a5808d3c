//! Where the token is looked for, and what counts as one.

use serde_json::{Value, json};
use validate_jwt::Reason::{self, MultipleTokens, TokenMalformed, TokenNotPresent};

use crate::support::{Gateway, Sent, token};

/// Sends `value` in `header` and says what becomes of it; `T` in `value` stands for a good token.
fn judge(fields: &Value, header: &str, value: &str) -> Option<Reason> {
    let value = value.replace('T', &token(json!({})));
    Gateway::with(fields.clone()).refused(&Sent::get("/").header(header, value))
}

#[test]
fn the_authorization_header_wants_the_scheme_bearer_in_any_case() {
    let policy = json!({});
    for good in ["Bearer T", "bearer T", "BEARER T", "bEaReR   T"] {
        assert_eq!(judge(&policy, "authorization", good), None, "{good}");
    }
    for (value, reason) in [
        ("T", TokenNotPresent),
        ("Basic T", TokenNotPresent),
        ("BearerT", TokenNotPresent),
        ("Bear T", TokenNotPresent),
        ("xBearer T", TokenNotPresent),
        ("Basic Bearer T", TokenNotPresent),
        ("", TokenNotPresent),
        ("Bearer", TokenMalformed),
        ("Bearer ", TokenMalformed),
        ("Bearer\tT", TokenMalformed),
        ("Bearer T T", TokenMalformed),
        ("Bearer T ", TokenMalformed),
        ("Bearer \tT", TokenMalformed),
        ("Bearer \"T\"", TokenMalformed),
        ("Bearer Bearer T", TokenMalformed),
        ("Bearer T,", MultipleTokens),
        ("Bearer T,Bearer T", MultipleTokens),
        ("Bearer T, Basic x", MultipleTokens),
        ("Bearer,T", TokenMalformed),
    ] {
        assert_eq!(
            judge(&policy, "authorization", value),
            Some(reason),
            "{value:?}"
        );
    }
    assert_eq!(judge(&policy, "x-token", "Bearer T"), Some(TokenNotPresent));
    assert_eq!(
        Gateway::with(policy).refused(&Sent::get("/")),
        Some(TokenNotPresent)
    );
}

#[test]
fn another_scheme_is_the_only_one_that_is_taken_where_it_is_required() {
    let policy = json!({ "require_scheme": "Token" });
    assert_eq!(judge(&policy, "authorization", "token T"), None);
    for other in ["Bearer T", "T"] {
        assert_eq!(
            judge(&policy, "authorization", other),
            Some(TokenNotPresent)
        );
    }
}

#[test]
fn an_empty_scheme_takes_a_bare_token_too() {
    let policy = json!({ "require_scheme": "" });
    for good in ["T", "Bearer T", "bearer T"] {
        assert_eq!(judge(&policy, "authorization", good), None, "{good}");
    }
    for (value, reason) in [
        ("", TokenMalformed),
        ("Bearer", TokenMalformed),
        ("Basic T", TokenMalformed),
        ("T T", TokenMalformed),
        ("T,T", MultipleTokens),
    ] {
        assert_eq!(
            judge(&policy, "authorization", value),
            Some(reason),
            "{value:?}"
        );
    }
}

#[test]
fn another_header_holds_the_token_without_a_scheme() {
    let policy = json!({ "header_name": "X-Token" });
    for good in ["T", "Bearer T"] {
        assert_eq!(judge(&policy, "x-token", good), None, "{good}");
    }
    assert_eq!(
        judge(&policy, "authorization", "Bearer T"),
        Some(TokenNotPresent)
    );
    let with_scheme = json!({ "header_name": "x-token", "require_scheme": "Bearer" });
    assert_eq!(judge(&with_scheme, "x-token", "Bearer T"), None);
    assert_eq!(judge(&with_scheme, "x-token", "T"), Some(TokenNotPresent));
}

#[test]
fn two_header_fields_are_never_one_token() {
    let token = token(json!({}));
    for (header, fields) in [
        ("authorization", json!({})),
        ("x-token", json!({ "header_name": "x-token" })),
    ] {
        let mut gateway = Gateway::with(fields);
        let good = format!("Bearer {token}");
        for second in [good.as_str(), "Bearer x", "Basic x", ""] {
            for (one, two) in [(good.as_str(), second), (second, good.as_str())] {
                let sent = Sent::get("/").header(header, one).header(header, two);
                assert_eq!(gateway.refused(&sent), Some(MultipleTokens), "{second:?}");
            }
        }
    }
}

#[test]
fn a_query_parameter_holds_the_token_and_no_header_does() {
    let mut gateway = Gateway::with(json!({ "query_parameter_name": "access_token" }));
    let token = token(json!({}));
    let mut judge = |path: &str| gateway.refused(&Sent::get(path.replace('T', &token)));
    for good in [
        "/?access_token=T",
        "/?a=b&access_token=T",
        "/p/q?access_token=T&a=b",
        "/?a?b&access_token=T",
        "/?&&access_token=T&",
        "/?access%5Ftoken=T",
    ] {
        assert_eq!(judge(good), None, "{good}");
    }
    for (path, reason) in [
        ("/", TokenNotPresent),
        ("/?", TokenNotPresent),
        ("/access_token=T", TokenNotPresent),
        ("/?Access_Token=T", TokenNotPresent),
        ("/?xaccess_token=T", TokenNotPresent),
        ("/?access%255Ftoken=T", TokenNotPresent),
        ("/?a=b;access_token=T", TokenNotPresent),
        ("/?access_token", TokenMalformed),
        ("/?access_token=", TokenMalformed),
        ("/?access_token=Bearer T", TokenMalformed),
        ("/?access_token=T%20", TokenMalformed),
        ("/?access_token=T#x", TokenMalformed),
        ("/?access_token=T&access_token=T", MultipleTokens),
        ("/?access_token=x&access_token=T", MultipleTokens),
        ("/?access_token=T,T", MultipleTokens),
        ("/?access%5ftoken=T&access_token=T", MultipleTokens),
    ] {
        assert_eq!(judge(path), Some(reason), "{path}");
    }
    let header = Sent::bearer(&token);
    assert_eq!(gateway.refused(&header), Some(TokenNotPresent));
}

#[test]
fn the_token_stays_on_the_request_unless_the_policy_takes_it_off() {
    let token = token(json!({}));
    for forward in [json!({}), json!({ "forward_token": true })] {
        let passage = Gateway::with(forward).passage(&Sent::bearer(&token));
        assert!(passage.remove.is_empty() && passage.path.is_none());
    }
    let passage = Gateway::with(json!({ "forward_token": false })).passage(&Sent::bearer(&token));
    assert_eq!(passage.remove, ["authorization"]);
    let mut gateway = Gateway::with(json!({ "header_name": "X-Token", "forward_token": false }));
    let sent = Sent::get("/").header("x-token", &token);
    // The second time it is remembered.
    for _ in 0..2 {
        assert_eq!(gateway.passage(&sent).remove, ["x-token"]);
    }
}

#[test]
fn a_token_in_the_query_is_cut_out_and_nothing_else() {
    let fields = json!({ "query_parameter_name": "t", "forward_token": false });
    let mut gateway = Gateway::with(fields);
    let token = token(json!({}));
    for (sent, forwarded) in [
        ("/a?t=T", "/a"),
        ("/a?t=T&b=1", "/a?b=1"),
        ("/a?b=1&t=T", "/a?b=1"),
        ("/a?b=1&t=T&c=%20", "/a?b=1&c=%20"),
        ("/a?b=1&&t=T&c", "/a?b=1&c"),
        ("/a?%74=T&b", "/a?b"),
        ("/a?tt=1&t=T", "/a?tt=1"),
        ("/a?b=/?t=2&t=T", "/a?b=/?t=2"),
    ] {
        let passage = gateway.passage(&Sent::get(sent.replace('T', &token)));
        assert_eq!(
            passage.path.as_deref(),
            Some(forwarded.as_bytes()),
            "{sent}"
        );
        assert!(passage.remove.is_empty());
    }
}
