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
    if arguments.format == Format::Text && errors == 0 {
        let names: Vec<&str> = files
            .iter()
            .map(|(source, _)| source.name.as_str())
            .collect();
        let warned = match warnings {
            0 => String::new(),
            1 => ", with 1 warning".to_owned(),
            count => format!(", with {count} warnings"),
        };
        to_stdout(format!("ok: {}{warned}\n", names.join(", ")).as_bytes())?;
    }
    Ok(if is_bad { Status::Bad } else { Status::Good })
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
