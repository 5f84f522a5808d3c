//! Envelopes: namespaces, headers, what may be in the Body.

use crate::client::{NAMESPACE, SOAP11, SOAP12, envelope, post11, post12, start, words};

fn with_header(soap: &str, header: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{soap}\"><s:Header>{header}</s:Header><s:Body>{}</s:Body></s:Envelope>",
        words("5")
    )
}

#[test]
fn goes_by_namespaces_not_by_prefixes() {
    let server = start();
    let call = format!(
        "<x:NumberToWords xmlns:x=\"{NAMESPACE}\"><y:ubiNum xmlns:y=\"{NAMESPACE}\">5</y:ubiNum></x:NumberToWords>"
    );
    for message in [
        format!("<Envelope xmlns=\"{SOAP11}\"><Body>{call}</Body></Envelope>"),
        format!(
            "<a:Envelope xmlns:a=\"{SOAP11}\"><b:Body xmlns:b=\"{SOAP11}\">{call}</b:Body></a:Envelope>"
        ),
        format!(
            "<a:Envelope xmlns:a='{}'><a:Body>{call}</a:Body></a:Envelope>",
            SOAP11.replace("soap/", "&#115;oap/")
        ),
    ] {
        assert_eq!(post11(&server, message).result(), "five ");
    }
}

#[test]
fn refuses_the_right_names_in_a_wrong_namespace() {
    let server = start();
    for call in [
        "<NumberToWords><ubiNum>5</ubiNum></NumberToWords>".to_owned(),
        "<NumberToWords xmlns=\"urn:x\"><ubiNum>5</ubiNum></NumberToWords>".into(),
        format!("<x:NumberToWords xmlns:x=\"{NAMESPACE}\"><ubiNum>5</ubiNum></x:NumberToWords>"),
        format!(
            "<NumberToWords xmlns=\"{NAMESPACE}\"><ubiNum xmlns=\"\">5</ubiNum></NumberToWords>"
        ),
        format!(
            "<NumberToWords xmlns=\"{}\"><ubiNum>5</ubiNum></NumberToWords>",
            NAMESPACE.to_uppercase()
        ),
        format!("<NumberToEuros xmlns=\"{NAMESPACE}\"><ubiNum>5</ubiNum></NumberToEuros>"),
        format!("<numbertowords xmlns=\"{NAMESPACE}\"><ubiNum>5</ubiNum></numbertowords>"),
    ] {
        let answer = post11(&server, envelope(SOAP11, &call));
        let (code, reason) = answer.fault11();
        assert_eq!(code, "soap:Client", "{call}");
        assert!(reason.contains(NAMESPACE), "{reason}");
    }
}

#[test]
fn refuses_anything_but_one_operation_with_one_parameter() {
    let server = start();
    let (one, number) = (
        words("5"),
        format!("<ubiNum xmlns=\"{NAMESPACE}\">5</ubiNum>"),
    );
    for body in [
        String::new(),
        "5".into(),
        format!("{one}{one}"),
        format!("{one}<x xmlns=\"urn:x\"/>"),
        format!("{one}text"),
        format!("<NumberToWords xmlns=\"{NAMESPACE}\"/>"),
        format!("<NumberToWords xmlns=\"{NAMESPACE}\">5</NumberToWords>"),
        format!("<NumberToWords xmlns=\"{NAMESPACE}\">{number}{number}</NumberToWords>"),
        format!("<NumberToWords xmlns=\"{NAMESPACE}\">{number}text</NumberToWords>"),
        format!("<NumberToWords xmlns=\"{NAMESPACE}\"><dNum>5</dNum></NumberToWords>"),
        format!(
            "<NumberToWords xmlns=\"{NAMESPACE}\"><ubiNum xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"/></NumberToWords>"
        ),
    ] {
        assert_eq!(
            post11(&server, envelope(SOAP11, &body)).fault11().0,
            "soap:Client",
            "{body}"
        );
    }
}

