//! The parts of the `validate-jwt` command, as a library so that tests and fuzzers reach each of them.
//!
//! Nothing here decides about a token: that is the core's part. What is here reads files, finds the places in
//! them, converts policies of Azure API Management, lends the core a clock, keys and a network, and prints.

pub mod args;
pub mod check;
pub mod commands;
pub mod config;
mod cursor;
pub mod diagnostics;
pub mod document;
pub mod envoy;
pub mod explain;
pub mod import;
pub mod source;
