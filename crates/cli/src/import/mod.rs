//! Policies of Azure API Management as one configuration document.
//!
//! What is imported never lets through a request that the original refused: where the original cannot be said, or its
//! meaning is not known for certain, the stricter reading is taken and the report says so. An element is left out
//! altogether when leaving out a part of it would loosen it.

mod assemble;
mod clusters;
mod common;
mod condition;
mod csharp;
mod draft;
mod element;
mod entities;
mod entra;
mod jwt;
mod markup;
mod matching;
mod merge;
mod reading;
mod report;
mod rules;
mod scan;
mod values;

pub use report::{Cluster, ImportedPolicy, Note, Report};
pub use values::NamedValues;

use clusters::Clusters;
use draft::Draft;
use reading::Reading;
use rules::Group;
use scan::{Choose, Found, Scan};
use serde_json::Value;

use crate::diagnostics::Severity;
use crate::source::Source;

/// What the person says beside the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values for named values and template marks.
    pub values: NamedValues,
    /// Host, or `host:port`, and the name of its Envoy cluster.
    pub clusters: Vec<(String, String)>,
    /// The tenants that may call, where the original takes every organisation.
    pub allowed_tenants: Vec<String>,
}

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The document; `None` when nothing could be written that is no less strict.
    pub document: Option<Value>,
    /// What was imported, and the remarks.
    pub report: Report,
}

/// Imports files. `check` is the validity check of a finished document: a document that it refuses is not given out,
/// and its messages become errors of the report.
pub fn import(
    sources: &[Source],
    options: &Options,
    check: &dyn Fn(&Value) -> Result<(), Vec<String>>,
) -> Imported {
    let mut clusters = Clusters::new(&options.clusters);
    let mut notes = Vec::new();
    let mut files = Vec::new();
    for source in sources {
        files.push(read_file(source, options, &mut clusters, &mut notes));
    }
    let assembled = assemble::assemble(sources, &files, options, &mut notes);
    let mut document = assembled
        .document
        .filter(|_| files.iter().all(|file| file.is_whole));
    if let Some(Err(messages)) = document.as_ref().map(check) {
        document = None;
        notes.extend(messages.into_iter().map(|message| {
            Note {
                severity: Severity::Error,
                file: sources
                    .first()
                    .map_or_else(String::new, |source| source.name.clone()),
                line: None,
                item: "document".to_owned(),
                message,
            }
        }));
    }
    let text = document.as_ref().map(Value::to_string).unwrap_or_default();
    let clusters = clusters.into_used(|name| text.contains(&Value::from(name).to_string()));
    let policies = if document.is_some() {
        assembled.policies
    } else {
        Vec::new()
    };
    notes.sort_by_key(|note| {
        (
            sources.iter().position(|source| source.name == note.file),
            note.line,
        )
    });
    Imported {
        document,
        report: Report {
            policies,
            clusters,
            notes,
        },
    }
}

/// The policies of one file.
struct File {
    groups: Vec<Group>,
    chooses: Vec<Choose>,
    /// Whether every element of the file was seen.
    is_whole: bool,
}

fn read_file(
    source: &Source,
    options: &Options,
    clusters: &mut Clusters,
    notes: &mut Vec<Note>,
) -> File {
    let Scan {
        mut found,
        chooses,
        problems,
        unread,
    } = scan::scan(&source.text);
    let is_whole = found.len() < scan::MAX_ELEMENTS;
    let mut reading = Reading {
        source,
        values: &options.values,
        allowed_tenants: &options.allowed_tenants,
        clusters,
        notes,
        refused: false,
    };
    for at in unread {
        reading.warning(
            at,
            "CDATA",
            "a section of raw text that names one of the policies is not read",
        );
    }
    for problem in &problems {
        reading.error(problem.at, "policies", &problem.message);
    }
    if found.is_empty() {
        let message =
            "there is no <validate-jwt> and no <validate-azure-ad-token> in this file".to_owned();
        let (file, item) = (source.name.clone(), scan::POLICIES[0].to_owned());
        notes.push(Note {
            severity: Severity::Error,
            file,
            line: None,
            item,
            message,
        });
        return File {
            groups: Vec::new(),
            chooses,
            is_whole,
        };
    }
    if !problems.is_empty() {
        for one in &mut found {
            one.surroundings
                .uncertain
                .get_or_insert_with(|| "the elements around it are not properly nested".to_owned());
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for one in found {
        let (draft, id) = read_element(&mut reading, &one);
        let earlier = groups
            .iter_mut()
            .rfind(|group| group.surroundings == one.surroundings);
        let alone = |draft| Group {
            at: one.at,
            surroundings: one.surroundings.clone(),
            draft,
            elements: vec![one.at],
            id: id.clone(),
        };
        match earlier {
            None => groups.push(alone(draft)),
            Some(group) => match join(group, draft.as_ref()) {
                Ok(merged) => {
                    group.draft = merged;
                    group.elements.push(one.at);
                    group.id = group.id.take().or(id);
                }
                Err(why) => {
                    let line = source.line(group.at);
                    reading.error(one.at, scan::POLICIES[0], &format!("must hold beside the policy in line {line}, and one policy cannot say both: {why}"));
                    groups.push(alone(draft));
                }
            },
        }
    }
    File {
        groups,
        chooses,
        is_whole,
    }
}

/// Elements that must all hold are as good as lost when one of them is.
fn join(group: &Group, draft: Option<&Draft>) -> Result<Option<Draft>, &'static str> {
    match (&group.draft, draft) {
        (Some(first), Some(second)) => merge::merge(first, second).map(Some),
        _ => Ok(None),
    }
}

fn read_element(reading: &mut Reading<'_>, found: &Found) -> (Option<Draft>, Option<String>) {
    let element = match &found.element {
        Ok(element) => element,
        Err(problem) => {
            reading.error(problem.at, scan::POLICIES[0], &problem.message);
            return (None, None);
        }
    };
    reading.refused = false;
    let draft = if element.name == scan::POLICIES[0] {
        jwt::read(reading, element)
    } else {
        entra::read(reading, element)
    };
    let refused = reading.refused;
    let id = reading.attribute(element, "id").filter(|id| !id.is_empty());
    (Some(draft).filter(|_| !refused), id)
}
