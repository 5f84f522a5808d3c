//! What is no key, or too weak a key, is refused when it is made.

use ed25519_dalek::Verifier as _;
use validate_jwt_jws::{
    Algorithm, Curve, Key, KeyError, MAX_RSA_BITS, MIN_RSA_BITS, NoHostCrypto, decode_base64_any,
};

use crate::support::{key_for, sign, verifies};

const E: &[u8] = &[1, 0, 1];

/// An odd number of exactly `bits` bits. A modulus is not checked to be a product of primes.
fn odd(bits: u32) -> Vec<u8> {
    let mut number = vec![0xa5; bits.div_ceil(8) as usize];
    let unused = (8 - bits % 8) % 8;
    number[0] = 0xff >> unused;
    number
}

#[test]
fn rsa_moduli_from_2048_to_8192_bits_are_taken() {
    for bits in [
        MIN_RSA_BITS,
        2049,
        2055,
        2056,
        2500,
        3072,
        4096,
        MAX_RSA_BITS,
    ] {
        let key = Key::rsa(&odd(bits), E).unwrap();
        assert_eq!(key.description(), format!("RSA {bits}"));
    }
}

#[test]
fn rsa_moduli_of_another_size_are_refused() {
    for bits in [1, 8, 512, 1024, 2047, 8193, 16384, 100_000] {
        assert_eq!(
            Key::rsa(&odd(bits), E),
            Err(KeyError::RsaModulusSize {
                bits: u64::from(bits)
            })
        );
    }
    for zero in [&[][..], &[0], &[0; 256], &[0; 2000]] {
        assert_eq!(Key::rsa(zero, E), Err(KeyError::RsaModulusSize { bits: 0 }));
    }
}

#[test]
fn leading_zero_bytes_do_not_make_a_modulus_larger_or_a_key_different() {
    let short = [&[0; 128][..], &odd(1024)].concat();
    assert!(Key::rsa(&short, E).is_err());
    let n = odd(2048);
    let padded = Key::rsa(&[&[0; 3], &n[..]].concat(), &[0, 0, 1, 0, 1]).unwrap();
    assert_eq!(padded, Key::rsa(&n, E).unwrap());
}

#[test]
fn an_even_modulus_is_refused() {
    let mut n = odd(2048);
    *n.last_mut().unwrap() = 0xa4;
    assert_eq!(Key::rsa(&n, E), Err(KeyError::RsaModulusEven));
}

#[test]
fn exponents_that_are_odd_from_3_to_33_bits_are_taken() {
    for e in [
        &[3][..],
        &[5],
        &[17],
        &[0, 3],
        &[1, 0, 1],
        &[0xff; 4],
        &[1, 0xff, 0xff, 0xff, 0xff],
    ] {
        Key::rsa(&odd(2048), e).unwrap();
    }
}

#[test]
fn other_exponents_are_refused() {
    let refused = [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[4],
        &[0, 1],
        &[1, 0, 0],
        &[2, 0, 0, 0, 1],
        &[0xff; 5],
        &[0xff; 8],
        &[1, 0, 0, 0, 0, 0, 0, 0, 3],
        &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0xff; 256],
    ];
    for e in refused {
        assert_eq!(Key::rsa(&odd(2048), e), Err(KeyError::RsaExponent), "{e:?}");
    }
}

#[test]
fn verifying_never_panics_whatever_the_modulus_is() {
    for bits in (MIN_RSA_BITS..MIN_RSA_BITS + 40).chain([4096, MAX_RSA_BITS]) {
        for last in [1, 0x7f, 0xff] {
            let mut n = odd(bits);
            *n.last_mut().unwrap() = last;
            let key = Key::rsa(&n, &[3]).unwrap();
            let mut less = n.clone();
            *less.last_mut().unwrap() -= 1;
            for signature in [&less, &n, &vec![0; n.len()], &vec![0xff; n.len()]] {
                for algorithm in [
                    Algorithm::RS256,
                    Algorithm::RS512,
                    Algorithm::PS256,
                    Algorithm::PS512,
                ] {
                    assert!(!key.verify(algorithm, b"m", signature, &NoHostCrypto));
                }
            }
        }
    }
}

#[test]
fn coordinates_that_are_no_point_are_refused() {
    for curve in [Curve::P256, Curve::P384] {
        let len = curve.coordinate_len();
        for (x, y) in [(0, 0), (1, 1), (0xff, 0xff), (5, 0)] {
            assert_eq!(
                Key::ec(curve, &vec![x; len], &vec![y; len]),
                Err(KeyError::NotOnCurve(curve))
            );
        }
    }
}

#[test]
fn coordinates_of_another_length_are_refused() {
    for curve in [Curve::P256, Curve::P384] {
        let len = curve.coordinate_len();
        for (x, y) in [
            (0, 0),
            (len - 1, len),
            (len, len - 1),
            (len + 1, len),
            (2 * len, 0),
            (0, 2 * len),
            (1000, 1000),
        ] {
            assert!(matches!(
                Key::ec(curve, &vec![1; x], &vec![1; y]),
                Err(KeyError::CoordinateLength { .. })
            ));
        }
    }
}

