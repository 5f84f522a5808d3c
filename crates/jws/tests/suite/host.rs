//! When the host decides and when pure Rust does.

use std::cell::RefCell;

use validate_jwt_jws::known_answer::{ES256, KnownAnswer, RS256};
use validate_jwt_jws::{Algorithm, Hash, HostCrypto, NoHostCrypto};

use crate::support::{EnvoyLikeHost, StubbornHost, key_for, sign};

const MESSAGE: &[u8] = b"a.b";

const HOSTED: [Algorithm; 5] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

#[test]
fn the_host_is_asked_once_for_what_it_can_verify_and_never_for_the_rest() {
    for algorithm in Algorithm::ALL {
        let host = EnvoyLikeHost::default();
        assert!(key_for(algorithm).verify(algorithm, MESSAGE, &sign(algorithm, MESSAGE), &host));
        assert_eq!(
            host.calls(),
            u32::from(HOSTED.contains(&algorithm)),
            "{algorithm}"
        );
    }
}

#[test]
fn the_answer_of_the_host_is_final() {
    for algorithm in HOSTED {
        let signature = sign(algorithm, MESSAGE);
        let key = key_for(algorithm);
        assert!(!key.verify(algorithm, MESSAGE, &signature, &StubbornHost(Some(false))));
        assert!(key.verify(algorithm, b"another", &signature, &StubbornHost(Some(true))));
    }
}

#[test]
fn a_host_without_an_answer_leaves_the_decision_to_pure_rust() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let signature = sign(algorithm, MESSAGE);
        for host in [&StubbornHost(None) as &dyn HostCrypto, &NoHostCrypto] {
            assert!(key.verify(algorithm, MESSAGE, &signature, host));
            assert!(!key.verify(algorithm, b"another", &signature, host));
        }
    }
}

#[test]
fn the_host_gets_the_hash_of_the_algorithm_the_message_and_der() {
    type Question = (Hash, Vec<u8>, Vec<u8>, Vec<u8>);
    #[derive(Default)]
    struct Recorder(RefCell<Vec<Question>>);
    impl HostCrypto for Recorder {
        fn verify(
            &self,
            hash: Hash,
            spki: &[u8],
            signature: &[u8],
            message: &[u8],
        ) -> Option<bool> {
            self.0
                .borrow_mut()
                .push((hash, spki.to_vec(), signature.to_vec(), message.to_vec()));
            None
        }
    }
    let hashes = [
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
        Hash::Sha256,
        Hash::Sha384,
    ];
    for (algorithm, expected) in HOSTED.into_iter().zip(hashes) {
        let host = Recorder::default();
        let signature = sign(algorithm, MESSAGE);
        key_for(algorithm).verify(algorithm, MESSAGE, &signature, &host);
        let questions = host.0.into_inner();
        let [(hash, spki, asked, message)] = &questions[..] else {
            panic!("{} questions", questions.len());
        };
        assert_eq!(*hash, expected);
        assert_eq!(spki[0], 0x30);
        assert_eq!(message, MESSAGE);
        if matches!(algorithm, Algorithm::ES256 | Algorithm::ES384) {
            assert_eq!((asked[0], asked[2]), (0x30, 0x02), "{algorithm}");
        } else {
            assert_eq!(asked, &signature);
        }
    }
}

#[test]
fn der_numbers_are_minimal_whatever_their_first_bits_are() {
    // Signatures until both r and s have had a first bit of 1 and a first byte of 0: the cases of DER.
    for algorithm in [Algorithm::ES256, Algorithm::ES384] {
        let key = key_for(algorithm);
        let (mut high, mut short) = (0, 0);
        for number in 0..4000u32 {
            let message = number.to_be_bytes();
            let signature = sign(algorithm, &message);
            let first_bytes = [signature[0], signature[signature.len() / 2]];
            high += usize::from(first_bytes.iter().any(|byte| *byte >= 0x80));
            let is_short = first_bytes.contains(&0);
            short += usize::from(is_short);
            if is_short || number < 50 {
                assert!(key.verify(algorithm, &message, &signature, &EnvoyLikeHost::default()));
            }
            if short > 3 && high > 3 {
                break;
            }
        }
        assert!(short > 0 && high > 0);
    }
}

#[test]
fn a_host_that_verifies_knows_the_answers() {
    for answer in [RS256, ES256] {
        assert!(answer.is_known_to(&EnvoyLikeHost::default()));
    }
}

#[test]
fn a_host_that_does_not_verify_does_not_know_the_answers() {
    for answer in [RS256, ES256] {
        for host in [Some(true), Some(false), None] {
            assert!(!answer.is_known_to(&StubbornHost(host)), "{host:?}");
        }
    }
}

#[test]
fn known_answers_verify_in_pure_rust_too() {
    let pure = |answer: KnownAnswer, algorithm, signature: &[u8]| {
        let pem = crate::support::pem("PUBLIC KEY", answer.spki_der);
        validate_jwt_jws::Key::from_pem(&pem).unwrap().verify(
            algorithm,
            answer.message,
            signature,
            &NoHostCrypto,
        )
    };
    assert!(pure(RS256, Algorithm::RS256, RS256.signature));
    // The known ECDSA answer is DER; a token would carry r‖s.
    assert!(!pure(ES256, Algorithm::ES256, ES256.signature));
}
