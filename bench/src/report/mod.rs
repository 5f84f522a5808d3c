//! The figures for people, as text and pictures, and for programs, as JSON.

mod markdown;
mod svg;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::commands::Timed;
use crate::curves::Curve;
use crate::rounds::{Effort, Measured};
use crate::statistics::Spread;
use crate::system::Machine;
use crate::targets::Outcome;

/// Everything that was measured.
#[derive(serde::Serialize)]
pub(crate) struct Report {
    /// With what.
    pub(crate) machine: Machine,
    /// Whether Envoy's worker had a core for itself and the client another.
    pub(crate) separate_cores: bool,
    /// How much.
    pub(crate) effort: Effort,
    /// The filters side by side.
    pub(crate) filters: Vec<Measured>,
    /// How cost grows.
    pub(crate) curves: Vec<Curve>,
    /// Against the targets.
    pub(crate) targets: Vec<Outcome>,
    /// The command line.
    pub(crate) commands: Vec<Timed>,
}

impl Report {
    /// For a terminal.
    pub(crate) fn print(&self) {
        let machine = &self.machine;
        println!(
            "{}, {} cores; {}; Envoy {}; {}",
            machine.processor, machine.cores, machine.kernel, machine.envoy, machine.rustc
        );
        println!(
            "{:<48} {:>8} {:>15} {:>9} {:>8} {:>8}",
            "", "CPU µs", "quartiles", "req/s", "p50 µs", "p99 µs"
        );
        for measured in &self.filters {
            let cpu = Spread::of(&measured.cpu_us);
            println!(
                "{:<48} {:>8.1} {:>15} {:>9.0} {:>8.0} {:>8.0}",
                measured.name,
                cpu.median,
                format!("{:.1}–{:.1}", cpu.lower, cpu.upper),
                Spread::of(&measured.per_second).median,
                Spread::of(&measured.p50_us).median,
                Spread::of(&measured.p99_us).median,
            );
        }
        for curve in &self.curves {
            println!("{} ({} by {})", curve.title, curve.y, curve.x);
            for line in &curve.lines {
                let points: Vec<String> = line
                    .points
                    .iter()
                    .map(|point| format!("{}: {:.1}", point.x, Spread::of(&point.values).median))
                    .collect();
                println!("  {:<46} {}", line.name, points.join("  "));
            }
        }
        for outcome in &self.targets {
            println!(
                "{} {:<75} {:.2} ({:.2}–{:.2}), at most {:.2}{}",
                if outcome.is_met { "pass" } else { "FAIL" },
                outcome.what,
                outcome.ratio.median,
                outcome.ratio.lower,
                outcome.ratio.upper,
                outcome.at_most,
                outcome
                    .floor
                    .map_or_else(String::new, |floor| format!(", floor {:.2}", floor.median)),
            );
        }
        for timed in &self.commands {
            println!(
                "{} {:<75} {:.1} ms ({:.1}–{:.1}), at most {:.0}",
                if timed.is_met() { "pass" } else { "FAIL" },
                timed.what,
                timed.ms.median,
                timed.ms.lower,
                timed.ms.upper,
                timed.at_most,
            );
        }
    }

    /// Writes `benchmarks.md` and the pictures beside it.
    pub(crate) fn write(&self, docs: &Path) -> Result<()> {
        let pictures = docs.join("benchmarks");
        fs::create_dir_all(&pictures)
            .with_context(|| format!("cannot make {}", pictures.display()))?;
        write(&docs.join("benchmarks.md"), &markdown::page(self))?;
        write(&pictures.join("filters.svg"), &svg::bars(&self.filters))?;
        for curve in &self.curves {
            write(
                &pictures.join(format!("{}.svg", curve.id)),
                &svg::curve(curve),
            )?;
        }
        Ok(())
    }

    /// Writes every figure.
    pub(crate) fn write_json(&self, path: &Path) -> Result<()> {
        write(path, &serde_json::to_string_pretty(self)?)
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
