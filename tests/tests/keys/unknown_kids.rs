//! Tokens that name keys which nobody has: anyone can make them, and none may cost more than a look.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{Behaviour, Connection, Endpoint, Request, Signer, Token, in_parallel};

use super::{clocked, fetches, gateway, passes, refused, settle};

const REASON: &str = "token_signature_key_not_found";

#[test]
fn three_hundred_forged_kids_cause_one_fetch_and_good_tokens_do_not_wait_for_it() {
    let (gateway, mut clock) = clocked(&json!({}));
    let token = gateway.token().sign();
    passes(&gateway, &token);
    settle();
    assert_eq!(fetches(&gateway), (1, 1));

    // An unknown `kid` may cause a fetch again, and that one takes its time.
    clock.advance(Duration::from_secs(301));
    let slow = Duration::from_secs(2);
    gateway.provider.on(Endpoint::Keys, Behaviour::Late(slow));
    let forger = Signer::rsa("forger");
    let over = AtomicBool::new(false);
    let (statuses, slowest) = thread::scope(|scope| {
        let good = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            let mut connections: Vec<_> = (0..4)
                .map(|_| Connection::open(gateway.address()))
                .collect();
            while !over.load(Ordering::SeqCst) {
                for connection in &mut connections {
                    // Half of them new to the workers.
                    for token in [&token, &gateway.token().sign()] {
                        let start = Instant::now();
                        let response = connection.send(&Request::get("/").bearer(token));
                        assert_eq!(response.status, 200, "{response:?}");
                        slowest = slowest.max(start.elapsed());
                    }
                }
            }
            slowest
        });
        let flood = || {
            in_parallel(300, |number| {
                let forged = forger.clone().named(&format!("forged-{number}"));
                let token = Token::new(&gateway.provider.issuer(), &forged).sign();
                let request = Request::get("/").bearer(&token);
                request.send(gateway.address()).status
            })
        };
        // Also when it fails, or the other client would never end.
        let statuses = catch_unwind(AssertUnwindSafe(flood));
        over.store(true, Ordering::SeqCst);
        let slowest = good.join().unwrap();
        (
            statuses.unwrap_or_else(|failure| resume_unwind(failure)),
            slowest,
        )
    });

    assert_eq!(statuses, [401; 300]);
    assert_eq!(fetches(&gateway), (2, 2));
    assert!(slowest < slow / 2, "a good token waited for {slowest:?}");
    assert_eq!(gateway.envoy.vm_reloads(), 0);
    // Nor does the next one make a fetch, on any worker, until the interval is over.
    refused(&gateway, &forged_token(&gateway, "another"), REASON);
    settle();
    assert_eq!(fetches(&gateway), (2, 2));
}

#[test]
fn a_kid_that_stays_unknown_while_the_provider_is_gone_is_refused_and_good_tokens_pass() {
    let gateway = gateway(&json!({"min_refetch_interval": 1, "fetch_timeout": 1}));
    let token = gateway.token().sign();
    passes(&gateway, &token);
    gateway.provider.on_all(&Behaviour::Hang);
    thread::sleep(Duration::from_millis(1100));
    let forged = Request::get("/").bearer(forged_token(&gateway, "unknown"));
    let longest = in_parallel(20, |_| {
        let start = Instant::now();
        let response = forged.send(gateway.address());
        assert_eq!(response.status, 401, "{response:?}");
        start.elapsed()
    });
    // Three seconds are what a request may wait.
    let longest = longest.into_iter().max().unwrap();
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    passes(&gateway, &token);
    passes(&gateway, &gateway.token().sign());
}

fn forged_token(gateway: &validate_jwt_tests::Gateway, kid: &str) -> String {
    let signer = Signer::rsa("forger").named(kid);
    Token::new(&gateway.provider.issuer(), &signer).sign()
}
