//! A real Envoy with the filter in it.

mod builder;
mod capabilities;
mod log;
mod process;
mod stats;

pub use builder::Builder;
pub use process::Envoy;
