//! One module for each command, and what they have in common.

mod check;
mod envoy;
mod explain;
mod generate;
mod import;
mod load;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use crate::args::{Arguments, Command};
use crate::source::Source;

/// How a command ended; the numbers are the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The document is right, the request passes, everything was imported.
    Good,
    /// The document has errors, the request is refused, something could not be imported.
    Bad,
    /// The command line is wrong, a file cannot be read, an address cannot be reached.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Good => 0,
            Status::Bad => 1,
            Status::Failed => 2,
        })
    }
}

/// Why a command could not do its work; status 2.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A failure that has to do with a file.
    pub(crate) fn of_file(name: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self(format!("{name}: {error}"))
    }
}

/// Runs a command to its end. Failures are written to standard error.
#[must_use]
pub fn run(arguments: Arguments) -> Status {
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Envoy(arguments) => envoy::run(&arguments),
        Command::Schema => generate::schema(),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man => generate::man(),
    };
    result.unwrap_or_else(|Failure(message)| {
        to_stderr(&format!("error: {message}\n"));
        Status::Failed
    })
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(name: &str) -> Result<Source, Failure> {
    Source::read(name).map_err(|error| Failure::of_file(name, error))
}

/// Refuses a command line on which two things are to come from standard input.
pub(crate) fn read_stdin_once<'n>(names: impl Iterator<Item = &'n str>) -> Result<(), Failure> {
    if names.filter(|name| *name == "-").count() > 1 {
        return Err(Failure::new("standard input (-) can be read once only"));
    }
    Ok(())
}

/// JSON as files hold it: indented, with a line break at the end.
pub(crate) fn pretty(value: &Value) -> Result<String, Failure> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::of_file("document", error))?;
    text.push('\n');
    Ok(text)
}

/// Writes a result to standard output. A reader that has gone away, as `head` does, is no failure.
pub(crate) fn to_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::of_file("standard output", error))
        }
        _ => Ok(()),
    }
}

/// Writes a message for people. When standard error is gone nobody is there to be told.
pub(crate) fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether messages are coloured: on a terminal, unless `NO_COLOR` is set and not empty (no-color.org).
pub(crate) fn colours_stderr() -> bool {
    std::io::stderr().is_terminal() && colours_are_wanted()
}

/// The same for what is written to standard output.
pub(crate) fn colours_stdout() -> bool {
    std::io::stdout().is_terminal() && colours_are_wanted()
}

fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
