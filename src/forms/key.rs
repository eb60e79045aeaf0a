//! Where the installation's key for printed codes lies, and what to do when it doesn't.

use std::path::{Path, PathBuf};

use super::code::CodeKey;
use crate::case::ids::Malformed;

/// The key file's place below the data directory.
pub const KEY_FILE: &str = "keys/page-code.key";

/// Why the key for printed codes could not be had. English: read on the command line and in logs.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("{}: there is no key for printed codes; name one with --key-file FILE (64 hex digits, as `openssl rand -hex 32` prints them), or start the service once, which makes it", .path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// It could not be read.
    #[error("{}: the key for printed codes can't be read: {source}; check the file's owner and mode", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds no key.
    #[error("{}: {wrong}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What a key is.
        wrong: Malformed,
    },
}

/// The installation's key: `<data directory>/keys/page-code.key`.
///
/// # Errors
/// When the file is absent, unreadable or no key.
pub fn installation_key(data_dir: &Path) -> Result<CodeKey, KeyError> {
    read_key(&data_dir.join(KEY_FILE))
}

/// The key in this file.
///
/// # Errors
/// When the file is absent, unreadable or no key.
pub fn read_key(path: &Path) -> Result<CodeKey, KeyError> {
    let path = path.to_owned();
    match std::fs::read(&path) {
        Ok(content) => CodeKey::parse(&content).map_err(|wrong| KeyError::Malformed { path, wrong }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(KeyError::Absent { path }),
        Err(source) => Err(KeyError::Unreadable { path, source }),
    }
}
