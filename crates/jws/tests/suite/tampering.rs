//! One bit of difference anywhere refuses the signature, in every algorithm and both paths.

use validate_jwt_jws::Algorithm;

use crate::support::{key_for, sign, verifies};

const MESSAGE: &[u8] = b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0";

#[test]
fn flipping_any_bit_of_the_signature_refuses_it() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let mut signature = sign(algorithm, MESSAGE);
        for bit in 0..signature.len() * 8 {
            signature[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !verifies(&key, algorithm, MESSAGE, &signature),
                "{algorithm}, bit {bit}"
            );
            signature[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(verifies(&key, algorithm, MESSAGE, &signature));
    }
}

#[test]
fn flipping_any_bit_of_the_message_refuses_it() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let signature = sign(algorithm, MESSAGE);
        let mut message = MESSAGE.to_vec();
        for bit in 0..message.len() * 8 {
            message[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !verifies(&key, algorithm, &message, &signature),
                "{algorithm}, bit {bit}"
            );
            message[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let signature = sign(algorithm, MESSAGE);
        for len in 0..signature.len() {
            assert!(
                !verifies(&key, algorithm, MESSAGE, &signature[..len]),
                "{algorithm} {len}"
            );
        }
        for (before, after) in [(1, 0), (0, 1), (4, 4), (0, 4096)] {
            let longer = [&vec![0; before][..], &signature, &vec![0; after]].concat();
            assert!(!verifies(&key, algorithm, MESSAGE, &longer), "{algorithm}");
        }
        assert!(!verifies(&key, algorithm, MESSAGE, &signature.repeat(2)));
    }
}

#[test]
fn a_constant_signature_is_refused() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let len = sign(algorithm, MESSAGE).len();
        for byte in [0x00, 0x01, 0x30, 0xff] {
            assert!(
                !verifies(&key, algorithm, MESSAGE, &vec![byte; len]),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn the_signature_of_another_message_is_refused() {
    for algorithm in Algorithm::ALL {
        let signature = sign(algorithm, b"another");
        assert!(!verifies(
            &key_for(algorithm),
            algorithm,
            MESSAGE,
            &signature
        ));
    }
}
