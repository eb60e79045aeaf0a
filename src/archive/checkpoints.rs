//! The folder of signed checkpoints: text files that are written once and never overwritten.
//!
//! It may be anywhere that this process can write to, best on another machine. It must not know what a checkpoint says.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{ArchiveError, folder};

/// What the files' names end with.
const ENDING: &str = ".checkpoint";

/// A folder of checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    root: PathBuf,
}

impl Checkpoints {
    /// The folder at `root`; it is made with the first checkpoint.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Keeps the checkpoint of this size durably, unless one is there already. Returns what is there.
    ///
    /// # Errors
    /// When the folder is full, read-only or fails.
    pub async fn put(&self, size: u64, text: String) -> Result<String, ArchiveError> {
        let root = self.root.clone();
        folder::blocking(move || {
            folder::create(&root)?;
            // Twelve digits, so that names sort as sizes do.
            let path = root.join(format!("{size:012}{ENDING}"));
            let failed = |error| ArchiveError::from_io("writing", &path, error);
            let mut file = NamedTempFile::new_in(&root).map_err(failed)?;
            file.write_all(text.as_bytes()).map_err(failed)?;
            file.as_file().sync_all().map_err(failed)?;
            match file.persist_noclobber(&path) {
                Ok(_) => {}
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    return fs::read_to_string(&path)
                        .map_err(|error| ArchiveError::from_io("reading", &path, error));
                }
                Err(error) => return Err(failed(error.error)),
            }
            folder::sync(&root)?;
            Ok(text)
        })
        .await
    }

    /// The newest checkpoint by its size: the file's name and what it says.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub async fn newest(&self) -> Result<Option<(String, String)>, ArchiveError> {
        let this = self.clone();
        folder::blocking(move || this.names()?.pop().map(|path| read(&path)).transpose()).await
    }

    /// All checkpoints, the smallest first: file names and what they say. None where the folder isn't there.
    ///
    /// # Errors
    /// When the folder or a file can't be read.
    pub fn all(&self) -> Result<Vec<(String, String)>, ArchiveError> {
        self.names()?.iter().map(|path| read(path)).collect()
    }

    fn names(&self) -> Result<Vec<PathBuf>, ArchiveError> {
        let failed = |error| ArchiveError::from_io("listing", &self.root, error);
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.to_string_lossy().ends_with(ENDING) {
                names.push(path);
            }
        }
        names.sort();
        Ok(names)
    }
}

fn read(path: &Path) -> Result<(String, String), ArchiveError> {
    let text = fs::read(path).map_err(|error| ArchiveError::from_io("reading", path, error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, String::from_utf8_lossy(&text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn checkpoints_are_written_once_and_come_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::at(&folder.path().join("a/b"));
        assert!(checkpoints.all().unwrap().is_empty());
        assert_eq!(checkpoints.newest().await.unwrap(), None);
        for (size, text) in [(1000, "c"), (9, "a"), (30, "b")] {
            assert_eq!(checkpoints.put(size, text.into()).await.unwrap(), text);
        }
        assert_eq!(checkpoints.put(9, "another".into()).await.unwrap(), "a", "what is there stays");
        let texts: Vec<_> = checkpoints.all().unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        assert_eq!(
            checkpoints.newest().await.unwrap().unwrap(),
            ("000000001000.checkpoint".into(), "c".into())
        );
    }
}
