//! Policies of API Management: whatever the text, the importer ends, does not panic, and names only lines of the file. A
//! document that the core refuses would be a policy that was read wrongly; the command writes none, and that is looked for here.

#![no_main]

use libfuzzer_sys::fuzz_target;
use validate_jwt::config::check_json;
use validate_jwt_cli::import::{Options, import};
use validate_jwt_cli::source::Source;

fuzz_target!(|text: &str| {
    let source = Source::new("policy.xml", text.to_owned());
    let lines = text.split('\n').count();
    let imported = import(&[source], &Options::default(), &|document| {
        let checked = check_json(document.to_string().as_bytes());
        if checked.config.is_some() {
            Ok(())
        } else {
            Err(checked.diagnostics.iter().map(ToString::to_string).collect())
        }
    });
    for note in &imported.report.notes {
        assert!(note.line.is_none_or(|line| (1..=lines).contains(&line)), "{note:?}");
        assert_ne!(note.item, "document", "the core refuses what was imported: {note:?}");
    }
});
