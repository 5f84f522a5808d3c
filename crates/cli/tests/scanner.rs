//! The importer against text that nobody wrote.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use validate_jwt_cli::import::{Options, import};
use validate_jwt_cli::source::Source;

/// A tenth of what is read at most; not optimised, the whole would take a minute.
const LENGTH: usize = 1024 * 1024;

fn read(text: String) {
    let imported = import(&[Source::new("p.xml", text)], &Options::default(), &|_| {
        Ok(())
    });
    // What gives no document says why.
    assert!(imported.document.is_some() || imported.report.has_errors());
}

/// Pieces that mean something to the scanner, in any order.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "<validate-jwt",
        "<validate-jwt>",
        "</validate-jwt>",
        "<validate-azure-ad-token tenant-id='a.b'",
        "/>",
        ">",
        " header-name=\"A\"",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "@(",
        "@{",
        ")",
        "}",
        "\"",
        "'",
        "$\"",
        "@\"",
        "{{",
        "}}",
        "${",
        "#{",
        "}#",
        "__a__",
        "&amp;",
        "&#x",
        "\\",
        "//",
        "/*",
        "*/",
        "<choose>",
        "</choose>",
        "<when condition=\"@(true)\">",
        "<when",
        "</when>",
        "<otherwise>",
        "</otherwise>",
        "<audiences>",
        "<audience>",
        "</audience>",
        "</audiences>",
        "<openid-config url=\"https://x/\"/>",
        "<required-claims>",
        "<claim name=\"a\">",
        "</claim>",
        "\n",
        "é",
        "\u{0}",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_pieces_stops_the_importer(pieces in prop::collection::vec(piece(), 0..60)) {
        read(pieces.concat());
    }

    #[test]
    fn no_text_stops_the_importer(text in "\\PC{0,200}") {
        read(text);
    }

    #[test]
    fn text_around_an_element_in_a_comment_never_brings_it_to_life(before in "[a-z <>/]{0,40}", after in "[a-z <>/]{0,40}") {
        let text = format!("{before}<!-- <validate-jwt header-name='A'><openid-config url='https://x/'/></validate-jwt> -->{after}");
        let imported = import(&[Source::new("p.xml", text)], &Options::default(), &|_| Ok(()));
        prop_assert!(imported.document.is_none());
    }
}

#[test]
fn the_longest_files_take_linear_time() {
    for piece in [
        "@(",
        "@{\"",
        "@($\"{",
        "<validate-jwt",
        "<validate-jwt>",
        "<validate-jwt a=\"@(",
        "<validate-jwt><a>",
        "<!--",
        "<![CDATA[",
        "<choose>",
        "</when>",
        "<choose></when>",
        "<when condition='",
        "<",
        "&",
        "{{",
        "__a",
        "<validate-jwt/>",
        "@('",
        "<choose a=\"@(",
    ] {
        let started = Instant::now();
        read(piece.repeat(LENGTH.div_ceil(piece.len())));
        // Linear is well under a second where optimised; squared would be hours.
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{piece}: {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn one_element_of_the_longest_size_takes_linear_time() {
    for (before, piece) in [
        ("<validate-jwt ", "a='1' "),
        ("<validate-jwt>", "<a/>"),
        ("<validate-jwt>", "@("),
        ("<validate-jwt><audiences>", "<audience>{{</audience>"),
        ("<validate-jwt><audiences><audience>", "{{"),
        ("<validate-jwt><audiences><audience>", "__a"),
        ("<validate-jwt>", "&"),
        ("<validate-jwt x='", "${"),
    ] {
        let started = Instant::now();
        let length = LENGTH.div_ceil(piece.len());
        let end = "</audience></audiences></validate-jwt>";
        read(format!("{before}{}{end}", piece.repeat(length)));
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{before}{piece}: {:?}",
            started.elapsed()
        );
    }
}
