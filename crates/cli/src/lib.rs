//! The parts of the `validate-jwt` command, as a library so that tests and fuzzers reach each of them.
//!
//! Nothing here decides about a token: that is the core's part. What is here reads files, finds the places in
//! them, converts policies of Azure API Management and prints.

pub mod args;
pub mod commands;
mod cursor;
pub mod diagnostics;
pub mod document;
pub mod import;
pub mod source;
