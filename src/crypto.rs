//! Envoy's `verify_signature` (BoringSSL), as the core wants its host's crypto.

use std::cell::{Cell, RefCell};

use validate_jwt_jws::{Hash, HostCrypto, known_answer};

use crate::host;

const FUNCTION: &str = "verify_signature";

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untried,
    Trusted,
    Unused,
}

/// Verification by the host, once it has shown that it can.
pub(crate) struct EnvoyCrypto {
    state: Cell<State>,
    /// The arguments of the last call; kept for its memory.
    arguments: RefCell<Vec<u8>>,
}

impl EnvoyCrypto {
    /// With `use_host` false the host is never asked.
    pub(crate) fn new(use_host: bool) -> Self {
        let state = if use_host {
            State::Untried
        } else {
            State::Unused
        };
        Self {
            state: Cell::new(state),
            arguments: RefCell::default(),
        }
    }

    /// Finds out what the host can do, by signatures whose answers are known. Not done while Envoy loads the configuration: what a
    /// host offers must not decide whether a configuration is good.
    fn probe(&self) -> State {
        self.state.set(State::Trusted);
        let can = [known_answer::RS256, known_answer::ES256]
            .iter()
            .all(|known| known.is_known_to(self));
        let state = if can { State::Trusted } else { State::Unused };
        if state == State::Unused {
            log::info!(
                "the host does not verify signatures ({FUNCTION}); the module does it itself, more slowly"
            );
        }
        self.state.set(state);
        state
    }

    fn ask(&self, hash: Hash, spki_der: &[u8], signature: &[u8], message: &[u8]) -> Option<bool> {
        let mut arguments = self.arguments.try_borrow_mut().ok()?;
        arguments.clear();
        put_field(&mut arguments, 1, hash.name().as_bytes());
        put_field(&mut arguments, 2, spki_der);
        put_field(&mut arguments, 3, signature);
        put_field(&mut arguments, 4, message);
        let result = host::call_foreign_function(FUNCTION, &arguments).ok()?;
        // `VerifySignatureResult`: field 1 is the verdict, field 2 an error text. Only an explicit true is true.
        Some(result == [0x08, 0x01])
    }
}

impl HostCrypto for EnvoyCrypto {
    fn verify(
        &self,
        hash: Hash,
        spki_der: &[u8],
        signature: &[u8],
        message: &[u8],
    ) -> Option<bool> {
        let state = match self.state.get() {
            State::Untried => self.probe(),
            known @ (State::Trusted | State::Unused) => known,
        };
        match state {
            State::Trusted => self.ask(hash, spki_der, signature, message),
            State::Untried | State::Unused => None,
        }
    }
}

/// A length-delimited protobuf field.
fn put_field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number.wrapping_shl(3) | 2);
    let mut length = bytes.len();
    while length >= 0x80 {
        message.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length = length.wrapping_shr(7);
    }
    message.push(u8::try_from(length).unwrap_or(0));
    message.extend_from_slice(bytes);
}
