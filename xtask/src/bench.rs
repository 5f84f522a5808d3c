//! `cargo xtask bench`: the filter beside Envoy's own, measured.
//!
//! Here is built what is measured; measuring is a program of its own, in `bench/`, compiled for speed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::toolchain::WASM_TARGET;
use crate::{build, envoy, slim, workspace};

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fewer requests and shorter curves: under two minutes once everything is compiled
    #[arg(long)]
    quick: bool,
    /// Write docs/benchmarks.md and its pictures
    #[arg(long)]
    write: bool,
    /// Write every figure of every round
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only the filters side by side, no curves
    #[arg(long)]
    no_curves: bool,
    /// Another build of the filter to compare with; may be given several times
    #[arg(long, value_name = "MODULE")]
    against: Vec<PathBuf>,
}

/// Builds the filter, the empty filter, the command line and the load generator, and measures.
///
/// # Errors
///
/// When something cannot be built, an answer is not the expected one, or a target is missed.
pub(crate) fn run(options: &Options) -> Result<()> {
    let envoy = envoy::ensure()?;
    let module = build::module()?;
    let target = workspace::target_dir()?;
    let folder = target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let noop = empty_filter(&target, &folder)?;

    let mut measure = workspace::cargo();
    measure
        .args(["run", "--release", "--package", "validate-jwt-bench"])
        .arg("--manifest-path")
        .arg(manifest())
        .arg("--target-dir")
        .arg(&target)
        .arg("--")
        .arg("--envoy")
        .arg(envoy)
        .arg("--module")
        .arg(module)
        .arg("--noop")
        .arg(noop)
        .arg("--command-line")
        .arg(command_line(&target)?)
        .arg("--folder")
        .arg(&folder);
    for (flag, is_set) in [
        ("--quick", options.quick),
        ("--no-curves", options.no_curves),
    ] {
        if is_set {
            measure.arg(flag);
        }
    }
    if options.write {
        measure.arg("--docs").arg(workspace::root().join("docs"));
    }
    if let Some(json) = &options.json {
        measure.arg("--json").arg(std::path::absolute(json)?);
    }
    for module in &options.against {
        measure.arg("--against").arg(std::path::absolute(module)?);
    }
    workspace::run(&mut measure)
}

/// Builds the command line as it is installed.
fn command_line(target: &Path) -> Result<PathBuf> {
    workspace::run(
        workspace::cargo()
            .args(["build", "--release", "--package", "validate-jwt-cli"])
            .arg("--target-dir")
            .arg(target),
    )?;
    let name = format!("validate-jwt{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("release").join(name))
}

fn manifest() -> PathBuf {
    workspace::root().join("bench").join("Cargo.toml")
}

/// Builds the filter that does nothing, as the real one is built.
fn empty_filter(target: &Path, folder: &Path) -> Result<PathBuf> {
    workspace::run(
        workspace::cargo()
            .args(["build", "--release", "--target", WASM_TARGET])
            .args(["--package", "noop-filter", "--manifest-path"])
            .arg(manifest())
            .arg("--target-dir")
            .arg(target),
    )?;
    let compiled = target
        .join(WASM_TARGET)
        .join("release")
        .join("noop_filter.wasm");
    let module =
        fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let path = folder.join("noop_filter.wasm");
    fs::write(&path, slim::slim(&module)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
