//! The data directory: its version, and the places of what lies in it.
//!
//! ```text
//! VERSION                 the layout's number; written last, so that a half-made directory is none
//! casebind.sqlite         the records, unless they are in PostgreSQL
//! keys/page-code.key      the key of the printed codes
//! keys/doors.key          the key of what concerns accounts: seals second factors, signs known devices
//! keys/custody.key        the key that signs checkpoints of the custody chain, unless it is elsewhere
//! keys/archive-N.key      the keys of what is encrypted at rest, a generation each, unless they are elsewhere
//! checkpoints/            signed checkpoints, unless they are elsewhere
//! originals/  tmp/        originals by digest, and those still arriving
//! renditions/             what can be made again
//! outbox/                 mails, one file each
//! ```
//!
//! It makes the directory and guards its version. It must not look into the database or originals.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::clock::Entropy;
use crate::custody::key::CustodyKey;
use crate::forms::code::CodeKey;
use crate::identity::keys::DoorKey;
use crate::keyring::{self, Keyring, KeyringError, Keys};

use super::Encryption;

/// An opened data directory.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

/// Why a data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// A newer casebind has made or changed it.
    #[error(
        "data directory {} has version {found}, and this casebind knows versions up to {known}: \
         use the newer casebind, or another data_dir", root.display()
    )]
    Newer {
        /// The directory.
        root: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that is known.
        known: u64,
    },
    /// The version file holds something else.
    #[error("{} holds {found:?}, not a version number: restore it from a backup", file.display())]
    NoVersion {
        /// The file.
        file: PathBuf,
        /// Its beginning.
        found: String,
    },
    /// Other things lie there and nothing of ours.
    #[error(
        "{} isn't empty and isn't a data directory of casebind's (it has {found:?} and no VERSION): \
         name an empty or a new directory", root.display()
    )]
    Foreign {
        /// The directory.
        root: PathBuf,
        /// One of the things that lie there.
        found: String,
    },
    /// A data directory is there already, and nothing is restored over it.
    #[error("{} is a data directory already: name an empty or a new directory", root.display())]
    Taken {
        /// The directory.
        root: PathBuf,
    },
    /// Nothing of ours is there.
    #[error("{} is no data directory of casebind's: it has no VERSION", root.display())]
    Absent {
        /// The directory.
        root: PathBuf,
    },
    /// The key of the printed codes has gone. A new one could not read what has been printed.
    #[error(
        "{} is missing: restore it from a backup, or forms that are already printed can't be read; \
         if nothing has been printed yet, remove VERSION and start again", file.display()
    )]
    KeyMissing {
        /// Where it should be.
        file: PathBuf,
    },
    /// The key file holds no key.
    #[error("{}: {reason}", file.display())]
    BadKey {
        /// The key file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key ring of what is encrypted at rest can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The filesystem is mounted read-only.
    #[error("data directory {} is on a read-only filesystem: mount it writable", path.display())]
    ReadOnly {
        /// What was being written.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left for {}: free some space or enlarge the disk, then start again", path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// The process may not read or write there.
    #[error("no permission for {}: give the data directory to the user that casebind runs as", path.display())]
    Denied {
        /// What was being opened.
        path: PathBuf,
    },
    /// Anything else that the system answered.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl DataDir {
    /// The layout's version that this program makes, and the newest that it knows.
    pub const VERSION: u64 = 1;
    /// The database's file name.
    pub const DATABASE: &str = "casebind.sqlite";

    /// Opens the data directory at `root`, making it where it isn't there or empty.
    ///
    /// # Errors
    /// When it is of a newer version, not ours, without its key, read-only or not permitted.
    pub fn open(root: &Path, entropy: &Entropy) -> Result<Self, DataDirError> {
        let this = Self { root: root.to_owned() };
        match this.version()? {
            Some(found) if found > Self::VERSION => {
                return Err(DataDirError::Newer { root: this.root, found, known: Self::VERSION });
            }
            Some(_) => {
                this.probe()?;
                if !this.key_file().exists() {
                    return Err(DataDirError::KeyMissing { file: this.key_file() });
                }
            }
            None => this.make(entropy)?,
        }
        Ok(this)
    }

    /// Opens a data directory that must be there already, without writing to it: for checks.
    ///
    /// # Errors
    /// When it isn't there, or is of a newer version.
    pub fn open_existing(root: &Path) -> Result<Self, DataDirError> {
        let this = Self { root: root.to_owned() };
        match this.version()? {
            None => Err(DataDirError::Absent { root: this.root }),
            Some(found) if found > Self::VERSION => {
                Err(DataDirError::Newer { root: this.root, found, known: Self::VERSION })
            }
            Some(_) => Ok(this),
        }
    }

    /// The directory itself, under which the archive has its folders.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where mails are written; made with the first one.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    /// The key of the printed codes.
    ///
    /// # Errors
    /// When the file can't be read or holds no key.
    pub fn page_code_key(&self) -> Result<CodeKey, DataDirError> {
        let file = self.key_file();
        let content = read_key(&file)?;
        CodeKey::parse(&content).map_err(|reason| DataDirError::BadKey { file, reason: reason.to_string() })
    }

    /// The key of what concerns accounts. Made where it isn't there: whether it is the one that the database's
    /// secrets were sealed with is found out when the house opens.
    ///
    /// # Errors
    /// When the file can't be made or read, or holds no key.
    pub fn door_key(&self, entropy: &Entropy) -> Result<DoorKey, DataDirError> {
        let file = self.root.join("keys").join("doors.key");
        if !file.exists() {
            write_new(&file, DoorKey::from_bytes(entropy.bytes()).to_text().as_bytes())?;
        }
        let content = read_key(&file)?;
        DoorKey::parse(&content)
            .ok_or_else(|| DataDirError::BadKey { file, reason: "a key file holds 64 hex digits".into() })
    }

    /// The key that signs checkpoints: from `elsewhere`, or here, where it is made when it isn't there.
    ///
    /// # Errors
    /// When the file can't be made or read, or holds no key.
    pub fn custody_key(
        &self,
        elsewhere: Option<&Path>,
        entropy: &Entropy,
    ) -> Result<CustodyKey, DataDirError> {
        let file = elsewhere.map_or_else(|| self.root.join("keys").join("custody.key"), Path::to_owned);
        if elsewhere.is_none() && !file.exists() {
            write_new(&file, CustodyKey::from_bytes(entropy.bytes()).to_pem().as_bytes())?;
        }
        let content = read_key(&file)?;
        CustodyKey::parse(&String::from_utf8_lossy(&content))
            .map_err(|reason| DataDirError::BadKey { file, reason: reason.to_string() })
    }

    /// The keys of what is encrypted at rest: as the settings say, or here, where a first generation is made when there
    /// is none: only where the database is asked first, and knows none. Whether they are those that it was sealed with is
    /// found out when it is opened.
    ///
    /// # Errors
    /// When a file can't be made or read, or holds no key.
    pub fn archive_keys(&self, settings: &Encryption) -> Result<Keys, DataDirError> {
        if settings.key.is_none() && settings.key_dir.is_none() {
            keyring::make_first(&self.root.join("keys"))?;
        }
        self.existing_archive_keys(settings)
    }

    /// The same of an installation that was sealed already: none is made.
    ///
    /// # Errors
    /// When there is none, or a file can't be read or holds no key.
    pub fn existing_archive_keys(&self, settings: &Encryption) -> Result<Keys, DataDirError> {
        match archive_keys_elsewhere(settings)? {
            Some(keys) => Ok(keys),
            None => Ok(Keys::of_folder(&self.root.join("keys"))?),
        }
    }

    /// Where checkpoints lie unless they are elsewhere; made with the first one.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    fn key_file(&self) -> PathBuf {
        self.root.join("keys").join("page-code.key")
    }

    fn version_file(&self) -> PathBuf {
        self.root.join("VERSION")
    }

    fn version(&self) -> Result<Option<u64>, DataDirError> {
        let file = self.version_file();
        match fs::read_to_string(&file) {
            Ok(text) => match text.trim().parse() {
                Ok(version) => Ok(Some(version)),
                Err(_) => Err(DataDirError::NoVersion { file, found: text.chars().take(40).collect() }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &file, error)),
        }
    }

    /// Everything but VERSION first, each durable before the next, so that making can be repeated
    /// after a crash at any point.
    fn make(&self, entropy: &Entropy) -> Result<(), DataDirError> {
        make_folder(&self.root)?;
        self.refuse_foreign()?;
        let keys = self.root.join("keys");
        make_folder(&keys)?;
        // A check before the first start would otherwise call the folder lost.
        make_folder(&self.root.join("originals"))?;
        let key = CodeKey::from_bytes(entropy.bytes());
        write_new(&self.key_file(), key.to_text().as_bytes())?;
        write_new(&self.version_file(), format!("{}\n", Self::VERSION).as_bytes())
    }

    /// A directory with other people's files is most likely a mistyped one.
    fn refuse_foreign(&self) -> Result<(), DataDirError> {
        const OURS: [&str; 8] =
            ["checkpoints", "keys", "originals", "outbox", "tmp", "renditions", "lost+found", "VERSION"];
        let listing = |error| failed("listing", &self.root, error);
        for entry in fs::read_dir(&self.root).map_err(listing)? {
            let name = entry.map_err(listing)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && !OURS.contains(&name.as_str()) {
                return Err(DataDirError::Foreign { root: self.root.clone(), found: name });
            }
        }
        Ok(())
    }

    /// Finds out now whether files can be written.
    fn probe(&self) -> Result<(), DataDirError> {
        NamedTempFile::new_in(&self.root)
            .and_then(NamedTempFile::close)
            .map_err(|error| failed("writing to", &self.root, error))
    }
}

