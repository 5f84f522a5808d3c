//! The promises that everything else stands on, kept by the compiled filter in a real Envoy.
//!
//! What each test sends goes to both workers, and afterwards both must still serve good tokens.

mod claims;
mod configuration;
mod crypto;
mod forgeries;
mod gateway;
mod grpc;
mod headers;
mod malformed;
mod observing;
mod passing;
mod times;
mod waiting;
