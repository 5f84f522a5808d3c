//! One of each kind of what a policy can say, seen from outside Envoy. The core's own tests cover every row.

use serde_json::{Value, json};
use validate_jwt_tests::{
    Envoy, Gateway, Provider, Request, Response, Upstream, eventually, policy,
};

/// Several policies, each extending the usual one, and rules.
fn gateway(more: impl Fn(&Value) -> Value, routes: Option<Value>) -> Gateway {
    Gateway::start_with(|builder, provider| {
        let builder = builder.config(&more(&policy(provider)));
        match routes {
            Some(routes) => builder.routes(routes),
            None => builder,
        }
    })
}

fn send(gateway: &Gateway, request: Request) -> Response {
    request.send(gateway.address())
}

#[test]
fn rules_choose_the_policy_and_no_spelling_of_a_path_opens_another() {
    let gateway = gateway(
        |base| {
            json!({
                "policies": {
                    "numbers": base,
                    "admin": { "extends": "numbers", "required_claims": [{ "name": "roles", "values": ["Admin"] }] },
                },
                "rules": [
                    { "match": { "path_prefix": "/pub" }, "allow_anonymous": true },
                    { "match": { "path_prefix": "/admin" }, "policy": "admin" },
                    { "match": { "methods": ["GET", "POST"] }, "policy": "numbers" },
                ],
            })
        },
        None,
    );
    let token = gateway.token().sign();
    for open in ["/pub", "/pub/x", "/pub?token=/../x", "/%70ub"] {
        assert_eq!(send(&gateway, Request::get(open)).status, 200, "{open}");
    }
    for closed in [
        "/public",
        "/pub/../admin",
        "/pub/%2e%2e/admin",
        "/pub/..%2fadmin",
        "/pub//../../admin",
        "/pub\\..\\admin",
        "/pub/..;/admin",
        "/pub/%252e%252e/admin",
        "/x?/pub",
        "/PUB",
    ] {
        let status = send(&gateway, Request::get(closed)).status;
        assert!((300..500).contains(&status), "{closed}: {status}");
    }
    assert_eq!(
        send(&gateway, Request::get("/x").bearer(&token)).status,
        200
    );
    assert_eq!(
        send(&gateway, Request::get("/admin").bearer(&token)).status,
        401
    );
    assert_eq!(
        send(&gateway, Request::get("/x/../admin/").bearer(&token)).status,
        401
    );
    let unruled = send(&gateway, Request::new("DELETE", "/x").bearer(&token));
    assert_eq!(unruled.status, 403);
    assert_eq!(unruled.json()["statusCode"], 403);
    gateway.envoy.wait_for_log("refused: no_rule");
    let paths: Vec<String> = gateway
        .upstream
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    assert!(
        !paths.iter().any(|path| path.contains("admin")),
        "{paths:?}"
    );
}