/// A key file's content; one that others can read is warned of.
fn read_key(file: &Path) -> Result<Vec<u8>, DataDirError> {
    let content = fs::read(file).map_err(|error| failed("reading", file, error))?;
    let mode = fs::metadata(file).map_err(|error| failed("reading", file, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others can read a key: chmod 600");
    }
    Ok(content)
}

/// Makes a folder for this user alone, with its parents.
pub(super) fn make_folder(folder: &Path) -> Result<(), DataDirError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed("making the folder", folder, error))
}

/// Writes a durable file that only this user can read, unless another process was faster: then that
/// one's stays.
pub(super) fn write_new(file: &Path, content: &[u8]) -> Result<(), DataDirError> {
    let parent = file.parent().expect("files of the data directory have a folder");
    let wrong = |error| failed("writing", file, error);
    let mut new = NamedTempFile::new_in(parent).map_err(wrong)?;
    new.write_all(content).map_err(wrong)?;
    new.as_file().sync_all().map_err(wrong)?;
    match new.persist_noclobber(file) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(wrong(error.error)),
        _ => {}
    }
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(wrong)
}

pub(super) fn failed(doing: &'static str, path: &Path, source: io::Error) -> DataDirError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::ReadOnlyFilesystem => DataDirError::ReadOnly { path },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DataDirError::Full { path },
        io::ErrorKind::PermissionDenied => DataDirError::Denied { path },
        _ => DataDirError::Io { doing, path, source },
    }
}

