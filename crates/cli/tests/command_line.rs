//! The command itself: exit status, streams and files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const GOOD: &str = "<validate-jwt header-name='Authorization' require-scheme='Bearer'><openid-config url='https://issuer.example/x'/></validate-jwt>";

#[expect(
    clippy::unwrap_used,
    reason = "a test that cannot start the command has failed"
)]
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_validate-jwt"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments does not wait for the input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

#[test]
fn a_document_goes_to_standard_output_and_messages_do_not() {
    let output = run(&["import", "-"], GOOD.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["openid_configs"][0]["cluster"], "issuer_example");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("warning: algorithms: ")
    );
}

#[test]
fn an_error_gives_status_one_and_the_document_all_the_same() {
    let text = GOOD.replace("><openid", " require-signed-tokens='false'><openid");
    let output = run(&["import", "-"], text.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stdout.is_empty());
}

#[test]
fn a_file_named_for_the_document_stays_as_it_was_when_there_is_none() {
    let path = file("kept.json");
    std::fs::write(&path, "before").unwrap();
    let output = run(
        &["import", "-", "-o", path.to_str().unwrap()],
        b"<validate-jwt token-value='@(x)'/>",
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    assert!(output.stdout.is_empty());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_report_is_json_in_a_file_or_on_standard_output() {
    let (document, report) = (file("document.json"), file("report.json"));
    let output = run(
        &[
            "import",
            "-",
            "-o",
            document.to_str().unwrap(),
            "--report",
            "-",
        ],
        GOOD.as_bytes(),
    );
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["policies"][0]["name"], "policy");
    let output = run(
        &["import", "-", "--report", report.to_str().unwrap()],
        GOOD.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(0));
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert_eq!(written, printed);
    std::fs::remove_file(document).unwrap();
    std::fs::remove_file(report).unwrap();
}

#[test]
fn what_is_wrong_with_the_command_line_gives_status_two() {
    let none = file("none.xml");
    for arguments in [
        &["import"][..],
        &["import", none.to_str().unwrap()],
        &["import", "-", "-"],
        &["import", "-", "--report", "-"],
        &["import", "-", "--set", "x"],
        &["import", "-", "--named-values", none.to_str().unwrap()],
        &["import", "-", "-o", "/nonexistent/folder/x.json"],
        &["unknown"],
        &[],
    ] {
        let output = run(arguments, GOOD.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_line_with_a_key_is_not_shown() {
    let text = "<validate-jwt header-name='A'>\n<issuer-signing-keys>\n<key>my!secret</key>\n</issuer-signing-keys></validate-jwt>";
    let output = run(&["import", "-"], text.as_bytes());
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(
        messages.contains("in line 3") && !messages.contains("my!secret"),
        "{messages}"
    );
}

#[test]
fn a_file_in_utf_16_is_named_as_such() {
    let output = run(&["import", "-"], b"\xFF\xFE<\0v\0");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("UTF-16"));
}

#[test]
fn set_comes_before_the_file_of_named_values() {
    let values = file("values.json");
    std::fs::write(&values, r#"{"host": "from-file.example"}"#).unwrap();
    let text = GOOD.replace("issuer.example", "{{host}}");
    let output = run(
        &[
            "import",
            "-",
            "--set",
            "host=from-set.example",
            "--named-values",
            values.to_str().unwrap(),
        ],
        text.as_bytes(),
    );
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("https://from-set.example/x")
    );
    std::fs::remove_file(values).unwrap();
}

#[test]
fn completions_and_the_manual_page_name_the_commands() {
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["man"],
    ] {
        let output = run(arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(
            String::from_utf8(output.stdout).unwrap().contains("import"),
            "{arguments:?}"
        );
    }
}
