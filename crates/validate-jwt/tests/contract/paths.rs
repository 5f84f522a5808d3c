//! Paths that servers read differently, and what they must not open.

use proptest::prelude::*;
use serde_json::json;
use validate_jwt::request::Route;

use crate::rules::{gateway, outcome};
use crate::support::Sent;

#[test]
fn no_spelling_of_a_path_opens_what_a_rule_keeps_shut() {
    let mut gateway = gateway(json!([
        { "match": { "path_prefix": "/pub" }, "allow_anonymous": true },
        { "match": { "path": "/" }, "allow_anonymous": true },
        { "policy": "a" },
    ]));
    let attacks: &[&[u8]] = &[
        b"/public",
        b"/PUB",
        b"/pub/../admin",
        b"/pub/./../admin",
        b"/pub/x/../../admin",
        b"/pub/..",
        b"/pub/../",
        b"/pub/%2e%2e/admin",
        b"/pub/%2E%2E/admin",
        b"/pub/.%2e/admin",
        b"/pub/%2e./admin",
        b"/pub/..%2fadmin",
        b"/pub/..%2Fadmin",
        b"/pub%2f..%2fadmin",
        b"/pub%2fadmin",
        b"/pub/..%5cadmin",
        b"/pub/..\\admin",
        b"/pub\\..\\admin",
        b"\\pub",
        b"/pub//../../admin",
        b"/pub//../admin",
        b"//../admin",
        b"/pub/..//../admin",
        b"/pub/..;/admin",
        b"/pub/..;a=b/admin",
        b"/pub/.;/../admin",
        b"/pub/%2e%2e;/admin",
        b"/pub/..%3b/admin",
        b"/pub/%252e%252e/admin",
        b"/pub/%25%32%65/admin",
        b"/pub/..%252fadmin",
        b"/pub%00",
        b"/pub/\0",
        b"/pub/%00/../admin",
        b"/pub/%",
        b"/pub/%2",
        b"/pub/%zz",
        b"/pub/%c0%af..",
        b"/pub/%ff",
        b"/pub/\xff",
        b"/pub/%e0%80%ae",
        b"/pub#/../admin",
        b"/pub/%23",
        b"/pub/%0d%0a",
        b"pub",
        b"",
        b"*",
        b"pub/../admin",
        b"http://api.example.com/pub",
        b"?/pub",
        b"/?/../pub/x/../..#",
        b"/admin?/../pub",
        b"/admin?x=/pub",
        b"/admin;/../pub/../admin",
        b"/;/../admin",
    ];
    for path in attacks {
        // The root is open as well: what climbs out of `/pub` and ends there is not for a token to decide.
        let ends_at_root = matches!(*path, b"/pub/.." | b"/pub/../" | b"/?/../pub/x/../..#");
        let found = outcome(&mut gateway, &Sent::get(path));
        assert_eq!(
            found,
            if ends_at_root { "anonymous" } else { "a" },
            "{}",
            path.escape_ascii()
        );
    }
    for open in [
        "/pub",
        "/pub/",
        "/pub/x",
        "/pub?x=../../admin",
        "/pub?a=%2e%2e%2f",
        "/%70ub/x",
        "/x/../pub",
        "/pub/caf%C3%A9",
        "/pub/a;v=1",
        "/pub/...",
        "/pub/.hidden",
        "/pub/a..b",
        "/",
        "/?x",
    ] {
        let found = outcome(&mut gateway, &Sent::get(open));
        assert_eq!(found, "anonymous", "{open}");
    }
    let missing = Sent {
        headers: vec![(b":method".to_vec(), b"CONNECT".to_vec())],
        route: Route::Unset,
    };
    assert_eq!(outcome(&mut gateway, &missing), "a");
}

#[test]
fn an_ambiguous_path_still_falls_under_the_policy_that_its_plain_reading_names() {
    let mut gateway = gateway(json!([
        { "match": { "path_prefix": "/admin" }, "policy": "b" },
        { "match": { "path_prefix": "/" }, "policy": "a" },
    ]));
    for path in [
        "/admin/%2e",
        "/pub/..%2fadmin",
        "/pub/%2e%2e/admin",
        "/%61dmin",
        "/pub/../admin/x",
    ] {
        assert_eq!(outcome(&mut gateway, &Sent::get(path)), "b", "{path}");
    }
}

#[test]
fn no_spelling_that_a_server_may_reduce_to_a_protected_path_passes_without_a_token() {
    let mut gateway = gateway(json!([
        { "match": { "path_prefix": "/admin" }, "policy": "a" }, { "allow_anonymous": true },
    ]));
    for path in [
        "//admin/x",
        "/;/admin/x",
        "/admin;v=1/x",
        "/;v=1/admin",
        "/admin%3bv/x",
        "/admin%3f/x",
        "/admin%09",
        "///admin",
    ] {
        assert_ne!(
            outcome(&mut gateway, &Sent::get(path)),
            "anonymous",
            "{path}"
        );
    }
    for path in ["/open", "/open;v=1/x", "//open"] {
        assert_eq!(
            outcome(&mut gateway, &Sent::get(path)),
            "anonymous",
            "{path}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the bytes: nothing panics, and nothing but plain paths gets past a rule for `/pub`.
    #[test]
    fn bytes_of_any_kind_open_nothing_that_does_not_begin_with_the_open_path(
        path in prop::collection::vec(
            prop_oneof![prop::sample::select(b"/pub.%2e;\\?#".to_vec()), any::<u8>()], 0..24),
    ) {
        let mut gateway = gateway(json!([
            { "match": { "path_prefix": "/pub" }, "allow_anonymous": true }, { "policy": "a" },
        ]));
        if outcome(&mut gateway, &Sent::get(&path)) == "anonymous" {
            let path = String::from_utf8(path).unwrap();
            let path = path.split('?').next().unwrap();
            prop_assert!(!path.contains('\\') && !path.contains("%2"), "{}", path);
            let last = path.rfind("/..").map_or(path, |at| &path[at..]);
            prop_assert!(last.contains("/pub") || last.contains('%') || path.starts_with("/pub/"), "{}", path);
        }
    }
}
