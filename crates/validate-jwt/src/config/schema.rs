//! JSON Schema of the document.

use alloc::string::String;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use validate_jwt_jws::Algorithm;

use super::raw::{Challenge, Document, Policy};
use super::reader::{Field, Named};
use super::settings::{MAX_FETCH_TIMEOUT, MAX_SECONDS, MAX_TOKEN_CACHE_BYTES, MAX_WAIT_TIMEOUT};

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> alloc::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        alloc::format!("Named_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": values, "minProperties": 1 })
    }
}

/// `{ realm?, resource_metadata? }` or `false`.
pub(super) struct ChallengeOrFalse;

impl JsonSchema for ChallengeOrFalse {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "ChallengeOrFalse".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let challenge = generator.subschema_for::<Challenge>();
        json_schema!({ "anyOf": [{ "const": false }, challenge] })
    }
}

/// Any JSON object.
pub(super) struct AnyObject;

impl JsonSchema for AnyObject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "AnyObject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

/// Structures with the fields that each must have.
const REQUIRED: [(&str, &[&str]); 4] = [
    ("AzureAd", &["tenant_id", "cluster"]),
    ("OpenIdConfig", &["url", "cluster"]),
    ("OutputHeader", &["claim", "header"]),
    ("RequiredClaim", &["name"]),
];

/// Limits of numbers, as the checks have them.
const LIMITS: [(&str, &str, u64, u64); 10] = [
    ("Policy", "clock_skew", 0, 600),
    ("Policy", "max_token_bytes", 256, 65_536),
    ("Policy", "failed_validation_httpcode", 400, 599),
    ("Policy", "insufficient_claims_httpcode", 400, 599),
    ("Keys", "refresh_interval", 1, MAX_SECONDS),
    ("Keys", "min_refetch_interval", 1, MAX_SECONDS),
    ("Keys", "key_ttl", 0, MAX_SECONDS),
    ("Keys", "fetch_timeout", 1, MAX_FETCH_TIMEOUT),
    ("Keys", "wait_timeout", 0, MAX_WAIT_TIMEOUT),
    ("TokenCache", "max_bytes", 0, MAX_TOKEN_CACHE_BYTES),
];

/// Adds what the types do not say: what must be there, limits, lists that must not be empty, names of algorithms.
fn tighten(name: &str, schema: &mut Value) {
    for (_, required) in REQUIRED.iter().filter(|(of, _)| *of == name) {
        put(schema, "required", (*required).into());
    }
    let Some(Value::Object(fields)) = schema.get_mut("properties") else {
        return;
    };
    for (field, schema) in fields {
        if schema.get("type").and_then(Value::as_str) == Some("array") {
            put(schema, "minItems", 1.into());
        }
        for (_, _, from, to) in LIMITS
            .iter()
            .filter(|(of, limited, ..)| *of == name && limited == field)
        {
            put(schema, "minimum", (*from).into());
            put(schema, "maximum", (*to).into());
            if let Value::Object(members) = schema {
                members.remove("format");
            }
        }
        match field.as_str() {
            "algorithms" => {
                let names = Algorithm::ALL.iter().map(|algorithm| algorithm.name());
                let names: Value = names.chain(["Ed25519"]).collect();
                put(schema, "items", serde_json::json!({ "enum": names }));
            }
            "require_signed_tokens" => put(schema, "const", true.into()),
            _ => {}
        }
    }
}

fn put(schema: &mut Value, word: &str, value: Value) {
    if let Value::Object(members) = schema {
        members.insert(word.into(), value);
    }
}

/// The JSON Schema (draft 2020-12) of the configuration document. It says what form a document has; what only
/// [`check`](super::check) can tell (names that must exist, keys that must be usable) it does not say.
pub fn json_schema() -> Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let policy = generator.subschema_for::<Policy>();
    let mut root = generator.into_root_schema_for::<Document>().to_value();
    if let Some(Value::Object(structures)) = root.get_mut("$defs") {
        for (name, schema) in structures {
            tighten(name, schema);
        }
    }
    // The fields of a policy may stand at the top level instead of `policies` and `rules`.
    let name = String::from("Policy");
    let fields = root
        .pointer(&alloc::format!("/$defs/{name}/properties"))
        .cloned();
    drop(policy);
    if let (Some(Value::Object(fields)), Some(Value::Object(own))) =
        (fields, root.get_mut("properties"))
    {
        for (field, schema) in fields {
            if field != "extends" {
                own.entry(field).or_insert(schema);
            }
        }
    }
    root
}
