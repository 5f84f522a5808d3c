//! `check`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Folder, root, run, run_in};

const BOOTSTRAP: &str = r#"static_resources:
  listeners:
  - name: l
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          http_filters:
          - name: validate_jwt
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: |
                    {
                      "openid_configs": [
                        {"url": "https://a.example/d", "cluster": "plain", "jwks_cluster": "gone"},
                        {"url": "http://b.example/d", "cluster": "plain"},
                        {"url": "https://c.example/d", "cluster": "tls"}
                      ],
                      "audiences": ["a"]
                    }
  clusters:
  - name: plain
  - name: tls
    transport_socket:
      name: tls
      typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext}
"#;

/// Path, line and message of each finding in the only file.
fn findings(text: &str, name: &str) -> Vec<(Value, Value, String)> {
    let folder = Folder::new();
    let file = folder.file(name, text);
    let run = run(&["check", "--format", "json", &file]);
    let document = run.json();
    let diagnostics = document["files"][0]["diagnostics"]
        .as_array()
        .unwrap()
        .clone();
    let has_errors = diagnostics.iter().any(|one| one["severity"] == "error");
    assert_eq!(run.status, i32::from(has_errors), "{document:#}");
    diagnostics
        .iter()
        .map(|one| {
            let message = one["message"].as_str().unwrap().to_owned();
            (one["path"].clone(), one["line"].clone(), message)
        })
        .collect()
}

#[test]
fn clusters_are_looked_up_in_the_bootstrap_and_https_needs_tls() {
    let found = findings(BOOTSTRAP, "envoy.yaml");
    let places: Vec<(&Value, &Value)> = found.iter().map(|(path, line, _)| (path, line)).collect();
    let (cluster, jwks_cluster) = (
        json!("openid_configs[0].cluster"),
        json!("openid_configs[0].jwks_cluster"),
    );
    assert_eq!(
        places,
        [(&cluster, &json!(18)), (&jwks_cluster, &json!(18))],
        "{found:?}"
    );
    assert!(found[0].2.contains("no TLS") && found[1].2.contains("no cluster"));
}

#[test]
fn clusters_that_a_control_plane_may_bring_are_not_missed() {
    let text = format!("dynamic_resources: {{cds_config: {{}}}}\n{BOOTSTRAP}");
    let found = findings(&text, "envoy.yaml");
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_route_that_is_chosen_by_what_a_policy_changes_is_named() {
    let routes = r#"          route_config:
            virtual_hosts:
            - routes:
              - match: {prefix: /, headers: [{name: X-Tenant, string_match: {exact: a}}]}
              - match: {prefix: /, headers: [{name: x-other}, {name: x-token}]}
              - match: {prefix: /, queryParameters: [{name: access_token}, {name: page}]}
"#;
    let policy = r#"{"policies": {
                      "headers": {"issuer_signing_keys": [{"value": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}],
                        "algorithms": ["HS256"], "audiences": ["a"], "issuers": ["i"],
                        "header_name": "x-token", "forward_token": false,
                        "output_headers": [{"claim": "tid", "header": "x-tenant"}]},
                      "query": {"issuer_signing_keys": [{"value": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}],
                        "algorithms": ["HS256"], "audiences": ["a"], "issuers": ["i"],
                        "query_parameter_name": "access_token", "forward_token": false}}}
"#;
    let start = BOOTSTRAP.find("                    {").unwrap();
    let end = BOOTSTRAP.find("  clusters:").unwrap();
    let bootstrap = |policy: &str| {
        let text = format!(
            "{}                    {policy}{}",
            BOOTSTRAP.get(..start).unwrap(),
            BOOTSTRAP.get(end..).unwrap()
        );
        text.replace(
            "          http_filters:",
            &format!("{routes}          http_filters:"),
        )
    };
    let found = findings(&bootstrap(policy), "envoy.yaml");
    let named: Vec<(&str, u64)> = found
        .iter()
        .filter_map(|(_, line, message)| Some((message.split('"').nth(1)?, line.as_u64()?)))
        .collect();
    assert_eq!(
        named,
        [("x-tenant", 11), ("x-token", 12), ("access_token", 13)],
        "{found:?}"
    );
    let forwarded = policy.replace("\"forward_token\": false", "\"forward_token\": true");
    assert_eq!(findings(&bootstrap(&forwarded), "envoy.yaml").len(), 1);
}

