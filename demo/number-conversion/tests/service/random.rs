//! Properties that hold for any bytes.

use number_conversion::SoapVersion;
use number_conversion::service::{Reply, handle};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::client::{SOAP11, SOAP12, dollars, envelope, words};

const CASES: u32 = 2_000;

/// What is true of every answer: a status SOAP knows, and an envelope that the service itself can read.
fn assert_sound(reply: &Reply) {
    assert!([200, 400, 500].contains(&reply.status), "{reply:?}");
    assert!(reply.envelope.contains(reply.version.namespace()));
    // Sent back as a request, the envelope is well-formed and right as far as its operation.
    let echoed = handle(reply.envelope.as_bytes(), reply.version, None);
    assert!(
        echoed
            .envelope
            .contains("The Body holds no operation of this service"),
        "{}\nanswered by\n{}",
        reply.envelope,
        echoed.envelope
    );
}

fn version() -> impl Strategy<Value = SoapVersion> {
    prop_oneof![Just(SoapVersion::V11), Just(SoapVersion::V12)]
}

fn message() -> impl Strategy<Value = String> {
    let soap = prop_oneof![Just(SOAP11), Just(SOAP12)];
    (soap, any::<bool>(), "[0-9+.e \\-]{0,24}").prop_map(|(soap, in_words, number)| {
        envelope(
            soap,
            &if in_words {
                words(&number)
            } else {
                dollars(&number)
            },
        )
    })
}

/// Pieces that matter to an XML parser.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..6),
        prop::sample::select(vec![
            "<",
            ">",
            "/>",
            "</",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?",
            "?>",
            "<!DOCTYPE",
            "&",
            ";",
            "&#",
            "&#x0;",
            "\"",
            "'",
            "=",
            "xmlns=\"\"",
            "xmlns:s=\"\"",
            ":",
            "s:",
            "\0",
            "\u{feff}",
            "<s:Header>",
            "<a b='c'",
            " s:mustUnderstand='1'",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_get_a_fault(body in vec(any::<u8>(), 0..400), media in version()) {
        let reply = handle(&body, media, None);
        prop_assert_ne!(reply.status, 200);
        assert_sound(&reply);
    }

    #[test]
    fn random_markup_gets_a_fault(pieces in vec(fragment(), 0..40), media in version()) {
        let reply = handle(&pieces.concat(), media, None);
        prop_assert_ne!(reply.status, 200);
        assert_sound(&reply);
    }

    #[test]
    fn mutated_messages_get_a_sound_answer(
        message in message(),
        changes in vec((any::<prop::sample::Index>(), 0_usize..12, fragment()), 0..6),
        media in version(),
        action in proptest::option::of("\\PC{0,40}"),
    ) {
        let mut bytes = message.into_bytes();
        for (at, cut, insert) in changes {
            let start = at.index(bytes.len() + 1);
            let end = (start + cut).min(bytes.len());
            bytes.splice(start..end, insert);
        }
        assert_sound(&handle(&bytes, media, action.as_deref()));
    }

    #[test]
    fn every_unsigned_long_is_spelled_and_every_other_number_refused(number in any::<i128>()) {
        let number = number >> 63;
        let reply = handle(envelope(SOAP11, &words(&number.to_string())).as_bytes(), SoapVersion::V11, None);
        prop_assert_eq!(reply.status == 200, u64::try_from(number).is_ok(), "{}", number);
    }
}
