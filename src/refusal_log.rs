//! One log line for each refusal, as long as they are not too many.

use validate_jwt::Reason;
use validate_jwt::policy::Policy;
use validate_jwt::request::{Found, find_token};
use validate_jwt::time::Timestamp;
use validate_jwt::token::{digest, printable};
use validate_jwt::trace::{Checked, Observer};

use crate::pairs::HeaderPairs;

/// Lines that a worker writes in a second. Whoever sends bad tokens decides how many refusals there are; the disk must not fill
/// nor the worker slow down for it.
const MAX_LINES_PER_SECOND: u32 = 100;

/// Most values of a list that a line names.
const MAX_VALUES: usize = 8;

/// Writes the lines of one worker.
#[derive(Default)]
pub(crate) struct RefusalLog {
    second: i64,
    lines: u32,
    suppressed: u32,
}

impl RefusalLog {
    /// Listens to a decision that is made now.
    pub(crate) fn listen(&mut self, now: Timestamp) -> Listener {
        let writes = log::log_enabled!(log::Level::Info) && {
            self.settle(now);
            self.lines < MAX_LINES_PER_SECOND
        };
        Listener {
            writes,
            failed: None,
        }
    }

    /// Begins a new second if there is one, and says what the last one left out.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        if self.second == now.as_secs() {
            return;
        }
        if self.suppressed > 0 {
            log::info!(
                "{} more refusals in the second before were not logged",
                self.suppressed
            );
        }
        *self = Self {
            second: now.as_secs(),
            ..Self::default()
        };
    }

    /// Writes a refusal, or one that its policy only reports: its reason, its policy, what was expected and found, and a digest of
    /// the token. How many lines were kept back by it: one when there were too many, none when the log's level leaves it out.
    #[cold]
    #[inline(never)]
    pub(crate) fn write(
        &mut self,
        heard: Listener,
        reason: Reason,
        policy: Option<&Policy>,
        passes: bool,
        headers: &HeaderPairs,
    ) -> usize {
        if !heard.writes {
            let suppressed = u32::from(log::log_enabled!(log::Level::Info));
            self.suppressed = self.suppressed.saturating_add(suppressed);
            return suppressed as usize;
        }
        self.lines = self.lines.saturating_add(1);
        let outcome = if passes {
            "would be refused"
        } else {
            "refused"
        };
        let mut line = format!("{outcome}: {reason}");
        if let Some(policy) = policy {
            line.push_str(&format!(", policy {:?}", policy.name));
        }
        if let Some(failed) = &heard.failed {
            describe(failed, &mut line);
        }
        if let Some(policy) = policy
            && let Found::Token(token) = find_token(headers, &policy.location)
        {
            line.push_str(&format!(", token {}", digest(token)));
        }
        log::info!("{line}");
        0
    }
}

/// Hears what a line would tell of a decision.
pub(crate) struct Listener {
    writes: bool,
    failed: Option<Checked>,
}

impl Observer for Listener {
    fn checked(&mut self, ok: bool, make: impl FnOnce() -> Checked) {
        if !ok && self.writes {
            self.keep(make);
        }
    }
}

impl Listener {
    #[cold]
    #[inline(never)]
    fn keep(&mut self, make: impl FnOnce() -> Checked) {
        self.failed = Some(make());
    }
}

fn describe(failed: &Checked, line: &mut String) {
    if failed.found.is_empty() && failed.expected.is_empty() && failed.detail.is_empty() {
        return;
    }
    line.push_str(&format!(", {}", failed.check.as_str()));
    if !failed.detail.is_empty() {
        line.push_str(&format!(" ({})", failed.detail));
    }
    if !failed.found.is_empty() {
        line.push_str(&format!(" {}", list(&failed.found)));
    }
    if !failed.expected.is_empty() {
        line.push_str(&format!(", accepted: {}", list(&failed.expected)));
    }
}

fn list(values: &[String]) -> String {
    let mut shown: Vec<String> = values
        .iter()
        .take(MAX_VALUES)
        .map(|value| printable(value).into_owned())
        .collect();
    if values.len() > MAX_VALUES {
        shown.push(format!(
            "and {} more",
            values.len().saturating_sub(MAX_VALUES)
        ));
    }
    shown.join(", ")
}
