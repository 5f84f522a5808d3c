//! The Rust toolchain that `rust-toolchain.toml` names.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// The target that proxy-wasm hosts load.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip1";

/// Makes sure that the filter can be compiled; costs one look at rustup when all is there.
///
/// Cargo would install what is missing by itself, except where `RUSTUP_AUTO_INSTALL=0` forbids it.
///
/// # Errors
///
/// When neither rustup nor the compiler itself has the target and it cannot be installed.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    if rustup_has_target() || compiler_has_target() {
        return Ok(());
    }
    workspace::run(rustup().args(["toolchain", "install"])).context(format!(
        "the Rust target {WASM_TARGET} is missing: install rustup (https://rustup.rs), \
         or add the target with your system's package manager"
    ))?;
    if !rustup_has_target() {
        bail!(
            "rustup installed the toolchain without {WASM_TARGET}: run `rustup target add {WASM_TARGET}`"
        );
    }
    Ok(())
}

/// rustup as the user would run it in the root folder. The proxy that started cargo has put the toolchain's
/// name into the environment, which would make rustup ignore `rust-toolchain.toml` and its targets.
fn rustup() -> Command {
    let mut command = Command::new("rustup");
    command
        .current_dir(workspace::root())
        .env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn rustup_has_target() -> bool {
    rustup()
        .args(["target", "list", "--installed"])
        .output()
        .is_ok_and(|output| {
            output.status.success()
                && String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .any(|line| line.trim() == WASM_TARGET)
        })
}

/// For a compiler that did not come from rustup.
fn compiler_has_target() -> bool {
    Command::new("rustc")
        .current_dir(workspace::root())
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .is_ok_and(|output| {
            let folder = String::from_utf8_lossy(&output.stdout);
            output.status.success() && std::path::Path::new(folder.trim()).is_dir()
        })
}
