//! Required claims: names, pointers, values, separators.

use serde_json::{Value, json};
use validate_jwt::Reason::{self, TokenClaimNotFound, TokenClaimValueNotAllowed};

use crate::support::{Gateway, token};

/// Judges a token with these claims by one required claim.
fn judge(required: &Value, claims: Value) -> Option<Reason> {
    let fields = json!({ "required_claims": [required] });
    Gateway::with(fields).judge(&token(claims))
}

fn assert_all(cases: &[(Value, Value, Option<Reason>)]) {
    for (required, claims, expected) in cases {
        assert_eq!(
            judge(required, claims.clone()),
            *expected,
            "{required} of {claims}"
        );
    }
}

const MISSING: Option<Reason> = Some(TokenClaimNotFound);
const WRONG: Option<Reason> = Some(TokenClaimValueNotAllowed);

#[test]
fn without_values_a_claim_need_only_be_there() {
    let required = json!({ "name": "c" });
    for value in [
        json!("x"),
        json!(""),
        json!(0),
        json!(false),
        json!([]),
        json!({}),
    ] {
        assert_eq!(judge(&required, json!({ "c": value })), None);
    }
    assert_eq!(judge(&required, json!({ "d": "x" })), MISSING);
    assert_eq!(judge(&required, json!({ "C": "x" })), MISSING);
    assert_eq!(judge(&required, json!({ "c": null })), MISSING);
}

#[test]
fn all_values_must_be_there_or_any_of_them() {
    let claim = |matching: &str| json!({ "name": "c", "match": matching, "values": ["a", "b"] });
    let default = json!({ "name": "c", "values": ["a", "b"] });
    assert_all(&[
        (default.clone(), json!({ "c": ["b", "x", "a"] }), None),
        (default.clone(), json!({ "c": ["a"] }), WRONG),
        (default, json!({ "c": "a" }), WRONG),
        (claim("all"), json!({ "c": ["a", "b"] }), None),
        (claim("all"), json!({ "c": ["a", "x"] }), WRONG),
        (claim("any"), json!({ "c": ["x", "b"] }), None),
        (claim("any"), json!({ "c": "b" }), None),
        (claim("any"), json!({ "c": ["x"] }), WRONG),
        (claim("any"), json!({ "c": [] }), WRONG),
        (claim("any"), json!({}), MISSING),
        (claim("any"), json!({ "c": null }), MISSING),
    ]);
}

#[test]
fn values_are_compared_byte_by_byte_and_whole() {
    let required = json!({ "name": "c", "values": ["Admin"] });
    for wrong in [
        "admin",
        "ADMIN",
        "Admin ",
        " Admin",
        "Admin\u{0}",
        "Administrator",
        "xAdmin",
        "Admin,Other",
        "Admin Other",
        "Àdmin",
        "",
    ] {
        assert_eq!(judge(&required, json!({ "c": wrong })), WRONG, "{wrong:?}");
        assert_eq!(
            judge(&required, json!({ "c": [wrong] })),
            WRONG,
            "{wrong:?}"
        );
    }
    assert_eq!(judge(&required, json!({ "c": "Admin" })), None);
    // The same letter in two spellings is two texts.
    let composed = json!({ "name": "c", "values": ["\u{e9}"] });
    assert_eq!(judge(&composed, json!({ "c": "e\u{301}" })), WRONG);
}

#[test]
fn escapes_in_the_token_are_resolved_before_names_and_values_are_compared() {
    let fields = json!({ "required_claims": [{ "name": "rôle", "values": ["A/\"é"] }] });
    let payload = br#"{"exp":1900000000,"r\u00f4le":"\u0041\/\"\u00e9"}"#;
    let token = crate::support::ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, payload);
    assert_eq!(Gateway::with(fields).judge(&token), None);
}

#[test]
fn numbers_and_booleans_are_compared_by_their_json_text() {
    let required = |value: &str| json!({ "name": "c", "values": [value] });
    let fields = |value: &str| json!({ "required_claims": [required(value)] });
    let sent = |text: &str| {
        let payload = format!(r#"{{"exp":1900000000,"c":{text}}}"#);
        crate::support::ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, payload.as_bytes())
    };
    for (text, value, expected) in [
        ("1", "1", None),
        ("1.0", "1", WRONG),
        ("1.0", "1.0", None),
        ("1e2", "1e2", None),
        ("1e2", "100", WRONG),
        ("-0", "-0", None),
        ("12345678901234567890123", "12345678901234567890123", None),
        ("12345678901234567890123", "12345678901234567890124", WRONG),
        ("true", "true", None),
        ("false", "false", None),
        ("true", "false", WRONG),
        ("[1,true,\"x\"]", "true", None),
        ("[1,true,\"x\"]", "1", None),
        ("\"1\"", "1", None),
        ("\"true\"", "true", None),
        ("null", "null", MISSING),
        ("[null]", "null", WRONG),
    ] {
        assert_eq!(
            Gateway::with(fields(value)).judge(&sent(text)),
            expected,
            "{text} for {value}"
        );
    }
}

#[test]
fn objects_and_lists_within_lists_never_match() {
    for text in [
        "[object Object]",
        "{}",
        "{\"a\":\"b\"}",
        "b",
        "a",
        "[\"b\"]",
        "",
    ] {
        for claim in [json!({ "a": "b" }), json!([["b"]]), json!([{ "a": "b" }])] {
            for matching in ["all", "any"] {
                let required = json!({ "name": "c", "match": matching, "values": [text] });
                assert_eq!(judge(&required, json!({ "c": claim })), WRONG, "{text}");
            }
        }
    }
    // What stands beside them in the list still counts.
    let required = json!({ "name": "c", "values": ["x"] });
    assert_eq!(judge(&required, json!({ "c": [{}, ["x"], "x"] })), None);
    assert_eq!(judge(&required, json!({ "c": [{}, ["x"]] })), WRONG);
}

