//! Which policy a request falls under.

use proptest::prelude::*;
use serde_json::{Value, json};
use validate_jwt::Reason::{NoRule, TokenNotPresent};
use validate_jwt::request::Route;
use validate_jwt::{Decision, Passed};

use crate::support::{Gateway, Sent, policy};

/// Policies `a`, `b` and `c`, told apart by the status of their refusals, and these rules.
pub(crate) fn gateway(rules: Value) -> Gateway {
    let refuse = |status: u16| policy(json!({ "failed_validation_httpcode": status }));
    Gateway::new(&json!({
        "policies": { "a": refuse(411), "b": refuse(412), "c": refuse(413) },
        "rules": rules,
    }))
}

/// What a request without token falls under: `a`, `b`, `c`, `anonymous` or `none`.
pub(crate) fn outcome(gateway: &mut Gateway, sent: &Sent) -> &'static str {
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
