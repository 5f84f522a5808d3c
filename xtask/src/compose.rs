//! `cargo xtask compose-test`: docker-compose.yml, Dockerfile and docs/walkthrough.md as a user has them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::clients::{self, Target};
use crate::{envoy, workspace};

/// Tests in containers, where there is an engine for them.
///
/// # Errors
///
/// When images cannot be had, or something in the containers is not as promised.
pub(crate) fn run() -> Result<()> {
    if !succeeds("docker", &["info"]) {
        eprintln!("docker-compose.yml is not tested: no Docker engine answers here");
        return Ok(());
    }
    let Some(compose) = compose() else {
        eprintln!(
            "docker-compose.yml is not tested: there is neither `docker compose` nor `docker-compose`"
        );
        return Ok(());
    };
    let folder = workspace::target_dir()?.join("compose-test");
    script("stand-ins", [envoy::ensure()?.as_path(), &folder])?;
    let started = script("start", [Path::new(compose), &folder]).and_then(|()| {
        script("check", [Path::new(compose), &folder])?;
        clients::test(&Target {
            emulator: "https://localhost:8443",
            gateway: "http://localhost:8080",
            ca_file: &folder.join("ca.pem"),
        })
    });
    // In any case; with what the containers wrote when something was wrong.
    let ended = script("end", [OsStr::new(compose), folder.as_os_str()]);
    started.context("the containers' logs are in target/compose-test/containers.log")?;
    ended
}

/// The command of Compose: the plugin of the `docker` command if it is there, else the one of its own.
fn compose() -> Option<&'static str> {
    if succeeds("docker", &["compose", "version"]) {
        Some("docker compose")
    } else if succeeds("docker-compose", &["version"]) {
        Some("docker-compose")
    } else {
        None
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a script of `tests/compose`.
fn script<S: AsRef<OsStr>>(name: &str, arguments: [S; 2]) -> Result<()> {
    let path = workspace::root().join("tests/compose").join(name);
    workspace::run(
        Command::new(path)
            .args(arguments)
            .current_dir(workspace::root())
            // The walkthrough's commands run in a copy of the workspace, and compile nothing twice for that.
            .env("CARGO_TARGET_DIR", workspace::target_dir()?),
    )
}
