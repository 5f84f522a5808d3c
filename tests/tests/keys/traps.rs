//! A worker's module that traps, as no input should make it do; here a test build does it on demand.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{Behaviour, Connection, Gateway, Request, eventually, within};

use super::{WORKERS, adapted, fetches, on_all_workers, passes};

/// The trap on the worker of this connection.
fn trap(connection: &mut Connection) {
    let answer = connection.try_send(&Request::get("/bad").header("x-trap", "now"));
    if let Ok(response) = answer {
        assert_eq!(response.status, 503, "{response:?}");
    }
}

fn trapping(policy: &str) -> Gateway {
    adapted(&json!({}), |builder, _| {
        builder.trapping_module().failure_policy(policy)
    })
}

/// After how many looks in a row at connections of both workers both are taken to serve.
const LOOKS: u32 = 5;

#[test]
fn a_worker_that_trapped_reloads_and_lets_nothing_pass_unchecked_meanwhile() {
    let gateway = trapping("FAIL_RELOAD");
    let token = gateway.token().sign();
    passes(&gateway, &token);
    for round in 1..=2 {
        let mut connections: Vec<_> = (0..WORKERS)
            .map(|_| Connection::open(gateway.address()))
            .collect();
        for connection in &mut connections {
            trap(connection);
        }
        let start = Instant::now();
        let good = Request::get("/good").bearer(&token);
        let mut looks = 0;
        let served = within(Duration::from_secs(15), "both workers serve", || {
            for bad in [
                Request::get("/bad"),
                Request::get("/bad").bearer("a.b.c"),
                Request::get("/bad").bearer(validate_jwt_tests::alter(&token, 2, 10)),
            ] {
                for response in on_all_workers(&gateway, &bad) {
                    assert!([401, 503].contains(&response.status), "{response:?}");
                }
            }
            let answers = on_all_workers(&gateway, &good);
            let all = answers.iter().all(|response| response.status == 200);
            // All connections of one look may have come to the worker that is back already.
            looks = if all { looks + 1 } else { 0 };
            (looks == LOOKS).then(|| start.elapsed())
        });
        println!("round {round}: both workers serve after {served:?}");
    }
    let passed = gateway.upstream.requests();
    assert!(passed.iter().all(|echo| echo.path != "/bad"));
    let reloads: u64 = gateway.envoy.stats("vm_reload_success").values().sum();
    assert!(reloads >= 2, "{reloads}");
    // What the process had fetched outlived the virtual machines.
    assert_eq!(fetches(&gateway), (1, 1));
}

#[test]
fn a_trap_on_one_worker_leaves_the_other_alone() {
    let gateway = trapping("FAIL_CLOSED");
    let token = gateway.token().sign();
    passes(&gateway, &token);
    let mut connections: Vec<_> = (0..WORKERS)
        .map(|_| Connection::open(gateway.address()))
        .collect();
    trap(&mut connections[0]);
    let good = Request::get("/good").bearer(&token);
    let statuses: Vec<u16> = on_all_workers(&gateway, &good)
        .iter()
        .map(|response| response.status)
        .collect();
    assert!(
        statuses.contains(&200) && statuses.contains(&503),
        "{statuses:?}"
    );
    for response in on_all_workers(&gateway, &Request::get("/bad")) {
        assert!([401, 503].contains(&response.status), "{response:?}");
    }
    let passed = gateway.upstream.requests();
    assert!(passed.iter().all(|echo| echo.path != "/bad"));
}

/// A trapped module cannot answer what it held, and Envoy does not either until the stream has been idle for too long.
#[test]
fn requests_that_wait_for_keys_when_their_worker_traps_end_with_envoys_idle_timeout() {
    let times = json!({"wait_timeout": 60, "fetch_timeout": 1});
    let gateway = adapted(&times, |builder, provider| {
        provider.on_all(&Behaviour::Hang);
        let idle = json!("2s");
        let builder = builder.connection_manager("stream_idle_timeout", idle);
        builder.trapping_module()
    });
    let request = Request::get("/good").bearer(gateway.token().sign());
    let mut waiting: Vec<_> = (0..8)
        .map(|_| Connection::open(gateway.address()))
        .collect();
    for connection in &mut waiting {
        connection.start(&request);
    }
    thread::sleep(Duration::from_millis(300));
    // As long as the others are open, each worker gets the same number of these.
    let mut others: Vec<_> = (0..4 * WORKERS)
        .map(|_| Connection::open(gateway.address()))
        .collect();
    for connection in &mut others {
        trap(connection);
    }
    let start = Instant::now();
    for connection in &mut waiting {
        // An answer that is no pass, or the end of the connection.
        if let Some(response) = connection.read_if_any() {
            assert!([408, 503, 504].contains(&response.status), "{response:?}");
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(gateway.upstream.count(), 0);

    gateway.provider.on_all(&Behaviour::Good);
    eventually("it serves", || {
        let answers = on_all_workers(&gateway, &request);
        answers.iter().all(|response| response.status == 200)
    });
}
