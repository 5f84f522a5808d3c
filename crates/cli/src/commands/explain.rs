//! `explain`.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use validate_jwt::time::Timestamp;

use super::check::for_people;
use super::load::{Loaded, load};
use super::{Failure, Status, colours_stdout, pretty, read, read_stdin_once, to_stdout};
use crate::args::{ExplainArguments, Format};
use crate::diagnostics::file_to_json;
use crate::document::Tree;
use crate::explain::{
    Explanation, KeyFile, Network, Question, SentRequest, Supply, Word, bare, decode_only, explain,
    to_json, to_text,
};

pub(super) fn run(arguments: &ExplainArguments) -> Result<Status, Failure> {
    let jwks: Vec<(Option<String>, String)> = arguments
        .jwks
        .iter()
        .map(|given| issuer_and_file(given))
        .collect();
    let token_file = arguments.token.as_deref().and_then(|token| {
        if token == "-" {
            Some("-")
        } else {
            token.strip_prefix('@')
        }
    });
    let inputs = token_file.into_iter().chain(arguments.config.as_deref());
    read_stdin_once(inputs.chain(jwks.iter().map(|(_, file)| file.as_str())))?;

    let token = match (&arguments.token, token_file) {
        (Some(_), Some(file)) => Some(bare(&read(file)?.text).to_owned()),
        (given, _) => given.as_deref().map(|given| bare(given).to_owned()),
    };
    let now = arguments.at.map_or_else(now, |at| at.0);
    let Some(file) = &arguments.config else {
        return print(arguments, &decode_only(token.as_deref(), now));
    };
    let (config, _, tree) = match load(file, arguments.document)? {
        Loaded::Good(loaded) => *loaded,
        Loaded::Bad(source, findings) => {
            let text = match arguments.format {
                Format::Json => {
                    pretty(&json!({"files": [file_to_json(&source, &findings.diagnostics)]}))?
                }
                Format::Text => findings
                    .diagnostics
                    .iter()
                    .map(|one| for_people(&source, &findings, one, colours_stdout()))
                    .collect(),
            };
            return to_stdout(text.as_bytes()).map(|()| Status::Bad);
        }
    };
    let request = SentRequest::new(
        &arguments.method,
        &arguments.host,
        &arguments.path,
        &arguments.headers,
    );
    let question = Question {
        request,
        route: arguments.policy.as_deref(),
        token: token.as_deref(),
        now,
        has_rules: has_rules(&tree),
    };
    let mut supply = supply(arguments, &jwks)?;
    let explanation = explain(config, question, &mut supply).map_err(Failure::new)?;
    print(arguments, &explanation)
}

fn has_rules(tree: &Tree) -> bool {
    tree.get("rules").is_some()
}

fn supply(
    arguments: &ExplainArguments,
    jwks: &[(Option<String>, String)],
) -> Result<Supply, Failure> {
    let mut files = Vec::with_capacity(jwks.len());
    for (issuer, file) in jwks {
        let text = read(file)?.text;
        files.push(KeyFile::parse(file, issuer.clone(), &text).map_err(Failure::new)?);
    }
    let network = match (arguments.fetch, &arguments.ca) {
        (false, _) => None,
        (true, None) => Some(Network::with_system_roots()),
        (true, Some(file)) => {
            let name = file.to_string_lossy();
            let pem = read(&name)?.text;
            let network = Network::with_roots(&pem);
            Some(network.map_err(|error| Failure::of_file(name, error))?)
        }
    };
    Ok(Supply::new(files, network))
}

/// `ISSUER=FILE` or `FILE`. Both may hold an equals sign: a file that is there decides.
fn issuer_and_file(given: &str) -> (Option<String>, String) {
    let is_file = |name: &str| name == "-" || std::path::Path::new(name).is_file();
    if is_file(given) {
        return (None, given.to_owned());
    }
    let splits = || given.match_indices('=');
    let split_at = |at: usize| given.split_at_checked(at);
    let fitting = splits()
        .filter_map(|(at, _)| split_at(at))
        .find(|(_, rest)| is_file(rest.trim_start_matches('=')));
    let split = fitting.or_else(|| splits().next_back().and_then(|(at, _)| split_at(at)));
    match split {
        Some((issuer, rest)) if !issuer.is_empty() => (
            Some(issuer.to_owned()),
            rest.strip_prefix('=').unwrap_or(rest).to_owned(),
        ),
        _ => (None, given.to_owned()),
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn print(arguments: &ExplainArguments, explanation: &Explanation) -> Result<Status, Failure> {
    let text = match arguments.format {
        Format::Json => pretty(&to_json(explanation))?,
        Format::Text => to_text(explanation, colours_stdout()),
    };
    to_stdout(text.as_bytes())?;
    let decision = explanation.outcome.as_ref().map(|outcome| outcome.decision);
    Ok(match decision {
        Some(Word::Deny) => Status::Bad,
        Some(Word::Allow | Word::Anonymous | Word::Report) | None => Status::Good,
    })
}
