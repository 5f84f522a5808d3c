//! What an explanation says to a person.

use serde_json::{Value, json};
use validate_jwt_tests::{Signer, alter};

use super::{Files, TENANT, entra, policy};
use crate::support::run;

#[test]
fn the_usual_causes_are_named() {
    let mut loose = policy();
    loose["required_claims"] = json!([{"name": "groups", "values": ["g"]}]);
    let files = Files::new(&policy());
    let groups = Files::new(&loose);
    let v1 = Files::new(&json!({
        "openid_configs": [{"url": format!("https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"), "cluster": "c"}],
        "audiences": ["api://numbers"],
    }));
    let sign = |claims: Value| entra(&files.signer, &claims).sign();
    let sts = format!("https://sts.windows.net/{TENANT}/");
    for (files, token, words) in [
        (
            &files,
            sign(json!({"aud": "00000003-0000-0000-c000-000000000000"})),
            "Microsoft Graph",
        ),
        (
            &files,
            alter(
                &entra(&files.signer, &json!({})).header("nonce", "n").sign(),
                2,
                10,
            ),
            "Microsoft Graph",
        ),
        (
            &files,
            sign(json!({"nonce": "n", "aud": "aaaaaaaa-0000-0000-0000-000000000000"})),
            "ID token",
        ),
        (
            &files,
            sign(json!({"aud": "numbers"})),
            "written in another way",
        ),
        (
            &files,
            sign(json!({"aud": "aaaaaaaa-0000-0000-0000-000000000000"})),
            "application id",
        ),
        (
            &files,
            sign(json!({"roles": null})),
            "grant its service principal",
        ),
        (
            &files,
            sign(json!({"roles": null, "scp": "read", "azpacr": "0"})),
            "stands for a person",
        ),
        (&files, "eyJhbGciOiJSU0EifQ.e.e.e.e".to_owned(), "encrypted"),
        (&files, "\"abc\"".to_owned(), "quotes"),
        (
            &files,
            sign(json!({"exp": 1_767_227_300})),
            "clocks may differ",
        ),
        (
            &groups,
            sign(json!({"_claim_names": {"groups": "src1"}})),
            "more groups",
        ),
        (&v1, sign(json!({"iss": sts})), "version 1.0"),
        (
            &v1,
            sign(json!({"iss": format!("https://login.microsoftonline.us/{TENANT}/v2.0")})),
            "another cloud",
        ),
    ] {
        let explained = files.with_keys(&token);
        assert_eq!(explained["decision"], "deny", "{words}: {explained:#}");
        let causes = explained["causes"].to_string();
        assert!(causes.contains(words), "{words}: {causes}");
    }
}

#[test]
fn a_terminal_is_not_told_what_to_do_by_a_token() {
    let token = entra(
        &Signer::rsa("k1"),
        &json!({"\u{1b}[2J": "\u{1b}]0;x\u{7}\u{202e}"}),
    )
    .sign();
    let run = run(&["explain", "--token", &token]);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{}",
        run.stdout
    );
}

#[test]
fn an_explanation_reads_so() {
    let files = Files::new(&policy());
    let token = entra(&files.signer, &json!({"sub": "s", "roles": ["Reader"]})).sign();
    let arguments = [
        "explain",
        "--config",
        &files.config,
        "--jwks",
        &files.keys,
        "--token",
        &token,
        "--at",
        "2026-01-01T00:30:00Z",
    ];
    let run = run(&arguments);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.stdout);
}
