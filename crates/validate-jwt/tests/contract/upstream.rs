//! What the upstream learns, and what a client cannot make it believe.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use validate_jwt::Reason::TokenNotPresent;
use validate_jwt::{Passage, Passed};

use crate::support::{ED, Gateway, NOW, Sent, merge, policy, token};

fn set(passage: &Passage) -> Vec<(&str, &str)> {
    let headers = passage.identity.as_ref().map(|identity| identity.headers());
    headers
        .unwrap_or_default()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn outputs(claims: &[&str]) -> Value {
    let list: Vec<Value> = claims
        .iter()
        .enumerate()
        .map(|(at, claim)| json!({ "claim": claim, "header": format!("X-Out-{at}") }))
        .collect();
    json!({ "output_headers": list })
}

#[test]
fn claims_go_up_as_headers_lists_joined_and_numbers_by_their_text() {
    let claims = [
        "sub",
        "roles",
        "n",
        "f",
        "/realm/roles/1",
        "https://x.example/y",
        "mixed",
        "missing",
        "null",
    ];
    let mut gateway = Gateway::with(outputs(&claims));
    let payload = r#"{"exp":1900000000,"sub":"jörg","roles":["a","b c"],"n":1.50,"f":false,
        "realm":{"roles":["x","y"]},"https://x.example/y":"z","mixed":[1,{"a":"b"},"q",true,null,["w"]],"null":null}"#;
    let token = ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, payload.as_bytes());
    for why in [Passed::Verified, Passed::Remembered] {
        let passage = gateway.passage(&Sent::bearer(&token));
        assert_eq!(passage.why, why);
        assert_eq!(
            set(&passage),
            [
                ("x-out-0", "jörg"),
                ("x-out-1", "a,b c"),
                ("x-out-2", "1.50"),
                ("x-out-3", "false"),
                ("x-out-4", "y"),
                ("x-out-5", "z"),
                ("x-out-6", "1,q,true"),
            ]
        );
        assert_eq!(passage.identity.unwrap().dropped(), 0);
    }
}

#[test]
fn a_value_that_is_no_header_value_is_not_sent_and_counted() {
    for illegal in [
        json!("a\r\nx-admin: true"),
        json!("a\nb"),
        json!("a\rb"),
        json!("a\u{0}b"),
        json!("a\u{7f}b"),
        json!("\u{1b}[0m"),
        json!(" a"),
        json!("a "),
        json!("\ta"),
        json!(["ok", "b\n"]),
        json!(["a", "b,c"]),
        json!(["a", ""]),
        json!("a\u{85}b"),
        json!({ "a": "b" }),
        json!([]),
        json!([{}]),
    ] {
        let mut gateway = Gateway::with(outputs(&["bad", "sub"]));
        let sent =
            Sent::bearer(&token(json!({ "bad": illegal, "sub": "s" }))).header("x-out-0", "forged");
        let passage = gateway.passage(&sent);
        assert_eq!(set(&passage), [("x-out-1", "s")], "{illegal}");
        assert_eq!(passage.remove, ["x-out-0"]);
        assert_eq!(passage.identity.unwrap().dropped(), 1, "{illegal}");
    }
    // A tab within is legal, and so is an empty value.
    let mut gateway = Gateway::with(outputs(&["tab", "empty"]));
    let passage = gateway.passage(&Sent::bearer(&token(json!({ "tab": "a\tb", "empty": "" }))));
    assert_eq!(set(&passage), [("x-out-0", "a\tb"), ("x-out-1", "")]);
}

#[test]
fn the_whole_payload_goes_up_byte_by_byte() {
    let fields = json!({ "output_payload_header": "X-Payload", "output_property": "jwt.payload" });
    let mut gateway = Gateway::with(fields);
    let payload = "{ \"exp\" : 1900000000,\"s\":\"\\u00e9é\" }";
    let token = ED.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, payload.as_bytes());
    for _ in 0..2 {
        let passage = gateway.passage(&Sent::bearer(&token).header("x-payload", "forged"));
        assert_eq!(passage.remove, ["x-payload"]);
        let [(name, value)] = set(&passage)[..] else {
            panic!()
        };
        assert_eq!(name, "x-payload");
        assert_eq!(URL_SAFE_NO_PAD.decode(value).unwrap(), payload.as_bytes());
        let identity = passage.identity.unwrap();
        assert_eq!(identity.property(), Some(payload));
    }
    let plain = Gateway::with(json!({})).passage(&Sent::bearer(&token));
    assert_eq!(plain.identity.unwrap().property(), None);
}

