//! Which policy a request falls under.

use proptest::prelude::*;
use serde_json::{Value, json};
use validate_jwt::Reason::{NoRule, TokenNotPresent};
use validate_jwt::request::Route;
use validate_jwt::{Decision, Passed};

use crate::support::{Gateway, Sent, policy};

/// Policies `a`, `b` and `c`, told apart by the status of their refusals, and these rules.
fn gateway(rules: Value) -> Gateway {
    let refuse = |status: u16| policy(json!({ "failed_validation_httpcode": status }));
    Gateway::new(&json!({
        "policies": { "a": refuse(411), "b": refuse(412), "c": refuse(413) },
        "rules": rules,
    }))
}

/// What a request without token falls under: `a`, `b`, `c`, `anonymous` or `none`.
fn outcome(gateway: &mut Gateway, sent: &Sent) -> &'static str {
    match gateway.decide(sent) {
        Decision::Pass(passage) => {
            assert_eq!(passage.why, Passed::Anonymous);
            "anonymous"
        }
        Decision::Refuse(refusal) if refusal.reason == NoRule => "none",
        Decision::Refuse(refusal) => {
            assert_eq!(refusal.reason, TokenNotPresent);
            ["a", "b", "c"][refusal.policy.unwrap().0]
        }
        Decision::AwaitKeys => panic!("nothing is fetched here"),
    }
}

#[test]
fn the_first_rule_that_matches_decides() {
    let mut gateway = gateway(json!([
        { "match": { "path": "/healthz" }, "allow_anonymous": true },
        { "match": { "path_prefix": "/admin/", "methods": ["POST"], "hosts": ["api.example.com"] }, "policy": "a" },
        { "match": { "path_prefix": "/admin" }, "policy": "b" },
        { "match": { "path": "/admin/exact" }, "policy": "c" },
        { "match": { "methods": ["DELETE"] }, "policy": "c" },
    ]));
    let mut at = |method: &str, host: &str, path: &str| {
        let sent = Sent::get(path)
            .with(":method", method)
            .with(":authority", host);
        outcome(&mut gateway, &sent)
    };
    let host = "api.example.com";
    assert_eq!(at("GET", host, "/healthz"), "anonymous");
    assert_eq!(at("GET", host, "/healthz?full=1"), "anonymous");
    assert_eq!(at("GET", host, "/healthz/"), "none");
    assert_eq!(at("GET", host, "/Healthz"), "none");
    assert_eq!(at("POST", host, "/admin/x"), "a");
    assert_eq!(at("POST", "API.example.COM:8443", "/admin/x"), "a");
    assert_eq!(at("POST", "other.example.com", "/admin/x"), "b");
    assert_eq!(at("GET", host, "/admin/x"), "b");
    assert_eq!(at("GET", host, "/admin/exact"), "b");
    assert_eq!(at("post", host, "/admin/x"), "b");
    assert_eq!(at("DELETE", host, "/"), "c");
    assert_eq!(at("GET", host, "/"), "none");
}

#[test]
fn a_prefix_matches_whole_segments() {
    for (prefix, fits, misses) in [
        (
            "/admin",
            vec!["/admin", "/admin/", "/admin/x", "/admin?x", "/admin//x"],
            vec![
                "/administrator",
                "/admi",
                "/admin.html",
                "/Admin",
                "/x/admin",
                "/",
            ],
        ),
        (
            "/admin/",
            vec!["/admin/", "/admin/x", "/admin/x/y"],
            vec!["/admin", "/adminx/", "/"],
        ),
        ("/", vec!["/", "/x", "//", "/x/y?z"], vec![]),
        ("/a/b", vec!["/a/b", "/a/b/c"], vec!["/a", "/a/bc", "/a/"]),
    ] {
        let rules = json!([{ "match": { "path_prefix": prefix }, "policy": "a" }]);
        let mut gateway = gateway(rules);
        for path in fits {
            let found = outcome(&mut gateway, &Sent::get(path));
            assert_eq!(found, "a", "{prefix} {path}");
        }
        for path in misses {
            let found = outcome(&mut gateway, &Sent::get(path));
            assert_eq!(found, "none", "{prefix} {path}");
        }
    }
}

#[test]
fn hosts_are_compared_without_port_case_and_last_point() {
    let rules = json!([{ "match": { "hosts": ["api.example.com", "*.Sub.example", "[::1]"] }, "policy": "a" }]);
    let mut gateway = gateway(rules);
    let mut at = |host: &[u8]| outcome(&mut gateway, &Sent::get("/").with(":authority", host));
    for host in [
        "api.example.com",
        "API.EXAMPLE.COM",
        "api.example.com:443",
        "api.example.com.",
        "x.sub.example",
        "x.y.sub.example:80",
        "[::1]",
        "[::1]:8080",
    ] {
        assert_eq!(at(host.as_bytes()), "a", "{host}");
    }
    for host in [
        "example.com",
        "xapi.example.com",
        "api.example.com.evil.example",
        "sub.example",
        ".sub.example",
        "xsub.example",
        "api.example.com:x",
        "user@api.example.com",
        "api.example.com:443:80",
        "",
        "[::1",
    ] {
        assert_eq!(at(host.as_bytes()), "none", "{host}");
    }
    assert_eq!(at(b"api.example.com\xff"), "none");
    let missing = Sent {
        headers: vec![(b":path".to_vec(), b"/".to_vec())],
        route: Route::Unset,
    };
    assert_eq!(outcome(&mut gateway, &missing), "none");
}

