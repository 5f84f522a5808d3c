//! Configuration documents in the files that carry them.

use validate_jwt_cli::document::{Carrier, Contents, Value, read};
use validate_jwt_cli::source::Source;

fn contents(name: &str, text: &str) -> (Source, Contents) {
    let source = Source::new(name, text.to_owned());
    let contents = read(&source);
    (source, contents)
}

/// What stands in the file at a path of the only document that it carries.
fn at(name: &str, text: &str, path: &str) -> String {
    let (source, contents) = contents(name, text);
    assert!(
        contents.diagnostics.is_empty(),
        "{:#?}",
        contents.diagnostics
    );
    let [carried] = &*contents.carried else {
        return format!("{} documents", contents.carried.len());
    };
    source.slice(&carried.tree.place(path)).to_owned()
}

/// Message and line of the first error.
fn first_error(name: &str, text: &str) -> (String, Option<usize>) {
    let (source, contents) = contents(name, text);
    let Some(first) = contents.diagnostics.first() else {
        return ("no error".to_owned(), None);
    };
    (
        first.message.clone(),
        first.span.as_ref().map(|span| source.line(span.start)),
    )
}

const BOOTSTRAP: &str = r#"
static_resources:
  listeners:
  - filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          http_filters:
          - name: other
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config: {name: other, configuration: {"@type": type.googleapis.com/google.protobuf.StringValue, value: "not ours"}}
          - name: jwt
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                vm_config: {code: {local: {filename: /etc/envoy/validate_jwt.wasm}}}
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: VALUE
  clusters:
  - name: entra
    transport_socket:
      name: tls
      typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext}
  - name: plain
"#;

#[test]
fn json_in_each_kind_of_yaml_string_has_the_places_of_the_file() {
    for value in [
        r#"'{"rules": [{"policy": "é"}, {"policy": "admn"}]}'"#,
        r#""{\"rules\": [{\"policy\": \"\u00e9\"},\n {\"policy\": \"admn\"}]}""#,
        "|\n                    {\"rules\": [{\"policy\": \"é\"},\n                      {\"policy\": \"admn\"}]}",
        ">-\n                    {\"rules\": [{\"policy\": \"é\"},\n                    {\"policy\": \"admn\"}]}",
        "&config '{\"rules\": [{\"policy\": \"é\"},\n                    {\"policy\": \"admn\"}]}'",
    ] {
        let text = BOOTSTRAP.replace("VALUE", value);
        assert!(
            at("envoy.yaml", &text, "rules[1].policy").contains("admn"),
            "{value}"
        );
        let crlf = text.replace('\n', "\r\n");
        assert!(
            at("envoy.yaml", &crlf, "rules[1].policy").contains("admn"),
            "{value} with CRLF"
        );
    }
}

#[test]
fn a_struct_has_the_places_of_the_file() {
    let text = BOOTSTRAP
        .replace("StringValue\n", "Struct\n")
        .replace("VALUE", "{rules: [{policy: a}, {policy: \"ädmn\"}]}");
    assert_eq!(at("envoy.yaml", &text, "rules[1].policy"), "\"ädmn\"");
    assert_eq!(at("envoy.yaml", &text, "rules[1].policy"), "\"ädmn\"");
}

#[test]
fn clusters_of_a_bootstrap_come_with_the_document() {
    let (_, contents) = contents("envoy.yaml", &BOOTSTRAP.replace("VALUE", "'{}'"));
    let carried = &contents.carried[0];
    assert_eq!(carried.carrier, Carrier::EnvoyFilter);
    let clusters: Vec<(&str, bool)> = carried
        .bootstrap
        .as_ref()
        .unwrap()
        .clusters
        .iter()
        .map(|cluster| (cluster.name.as_str(), cluster.has_tls))
        .collect();
    assert_eq!(clusters, [("entra", true), ("plain", false)]);
}

#[test]
fn an_error_in_the_inner_json_is_shown_in_the_file() {
    let value = "|\n                    {\"rules\":\n                      [}\n";
    let text = BOOTSTRAP.replace("VALUE", value);
    let (message, line) = first_error("envoy.yaml", &text);
    assert!(message.starts_with("not JSON"), "{message}");
    assert_eq!(
        line,
        text.lines()
            .position(|line| line.trim() == "[}")
            .map(|index| index + 1)
    );
}

#[test]
fn a_filter_of_ours_without_configuration_or_with_a_wrong_type_is_an_error() {
    let text = BOOTSTRAP.replace("VALUE", "{a: 1}");
    assert!(first_error("envoy.yaml", &text).0.contains("does not fit"));
    let start = text.find("                configuration:\n").unwrap();
    let end = text.find("  clusters:").unwrap();
    let without = format!("{}{}", text.get(..start).unwrap(), text.get(end..).unwrap());
    assert!(
        first_error("envoy.yaml", &without)
            .0
            .contains("has no \"configuration\"")
    );
}

