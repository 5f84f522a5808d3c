//! The reader of documents against text that nobody wrote.

use proptest::prelude::*;
use validate_jwt_cli::diagnostics::render;
use validate_jwt_cli::document::{Tree, read};
use validate_jwt_cli::source::Source;

/// Every place lies in the file, and everything can be shown.
fn check(name: &str, text: &str) {
    let source = Source::new(name, text.to_owned());
    let contents = read(&source);
    for diagnostic in &contents.diagnostics {
        assert!(!render(&source, diagnostic, false).is_empty());
        let _ = diagnostic.to_json(&source);
    }
    for carried in &contents.carried {
        walk(&source, &carried.tree);
    }
    assert!(!contents.carried.is_empty() || !contents.diagnostics.is_empty());
}

fn walk(source: &Source, tree: &Tree) {
    assert!(
        tree.span.start <= tree.span.end && tree.span.end <= source.text.len(),
        "{:?}",
        tree.span
    );
    assert!(source.text.is_char_boundary(tree.span.start));
    tree.elements()
        .iter()
        .for_each(|element| walk(source, element));
    tree.members()
        .iter()
        .for_each(|member| walk(source, &member.value));
}

/// What means something in YAML and JSON.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "a",
        "b: ",
        "audiences: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        "\"",
        "'",
        "|\n",
        ">-\n",
        "&x ",
        "*x",
        "<<: ",
        "---\n",
        "...\n",
        "!!str ",
        "# c\n",
        "\\u00e9",
        "\\n",
        "1.5",
        "0x1",
        "null",
        "\r\n",
        "\t",
        "é",
        "😀",
        "%TAG",
        "? ",
        "'@type': x/google.protobuf.StringValue\nvalue: '{\"a\": 1}'\n",
    ]);
    prop_oneof![12 => known.prop_map(str::to_owned), 1 => ".{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_pieces_stops_the_reader(pieces in prop::collection::vec(piece(), 0..40)) {
        check("c.yaml", &pieces.concat());
    }

    #[test]
    fn json_in_a_string_has_places_in_the_file_or_none(inner in "[\\[\\]{}\":,a \\\\né1]{0,30}", style in 0..4_usize) {
        let json = serde_json::to_string(&inner).unwrap_or_default();
        let value = match style {
            0 => json,
            1 => format!("'{}'", inner.replace('\'', "''")),
            2 => format!("|\n        {}", inner.replace('\n', "\n        ")),
            _ => format!(">\n        {}", inner.replace('\n', "\n        ")),
        };
        check("envoy.yaml", &format!(
            "x:\n  '@type': t/envoy.extensions.filters.http.wasm.v3.Wasm\n  config:\n    name: validate_jwt\n    configuration:\n      \
             '@type': t/google.protobuf.StringValue\n      value: {value}\n"
        ));
    }
}

#[test]
fn long_files_take_linear_time() {
    for piece in [
        "- ", "[", "{a: ", "? ", "&a ", "'", "\"", "|\n", "a: b\n", "- a\n", "*a ", "---\n",
        "!!str ", "\n ", "%", "{\"a\":", "a ", "[a, ", "\u{e9}: ",
    ] {
        let started = std::time::Instant::now();
        let text = piece.repeat((1024 * 1024_usize).div_ceil(piece.len()));
        let _ = read(&Source::new("c.yaml", text));
        // Linear is under two seconds where not optimised; squared would be hours.
        assert!(
            started.elapsed().as_secs() < 20,
            "{piece:?}: {:?}",
            started.elapsed()
        );
    }
}
