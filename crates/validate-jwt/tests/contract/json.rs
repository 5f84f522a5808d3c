//! The reader of tokens' JSON beside serde_json.

use proptest::prelude::*;
use serde_json::Value as Theirs;
use validate_jwt::json::{Json, JsonError, Kind, MAX_DEPTH, Value as Ours};

/// Whether both read the same.
fn is_same(ours: Ours<'_>, theirs: &Theirs) -> bool {
    match (ours.kind(), theirs) {
        (Kind::Null, Theirs::Null) => true,
        (Kind::Bool(ours), Theirs::Bool(theirs)) => ours == *theirs,
        (Kind::String(ours), Theirs::String(theirs)) => ours == theirs,
        (Kind::Number(ours), Theirs::Number(theirs)) => {
            let read: serde_json::Number = serde_json::from_str(ours).unwrap();
            read == *theirs
        }
        (Kind::Array, Theirs::Array(theirs)) => {
            let ours: Vec<_> = ours.children().collect();
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|((name, ours), theirs)| name.is_none() && is_same(*ours, theirs))
        }
        (Kind::Object, Theirs::Object(theirs)) => {
            ours.children().count() == theirs.len()
                && theirs
                    .iter()
                    .all(|(name, theirs)| ours.get(name).is_some_and(|ours| is_same(ours, theirs)))
        }
        _ => false,
    }
}

/// The deepest nesting of a text that both accept in form.
fn depth(value: &Theirs) -> usize {
    match value {
        Theirs::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Theirs::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Both read `text` alike, but for what is refused here on purpose.
fn assert_agree(text: &str) {
    let ours = Json::parse(text);
    let theirs: Result<Theirs, _> = serde_json::from_str(text);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert!(is_same(ours.root(), theirs), "{text}");
            assert!(depth(theirs) <= MAX_DEPTH, "{text}");
        }
        (Err(JsonError::DuplicateMember), _) => {}
        (Err(JsonError::TooDeep), Ok(theirs)) => assert!(depth(theirs) > MAX_DEPTH, "{text}"),
        (Err(JsonError::TooDeep), Err(_)) | (Err(JsonError::Syntax(_)), Err(_)) => {}
        (Err(JsonError::Syntax(at)), Ok(_)) => panic!("refused at {at}: {text:?}"),
        // A number that no float holds keeps its text here.
        (Ok(_), Err(error)) => assert!(
            error.to_string().starts_with("number out of range"),
            "{text:?}: {error}"
        ),
    }
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", any::<String>()]
}

/// JSON as a tree, with the numbers as texts.
fn trees() -> impl Strategy<Value = String> {
    let number = r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?";
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    let leaf = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        Just("false".to_string()),
        number,
        any::<String>().prop_map(quoted),
        r#""(\\[\\"/bfnrt]|\\u[0-9a-fA-F]{4}|[ -!#-\[\]-~é😀]){0,6}""#,
    ];
    let space = "[ \t\r\n]{0,2}";
    (leaf, space)
        .prop_map(|(leaf, space)| format!("{space}{leaf}{space}"))
        .prop_recursive(6, 40, 5, move |inner| {
            let member = (names(), inner.clone())
                .prop_map(move |(name, value)| format!(" {} :{value}", quoted(name)));
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
                prop::collection::vec(member, 0..5)
                    .prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_json_is_read_alike(text in trees()) {
        assert_agree(&text);
    }

    #[test]
    fn what_is_nearly_json_is_judged_alike(
        text in trees(),
        at in any::<prop::sample::Index>(),
        put in prop::option::of(prop::sample::select(
            "{}[]\",:\\u0eE+-.tfn 1\u{0}\t\n\u{7f}é'/".chars().collect::<Vec<_>>())),
    ) {
        let mut letters: Vec<char> = text.chars().collect();
        let at = at.index(letters.len());
        match put {
            Some(put) => letters.insert(at, put),
            None => {
                letters.remove(at);
            }
        }
        assert_agree(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_is_judged_alike(text in r#"[\[\]{}",:\\a-f0-9eE.u+ -]{0,24}"#) {
        assert_agree(&text);
    }

    #[test]
    fn the_text_of_a_number_is_kept(number in r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?") {
        let text = format!("[{number}]");
        let json = Json::parse(&text).unwrap();
        let (_, only) = json.root().children().next().unwrap();
        prop_assert_eq!(only.kind(), Kind::Number(&number));
    }

    #[test]
    fn a_member_that_occurs_twice_is_found_wherever_it_stands(
        mut names in prop::collection::hash_set("[a-z]{1,3}", 1..40),
        twice in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        depth in 0_usize..5,
    ) {
        let mut names: Vec<String> = names.drain().collect();
        let text = |names: &[String]| {
            let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":0")).collect();
            format!("{}{{{}}}{}", "[".repeat(depth), members.join(","), "]".repeat(depth))
        };
        prop_assert!(Json::parse(&text(&names)).is_ok());
        let copy = twice.get(&names).clone();
        names.insert(to.index(names.len() + 1), copy);
        prop_assert_eq!(Json::parse(&text(&names)).err(), Some(JsonError::DuplicateMember));
    }
}

#[test]
fn halves_of_surrogate_pairs_are_no_text() {
    for wrong in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\ud800""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\udc00\ud800""#,
        r#"{"\ud83d":1}"#,
    ] {
        assert!(
            matches!(Json::parse(wrong), Err(JsonError::Syntax(_))),
            "{wrong}"
        );
    }
    let json = Json::parse(r#""\ud83d\ude00""#).unwrap();
    assert_eq!(json.root().as_str(), Some("😀"));
}

#[test]
fn names_that_differ_in_their_escapes_alone_are_the_same() {
    assert_eq!(
        Json::parse(r#"{"a":1,"\u0061":2}"#).err(),
        Some(JsonError::DuplicateMember)
    );
}

#[test]
fn nesting_is_counted_over_lists_and_objects() {
    for levels in [1, 31, 32] {
        let text = format!(
            "{}{}",
            "[{\"a\":".repeat(levels / 2),
            "[".repeat(levels % 2)
        );
        let text = format!(
            "{text}{}{}",
            if levels % 2 == 1 { "]" } else { "0" },
            "}]".repeat(levels / 2)
        );
        assert!(Json::parse(&text).is_ok(), "{levels}");
    }
    for levels in [33, 100_000] {
        assert_eq!(
            Json::parse(&"[".repeat(levels)).err(),
            Some(JsonError::TooDeep)
        );
    }
}