#[test]
fn the_route_s_metadata_comes_before_the_rules() {
    let route = |path: &str, metadata: Value| {
        json!({
            "match": { "prefix": path },
            "route": { "cluster": "upstream" },
            "metadata": { "filter_metadata": { "validate_jwt": metadata } },
        })
    };
    let gateway = gateway(
        |base| {
            json!({
                "policies": {
                    "numbers": base,
                    "admin": { "extends": "numbers", "required_claims": [{ "name": "roles", "values": ["Admin"] }] },
                },
                "rules": [{ "policy": "numbers" }],
            })
        },
        Some(json!([
            route("/admin", json!({ "policy": "admin" })),
            route("/open", json!({ "allow_anonymous": true })),
            route("/not-open", json!({ "allow_anonymous": false })),
            route("/slip", json!({ "policy": "admn" })),
            route("/both", json!({ "policy": "numbers", "allow_anonymous": true })),
            route("/odd", json!({ "policy": 7 })),
            { "match": { "prefix": "/" }, "route": { "cluster": "upstream" } },
        ])),
    );
    let token = gateway.token().sign();
    let admin = gateway.token().claim("roles", json!(["Admin"])).sign();
    let status = |path: &str, token: Option<&str>| {
        let request = Request::get(path);
        let request = match token {
            Some(token) => request.bearer(token),
            None => request,
        };
        send(&gateway, request).status
    };
    assert_eq!(status("/", Some(&token)), 200);
    assert_eq!(status("/admin", Some(&token)), 401);
    assert_eq!(status("/admin", Some(&admin)), 200);
    assert_eq!(status("/open", None), 200);
    assert_eq!(status("/not-open", None), 401);
    assert_eq!(status("/not-open", Some(&token)), 200);
    for refused in ["/slip", "/both", "/odd"] {
        assert_eq!(status(refused, Some(&token)), 403, "{refused}");
    }
    gateway.envoy.wait_for_log("admn");
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn the_upstream_learns_the_caller_from_the_token_alone() {
    let gateway = gateway(
        |base| {
            let mut numbers = base.clone();
            numbers["output_headers"] = json!([
                { "claim": "sub", "header": "X-Sub" },
                { "claim": "roles", "header": "x-roles" },
                { "claim": "note", "header": "x-note" },
            ]);
            numbers["output_payload_header"] = json!("x-payload");
            numbers["forward_token"] = json!(false);
            numbers["cors_preflight"] = json!("allow");
            let mut watched = numbers.clone();
            watched["mode"] = json!("report");
            json!({
                "policies": { "numbers": numbers, "watched": watched },
                "rules": [
                    { "match": { "path": "/open" }, "allow_anonymous": true },
                    { "match": { "path": "/watched" }, "policy": "watched" },
                    { "policy": "numbers" },
                ],
            })
        },
        None,
    );
    let token = gateway
        .token()
        .claim("sub", "the-caller")
        .claim("roles", json!(["APIAccess", "Other"]))
        .claim("note", "a\r\nx-roles: Admin")
        .sign();
    let forged = |request: Request| {
        request
            .header("X-Sub", "forged")
            .header("x-sub", "again")
            .header("x_roles", "forged")
            .header("X-Note", "forged")
            .header("x-payload", "forged")
    };
    for attempt in ["verified", "remembered"] {
        let echo = send(&gateway, forged(Request::get("/")).bearer(&token)).echo();
        assert_eq!(echo.headers_named("x-sub"), [b"the-caller"], "{attempt}");
        assert_eq!(
            echo.headers_named("x-roles"),
            [b"APIAccess,Other"],
            "{attempt}"
        );
        assert_eq!(
            echo.headers_named("x-payload"),
            [token.split('.').nth(1).unwrap().as_bytes()],
            "{attempt}"
        );
        for gone in ["x-note", "x_roles", "authorization"] {
            assert!(echo.headers_named(gone).is_empty(), "{gone} when {attempt}");
        }
    }
    let preflight = Request::new("OPTIONS", "/")
        .header("Origin", "https://app.example.com")
        .header("Access-Control-Request-Method", "POST");
    for (name, passes) in [
        ("anonymous", Request::get("/open")),
        ("reported", Request::get("/watched")),
        ("preflight", preflight),
    ] {
        let response = send(&gateway, forged(passes));
        assert_eq!(response.status, 200, "{name}");
        let echo = response.echo();
        for gone in ["x-sub", "x-roles", "x_roles", "x-note", "x-payload"] {
            assert!(
                echo.headers_named(gone).is_empty(),
                "{gone} of a request that is {name}"
            );
        }
    }
    assert_eq!(
        send(
            &gateway,
            Request::new("OPTIONS", "/").header("Origin", "https://app.example.com")
        )
        .status,
        401
    );
    gateway
        .envoy
        .wait_for_log("would be refused: token_not_present");
    gateway
        .envoy
        .wait_for_stat("wasmcustom.validate_jwt.reported.token_not_present", 1);
    gateway
        .envoy
        .wait_for_stat("wasmcustom.validate_jwt.output_header_dropped", 2);
}

#[test]
fn the_payload_is_there_for_the_access_log() {
    let gateway = Gateway::start_with(|builder, provider| {
        let mut numbers = policy(provider);
        numbers["output_property"] = json!("jwt");
        builder
            .config(&numbers)
            .access_log("payload=%FILTER_STATE(wasm.jwt:PLAIN)% details=%RESPONSE_CODE_DETAILS%\n")
    });
    let token = gateway.token().claim("sub", "the-caller").sign();
    assert_eq!(send(&gateway, Request::get("/").bearer(&token)).status, 200);
    assert_eq!(send(&gateway, Request::get("/")).status, 401);
    eventually("both requests are logged", || {
        let log = gateway.envoy.access_log().join("\n");
        log.contains("the-caller") && log.contains("details=validate_jwt{token_not_present}")
    });
}

#[test]
fn a_refusal_is_answered_as_the_policy_says() {
    let gateway = gateway(
        |base| {
            let mut problem = base.clone();
            problem["error_body"] = json!("problem");
            problem["insufficient_claims_httpcode"] = json!(403);
            problem["failed_validation_error_message"] = json!("No \"entry\".");
            problem["challenge"] = json!({
                "realm": "the \"API\"",
                "resource_metadata": "https://api.example.com/.well-known/oauth-protected-resource",
            });
            let mut text = base.clone();
            text["error_body"] = json!("text");
            text["failed_validation_httpcode"] = json!(404);
            text["challenge"] = json!(false);
            json!({
                "policies": { "problem": problem, "text": text },
                "rules": [{ "match": { "path": "/text" }, "policy": "text" }, { "policy": "problem" }],
            })
        },
        None,
    );
    let text = send(&gateway, Request::get("/text"));
    assert_eq!(
        (text.status, text.text()),
        (404, "Unauthorized. Access token is missing or invalid.")
    );
    assert_eq!(text.header("content-type"), Some("text/plain"));
    assert_eq!(text.header("www-authenticate"), None);

    let without_role = gateway.token().claim("roles", json!(["APIAccessX"])).sign();
    let problem = send(&gateway, Request::get("/").bearer(&without_role));
    assert_eq!(problem.status, 403);
    assert_eq!(
        problem.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        problem.json(),
        json!({ "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "No \"entry\"." })
    );
    assert_eq!(
        problem.header("www-authenticate"),
        Some(
            "Bearer realm=\"the \\\"API\\\"\", error=\"insufficient_scope\", \
             error_description=\"token_claim_value_not_allowed\", \
             resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\""
        )
    );
    gateway
        .envoy
        .wait_for_log("claim (roles, any of) \"APIAccessX\", accepted: \"APIAccess\"");
}

#[test]
fn each_refusal_has_its_own_answer_whatever_was_refused_before() {
    let gateway = gateway(
        |base| {
            let mut text = base.clone();
            text["error_body"] = json!("text");
            text["failed_validation_httpcode"] = json!(404);
            json!({
                "policies": { "json": base, "text": text },
                "rules": [{ "match": { "path": "/text" }, "policy": "text" }, { "policy": "json" }],
            })
        },
        None,
    );
    let kinds = [
        Request::get("/json"),
        Request::get("/text"),
        Request::get("/json").bearer("x"),
        Request::get("/text").bearer("x"),
        Request::get("/json").header("content-type", "application/grpc"),
        Request::get("/json")
            .header("content-type", "application/grpc")
            .bearer("x"),
    ];
    let answer = |kind: &Request| {
        let response = kind.send(gateway.address());
        let header = |name: &str| response.header(name).map(str::to_owned);
        (
            response.status,
            response.text().to_owned(),
            ["content-type", "www-authenticate", "grpc-message"].map(header),
        )
    };
    let expected = kinds.each_ref().map(answer);
    for (position, one) in expected.iter().enumerate() {
        assert!(!expected[..position].contains(one), "{one:?}");
    }
    for first in 0..kinds.len() {
        for second in 0..kinds.len() {
            for number in [first, second] {
                assert_eq!(answer(&kinds[number]), expected[number], "{first} {second}");
            }
        }
    }
}

#[test]
fn entra_s_v1_and_v2_tokens_pass_by_one_setting() {
    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    let signer = validate_jwt_tests::Signer::rsa("k1");
    let provider = Provider::with_keys([signer.jwk()]);
    let v2 = format!("{}/{TENANT}/v2.0", provider.issuer());
    provider.set_discovery("issuer", json!(v2));
    let upstream = Upstream::start();
    let envoy = Envoy::builder()
        .config(&json!({
            "azure_ad": {
                "tenant_id": TENANT,
                "cluster": "provider",
                "authentication_endpoint": provider.issuer(),
                "client_application_ids": ["the-client"],
            },
            "audiences": ["api://numbers"],
        }))
        .cluster("provider", provider.address())
        .upstream(upstream.address())
        .start();
    let token = |issuer: &str, caller: &str, id: &str| {
        validate_jwt_tests::Token::new(issuer, &signer)
            .claim("aud", "api://numbers")
            .claim(caller, id)
            .claim("tid", TENANT)
            .sign()
    };
    let v1 = format!("https://sts.windows.net/{TENANT}/");
    let status = |token: String| Request::get("/").bearer(token).send(envoy.address()).status;
    assert_eq!(status(token(&v2, "azp", "the-client")), 200);
    assert_eq!(status(token(&v1, "appid", "the-client")), 200);
    assert_eq!(status(token(&v1, "appid", "another-client")), 401);
    assert_eq!(
        status(token(
            "https://sts.windows.net/99999999-2222-3333-4444-555555555555/",
            "appid",
            "the-client"
        )),
        401
    );
}
