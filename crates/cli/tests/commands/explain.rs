//! `explain`.

mod https;
mod keys;
mod words;

use serde_json::{Value, json};
use validate_jwt_tests::{Signer, Token};

use crate::support::{Folder, run, run_in};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";

/// A token of Entra ID with claims set over a usual one; null takes one away.
fn entra(signer: &Signer, claims: &Value) -> Token {
    let iss = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let usual = json!({
        "tid": TENANT, "ver": "2.0", "azp": "aaaaaaaa-0000-0000-0000-000000000000", "azpacr": "1",
        "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_767_229_500,
    });
    let mut token = Token::new(&iss, signer);
    for (name, value) in usual
        .as_object()
        .unwrap()
        .iter()
        .chain(claims.as_object().unwrap())
    {
        token = if value.is_null() {
            token.without(name)
        } else {
            token.claim(name, value.clone())
        };
    }
    token
}

fn policy() -> Value {
    json!({
        "azure_ad": {"tenant_id": TENANT, "cluster": "entra"},
        "audiences": ["api://numbers"],
        "required_claims": [{"name": "roles", "match": "any", "values": ["APIAccess"]}],
    })
}

struct Files {
    folder: Folder,
    config: String,
    keys: String,
    signer: Signer,
}

impl Files {
    fn new(config: &Value) -> Self {
        let folder = Folder::new();
        let signer = Signer::rsa("k1");
        let config = folder.file("config.json", &config.to_string());
        let keys = folder.file("keys.json", &json!({"keys": [signer.jwk()]}).to_string());
        Self {
            folder,
            config,
            keys,
            signer,
        }
    }

    fn explain(&self, token: &str, more: &[&str]) -> Value {
        let mut arguments = vec![
            "explain",
            "--format",
            "json",
            "--config",
            &self.config,
            "--token",
            token,
        ];
        arguments.extend(["--at", "2026-01-01T00:30:00Z"]);
        arguments.extend(more);
        run(&arguments).json()
    }

    fn with_keys(&self, token: &str) -> Value {
        self.explain(token, &["--jwks", &self.keys])
    }
}