/// A gateway whose policies set `x-sub`, `x-payload` and, one of them alone, `x-other`.
fn with_every_kind_of_passage() -> Gateway {
    let outputs = json!({
        "output_headers": [{ "claim": "sub", "header": "X-Sub" }, { "claim": "absent", "header": "x-absent" }],
        "output_payload_header": "x-payload",
    });
    let with = |fields: Value| {
        let mut all = outputs.clone();
        merge(&mut all, fields);
        policy(all)
    };
    let mut document = json!({ "policies": {
        "plain": with(json!({})),
        "preflight": with(json!({ "cors_preflight": "allow" })),
        "report": with(json!({ "mode": "report" })),
        "other": policy(json!({ "output_headers": [{ "claim": "sub", "header": "x-other" }] })),
    } });
    let rules = json!([
        { "match": { "path": "/open" }, "allow_anonymous": true },
        { "match": { "path": "/preflight" }, "policy": "preflight" },
        { "match": { "path": "/report" }, "policy": "report" },
        { "policy": "plain" },
    ]);
    merge(&mut document, json!({ "rules": rules }));
    Gateway::new(&document)
}

/// `sent` with copies of the headers as a client may forge them, and how many names they have.
fn forged(sent: Sent) -> (Sent, Vec<&'static str>) {
    let names = vec![
        "x-sub",
        "x_sub",
        "x-absent",
        "x-payload",
        "x_payload",
        "x-other",
    ];
    let mut sent = sent;
    for name in &names {
        sent = sent.header(name, "forged").header(name, "twice");
    }
    // Near misses are the client's own.
    for harmless in ["x-subs", "xsub", "x--sub", "x-su", "sub"] {
        sent = sent.header(harmless, "own");
    }
    (sent, names)
}

#[test]
fn a_client_s_copies_go_in_every_case_in_which_a_request_passes() {
    let mut gateway = with_every_kind_of_passage();
    let good = token(json!({ "sub": "s" }));
    let preflight = Sent::get("/preflight")
        .with(":method", "OPTIONS")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST");
    for (sent, why, is_identified) in [
        (Sent::bearer(&good), Passed::Verified, true),
        (Sent::bearer(&good), Passed::Remembered, true),
        (Sent::get("/open"), Passed::Anonymous, false),
        (preflight, Passed::Preflight, false),
        (
            Sent::get("/report"),
            Passed::Reported(TokenNotPresent),
            false,
        ),
        (
            Sent::get("/").route(validate_jwt::request::Route::AllowAnonymous),
            Passed::Anonymous,
            false,
        ),
    ] {
        let (sent, names) = forged(sent);
        let passage = gateway.passage(&sent);
        assert_eq!(passage.why, why);
        assert_eq!(passage.remove, names, "{why:?}");
        assert_eq!(!set(&passage).is_empty(), is_identified, "{why:?}");
    }
}

#[test]
fn aliases_differ_in_case_and_in_underscores_alone() {
    let mut gateway = Gateway::with(json!({
        "output_headers": [{ "claim": "sub", "header": "X_User-Id" }],
    }));
    let sent = Sent::bearer(&token(json!({ "sub": "s" })));
    for alias in [
        "x_user-id",
        "x-user_id",
        "x-user-id",
        "x_user_id",
        "X-USER-ID",
    ] {
        let passage = gateway.passage(&sent.clone().header(alias, "forged"));
        assert_eq!(passage.remove, [alias]);
    }
}

#[test]
fn what_one_policy_sets_is_not_left_to_the_requests_of_another() {
    let mut gateway = with_every_kind_of_passage();
    let sent = Sent::bearer(&token(json!({ "sub": "s" }))).header("x-other", "forged");
    let passage = gateway.passage(&sent);
    assert_eq!(passage.remove, ["x-other"]);
    assert!(!set(&passage).iter().any(|(name, _)| *name == "x-other"));
}

