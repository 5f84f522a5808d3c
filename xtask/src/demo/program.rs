//! The demo's own servers, as child processes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::addresses;
use crate::workspace;

/// Where cargo put the binaries.
pub(crate) struct Programs(HashMap<String, PathBuf>);

impl Programs {
    pub(crate) fn get(&self, name: &str) -> Result<&Path> {
        self.0
            .get(name)
            .map(PathBuf::as_path)
            .with_context(|| format!("cargo built no program {name}"))
    }
}

/// Builds packages and finds their programs.
///
/// # Errors
///
/// When the compiler fails.
pub(crate) fn build(packages: &[&str]) -> Result<Programs> {
    let mut command = workspace::cargo();
    command
        .args([
            "build",
            "--bins",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .stderr(Stdio::inherit());
    let shown = workspace::shown(&command);
    let output = command
        .output()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    let program = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = PathBuf::from(message.get("executable")?.as_str()?);
        let name = message.pointer("/target/name")?.as_str()?.to_owned();
        Some((name, path))
    };
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(Programs(messages.lines().filter_map(program).collect()))
}

/// A running server; ended when dropped.
pub(crate) struct Program {
    name: String,
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Program {
    /// Starts a server that says on its standard output where it listens. Its standard error goes to a file.
    ///
    /// # Errors
    ///
    /// When it ends before it listens; the error has what it said.
    pub(crate) fn start(path: &Path, arguments: &[&str], folder: &Path) -> Result<Self> {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot run {}", path.display()))?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let Some(address) = lines.find_map(|line| addresses::first_in(&line)) else {
            let status = child.wait()?;
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!("{name} did not start ({status}): {}", said.trim());
        };
        // Read on, or the server would one day wait for somebody to read.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            name,
            child,
            address,
            log,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// # Errors
    ///
    /// When the server has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "{} ended ({status}); its log: {}",
                self.name,
                self.log.display()
            );
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}
