//! XML that means harm, or is none.

use crate::client::{NAMESPACE, SOAP11, SOAP12, envelope, post, post11, post12, start, words};

#[track_caller]
fn assert_refused(message: impl AsRef<[u8]>, reason_part: &str) {
    let server = start();
    let answer = post11(&server, message);
    let (code, reason) = answer.fault11();
    assert_eq!(code, "soap:Client");
    assert!(reason.contains(reason_part), "{reason}");
}

fn with_doctype(doctype: &str, number: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>{doctype}<s:Envelope xmlns:s=\"{SOAP11}\"><s:Body>{}</s:Body></s:Envelope>",
        words(number)
    )
}

#[test]
fn refuses_billion_laughs_before_it_expands_anything() {
    let mut doctype = "<!DOCTYPE lolz [<!ENTITY l0 \"1\">".to_owned();
    for level in 1..10 {
        let previous = format!("&l{};", level - 1).repeat(10);
        doctype.push_str(&format!("<!ENTITY l{level} \"{previous}\">"));
    }
    doctype.push_str("]>");
    assert_refused(with_doctype(&doctype, "&l9;"), "document type");
}

#[test]
fn refuses_external_entities_and_any_other_doctype() {
    assert_refused(
        with_doctype(
            "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>",
            "&f;",
        ),
        "document type",
    );
    assert_refused(
        with_doctype(
            "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x.dtd\"> %p;]>",
            "5",
        ),
        "document type",
    );
    assert_refused(
        with_doctype("<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">", "5"),
        "document type",
    );
    assert_refused(with_doctype("<!DOCTYPE x>", "5"), "document type");
}

#[test]
fn knows_no_entity_but_those_of_xml() {
    for number in [
        "&nbsp;5",
        "&x;",
        "&#0;",
        "&#x1;",
        "&#xFFFE;",
        "&#xD800;",
        "&#x110000;",
        "&#99999999999;",
        "&#-5;",
        "&#;",
        "&;",
    ] {
        assert_refused(envelope(SOAP11, &words(number)), "");
    }
    assert_refused(
        envelope(
            SOAP11,
            &format!("<NumberToWords xmlns=\"{NAMESPACE}&x;\"/>"),
        ),
        "",
    );
}

#[test]
fn refuses_deep_nesting() {
    for levels in [40, 3_000] {
        let deep = format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        assert_refused(envelope(SOAP11, &deep), "deeper than 32");
        assert_refused(envelope(SOAP11, &"<a>".repeat(levels)), "deeper than 32");
    }
}

#[test]
fn refuses_many_elements_and_many_attributes() {
    assert_refused(
        envelope(SOAP11, &"<a/>".repeat(2_000)),
        "more than 1024 elements",
    );
    let attributes: String = (0..5_000).map(|index| format!(" a{index}=''")).collect();
    assert_refused(
        envelope(SOAP11, &format!("<a{attributes}/>")),
        "more than 64 attributes",
    );
    let namespaces: String = (0..2_000)
        .map(|index| format!(" xmlns:a{index}='u'"))
        .collect();
    assert_refused(envelope(SOAP11, &format!("<a{namespaces}/>")), "");
}

#[test]
fn refuses_every_encoding_but_utf8() {
    let server = start();
    let message = envelope(SOAP11, &words("5"));
    assert_eq!(
        post11(&server, format!("\u{feff}{message}")).result(),
        "five "
    );
    assert_eq!(
        post11(&server, message.replace("utf-8", "UTF-8")).result(),
        "five "
    );

    for encoding in ["utf-16", "ISO-8859-1", "UTF-7", "us-ascii", "", "x"] {
        assert_refused(message.replace("utf-8", encoding), "");
    }
    assert_refused(message.replace("\"1.0\"", "\"1.1\""), "version 1.0");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{message}")
            .encode_utf16()
            .flat_map(bytes)
            .collect()
    };
    assert_refused(utf16(u16::to_le_bytes), "UTF-8");
    assert_refused(utf16(u16::to_be_bytes), "UTF-8");
    assert_refused(
        message
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
        "",
    );
    assert_refused(b"\xff\xfe\xfd", "UTF-8");
    assert_refused(
        envelope(SOAP11, &words("5")).replace("<ubiNum>", "<ubiNum>\0"),
        "not well-formed",
    );

    let answer = post(
        &server,
        &[("content-type", "text/xml; charset=utf-16")],
        &message,
    );
    assert!(answer.fault11().1.contains("charset"));
    let answer = post(
        &server,
        &[("content-type", "application/soap+xml; charset=iso-8859-1")],
        &message,
    );
    assert_eq!((answer.status, answer.fault12().0), (400, "soap:Sender"));
    for charset in ["\"utf-8\"", "UTF-8", "\"UTF-8\""] {
        let answer = post(
            &server,
            &[("content-type", &format!("text/xml;charset={charset}"))],
            &message,
        );
        assert_eq!(answer.result(), "five ", "{charset}");
    }
}

