//! Decides whether a request's access token satisfies a policy.
//!
//! The words are those of Azure API Management's `validate-jwt`. The crate does no I/O and has no clock: whoever asks for a
//! decision says what time it is, makes the fetches that the [key store](keys::KeyStore) asks for, and lends the host's crypto
//! if there is any. The filter for Envoy, the command line and the tests drive the same code.
//!
//! ```text
//! Request + now ──► rules ──► policy ──► token ──► verified before? ──► key ──► signature ──► claims ──► Decision
//! ```
//!
//! Start at [`config::check_json`], which makes a [`config::Config`] of a document, and [`Validator`], which decides by it.

#![forbid(unsafe_code)]
// A new variant must be thought about wherever its enum decides something.
#![deny(clippy::wildcard_enum_match_arm)]

extern crate alloc;

pub mod claims;
pub mod config;
pub mod json;
pub mod keys;
mod path;
pub mod policy;
mod reason;
pub mod request;
pub mod response;
pub mod rules;
pub mod time;
pub mod token;
pub mod trace;
pub mod upstream;
mod validator;
pub mod verified;

pub use reason::Reason;
pub use validator::{Decision, Passage, Passed, Refusal, Validator};
