//! Fetches: what is asked for, what came back, and what there is to say of it.

use alloc::string::String;
use alloc::vec::Vec;

use validate_jwt_jws::MAX_DOCUMENT_BYTES;

use super::source::{Endpoint, SourceId};

/// Longest body that is worth handing over to [`KeyStore::fetched`](super::KeyStore::fetched); of a longer one its size suffices.
pub const MAX_BODY_BYTES: usize = MAX_DOCUMENT_BYTES;

/// A GET to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// For which source.
    pub source: SourceId,
    /// Tells this attempt from earlier ones; to be given back with the result.
    pub attempt: u32,
    /// Where to, and by which cluster.
    pub endpoint: Endpoint,
    /// Limit, in seconds.
    pub timeout: u64,
}

/// What came of a [`FetchRequest`].
#[derive(Debug)]
pub enum FetchResult {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its body, up to [`MAX_BODY_BYTES`].
        body: Vec<u8>,
        /// The size of the whole body.
        size: usize,
    },
    /// None, and why.
    Failure(String),
}

/// Something that the operator should read or count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// What has happened.
    pub event: KeyEvent,
    /// The text.
    pub text: String,
}

/// What happens to keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    /// A fetch brought keys.
    Fetched,
    /// A fetch failed.
    FetchFailed,
    /// A fetch brought something that is not quite right.
    Doubtful,
}
