//! The command line: how long a command takes from start to exit.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::policy::{ours, ours_with_rules};
use crate::statistics::Spread;
use crate::token::{Issuer, USUAL_BYTES};

/// Times that each command is run.
const RUNS: usize = 31;

/// Rules of the document that is checked.
const RULES: usize = 1000;

/// What a command took.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Timed {
    /// What it did.
    pub(crate) what: &'static str,
    /// Milliseconds from start to exit.
    pub(crate) ms: Spread,
    /// Milliseconds that are not to be exceeded.
    pub(crate) at_most: f64,
}

impl Timed {
    /// Whether the median is within the target.
    pub(crate) fn is_met(&self) -> bool {
        self.ms.median <= self.at_most
    }
}

/// Runs the command line `program` on files that it makes in `folder`.
pub(crate) fn measure(program: &Path, folder: &Path, issuer: &Issuer) -> Result<Vec<Timed>> {
    let policy = ours(&issuer.jwks(2)?);
    let file = |name: &str, text: String| -> Result<String> {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path.display().to_string())
    };
    let rules = file(
        "rules.json",
        serde_json::to_string_pretty(&ours_with_rules(&policy, RULES))?,
    )?;
    let policy = file("policy.json", policy.to_string())?;
    let token = format!("@{}", file("token", issuer.rs256(USUAL_BYTES)?)?);
    Ok(vec![
        Timed {
            what: "`explain`, a token of 1.1 KB, the keys in the document",
            ms: time(
                program,
                &["explain", "--token", &token, "--config", &policy],
            )?,
            at_most: 20.0,
        },
        Timed {
            what: "`check`, a document with 1 000 rules",
            ms: time(program, &["check", &rules])?,
            at_most: 100.0,
        },
    ])
}

fn time(program: &Path, arguments: &[&str]) -> Result<Spread> {
    let run = |_| -> Result<f64> {
        let start = Instant::now();
        let status = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let elapsed = start.elapsed();
        if !status.success() {
            bail!("{} {} failed", program.display(), arguments.join(" "));
        }
        Ok(elapsed.as_secs_f64() * 1000.0)
    };
    let times = (0..RUNS).map(run).collect::<Result<Vec<f64>>>()?;
    Ok(Spread::of(&times))
}
