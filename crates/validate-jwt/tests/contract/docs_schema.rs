//! `docs/configuration.schema.json` is what the types say.

use std::path::Path;
use std::{env, fs};

use serde_json::{Value, json};

use crate::places::{Form, PLACES};

/// Set it to anything to write the file anew.
const RENEW: &str = "RENEW_SCHEMA";

#[test]
fn the_schema_in_the_docs_is_that_of_the_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join("docs/configuration.schema.json");
    let schema = validate_jwt::config::json_schema();
    if env::var_os(RENEW).is_some() {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        fs::write(&file, text + "\n").unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let written: Value = serde_json::from_str(&written).unwrap_or_default();
    assert!(
        written == schema,
        "{} is out of date; renew it with: {RENEW}=1 cargo test -p validate-jwt --test contract docs_schema",
        file.display()
    );
}

#[test]
fn the_schema_has_the_limits_of_every_number_and_the_words_of_every_choice() {
    let schema = validate_jwt::config::json_schema();
    let structures = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .chain([&schema]);
    let structures: Vec<&Value> = structures.collect();
    for place in PLACES {
        for (name, form) in place.fields {
            // Of structures with a field of this name, one is this place's.
            let fields = || structures.iter().map(|one| &one["properties"][name]);
            let found = match form {
                Form::Number(from, to) => fields()
                    .any(|field| field["minimum"] == json!(from) && field["maximum"] == json!(to)),
                Form::Word(words) => fields().any(|field| {
                    let reference = field["$ref"].as_str().unwrap_or_default();
                    let pointer = reference.trim_start_matches('#');
                    schema.pointer(pointer).is_some_and(|choice| {
                        words
                            .iter()
                            .all(|word| choice.to_string().contains(&format!("\"{word}\"")))
                    })
                }),
                Form::List => {
                    fields().any(|field| (field["minItems"] == json!(1)) != (*name == "rules"))
                }
                Form::Text | Form::Flag | Form::Object | Form::Challenge | Form::Keys => true,
            };
            assert!(found, "{}", place.member(name));
        }
    }
}

#[test]
fn what_the_schema_demands_is_demanded() {
    let schema = validate_jwt::config::json_schema();
    for (structure, path) in [
        ("AzureAd", "azure_ad"),
        ("OpenIdConfig", "openid_configs[0]"),
        ("OutputHeader", "output_headers[0]"),
        ("RequiredClaim", "required_claims[0]"),
    ] {
        let place = PLACES.iter().find(|place| place.path == path).unwrap();
        for field in schema["$defs"][structure]["required"].as_array().unwrap() {
            let mut document = (place.base)();
            let here = document.pointer_mut(place.pointer).unwrap();
            let members = here.as_object_mut().unwrap();
            // `null` would be another mistake.
            assert!(members.remove(field.as_str().unwrap()).is_some());
            assert_eq!(crate::support::errors(&document).len(), 1, "{document}");
        }
    }
}
