//! `envoy` and `schema`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Folder, run};

/// Documents that need clusters of every kind.
fn documents() -> Vec<Value> {
    let azure = |cluster: &str| json!({"azure_ad": {"tenant_id": "contoso.example", "cluster": cluster}, "audiences": ["a"]});
    vec![
        azure("entra"),
        json!({"policies": {
            "a b": azure("upstream"),
            "ü: \u{2028}#": {"jwks": [{"url": "http://10.0.0.1:8080/k", "cluster": "outbound|80||x", "issuer": "i"}], "audiences": ["\u{85} 'a' \"b\" \\"]},
            "c": {"openid_configs": [{"url": "https://[::1]:8443/d", "cluster": "yes", "jwks_cluster": "keys"}], "audiences": ["a"], "max_token_bytes": 65536},
        }}),
        json!({"issuer_signing_keys": [{"value": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}], "audiences": ["a"]}),
    ]
}

fn bootstrap(folder: &Folder, document: &Value) -> String {
    let module =
        std::env::var("VALIDATE_JWT_WASM").unwrap_or_else(|_| "dist/validate_jwt.wasm".to_owned());
    let file = folder.file("config.json", &document.to_string());
    let mut arguments = vec![
        "envoy",
        &file,
        "--upstream",
        "backend.example:8080",
        "--module",
        &module,
    ];
    if document.to_string().contains("jwks_cluster") {
        arguments.extend(["--host", "keys=keys.example:443"]);
    }
    let written = run(&arguments);
    assert_eq!(written.status, 0, "{}", written.stderr);
    written.stdout
}

#[test]
fn a_bootstrap_passes_the_command_s_own_check_with_the_document_unchanged() {
    for document in documents() {
        let folder = Folder::new();
        let text = bootstrap(&folder, &document);
        let file = folder.file("envoy.yaml", &text);
        let checked = run(&["check", &file]);
        assert_eq!(checked.status, 0, "{}\n{text}", checked.stdout);
        // Written again from the bootstrap it is the same: nothing of the document was lost in YAML.
        let mut again = vec!["envoy", &file, "--upstream", "backend.example:8080"];
        if text.contains("jwks_cluster") {
            again.extend(["--host", "keys=keys.example:443"]);
        }
        let module = std::env::var("VALIDATE_JWT_WASM")
            .unwrap_or_else(|_| "dist/validate_jwt.wasm".to_owned());
        again.extend(["--module", &module]);
        assert_eq!(run(&again).stdout, text);
    }
}

#[test]
fn envoy_accepts_what_is_written() {
    let envoy = std::env::var("ENVOY_BIN")
        .expect("ENVOY_BIN names the Envoy to test with; cargo xtask test sets it");
    std::env::var("VALIDATE_JWT_WASM")
        .expect("VALIDATE_JWT_WASM names the module; cargo xtask test sets it");
    for document in documents() {
        let folder = Folder::new();
        let text = bootstrap(&folder, &document);
        let file = folder.file("envoy.yaml", &text);
        let output = Command::new(&envoy)
            .args(["--mode", "validate", "-c", &file])
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}\n{text}");
    }
}

#[test]
fn a_host_that_only_a_discovery_document_knows_must_be_given() {
    let folder = Folder::new();
    let file = folder.file("config.json", &documents()[1].to_string());
    let failed = run(&["envoy", &file, "--upstream", "b:1"]);
    assert_eq!(failed.status, 2);
    assert!(
        failed.stderr.contains("--host keys=HOST:PORT") && failed.stdout.is_empty(),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_cluster_of_two_hosts_and_a_host_for_no_cluster_are_errors() {
    let two = json!({"audiences": ["a"], "openid_configs": [
        {"url": "https://a.example/d", "cluster": "c"}, {"url": "https://b.example/d", "cluster": "c"},
    ]});
    let folder = Folder::new();
    let two = folder.file("two.json", &two.to_string());
    assert!(
        run(&["envoy", &two, "--upstream", "b:1"])
            .stderr
            .contains("two hosts")
    );
    let one = folder.file("one.json", &documents()[0].to_string());
    assert_eq!(
        run(&["envoy", &one, "--upstream", "b:1", "--host", "x=a:1"]).status,
        2
    );
    for arguments in [
        &["envoy", &one][..],
        &["envoy", &one, "--upstream", "b"],
        &["envoy", "/none", "--upstream", "b:1"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
    let wrong = folder.file("wrong.json", "{\"audience\": []}");
    assert_eq!(run(&["envoy", &wrong, "--upstream", "b:1"]).status, 1);
}

#[test]
fn kubernetes_resources_pass_the_command_s_own_check() {
    for kind in ["wasm-plugin", "envoy-extension-policy"] {
        for document in documents() {
            let folder = Folder::new();
            let file = folder.file("config.json", &document.to_string());
            let written = run(&[
                "envoy",
                &file,
                "--kind",
                kind,
                "--module",
                "oci://registry.example/validate-jwt:1",
            ]);
            assert_eq!(written.status, 0, "{}", written.stderr);
            let resource = folder.file("resource.yaml", &written.stdout);
            let checked = run(&["check", &resource]);
            assert_eq!(checked.status, 0, "{}\n{}", checked.stdout, written.stdout);
        }
    }
}

#[test]
fn a_bootstrap_reads_so() {
    let folder = Folder::new();
    let file = folder.file("config.json", &documents()[0].to_string());
    let written = run(&["envoy", &file, "--upstream", "backend:8080"]);
    insta::assert_snapshot!(written.stdout);
}

#[test]
fn the_schema_knows_the_fields_of_both_forms_of_a_document() {
    let schema = run(&["schema"]);
    let properties = &schema.json()["properties"];
    for field in ["policies", "rules", "keys", "azure_ad", "audiences"] {
        assert!(!properties[field].is_null(), "{field}");
    }
    assert_eq!(schema.stdout, run(&["schema"]).stdout);
}
