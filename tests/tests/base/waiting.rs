//! Requests that come before the keys.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{
    Behaviour, Connection, Endpoint, Gateway, Provider, Request, Response, Signer, Token, alter,
    eventually, policy,
};

use crate::gateway::{WORKERS, is_refusal, is_unharmed};

/// Time that a loaded machine may take beyond what the configuration says.
const MARGIN: Duration = Duration::from_millis(1500);

/// A gateway whose provider behaves so from the start.
fn with_provider(behaviour: &Behaviour, wait_timeout: u64) -> Gateway {
    Gateway::start_with(|builder, provider| {
        provider.on(Endpoint::Keys, behaviour.clone());
        let mut policy = policy(provider);
        policy["keys"] = json!({"wait_timeout": wait_timeout});
        builder.workers(WORKERS).config(&policy)
    })
}

#[test]
fn a_request_before_the_keys_waits_and_goes_on_by_itself() {
    let gateway = with_provider(&Behaviour::Late(Duration::from_secs(2)), 10);
    let start = Instant::now();
    let good = Request::post("/", vec![7; 100_000]).bearer(gateway.token().sign());
    // On both workers, several on each.
    let mut waiting: Vec<_> = (0..8)
        .map(|_| Connection::open(gateway.address()))
        .collect();
    waiting
        .iter_mut()
        .for_each(|connection| connection.start(&good));
    assert_eq!(gateway.upstream.count(), 0, "nothing waits for the keys");

    // What needs no keys is refused meanwhile.
    let response = Request::get("/").send(gateway.address());
    is_refusal("no token", "token_not_present", &response);
    let response = Request::get("/").bearer("x").send(gateway.address());
    is_refusal("no token", "token_malformed", &response);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_millis(1800), "{elapsed:?}");
    assert_eq!(gateway.upstream.count(), 0, "nothing waits for the keys");

    for connection in &mut waiting {
        let echo = connection.read().echo();
        assert_eq!(echo.body_length, 100_000);
    }
    assert_eq!(
        gateway.provider.count(Endpoint::Keys),
        1,
        "one fetch for all"
    );
    is_unharmed(&gateway, "waiting");
}

#[test]
fn a_request_that_waited_is_refused_if_the_keys_show_that_its_token_is_bad() {
    let gateway = with_provider(&Behaviour::Late(Duration::from_secs(2)), 10);
    let other_key = Signer::rsa("other").named("k1");
    let unknown = gateway.signer.clone().named("k2");
    let issuer = gateway.provider.issuer();
    let mut waiting: Vec<_> = [
        (
            "token_signature_invalid",
            alter(&gateway.token().sign(), 2, 9),
        ),
        (
            "token_signature_invalid",
            Token::new(&issuer, &other_key).sign(),
        ),
        (
            "token_signature_key_not_found",
            Token::new(&issuer, &unknown).sign(),
        ),
        (
            "token_issuer_not_allowed",
            Token::new("https://other.example", &gateway.signer).sign(),
        ),
        (
            "token_claim_not_found",
            gateway.token().without("roles").sign(),
        ),
    ]
    .into_iter()
    .map(|(reason, token)| {
        let mut connection = Connection::open(gateway.address());
        connection.start(&Request::post("/", vec![7; 50_000]).bearer(token));
        (reason, connection)
    })
    .collect();
    for (reason, connection) in &mut waiting {
        is_refusal(reason, reason, &connection.read());
    }
    assert_eq!(gateway.upstream.count(), 0);
    is_unharmed(&gateway, "waiting");
}

