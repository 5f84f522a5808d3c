//! Whole policies through the importer. Each file in `policies` has a snapshot of document and report.

use std::path::Path;

use serde_json::{Value, json};
use validate_jwt_cli::import::{Imported, NamedValues, Options, import};
use validate_jwt_cli::source::Source;

fn accept(_: &Value) -> Result<(), Vec<String>> {
    Ok(())
}

fn import_texts(texts: &[(&str, &str)], options: &Options) -> Imported {
    let sources: Vec<Source> = texts
        .iter()
        .map(|(name, text)| Source::new(name, (*text).to_owned()))
        .collect();
    import(&sources, options, &accept)
}

fn import_one(text: &str) -> Imported {
    import_texts(&[("policy.xml", text)], &Options::default())
}

fn as_json(imported: &Imported) -> Value {
    json!({"document": imported.document, "report": imported.report})
}

/// A policy that is imported without remark on who passes, but for what is put in.
fn policy(attributes: &str, elements: &str) -> String {
    format!(
        "<validate-jwt header-name='Authorization' require-scheme='Bearer' {attributes}>\
         <openid-config url='https://issuer.example/.well-known/openid-configuration'/>{elements}</validate-jwt>"
    )
}

#[test]
fn each_policy_file_is_imported_as_its_snapshot_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".xml"))
        .collect();
    names.sort();
    assert!(names.len() > 10);
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let imported = import_texts(&[(&name, &text)], &Options::default());
        insta::assert_json_snapshot!(name.trim_end_matches(".xml"), as_json(&imported));
    }
}

#[test]
fn named_values_and_marks_are_put_in() {
    let text = include_str!("policies/named-values.xml");
    let mut values = NamedValues::default();
    for (name, value) in [
        ("tenant-id", "contoso.com"),
        ("var.audience", "api://a"),
        ("second", "b<c>"),
        ("third", "d"),
        ("role", "R"),
    ] {
        values.set(name, value);
    }
    let options = Options {
        values,
        ..Options::default()
    };
    let imported = import_texts(&[("named-values.xml", text)], &options);
    assert!(
        !imported.report.has_errors(),
        "{:#?}",
        imported.report.notes
    );
    let document = imported.document.unwrap();
    assert_eq!(
        document["openid_configs"][0]["url"],
        "https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration"
    );
    assert_eq!(document["audiences"], json!(["api://a", "b<c>", "d"]));
    assert_eq!(document["required_claims"][0]["values"], json!(["R"]));
}

#[test]
fn tenants_that_may_call_make_a_multi_tenant_policy_possible() {
    let options = Options {
        allowed_tenants: vec!["contoso.com".to_owned()],
        ..Options::default()
    };
    let imported = import_texts(
        &[("p.xml", include_str!("policies/entra-organizations.xml"))],
        &options,
    );
    assert!(!imported.report.has_errors());
    assert_eq!(
        imported.document.unwrap()["azure_ad"]["allowed_tenants"],
        json!(["contoso.com"])
    );
}

#[test]
fn several_files_become_policies_without_rules() {
    let (one, two) = (policy("", ""), policy("id='two'", ""));
    let imported = import_texts(
        &[
            ("a/orders.xml", &one),
            ("b/orders.xml", &one),
            ("c.xml", &two),
        ],
        &Options::default(),
    );
    let document = imported.document.unwrap();
    let names: Vec<&String> = document["policies"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["orders", "orders-2", "two"]);
    assert!(document.get("rules").is_none());
    assert!(!imported.report.has_errors());
}

#[test]
fn a_file_without_a_policy_is_an_error_and_the_others_are_imported() {
    let one = policy("", "");
    let imported = import_texts(
        &[("a.xml", &one), ("b.xml", "<policies/>")],
        &Options::default(),
    );
    assert!(imported.report.has_errors());
    assert!(imported.document.is_some());
    assert_eq!(
        imported
            .report
            .notes
            .iter()
            .find(|note| note.file == "b.xml")
            .map(|note| note.line),
        Some(None)
    );
}