#[test]
fn the_route_comes_before_the_rules() {
    let rules = json!([
        { "match": { "path": "/open" }, "allow_anonymous": true },
        { "policy": "a" },
    ]);
    let mut gateway = gateway(rules);
    let mut at = |path: &str, route| outcome(&mut gateway, &Sent::get(path).route(route));
    assert_eq!(at("/", Route::Unset), "a");
    assert_eq!(at("/open", Route::Unset), "anonymous");
    assert_eq!(at("/open", Route::Policy(b"b")), "b");
    assert_eq!(at("/", Route::AllowAnonymous), "anonymous");
    assert_eq!(at("/../\\%00", Route::AllowAnonymous), "anonymous");
    for unknown in [&b"B"[..], b"", b"b ", b"default", b"\xff"] {
        assert_eq!(at("/open", Route::Policy(unknown)), "none");
    }
    assert_eq!(at("/open", Route::Unreadable), "none");
}

#[test]
fn a_policy_at_the_top_level_is_named_default() {
    let mut gateway = Gateway::with(json!({}));
    let sent = Sent::get("/").route(Route::Policy(b"default"));
    assert_eq!(gateway.refused(&sent), Some(TokenNotPresent));
    let sent = Sent::get("/").route(Route::Policy(b"other"));
    assert_eq!(gateway.refused(&sent), Some(NoRule));
}

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

/// Rules as the reference tells them: tried one after the other, nothing indexed.
mod naive {
    use serde_json::Value;

    fn list_fits(list: &Value, fits: impl Fn(&str) -> bool) -> bool {
        list.as_array()
            .is_none_or(|list| list.iter().any(|entry| fits(entry.as_str().unwrap())))
    }

    /// For paths that nobody decodes. What passes without a token must pass so with slashes merged, too.
    pub(super) fn find(rules: &[Value], method: &str, host: &str, path: &str) -> String {
        let mut merged = path.to_string();
        while merged.contains("//") {
            merged = merged.replace("//", "/");
        }
        match first(rules, method, host, path) {
            found if found == "anonymous" => first(rules, method, host, &merged),
            found => found,
        }
    }

    fn first(rules: &[Value], method: &str, host: &str, path: &str) -> String {
        for rule in rules {
            let matching = &rule["match"];
            let path_fits = match (&matching["path"], &matching["path_prefix"]) {
                (Value::String(exact), _) => path == exact,
                (_, Value::String(prefix)) => {
                    let under = format!("{}/", prefix.strip_suffix('/').unwrap_or(prefix));
                    path == prefix || path.starts_with(&under)
                }
                _ => true,
            };
            let host_fits = |pattern: &str| match pattern.strip_prefix('*') {
                Some(below) => host.ends_with(below),
                None => host == pattern,
            };
            if path_fits
                && list_fits(&matching["methods"], |one| one == method)
                && list_fits(&matching["hosts"], host_fits)
            {
                let policy = rule["policy"].as_str();
                return policy.unwrap_or("anonymous").to_string();
            }
        }
        "none".into()
    }
}

fn paths() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab", ""]);
    (prop::collection::vec(segment, 0..4)).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn hosts() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["x.example", "y.example", "z.y.example", "example"])
}

fn rules() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        1 => Just(json!({})),
        2 => paths().prop_map(|path| json!({ "path": path })),
        3 => paths().prop_map(|path| json!({ "path_prefix": path })),
    ];
    let methods = prop::option::weighted(0.3, prop::sample::subsequence(vec!["GET", "PUT"], 1..=2));
    let patterns = vec!["x.example", "*.example", "*.y.example"];
    let hosts = prop::option::weighted(0.3, prop::sample::subsequence(patterns, 1..=2));
    let verdict = prop::sample::select(vec!["a", "b", "c", "anonymous"]);
    (path, methods, hosts, verdict).prop_map(|(mut matching, methods, hosts, verdict)| {
        if let Some(methods) = methods {
            matching["methods"] = json!(methods);
        }
        if let Some(hosts) = hosts {
            matching["hosts"] = json!(hosts);
        }
        if verdict == "anonymous" {
            json!({ "match": matching, "allow_anonymous": true })
        } else {
            json!({ "match": matching, "policy": verdict })
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_trying_one_rule_after_the_other_finds(
        list in prop::collection::vec(rules(), 0..12),
        requests in prop::collection::vec(
            (prop::sample::select(vec!["GET", "PUT", "POST"]), hosts(), paths()), 1..12),
    ) {
        let mut gateway = gateway(json!(list));
        for (method, host, path) in requests {
            let sent = Sent::get(&path).with(":method", method).with(":authority", host);
            let found = outcome(&mut gateway, &sent);
            prop_assert_eq!(found, naive::find(&list, method, host, &path));
        }
    }

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

#[test]
fn headers_by_which_other_proxies_rewrite_requests_decide_nothing() {
    let mut gateway = gateway(json!([
        { "match": { "path": "/open", "hosts": ["open.example"] }, "allow_anonymous": true }, { "policy": "a" },
    ]));
    let sent = Sent::get("/shut")
        .header("x-original-url", "/open")
        .header("x-rewrite-url", "/open")
        .header("x-envoy-original-path", "/open")
        .header("x-forwarded-host", "open.example")
        .header("host", "open.example")
        .header("x-http-method-override", "OPTIONS");
    assert_eq!(outcome(&mut gateway, &sent), "a");
    let host = sent.with(":path", "/open");
    assert_eq!(outcome(&mut gateway, &host), "a");
}
