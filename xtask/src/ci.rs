//! `cargo xtask ci`: what has to pass before a change is taken.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::toolchain::{self, WASM_TARGET};
use crate::workspace;

/// Runs all steps, the quick ones first, and stops at the first that fails.
///
/// # Errors
///
/// When a step fails; the error shows its command.
pub(crate) fn run() -> Result<()> {
    toolchain::ensure_wasm_target()?;
    let steps = [
        cargo(&["fmt", "--all", "--check"]),
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        // The filter's host calls are compiled for this target only.
        cargo(&[
            "clippy",
            "--package",
            "validate-jwt-filter",
            "--target",
            WASM_TARGET,
            "--",
            "-D",
            "warnings",
        ]),
        cargo(&["xtask", "test"]),
        cargo(&["xtask", "demo", "--once"]),
        cargo(&["xtask", "clients"]),
        cargo(&["xtask", "compose-test"]),
    ];
    let count = steps.len();
    for (number, mut step) in (1..).zip(steps) {
        let shown = workspace::shown(&step);
        eprintln!("[{number}/{count}] {shown}");
        let start = Instant::now();
        workspace::run(&mut step).with_context(|| format!("step {number} of {count}"))?;
        eprintln!("[{number}/{count}] done in {} s", start.elapsed().as_secs());
    }
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = workspace::cargo();
    command.args(arguments);
    command
}
