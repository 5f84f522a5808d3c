//! YAML with places: several documents, anchors, aliases and merge keys.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use super::json::twice;
use super::scalar;
use super::tree::{Member, Tree, Value};
use crate::diagnostics::Diagnostic;
use crate::source::{Source, Span};

/// All values of a file together, those that aliases repeat included, are at most so many: ten aliases of ten
/// aliases, ten times over, would otherwise fill the memory from one screen of text.
const MAX_NODES: usize = 500_000;

/// A long text counts as one more value for each of these bytes, as aliases repeat it too.
const BYTES_PER_NODE: usize = 64;

/// Values inside one another, as many as `serde_json` takes.
const MAX_DEPTH: usize = 128;

/// Reads all documents of a file; empty ones are left out.
///
/// # Errors
/// The first error that ends the reading.
pub(super) fn parse(
    source: &Source,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<Tree>, Diagnostic> {
    let bytes = ByteOffsets::new(&source.text);
    let mut builder = Builder {
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        diagnostics,
    };
    for event in Parser::new(StrInput::new(&source.text)) {
        let (event, span) = event.map_err(|error| syntax_error(&error, &bytes))?;
        let span = bytes.get(span.start.index())..bytes.get(span.end.index());
        builder.event(event, span)?;
    }
    Ok(builder.documents)
}

fn syntax_error(error: &ScanError, bytes: &ByteOffsets) -> Diagnostic {
    let at = bytes.get(error.marker().index());
    Diagnostic::error(
        format!("not YAML: {}", error.info()),
        Some(at..at.saturating_add(1)),
    )
}

/// The parser counts characters, everything here bytes.
struct ByteOffsets {
    /// Empty when every character is one byte.
    offsets: Vec<usize>,
    length: usize,
}

impl ByteOffsets {
    fn new(text: &str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            offsets,
            length: text.len(),
        }
    }

    fn get(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            return character.min(self.length);
        }
        self.offsets.get(character).copied().unwrap_or(self.length)
    }
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    start: usize,
    kind: OpenKind,
    /// Values in it, itself included.
    nodes: usize,
}

enum OpenKind {
    Array(Vec<Tree>),
    Object(Box<OpenObject>),
}

#[derive(Default)]
struct OpenObject {
    members: Vec<Member>,
    names: HashSet<String>,
    key: Option<(String, Span)>,
    merged: Vec<Member>,
}

struct Builder<'d> {
    documents: Vec<Tree>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Tree, usize)>,
    nodes: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Alias(anchor) => {
                let Some(nodes) = self.anchors.get(&anchor).map(|(_, nodes)| *nodes) else {
                    return Err(Diagnostic::error(
                        "this alias stands inside the value that it names",
                        Some(span),
                    ));
                };
                self.count(nodes, &span)?;
                let Some((tree, _)) = self.anchors.get(&anchor).cloned() else {
                    return Ok(());
                };
                self.add(tree, nodes, span)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_string = style != ScalarStyle::Plain
                    || tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if is_string {
                    Value::String(text.into_owned())
                } else {
                    scalar::plain(&text).ok_or_else(|| {
                        Diagnostic::error(format!("JSON has no number {text}"), Some(span.clone()))
                    })?
                };
                let length = if let Value::String(text) = &value {
                    text.len()
                } else {
                    0
                };
                let nodes = length.div_ceil(BYTES_PER_NODE).max(1);
                self.count(nodes, &span)?;
                self.finish(
                    Tree {
                        value,
                        span: span.clone(),
                    },
                    nodes,
                    anchor,
                    span,
                )
            }
            Event::SequenceStart(anchor, _) => {
                self.open(anchor, OpenKind::Array(Vec::new()), &span)
            }
            Event::MappingStart(anchor, _) => {
                self.open(anchor, OpenKind::Object(Box::default()), &span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = match open.kind {
                    OpenKind::Array(elements) => Value::Array(elements),
                    OpenKind::Object(object) => Value::Object(with_merged(*object)),
                };
                let whole = open.start..span.end.max(open.start);
                self.finish(
                    Tree {
                        value,
                        span: whole.clone(),
                    },
                    open.nodes,
                    open.anchor,
                    whole,
                )
            }
        }
    }

    fn count(&mut self, nodes: usize, span: &Span) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message =
                format!("more than {MAX_NODES} values, those repeated by aliases included");
            return Err(Diagnostic::error(message, Some(span.clone())));
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, kind: OpenKind, span: &Span) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Diagnostic::error(
                format!("more than {MAX_DEPTH} values inside one another"),
                Some(span.clone()),
            ));
        }
        if let Some(Open {
            kind: OpenKind::Object(object),
            ..
        }) = self.open.last()
            && object.key.is_none()
        {
            return Err(Diagnostic::error(
                "the name of a member must be a plain text",
                Some(span.clone()),
            ));
        }
        self.count(1, span)?;
        self.open.push(Open {
            anchor,
            start: span.start,
            kind,
            nodes: 1,
        });
        Ok(())
    }

    fn finish(
        &mut self,
        tree: Tree,
        nodes: usize,
        anchor: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if anchor > 0 {
            self.count(nodes, &span)?;
            self.anchors.insert(anchor, (tree.clone(), nodes));
        }
        self.add(tree, nodes, span)
    }

    /// Puts a finished value where it belongs. `span` is where it, or its alias, stands.
    fn add(&mut self, tree: Tree, nodes: usize, span: Span) -> Result<(), Diagnostic> {
        let Some(open) = self.open.last_mut() else {
            if tree.value != Value::Null {
                self.documents.push(tree);
            }
            return Ok(());
        };
        open.nodes = open.nodes.saturating_add(nodes);
        match &mut open.kind {
            OpenKind::Array(elements) => elements.push(tree),
            OpenKind::Object(object) => match object.key.take() {
                None => object.key = Some((key_text(tree, &span)?, span)),
                Some((name, key_span)) if name == "<<" => {
                    merge(&mut object.merged, tree, key_span)?
                }
                Some((name, key_span)) => {
                    if !object.names.insert(name.clone()) {
                        self.diagnostics.push(twice(&name, key_span.clone()));
                    }
                    object.members.push(Member {
                        key: name,
                        key_span,
                        value: tree,
                    });
                }
            },
        }
        Ok(())
    }
}

fn key_text(tree: Tree, span: &Span) -> Result<String, Diagnostic> {
    match tree.value {
        Value::String(text) | Value::Number(text) => Ok(text),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null => Ok("null".to_owned()),
        Value::Array(_) | Value::Object(_) => Err(Diagnostic::error(
            "the name of a member must be a plain text",
            Some(span.clone()),
        )),
    }
}

/// The members behind `<<`: a mapping or a list of mappings, of which earlier ones win.
fn merge(merged: &mut Vec<Member>, tree: Tree, key_span: Span) -> Result<(), Diagnostic> {
    match tree.value {
        Value::Object(members) => merged.extend(members),
        Value::Array(trees)
            if trees
                .iter()
                .all(|tree| matches!(tree.value, Value::Object(_))) =>
        {
            for tree in trees {
                merge(merged, tree, key_span.clone())?;
            }
        }
        _ => {
            return Err(Diagnostic::error(
                "\"<<\" takes a mapping or a list of mappings",
                Some(key_span),
            ));
        }
    }
    Ok(())
}

/// A member that is written wins over a merged one of the same name.
fn with_merged(object: OpenObject) -> Vec<Member> {
    let OpenObject {
        mut members,
        mut names,
        merged,
        ..
    } = object;
    for member in merged {
        if names.insert(member.key.clone()) {
            members.push(member);
        }
    }
    members
}