#[test]
fn of_an_unknown_field_the_name_is_marked_whatever_its_value() {
    let text = "audiences: [a]\nissuer_signing_keys: [{value: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]\nissuers: [i]\n\
                scalar: /x\nlist: [x]\nobject: {x: y}\n";
    let folder = Folder::new();
    let file = folder.file("c.yaml", text);
    let document = run(&["check", "--format", "json", &file]).json();
    let places: Vec<(&Value, &Value)> = document["files"][0]["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["line"], &one["column"]))
        .collect();
    let one = json!(1);
    assert_eq!(
        places,
        [(&json!(4), &one), (&json!(5), &one), (&json!(6), &one)]
    );
}

#[test]
fn a_file_that_is_a_token_or_a_policy_of_api_management_is_known_for_what_it_is() {
    let folder = Folder::new();
    let signature = "c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl";
    let token = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.{signature}");
    for text in [token.clone(), format!("ä: \"{token}\"\nb: [\n")] {
        let file = folder.file("token", &text);
        for arguments in [
            ["check", &file].as_slice(),
            &["explain", "--token", "x.y.z", "--config", &file],
            &["check", "--format", "json", &file],
        ] {
            let run = run(arguments);
            let shown = [run.stdout.as_str(), run.stderr.as_str()].concat();
            assert!(run.status != 0, "{arguments:?}");
            assert!(!shown.contains("c2lnbmF0dXJl"), "{shown}");
        }
    }
    let file = folder.file("policy.xml", "<policies><inbound/></policies>");
    let shown = run(&["check", &file]).stdout;
    assert!(shown.contains("validate-jwt import"), "{shown}");
}

#[test]
fn the_preset_for_entra_id_needs_tls_unless_its_endpoint_is_http() {
    let azure = |endpoint: &str| {
        let policy = format!(
            r#"{{"azure_ad": {{"tenant_id": "contoso.example", "cluster": "plain"{endpoint}}}, "audiences": ["a"]}}"#
        );
        let start = BOOTSTRAP.find("                    {").unwrap();
        let end = BOOTSTRAP.find("  clusters:").unwrap();
        let text = format!(
            "{}                    {policy}\n{}",
            BOOTSTRAP.get(..start).unwrap(),
            BOOTSTRAP.get(end..).unwrap()
        );
        findings(&text, "envoy.yaml").len()
    };
    assert_eq!(azure(""), 1);
    assert_eq!(
        azure(r#", "authentication_endpoint": "http://e.example""#),
        0
    );
}

#[test]
fn every_mistake_of_every_document_is_reported_at_once_in_the_order_of_the_file() {
    let text = "policies:\n  a.b:\n    audience: [x]\n    clock_skew: 9999\n    audiences: []\n    audiences: [y]\nrules:\n- policy: ab\n";
    let found = findings(text, "c.yaml");
    let paths: Vec<&Value> = found.iter().map(|(path, _, _)| path).collect();
    let lines: Vec<u64> = found
        .iter()
        .map(|(_, line, _)| line.as_u64().unwrap())
        .collect();
    for path in [
        "policies[\"a.b\"].audience",
        "policies[\"a.b\"].clock_skew",
        "policies[\"a.b\"].audiences",
        "rules[0].policy",
    ] {
        assert!(paths.contains(&&json!(path)), "{path} in {found:?}");
    }
    assert!(lines.is_sorted(), "{lines:?}");
    let twice: Vec<_> = found
        .iter()
        .filter(|(_, _, message)| message.contains("twice"))
        .collect();
    assert_eq!(twice.len(), 1, "{found:?}");
    assert_eq!(
        (&twice[0].0, &twice[0].1),
        (&json!("policies[\"a.b\"].audiences"), &json!(6))
    );
}

#[test]
fn what_has_no_place_is_null() {
    let found = findings("apiVersion: v1\nkind: Service\n", "service.yaml");
    assert_eq!((&found[0].0, &found[0].1), (&Value::Null, &Value::Null));
    assert!(found[0].2.contains("no configuration"));
}

#[test]
fn a_number_beyond_all_is_an_error_with_its_place() {
    for (name, text) in [
        ("c.json", "{\"audiences\": [\"a\"],\n\"clock_skew\": 1e999}"),
        ("c.yaml", "audiences: [a]\nclock_skew: 1e999\n"),
    ] {
        let found = findings(text, name);
        assert!(
            found
                .iter()
                .any(|(_, line, message)| *line == 2 && message.contains("number")),
            "{found:?}"
        );
    }
}

#[test]
fn warnings_count_only_when_they_are_denied() {
    let text = r#"{"jwks": [{"url": "https://a.example/k", "cluster": "c"}], "audiences": ["a"]}"#;
    let folder = Folder::new();
    let file = folder.file("c.json", text);
    let lenient = run(&["check", &file]);
    assert_eq!(lenient.status, 0, "{lenient:?}");
    assert!(lenient.stdout.contains("warning: "), "{lenient:?}");
    let strict = run(&["check", "--deny-warnings", &file]);
    assert_eq!(strict.status, 1);
    assert!(!strict.stdout.contains("ok: "), "{strict:?}");
    assert_eq!(
        run(&["check", "--deny-warnings", "--format", "json", &file]).status,
        1
    );
}

#[test]
fn a_line_with_a_secret_is_not_shown() {
    let text =
        r#"{"issuer_signing_keys": [{"value": "my secret, not base64 at all!"}], "audience": []}"#;
    for text in [
        text.to_owned(),
        text.replace("[{", "[\n{").replace("}]", "}\n]"),
    ] {
        let folder = Folder::new();
        let file = folder.file("c.json", &text);
        let run = run(&["check", &file]);
        assert_eq!(run.status, 1);
        assert!(
            run.stdout.contains("issuer_signing_keys[0].value") && run.stdout.contains("line"),
            "{run:?}"
        );
        assert!(!run.stdout.contains("my secret"), "{run:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_gives_status_two() {
    for arguments in [
        &["check", "/none.json"][..],
        &["check"],
        &["check", "-", "-"],
        &["check", "--format", "xml", "-"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
    let run = run_in(
        &root(),
        &["check", "--format", "json", "-"],
        "{\"audiences\": [\"a\"]}",
    );
    assert_eq!(
        (run.status, run.json()["files"][0]["file"].clone()),
        (1, json!("-"))
    );
}

/// Every file of the repository that carries a configuration, those of other tools' tests left out.
fn examples() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["envoy", "envoy/policies", "envoy/kubernetes", "bench"] {
        let Ok(entries) = std::fs::read_dir(root().join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let is_yaml = path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "json");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if is_yaml && (text.contains("validate_jwt") || text.contains("audiences")) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_example_of_the_repository_is_right() {
    let examples = examples();
    assert!(!examples.is_empty());
    for path in examples {
        let run = run(&["check", path.to_str().unwrap()]);
        assert_eq!(run.status, 0, "{}", run.stdout);
    }
}

#[test]
fn what_import_writes_is_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let mut written = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        let imported = run(&[
            "import",
            file.to_str().unwrap(),
            "--allowed-tenant",
            "11111111-1111-1111-1111-111111111111",
        ]);
        if !imported.stdout.is_empty() {
            let checked = run_in(&folder, &["check", "-"], &imported.stdout);
            assert_eq!(checked.status, 0, "{}: {}", file.display(), checked.stdout);
            written += 1;
        }
    }
    assert!(written >= 8, "{written} documents");
}

#[test]
fn a_thousand_rules_are_checked_at_once() {
    let rules: Vec<Value> = (0..1000)
        .map(|number| json!({"match": {"path_prefix": format!("/p{number}")}, "policy": format!("q{number}")}))
        .collect();
    let document = json!({"policies": {"p": {"jwks": [{"issuer": "i", "url": "https://a.example/", "cluster": "c"}], "audiences": ["a"]}}, "rules": rules});
    let found = findings(&document.to_string(), "c.json");
    assert_eq!(found.len(), 1000);
    assert_eq!(found[999].0, json!("rules[999].policy"));
}
