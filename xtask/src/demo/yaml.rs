//! YAML as JSON values.

use anyhow::{Context as _, Result, bail};
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::Value;

/// The first document of a YAML text.
///
/// # Errors
///
/// When the text is no YAML, or has what JSON has no word for.
pub(crate) fn to_json(text: &str) -> Result<Value> {
    let documents = Yaml::load_from_str(text).context("no YAML")?;
    convert(documents.first().context("an empty document")?)
}

fn convert(yaml: &Yaml<'_>) -> Result<Value> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => Value::from(*value),
        Yaml::Value(Scalar::Integer(value)) => Value::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => Value::from(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        Yaml::Sequence(items) => items
            .iter()
            .map(convert)
            .collect::<Result<Vec<_>>>()?
            .into(),
        Yaml::Mapping(members) => {
            let mut object = serde_json::Map::new();
            for (name, value) in members {
                let name = name.as_str().context("a member whose name is no string")?;
                object.insert(name.to_owned(), convert(value)?);
            }
            object.into()
        }
        other => bail!("{other:?} has no counterpart in JSON"),
    })
}
