//! JSON Schema of the document.

use alloc::string::String;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::raw::{Challenge, Document, Policy};
use super::reader::{Field, Named};

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

/// The JSON Schema (draft 2020-12) of the configuration document. It says what form a document has; what only
/// [`check`](super::check) can tell (names that must exist, keys that must be usable) it does not say.
pub fn json_schema() -> Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let policy = generator.subschema_for::<Policy>();
    let mut root = generator.into_root_schema_for::<Document>().to_value();
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
