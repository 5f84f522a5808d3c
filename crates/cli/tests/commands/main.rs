//! The commands from outside: what they print and how they end.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its helpers too"
)]

mod check;
mod docs;
mod envoy;
mod explain;
mod same_reason;
mod support;