#[test]
fn a_point_of_one_curve_is_no_point_of_the_other() {
    let text = include_str!("pem/p384-public.pem");
    assert_eq!(Key::from_pem(text).unwrap().description(), "EC P-384");
    assert!(
        Key::from_pem(text).unwrap() != Key::from_pem(include_str!("pem/p256-public.pem")).unwrap()
    );
}

#[test]
fn ed25519_keys_of_another_length_are_refused() {
    for len in [0, 1, 31, 33, 57, 64, 10_000] {
        assert_eq!(
            Key::ed25519(&vec![9; len]),
            Err(KeyError::CoordinateLength {
                expected: 32,
                found: len
            })
        );
    }
}

#[test]
fn ed25519_points_of_small_order_are_refused() {
    // The identity, the point of order 2, the two of order 4, and one of order 8.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut order_2 = [0xff; 32];
    order_2[0] = 0xec;
    order_2[31] = 0x7f;
    let mut order_4_negative = [0; 32];
    order_4_negative[31] = 0x80;
    let order_8 = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    for point in [identity, order_2, [0; 32], order_4_negative, order_8] {
        assert_eq!(
            Key::ed25519(&point),
            Err(KeyError::Ed25519SmallOrder),
            "{point:x?}"
        );
    }
    let mut no_point = [0; 32];
    no_point[0] = 2;
    assert_eq!(Key::ed25519(&no_point), Err(KeyError::NotOnEd25519));
}

#[test]
fn an_ed25519_signature_with_s_plus_the_group_order_is_refused() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut signature = sign(Algorithm::EdDSA, b"m");
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert!(!verifies(
        &key_for(Algorithm::EdDSA),
        Algorithm::EdDSA,
        b"m",
        &signature
    ));
}

#[test]
fn an_ed25519_signature_with_a_small_order_r_is_refused_though_its_equation_holds() {
    // Only the owner of the key can make one: R is the identity, S is the challenge times the private scalar.
    const PUBLIC_KEY: [u8; 32] = [
        0x45, 0xb8, 0x49, 0xe6, 0x50, 0x55, 0x2d, 0xa6, 0x0b, 0x92, 0x53, 0x98, 0xe8, 0x47, 0x4d,
        0xd2, 0x6f, 0xa1, 0x3b, 0x9e, 0xb9, 0x4a, 0xff, 0x30, 0xba, 0x43, 0xaf, 0x50, 0x04, 0xe8,
        0x64, 0x92,
    ];
    const S: [u8; 32] = [
        0x5a, 0x3d, 0x1c, 0x21, 0x9b, 0x96, 0xe8, 0x89, 0x9d, 0x89, 0xa7, 0xed, 0xa6, 0x76, 0x9a,
        0x2c, 0x19, 0x9f, 0xbc, 0xc9, 0xd5, 0x41, 0x97, 0x9c, 0xca, 0x55, 0xfc, 0x06, 0xef, 0x79,
        0xee, 0x05,
    ];
    const MESSAGE: &[u8] = b"validate-jwt";
    let mut signature = [0; 64];
    signature[0] = 1;
    signature[32..].copy_from_slice(&S);
    let lax = ed25519_dalek::VerifyingKey::from_bytes(&PUBLIC_KEY).unwrap();
    assert!(lax.verify(MESSAGE, &signature.into()).is_ok());
    let key = Key::ed25519(&PUBLIC_KEY).unwrap();
    assert!(!verifies(&key, Algorithm::EdDSA, MESSAGE, &signature));
}

#[test]
fn a_secret_shorter_than_the_hash_is_taken_and_named_short() {
    let secret = Key::hmac(vec![1; 47]).unwrap();
    assert!(!secret.is_short_for(Algorithm::HS256));
    assert!(secret.is_short_for(Algorithm::HS384));
    assert!(secret.is_short_for(Algorithm::HS512));
    assert!(!secret.is_short_for(Algorithm::RS256));
    assert!(!key_for(Algorithm::RS256).is_short_for(Algorithm::HS256));
    assert!(Key::hmac(vec![1]).unwrap().is_short_for(Algorithm::HS256));
}

#[test]
fn keys_are_equal_when_their_material_is() {
    for algorithm in Algorithm::ALL {
        assert_eq!(key_for(algorithm), key_for(algorithm));
    }
    assert_ne!(key_for(Algorithm::RS256), key_for(Algorithm::ES256));
    assert_ne!(Key::hmac(vec![1; 32]), Key::hmac(vec![2; 32]));
    assert_ne!(Key::rsa(&odd(2048), &[3]), Key::rsa(&odd(2048), &[5]));
}

#[test]
fn base64_written_by_people_is_read_in_both_alphabets_with_and_without_padding() {
    for text in ["+/8=", "-_8=", "+/8", "-_8", " -\n_ 8\t=\r\n"] {
        assert_eq!(decode_base64_any(text).unwrap(), [0xfb, 0xff], "{text:?}");
    }
    assert!(decode_base64_any("").unwrap().is_empty());
    assert_eq!(decode_base64_any("AA==").unwrap(), [0]);
}

#[test]
fn what_is_not_base64_is_refused_even_when_written_by_people() {
    for text in [
        "A", "AAAAA", "=", "==", "====", "A===", "AA=", "AAA==", "AA=A", "AAAA====", "A!AA",
        "AB==", "ÄÄÄÄ", "AA\0A",
    ] {
        assert!(decode_base64_any(text).is_err(), "{text:?}");
    }
}
