//! Renditions: derived pictures and texts that can be made again at any time.
//!
//! Losing one costs time and nothing else, so nothing here waits for the disk. A torn or damaged one
//! counts as absent: each file ends with the SHA-256 of what stands before it (which programs for PNG,
//! JPEG and PDF ignore). It must not hold anything that couldn't be derived again.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{ArchiveError, folder};
use crate::case::ids::Digest;

const TRAILER: usize = 32;

/// The folder of renditions.
#[derive(Clone, Debug)]
pub struct Renditions {
    root: PathBuf,
}

impl Renditions {
    /// Opens `root/renditions`, making it where it isn't there.
    ///
    /// # Errors
    /// When the folder can't be made or written to.
    pub fn open(root: &Path) -> Result<Self, ArchiveError> {
        let root = root.join("renditions");
        folder::create(&root)?;
        folder::probe(&root)?;
        Ok(Self { root })
    }

    /// The rendition under `key`, or `None` when it has to be made (again).
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let path = self.path(key);
        folder::blocking(move || {
            let mut content = match fs::read(&path) {
                Ok(content) => content,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(ArchiveError::from_io("reading", &path, error)),
            };
            let Some(end) = content.len().checked_sub(TRAILER) else { return Ok(None) };
            let whole = Digest::of(&content[..end]).as_bytes() == content[end..];
            content.truncate(end);
            Ok(whole.then_some(content))
        })
        .await
    }

    /// Keeps `content` under `key`; what stood there before is replaced in one step.
    ///
    /// # Errors
    /// When the disk is full, read-only or fails.
    pub async fn put(&self, key: &str, content: Vec<u8>) -> Result<(), ArchiveError> {
        let path = self.path(key);
        folder::blocking(move || {
            let parent = path.parent().expect("a rendition's path has two folders above it");
            fs::create_dir_all(parent)
                .map_err(|error| ArchiveError::from_io("making the folder", parent, error))?;
            let failed = |error| ArchiveError::from_io("writing", &path, error);
            let mut file = NamedTempFile::new_in(parent).map_err(failed)?;
            file.write_all(&content).map_err(failed)?;
            file.write_all(&Digest::of(&content).as_bytes()).map_err(failed)?;
            file.persist(&path).map_err(|error| failed(error.error))?;
            Ok(())
        })
        .await
    }

    /// Removes the rendition under `key`, if there is one.
    ///
    /// # Errors
    /// When the disk is read-only or fails.
    pub async fn remove(&self, key: &str) -> Result<(), ArchiveError> {
        let path = self.path(key);
        folder::blocking(move || match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ArchiveError::from_io("removing", &path, error))
            }
            _ => Ok(()),
        })
        .await
    }

    /// Any key is safe: the file's name is the key's digest.
    fn path(&self, key: &str) -> PathBuf {
        let name = Digest::of(key.as_bytes()).to_string();
        self.root.join(&name[..2]).join(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn renditions_come_back_until_they_are_damaged_or_removed() {
        let root = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(root.path()).unwrap();
        assert_eq!(renditions.get("page/1").await.unwrap(), None);

        renditions.put("page/1", b"first".to_vec()).await.unwrap();
        renditions.put("page/1", b"second".to_vec()).await.unwrap();
        renditions.put("../../escape", b"elsewhere".to_vec()).await.unwrap();
        assert_eq!(renditions.get("page/1").await.unwrap().as_deref(), Some(&b"second"[..]));
        assert_eq!(renditions.get("../../escape").await.unwrap().as_deref(), Some(&b"elsewhere"[..]));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "nothing left the folder");

        let path = renditions.path("page/1");
        let whole = fs::read(&path).unwrap();
        for torn in [&whole[..0], &whole[..10], &whole[..whole.len() - 1]] {
            fs::write(&path, torn).unwrap();
            assert_eq!(renditions.get("page/1").await.unwrap(), None);
        }

        renditions.put("page/1", b"again".to_vec()).await.unwrap();
        renditions.remove("page/1").await.unwrap();
        renditions.remove("page/1").await.unwrap();
        assert_eq!(renditions.get("page/1").await.unwrap(), None);
    }
}
