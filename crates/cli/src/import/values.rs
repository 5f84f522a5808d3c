//! Named values and template marks.
//!
//! API Management replaces `{{name}}` before it reads a policy; `${name}`, `#{name}#` and `__name__` are the marks of
//! Terraform, of Azure DevOps and of common token-replacement steps. A value is text, put in once the element has been
//! read: it can neither add markup nor be replaced again.

use std::collections::BTreeMap;

/// The values that the person gave, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedValues(BTreeMap<String, String>);

/// The marks, each with how it begins and ends.
const MARKS: [(&str, &str); 4] = [("{{", "}}"), ("${", "}"), ("#{", "}#"), ("__", "__")];

/// Longer names are none; without an end to look for, a text full of `{{` would take squared time.
const MAX_MARK_BYTES: usize = 256;

/// So many marks without a value are named for one text.
const MAX_MISSING: usize = 16;

impl NamedValues {
    /// Sets a value; a later one replaces an earlier one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.trim().to_owned(), value.to_owned());
    }

    /// Takes the members of a JSON object. Numbers and booleans count as their text.
    ///
    /// # Errors
    /// A message for people when the text is no JSON object of such values.
    pub fn extend_from_json(&mut self, text: &str) -> Result<(), String> {
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|error| format!("is no JSON object of names and values: {error}"))?;
        for (name, value) in members {
            let text = match value {
                serde_json::Value::String(text) => text,
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::Bool(truth) => truth.to_string(),
                serde_json::Value::Null
                | serde_json::Value::Array(_)
                | serde_json::Value::Object(_) => {
                    return Err(format!("the value of \"{name}\" must be a string"));
                }
            };
            self.set(&name, &text);
        }
        Ok(())
    }

    /// Puts the values in.
    ///
    /// # Errors
    /// The marks for which there is no value, as they are written.
    pub(super) fn resolve(&self, text: &str) -> Result<String, Vec<String>> {
        let mut resolved = String::new();
        let mut missing = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some(mark) = mark(rest) {
                match self.0.get(mark.name) {
                    Some(value) => resolved.push_str(value),
                    None if missing.len() < MAX_MISSING => missing.push(mark.whole.to_owned()),
                    None => {}
                }
                rest = mark.after;
            } else {
                resolved.push(next);
                rest = rest.strip_prefix(next).unwrap_or_default();
            }
        }
        if missing.is_empty() {
            Ok(resolved)
        } else {
            Err(missing)
        }
    }
}

struct Mark<'a> {
    whole: &'a str,
    name: &'a str,
    after: &'a str,
}

fn mark(text: &str) -> Option<Mark<'_>> {
    let (begin, end) = MARKS
        .into_iter()
        .find(|(begin, _)| text.starts_with(begin))?;
    let inner = text.strip_prefix(begin)?;
    let near = inner
        .get(..inner.floor_char_boundary(MAX_MARK_BYTES))
        .unwrap_or(inner);
    let name = near.split_once(end)?.0;
    let after = inner.strip_prefix(name)?.strip_prefix(end)?;
    let whole = text.strip_suffix(after)?;
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_mark = match begin {
        // Two underscores may stand in any name, so only plain names between them are marks.
        "__" => name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain),
        _ => !name.contains(['{', '\n']) && !name.trim().is_empty(),
    };
    is_mark.then(|| Mark {
        whole,
        name: name.trim(),
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> NamedValues {
        let mut values = NamedValues::default();
        values.set("tenant", "T");
        values.set("var.aud", "<a>&{{tenant}}");
        values
    }

    #[test]
    fn each_kind_of_mark_is_replaced_also_inside_a_text() {
        let text = "https://x/{{ tenant }}/${tenant}/#{tenant}#/__tenant__/";
        assert_eq!(values().resolve(text).unwrap(), "https://x/T/T/T/T/");
    }

    #[test]
    fn a_value_is_text_and_is_not_replaced_again() {
        assert_eq!(values().resolve("${var.aud}").unwrap(), "<a>&{{tenant}}");
    }

    #[test]
    fn every_mark_without_a_value_is_named() {
        assert_eq!(
            values().resolve("{{a}}-${b}-#{c}#-__d__").unwrap_err(),
            ["{{a}}", "${b}", "#{c}#", "__d__"]
        );
    }

    #[test]
    fn what_is_no_mark_is_left_alone() {
        for text in [
            "{tenantid}",
            "a__b",
            "____",
            "$x",
            "#{x",
            "{{x",
            "__ a __",
            "é{€",
        ] {
            assert_eq!(values().resolve(text).unwrap(), text);
        }
    }

    #[test]
    fn a_file_of_values_holds_an_object_of_simple_values() {
        let mut values = NamedValues::default();
        values
            .extend_from_json(r#"{"a": "x", "b": 1, "c": true}"#)
            .unwrap();
        assert_eq!(values.resolve("{{a}}{{b}}{{c}}").unwrap(), "x1true");
        for text in ["[]", r#"{"a": []}"#, "{", r#"{"a": null}"#] {
            assert!(
                NamedValues::default().extend_from_json(text).is_err(),
                "{text}"
            );
        }
    }
}
