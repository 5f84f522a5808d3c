//! Runs the commands that a person was shown, as they were shown.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::terminal::{Style, Terminal};

/// A command as it was shown.
pub(crate) struct Printed {
    /// For a POSIX shell; may set variables for those after it.
    pub(crate) text: String,
    /// What it must write to its standard output.
    pub(crate) in_output: Vec<String>,
}

/// Stands between what two commands write.
const END: &str = "--- end of command ---";

/// Runs all in one shell; `true` if each wrote what it must, or if there is no curl to run them with.
///
/// # Errors
///
/// When there is no shell.
pub(crate) fn holds(terminal: &Terminal, commands: &[Printed]) -> Result<bool> {
    if !has_curl() {
        terminal.line("There is no curl here: the commands above were not tried as they stand.");
        return Ok(true);
    }
    let outputs = run(commands)?;
    let failures = failures(commands, &outputs);
    for failure in &failures {
        terminal.line(&terminal.styled(Style::Bad, "A command does not do as it was shown:"));
        terminal.indented(None, &failure.command.text);
        let expected = format!("expected: {:?}, found:", failure.missing);
        terminal.indented(Some(Style::Bad), &expected);
        terminal.indented(None, failure.output.trim());
    }
    if failures.is_empty() {
        terminal.line("The commands above, run as they stand, come to the same.");
    }
    Ok(failures.is_empty())
}

/// A command that did not write what it must.
struct Failure<'a> {
    command: &'a Printed,
    missing: &'a str,
    output: &'a str,
}

fn failures<'a>(commands: &'a [Printed], outputs: &'a str) -> Vec<Failure<'a>> {
    let outputs = outputs.split(END).chain(std::iter::repeat(""));
    commands
        .iter()
        .zip(outputs)
        .flat_map(|(command, output)| {
            let missing = |part: &&String| !output.contains(part.as_str());
            command
                .in_output
                .iter()
                .filter(missing)
                .map(move |missing| Failure {
                    command,
                    missing,
                    output,
                })
        })
        .collect()
}

fn has_curl() -> bool {
    let version = Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

fn run(commands: &[Printed]) -> Result<String> {
    let script: String = commands
        .iter()
        .map(|command| format!("{}\necho '{END}'\n", command.text))
        .collect();
    let mut shell = Command::new("sh")
        // Everything is on this machine; a proxy from the environment would not reach it.
        .env("no_proxy", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run `sh`")?;
    if let Some(mut input) = shell.stdin.take() {
        input.write_all(script.as_bytes())?;
    }
    let output = shell.wait_with_output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, in_output: &[&str]) -> Printed {
        Printed {
            text: text.to_owned(),
            in_output: in_output.iter().map(|&part| part.to_owned()).collect(),
        }
    }

    #[test]
    fn commands_share_one_shell_and_each_is_held_to_its_own_output() {
        let commands = [
            printed("A='1 2'", &[]),
            printed("echo \"<$A>\"", &["<1 2>", "three"]),
            printed("false; echo \\\n  three", &["three"]),
            printed("exit", &[]),
            printed("echo four", &["four"]),
        ];
        let outputs = run(&commands).unwrap();
        let failures: Vec<_> = failures(&commands, &outputs)
            .into_iter()
            .map(|failure| (failure.command.text.as_str(), failure.missing))
            .collect();
        let expected = [(commands[1].text.as_str(), "three"), ("echo four", "four")];
        assert_eq!(failures, expected);
    }
}