#[test]
fn refuses_envelopes_of_another_shape() {
    let server = start();
    let body = format!("<s:Body>{}</s:Body>", words("5"));
    for inside in [
        String::new(),
        format!("{body}{body}"),
        format!("{body}<s:Header/>"),
        format!("<s:Header/><s:Header/>{body}"),
        format!("{body}<x xmlns=\"urn:x\"/>"),
        format!("text{body}"),
        format!("<s:Header>text</s:Header>{body}"),
        format!("<s:Header><x/></s:Header>{body}"),
        format!("<Body>{}</Body>", words("5")),
        format!("<t:Body xmlns:t=\"{SOAP12}\">{}</t:Body>", words("5")),
    ] {
        let message = format!("<s:Envelope xmlns:s=\"{SOAP11}\">{inside}</s:Envelope>");
        assert_eq!(
            post11(&server, message).fault11().0,
            "soap:Client",
            "{inside}"
        );
    }
}

#[test]
fn answers_version_mismatch_to_another_envelope() {
    let server = start();
    for document in [
        envelope("http://www.w3.org/2001/12/soap-envelope", &words("5")),
        "<Envelope/>".into(),
        format!("<s:Fault xmlns:s=\"{SOAP11}\"/>"),
        words("5"),
    ] {
        assert_eq!(
            post11(&server, &document).fault11().0,
            "soap:VersionMismatch",
            "{document}"
        );
        let answer = post12(&server, &document);
        assert_eq!(
            (answer.status, answer.fault12().0),
            (500, "soap:VersionMismatch"),
            "{document}"
        );
        assert!(
            answer
                .body
                .contains("<soap:Upgrade><soap:SupportedEnvelope qname=\"v:Envelope\""),
            "{}",
            answer.body
        );
    }
}

#[test]
fn refuses_mandatory_headers_for_itself_and_ignores_the_others() {
    let server = start();
    let next11 = "http://schemas.xmlsoap.org/soap/actor/next";
    let role12 = "http://www.w3.org/2003/05/soap-envelope/role";
    for attributes in [
        String::new(),
        "s:mustUnderstand='0'".into(),
        "mustUnderstand='1'".into(),
        "s:mustUnderstand='1' s:actor='urn:another-node'".into(),
    ] {
        let answer = post11(
            &server,
            with_header(SOAP11, &format!("<h:a xmlns:h='urn:h' {attributes}/>")),
        );
        assert_eq!(answer.result(), "five ", "{attributes}");
    }
    for attributes in [
        "s:mustUnderstand='1'".to_owned(),
        "s:mustUnderstand=' 1 '".into(),
        "s:mustUnderstand='&#49;' s:actor=''".into(),
        format!("s:mustUnderstand='1' s:actor='{next11}'"),
        format!("t:mustUnderstand='1' xmlns:t='{SOAP11}'"),
    ] {
        let answer = post11(
            &server,
            with_header(SOAP11, &format!("<h:a xmlns:h='urn:h' {attributes}/>")),
        );
        assert_eq!(answer.fault11().0, "soap:MustUnderstand", "{attributes}");
    }
    for (attributes, status) in [
        ("s:mustUnderstand='true'".to_owned(), 500),
        (
            format!("s:mustUnderstand='true' s:role='{role12}/ultimateReceiver'"),
            500,
        ),
        (format!("s:mustUnderstand='1' s:role='{role12}/next'"), 500),
        (format!("s:mustUnderstand='1' s:role='{role12}/none'"), 200),
        ("s:mustUnderstand='false'".into(), 200),
        ("s:mustUnderstand='yes'".into(), 400),
    ] {
        let answer = post12(
            &server,
            with_header(SOAP12, &format!("<h:a xmlns:h='urn:h' {attributes}/>")),
        );
        assert_eq!(answer.status, status, "{attributes}");
    }
    let answer = post11(
        &server,
        with_header(SOAP11, "<h:a xmlns:h='urn:h' s:mustUnderstand='true'/>"),
    );
    assert_eq!(answer.fault11().0, "soap:Client");
}

#[test]
fn names_the_header_it_did_not_understand_and_escapes_it() {
    let server = start();
    let answer = post12(
        &server,
        with_header(
            SOAP12,
            "<h:a xmlns:h='urn:\"&lt;x&gt;' s:mustUnderstand='1'/>",
        ),
    );
    assert_eq!(answer.fault12().0, "soap:MustUnderstand");
    let expected = "<soap:Header><soap:NotUnderstood qname=\"h:a\" xmlns:h=\"urn:&quot;&lt;x&gt;\"/></soap:Header>";
    assert!(answer.body.contains(expected), "{}", answer.body);
}
