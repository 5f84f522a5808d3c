//! The first requests of a process, before there are keys.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{Behaviour, Endpoint, Request, eventually, in_parallel};

use super::{adapted, fetches, passes, settle};

#[test]
fn sixty_requests_at_a_cold_start_wait_for_one_fetch_of_each_document() {
    let gateway = adapted(&json!({"wait_timeout": 20}), |builder, provider| {
        provider.on_all(&Behaviour::Late(Duration::from_secs(1)));
        builder
    });
    let token = gateway.token().sign();

    let statuses = in_parallel(60, |_| {
        let request = Request::get("/").bearer(&token);
        request.send(gateway.address()).status
    });

    assert!(gateway.provider.count(Endpoint::Keys) > 0);
    assert_eq!(statuses, [200; 60]);
    settle();
    assert_eq!(fetches(&gateway), (1, 1));
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn without_the_provider_requests_get_503_and_those_without_a_token_401_until_it_returns() {
    let gateway = adapted(&json!({"wait_timeout": 1}), |builder, provider| {
        provider.on_all(&Behaviour::Close);
        builder
    });
    let token = gateway.token().sign();
    for _ in 0..2 {
        let start = Instant::now();
        let response = Request::get("/").bearer(&token).send(gateway.address());
        assert_eq!(response.status, 503, "{response:?}");
        let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{response:?}");
        assert!(response.header("www-authenticate").is_none());
        assert!(start.elapsed() < Duration::from_secs(5));

        let missing = Request::get("/").send(gateway.address());
        assert_eq!(missing.status, 401, "{missing:?}");
        let forged = Request::get("/").bearer("a.b.c").send(gateway.address());
        assert_eq!(forged.status, 401, "{forged:?}");
    }
    assert_eq!(gateway.upstream.count(), 0);

    gateway.provider.on_all(&Behaviour::Good);
    let returned = Instant::now();
    // Nobody asks meanwhile.
    gateway.envoy.wait_for_log("keys fetched from");
    let waited = returned.elapsed();
    assert!(waited < Duration::from_secs(9), "{waited:?}");
    passes(&gateway, &token);
}

#[test]
fn a_provider_that_refuses_connections_at_the_start_is_tried_until_it_listens() {
    // The cluster leads to a port where nobody listens; the gateway says so and goes on trying.
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let signer = validate_jwt_tests::Signer::rsa("k1");
    let envoy = validate_jwt_tests::Envoy::builder()
        .config(&json!({
            "openid_configs": [{"url": format!("http://{nobody}/.well-known/openid-configuration"), "cluster": "provider"}],
            "audiences": ["api://numbers"],
            "keys": {"wait_timeout": 1},
        }))
        .cluster("provider", nobody)
        .start();
    let token = validate_jwt_tests::Token::new(&format!("http://{nobody}"), &signer).sign();
    let response = Request::get("/").bearer(&token).send(envoy.address());
    assert_eq!(response.status, 503, "{response:?}");
    assert!(response.header("retry-after").is_some());
    eventually("three attempts are in the log", || {
        envoy
            .log()
            .matches("keys could not be fetched from")
            .count()
            >= 3
    });
    assert_eq!(envoy.vm_reloads(), 0);
}
