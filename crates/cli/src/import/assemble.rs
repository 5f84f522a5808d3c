//! Policies with names and rules, as one document.

use serde_json::{Map, Value, json};

use super::matching::Match;
use super::reading::quoted;
use super::report::{ImportedPolicy, Note};
use super::rules::{Group, rules};
use super::{File, Options};
use crate::diagnostics::Severity;
use crate::source::Source;

/// A document that is not yet checked.
pub(super) struct Assembled {
    pub(super) document: Option<Value>,
    pub(super) policies: Vec<ImportedPolicy>,
}

/// A group that can be written, under its name.
struct Named<'a> {
    source: &'a Source,
    group: &'a Group,
    policy: Value,
    name: String,
}

pub(super) fn assemble(
    sources: &[Source],
    files: &[File],
    options: &Options,
    notes: &mut Vec<Note>,
) -> Assembled {
    let mut named: Vec<Named<'_>> = Vec::new();
    let mut groups: usize = 0;
    for (source, file) in sources.iter().zip(files) {
        groups = groups.saturating_add(file.groups.len());
        for group in &file.groups {
            let Some(draft) = &group.draft else { continue };
            let name = free_name(group.id.as_deref().unwrap_or(source.stem()), &named);
            named.push(Named {
                source,
                group,
                policy: draft.to_json(),
                name,
            });
        }
    }
    let policies = named.iter().flat_map(imported).collect();
    let document = match named.as_slice() {
        [] => None,
        [only] if groups == 1 => {
            if let Some(file) = sources
                .iter()
                .zip(files)
                .find(|(source, _)| source.name == only.source.name)
                .map(|(_, file)| file)
            {
                condition_around(only.source, file, only.group, notes);
            }
            Some(only.policy.clone())
        }
        several => {
            let mut document = Map::new();
            let all: Map<String, Value> = several
                .iter()
                .map(|one| (one.name.clone(), one.policy.clone()))
                .collect();
            document.insert("policies".to_owned(), Value::Object(all));
            let rules = rules_of(sources, files, options, several, notes);
            if !rules.is_empty() {
                document.insert("rules".to_owned(), Value::Array(rules));
            }
            Some(Value::Object(document))
        }
    };
    Assembled { document, policies }
}

fn imported<'a>(named: &'a Named<'_>) -> impl Iterator<Item = ImportedPolicy> + 'a {
    named.group.elements.iter().map(|at| ImportedPolicy {
        name: named.name.clone(),
        file: named.source.name.clone(),
        line: named.source.line(*at),
    })
}

/// The name, or the name with `-2`, `-3` … when it is taken.
fn free_name(wanted: &str, named: &[Named<'_>]) -> String {
    let is_free = |name: &str| named.iter().all(|other| other.name != name);
    let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned())
        .chain(numbered)
        .find(|name| is_free(name))
        .unwrap_or_default()
}

/// Several APIs, in several files or several roots of one file, get no rules: the files do not say which is whose.
fn rules_of(
    sources: &[Source],
    files: &[File],
    options: &Options,
    named: &[Named<'_>],
    notes: &mut Vec<Note>,
) -> Vec<Value> {
    let ([source], [file]) = (sources, files) else {
        for (source, file) in sources.iter().zip(files) {
            for group in &file.groups {
                condition_around(source, file, group, notes);
            }
        }
        without_rules(sources, "several files are several APIs", notes);
        return Vec::new();
    };
    let first_root = file
        .groups
        .first()
        .map_or(0, |group| group.surroundings.root);
    if file
        .groups
        .iter()
        .any(|group| group.surroundings.root != first_root)
    {
        for group in &file.groups {
            condition_around(source, file, group, notes);
        }
        without_rules(
            sources,
            "several policy documents in one file are several APIs",
            notes,
        );
        return Vec::new();
    }
    let mut written = Vec::new();
    let mut always = false;
    for (group, planned) in
        file.groups
            .iter()
            .zip(rules(&file.groups, &file.chooses, &options.values))
    {
        let name = named
            .iter()
            .find(|one| std::ptr::eq(one.group, group))
            .map(|one| one.name.as_str());
        match (planned, name) {
            (Ok(alternatives), Some(name)) => {
                always |= alternatives.iter().any(|one| one.to_json().is_none());
                written.extend(alternatives.iter().map(|one| rule(one, name)));
            }
            (Err(why), Some(name)) => {
                let message = format!("no rule is written for policy \"{name}\": {why}");
                notes.push(note(source, Severity::Error, group.at, "rule", message));
            }
            // The policy was reported when it was read.
            (_, None) => {}
        }
    }
    if !written.is_empty() && !always {
        let at = file.groups.first().map_or(0, |group| group.at);
        let message =
            "what applies where no condition holds is not in the file; such requests are refused"
                .to_owned();
        notes.push(note(source, Severity::Warning, at, "otherwise", message));
    }
    written
}

fn without_rules(sources: &[Source], why: &str, notes: &mut Vec<Note>) {
    if let Some(source) = sources.first() {
        let message = format!(
            "{why}: no rules are written, and a policy is reached by the metadata of the route only"
        );
        notes.push(Note {
            severity: Severity::Warning,
            file: source.name.clone(),
            line: None,
            item: "rules".to_owned(),
            message,
        });
    }
}

fn rule(one: &Match, policy: &str) -> Value {
    let mut rule = Map::new();
    if let Some(conditions) = one.to_json() {
        rule.insert("match".to_owned(), conditions);
    }
    rule.insert("policy".to_owned(), json!(policy));
    Value::Object(rule)
}

/// Reports the conditions around a policy that is written without them.
fn condition_around(source: &Source, file: &File, group: &Group, notes: &mut Vec<Note>) {
    if let Some(why) = &group.surroundings.uncertain {
        notes.push(note(
            source,
            Severity::Error,
            group.at,
            "policies",
            format!("{why}; the policy is written for all requests"),
        ));
    }
    for (choose, index) in &group.surroundings.branches {
        let Some(branch) = file
            .chooses
            .get(*choose)
            .and_then(|choose| choose.branches.get(*index))
        else {
            continue;
        };
        let (item, text) = match &branch.condition {
            Some(condition) => ("when", format!("condition {}", quoted(&condition.value))),
            None => ("otherwise", "otherwise".to_owned()),
        };
        let message = format!(
            "{text} stands around the policy, which is written without it; write rules for the requests that it is for"
        );
        notes.push(note(source, Severity::Error, branch.at, item, message));
    }
}

fn note(source: &Source, severity: Severity, at: usize, item: &str, message: String) -> Note {
    Note {
        severity,
        file: source.name.clone(),
        line: Some(source.line(at)),
        item: item.to_owned(),
        message,
    }
}
