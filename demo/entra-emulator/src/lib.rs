//! A development stand-in for Entra ID.
//!
//! It knows the app registrations it is given, issues access tokens for client credentials, and serves
//! the discovery documents and keys to check them with, in the shapes of the real service. It is for
//! development and tests: its secrets are in a file, its keys may lie on disk, and nothing limits guessing.
//!
//! ```
//! use entra_emulator::{Emulator, Registrations};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::new(Registrations::built_in()?)
//!     .http(([127, 0, 0, 1], 0).into())
//!     .start()?;
//! assert!(emulator.http_url().is_some());
//! # Ok(())
//! # }
//! ```

mod access_token;
mod app;
mod base_address;
mod connections;
mod directory;
mod emulator;
mod guid;
mod health;
mod key_set;
mod knob_endpoint;
mod knobs;
mod page;
mod refusal;
pub mod registrations;
mod reply;
mod request_body;
mod route;
mod signing_key;
mod state_file;
mod tls;
mod token_endpoint;
mod token_request;

pub use base_address::{BaseAddress, BaseAddressError};
pub use emulator::{Emulator, RunningEmulator, StartError};
pub use guid::Guid;
pub use health::check_health;
pub use registrations::{Registrations, RegistrationsError};
pub use state_file::StateFileError;
pub use tls::TlsError;

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
