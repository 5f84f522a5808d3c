//! `docs/configuration.schema.json` is what the types say.

use std::path::Path;
use std::{env, fs};

use serde_json::Value;

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
