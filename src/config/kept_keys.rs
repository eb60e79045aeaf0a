//! The keys of a data directory on their way to and from a folder elsewhere, and a data directory that is being restored.
//!
//! Keys don't travel with a backup: who finds the backup would have them too. Until everything is back a restored
//! directory has no VERSION, and can't be opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::data_dir::{failed, make_folder, write_new};
use super::{DataDir, DataDirError};

const MARKER: &str = "RESTORING";

/// Key files, by name. Never shown.
#[derive(Clone)]
pub struct KeptKeys(Vec<(String, Vec<u8>)>);

impl std::fmt::Debug for KeptKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl KeptKeys {
    /// The key without which printed forms can't be read; every data directory has it.
    pub const FIRST: &str = "page-code.key";

    /// Reads every key file of a folder.
    ///
    /// # Errors
    /// When it can't be read, or lacks the first key.
    pub fn read(folder: &Path) -> Result<Self, DataDirError> {
        let mut keys = Vec::new();
        let listing = |error| failed("listing", folder, error);
        for entry in fs::read_dir(folder).map_err(listing)? {
            let path = entry.map_err(listing)?.path();
            if path.extension().is_some_and(|ending| ending == "key")
                && let Some(name) = path.file_name().and_then(|name| name.to_str())
            {
                let content = fs::read(&path).map_err(|error| failed("reading", &path, error))?;
                keys.push((name.to_owned(), content));
            }
        }
        keys.sort();
        let this = Self(keys);
        if this.first().is_none() {
            return Err(DataDirError::KeyMissing { file: folder.join(Self::FIRST) });
        }
        Ok(this)
    }

    /// The keys of a data directory.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(data: &DataDir) -> Result<Self, DataDirError> {
        Self::read(&data.root().join("keys"))
    }

    /// Name and content of each.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// The content of the first key.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.files().find(|(name, _)| *name == Self::FIRST).map(|(_, content)| content)
    }

    /// Writes them into a folder, each for its owner alone. One that is there already must be the same.
    ///
    /// # Errors
    /// When another key is there, or the folder can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), DataDirError> {
        make_folder(folder)?;
        for (name, content) in self.files() {
            let file = folder.join(name);
            match fs::read(&file) {
                Ok(there) if there == content => {}
                Ok(_) => {
                    let reason = "another key is there already; name another folder".into();
                    return Err(DataDirError::BadKey { file, reason });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => write_new(&file, content)?,
                Err(error) => return Err(failed("reading", &file, error)),
            }
        }
        Ok(())
    }
}

/// A data directory that is being restored.
#[derive(Debug)]
pub struct Restoring {
    root: PathBuf,
}

impl Restoring {
    /// Begins in an empty or a new directory, or goes on where restoring the same (`of` names it) was broken off.
    ///
    /// # Errors
    /// When something else lies there, or it can't be written.
    pub fn begin(root: &Path, of: &str) -> Result<Self, DataDirError> {
        let marker = root.join(MARKER);
        let this = Self { root: root.to_owned() };
        if root.join("VERSION").exists() {
            return Err(DataDirError::Taken { root: this.root });
        }
        match fs::read_to_string(&marker) {
            Ok(there) if there.trim() == of => this.forget_rows()?,
            Ok(_) => return Err(DataDirError::Foreign { root: this.root, found: MARKER.into() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder(root)?;
                let listing = |error| failed("listing", root, error);
                if let Some(entry) = fs::read_dir(root).map_err(listing)?.next() {
                    let found = entry.map_err(listing)?.file_name().to_string_lossy().into_owned();
                    return Err(DataDirError::Foreign { root: this.root, found });
                }
                write_new(&marker, format!("{of}\n").as_bytes())?;
            }
            Err(error) => return Err(failed("reading", &marker, error)),
        }
        Ok(this)
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything is back: the keys are put there, and VERSION last.
    ///
    /// # Errors
    /// When the directory can't be written.
    pub fn finish(self, keys: &KeptKeys) -> Result<(), DataDirError> {
        make_folder(&self.root.join("originals"))?;
        keys.write(&self.root.join("keys"))?;
        let marker = self.root.join(MARKER);
        write_new(&self.root.join("VERSION"), format!("{}\n", DataDir::VERSION).as_bytes())?;
        fs::remove_file(&marker).map_err(|error| failed("removing", &marker, error))
    }

    /// A database that was begun holds nothing that counts.
    fn forget_rows(&self) -> Result<(), DataDirError> {
        for ending in ["", "-wal", "-shm"] {
            let file = self.root.join(format!("{}{ending}", DataDir::DATABASE));
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("removing", &file, error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Entropy;

    #[test]
    fn keys_go_elsewhere_and_come_back_and_never_over_others() {
        let parent = tempfile::tempdir().unwrap();
        let data = DataDir::open(&parent.path().join("data"), &Entropy::seeded(1)).unwrap();
        let keys = KeptKeys::of(&data).unwrap();
        let elsewhere = parent.path().join("safe");
        keys.write(&elsewhere).unwrap();
        keys.write(&elsewhere).unwrap();
        assert_eq!(KeptKeys::read(&elsewhere).unwrap().first(), keys.first());
        assert!(!format!("{keys:?}").contains(&String::from_utf8_lossy(keys.first().unwrap()).into_owned()));
        fs::write(elsewhere.join(KeptKeys::FIRST), "another").unwrap();
        let error = keys.write(&elsewhere).unwrap_err();
        assert!(error.to_string().contains("another key is there"), "{error}");
        let error = KeptKeys::read(parent.path()).unwrap_err();
        assert!(matches!(error, DataDirError::KeyMissing { .. }), "{error}");
    }

    #[test]
    fn a_directory_that_is_being_restored_is_none_until_it_is_done() {
        let parent = tempfile::tempdir().unwrap();
        let keys =
            KeptKeys::of(&DataDir::open(&parent.path().join("data"), &Entropy::seeded(1)).unwrap()).unwrap();
        let root = parent.path().join("new");
        Restoring::begin(&root, "generation 1").unwrap();
        fs::write(root.join(DataDir::DATABASE), "half").unwrap();
        assert!(matches!(DataDir::open_existing(&root), Err(DataDirError::Absent { .. })));
        assert!(matches!(DataDir::open(&root, &Entropy::seeded(2)), Err(DataDirError::Foreign { .. })));
        assert!(Restoring::begin(&root, "generation 2").is_err(), "something else was begun there");
        let again = Restoring::begin(&root, "generation 1").unwrap();
        assert!(!root.join(DataDir::DATABASE).exists(), "rows are all there or not at all");
        again.finish(&keys).unwrap();
        let restored = DataDir::open(&root, &Entropy::seeded(3)).unwrap();
        assert_eq!(KeptKeys::of(&restored).unwrap().first(), keys.first());
        assert!(Restoring::begin(&root, "generation 1").is_err(), "nothing is restored over what is there");
    }
}
