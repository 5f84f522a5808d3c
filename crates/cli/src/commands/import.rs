//! `import`.

use std::path::Path;

use serde_json::Value;

use validate_jwt::config::{Severity, check_json};

use super::{Failure, Status, colours_stderr, pretty, read, read_stdin_once, to_stderr, to_stdout};
use crate::args::{Format, ImportArguments};
use crate::diagnostics::{self, Diagnostic};
use crate::import::{Imported, NamedValues, Note, Options, Report, import};
use crate::source::{Position, Source, Span};

pub(super) fn run(arguments: &ImportArguments) -> Result<Status, Failure> {
    if arguments.report.as_deref() == Some(Path::new("-")) && arguments.output.is_none() {
        return Err(Failure::new(
            "--report - needs -o FILE: standard output holds the document",
        ));
    }
    let inputs = arguments.files.iter().chain(&arguments.named_values);
    read_stdin_once(inputs.map(String::as_str))?;
    let sources = arguments
        .files
        .iter()
        .map(|name| read(name))
        .collect::<Result<Vec<_>, _>>()?;
    let options = Options {
        values: named_values(arguments)?,
        clusters: arguments.cluster.clone(),
        allowed_tenants: arguments.allowed_tenant.clone(),
    };
    let Imported { document, report } = import(&sources, &options, &check_document);
    if let Some(document) = document {
        let text = pretty(&document)?;
        match &arguments.output {
            Some(path) => write(path, &text)?,
            None => to_stdout(text.as_bytes())?,
        }
    }
    write_report(arguments, &report, &sources)?;
    Ok(if report.has_errors() {
        Status::Bad
    } else {
        Status::Good
    })
}

/// The last word on the document: the check that the filter makes.
fn check_document(document: &Value) -> Result<(), Vec<String>> {
    let checked = check_json(document.to_string().as_bytes());
    if checked.config.is_some() {
        return Ok(());
    }
    let errors = checked
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    Err(errors
        .map(|finding| format!("the document would be refused: {finding}"))
        .collect())
}

/// `--set` is written last, so that it wins over the files.
fn named_values(arguments: &ImportArguments) -> Result<NamedValues, Failure> {
    let mut values = NamedValues::default();
    for file in &arguments.named_values {
        values
            .extend_from_json(&read(file)?.text)
            .map_err(|message| Failure::of_file(file, message))?;
    }
    for (name, value) in &arguments.set {
        values.set(name, value);
    }
    Ok(values)
}

fn write_report(
    arguments: &ImportArguments,
    report: &Report,
    sources: &[Source],
) -> Result<(), Failure> {
    let json =
        pretty(&serde_json::to_value(report).map_err(|error| Failure::of_file("report", error))?)?;
    let to_standard_output = arguments.report.as_deref() == Some(Path::new("-"));
    match &arguments.report {
        Some(path) if !to_standard_output => write(path, &json)?,
        _ => {}
    }
    let wants_json = arguments.format == Format::Json;
    if to_standard_output || (wants_json && arguments.output.is_some()) {
        to_stdout(json.as_bytes())?;
    }
    if wants_json && arguments.output.is_none() {
        to_stderr(&json);
    } else if !wants_json {
        let coloured = colours_stderr();
        for note in &report.notes {
            to_stderr(&for_people(note, sources, coloured));
        }
    }
    Ok(())
}

fn for_people(note: &Note, sources: &[Source], coloured: bool) -> String {
    let empty = Source::new(&note.file, String::new());
    let source = sources
        .iter()
        .find(|source| source.name == note.file)
        .unwrap_or(&empty);
    let line = note.line.map(|line| line_of(source, line));
    // A line with a key may show a shared secret, and this output ends up in the logs of pipelines.
    let (path, span) = match (line, note.line) {
        (Some(span), Some(line)) if source.slice(&span).contains("<key") => {
            (format!("{} in line {line}", note.item), None)
        }
        (span, _) => (note.item.clone(), span),
    };
    let diagnostic = Diagnostic {
        severity: note.severity,
        message: note.message.clone(),
        help: None,
        path: Some(path),
        span,
    };
    diagnostics::render(source, &diagnostic, coloured)
}

/// The text of a line without the white space around it.
fn line_of(source: &Source, line: usize) -> Span {
    let start = source.offset(Position { line, column: 1 });
    let text = source
        .text
        .get(start..)
        .unwrap_or_default()
        .split('\n')
        .next()
        .unwrap_or_default();
    let indent = text.len().saturating_sub(text.trim_start().len());
    start.saturating_add(indent)..start.saturating_add(text.trim_end().len())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::of_file(path.display(), format!("cannot be written: {error}")))
}
