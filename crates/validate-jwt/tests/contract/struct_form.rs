//! Documents as Envoy hands over a `google.protobuf.Struct`: in binary.

use proptest::prelude::*;
use serde_json::{Value, json};
use validate_jwt::config::{check_document, check_json};

use crate::places::PLACES;
use crate::support::policy;

fn varint(mut value: usize, into: &mut Vec<u8>) {
    while value > 0x7f {
        into.push(0x80 | u8::try_from(value & 0x7f).unwrap());
        value >>= 7;
    }
    into.push(u8::try_from(value).unwrap());
}

/// A field of length and content.
fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    varint(content.len(), &mut field);
    field.extend_from_slice(content);
    field
}

/// A `Struct`, its members in this order.
fn encode_struct(members: &[(&String, &Value)]) -> Vec<u8> {
    let entry = |(name, value): &(&String, &Value)| {
        let content = [bytes(1, name.as_bytes()), bytes(2, &encode_value(value))].concat();
        bytes(1, &content)
    };
    members.iter().flat_map(entry).collect()
}

fn encode_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![1 << 3, 0],
        Value::Bool(bit) => vec![4 << 3, u8::from(*bit)],
        Value::Number(number) => {
            let bits = number.as_f64().unwrap().to_le_bytes();
            [&[2 << 3 | 1][..], &bits].concat()
        }
        Value::String(text) => bytes(3, text.as_bytes()),
        Value::Object(members) => bytes(5, &encode_struct(&members.iter().collect::<Vec<_>>())),
        Value::Array(list) => {
            let elements: Vec<u8> = list
                .iter()
                .flat_map(|element| bytes(1, &encode_value(element)))
                .collect();
            bytes(6, &elements)
        }
    }
}

fn encode(document: &Value) -> Vec<u8> {
    let members = document.as_object().unwrap();
    encode_struct(&members.iter().collect::<Vec<_>>())
}

#[test]
fn a_struct_is_the_document_that_it_was_written_as() {
    for place in PLACES {
        let document = (place.base)();
        let json = check_json(document.to_string().as_bytes());
        let binary = check_document(&encode(&document));
        assert!(binary.config.is_some(), "{document}: {binary:?}");
        let mut both = [json, binary].map(|checked| {
            let config = checked.config.unwrap();
            let mut policies = config.policies;
            // A struct does not keep the order of members, and sources are numbered in that order.
            policies.sort_by(|one, other| one.name.cmp(&other.name));
            let mut sources: Vec<String> = Vec::new();
            for policy in &mut policies {
                let own = policy.sources.drain(..);
                sources.extend(own.map(|source| format!("{:?}", config.sources[source.0])));
            }
            (
                format!("{policies:?} {sources:?}"),
                format!("{:?}", config.keys),
            )
        });
        both.sort();
        assert_eq!(both[0], both[1]);
    }
}

#[test]
fn mistakes_in_a_struct_are_found_like_others() {
    let document =
        policy(json!({ "clock_skew": 601, "audience": ["a"], "max_token_bytes": 1000.5 }));
    let mut json: Vec<String> = check_json(document.to_string().as_bytes())
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut binary: Vec<String> = check_document(&encode(&document))
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect();
    json.sort();
    binary.sort();
    assert_eq!(json, binary);
    assert!(json.len() >= 3);
}

#[test]
fn a_member_that_occurs_twice_in_a_struct_is_an_error() {
    let document = policy(json!({ "audiences": ["a"] }));
    let mut twice: Vec<(&String, &Value)> = document.as_object().unwrap().iter().collect();
    twice.push(twice[0]);
    let found = check_document(&encode_struct(&twice));
    assert!(found.config.is_none());
    assert!(found.diagnostics[0].to_string().contains("occurs twice"));
}

#[test]
fn json_is_told_from_a_struct_whatever_it_begins_with() {
    let document = policy(json!({ "audiences": ["a"], "issuers": ["i"] }));
    for space in ["", "\n", "\n\n \t\r\n", "\n\u{20}\n"] {
        let text = format!("{space}{document}");
        let checked = check_document(text.as_bytes());
        assert!(checked.config.is_some(), "{:?}", checked.diagnostics);
    }
    for (text, start) in [
        ("", "the document is empty"),
        ("\n", "the document is empty"),
        ("\n{", "the document is not JSON"),
    ] {
        let found = check_document(text.as_bytes()).diagnostics;
        assert!(found[0].to_string().starts_with(start), "{found:?}");
    }
}

#[test]
fn nesting_without_end_is_refused_and_does_no_harm() {
    let mut deep = json!(null);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let document = json!({ "audiences": deep });
    assert!(check_document(&encode(&document)).config.is_none());
    let mut bytes_of = vec![];
    for _ in 0..100_000 {
        bytes_of.extend_from_slice(b"\x0a\xff\xff\x03");
    }
    assert!(check_document(&bytes_of).config.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_documents_are_refused_or_read_but_never_harm(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut damaged = encode(&policy(json!({ "audiences": ["a"], "clock_skew": 5, "challenge": false })));
        let at = at.index(damaged.len());
        if cut {
            damaged.truncate(at);
        } else {
            damaged[at] = byte;
        }
        let _either = check_document(&damaged);
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = check_document(&bytes);
    }
}
