//! `cargo xtask build`: the filter, ready to be loaded by Envoy, in `dist/`.

use std::fs;
use std::path::{Path, PathBuf};

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
    let module = compile(&workspace::target_dir()?, &[])?;
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
    write(&path, &slimmed)?;
    eprintln!(
        "dist/validate_jwt.wasm: {} KiB of {} KiB allowed ({} KiB before unused callbacks were taken out)",
        slimmed.len().div_ceil(1024),
        SIZE_BUDGET / 1024,
        module.len().div_ceil(1024)
    );
    Ok(path)
}

/// Builds the module with a way to make it trap, for tests, and returns where it is: in the target directory, never in `dist/`.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn trapping_module() -> Result<PathBuf> {
    // A directory of its own: both modules have the same name in Cargo's, and would be compiled anew each time.
    let target_dir = workspace::target_dir()?.join("trap-for-tests");
    let module = compile(&target_dir, &["--features", "trap-for-tests"])?;
    let path = target_dir.join("validate_jwt_trap.wasm");
    write(&path, &slim::slim(&module)?)?;
    Ok(path)
}

fn compile(target_dir: &Path, options: &[&str]) -> Result<Vec<u8>> {
    toolchain::ensure_wasm_target()?;
    workspace::run(
        workspace::cargo()
            .args(["build", "--release", "--target", WASM_TARGET])
            .args(["--package", "validate-jwt-filter", "--target-dir"])
            .arg(target_dir)
            .args(options),
    )?;
    let compiled = target_dir
        .join(WASM_TARGET)
        .join("release")
        .join("validate_jwt_filter.wasm");
    fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))
}

/// Written beside and renamed: whoever loads the module meanwhile gets the old one or the new one.
fn write(path: &Path, module: &[u8]) -> Result<()> {
    let unfinished = path.with_extension(format!("wasm.{}", std::process::id()));
    fs::write(&unfinished, module)
        .with_context(|| format!("cannot write {}", unfinished.display()))?;
    fs::rename(&unfinished, path).with_context(|| format!("cannot write {}", path.display()))
}
