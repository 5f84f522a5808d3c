//! Keys from PEM, and what a person may paste instead.

use validate_jwt_jws::{Curve, Key, KeyError, MAX_PEM_BYTES};

use crate::support::pem;

const RSA: &str = include_str!("pem/rsa-public.pem");

#[test]
fn public_keys_and_certificates_of_all_types_are_read() {
    for (text, expected) in [
        (RSA, "RSA 2048"),
        (include_str!("pem/rsa-pkcs1.pem"), "RSA 2048"),
        (include_str!("pem/rsa-certificate.pem"), "RSA 2048"),
        (include_str!("pem/rsa-v1-certificate.pem"), "RSA 2048"),
        (include_str!("pem/p256-public.pem"), "EC P-256"),
        (include_str!("pem/p256-compressed.pem"), "EC P-256"),
        (include_str!("pem/p256-certificate.pem"), "EC P-256"),
        (include_str!("pem/p384-public.pem"), "EC P-384"),
        (include_str!("pem/p384-certificate.pem"), "EC P-384"),
        (include_str!("pem/ed25519-public.pem"), "OKP Ed25519"),
        (include_str!("pem/ed25519-certificate.pem"), "OKP Ed25519"),
    ] {
        assert_eq!(Key::from_pem(text).unwrap().description(), expected);
    }
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    let rsa = Key::from_pem(RSA).unwrap();
    for text in [
        include_str!("pem/rsa-pkcs1.pem"),
        include_str!("pem/rsa-certificate.pem"),
        include_str!("pem/rsa-v1-certificate.pem"),
    ] {
        assert_eq!(Key::from_pem(text).unwrap(), rsa);
    }
    let p256 = Key::from_pem(include_str!("pem/p256-public.pem")).unwrap();
    for text in [
        include_str!("pem/p256-compressed.pem"),
        include_str!("pem/p256-certificate.pem"),
    ] {
        assert_eq!(Key::from_pem(text).unwrap(), p256);
    }
}

#[test]
fn line_breaks_text_around_and_further_blocks_do_not_matter() {
    let key = Key::from_pem(RSA).unwrap();
    for text in [
        RSA.replace('\n', ""),
        RSA.replace('\n', " "),
        RSA.replace('\n', "\r\n"),
        format!("subject=CN = a\n{RSA}\n"),
        format!("{RSA}{}", include_str!("pem/p256-certificate.pem")),
    ] {
        assert_eq!(Key::from_pem(&text).unwrap(), key);
    }
}

#[test]
fn a_private_key_is_refused_by_its_name() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ] {
        assert_eq!(
            Key::from_pem(&pem(label, &[0; 32])),
            Err(KeyError::PrivateKey)
        );
    }
}

#[test]
fn what_is_not_a_public_key_is_refused_with_its_reason() {
    let cases = [
        (String::new(), KeyError::NotPem),
        ("MIIBIjANBgkqhkiG9w0BAQEF".into(), KeyError::NotPem),
        (RSA.replace("-----END", "----END"), KeyError::NotPem),
        (RSA.replace("END PUBLIC", "END PUBLI"), KeyError::NotPem),
        (
            pem("CERTIFICATE REQUEST", &[0x30, 0]),
            KeyError::UnsupportedPem,
        ),
        (pem("public key", &[0x30, 0]), KeyError::UnsupportedPem),
        (pem("PUBLIC KEY", b""), KeyError::Asn1),
        (pem("PUBLIC KEY", &[0x30, 0]), KeyError::Asn1),
        (pem("CERTIFICATE", &[0x30, 0]), KeyError::Asn1),
        (RSA.replace("PUBLIC KEY", "CERTIFICATE"), KeyError::Asn1),
        (RSA.replace("PUBLIC KEY", "RSA PUBLIC KEY"), KeyError::Asn1),
        (
            include_str!("pem/p521-public.pem").into(),
            KeyError::UnsupportedCurve,
        ),
        (
            include_str!("pem/x25519-public.pem").into(),
            KeyError::UnsupportedKeyType,
        ),
        (
            include_str!("pem/rsa1024-public.pem").into(),
            KeyError::RsaModulusSize { bits: 1024 },
        ),
        (
            format!("-----BEGIN PUBLIC KEY-----{}", "A".repeat(MAX_PEM_BYTES)),
            KeyError::PemTooLong {
                bytes: MAX_PEM_BYTES + 26,
            },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Key::from_pem(&text), Err(expected), "{text:.60}");
    }
}

#[test]
fn a_key_with_one_changed_or_missing_byte_never_panics() {
    for text in [
        RSA,
        include_str!("pem/rsa-v1-certificate.pem"),
        include_str!("pem/p256-certificate.pem"),
        include_str!("pem/ed25519-certificate.pem"),
    ] {
        let label = text[11..].split_once("-----").unwrap().0;
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = validate_jwt_jws::decode_base64_any(&body).unwrap();
        for at in 0..der.len() {
            let _ = Key::from_pem(&pem(label, &der[..at]));
            for byte in [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = der.clone();
                changed[at] = byte;
                let _ = Key::from_pem(&pem(label, &changed));
            }
        }
    }
}

#[test]
fn a_point_in_another_form_or_of_another_length_is_refused() {
    let der_of = |text: &str| {
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        validate_jwt_jws::decode_base64_any(&body).unwrap()
    };
    let refused = |der: &[u8]| {
        let error = Key::from_pem(&pem("PUBLIC KEY", der)).unwrap_err();
        assert!(
            matches!(error, KeyError::NotOnCurve(Curve::P256)),
            "{error}"
        );
    };
    for (text, form) in [
        (include_str!("pem/p256-public.pem"), 65),
        (include_str!("pem/p256-compressed.pem"), 33),
    ] {
        let der = der_of(text);
        let at = der.len() - form;
        for tag in [0x00, 0x01, 0x05, 0x06, 0x07, 0x08, 0xff] {
            let mut changed = der.clone();
            changed[at] = tag;
            refused(&changed);
        }
        // One byte less in the point, and in the lengths of the bit string and the whole.
        let mut shorter = der.clone();
        shorter.pop();
        shorter[1] -= 1;
        shorter[at - 2] -= 1;
        refused(&shorter);
    }
    let mut uncompressed = der_of(include_str!("pem/p256-public.pem"));
    let at = uncompressed.len() - 65;
    uncompressed[at] = 0x02;
    refused(&uncompressed);
}

#[test]
fn bytes_after_the_structure_are_refused() {
    for (text, label) in [
        (RSA, "PUBLIC KEY"),
        (include_str!("pem/rsa-certificate.pem"), "CERTIFICATE"),
    ] {
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = validate_jwt_jws::decode_base64_any(&body).unwrap();
        assert!(Key::from_pem(&pem(label, &der)).is_ok());
        der.push(0);
        assert_eq!(Key::from_pem(&pem(label, &der)), Err(KeyError::Asn1));
    }
}
