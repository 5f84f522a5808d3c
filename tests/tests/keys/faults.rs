//! Everything that a provider may answer in place of keys.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{Behaviour, Endpoint, Gateway, eventually, within};

use super::{adapted, fetches, gateway, hasty, passes};

/// More than one faulty answer takes at the hasty times, its time-out included.
const FAULT: Duration = Duration::from_secs(12);

/// Answers that are no key set, and what the log must say of each.
fn faults(provider: &str) -> Vec<(&'static str, Behaviour, &'static str)> {
    let html = "<!DOCTYPE html><title>Service Unavailable</title>";
    let text = "text/html".to_owned();
    vec![
        ("500", Behaviour::Status(500), "status 500"),
        (
            "204",
            Behaviour::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
            "status 204",
        ),
        ("a page", Behaviour::Body(text, html.into()), "web page"),
        ("a list", Behaviour::json("[]"), "object"),
        ("no keys", Behaviour::json(r#"{"keys":[]}"#), "set is empty"),
        ("an empty body", Behaviour::json(""), "JSON"),
        ("half a set", Behaviour::truncated(), "reset"),
        ("20 MB", Behaviour::huge(20_000_000), "20000002 bytes"),
        ("100,000 brackets", Behaviour::nested(100_000), "JSON"),
        (
            "a redirect",
            Behaviour::Redirect(format!("{provider}/moved/keys")),
            "redirects are not followed",
        ),
        (
            "not UTF-8",
            Behaviour::json(b"{\"keys\":\"\xff\xfe\"}"),
            "UTF-8",
        ),
        ("nothing", Behaviour::Close, "503"),
        ("silence", Behaviour::Hang, "504"),
    ]
}

/// Lines of the log about failed fetches of this address since `from`.
fn complaints(gateway: &Gateway, from: usize, address: &str) -> Vec<String> {
    gateway.envoy.log()[from..]
        .lines()
        .filter(|line| line.contains(&format!("could not be fetched from {address}")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn whatever_the_provider_answers_good_tokens_go_on_and_the_log_says_what_is_wrong() {
    let gateway = gateway(&hasty());
    let remembered = gateway.token().sign();
    passes(&gateway, &remembered);
    let before = gateway.envoy.resident_kib();
    let address = gateway.provider.keys_url();
    for (what, behaviour, reason) in faults(&gateway.provider.issuer()) {
        let from = gateway.envoy.log().len();
        gateway.provider.on(Endpoint::Keys, behaviour);
        let start = Instant::now();
        let seen = within(FAULT, what, || {
            passes(&gateway, &remembered);
            passes(&gateway, &gateway.token().claim("jti", what).sign());
            thread::sleep(Duration::from_millis(20));
            let complaints = complaints(&gateway, from, &address);
            let ours = |line: &&String| line.contains(reason);
            let found = complaints.iter().find(ours).cloned();
            assert!(
                found.is_some() || complaints.len() < 4,
                "{what}: {reason:?} is not in {complaints:#?}"
            );
            found
        });
        assert!(seen.contains("1 keys known go on"), "{what}: {seen}");
        println!("{what} after {:?}: {seen}", start.elapsed());
    }
    gateway.provider.on_all(&Behaviour::Good);
    let (_, fetched) = fetches(&gateway);
    eventually("fetched again", || fetches(&gateway).1 > fetched);
    passes(&gateway, &remembered);

    assert_eq!(gateway.envoy.vm_reloads(), 0);
    let moved = |(_, path, _): &(Endpoint, String, Option<String>)| path.contains("/moved");
    assert!(!gateway.provider.requests().iter().any(moved));
    let grown = gateway.envoy.resident_kib().saturating_sub(before);
    println!("resident memory: {before} KiB and {grown} KiB more");
    assert!(grown < 100 * 1024, "{grown} KiB more than {before}");
}

#[test]
fn a_faulty_discovery_document_keeps_the_keys_and_is_named_in_the_log() {
    let gateway = gateway(&hasty());
    let token = gateway.token().sign();
    passes(&gateway, &token);
    let address = gateway.provider.discovery_url();
    let other_host =
        json!({"issuer": gateway.provider.issuer(), "jwks_uri": "http://elsewhere.example/keys"});
    for (what, body, reason) in [
        ("a page", "<html>".to_owned(), "no discovery document"),
        (
            "no issuer",
            json!({"jwks_uri": "http://x/keys"}).to_string(),
            "issuer",
        ),
        ("another host", other_host.to_string(), "elsewhere.example"),
        (
            "70 KB",
            format!("{}{{}}", " ".repeat(70_000)),
            "70002 bytes",
        ),
    ] {
        let from = gateway.envoy.log().len();
        gateway
            .provider
            .on(Endpoint::Discovery, Behaviour::json(body));
        within(FAULT, what, || {
            passes(&gateway, &token);
            passes(&gateway, &gateway.token().claim("jti", what).sign());
            thread::sleep(Duration::from_millis(50));
            let complaints = complaints(&gateway, from, &address);
            complaints
                .iter()
                .any(|line| line.contains(reason))
                .then_some(())
        });
    }
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn answers_of_20_mb_again_and_again_do_not_fill_the_memory() {
    let gateway = adapted(&hasty(), |builder, provider| {
        provider.on(Endpoint::Keys, Behaviour::huge(20_000_000));
        builder
    });
    eventually("the first is refused", || fetches(&gateway).1 >= 2);
    let before = gateway.envoy.resident_kib();
    let (_, fetched) = fetches(&gateway);
    gateway.provider.on(Endpoint::Keys, Behaviour::Good);
    let token = gateway.token().sign();
    passes(&gateway, &token);
    gateway
        .provider
        .on(Endpoint::Keys, Behaviour::huge(20_000_000));
    eventually("more of them", || fetches(&gateway).1 >= fetched + 6);
    passes(&gateway, &token);
    let grown = gateway.envoy.resident_kib().saturating_sub(before);
    assert!(grown < 100 * 1024, "{grown} KiB more than {before}");
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}
