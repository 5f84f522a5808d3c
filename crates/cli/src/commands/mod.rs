//! One module for each command, and what they have in common.

mod generate;
mod import;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use crate::args::{Arguments, Command};

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
        Command::Import(arguments) => import::run(&arguments),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man => generate::man(),
    };
    result.unwrap_or_else(|Failure(message)| {
        to_stderr(&format!("error: {message}\n"));
        Status::Failed
    })
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
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
