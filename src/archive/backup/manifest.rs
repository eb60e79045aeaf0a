//! What a generation holds, in one file that is written last.
//!
//! The sum beside it finds a changed manifest; the seal finds one that was changed together with its sum, by anybody who
//! hasn't the installation's key. Nothing in it is about a person.

use std::fs;
use std::io;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::super::{ArchiveError, folder};
use super::{FORMAT, Generation, LAYOUT, MANIFEST, MANIFEST_SEAL, MANIFEST_SUM, ROWS, file};
use crate::case::ids::Digest;

/// What a generation holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always `casebind-backup`.
    pub format: String,
    /// The layout's number.
    pub layout: u32,
    /// The generation.
    pub generation: u64,
    /// The version of the program that wrote it.
    pub program: String,
    /// Which database it was read from: `sqlite` or `postgres`.
    pub database: String,
    /// When the snapshot was taken: what was answered before is in it. Epoch milliseconds.
    pub taken_at: i64,
    /// When it was finished, epoch milliseconds.
    pub finished_at: i64,
    /// The schema: the migrations that the database had.
    pub migrations: Vec<Migration>,
    /// The tables, and what is held of them.
    pub tables: Vec<TableRows>,
    /// Tables whose rows are of the moment or made again, and aren't held.
    pub left_out: Vec<String>,
    /// How many originals the rows name.
    pub originals: u64,
    /// Their bytes.
    pub original_bytes: u64,
    /// Originals that the installation itself didn't have whole when this was written.
    pub lacking: Vec<Digest>,
    /// The keys that belong to it and are kept elsewhere.
    pub keys: Vec<KeyPrint>,
}

/// A migration that had been applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// The checksum of its text, in hex.
    pub checksum: String,
}

/// A table in a generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRows {
    /// Its name, which is also the file's.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// What the file holds.
    pub held: Held,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Rows, one a line.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Digest,
}

/// Which key it was, without telling the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// A key file and its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPrint {
    /// The file's name in the folder of keys.
    pub file: String,
    /// Which key it holds.
    pub fingerprint: Fingerprint,
}

impl Fingerprint {
    /// The fingerprint of a key file's content.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        let mut told = b"casebind key fingerprint\n".to_vec();
        told.extend_from_slice(key.trim_ascii());
        Self(Digest::of(&told).to_string()[..32].to_owned())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What manifests, and the disposals beside them, are sealed with. Never shown.
#[derive(Clone)]
pub struct SealKey(Vec<u8>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(redacted)")
    }
}

impl SealKey {
    /// Derived from a key file's content.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(key.trim_ascii().to_vec())
    }

    /// The seal of a disposal in the ledger.
    #[must_use]
    pub fn seal_of_disposal(&self, text: &[u8]) -> String {
        self.mac(b"casebind disposal\n", text)
    }

    fn seal(&self, manifest: &[u8]) -> String {
        self.mac(b"casebind backup manifest\n", manifest)
    }

    fn mac(&self, what: &[u8], text: &[u8]) -> String {
        let mut mac =
            <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(what);
        mac.update(text);
        Digest::from_bytes(mac.finalize().into_bytes().into()).to_string()
    }
}

/// Why a manifest says nothing.
#[derive(Debug)]
pub(super) enum Unsound {
    /// It isn't the one that was written.
    Altered(String),
    /// The disk failed.
    Archive(ArchiveError),
}

impl Generation {
    /// Ends the generation: everything in it is made durable, and the manifest gets its name in one step.
    ///
    /// # Errors
    /// When the disk is full or fails; then there is no such generation.
    pub fn finish(&self, manifest: &Manifest, key: &SealKey) -> Result<(), ArchiveError> {
        let text = serde_json::to_string_pretty(manifest).expect("texts and numbers are JSON") + "\n";
        let sum = format!("{}  {MANIFEST}\n", Digest::of(text.as_bytes()));
        folder::sync(&self.folder.join(ROWS))?;
        file::write_new(&self.folder.join(MANIFEST_SUM), sum.as_bytes())?;
        file::write_new(&self.folder.join(MANIFEST_SEAL), (key.seal(text.as_bytes()) + "\n").as_bytes())?;
        file::write_new(&self.folder.join(MANIFEST), text.as_bytes())
    }

    /// The manifest, if it is the one that was written. Without a key the sum alone is compared.
    pub(super) fn manifest(&self, key: Option<&SealKey>) -> Result<Manifest, Unsound> {
        let altered = |why: &str| Unsound::Altered(why.to_owned());
        let text = self.read(MANIFEST)?.ok_or_else(|| altered("no manifest"))?;
        let sum = self.read(MANIFEST_SUM)?.ok_or_else(|| altered("no manifest.sha256"))?;
        if sum.split(|b| *b == b' ').next() != Some(Digest::of(&text).to_string().as_bytes()) {
            return Err(altered("a manifest whose SHA-256 isn't the one beside it"));
        }
        if let Some(key) = key {
            let seal = self.read(MANIFEST_SEAL)?.ok_or_else(|| altered("no manifest.seal"))?;
            if seal.trim_ascii() != key.seal(&text).as_bytes() {
                return Err(altered("a manifest whose seal isn't of the installation's key"));
            }
        }
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| Unsound::Altered(format!("a manifest that can't be read ({error})")))?;
        let named_well = |table: &TableRows| {
            let name = table.name.as_bytes();
            !name.is_empty() && name.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        };
        if manifest.format != FORMAT || manifest.layout != LAYOUT {
            return Err(altered("a manifest of another layout: use the casebind that wrote it"));
        }
        if manifest.generation != self.number || !manifest.tables.iter().all(named_well) {
            return Err(altered("a manifest of something else"));
        }
        Ok(manifest)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Unsound> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unsound::Archive(ArchiveError::from_io("reading", &path, error))),
        }
    }
}
