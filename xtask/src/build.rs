//! `cargo xtask build`: the filter, ready to be loaded by Envoy, in `dist/`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::toolchain::{self, WASM_TARGET};
use crate::{slim, workspace};

/// Largest module that is let out, in bytes. Each worker's start compiles all of it, Istio and Envoy Gateway
/// download it at pod start, and a Kubernetes ConfigMap holds at most 1 MiB, base64 included.
const SIZE_BUDGET: usize = 700 * 1024;

/// Builds the module and says how large it is.
///
/// # Errors
///
/// When the compiler fails or the module is larger than the budget; an older module is then left as it was.
pub(crate) fn run() -> Result<()> {
    module().map(drop)
}

/// Builds the module and returns where it is.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn module() -> Result<PathBuf> {
    toolchain::ensure_wasm_target()?;
    workspace::run(workspace::cargo().args([
        "build",
        "--release",
        "--target",
        WASM_TARGET,
        "--package",
        "validate-jwt-filter",
    ]))?;
    let compiled = workspace::target_dir()?
        .join(WASM_TARGET)
        .join("release")
        .join("validate_jwt_filter.wasm");
    let module =
        fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let slimmed = slim::slim(&module)?;
    if slimmed.len() > SIZE_BUDGET {
        bail!(
            "the module is {} bytes long, more than its budget of {SIZE_BUDGET}: see what made it grow, \
             or raise SIZE_BUDGET in xtask/src/build.rs with a reason",
            slimmed.len()
        );
    }
    let dist = workspace::root().join("dist");
    fs::create_dir_all(&dist).with_context(|| format!("cannot create {}", dist.display()))?;
    let path = dist.join("validate_jwt.wasm");
    // Written beside and renamed: whoever loads the module meanwhile gets the old one or the new one.
    let unfinished = dist.join(format!("validate_jwt.wasm.{}", std::process::id()));
    fs::write(&unfinished, &slimmed)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, &path).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!(
        "dist/validate_jwt.wasm: {} KiB of {} KiB allowed ({} KiB before unused callbacks were taken out)",
        slimmed.len().div_ceil(1024),
        SIZE_BUDGET / 1024,
        module.len().div_ceil(1024)
    );
    Ok(path)
}
