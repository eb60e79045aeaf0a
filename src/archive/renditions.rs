//! Renditions: derived pictures and texts that can be made again at any time.
//!
//! Losing one costs time and nothing else, so nothing here waits for the disk. A torn or damaged one
//! counts as absent: what is kept ends with the SHA-256 of what stands before it, and is sealed as originals are (one from
//! before isn't). It must not hold anything that couldn't be derived again. What was made of one document lies in
//! one folder, so that all of it goes with the document: `renditions/ab/<digest>/`.

use std::fs;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::vault::Form;
use super::{ArchiveError, Vault, folder};
use crate::case::ids::Digest;

const TRAILER: usize = 32;
/// The file that says how the folder is laid out.
const BY_DOCUMENT: &str = "BY-DOCUMENT";

/// The folder of renditions.
#[derive(Clone, Debug)]
pub struct Renditions {
    root: PathBuf,
    vault: Vault,
}

impl Renditions {
    /// Opens `root/renditions`, making it where it isn't there.
    ///
    /// # Errors
    /// When the folder can't be made or written to.
    pub fn open(root: &Path, vault: &Vault) -> Result<Self, ArchiveError> {
        let root = root.join("renditions");
        folder::create(&root)?;
        folder::probe(&root)?;
        let this = Self { root, vault: vault.clone() };
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
        let (path, vault) = (self.path(key), self.vault.clone());
        folder::blocking(move || {
            let stored = match fs::read(&path) {
                Ok(stored) => stored,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(ArchiveError::from_io("reading", &path, error)),
            };
            let opened = vault.open_bytes(stored);
            let opened = opened.map_err(|error| ArchiveError::from_io("reading", &path, error))?;
            let Some((mut content, _)) = opened else { return Ok(None) };
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
        let (path, vault) = (self.path(key), self.vault.clone());
        folder::blocking(move || {
            let parent = path.parent().expect("a rendition's path has two folders above it");
            fs::create_dir_all(parent)
                .map_err(|error| ArchiveError::from_io("making the folder", parent, error))?;
            let mut whole = content;
            whole.extend_from_slice(&Digest::of(&whole).as_bytes());
            replace(&path, parent, &whole, &vault)
        })
        .await
    }

    /// The files of the part of this first byte.
    pub(super) async fn files_of_part(&self, part: u8) -> Result<Vec<PathBuf>, ArchiveError> {
        let folder = self.root.join(format!("{part:02x}"));
        folder::blocking(move || {
            let (mut files, mut folders) = (Vec::new(), vec![folder]);
            while let Some(folder) = folders.pop() {
                for entry in listed(&folder)? {
                    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    if is_folder { folders.push(entry.path()) } else { files.push(entry.path()) }
                }
            }
            Ok(files)
        })
        .await
    }

    /// Seals anew what lies in the part of this first byte and isn't sealed with the newest key. What can't be opened
    /// goes: it counts as absent already. Returns how many files were there, and how many were sealed now.
    pub(super) async fn reseal_part(&self, part: u8) -> Result<(u64, u64), ArchiveError> {
        let (files, vault) = (self.files_of_part(part).await?, self.vault.clone());
        folder::blocking(move || {
            let mut sealed = 0;
            for path in &files {
                sealed += u64::from(reseal(path, &vault)?);
            }
            Ok((files.len() as u64, sealed))
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

/// Writes a file sealed, in one step, in place of what has the name.
fn replace(path: &Path, folder: &Path, plain: &[u8], vault: &Vault) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::from_io("writing", path, error);
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(&vault.seal_bytes(plain).map_err(failed)?).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Seals a file anew unless it is sealed with the newest key. False: it is, or went, with its document, meanwhile.
fn reseal(path: &Path, vault: &Vault) -> Result<bool, ArchiveError> {
    let failed = |error| ArchiveError::from_io("sealing", path, error);
    let Ok(mut file) = fs::File::open(path) else { return Ok(false) };
    if vault.form(&file).map_err(failed)?.ok() == vault.newest().map(Form::Sealed) {
        return Ok(false);
    }
    let mut stored = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut stored)).map_err(failed)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    match vault.open_bytes(stored).map_err(failed)? {
        Some((plain, _)) => match replace(path, folder, &plain, vault) {
            Err(_) if !folder.is_dir() => return Ok(false),
            other => other?,
        },
        None => fs::remove_file(path).map_err(failed)?,
    }
    Ok(true)
}

/// A folder's entries; none when the folder isn't there.
fn listed(folder: &Path) -> Result<Vec<fs::DirEntry>, ArchiveError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries
            .and_then(Iterator::collect)
            .map_err(|error| ArchiveError::from_io("listing", folder, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::vault::tests::{of, vault};
    use crate::keyring::Generation;

    #[tokio::test]
    async fn renditions_come_back_until_they_are_damaged_or_removed() {
        let root = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(root.path(), &vault()).unwrap();
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
    async fn nothing_lies_there_that_could_be_read_and_what_is_from_before_is_sealed_with_the_rest() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (Generation::generate(1), Generation::generate(2));
        let renditions = Renditions::open(root.path(), &of(&[&first])).unwrap();
        let content = b"a picture of a page".to_vec();
        renditions.put("page/1", content.clone()).await.unwrap();
        let holds = |path: &Path| {
            let stored = fs::read(path).unwrap();
            stored.windows(content.len()).any(|window| window == content)
        };
        let (sealed, old) = (renditions.path("page/1"), renditions.path("page/2"));
        assert!(!holds(&sealed));

        let mut plain = content.clone();
        plain.extend_from_slice(&Digest::of(&content).as_bytes());
        fs::create_dir_all(old.parent().unwrap()).unwrap();
        fs::write(&old, plain).unwrap();
        assert_eq!(renditions.get("page/2").await.unwrap().as_ref(), Some(&content));
        let renditions = Renditions::open(root.path(), &of(&[&first, &second])).unwrap();
        let (mut looked, mut done) = (0, 0);
        for part in 0..=u8::MAX {
            let (files, sealed) = renditions.reseal_part(part).await.unwrap();
            (looked, done) = (looked + files, done + sealed);
        }
        assert_eq!((looked, done), (2, 2));
        let renditions = Renditions::open(root.path(), &of(&[&second])).unwrap();
        for key in ["page/1", "page/2"] {
            assert_eq!(renditions.get(key).await.unwrap().as_ref(), Some(&content), "{key}");
            assert!(!holds(&renditions.path(key)));
        }
        let without = Renditions::open(root.path(), &of(&[&first])).unwrap();
        assert_eq!(without.get("page/1").await.unwrap(), None, "without its key it is made again");
    }

    #[tokio::test]
    async fn all_that_was_made_of_a_document_goes_with_it() {
        let root = tempfile::tempdir().unwrap();
        let renditions = Renditions::open(root.path(), &vault()).unwrap();
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
        let vault = vault();
        let renditions = Renditions::open(root.path(), &vault).unwrap();
        assert!(!old.exists());
        renditions.put("page/1", b"new".to_vec()).await.unwrap();
        let again = Renditions::open(root.path(), &vault).unwrap();
        assert!(again.get("page/1").await.unwrap().is_some());
    }
}
