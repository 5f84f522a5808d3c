//! One log line for each refusal, as long as they are not too many.

use validate_jwt::Reason;
use validate_jwt::policy::Policy;
use validate_jwt::request::{Found, find_token};
use validate_jwt::time::Timestamp;
use validate_jwt::token::{digest, printable};
use validate_jwt::trace::Checked;

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
    /// Whether a refusal now would be written.
    pub(crate) fn is_open(&mut self, now: Timestamp) -> bool {
        if !log::log_enabled!(log::Level::Info) {
            return false;
        }
        self.settle(now);
        self.lines < MAX_LINES_PER_SECOND
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

    /// A refusal is not written. How many were kept back by it: none when the level would not have let it through.
    pub(crate) fn suppress(&mut self) -> usize {
        if !log::log_enabled!(log::Level::Info) {
            return 0;
        }
        self.suppressed = self.suppressed.saturating_add(1);
        1
    }

    /// Writes a refusal: its reason, its policy, what was expected and found, and a digest of the token.
    pub(crate) fn write(
        &mut self,
        reason: Reason,
        policy: Option<&Policy>,
        passes: bool,
        failed: Option<&Checked>,
        headers: &HeaderPairs,
    ) {
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
        if let Some(failed) = failed {
            describe(failed, &mut line);
        }
        if let Some(policy) = policy
            && let Found::Token(token) = find_token(headers, &policy.location)
        {
            line.push_str(&format!(", token {}", digest(token)));
        }
        log::info!("{line}");
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
