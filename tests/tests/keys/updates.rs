//! Other configurations and other processes while requests are under way.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{
    Behaviour, Connection, Endpoint, Envoy, Gateway, Provider, Request, Signer, Token, Upstream,
    eventually, in_parallel, policy,
};

use super::{WORKERS, adapted, fetches};

/// Longer than any answer may take, requests that wait for keys included.
const HANGS: Duration = Duration::from_secs(10);

/// What clients saw that came again and again while something happened to the gateway.
#[derive(Default)]
struct Seen {
    good: Vec<(u16, Duration)>,
    bad: Vec<(u16, Duration)>,
    broken: Vec<(io::Error, Duration)>,
}

/// Runs `event` while four clients come with good tokens and four with none or a forged one, each over new connections.
fn under_load(address: SocketAddr, provider: &Provider, event: impl FnOnce()) -> Seen {
    let good = Token::new(&provider.issuer(), &Signer::rsa("k1")).sign();
    let forger = Signer::rsa("forger").named("k1");
    let forged = Token::new(&provider.issuer(), &forger).sign();
    let seen = Mutex::new(Seen::default());
    let over = AtomicBool::new(false);
    let client = |number: usize| {
        while !over.load(Ordering::SeqCst) {
            let request = match number % 4 {
                0 | 1 => Request::get("/good").bearer(&good),
                2 => Request::get("/bad"),
                _ => Request::get("/bad").bearer(&forged),
            };
            let start = Instant::now();
            let answer = Connection::try_open(address)
                .and_then(|mut connection| connection.try_send(&request));
            let took = start.elapsed();
            let mut seen = seen.lock().unwrap();
            match answer {
                Ok(response) if number % 4 < 2 => seen.good.push((response.status, took)),
                Ok(response) => seen.bad.push((response.status, took)),
                Err(error) => seen.broken.push((error, took)),
            }
            drop(seen);
            thread::sleep(Duration::from_millis(2));
        }
    };
    thread::scope(|scope| {
        let clients = scope.spawn(|| in_parallel(8, client));
        // Also when it fails, or the clients would never end.
        let outcome = catch_unwind(AssertUnwindSafe(event));
        over.store(true, Ordering::SeqCst);
        clients.join().unwrap();
        if let Err(failure) = outcome {
            resume_unwind(failure);
        }
    });
    seen.into_inner().unwrap()
}

