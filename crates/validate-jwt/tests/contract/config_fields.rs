//! Types, limits and contradictions of single fields: what is found, where, and what to write instead.

use serde_json::{Value, json};
use validate_jwt::config::{Severity, check_json};

use crate::places::{Form, PLACES, right_value};
use crate::support::{ED, OTHER, errors, found, merge, policy};

/// One value of each JSON type, and what messages call it.
fn samples() -> [(Value, &'static str); 6] {
    [
        (json!(null), "found null"),
        (json!(true), "found true"),
        (json!(1.5), "found 1.5"),
        (json!("x"), "found \"x\""),
        (json!([]), "found a list"),
        (json!({}), "found an object"),
    ]
}

fn is_of_form(value: &Value, form: Form) -> bool {
    match form {
        Form::Text => value.is_string(),
        Form::Flag => value.is_boolean(),
        Form::List => value.is_array(),
        Form::Object | Form::Keys => value.is_object(),
        Form::Number(..) => value.is_u64(),
        // A wrong word is no wrong type; it has a test of its own.
        Form::Word(_) => value.is_string(),
        Form::Challenge => value.is_boolean() || value.is_object(),
    }
}

fn wanted(form: Form) -> String {
    match form {
        Form::Text => "write a string".into(),
        Form::Flag => "write true or false".into(),
        Form::List => "write a list".into(),
        Form::Object => "write an object".into(),
        Form::Keys => "write a JWK set".into(),
        Form::Challenge => "false".into(),
        Form::Number(..) => "write a whole number".into(),
        Form::Word(words) => format!("write one of \"{}\"", words.join("\", \"")),
    }
}

#[test]
fn a_field_of_the_wrong_type_is_the_only_error_and_says_what_to_write() {
    for place in PLACES {
        for (name, form) in place.fields {
            for (value, what) in samples() {
                if is_of_form(&value, *form) {
                    continue;
                }
                let document = place.document(name, value);
                let errors: Vec<_> = found(&document)
                    .into_iter()
                    .filter(|one| one.severity == Severity::Error)
                    .collect();
                let [error] = errors.as_slice() else {
                    panic!("{document}: {errors:?}")
                };
                assert_eq!(error.path, place.member(name), "{document}");
                assert!(error.message.starts_with(what), "{document}: {error}");
                let help = error.help.as_deref().unwrap_or_default();
                assert!(help.contains(&wanted(*form)), "{document}: {error}");
            }
        }
    }
}

#[test]
fn a_number_is_taken_at_both_of_its_limits_and_refused_beyond() {
    for place in PLACES {
        for (name, form) in place.fields {
            let Form::Number(from, to) = *form else {
                continue;
            };
            for value in [from, to] {
                let document = place.document(name, json!(value));
                assert_eq!(errors(&document), Vec::<String>::new());
            }
            let mut beyond = vec![json!(to + 1), json!(-1), json!(u64::MAX), json!(1e300)];
            beyond.extend(from.checked_sub(1).map(Value::from));
            for value in beyond {
                let document = place.document(name, value.clone());
                let errors = errors(&document);
                let start = format!("{}: found {value}; write a ", place.member(name));
                let [error] = errors.as_slice() else {
                    panic!("{document}: {errors:?}")
                };
                assert!(error.starts_with(&start), "{error}");
                if value.is_u64() {
                    assert!(error.contains(&format!("from {from} to {to}")), "{error}");
                }
            }
        }
    }
}

#[test]
fn what_is_right_by_itself_is_taken() {
    for place in PLACES {
        for (name, form) in place.fields {
            if let Some(value) = right_value(*form) {
                let document = place.document(name, value);
                // A rule that passes requests names no policy beside.
                if *name != "allow_anonymous" {
                    assert_eq!(errors(&document), Vec::<String>::new(), "{document}");
                }
            }
        }
    }
}

#[test]
fn a_list_that_could_match_nothing_is_an_error_at_its_place() {
    for place in PLACES {
        for (name, form) in place.fields {
            // No rules are no mistake: the policies are for route metadata then.
            if !matches!(form, Form::List) || *name == "rules" {
                continue;
            }
            let document = place.document(name, json!([]));
            let errors = errors(&document);
            let start = format!(
                "{}: the list is empty; write at least a",
                place.member(name)
            );
            assert!(
                matches!(errors.as_slice(), [error] if error.starts_with(&start)),
                "{document}: {errors:?}"
            );
        }
    }
}

#[test]
fn an_empty_text_is_refused_in_every_list_of_texts() {
    for (field, help) in [
        ("issuers", "write an issuer"),
        ("audiences", "write an audience"),
        ("token_types", "write a type"),
    ] {
        assert_eq!(
            errors(&policy(json!({ field: ["a", ""] }))),
            [format!("{field}[1]: found an empty text; {help}")]
        );
        let found = errors(&policy(json!({ field: ["a", 5] })));
        assert_eq!(found, [format!("{field}[1]: found 5; write a string")]);
    }
    // An empty value is a value: a claim may be an empty text.
    let claim = json!({ "required_claims": [{ "name": "n", "values": [""] }] });
    assert_eq!(errors(&policy(claim)), Vec::<String>::new());
}

#[test]
fn a_policy_without_any_source_of_keys_is_refused() {
    assert_eq!(
        errors(&json!({ "audiences": ["a"] })),
        [
            "the policy has no keys to verify tokens with; write `azure_ad`, `openid_configs`, `jwks` or `issuer_signing_keys`"
        ]
    );
}

#[test]
fn symmetric_and_asymmetric_keys_may_stand_together_with_their_algorithms_named() {
    let mut document = policy(json!({ "algorithms": ["HS256", "EdDSA"] }));
    merge(
        &mut document,
        json!({ "issuer_signing_keys": [{ "id": "s", "value": "c2VjcmV0" }] }),
    );
    assert_eq!(errors(&document), Vec::<String>::new());
    assert_ne!(ED.key(), OTHER.key());
}

#[test]
fn what_is_no_document_is_one_error() {
    for (text, start) in [
        ("", "the document is empty"),
        (" \n", "the document is empty"),
        ("{", "the document is not JSON"),
        ("[]", "found a list; write an object"),
        ("\"x\"", "found \"x\"; write an object"),
        ("null", "found null; write an object"),
        (
            "{\"policies\": {}}",
            "policies: there is no policy; write at least one",
        ),
        (
            "{\"rules\": []}",
            "`rules` without `policies`; write the policies",
        ),
    ] {
        let found = check_json(text.as_bytes()).diagnostics;
        assert!(
            matches!(found.as_slice(), [one] if one.to_string().starts_with(start)),
            "{text}: {found:?}"
        );
    }
    let long = vec![b' '; validate_jwt::config::MAX_DOCUMENT_BYTES + 1];
    assert_eq!(check_json(&long).diagnostics.len(), 1);
}
