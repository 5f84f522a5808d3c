//! Policies of API Management: whatever the bytes, the importer ends, does not panic, names only lines of the file, and gives
//! out no document that the core refuses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use validate_jwt::config::check_json;
use validate_jwt_cli::import::{Options, import};
use validate_jwt_cli::source::Source;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("policy.xml", bytes.to_vec()) else {
        return;
    };
    let lines = source.text.split('\n').count();
    let imported = import(&[source], &Options::default(), &|document| {
        let checked = check_json(document.to_string().as_bytes());
        if checked.config.is_some() {
            Ok(())
        } else {
            Err(checked
                .diagnostics
                .iter()
                .map(ToString::to_string)
                .collect())
        }
    });
    for note in &imported.report.notes {
        assert!(
            note.line.is_none_or(|line| (1..=lines).contains(&line)),
            "{note:?}"
        );
    }
});
