//! Keys that outlive the process: one file with the CA and the signing keys, readable by its owner only.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{key_set::KeySet, signing_key::SigningKey};

const FILE_NAME: &str = "entra-emulator-state.json";

/// The file is for its owner only; it holds private keys.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
#[cfg(unix)]
const DIR_MODE: u32 = 0o700;

/// The state of one emulator, in memory and on disk.
pub(crate) struct StateFile {
    path: PathBuf,
    contents: Mutex<Contents>,
}

/// Why keys cannot be kept or taken up.
#[derive(Debug, Error)]
pub enum StateFileError {
    /// The directory or file cannot be read.
    #[error("{}: cannot be read: {source}; name a directory of yours with --state-dir", path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The directory or file cannot be written.
    #[error("{}: cannot be written: {source}; name a writable directory with --state-dir", path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is not one this version wrote.
    #[error("{}: {problem}; delete it to start with new keys", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Serialize, Deserialize, Clone, Default)]
#[serde(deny_unknown_fields)]
struct Contents {
    ca: Option<StoredCa>,
    signing_keys: Vec<StoredKey>,
}

/// A CA as stored.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredCa {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    /// Seconds since 1970.
    pub(crate) not_after: i64,
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    pkcs8: String,
    certificate: String,
}

impl StateFile {
    /// Opens the state in `directory`, which is made if it is not there; without a file it is empty.
    pub(crate) fn open(directory: &Path) -> Result<Self, StateFileError> {
        make_directory(directory)?;
        let path = directory.join(FILE_NAME);
        let contents = match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| StateFileError::Damaged {
                path: path.clone(),
                problem: error.to_string(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Contents::default(),
            Err(source) => return Err(StateFileError::Read { path, source }),
        };
        Ok(Self {
            path,
            contents: Mutex::new(contents),
        })
    }

    /// The stored keys in order; `None` if there are none yet.
    pub(crate) fn keys(&self) -> Result<Option<KeySet>, StateFileError> {
        let damaged = |problem: &str| self.damaged(problem);
        let stored = self
            .contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .signing_keys
            .clone();
        let mut keys = Vec::new();
        for key in stored {
            let pkcs8 = BASE64_STANDARD
                .decode(key.pkcs8)
                .map_err(|_| damaged("a signing key is not base64"))?;
            let certificate = BASE64_STANDARD
                .decode(key.certificate)
                .map_err(|_| damaged("a certificate is not base64"))?;
            keys.push(
                SigningKey::from_stored(pkcs8, certificate)
                    .map_err(|error| damaged(&error.to_string()))?,
            );
        }
        Ok(KeySet::from_keys(keys))
    }

    /// That the file is there, and cannot be used.
    pub(crate) fn damaged(&self, problem: &str) -> StateFileError {
        StateFileError::Damaged {
            path: self.path.clone(),
            problem: problem.to_owned(),
        }
    }

    pub(crate) fn ca(&self) -> Option<StoredCa> {
        self.contents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ca
            .clone()
    }

    pub(crate) fn store_keys(&self, keys: &[Arc<SigningKey>]) -> Result<(), StateFileError> {
        let stored = keys.iter().map(|key| StoredKey {
            pkcs8: BASE64_STANDARD.encode(key.pkcs8()),
            certificate: key.x5c(),
        });
        let stored = stored.collect();
        self.store(|contents| contents.signing_keys = stored)
    }

    pub(crate) fn store_ca(&self, ca: StoredCa) -> Result<(), StateFileError> {
        self.store(|contents| contents.ca = Some(ca))
    }

    /// Changes the state and replaces the file in one step, so that it is never half written.
    fn store(&self, change: impl FnOnce(&mut Contents)) -> Result<(), StateFileError> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut contents);
        let written = serde_json::to_vec_pretty(&*contents)
            .map_err(io::Error::from)
            .and_then(|json| {
                let temporary = self.path.with_extension("json.new");
                write_private(&temporary, &json)?;
                fs::rename(&temporary, &self.path)
            });
        written.map_err(|source| StateFileError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

fn make_directory(path: &Path) -> Result<(), StateFileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, DIR_MODE);
    builder
        .create(path)
        .map_err(|source| StateFileError::Write {
            path: path.to_owned(),
            source,
        })
}

/// Writes a new file that nobody else could open in between.
fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}