#[test]
fn a_document_that_the_check_refuses_is_not_given_out() {
    let sources = [Source::new("p.xml", policy("", ""))];
    let imported = import(&sources, &Options::default(), &|_| {
        Err(vec!["audiences: wrong".to_owned()])
    });
    assert!(
        imported.document.is_none()
            && imported.report.clusters.is_empty()
            && imported.report.policies.is_empty()
    );
    assert!(imported.report.has_errors());
}

#[test]
fn a_cluster_is_named_by_the_person_or_by_its_host() {
    let text = policy(
        "",
        "<openid-config url='https://Login.Example.com:8443/x'/>",
    );
    let clusters = vec![("issuer.example".to_owned(), "mine".to_owned())];
    let imported = import_texts(
        &[("p.xml", &text)],
        &Options {
            clusters,
            ..Options::default()
        },
    );
    assert_eq!(
        json!(imported.report.clusters),
        json!([{"name": "mine", "host": "issuer.example", "port": 443}, {"name": "login_example_com", "host": "login.example.com", "port": 8443}])
    );
}

#[test]
fn a_requirement_that_cannot_be_said_leaves_no_document() {
    for elements in [
        "<audiences/>",
        "<audiences><audience>{{x}}</audience></audiences>",
        "<audiences><audience>@(context.Request.OriginalUrl.Host)</audience></audiences>",
        "<audiences>%{ if x }<audience>a</audience>%{ endif }</audiences>",
        "<audiences><audience>a</audience></audiences><audiences><audience>b</audience></audiences>",
        "<required-claims><claim/></required-claims>",
        "<required-claims><claim name='{{x}}'/></required-claims>",
        "<required-claims><claim name='a'><value>a</value><value>@(x)</value></claim></required-claims>",
        "<required-claims><claim name='a' match='any'><value>@(x)</value></claim></required-claims>",
        "<required-claims><claim name='a' separator='@(x)'><value>a b</value></claim></required-claims>",
        "<required-claims><clam name='a'/></required-claims>",
        "<required-claims><claim name='a' values='b'/></required-claims>",
        "<required-claim name='a'/>",
        "text",
        "<issuers>",
        "&unknown;",
    ] {
        let imported = import_one(&policy("", elements));
        assert!(imported.document.is_none(), "{elements}");
        assert!(imported.report.has_errors(), "{elements}");
    }
}

#[test]
fn an_alternative_that_cannot_be_said_is_left_out_with_an_error() {
    for (elements, field, left) in [
        (
            "<audiences><audience>@(x)</audience><audience>a</audience></audiences>",
            "audiences",
            json!(["a"]),
        ),
        (
            "<issuers><issuer>{{x}}</issuer><issuer>i</issuer></issuers>",
            "issuers",
            json!(["i"]),
        ),
        (
            "<required-claims><claim name='a' match='any'><value>@(x)</value><value>b</value></claim></required-claims>",
            "required_claims",
            json!([{"name": "a", "match": "any", "values": ["b"]}]),
        ),
    ] {
        let imported = import_one(&policy("", elements));
        assert!(imported.report.has_errors(), "{elements}");
        assert_eq!(imported.document.unwrap()[field], left, "{elements}");
    }
}

#[test]
fn a_lost_discovery_document_never_leaves_the_issuer_unchecked() {
    let text = "<validate-jwt header-name='Authorization'><openid-config url='{{x}}'/>\
                <issuer-signing-keys><key>c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=</key></issuer-signing-keys></validate-jwt>";
    assert!(import_one(text).document.is_none());
}

