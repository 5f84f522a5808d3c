//! Requests that wait for keys: so many and no more.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_tests::{
    Behaviour, Connection, Gateway, Request, eventually, in_parallel, policy,
};

/// What the filter lets wait in one worker.
const MAX_WAITING: usize = 1024;

/// A gateway of one worker whose provider does not answer, and that lets requests wait for long.
fn patient() -> Gateway {
    Gateway::start_with(|builder, provider| {
        provider.on_all(&Behaviour::Hang);
        let mut document = policy(provider);
        document["keys"] = json!({"wait_timeout": 30, "fetch_timeout": 1});
        builder.config(&document)
    })
}

#[test]
fn no_more_than_1024_requests_wait_and_those_whose_clients_left_count_no_longer() {
    let gateway = patient();
    let token = gateway.token().sign();
    let request = Request::get("/").bearer(&token);
    let wait = |count: usize| -> Vec<Connection> {
        (0..count)
            .map(|_| {
                let mut connection = Connection::open(gateway.address());
                connection.start(&request);
                connection
            })
            .collect()
    };
    let active = || {
        let name = "http.gateway.downstream_rq_active";
        gateway.envoy.stat(name) as usize
    };

    for _ in 0..2 {
        let waiting = wait(MAX_WAITING);
        eventually("all of them wait", || active() == MAX_WAITING);
        let start = Instant::now();
        for response in in_parallel(8, |_| request.send(gateway.address())) {
            assert_eq!(response.status, 503, "{response:?}");
            assert!(response.header("retry-after").is_some());
        }
        assert!(start.elapsed() < Duration::from_secs(5));
        // What needs no keys is answered as ever.
        assert_eq!(Request::get("/").send(gateway.address()).status, 401);
        drop(waiting);
        eventually("none waits", || active() == 0);
    }

    let mut waiting = wait(MAX_WAITING);
    eventually("all of them wait", || active() == MAX_WAITING);
    assert_eq!(gateway.upstream.count(), 0);
    gateway.provider.on_all(&Behaviour::Good);
    for connection in &mut waiting {
        assert_eq!(connection.read().status, 200);
    }
    assert_eq!(gateway.upstream.count(), MAX_WAITING);
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn clients_that_leave_while_their_requests_are_decided_do_no_harm() {
    let gateway = patient();
    let request = Request::get("/").bearer(gateway.token().sign());
    for round in 0..3 {
        let mut connections: Vec<_> = (0..100)
            .map(|_| Connection::open(gateway.address()))
            .collect();
        for connection in &mut connections {
            connection.start(&request);
        }
        if round == 1 {
            // The keys come while they leave.
            gateway.provider.on_all(&Behaviour::Good);
        }
        drop(connections);
    }
    eventually("it serves", || {
        request.send(gateway.address()).status == 200
    });
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}
