//! The service behind the gateway: it tells what it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::echo::Echo;
use crate::server::{self, Answer, Server};

/// Answers every request with 200 and an [`Echo`] of it, and remembers them all.
pub struct Upstream {
    server: Server,
    requests: Arc<Mutex<Vec<Echo>>>,
}

impl Upstream {
    /// Starts it.
    pub fn start() -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let server = Server::start({
            let requests = Arc::clone(&requests);
            move |received| {
                let echo = Echo::of(received);
                let body = echo.to_json().to_string();
                requests.lock().unwrap().push(echo);
                let headers = [("Content-Type", "application/json")];
                Answer::Bytes(server::response(200, &headers, body.as_bytes()))
            }
        });
        Self { server, requests }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Every request that came so far, oldest first.
    pub fn requests(&self) -> Vec<Echo> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests for this path, query included, came so far.
    pub fn count_of(&self, path: &str) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|echo| echo.path == path).count()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}
