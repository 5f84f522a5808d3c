//! Proper calls, and numbers that are proper or not.

use crate::client::{
    NAMESPACE, SOAP11, SOAP12, between, dollars, envelope, post, post11, post12, start, words,
};

#[test]
fn answers_in_the_wording_and_with_the_trailing_blank_of_the_public_service() {
    let server = start();
    assert_eq!(
        post11(&server, envelope(SOAP11, &words("500"))).result(),
        "five hundred "
    );
    assert_eq!(
        post11(&server, envelope(SOAP11, &dollars("100"))).result(),
        "one hundred dollars"
    );
}

#[test]
fn answers_in_the_version_of_the_envelope() {
    let server = start();
    let answer = post11(&server, envelope(SOAP11, &words("1")));
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(
        answer.body,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"{SOAP11}\"><soap:Body>\
             <m:NumberToWordsResponse xmlns:m=\"{NAMESPACE}\"><m:NumberToWordsResult>one </m:NumberToWordsResult>\
             </m:NumberToWordsResponse></soap:Body></soap:Envelope>\n"
        )
    );
    let answer = post12(&server, envelope(SOAP12, &words("1")));
    assert_eq!(
        answer.header("content-type"),
        "application/soap+xml; charset=utf-8"
    );
    assert!(answer.body.contains(SOAP12));
    assert_eq!(answer.result(), "one ");

    assert!(
        post11(&server, envelope(SOAP12, &words("1")))
            .body
            .contains(SOAP12)
    );
    assert!(
        post12(&server, envelope(SOAP11, &words("1")))
            .body
            .contains(SOAP11)
    );
}

#[test]
fn takes_every_way_to_write_an_unsigned_long() {
    let server = start();
    for (number, spelled) in [
        ("0", "zero "),
        ("-0", "zero "),
        ("+7", "seven "),
        ("007", "seven "),
        (" \t\r\n 7 \n", "seven "),
        ("<![CDATA[7]]>", "seven "),
        ("&#55;", "seven "),
        ("&#x37;", "seven "),
        ("18446744073709551615", "eighteen quintillion"),
    ] {
        let answer = post11(&server, envelope(SOAP11, &words(number)));
        assert!(
            answer.result().starts_with(spelled),
            "{number}: {}",
            answer.body
        );
    }
}

#[test]
fn reads_a_number_whole_whatever_comments_and_cdata_are_inside() {
    let server = start();
    for number in [
        "5<!-- -->00",
        "<!--1-->500",
        "5<![CDATA[0]]>0",
        "<![CDATA[5]]><!---->00",
        "5&#48;0<!--9-->",
    ] {
        let answer = post11(&server, envelope(SOAP11, &words(number)));
        assert_eq!(answer.result(), "five hundred ", "{number}");
    }
}

#[test]
fn refuses_what_is_no_unsigned_long() {
    let server = start();
    for number in [
        "",
        " ",
        "-1",
        "1.0",
        "1e3",
        "1E3",
        "18446744073709551616",
        "99999999999999999999999999",
        "five",
        "0x10",
        "1,000",
        "1_000",
        "5 0",
        "5<!-- --> 0",
        "++1",
        "NaN",
        "\u{a0}7",
        "\u{ff17}",
        "\u{663}",
        "&lt;",
        "<b>5</b>",
        "5<b/>",
    ] {
        let message = words(number);
        let answer = post11(&server, envelope(SOAP11, &message));
        let (code, reason) = answer.fault11();
        assert_eq!(code, "soap:Client", "{number}");
        assert!(reason.contains("ubiNum must"), "{number}: {reason}");
        let answer = post12(&server, envelope(SOAP12, &message));
        assert_eq!(
            (answer.status, answer.fault12().0),
            (400, "soap:Sender"),
            "{number}"
        );
    }
}

#[test]
fn takes_and_refuses_decimals() {
    let server = start();
    for (number, spelled) in [
        (
            "128.32",
            "one hundred and twenty eight dollars and thirty two cents",
        ),
        (
            "1250.75",
            "one thousand two hundred and fifty dollars and seventy five cents",
        ),
        ("-0.50", "minus zero dollars and fifty cents"),
        ("+1.", "one dollar"),
        (".01", "zero dollars and one cent"),
        (
            "1<!-- -->00.0<![CDATA[1]]>",
            "one hundred dollars and one cent",
        ),
    ] {
        assert_eq!(
            post11(&server, envelope(SOAP11, &dollars(number))).result(),
            spelled,
            "{number}"
        );
    }
    for number in [
        "",
        ".",
        "1e2",
        "INF",
        "1.2.3",
        "$5",
        "1,5",
        &"9".repeat(40),
        "-",
    ] {
        let answer = post11(&server, envelope(SOAP11, &dollars(number)));
        assert_eq!(answer.fault11().0, "soap:Client", "{number}");
    }
}

#[test]
fn takes_any_action_but_that_of_the_other_operation() {
    let server = start();
    let message = envelope(SOAP11, &words("5"));
    let call = |action: &str| {
        post(
            &server,
            &[("content-type", "text/xml"), ("soapaction", action)],
            &message,
        )
    };
    for action in [
        "",
        "\"\"",
        "NumberToWords",
        &format!("\"{NAMESPACE}NumberToWords\""),
        "\"urn:something-else\"",
    ] {
        assert_eq!(call(action).result(), "five ", "{action}");
    }
    for action in [
        "NumberToDollars",
        "\"NumberToDollars\"",
        &format!("\"{NAMESPACE}NumberToDollars\""),
        "\"urn:x#NumberToDollars\"",
    ] {
        assert_eq!(call(action).fault11().0, "soap:Client", "{action}");
    }
    assert_eq!(
        post(&server, &[("content-type", "text/xml")], &message).result(),
        "five "
    );

    for action in [
        "\"\"",
        "\"NumberToWords\"",
        "\"urn:a\\\"b\"",
        "NumberToWords",
    ] {
        let media = format!("application/soap+xml; charset=utf-8; action={action}");
        assert_eq!(
            post(
                &server,
                &[("content-type", &media)],
                envelope(SOAP12, &words("5"))
            )
            .result(),
            "five ",
            "{action}"
        );
    }
    let media = format!("application/soap+xml; action=\"{NAMESPACE}NumberToDollars\"");
    let answer = post(
        &server,
        &[("content-type", &media)],
        envelope(SOAP12, &words("5")),
    );
    assert_eq!((answer.status, answer.fault12().0), (400, "soap:Sender"));
}

#[test]
fn answers_the_message_of_the_readme_as_the_readme_says() {
    let server = start();
    let readme = include_str!("../../README.md");
    let answer = post(
        &server,
        &[("content-type", "text/xml")],
        between(readme, "--data '", "' http://"),
    );
    assert!(
        answer
            .body
            .contains(between(readme, "NumberConversion.wso\n…", "…\n```")),
        "{}",
        answer.body
    );
}