/// The keys of what is encrypted at rest, where the settings say that they aren't in the data directory.
///
/// # Errors
/// When a file can't be read, or what is there holds no key.
pub fn archive_keys_elsewhere(settings: &Encryption) -> Result<Option<Keys>, DataDirError> {
    if let Some(identities) = &settings.key {
        let bad = |reason| KeyringError::BadKey { file: "encryption.key".into(), reason };
        return Ok(Some(Keys::given(Keyring::parse(identities).map_err(bad)?)));
    }
    Ok(settings.key_dir.as_deref().map(Keys::of_folder).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_text(dir: &DataDir) -> String {
        dir.page_code_key().unwrap().to_text()
    }

    #[test]
    fn a_new_directory_is_made_once_and_keeps_its_key() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("new/data");
        let first = DataDir::open(&root, &Entropy::seeded(1)).unwrap();
        let again = DataDir::open(&root, &Entropy::seeded(2)).unwrap();
        assert_eq!(key_text(&first), key_text(&again));
        assert_eq!(key_text(&first), CodeKey::from_bytes(Entropy::seeded(1).bytes()).to_text());
        assert_eq!(fs::read_to_string(root.join("VERSION")).unwrap(), "1\n");
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(root.join("keys/page-code.key")), mode(root.join("keys")), mode(root)),
            (0o600, 0o700, 0o700)
        );
    }

    #[test]
    fn a_check_makes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let error = DataDir::open_existing(root.path()).unwrap_err();
        assert!(matches!(error, DataDirError::Absent { .. }), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        assert_eq!(DataDir::open_existing(root.path()).unwrap().root(), root.path());
    }

    #[test]
    fn making_goes_on_after_a_crash() {
        let root = tempfile::tempdir().unwrap();
        let first = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        let key = key_text(&first);
        fs::remove_file(root.path().join("VERSION")).unwrap();
        fs::write(root.path().join(".tmpCrash"), b"").unwrap();
        let again = DataDir::open(root.path(), &Entropy::seeded(2)).unwrap();
        assert_eq!(key_text(&again), key, "the key that was there stays");
    }

    #[test]
    fn a_directory_of_a_newer_version_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("VERSION"), "2\n").unwrap();
        let error = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "data directory {} has version 2, and this casebind knows versions up to 1: \
                 use the newer casebind, or another data_dir",
                root.path().display()
            )
        );
        fs::write(root.path().join("VERSION"), "soon").unwrap();
        let error = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap_err();
        assert!(
            error.to_string().ends_with("holds \"soon\", not a version number: restore it from a backup"),
            "{error}"
        );
    }

    #[test]
    fn other_peoples_directories_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.txt"), "").unwrap();
        let error = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap_err();
        assert!(matches!(&error, DataDirError::Foreign { found, .. } if found == "thesis.txt"), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_lost_or_broken_key_is_never_replaced_in_silence() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        let file = root.path().join("keys/page-code.key");
        fs::write(&file, "short").unwrap();
        let error = dir.page_code_key().unwrap_err();
        assert!(error.to_string().contains("64 hex digits"), "{error}");
        fs::remove_file(&file).unwrap();
        let error = DataDir::open(root.path(), &Entropy::seeded(2)).unwrap_err();
        assert!(matches!(error, DataDirError::KeyMissing { .. }), "{error}");
    }

    #[test]
    fn the_key_of_accounts_is_made_once_and_for_this_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        let text = dir.door_key(&Entropy::seeded(2)).unwrap().to_text();
        assert_eq!(dir.door_key(&Entropy::seeded(3)).unwrap().to_text(), text);
        let file = root.path().join("keys/doors.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "short").unwrap();
        let error = dir.door_key(&Entropy::seeded(4)).unwrap_err();
        assert!(error.to_string().ends_with("doors.key: a key file holds 64 hex digits"), "{error}");
    }

    #[test]
    fn a_first_generation_of_keys_is_made_once_and_here_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        let here = Encryption::default();
        assert!(
            matches!(
                dir.existing_archive_keys(&here),
                Err(DataDirError::Keyring(KeyringError::NoKey { .. }))
            ),
            "not where one is expected"
        );
        let first = dir.archive_keys(&here).unwrap().ring();
        assert_eq!(first.newest().number(), 1);
        assert_eq!(dir.archive_keys(&here).unwrap().ring().newest().identity(), first.newest().identity());
        let elsewhere = Encryption { key_dir: Some(root.path().join("originals")), key: None };
        assert!(
            matches!(dir.archive_keys(&elsewhere), Err(DataDirError::Keyring(KeyringError::NoKey { .. }))),
            "not made there"
        );
        let given =
            Encryption { key_dir: None, key: Some(keyring::Generation::generate(1).identity().into()) };
        assert_ne!(dir.archive_keys(&given).unwrap().ring().newest().identity(), first.newest().identity());
    }

    #[test]
    fn read_only_full_and_forbidden_have_their_own_words() {
        let of = |kind: io::ErrorKind| failed("writing", Path::new("/data"), kind.into()).to_string();
        assert_eq!(
            of(io::ErrorKind::ReadOnlyFilesystem),
            "data directory /data is on a read-only filesystem: mount it writable"
        );
        assert!(of(io::ErrorKind::StorageFull).starts_with("no space left for /data"));
        assert!(of(io::ErrorKind::PermissionDenied).starts_with("no permission for /data"));
        let error = DataDir::open(Path::new("/proc/casebind"), &Entropy::seeded(1)).unwrap_err();
        assert!(error.to_string().contains("/proc/casebind"), "{error}");
    }
    #[test]
    fn the_key_of_the_custody_chain_is_made_once_and_here_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = DataDir::open(root.path(), &Entropy::seeded(1)).unwrap();
        let key = dir.custody_key(None, &Entropy::seeded(2)).unwrap().to_pem();
        assert_eq!(dir.custody_key(None, &Entropy::seeded(3)).unwrap().to_pem(), key);
        let file = root.path().join("keys/custody.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let elsewhere = root.path().join("elsewhere.pem");
        assert!(dir.custody_key(Some(&elsewhere), &Entropy::seeded(4)).is_err(), "it isn't made there");
        fs::copy(&file, &elsewhere).unwrap();
        assert_eq!(dir.custody_key(Some(&elsewhere), &Entropy::seeded(5)).unwrap().to_pem(), key);
        fs::write(&file, "short").unwrap();
        let error = dir.custody_key(None, &Entropy::seeded(6)).unwrap_err();
        assert!(error.to_string().ends_with("holds an Ed25519 private key in PEM (PKCS #8)"), "{error}");
    }
}