#[test]
fn bootstraps_in_json_are_read() {
    let text = r#"{"staticResources": {"listeners": [{"typedConfig": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {"rootId": "validate-jwt", "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue",
        "value": "{\"audiences\": [\"\\u0061\", \"b\"]}"}}}}]}}"#;
    assert_eq!(at("envoy.json", text, "audiences[1]"), "\\\"b\\\"");
}

#[test]
fn kubernetes_resources_of_several_documents_are_read() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n---\n\
        apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec:\n  url: oci://r/validate-jwt:1\n  pluginConfig:\n    audiences: [a]\n---\n\
        apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec:\n  url: oci://r/other:1\n  pluginConfig: {x: 1}\n---\n\
        apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyExtensionPolicy\nspec:\n  wasm:\n  - name: one\n    config: {}\n  - name: two\n    \
        code: {type: Image, image: {url: x/validate_jwt}}\n    config: {audiences: [b]}\n";
    let (_, contents) = contents("-", text);
    let carriers: Vec<Carrier> = contents
        .carried
        .iter()
        .map(|carried| carried.carrier)
        .collect();
    assert_eq!(
        carriers,
        [Carrier::WasmPlugin, Carrier::EnvoyExtensionPolicy]
    );
    assert_eq!(
        contents.carried[1]
            .tree
            .get("audiences")
            .unwrap()
            .elements()[0]
            .as_str(),
        Some("b")
    );
}

#[test]
fn a_document_with_misspelt_fields_is_still_a_configuration() {
    let (_, contents) = contents("c.yaml", "policie: {}\n");
    assert_eq!(contents.carried[0].carrier, Carrier::Document);
}

#[test]
fn a_file_without_our_configuration_is_an_error() {
    for text in [
        "",
        "# nothing\n",
        "apiVersion: v1\nkind: Service\n",
        "static_resources: {}\n",
        "---\n---\n",
    ] {
        assert!(
            first_error("x.yaml", text).0.contains("no configuration"),
            "{text}"
        );
    }
}

#[test]
fn members_that_are_there_twice_are_errors_at_the_second() {
    assert_eq!(
        first_error("c.yaml", "audiences: [a]\nissuers: []\naudiences: [b]\n"),
        ("\"audiences\" is there twice".to_owned(), Some(3))
    );
    assert_eq!(first_error("c.json", "{\"a\": 1,\n\"a\": 2}").1, Some(2));
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    let text = "policies:\n  a: &a {audiences: [x], clock_skew: 1}\n  b:\n    <<: *a\n    clock_skew: 0x10\n  c: *a\n";
    assert_eq!(at("c.yaml", text, "policies.b.clock_skew"), "0x10");
    assert_eq!(at("c.yaml", text, "policies.b.audiences[0]"), "x");
    let (_, contents) = contents("c.yaml", text);
    let b = contents.carried[0]
        .tree
        .get("policies")
        .unwrap()
        .get("b")
        .unwrap();
    assert_eq!(
        b.get("clock_skew").unwrap().value,
        Value::Number("16".to_owned())
    );
    assert_eq!(b.members().len(), 2);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    assert!(first_error("c.yaml", &text).0.contains("aliases"));
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1_000_000),
        "*a, ".repeat(1000)
    );
    assert!(first_error("c.yaml", &long).0.contains("aliases"));
    assert!(first_error("c.yaml", "a: &a [*a]\n").0.contains("alias"));
}

#[test]
fn what_cannot_be_read_is_an_error_with_a_place() {
    for (name, text) in [
        ("c.yaml", "a: [1\n"),
        ("c.yaml", "a: .inf\n"),
        ("c.yaml", "? [a]\n: b\n"),
        ("c.yaml", "<<: 1\n"),
        ("c.yaml", "a: *none\n"),
        ("c.json", "{\"a\": 1,}"),
        ("c.json", "a: 1"),
        ("c", "{\"a\": tru"),
    ] {
        assert!(first_error(name, text).1.is_some(), "{text}");
    }
    for opener in ["[", "{a: ", "- ", "{\"a\":["] {
        assert!(
            first_error("c.yaml", &opener.repeat(50_000)).1.is_some(),
            "{opener}"
        );
    }
}

#[test]
fn places_count_characters_that_are_longer_than_a_byte() {
    let text = "# ünïcödé €€€ 😀\naudiences: [ä, b]\n";
    assert_eq!(at("c.yaml", text, "audiences[1]"), "b");
    assert_eq!(at("c.yaml", text, "audiences[0]"), "ä");
}
