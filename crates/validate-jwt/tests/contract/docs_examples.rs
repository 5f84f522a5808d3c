//! Whatever the pages and Envoy's files show as configuration is correct.
//!
//! Looked at are the fenced `json` and `yaml` blocks of all pages and the files under `envoy/`. A block that is a document of
//! ours, or holds one where Envoy, Istio and Envoy Gateway have it, is checked. A piece of a policy without keys is
//! checked beside a key.

use std::fs;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::places::PLACES;
use crate::support::{ED, errors, warnings};

/// Fields by which a policy names its keys; `policies` and `rules` have their own.
const SOURCES: [&str; 6] = [
    "azure_ad",
    "openid_configs",
    "jwks",
    "issuer_signing_keys",
    "policies",
    "rules",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files with this ending in a directory and below.
fn files(directory: &Path, endings: &[&str], into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, endings, into);
        } else if endings
            .iter()
            .any(|ending| path.extension().is_some_and(|found| found == *ending))
        {
            into.push(path);
        }
    }
}

/// The fenced blocks of a page: line, language, text.
fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, usize, String)> = None;
    for (number, line) in page.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let fence = line.trim_start().strip_prefix("```");
        open = match (open.take(), fence) {
            (None, Some(language)) => Some((
                number + 1,
                language.trim().to_string(),
                indent,
                String::new(),
            )),
            (None, None) => None,
            (Some((start, language, _, text)), Some(_)) => {
                blocks.push((start, language, text));
                None
            }
            (Some((start, language, indent, mut text)), None) => {
                text.push_str(line.get(indent..).unwrap_or(line.trim_start()));
                text.push('\n');
                Some((start, language, indent, text))
            }
        };
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn from_yaml(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(list) => list.iter().map(from_yaml).collect(),
        Yaml::Mapping(members) => {
            let named = members.iter().map(|(name, value)| {
                let name = match from_yaml(name) {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                (name, from_yaml(value))
            });
            named.collect::<Map<_, _>>().into()
        }
        Yaml::Tagged(_, inner) => from_yaml(inner),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("unresolved YAML"),
    }
}

/// What a block or file says, of several YAML documents each.
fn read(text: &str, language: &str) -> Result<Vec<Value>, String> {
    if language == "json" {
        let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return Ok(vec![value]);
    }
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    Ok(documents.iter().map(from_yaml).collect())
}

/// Whether an object is a document of ours, or a piece of a policy.
fn is_ours(members: &Map<String, Value>) -> bool {
    let known = |name: &str| {
        PLACES
            .iter()
            .filter(|place| place.path.is_empty())
            .any(|place| place.fields.iter().any(|(field, _)| *field == name))
    };
    // `keys` alone is a key set.
    !members.is_empty()
        && members.keys().all(|name| known(name))
        && members.keys().any(|name| name != "keys")
}

/// The documents of ours within a value.
fn documents(value: &Value, into: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| documents(value, into)),
        Value::Object(members) => {
            let is_carrier = members.get("@type").and_then(Value::as_str)
                == Some("type.googleapis.com/google.protobuf.StringValue");
            match members.get("value") {
                Some(Value::String(text)) if is_carrier => {
                    let document = serde_json::from_str(text);
                    into.push(document.unwrap_or_else(|error| panic!("{error}: {text}")));
                }
                _ => {}
            }
            // Where anything may stand, what names keys is ours. A `Struct` has its members in `value`.
            for carrier in ["pluginConfig", "config", "value"] {
                if let Some(Value::Object(found)) = members.get(carrier)
                    && found.keys().any(|name| SOURCES.contains(&name.as_str()))
                {
                    into.push(members[carrier].clone());
                }
            }
            members
                .iter()
                .filter(|(name, _)| *name != "pluginConfig")
                .for_each(|(_, value)| documents(value, into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Checks all documents in `text`; how many there were.
fn check(place: &str, text: &str, language: &str) -> usize {
    let values = match read(text, language) {
        Ok(values) => values,
        Err(error) => panic!("{place}: {error}\n{text}"),
    };
    let mut found = Vec::new();
    for value in &values {
        match value {
            Value::Object(members) if is_ours(members) => found.push(value.clone()),
            _ => documents(value, &mut found),
        }
    }
    for document in &found {
        let mut whole = document.clone();
        let members = whole.as_object_mut().unwrap();
        let is_piece = !members.keys().any(|name| SOURCES.contains(&name.as_str()));
        if is_piece {
            members.insert("jwks".into(), json!([{ "inline": ED.set("k") }]));
        }
        assert_eq!(errors(&whole), Vec::<String>::new(), "{place}: {document}");
        if !is_piece {
            assert_eq!(
                warnings(&whole),
                Vec::<String>::new(),
                "{place}: {document}"
            );
        }
    }
    found.len()
}

#[test]
fn every_configuration_in_the_docs_is_correct() {
    let mut pages = vec![root().join("README.md")];
    files(&root().join("docs"), &["md"], &mut pages);
    files(&root().join("envoy"), &["md"], &mut pages);
    let mut count = 0;
    for page in &pages {
        for (line, language, text) in blocks(&fs::read_to_string(page).unwrap()) {
            if matches!(language.as_str(), "json" | "yaml") {
                let place = format!("{}:{line}", page.display());
                count += check(&place, &text, &language);
            }
        }
    }
    assert!(count >= 9, "only {count} documents were found");
}

#[test]
fn every_configuration_in_envoys_files_is_correct() {
    let mut paths = Vec::new();
    files(&root().join("envoy"), &["yaml", "yml", "json"], &mut paths);
    let mut count = 0;
    for path in &paths {
        let language = if path.extension().is_some_and(|found| found == "json") {
            "json"
        } else {
            "yaml"
        };
        let text = fs::read_to_string(path).unwrap();
        count += check(&path.display().to_string(), &text, language);
    }
    assert!(count >= 1, "only {count} documents were found");
}

#[test]
fn the_reference_names_every_field() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    for place in PLACES {
        for (field, _) in place.fields {
            let named = [
                format!("`{field}`"),
                format!("`{}`", place.member(field)),
                format!("\"{field}\""),
            ];
            assert!(
                named.iter().any(|name| page.contains(name.as_str())),
                "{} is not in docs/configuration.md",
                place.member(field)
            );
        }
    }
}
