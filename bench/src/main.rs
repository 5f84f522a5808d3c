//! Measures the filter in Envoy beside Envoy's own. Started by `cargo xtask bench`, which builds what is measured.

mod commands;
mod curves;
mod envoy;
mod filters;
mod floor;
mod load;
mod policy;
mod report;
mod rounds;
mod statistics;
mod system;
mod targets;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use commands::Timed;
use report::Report;
use rounds::Effort;
use system::Machine;
use token::Issuer;

/// How much is measured. Many short rounds rather than few long ones: what disturbs a machine for a moment then spoils one round and
/// not the median. Their number is odd, so that the median is one of them.
const FULL: Effort = Effort {
    rounds: 101,
    requests: 500,
};

/// How much is measured in a hurry.
const QUICK: Effort = Effort {
    rounds: 25,
    requests: 300,
};

/// Measure the filter in Envoy beside Envoy's own
#[derive(Parser)]
struct Programs {
    /// Envoy
    #[arg(long)]
    envoy: PathBuf,
    /// The filter
    #[arg(long)]
    module: PathBuf,
    /// The filter that does nothing
    #[arg(long)]
    noop: PathBuf,
    /// The command line
    #[arg(long)]
    command_line: PathBuf,
    /// Folder for Envoy's configuration, its log and the floor modules
    #[arg(long)]
    folder: PathBuf,
    /// Another build of the filter to compare with; may be given several times
    #[arg(long)]
    against: Vec<PathBuf>,
    /// Only cases with this in their names, and no curves; with a `$` behind it, at their end. May be given several times
    #[arg(long)]
    only: Vec<String>,
    /// Fewer requests, shorter curves
    #[arg(long)]
    quick: bool,
    /// Rounds
    #[arg(long)]
    rounds: Option<usize>,
    /// No curves
    #[arg(long)]
    no_curves: bool,
    /// Folder of benchmarks.md
    #[arg(long)]
    docs: Option<PathBuf>,
    /// File for every figure
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Programs {
    fn wants(&self, case: &str) -> bool {
        self.only.is_empty()
            || self.only.iter().any(|text| match text.strip_suffix('$') {
                Some(end) => case.ends_with(end),
                None => case.contains(text.as_str()),
            })
    }
}

fn main() -> ExitCode {
    match run(&Programs::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a target is missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all targets are met.
fn run(programs: &Programs) -> Result<bool> {
    let usual = if programs.quick { QUICK } else { FULL };
    let effort = Effort {
        rounds: programs.rounds.unwrap_or(usual.rounds),
        ..usual
    };
    let issuer = Issuer::new()?;
    let (filters, separate_cores) = filters::compare(programs, &issuer, effort)?;
    let curves = if programs.no_curves || !programs.only.is_empty() {
        Vec::new()
    } else {
        curves::all(programs, &issuer, effort)?
    };
    let commands = commands::measure(&programs.command_line, &programs.folder, &issuer)?;
    let report = Report {
        machine: Machine::here(&programs.envoy),
        separate_cores,
        effort,
        targets: targets::check(&filters, &curves),
        filters,
        curves,
        commands,
    };
    report.print();
    if let Some(docs) = &programs.docs {
        report.write(docs)?;
    }
    if let Some(json) = &programs.json {
        report.write_json(json)?;
    }
    Ok(report.targets.iter().all(|outcome| outcome.is_met)
        && report.commands.iter().all(Timed::is_met))
}
