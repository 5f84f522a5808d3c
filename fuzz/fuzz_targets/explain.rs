//! Tokens: whatever is given for one, an explanation comes of it, and it holds nothing that a terminal would obey.

#![no_main]

use libfuzzer_sys::fuzz_target;
use validate_jwt::config::check_json;
use validate_jwt::time::Timestamp;
use validate_jwt_cli::explain::{Question, SentRequest, Supply, bare, explain, to_json, to_text};

const POLICY: &[u8] = br#"{"azure_ad": {"tenant_id": "contoso.example", "cluster": "c"}, "audiences": ["a"],
    "issuer_signing_keys": [{"value": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}], "issuers": ["i"],
    "algorithms": ["HS256"], "required_claims": [{"name": "scp", "separator": " ", "values": ["x"]}]}"#;

fuzz_target!(|given: &str| {
    let config = check_json(POLICY).config.expect("a good policy");
    let question = Question {
        request: SentRequest::new("GET", "localhost", "/", &[]),
        route: None,
        token: Some(bare(given)),
        now: Timestamp::from_secs(1_767_225_600),
        has_rules: false,
    };
    let explanation = explain(config, question, &mut Supply::default()).expect("no network");
    let text = to_text(&explanation, false);
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n'),
        "{text:?}"
    );
    let _json = to_json(&explanation);
});
