//! `cargo xtask test`: every test of the workspace, with the compiled filter and a real Envoy at hand.

use std::ffi::OsString;

use anyhow::Result;

use crate::{build, envoy, workspace};

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Passed on to `cargo test --workspace`: `-- -p validate-jwt-tests a_test_name`
    #[arg(last = true)]
    cargo_test: Vec<OsString>,
}

/// Builds the module, makes sure of Envoy and runs the tests.
///
/// # Errors
///
/// When one of them fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    let envoy = envoy::ensure()?;
    let module = build::module()?;
    let trapping = build::trapping_module()?;
    let mut command = workspace::cargo();
    command
        .args(["test", "--workspace"])
        .args(&options.cargo_test)
        .env("VALIDATE_JWT_WASM", module)
        .env("VALIDATE_JWT_TRAP_WASM", trapping)
        .env("ENVOY_BIN", envoy);
    workspace::run(&mut command)
}
