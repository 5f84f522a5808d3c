//! The NumberConversion sample SOAP service: `NumberToWords` and `NumberToDollars`.
//!
//! It is the backend behind the gateway in demonstrations and tests: an ordinary, strict SOAP service
//! that knows nothing of tokens. [`Server`] runs it inside a test; the `number-conversion` binary runs it
//! on its own.
//!
//! Inside, each layer can be used alone: [`service::handle`] is a pure function from request bytes to an
//! answer, [`http::router`] puts it behind HTTP, [`server`] binds and stops.

mod amount;
mod endpoint;
mod envelope;
mod fault;
mod health;
pub mod http;
mod operation;
mod request_body;
pub mod server;
pub mod service;
mod soap;
mod words;
mod wsdl;
mod xml;

pub use health::{HealthError, check_health, health_url};
pub use http::{CallLog, SERVICE_PATH};
pub use operation::Operation;
pub use server::{BindError, Server};
pub use soap::SoapVersion;

/// Runs the README's Rust as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