#[test]
fn without_keys_a_request_is_answered_503_in_time_and_one_without_a_token_401_at_once() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let closed = closed.expect("a port that nobody listens to any more");
    let bad = [
        ("hangs", Behaviour::Hang),
        ("closes", Behaviour::Close),
        ("fails", Behaviour::Status(500)),
    ]
    .map(|(name, behaviour)| {
        let provider = Provider::start();
        provider.on_all(&behaviour);
        (name, provider)
    });
    let gateway = Gateway::start_with(|builder, provider| {
        let policy_for = |cluster: &str, provider: &Provider| {
            let mut policy = policy(provider);
            policy["openid_configs"][0]["cluster"] = json!(cluster);
            policy["keys"] = json!({"wait_timeout": 2});
            policy
        };
        let builder = builder
            .workers(WORKERS)
            .cluster("absent", closed)
            .config(&policy_for("absent", provider));
        bad.iter().fold(builder, |builder, (name, provider)| {
            builder
                .cluster(name, provider.address())
                .listener(name, &policy_for(name, provider))
        })
    });
    let mut waiting: Vec<_> = bad
        .iter()
        .map(|(name, provider)| (*name, provider.issuer(), gateway.envoy.listener(name)))
        .chain([("absent", gateway.provider.issuer(), gateway.address())])
        .map(|(name, issuer, address)| {
            let good = Request::get("/").bearer(Token::new(&issuer, &gateway.signer).sign());
            let mut connection = Connection::open(address);
            connection.start(&good);
            (name, Instant::now(), address, connection)
        })
        .collect();
    for (name, start, address, _) in &waiting {
        let missing = Request::get("/").send(*address);
        is_refusal(name, "token_not_present", &missing);
        assert!(start.elapsed() < Duration::from_millis(1800), "{name}");
    }
    for (name, start, _, connection) in &mut waiting {
        is_unavailable(name, &connection.read());
        let elapsed = start.elapsed();
        assert!(
            elapsed < Duration::from_secs(2) + MARGIN,
            "{name}: {elapsed:?}"
        );
    }
    assert_eq!(gateway.upstream.count(), 0);
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn a_provider_that_comes_back_is_asked_again() {
    let gateway = Gateway::start_with(|builder, provider| {
        provider.on_all(&Behaviour::Close);
        let mut policy = policy(provider);
        policy["keys"] = json!({"wait_timeout": 1, "min_refetch_interval": 1});
        builder.workers(WORKERS).config(&policy)
    });
    let good = Request::get("/").bearer(gateway.token().sign());
    is_unavailable("closed", &good.send(gateway.address()));
    gateway.provider.on_all(&Behaviour::Good);
    eventually("the keys are fetched", || {
        good.send(gateway.address()).status == 200
    });
    // The other worker takes the keys up on its next tick, for which a request waits.
    is_unharmed(&gateway, "the provider's absence");
}

#[test]
fn a_client_that_goes_away_while_it_waits_harms_nobody() {
    let gateway = with_provider(&Behaviour::Late(Duration::from_secs(2)), 10);
    let good = Request::get("/gone").bearer(gateway.token().sign());
    let mut stays = Connection::open(gateway.address());
    stays.start(&Request::get("/stays").bearer(gateway.token().sign()));
    for _ in 0..30 {
        Connection::open(gateway.address()).start(&good);
    }
    // One more that leaves in the middle of its body.
    let half = Request::post("/gone", "half")
        .header("Content-Length", "1000")
        .bearer(gateway.token().sign());
    Connection::open(gateway.address()).start(&half);
    assert_eq!(gateway.upstream.count(), 0, "nothing waits for the keys");

    assert_eq!(stays.read().status, 200);
    is_unharmed(&gateway, "clients that went away");
    assert_eq!(gateway.upstream.count_of("/gone"), 0);
    assert_eq!(gateway.upstream.count_of("/stays"), 1);
}

#[test]
fn a_client_that_goes_away_before_its_time_is_out_harms_nobody() {
    let gateway = with_provider(&Behaviour::Late(Duration::from_secs(3)), 1);
    let good = Request::get("/gone").bearer(gateway.token().sign());
    for _ in 0..30 {
        Connection::open(gateway.address()).start(&good);
    }
    is_unavailable("in time", &good.send(gateway.address()));
    eventually("the keys are fetched", || {
        let request = Request::get("/").bearer(gateway.token().sign());
        request.send(gateway.address()).status == 200
    });
    is_unharmed(&gateway, "clients that went away");
    assert_eq!(gateway.upstream.count_of("/gone"), 0);
}

#[track_caller]
fn is_unavailable(what: &str, response: &Response) {
    assert_eq!(response.status, 503, "{what}: {response:?}");
    let retry_after = response.header("retry-after").map(str::parse::<u64>);
    assert!(
        matches!(retry_after, Some(Ok(1..=300))),
        "{what}: {response:?}"
    );
    assert_eq!(response.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(response.header("www-authenticate"), None, "{what}");
    assert_eq!(
        response.text(),
        r#"{"statusCode":503,"message":"Unauthorized. Access token is missing or invalid."}"#,
        "{what}"
    );
}