#[test]
fn a_separator_divides_a_text_and_no_element_of_a_list() {
    let scope = json!({ "name": "scp", "separator": " ", "values": ["read", "write"] });
    assert_all(&[
        (scope.clone(), json!({ "scp": "write read" }), None),
        (scope.clone(), json!({ "scp": "read  write " }), None),
        (scope.clone(), json!({ "scp": "read writer" }), WRONG),
        (scope.clone(), json!({ "scp": "read,write" }), WRONG),
        (scope.clone(), json!({ "scp": "read\twrite" }), WRONG),
        (scope.clone(), json!({ "scp": "" }), WRONG),
        (scope.clone(), json!({ "scp": ["read write"] }), WRONG),
        (scope, json!({ "scp": ["read", "write"] }), None),
        (
            json!({ "name": "c", "separator": "::", "values": ["b"] }),
            json!({ "c": "a::b" }),
            None,
        ),
        (
            json!({ "name": "c", "separator": "::", "values": ["a:b"] }),
            json!({ "c": "a:b" }),
            None,
        ),
        (
            json!({ "name": "c", "separator": " ", "values": ["a b"] }),
            json!({ "c": "a b" }),
            WRONG,
        ),
        (
            json!({ "name": "c", "values": ["a b"] }),
            json!({ "c": "a b" }),
            None,
        ),
        // Without a separator nothing is divided.
        (
            json!({ "name": "scp", "values": ["read"] }),
            json!({ "scp": "read write" }),
            WRONG,
        ),
    ]);
}

#[test]
fn a_json_pointer_leads_into_objects_and_lists() {
    let claims = json!({
        "realm_access": { "roles": ["Admin"], "": "empty", "a/b": "slash", "m~n": "tilde", "~1": "both" },
        "list": [["x", "y"], { "z": 1 }],
        "/realm_access/roles": "literal",
        "": { "k": "v" },
    });
    for (name, value, expected) in [
        ("/realm_access/roles", "Admin", None),
        ("/realm_access/roles", "literal", WRONG),
        ("/realm_access/roles/0", "Admin", None),
        ("/realm_access/roles/1", "Admin", MISSING),
        ("/realm_access/roles/00", "Admin", MISSING),
        ("/realm_access/roles/-", "Admin", MISSING),
        ("/realm_access/roles/+0", "Admin", MISSING),
        ("/realm_access/roles/-1", "Admin", MISSING),
        ("/realm_access/roles/", "Admin", MISSING),
        (
            "/realm_access/roles/99999999999999999999999",
            "Admin",
            MISSING,
        ),
        ("/realm_access/", "empty", None),
        ("/realm_access/a~1b", "slash", None),
        ("/realm_access/m~0n", "tilde", None),
        ("/realm_access/~01", "both", None),
        ("/realm_access/a/b", "slash", MISSING),
        ("/list/0", "y", None),
        ("/list/0/1", "y", None),
        ("/list/1/z", "1", None),
        ("//k", "v", None),
        ("/realm_access/roles/0/x", "Admin", MISSING),
        ("realm_access.roles", "Admin", MISSING),
        ("realm_access/roles", "Admin", MISSING),
    ] {
        let required = json!({ "name": name, "values": [value] });
        assert_eq!(judge(&required, claims.clone()), expected, "{name}");
    }
}

#[test]
fn names_like_addresses_and_with_points_are_plain_names() {
    for name in [
        "https://example.com/roles",
        "a.b",
        "a b",
        "rôle",
        "a/b",
        "$ref",
        "__proto__",
    ] {
        let required = json!({ "name": name, "values": ["x"] });
        assert_eq!(judge(&required, json!({ name: "x" })), None, "{name}");
        assert_eq!(
            judge(&required, json!({ "a": { "b": "x" } })),
            MISSING,
            "{name}"
        );
    }
}

#[test]
fn every_entry_must_hold_and_the_first_that_does_not_is_the_reason() {
    let fields = json!({ "required_claims": [
        { "name": "a" }, { "name": "b", "values": ["x"] }, { "name": "aud", "values": ["one", "two"] },
    ] });
    let mut gateway = Gateway::with(fields);
    let mut judge = |claims| gateway.judge(&token(claims));
    assert_eq!(
        judge(json!({ "a": 1, "b": "x", "aud": ["two", "one"] })),
        None
    );
    assert_eq!(judge(json!({ "b": "y", "aud": ["one", "two"] })), MISSING);
    assert_eq!(judge(json!({ "a": 1, "b": "y" })), WRONG);
    assert_eq!(judge(json!({ "a": 1, "b": "x", "aud": "one" })), WRONG);
}

#[test]
fn two_entries_of_one_claim_must_both_hold() {
    let fields = json!({ "required_claims": [
        { "name": "roles", "match": "any", "values": ["a", "b"] },
        { "name": "roles", "match": "any", "values": ["c", "d"] },
    ] });
    let mut gateway = Gateway::with(fields);
    assert_eq!(gateway.judge(&token(json!({ "roles": ["a", "d"] }))), None);
    assert_eq!(gateway.judge(&token(json!({ "roles": ["a", "b"] }))), WRONG);
}
