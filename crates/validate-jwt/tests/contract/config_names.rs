//! Words of the document, misspelt.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::places::{Form, PLACES};
use crate::support::{errors, policy};

/// `word` with a letter dropped, doubled, or swapped with its neighbour.
fn slips(word: &str) -> BTreeSet<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut slips = BTreeSet::new();
    for at in 0..letters.len() {
        let mut dropped = letters.clone();
        dropped.remove(at);
        slips.insert(dropped.into_iter().collect::<String>());
        let mut doubled = letters.clone();
        doubled.insert(at, letters[at]);
        slips.insert(doubled.into_iter().collect());
        if at > 0 {
            let mut swapped = letters.clone();
            swapped.swap(at - 1, at);
            slips.insert(swapped.into_iter().collect());
        }
    }
    slips.remove(word);
    slips.remove("");
    slips
}

#[test]
fn every_field_misspelt_by_a_letter_is_answered_with_its_name() {
    let mut tried = 0;
    for place in PLACES {
        for (name, _) in place.fields {
            for slip in slips(name) {
                // A slip of one name that is another one is no slip.
                if PLACES
                    .iter()
                    .filter(|other| other.path == place.path)
                    .any(|other| other.fields.iter().any(|(known, _)| **known == slip))
                {
                    continue;
                }
                tried += 1;
                let document = place.document(&slip, json!("x"));
                assert_eq!(
                    errors(&document),
                    [format!(
                        "{}: there is no field {slip:?} here; did you mean \"{name}\"?",
                        place.member(&slip)
                    )],
                    "{document}"
                );
            }
        }
    }
    assert!(tried > 1500, "{tried}");
}

#[test]
fn every_word_misspelt_by_a_letter_is_answered_with_it() {
    for place in PLACES {
        for (name, form) in place.fields {
            let Form::Word(words) = form else { continue };
            for word in *words {
                for slip in slips(word) {
                    let document = place.document(name, json!(slip));
                    assert_eq!(
                        errors(&document),
                        [format!(
                            "{}: {slip:?} is not known here; did you mean \"{word}\"?",
                            place.member(name)
                        )]
                    );
                }
            }
        }
    }
}

#[test]
fn an_algorithm_misspelt_is_answered_with_its_name() {
    for (slip, meant) in [
        ("rs256", "RS256"),
        ("RS265", "RS256"),
        ("RS-256", "RS256"),
        ("ES384 ", "ES384"),
        ("EDDSA", "EdDSA"),
        ("PPS512", "PS512"),
    ] {
        assert_eq!(
            errors(&policy(json!({ "algorithms": [slip] }))),
            [format!(
                "algorithms[0]: no algorithm {slip:?}; did you mean \"{meant}\"?"
            )]
        );
    }
}

#[test]
fn a_policy_that_does_not_exist_is_answered_with_the_one_that_is_near() {
    let document = |slip: &str| {
        json!({
            "policies": { "admin": policy(json!({})), "numbers": policy(json!({})) },
            "rules": [{ "match": { "path": "/" }, "policy": "numbers" }, { "policy": slip }],
        })
    };
    assert_eq!(
        errors(&document("admn")),
        ["rules[1].policy: no policy \"admn\"; did you mean \"admin\"?"]
    );
    for name in ["admin", "numbers"] {
        for slip in slips(name) {
            assert_eq!(
                errors(&document(&slip)),
                [format!(
                    "rules[1].policy: no policy {slip:?}; did you mean \"{name}\"?"
                )]
            );
        }
    }
    assert_eq!(
        errors(&document("colour")),
        ["rules[1].policy: no policy \"colour\"; known: \"admin\", \"numbers\""]
    );
}

#[test]
fn the_words_of_the_policy_file_are_understood_with_hyphens() {
    for (hyphens, name) in [
        ("header-name", "header_name"),
        ("openid-config", "openid_configs"),
        ("required-claims", "required_claims"),
        ("clock-skew", "clock_skew"),
        ("failed-validation-httpcode", "failed_validation_httpcode"),
    ] {
        assert_eq!(
            errors(&policy(json!({ hyphens: 1 }))),
            [format!(
                "{hyphens}: there is no field {hyphens:?} here; did you mean \"{name}\"?"
            )]
        );
    }
}

/// The table of the tests against the types themselves: a field without a row here would be without a test.
#[test]
fn the_tests_know_every_field_that_there_is() {
    let schema = validate_jwt::config::json_schema();
    let members = |value: &Value| -> BTreeSet<String> {
        value["properties"]
            .as_object()
            .map_or_else(BTreeSet::new, |fields| fields.keys().cloned().collect())
    };
    let mut stated: Vec<BTreeSet<String>> = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .map(members)
        .filter(|fields| !fields.is_empty())
        .collect();
    stated.push(members(&schema));
    let mut tested: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for place in PLACES {
        let fields = place.fields.iter().map(|(name, _)| (*name).to_string());
        tested.entry(place.path).or_default().extend(fields);
    }
    for fields in &stated {
        assert!(
            tested.values().any(|known| known == fields),
            "no row for {fields:?}"
        );
    }
    assert_eq!(stated.len(), tested.len());
}