#[test]
fn what_a_policy_tells_is_told_of_its_own_requests_only() {
    let mut gateway = with_every_kind_of_passage();
    let sent = Sent::bearer(&token(json!({ "sub": "s" })));
    let other = sent
        .clone()
        .route(validate_jwt::request::Route::Policy(b"other"));
    let names = |passage: &Passage| -> Vec<String> {
        set(passage)
            .iter()
            .map(|(name, _)| (*name).to_string())
            .collect()
    };
    for _ in 0..2 {
        assert_eq!(names(&gateway.passage(&sent)), ["x-sub", "x-payload"]);
        assert_eq!(names(&gateway.passage(&other)), ["x-other"]);
    }
}

#[test]
fn a_token_that_is_only_reported_is_taken_off_as_any_other_and_tells_nothing() {
    let mut gateway = Gateway::with(json!({
        "mode": "report", "forward_token": false, "output_headers": [{ "claim": "sub", "header": "x-sub" }],
    }));
    let expired = ED.token("k", &json!({ "exp": NOW - 1, "sub": "s" }));
    let passage = gateway.passage(&Sent::bearer(&expired).header("x-sub", "forged"));
    assert_eq!(
        passage.why,
        Passed::Reported(validate_jwt::Reason::TokenExpired)
    );
    assert_eq!(passage.remove, ["x-sub", "authorization"]);
    assert!(passage.identity.is_none());
    let good = gateway.passage(&Sent::bearer(&token(json!({ "sub": "s" }))));
    assert_eq!(good.why, Passed::Verified);
    assert_eq!(set(&good), [("x-sub", "s")]);
}

#[test]
fn report_lets_every_refusal_pass_and_names_it() {
    let mut gateway = Gateway::with(json!({ "mode": "report", "audiences": ["a"] }));
    for (sent, reason) in [
        (Sent::get("/"), TokenNotPresent),
        (Sent::bearer("x"), validate_jwt::Reason::TokenMalformed),
        (
            Sent::bearer(&token(json!({ "aud": "b" }))),
            validate_jwt::Reason::TokenAudienceNotAllowed,
        ),
    ] {
        let passage = gateway.passage(&sent);
        assert_eq!(passage.why, Passed::Reported(reason));
        assert_eq!(passage.policy.map(|id| id.0), Some(0));
    }
    // A request that no policy is responsible for has nobody to report it.
    let document = json!({ "policies": { "a": policy(json!({ "mode": "report" })) }, "rules": [] });
    assert_eq!(
        Gateway::new(&document).refused(&Sent::get("/")),
        Some(validate_jwt::Reason::NoRule)
    );
}

#[test]
fn a_preflight_request_passes_only_where_it_may_and_only_if_it_is_one() {
    let preflight = || {
        Sent::get("/")
            .with(":method", "OPTIONS")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
    };
    let mut allow = Gateway::with(json!({ "cors_preflight": "allow" }));
    assert_eq!(allow.passage(&preflight()).why, Passed::Preflight);
    let without = |name: &str| {
        let mut sent = preflight();
        sent.headers.retain(|(known, _)| known != name.as_bytes());
        sent
    };
    for sent in [
        without("origin"),
        without("access-control-request-method"),
        preflight().with(":method", "GET"),
        preflight().with(":method", "options"),
        preflight()
            .with(":method", "POST")
            .header("x-http-method-override", "OPTIONS"),
    ] {
        assert_eq!(allow.refused(&sent), Some(TokenNotPresent), "{sent:?}");
    }
    for fields in [json!({}), json!({ "cors_preflight": "check" })] {
        let judged = Gateway::with(fields).refused(&preflight());
        assert_eq!(judged, Some(TokenNotPresent));
    }
}

#[test]
fn all_tokens_of_a_reported_request_are_taken_off() {
    let mut header = Gateway::with(json!({ "mode": "report", "forward_token": false }));
    let sent = Sent::bearer("x").header("authorization", "Bearer y");
    let passage = header.passage(&sent);
    assert_eq!(
        passage.why,
        Passed::Reported(validate_jwt::Reason::MultipleTokens)
    );
    assert_eq!(passage.remove, ["authorization"]);
    let fields = json!({ "mode": "report", "forward_token": false, "query_parameter_name": "t" });
    let passage = Gateway::with(fields).passage(&Sent::get("/a?t=x&b=1&t=y&%74=z"));
    assert_eq!(passage.path.as_deref(), Some(&b"/a?b=1"[..]));
}