#[test]
fn refuses_what_is_not_well_formed() {
    let good = envelope(SOAP11, &words("5"));
    for message in [
        String::new(),
        " ".into(),
        "5".into(),
        "{\"ubiNum\":5}".into(),
        "<".into(),
        "<!".into(),
        "<a".into(),
        "</a>".into(),
        good.replace("</s:Envelope>", ""),
        good.replace("</s:Body>", "</s:Bodi>"),
        good.replace("</ubiNum>", "</UbiNum>"),
        good.replace("<ubiNum>", "<ubiNum a='1' a='2'>"),
        good.replace(
            "<ubiNum>",
            "<ubiNum xmlns:p='urn:x' xmlns:q='urn:x' p:a='1' q:a='2'>",
        ),
        good.replace("<ubiNum>", "<ubiNum a=1>"),
        good.replace("<ubiNum>", "<ubiNum a>"),
        good.replace("<ubiNum>", "<ubiNum a='<'>"),
        good.replace("<ubiNum>", "<ubiNum a='&'>"),
        good.replace("<ubiNum>", "<ubiNum p:a='1'>"),
        good.replace("<ubiNum>", "<ubiNum xmlns:p=''>"),
        good.replace("<ubiNum>", "<ubiNum 1='1'>"),
        good.replace("<ubiNum>", "<p:ubiNum>")
            .replace("</ubiNum>", "</p:ubiNum>"),
        good.replace("ubiNum", "1ubiNum"),
        good.replace("5", "5 & 5"),
        good.replace("5", "5]]>"),
        good.replace("5", "5<!-- -- -->"),
        good.replace("5", "5<![CDATA[5"),
        good.replace("5", "5\u{b}"),
        good.replace("5", "5<?target data?>"),
        good.replace("5", "5<?xml version=\"1.0\"?>"),
        format!(" {good}"),
        format!("{good}{}", words("6")),
        format!("{good}text"),
        format!("{good}&#32;"),
        format!("{good}<![CDATA[]]>"),
        format!("{good}<a>"),
        format!("{good}</a>"),
    ] {
        let server = start();
        let answer = post11(&server, &message);
        assert_eq!(answer.fault11().0, "soap:Client", "{message}");
        let answer = post12(&server, &message);
        assert!(matches!(answer.status, 400 | 500), "{message}");
    }
}

#[test]
fn repeats_nothing_of_a_message_it_refuses() {
    let server = start();
    let secret = "s3cr3t";
    for message in [
        secret.to_owned(),
        format!("<{secret}>"),
        format!("<{secret} xmlns='{secret}'/>"),
        envelope(SOAP11, &words(secret)),
        envelope(SOAP11, &format!("<{secret}/>")),
        envelope(SOAP12, &format!("<{secret} a='&{secret};'/>")),
        format!("<a></{secret}>"),
    ] {
        assert!(
            !post11(&server, &message).body.contains(secret),
            "{message}"
        );
    }
}
