//! `check`.

use serde_json::json;

use super::{Failure, Status, colours_stdout, pretty, read, read_stdin_once, to_stdout};
use crate::args::{CheckArguments, Format};
use crate::check::{Findings, check};
use crate::diagnostics::{Diagnostic, Severity, file_to_json, render};
use crate::source::Source;

pub(super) fn run(arguments: &CheckArguments) -> Result<Status, Failure> {
    read_stdin_once(arguments.files.iter().map(String::as_str))?;
    let mut files = Vec::new();
    for name in &arguments.files {
        let source = read(name)?;
        let findings = check(&source);
        files.push((source, findings));
    }
    match arguments.format {
        Format::Json => to_stdout(pretty(&to_json(&files))?.as_bytes())?,
        Format::Text => report(&files)?,
    }
    let count = |severity| {
        let all = files.iter().flat_map(|(_, findings)| &findings.diagnostics);
        all.filter(|one| one.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let is_bad = errors > 0 || (arguments.deny_warnings && warnings > 0);
    if arguments.format == Format::Text {
        to_stdout(summary(&files, errors, warnings, is_bad).as_bytes())?;
    }
    Ok(if is_bad { Status::Bad } else { Status::Good })
}

/// `ok: a.yaml, with 1 warning`, or `2 errors, 1 warning`.
fn summary(files: &[(Source, Findings)], errors: usize, warnings: usize, is_bad: bool) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let found = [counted(errors, "error"), counted(warnings, "warning")];
    let found: Vec<String> = found.into_iter().flatten().collect();
    if is_bad {
        return found.join(", ") + "\n";
    }
    let names: Vec<&str> = files
        .iter()
        .map(|(source, _)| source.name.as_str())
        .collect();
    let with = if found.is_empty() { "" } else { ", with " };
    format!("ok: {}{with}{}\n", names.join(", "), found.join(", "))
}

fn to_json(files: &[(Source, Findings)]) -> serde_json::Value {
    let files: Vec<_> = files
        .iter()
        .map(|(source, findings)| file_to_json(source, &findings.diagnostics))
        .collect();
    json!({ "files": files })
}

fn report(files: &[(Source, Findings)]) -> Result<(), Failure> {
    let coloured = colours_stdout();
    let mut text = String::new();
    for (source, findings) in files {
        for diagnostic in &findings.diagnostics {
            text.push_str(&for_people(source, findings, diagnostic, coloured));
        }
    }
    to_stdout(text.as_bytes())
}

/// The finding with its line, unless a secret stands there.
pub(super) fn for_people(
    source: &Source,
    findings: &Findings,
    diagnostic: &Diagnostic,
    coloured: bool,
) -> String {
    let secret_place = diagnostic
        .span
        .as_ref()
        .filter(|span| findings.secrets.are_on_lines_of(source, span));
    let Some(span) = secret_place else {
        return render(source, diagnostic, coloured);
    };
    let at = source.position(span.start);
    let path = diagnostic.path.as_deref().unwrap_or_default();
    let place = format!("{path} (line {}, column {})", at.line, at.column);
    let hidden = Diagnostic {
        path: Some(place.trim_start().to_owned()),
        span: None,
        ..diagnostic.clone()
    };
    render(source, &hidden, coloured)
}
