//! The service over real HTTP, called properly and attacked.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where it cannot go on; clippy exempts test functions but not their helpers"
)]

mod attacks;
mod calls;
mod client;
mod envelopes;
mod program;
mod random;
mod transport;
mod wsdl;
