//! What the operating system says of processes and of itself.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// Time for a thread that has nothing to do to fall asleep: only then is its time up to date.
const SETTLE: Duration = Duration::from_millis(2);

/// A thread of another process.
pub(crate) struct Thread {
    process: u32,
    id: u32,
}

impl Thread {
    /// The thread of this name.
    pub(crate) fn find(process: u32, name: &str) -> Result<Self> {
        let tasks = format!("/proc/{process}/task");
        for task in fs::read_dir(&tasks)
            .with_context(|| format!("cannot read {tasks}: measuring needs Linux"))?
        {
            let path = task?.path();
            if fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name) {
                let id = path
                    .file_name()
                    .and_then(|name| name.to_str()?.parse().ok())
                    .context("a thread without a number")?;
                return Ok(Self { process, id });
            }
        }
        bail!("process {process} has no thread {name:?}")
    }

    /// Nanoseconds that it has been running, by the scheduler's own count. It must be idle.
    pub(crate) fn running_time(&self) -> Result<u64> {
        thread::sleep(SETTLE);
        let path = format!("/proc/{}/task/{}/schedstat", self.process, self.id);
        fs::read_to_string(&path)
            .with_context(|| format!("cannot read {path}: the kernel must have CONFIG_SCHED_INFO"))?
            .split_whitespace()
            .next()
            .and_then(|time| time.parse().ok())
            .with_context(|| format!("{path} has an unknown form"))
    }
}

/// Keeps Envoy's worker on one core and this thread off it. False when there is only one core to be had, or no right to choose.
pub(crate) fn separate(worker: &Thread) -> bool {
    let Ok(allowed) = sched_getaffinity(None) else {
        return false;
    };
    let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
    let (Some(first), Some(second)) = (cores.next(), cores.next()) else {
        return false;
    };
    let only = |core| {
        let mut set = CpuSet::new();
        set.set(core);
        set
    };
    let worker = i32::try_from(worker.id).ok().and_then(Pid::from_raw);
    worker.is_some()
        && sched_setaffinity(worker, &only(first)).is_ok()
        && sched_setaffinity(None, &only(second)).is_ok()
}

/// Lets this thread run on these cores again.
pub(crate) fn cores() -> Option<CpuSet> {
    sched_getaffinity(None).ok()
}

/// Undoes [`separate`] for this thread.
pub(crate) fn restore(cores: Option<CpuSet>) {
    if let Some(cores) = cores {
        // Only ever makes the next measurement's choice of cores smaller.
        let _stays_pinned = sched_setaffinity(None, &cores);
    }
}

/// Kibibytes of a process that are in memory.
pub(crate) fn resident_kib(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    fs::read_to_string(&path)
        .with_context(|| format!("cannot read {path}"))?
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .trim()
                .parse()
                .ok()
        })
        .with_context(|| format!("{path} names no VmRSS"))
}

/// Machine and programs that a run was made with.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Machine {
    /// Processor model.
    pub(crate) processor: String,
    /// Cores that may be used.
    pub(crate) cores: usize,
    /// Kernel.
    pub(crate) kernel: String,
    /// Envoy's own word.
    pub(crate) envoy: String,
    /// The compiler.
    pub(crate) rustc: String,
    /// Day of the run, in UTC.
    pub(crate) day: String,
}

impl Machine {
    /// This one.
    pub(crate) fn here(envoy: &Path) -> Self {
        let processor = fs::read_to_string("/proc/cpuinfo")
            .unwrap_or_default()
            .lines()
            .find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.trim() == "model name").then(|| value.trim().to_owned())
            });
        let version = said(Command::new(envoy).arg("--version"));
        Self {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: format!(
                "{} {}",
                std::env::consts::OS,
                said(Command::new("uname").arg("-r"))
            ),
            // "envoy  version: COMMIT/VERSION/STATE/BUILD/LIBRARY"
            envoy: version
                .split_once("version:")
                .and_then(|(_, version)| version.split('/').nth(1))
                .unwrap_or(&version)
                .to_owned(),
            rustc: said(Command::new("rustc").arg("--version")),
            day: said(Command::new("date").args(["-u", "+%Y-%m-%d"])),
        }
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout);
    String::from_utf8_lossy(&output.unwrap_or_default())
        .trim()
        .to_owned()
}
