//! Configuration documents and what carries them: whatever the file, reading it ends and every finding has its place inside.

#![no_main]

use libfuzzer_sys::fuzz_target;
use validate_jwt_cli::check::check;
use validate_jwt_cli::diagnostics::{file_to_json, render};
use validate_jwt_cli::source::Source;

fuzz_target!(|text: &str| {
    let source = Source::new("file", text.to_owned());
    let findings = check(&source);
    let lines = text.split('\n').count() as u64;
    let json = file_to_json(&source, &findings.diagnostics);
    for one in json["diagnostics"].as_array().expect("a list") {
        assert!(
            one["line"]
                .as_u64()
                .is_none_or(|line| (1..=lines).contains(&line)),
            "{one}"
        );
    }
    for one in findings.diagnostics.iter().take(20) {
        let _rendered = render(&source, one, false);
    }
});
