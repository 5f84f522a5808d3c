//! The `validate-jwt` policy as a proxy-wasm filter.
//!
//! This package touches the proxy-wasm ABI and decides nothing: requests, times and fetched documents go into
//! [`validate_jwt::Validator`], its decisions come out and are carried out. [`host`] holds every call to the host.
//!
//! Natively there is nothing to build; the whole crate exists for `wasm32`.

#![cfg(target_arch = "wasm32")]
#![expect(
    missing_docs,
    reason = "the entry point that `main!` makes is no interface for people"
)]

mod answer;
mod crypto;
mod fetch;
mod host;
mod metrics;
mod pairs;
mod refusal_log;
mod request;
mod root;
mod route;
mod shared;
mod worker;

use proxy_wasm::traits::RootContext;

proxy_wasm::main! {{
    host::install_logger();
    proxy_wasm::set_root_context(|context_id| -> Box<dyn RootContext> { Box::new(root::Root::new(context_id)) });
}}
