//! `docs/reasons.md` is what the reasons say of themselves.

use std::fs;
use std::path::Path;

use validate_jwt::Reason;
use validate_jwt::response::Answers;

#[test]
fn the_table_of_reasons_has_a_row_for_each_with_its_status_and_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/reasons.md")).unwrap();
    let table: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| reason | status | meaning | what to do |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(table.len(), Reason::ALL.len());
    for (row, reason) in table.iter().zip(Reason::ALL) {
        let [word, status, meaning, advice] = row.as_slice() else {
            panic!("{row:?}")
        };
        let answer = Answers::default().respond(reason, false, 1);
        let mark = if reason.is_insufficient_claims() {
            " *"
        } else {
            ""
        };
        assert_eq!(*word, format!("`{reason}`"));
        assert_eq!(*status, format!("{}{mark}", answer.status), "{reason}");
        assert_eq!(*meaning, reason.meaning(), "{reason}");
        assert!(!advice.is_empty(), "{reason}");
    }
}
