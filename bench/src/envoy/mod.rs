//! Envoy with listeners side by side, each with another filter in front of the same answer.

mod bootstrap;
mod process;

pub(crate) use bootstrap::{Filter, Listener};
pub(crate) use process::Envoy;
