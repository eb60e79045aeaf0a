//! Renditions: derived pictures and texts that can be made again at any time.
//!
//! Losing one costs time and nothing else, so nothing here waits for the disk. A torn or damaged one
//! counts as absent: each file ends with the SHA-256 of what stands before it (which programs for PNG,
//! JPEG and PDF ignore). It must not hold anything that couldn't be derived again. What was made of one document lies in
//! one folder, so that all of it goes with the document: `renditions/ab/<digest>/`.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{ArchiveError, folder};
use crate::case::ids::Digest;

const TRAILER: usize = 32;
/// The file that says how the folder is laid out.
const BY_DOCUMENT: &str = "BY-DOCUMENT";

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
        let this = Self { root };
        this.settle()?;
        Ok(this)
    }

    /// Once: what lies there from before renditions lay by document is nobody's any more, because its names don't tell
    /// of which document it was made.
    fn settle(&self) -> Result<(), ArchiveError> {
        let mark = self.root.join(BY_DOCUMENT);
        if mark.exists() {
            return Ok(());
        }
        let failed = |error| ArchiveError::from_io("settling", &self.root, error);
        for part in fs::read_dir(&self.root).map_err(failed)? {
            let part = part.map_err(failed)?;
            if part.file_type().map_err(failed)?.is_dir() {
                match fs::remove_dir_all(part.path()) {
                    // Another node that starts at the same time was faster.
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                    _ => {}
                }
            }
        }
        fs::write(&mark, b"").map_err(failed)
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

    /// Removes everything that was made of this document.
    ///
    /// # Errors
    /// When the disk is read-only or fails.
    pub async fn remove_of(&self, document: &Digest) -> Result<(), ArchiveError> {
        let path = self.folder_of(document);
        folder::blocking(move || match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ArchiveError::from_io("removing", &path, error))
            }
            _ => Ok(()),
        })
        .await
    }

    /// Any key is safe: the file's name is the key's digest. A key with a document's digest between slashes lies with
    /// all others of it.
    fn path(&self, key: &str) -> PathBuf {
        let name = Digest::of(key.as_bytes()).to_string();
        match key.split('/').find_map(|part| part.parse::<Digest>().ok()) {
            Some(document) => self.folder_of(&document).join(&name),
            None => self.root.join(&name[..2]).join(&name),
        }
    }

    fn folder_of(&self, document: &Digest) -> PathBuf {
        let name = document.to_string();
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

    #[tokio::test]
    async fn all_that_was_made_of_a_document_goes_with_it() {
        let root = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(root.path()).unwrap();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let keys = |digest: &Digest| {
            [
                format!("scan/{digest}/page-1.jpg"),
                format!("scan/{digest}/seal-principal.png"),
                format!("file/{digest}/pages"),
            ]
        };
        for key in keys(&one).iter().chain(&keys(&other)) {
            renditions.put(key, b"picture".to_vec()).await.unwrap();
        }
        renditions.remove_of(&one).await.unwrap();
        renditions.remove_of(&one).await.unwrap();
        for key in &keys(&one) {
            assert_eq!(renditions.get(key).await.unwrap(), None);
        }
        for key in &keys(&other) {
            assert!(renditions.get(key).await.unwrap().is_some());
        }
        assert!(!renditions.folder_of(&one).exists());
    }

    #[tokio::test]
    async fn what_lay_there_without_its_document_is_removed_once() {
        let root = tempfile::tempdir().unwrap();
        let old = root.path().join("renditions/ab");
        fs::create_dir_all(&old).unwrap();
        fs::write(old.join(Digest::of(b"key").to_string()), b"a picture of long ago").unwrap();
        let renditions = Renditions::open(root.path()).unwrap();
        assert!(!old.exists());
        renditions.put("page/1", b"new".to_vec()).await.unwrap();
        let again = Renditions::open(root.path()).unwrap();
        assert!(again.get("page/1").await.unwrap().is_some());
    }
}