#[test]
fn without_a_configuration_the_token_is_decoded_and_nothing_verified() {
    let token = entra(&Signer::rsa("k1"), &json!({})).sign();
    let explained = run(&["explain", "--format", "json", "--token", &token]);
    assert_eq!(explained.status, 0);
    let document = explained.json();
    assert_eq!(
        (&document["decision"], &document["reason"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(document["token"]["claims"]["tid"], TENANT);
    assert_eq!(document["token"]["header"]["kid"], "k1");
    let text = run(&["explain", "--token", &token]);
    assert!(
        text.stdout.contains("Nothing was verified"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_token_comes_from_an_argument_a_file_or_standard_input_with_what_stands_around_it() {
    let files = Files::new(&policy());
    let token = entra(&files.signer, &json!({})).sign();
    let file = format!(
        "@{}",
        files
            .folder
            .file("token", &format!("\n Bearer  {token} \r\n"))
    );
    for given in [token.clone(), format!("bearer {token}"), file] {
        assert_eq!(files.with_keys(&given)["decision"], "allow", "{given}");
    }
    let arguments = [
        "explain",
        "--format",
        "json",
        "--config",
        &files.config,
        "--jwks",
        &files.keys,
        "--token",
        "-",
        "--at",
        "1767226600",
    ];
    assert_eq!(
        run_in(files.folder.path(), &arguments, &token).json()["decision"],
        "allow"
    );
}

#[test]
fn the_token_is_never_shown_in_full_and_no_configured_secret_at_all() {
    let secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let files = Files::new(
        &json!({"issuer_signing_keys": [{"id": "h1", "value": secret}], "audiences": ["api://numbers"]}),
    );
    let signer = Signer::hmac("h1", *b"0123456789abcdef0123456789abcdef");
    for token in [
        entra(&signer, &json!({})).sign(),
        entra(&signer, &json!({"aud": "x"})).sign(),
    ] {
        for format in ["text", "json"] {
            let run = run(&[
                "explain",
                "--format",
                format,
                "--config",
                &files.config,
                "--token",
                &token,
                "--at",
                "1767226600",
            ]);
            let output = run.stdout + &run.stderr;
            let signature = token.rsplit('.').next().unwrap();
            assert!(
                !output.contains(signature) && !output.contains(secret),
                "{output}"
            );
            assert!(!output.contains("0123456789abcdef"), "{output}");
        }
    }
}

#[test]
fn the_time_decides() {
    let files = Files::new(&policy());
    let token = entra(&files.signer, &json!({})).sign();
    for (at, reason) in [
        ("2026-01-01T00:00:00Z", Value::Null),
        ("2025-12-31T23:59:59Z", json!("token_not_yet_valid")),
        ("1767229499", Value::Null),
        ("1767229500", json!("token_expired")),
        ("2026-01-01T02:05:00+01:00", json!("token_expired")),
    ] {
        let arguments = [
            "explain",
            "--format",
            "json",
            "--config",
            &files.config,
            "--jwks",
            &files.keys,
            "--token",
            &token,
            "--at",
            at,
        ];
        assert_eq!(run(&arguments).json()["reason"], reason, "{at}");
    }
}

#[test]
fn the_route_and_the_rules_name_the_policy() {
    let mut other = policy();
    other["audiences"] = json!(["api://other"]);
    let document = json!({"policies": {"numbers": policy(), "other": other}, "rules": [
        {"match": {"path_prefix": "/open"}, "allow_anonymous": true},
        {"match": {"methods": ["POST"], "hosts": ["api.example"]}, "policy": "other"},
        {"policy": "numbers"},
    ]});
    let files = Files::new(&document);
    let token = entra(&files.signer, &json!({})).sign();
    let ask = |more: &[&str]| {
        let explained = files.explain(&token, &[&["--jwks", &files.keys], more].concat());
        (
            explained["decision"].clone(),
            explained["policy"].clone(),
            explained["rule"].clone(),
        )
    };
    assert_eq!(ask(&[]), (json!("allow"), json!("numbers"), json!(2)));
    assert_eq!(
        ask(&["--method", "POST", "--host", "api.example:8443"]),
        (json!("deny"), json!("other"), json!(1))
    );
    assert_eq!(
        ask(&["--method", "POST", "--header", "Host: API.example"]),
        (json!("deny"), json!("other"), json!(1))
    );
    assert_eq!(
        ask(&["--path", "/open?x"]),
        (json!("anonymous"), Value::Null, json!(0))
    );
    assert_eq!(
        ask(&["--policy", "other"]),
        (json!("deny"), json!("other"), Value::Null)
    );
    assert_eq!(
        ask(&["--policy", "none"]),
        (json!("deny"), Value::Null, Value::Null)
    );
}

#[test]
fn a_policy_at_the_top_level_has_no_rule() {
    let files = Files::new(&policy());
    let explained = files.with_keys(&entra(&files.signer, &json!({})).sign());
    assert_eq!(
        (&explained["policy"], &explained["rule"]),
        (&json!("default"), &Value::Null)
    );
}

#[test]
fn a_check_says_what_was_expected_and_what_was_found() {
    let files = Files::new(&policy());
    let explained = files.with_keys(&entra(&files.signer, &json!({"aud": "api://other"})).sign());
    let checks = explained["checks"].as_array().unwrap();
    let last = checks.last().unwrap();
    assert_eq!(
        (&last["check"], &last["ok"]),
        (&json!("audience"), &json!(false))
    );
    assert_eq!(
        (&last["expected"], &last["found"]),
        (&json!(["api://numbers"]), &json!("api://other"))
    );
    let issuer = checks
        .iter()
        .find(|check| check["check"] == "issuer")
        .unwrap();
    assert_eq!(issuer["expected"].as_array().unwrap().len(), 2, "{issuer}");
}

#[test]
fn what_is_wrong_with_the_command_line_or_a_file_gives_status_two() {
    let files = Files::new(&policy());
    let config = files.config.as_str();
    for arguments in [
        &["explain", "--token", "@/none"][..],
        &["explain", "--config", "/none.json"],
        &["explain", "--config", config, "--jwks", "/none.json"],
        &["explain", "--config", config, "--jwks", config],
        &["explain", "--config", config, "--at", "today"],
        &["explain", "--config", config, "--header", "x"],
        &["explain", "--config", config, "--document", "2"],
        &["explain", "--jwks", config],
        &["explain", "--token", "-", "--config", "-"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
}

#[test]
fn a_document_with_errors_gives_its_findings_and_status_one() {
    let files = Files::new(&json!({"audience": ["x"], "jwks": 1}));
    let run = run(&["explain", "--format", "json", "--config", &files.config]);
    assert_eq!(run.status, 1);
    let found = run.json()["files"][0]["diagnostics"].clone();
    let found = found.as_array().unwrap();
    assert!(
        found.iter().any(|one| one["path"] == "audience"),
        "{found:?}"
    );
}

#[test]
fn a_file_that_carries_a_document_is_as_good_as_the_document() {
    let files = Files::new(&policy());
    let token = entra(&files.signer, &json!({})).sign();
    let carried = |kind: &str, name: &str| {
        let written = run(&["envoy", &files.config, "--kind", kind, "--upstream", "b:1"]);
        let text = written.stdout.replace("name: entra", "name: another");
        files.folder.file(name, &text)
    };
    for file in [
        carried("bootstrap", "envoy.yaml"),
        carried("wasm-plugin", "plugin.yaml"),
    ] {
        let arguments = ["explain", "--format", "json", "--config", &file];
        let more = [
            "--token",
            &token,
            "--jwks",
            &files.keys,
            "--at",
            "1767226600",
        ];
        let run = run(&[&arguments[..], &more].concat());
        assert_eq!(run.json()["decision"], "allow", "{file}: {}", run.stderr);
    }
}

#[test]
fn of_several_documents_one_is_chosen() {
    let text = "kind: WasmPlugin\napiVersion: x\nspec:\n  pluginConfig: CONFIG\n";
    let mut other = policy();
    other["audiences"] = json!(["api://other"]);
    let plugin = |config: &Value| text.replace("CONFIG", &config.to_string());
    let files = Files::new(&policy());
    let several = [plugin(&policy()), plugin(&other)].join("---\n");
    let file = files.folder.file("several.yaml", &several);
    let token = entra(&files.signer, &json!({})).sign();
    let ask = |more: &[&str]| {
        let arguments = [
            "explain", "--format", "json", "--config", &file, "--token", &token,
        ];
        run(&[&arguments, more].concat())
    };
    let failed = ask(&[]);
    assert_eq!(failed.status, 2);
    assert!(failed.stderr.contains("--document"), "{}", failed.stderr);
    let second = ask(&["--document", "2"]).json();
    assert_eq!(second["reason"], "token_audience_not_allowed");
    let same = [plugin(&policy()), plugin(&policy())].join("---\n");
    let file = files.folder.file("same.yaml", &same);
    let run = run(&["explain", "--format", "json", "--config", &file]);
    assert_eq!(run.json()["reason"], "token_not_present");
}
