//! `cargo xtask clients`: the libraries that people use, MSAL and zeep, against emulator and gateway.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::demo::{Ports, System};
use crate::workspace;

/// Where the tests find the system.
pub(crate) struct Target<'a> {
    pub(crate) emulator: &'a str,
    pub(crate) gateway: &'a str,
    /// The emulator's CA.
    pub(crate) ca_file: &'a Path,
}

/// Starts the demo's programs on this machine and runs the tests of `tests/clients` against them.
///
/// # Errors
///
/// When something does not start, or a test fails.
pub(crate) fn run() -> Result<()> {
    let mut system = System::start(&Ports::default(), "clients")?;
    let result = test(&Target {
        emulator: &system.emulator_https,
        gateway: &format!("http://{}", system.gateway.address()),
        ca_file: &system.ca_file,
    });
    // A program that died explains a test that failed.
    system.check()?;
    result.with_context(|| format!("the logs are in {}", system.folder.display()))
}

/// Runs the tests of `tests/clients`.
///
/// # Errors
///
/// When one fails, or Python or the libraries cannot be had.
pub(crate) fn test(target: &Target<'_>) -> Result<()> {
    let python = environment()?;
    workspace::run(
        Command::new(python)
            .current_dir(workspace::root())
            .args(["-m", "unittest", "discover", "--start-directory"])
            .arg("tests/clients")
            .env("EMULATOR", target.emulator)
            .env("GATEWAY", target.gateway)
            .env("CA_FILE", target.ca_file)
            // They would take the place of what MSAL is told to trust (psf/requests#3829).
            .env_remove("REQUESTS_CA_BUNDLE")
            .env_remove("CURL_CA_BUNDLE")
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}

/// The Python of a virtual environment with the libraries, made if it is not there or they have changed.
fn environment() -> Result<PathBuf> {
    let folder = workspace::target_dir()?.join("python-clients");
    let python = folder.join("bin").join("python");
    let wanted = workspace::root().join("tests/clients/requirements.txt");
    // A copy of what is installed, written when all of it is.
    let installed = folder.join("installed.txt");
    let wanted_text =
        fs::read(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    if fs::read(&installed).is_ok_and(|text| text == wanted_text) {
        return Ok(python);
    }
    eprintln!("installing the clients into {} (once)", folder.display());
    workspace::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )
    .context("install Python 3.10 or later with venv and pip")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes"])
        .args(["--only-binary", ":all:", "--requirement"])
        .arg(&wanted);
    workspace::run(&mut pip).context("let pip reach PyPI")?;
    if !python.is_file() {
        bail!("python3 -m venv made no {}", python.display());
    }
    fs::write(&installed, wanted_text)
        .with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(python)
}
