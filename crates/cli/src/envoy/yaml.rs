//! YAML text. JSON strings are YAML's double-quoted scalars, so that every text can be written as one.

use serde_json::Value;
use validate_jwt::config::Node;

/// A scalar: plain where nothing in it means anything to YAML, quoted otherwise.
pub(super) fn text(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'.'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain {
        text.to_owned()
    } else {
        escaped(&Value::from(text).to_string())
    }
}

/// The document as indented JSON, for a block scalar.
pub(super) fn json(document: &Node, indent: usize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    indented(&escaped(&text), indent)
}

/// The document as YAML in block style.
pub(super) fn block(document: &Node, indent: usize) -> String {
    let mut lines = String::new();
    write(document, indent, &mut lines);
    lines
}

/// The depth is bounded by the reader of documents.
fn write(node: &Node, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let deeper = indent.saturating_add(2);
    match node {
        Node::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                out.push_str(&format!("{pad}{}:", text(name)));
                value_after(value, deeper, out);
            }
        }
        Node::Array(elements) if !elements.is_empty() => {
            for element in elements {
                match element {
                    // The first member stands behind the dash.
                    Node::Object(members) if !members.is_empty() => {
                        let mut inner = String::new();
                        write(element, deeper, &mut inner);
                        out.push_str(&format!("{pad}- {}", inner.trim_start()));
                    }
                    other => {
                        out.push_str(&format!("{pad}-"));
                        value_after(other, deeper, out);
                    }
                }
            }
        }
        scalar => out.push_str(&format!("{pad}{}\n", flow(scalar))),
    }
}

fn value_after(value: &Node, indent: usize, out: &mut String) {
    let is_nested = match value {
        Node::Object(members) => !members.is_empty(),
        Node::Array(elements) => !elements.is_empty(),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => false,
    };
    if is_nested {
        out.push('\n');
        write(value, indent, out);
    } else {
        out.push_str(&format!(" {}\n", flow(value)));
    }
}

fn flow(scalar: &Node) -> String {
    match scalar {
        Node::String(value) => text(value),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// Characters that readers of YAML take for line breaks or refuse, as escapes of JSON: they occur in strings only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        let is_odd = !c.is_ascii() && (c.is_control() || !c.is_alphanumeric());
        if is_odd {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

fn indented(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    text.lines().map(|line| format!("{pad}{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_mean_something_to_yaml_are_quoted() {
        for plain in ["entra", "/etc/x.wasm", "a-b.c"] {
            assert_eq!(text(plain), plain);
        }
        for odd in [
            "yes",
            "1",
            "",
            "a: b",
            "#a",
            "outbound|443||x",
            "é",
            "~",
            "1e3",
        ] {
            assert!(text(odd).starts_with('"'), "{odd}");
        }
        assert_eq!(text("a\u{85}\u{1F600}"), r#""a\u0085\ud83d\ude00""#);
    }

    #[test]
    fn a_document_in_block_style_is_what_it_was() {
        let json = r#"{"a":[{"b":1,"c":[]},[2,"x: y"],null],"d e":{},"f":{"g":true}}"#;
        let node: Node = serde_json::from_str(json).unwrap();
        assert_eq!(
            block(&node, 0),
            "a:\n  - b: 1\n    c: []\n  -\n    - 2\n    - \"x: y\"\n  - null\n\"d e\": {}\nf:\n  g: true\n"
        );
    }
}
