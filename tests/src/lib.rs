//! Support for tests of the compiled filter in a real Envoy.
//!
//! A test starts what it needs and sends bytes:
//!
//! ```ignore
//! let gateway = Gateway::start();
//! let response = Request::get("/").bearer(&gateway.token().sign()).send(gateway.address());
//! assert_eq!(response.status, 200);
//! ```
//!
//! Everything listens on 127.0.0.1 at a port that the kernel chose, and is stopped when it is dropped. Helpers panic
//! when they cannot do what they are for; every wait has an end.

mod behaviour;
mod clock;
mod echo;
pub mod envoy;
mod gateway;
pub mod http;
mod jwk;
mod parallel;
mod provider;
mod server;
mod signer;
pub mod stub_host;
mod temp;
mod token;
mod upstream;
mod wait;
mod wire;

pub use behaviour::Behaviour;
pub use clock::Clock;
pub use echo::{Echo, sha256};
pub use envoy::Envoy;
pub use gateway::{Gateway, policy};
pub use http::{Connection, Request, Response, get};
pub use parallel::in_parallel;
pub use provider::{Endpoint, Provider};
pub use signer::Signer;
pub use token::{Token, alter};
pub use upstream::Upstream;
pub use wait::{eventually, within};