#[test]
fn a_policy_for_some_requests_never_stands_for_all_when_another_was_lost() {
    let lost = "<validate-jwt header-name='Authorization' token-value='@(x)'/>";
    for text in [
        format!("{}{lost}", policy("", "")),
        format!("{lost}{}", policy("", "")),
    ] {
        assert!(import_one(&text).document.is_none());
    }
    let text = format!(
        "<choose><when condition='@(context.Request.Method == \"POST\")'>{lost}</when><otherwise>{}</otherwise></choose>",
        policy("", "")
    );
    let document = import_one(&text).document.unwrap();
    assert!(document.get("rules").is_none() && document.get("policies").is_some());
}

#[test]
fn a_policy_around_others_and_those_inside_get_no_rules() {
    let text = format!(
        "<inbound>{}<choose><when condition='@(context.Request.Method == \"POST\")'>{}</when></choose></inbound>",
        policy("", ""),
        policy("", "<audiences><audience>a</audience></audiences>")
    );
    let imported = import_one(&text);
    assert!(imported.document.unwrap().get("rules").is_none());
    assert_eq!(
        imported
            .report
            .notes
            .iter()
            .filter(|note| note.item == "rule")
            .count(),
        2
    );
}

#[test]
fn a_branch_after_one_without_a_policy_gets_a_rule_only_when_they_cannot_meet() {
    let branches = |second: &str| {
        format!(
            "<choose><when condition='@(context.Request.Method == \"GET\")'><set-variable/></when>\
             <when condition='@({second})'>{}</when><otherwise>{}</otherwise></choose>",
            policy("id='second'", ""),
            policy("id='last'", "")
        )
    };
    let apart = import_one(&branches("context.Request.Method == \"PUT\""));
    assert_eq!(
        apart.document.unwrap()["rules"],
        json!([{"match": {"methods": ["PUT"]}, "policy": "second"}])
    );
    let overlapping = import_one(&branches("context.Request.OriginalUrl.Path == \"/a\""));
    assert!(overlapping.document.unwrap().get("rules").is_none());
}

#[test]
fn a_certificate_is_never_taken_for_a_shared_secret() {
    let der = [vec![0x30, 0x82, 0x01, 0x0A], vec![7; 266]].concat();
    let certificate = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    let text = format!(
        "<validate-jwt header-name='Authorization'><issuer-signing-keys><key>{certificate}</key></issuer-signing-keys></validate-jwt>"
    );
    assert!(import_one(&text).document.is_none());
}

#[test]
fn secrets_are_not_in_the_report() {
    for key in [
        "c2VjcmV0!LWtleQ==",
        "@(\"c2VjcmV0LWtleQ==\" + \"\")",
        "c2VjcmV0LWtleQ==<x/>",
    ] {
        let text = format!(
            "<validate-jwt header-name='Authorization'><issuer-signing-keys><key>{key}</key></issuer-signing-keys></validate-jwt>"
        );
        let imported = import_one(&text);
        assert!(imported.report.has_errors());
        assert!(
            !serde_json::to_string(&imported.report)
                .unwrap()
                .contains("c2VjcmV0"),
            "{key}"
        );
    }
}

#[test]
fn a_header_that_cannot_be_one_loses_its_policy_and_no_other() {
    let policy = |name: &str| {
        format!(
            "<validate-jwt header-name='{name}' id='{}'><openid-config url='https://a.example/d'/><issuers><issuer>i</issuer></issuers></validate-jwt>",
            name.len()
        )
    };
    let text = format!(
        "<choose><when condition='@(context.Request.Method == \"GET\")'>{}</when><when condition='@(context.Request.Method == \"PUT\")'>{}</when></choose>",
        policy("X Token"),
        policy("X-Tok")
    );
    let imported = import(&[Source::new("p.xml", text)], &Options::default(), &|_| {
        Ok(())
    });
    let document = imported.document.unwrap();
    assert!(document["policies"].get("7").is_none(), "{document}");
    assert!(document["policies"].get("5").is_some(), "{document}");
    assert!(
        imported
            .report
            .notes
            .iter()
            .any(|note| note.item == "header-name" && note.line == Some(1))
    );
}