#[test]
fn an_update_lets_no_request_pass_unchecked_and_none_hang() {
    let mut gateway = adapted(&json!({}), |builder, _| builder.updatable());
    let address = gateway.address();
    let document = |round: usize| {
        let mut document = policy(&gateway.provider);
        document["failed_validation_error_message"] = json!(format!("round {round}"));
        document
    };

    let seen = under_load(address, &gateway.provider, || {
        for round in 1..=5 {
            gateway.envoy.update(&document(round));
            let message = format!("round {round}");
            eventually(&message, || {
                let refusal = Request::get("/bad").send(address);
                assert_eq!(refusal.status, 401, "{refusal:?}");
                refusal.text().contains(&message)
            });
            thread::sleep(Duration::from_millis(300));
        }
    });

    assert_eq!(gateway.envoy.updates(), (6, 0));
    assert!(seen.good.len() > 100 && seen.bad.len() > 100);
    for (status, took) in &seen.good {
        assert_eq!(*status, 200, "after {took:?}");
        assert!(*took < HANGS, "{took:?}");
    }
    for (status, took) in &seen.bad {
        assert_eq!(*status, 401, "after {took:?}");
        assert!(*took < HANGS, "{took:?}");
    }
    assert!(seen.broken.is_empty(), "{:?}", seen.broken);
    let passed = gateway.upstream.requests();
    assert!(passed.iter().all(|echo| echo.path == "/good"));
    // The workers of every version shared what was fetched before.
    assert_eq!(fetches(&gateway), (1, 1));
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn a_bad_update_is_refused_and_the_old_configuration_stays() {
    let mut gateway = adapted(&json!({}), |builder, _| builder.updatable());
    let address = gateway.address();
    let mut bad = policy(&gateway.provider);
    bad["audience"] = json!("misspelt");

    let seen = under_load(address, &gateway.provider, || {
        gateway.envoy.update(&bad);
        eventually("the update is refused", || {
            gateway.envoy.updates() == (1, 1)
        });
        thread::sleep(Duration::from_millis(500));
    });
    assert!(seen.good.iter().all(|(status, _)| *status == 200));
    assert!(seen.bad.iter().all(|(status, _)| *status == 401));
    assert!(seen.broken.is_empty(), "{:?}", seen.broken);
    assert!(gateway.envoy.log_contains("audience"));

    // And a good one after it is accepted.
    let mut other = policy(&gateway.provider);
    other["audiences"] = json!(["api://other"]);
    gateway.envoy.update(&other);
    let request = Request::get("/").bearer(gateway.token().sign());
    eventually("the audience is another", || {
        request.send(address).status == 401
    });
    assert_eq!(gateway.envoy.updates(), (2, 1));
}

#[test]
fn requests_that_wait_for_keys_get_their_answer_when_an_update_comes_between() {
    let signer = Signer::rsa("k1");
    let provider = Provider::with_keys([signer.jwk()]);
    provider.on_all(&Behaviour::Hang);
    let upstream = Upstream::start();
    let document = |wait: u64| {
        let mut document = policy(&provider);
        document["keys"] = json!({"wait_timeout": wait, "fetch_timeout": 1});
        document
    };
    let mut envoy = Envoy::builder()
        .config(&document(4))
        .cluster("provider", provider.address())
        .upstream(upstream.address())
        .workers(WORKERS)
        .updatable()
        .start();
    let request = Request::get("/").bearer(Token::new(&provider.issuer(), &signer).sign());
    let mut waiting: Vec<_> = (0..10).map(|_| Connection::open(envoy.address())).collect();
    for connection in &mut waiting {
        connection.start(&request);
    }
    thread::sleep(Duration::from_millis(500));
    let start = Instant::now();
    envoy.update(&document(3));
    eventually("updated", || envoy.updates() == (2, 0));
    for connection in &mut waiting {
        let response = connection.read();
        assert_eq!(response.status, 503, "{response:?}");
    }
    assert!(start.elapsed() < HANGS, "{:?}", start.elapsed());
    assert_eq!(upstream.count(), 0);

    provider.on_all(&Behaviour::Good);
    eventually("it serves", || request.send(envoy.address()).status == 200);
}

#[test]
fn a_killed_envoy_comes_back_and_lets_nothing_pass_unchecked() {
    let Gateway {
        provider,
        upstream,
        signer,
        envoy,
    } = adapted(&json!({}), |builder, _| builder);
    let address = envoy.address();
    let builder = Envoy::builder()
        .config(&policy(&provider))
        .cluster("provider", provider.address())
        .upstream(upstream.address())
        .workers(WORKERS)
        .port(address.port());
    let request = Request::get("/good").bearer(Token::new(&provider.issuer(), &signer).sign());
    let mut second = None;
    let seen = under_load(address, &provider, || {
        thread::sleep(Duration::from_millis(300));
        envoy.kill();
        second = Some(builder.start());
        eventually("it serves", || {
            Connection::try_open(address)
                .and_then(|mut connection| connection.try_send(&request))
                .is_ok_and(|response| response.status == 200)
        });
        thread::sleep(Duration::from_millis(500));
    });
    let all = seen.good.iter().chain(&seen.bad);
    assert!(all.clone().all(|(_, took)| *took < HANGS));
    assert!(seen.broken.iter().all(|(_, took)| *took < HANGS));
    assert!(!seen.broken.is_empty(), "it was down for a while");
    assert!(seen.good.iter().all(|(status, _)| *status == 200));
    assert!(seen.bad.iter().all(|(status, _)| *status == 401));
    let passed = upstream.requests();
    assert!(passed.iter().all(|echo| echo.path == "/good"));
    // The new process knows nothing of the old one.
    assert_eq!(provider.count(Endpoint::Keys), 2);
    assert_eq!(second.unwrap().vm_reloads(), 0);
}
