//! The documentation shows what the command prints.

use std::path::Path;

use crate::support::{root, run_in};

/// A line of a `console` block that is a command begins with `$ `; what follows up to the next one is its output.
#[test]
fn every_command_in_the_documentation_prints_what_stands_below_it() {
    let text = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/docs");
    let mut commands = 0;
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for shown in block.split("$ ").skip(1) {
            let (command, expected) = shown.split_once('\n').unwrap();
            let arguments = words(command);
            assert_eq!(arguments[0], "validate-jwt", "{command}");
            let arguments: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
            let run = run_in(&folder, &arguments, "");
            // A document on standard output is of more interest than remarks; both are shown, as a terminal does.
            let printed = format!("{}{}", run.stdout, run.stderr);
            let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
            let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
            assert_eq!(
                printed.join("\n").trim(),
                expected.join("\n").trim(),
                "{command}"
            );
            commands += 1;
        }
    }
    assert!(commands >= 5, "{commands} commands");
}

/// The words of a command line in single quotes or none.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
