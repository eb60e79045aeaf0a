//! Content-addressed storage: `originals/ab/cd/<digest>` in a local folder or in a bucket ([`super::shelf`]), arriving
//! through `tmp/`.
//!
//! What lies there is sealed (see [`super::vault`]); names, digests and sizes are those of the plain bytes.
//!
//! It owns the order of a write (see the module above) and the rule that a file already there is
//! verified, not trusted. It must not interpret a document, and never deletes an original: the ways out are
//! [`super::orphan`] and [`super::removal`].

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::bucket::{Bucket, BucketPlace, Stood};
use super::shelf::Shelf;
use super::vault::{Content, Form, Shut};
use super::{ArchiveError, Staged, Staging, Vault, VerifiedOriginal, folder, orphan};
use crate::case::ids::Digest;
use crate::clock::Clock;
use crate::fault::{self, Point};

/// How long a file may lie in `tmp/` before it counts as left behind by a crash: a day.
pub const TEMPORARY_KEPT_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The archive of originals in one local folder or bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Originals {
    shelf: Shelf,
    temporary: PathBuf,
    vault: Vault,
}

/// What is now durably in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The digest that names it.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// How it came to be there.
    pub how: How,
}

/// How a put original came to be in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was written now.
    New,
    /// The same bytes were there already, and were hashed again.
    Known,
    /// A damaged file stood under this digest; it was replaced by the bytes that were put.
    Repaired,
}

impl Originals {
    /// Opens the archive under `root` (the data directory), whose files `vault` seals and opens. Its folders are made
    /// where they aren't there, and what a crash left behind is swept from `tmp/`.
    ///
    /// # Errors
    /// When the folders can't be made or written to: no permission, read-only, full, or `tmp` and
    /// `originals` on different filesystems.
    pub fn open(root: &Path, vault: &Vault, clock: &Clock) -> Result<Self, ArchiveError> {
        let this = Self::for_check(root, vault);
        let originals = this.shelf.place();
        folder::create(&originals)?;
        folder::create(&this.temporary)?;
        folder::probe(&this.temporary)?;
        folder::probe(&originals)?;
        let device = |path: &Path| {
            fs::metadata(path).map(|m| m.dev()).map_err(|e| ArchiveError::from_io("looking at", path, e))
        };
        if device(&originals)? != device(&this.temporary)? {
            return Err(ArchiveError::Split { temporary: this.temporary, originals });
        }
        this.sweep(clock.now_millis())?;
        Ok(this)
    }

    /// The archive under `root` for checks alone: nothing is made, swept or tried, so that a copy on a
    /// read-only disk can be checked too.
    #[must_use]
    pub fn for_check(root: &Path, vault: &Vault) -> Self {
        let shelf = Shelf::Folder(root.join("originals"));
        Self { shelf, temporary: root.join("tmp"), vault: vault.clone() }
    }

    /// Opens the archive in a bucket, with the folder of arriving files under `root`, and sweeps from that what a crash
    /// left behind. The runtime that it is called in must live as long.
    ///
    /// # Errors
    /// When that folder can't be made or written to, and when the store doesn't take what it should.
    pub async fn open_in_bucket(
        root: &Path,
        place: &BucketPlace,
        vault: &Vault,
        clock: &Clock,
    ) -> Result<Self, ArchiveError> {
        let this = Self::for_check_in_bucket(root, place, vault)?;
        let now = clock.now_millis();
        folder::blocking(move || {
            folder::create(&this.temporary)?;
            folder::probe(&this.temporary)?;
            this.shelf.probe()?;
            this.sweep(now)?;
            Ok(this)
        })
        .await
    }

    /// The archive in a bucket for checks alone: nothing is made, swept or tried.
    ///
    /// # Errors
    /// When the place can't be one.
    pub fn for_check_in_bucket(
        root: &Path,
        place: &BucketPlace,
        vault: &Vault,
    ) -> Result<Self, ArchiveError> {
        let shelf = Shelf::Bucket(Bucket::new(place)?);
        Ok(Self { shelf, temporary: root.join("tmp"), vault: vault.clone() })
    }

    /// Begins to take in a file of at most `limit` bytes.
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub async fn stage(&self, limit: u64) -> Result<Staging, ArchiveError> {
        Staging::new(self.temporary.clone(), self.vault.clone(), limit).await
    }

    /// Makes an original of a staged file. When this returns, it survives a power failure.
    ///
    /// Whatever stands under the same digest already is opened and hashed again: the same bytes are kept, a
    /// damaged file is replaced by the good one, with an alert in the log.
    ///
    /// # Errors
    /// When the disk is full, read-only or fails, or what stands there is sealed with a key that isn't here; the
    /// archive is then as it was. When the store of a bucket doesn't answer; then the file may be there.
    pub async fn put(&self, staged: Staged) -> Result<Stored, ArchiveError> {
        let this = self.clone();
        folder::blocking(move || this.put_now(staged)).await
    }

    /// Stages and puts `content` in one go.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_bytes(&self, content: &[u8]) -> Result<Stored, ArchiveError> {
        let mut staging = self.stage(content.len() as u64).await?;
        staging.write(content).await?;
        self.put(staging.finish().await?).await
    }

    /// Opens an original after hashing all of it.
    ///
    /// # Errors
    /// [`ArchiveError::Missing`], [`ArchiveError::Damaged`] (also when the size isn't the one on
    /// record) and [`ArchiveError::Broken`], all with an alert in the log; [`ArchiveError::Locked`] without its key;
    /// other failures of the disk.
    pub async fn open_verified(
        &self,
        digest: &Digest,
        expected_bytes: u64,
    ) -> Result<VerifiedOriginal, ArchiveError> {
        let (this, digest) = (self.clone(), *digest);
        folder::blocking(move || {
            let opened = this.open_verified_now(digest, expected_bytes);
            match &opened {
                Err(error) if error.is_alert() => tracing::error!(alert = true, %digest, "{error}"),
                Err(error @ ArchiveError::Locked { .. }) => tracing::error!(%digest, "{error}"),
                _ => {}
            }
            opened
        })
        .await
    }

    /// How many plain bytes the file under this digest holds, by its head and its length alone; its bytes aren't read.
    /// None: there is no such file, or it ends where none can.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn size_of(&self, digest: &Digest) -> Result<Option<u64>, ArchiveError> {
        let (this, digest) = (self.clone(), *digest);
        folder::blocking(move || this.size_now(&digest)).await
    }

    /// Insists that the key of what is stored under this digest is here, by its head alone. What isn't there or is damaged
    /// takes no key: that is found by whoever reads it.
    ///
    /// # Errors
    /// [`ArchiveError::Locked`] when the key isn't here; when the disk or the store fails.
    pub async fn insist_key(&self, digest: &Digest) -> Result<(), ArchiveError> {
        let (this, digest) = (self.clone(), *digest);
        folder::blocking(move || {
            let content = match this.outline(&digest).and_then(|file| this.vault.form(&file)) {
                // Bytes as they arrived may begin like a head: all of them tell.
                Ok(Err(Shut::Locked { .. })) => {
                    this.open_stored(&digest).and_then(|file| this.vault.look(&file, &digest))
                }
                Err(error) => Err(error),
                Ok(_) => return Ok(()),
            };
            match content {
                Ok(Content::Shut(Shut::Locked { generation, .. })) => {
                    Err(ArchiveError::Locked { digest, generation })
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(ArchiveError::from_io("reading", &this.path_of(&digest), error))
                }
                _ => Ok(()),
            }
        })
        .await
    }

    /// Where the original of this digest lies, whether or not it is there: a path, or the address in a bucket.
    #[must_use]
    pub fn path_of(&self, digest: &Digest) -> PathBuf {
        self.shelf.place_of(digest)
    }

    /// Where all of them lie: a folder, or the address in a bucket.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        self.shelf.place()
    }

    /// Whether anything is stored, whatever it is.
    ///
    /// # Errors
    /// When the disk or the store fails.
    pub async fn holds_some(&self) -> Result<bool, ArchiveError> {
        let this = self.clone();
        folder::blocking(move || this.shelf.holds_some()).await
    }

    /// Whether others lie in the same place as these, whatever either place is called. A mark is left here for a moment.
    ///
    /// # Errors
    /// When a disk or a store fails.
    pub async fn is_same_place(&self, other: &Self) -> Result<bool, ArchiveError> {
        let (this, other) = (self.clone(), other.clone());
        folder::blocking(move || this.shelf.is_same(&other.shelf)).await
    }

    /// Where they lie.
    pub(super) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Opens what is stored under a digest.
    pub(super) fn open_stored(&self, digest: &Digest) -> io::Result<File> {
        self.shelf.open(digest, &self.temporary)
    }

    /// The same to look at its beginning and its length alone.
    pub(super) fn outline(&self, digest: &Digest) -> io::Result<File> {
        self.shelf.outline(digest, &self.temporary)
    }

    /// The folder of files that are still arriving.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// What seals and opens.
    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(super) fn size_now(&self, digest: &Digest) -> Result<Option<u64>, ArchiveError> {
        let path = self.path_of(digest);
        let size = self.outline(digest).and_then(|file| {
            if file.metadata()?.is_file() { self.vault.plain_bytes(&file) } else { Ok(None) }
        });
        match size {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map_err(|error| ArchiveError::from_io("looking at", &path, error)),
        }
    }

    fn put_now(&self, mut staged: Staged) -> Result<Stored, ArchiveError> {
        let (digest, bytes, under_way) = (staged.digest(), staged.bytes(), staged.under_way.take());
        let insist = || match &under_way {
            Some(under_way) => under_way.insist().map_err(|unconfirmed| {
                ArchiveError::from_io("storing", &self.path_of(&digest), io::Error::other(unconfirmed))
            }),
            None => Ok(()),
        };
        insist()?;
        let how = match &self.shelf {
            Shelf::Folder(root) => self.put_file(root, staged)?,
            Shelf::Bucket(bucket) => self.put_object(bucket, staged)?,
        };
        // Otherwise nobody may rely on it: its generation may have been given up in between.
        insist()?;
        fault::here(Point::Durable);
        Ok(Stored { digest, bytes, how })
    }

    /// Into the bucket. The staged file needn't be durable: it is gone afterwards.
    fn put_object(&self, bucket: &Bucket, mut staged: Staged) -> Result<How, ArchiveError> {
        let digest = staged.digest();
        let arrived = staged.file.metadata().and_then(|meta| folder::changed_millis(&meta));
        let arrived = arrived.map_err(|error| ArchiveError::from_io("looking at", &staged.path, error))?;
        fault::here(Point::Synced);
        let is_whole = |standing: &File| is_whole(standing, digest, &self.vault);
        Ok(match bucket.put(&digest, &mut staged.file, (&self.temporary, arrived), &is_whole)? {
            Stood::New => How::New,
            Stood::Whole => How::Known,
            Stood::Replaced => {
                alert_repaired(digest);
                How::Repaired
            }
        })
    }

    /// Into the folder.
    fn put_file(&self, root: &Path, staged: Staged) -> Result<How, ArchiveError> {
        let target = self.path_of(&staged.digest());
        let parent = target.parent().expect("an original's path has folders above it");
        let failed = |error| ArchiveError::from_io("storing", &target, error);

        staged.file.set_permissions(Permissions::from_mode(0o400)).map_err(failed)?;
        folder::sync_file(&staged.file, &staged.path)?;
        fault::here(Point::Synced);
        folder::create_below(root, parent)?;
        let how = give_name(staged, &target, &self.vault)?;
        fault::here(Point::Named);
        // Another upload may have made these folders a moment ago and not have synced them yet, so
        // they are synced whoever made them.
        for folder in parent.ancestors().take(3) {
            folder::sync(folder)?;
        }
        Ok(how)
    }

    /// Finds out whether originals can be written now.
    ///
    /// # Errors
    /// When they can't: no permission, read-only, full.
    pub async fn probe(&self) -> Result<(), ArchiveError> {
        let this = self.clone();
        folder::blocking(move || {
            folder::probe(&this.temporary)?;
            this.shelf.probe()
        })
        .await
    }

    fn sweep(&self, now: i64) -> Result<(), ArchiveError> {
        let failed = |error| ArchiveError::from_io("sweeping", &self.temporary, error);
        for entry in fs::read_dir(&self.temporary).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let meta = match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // its upload ended just now
                other => other.map_err(failed)?,
            };
            if meta.is_file() && now - folder::changed_millis(&meta).map_err(failed)? > TEMPORARY_KEPT_MILLIS
            {
                match fs::remove_file(entry.path()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                    _ => {
                        tracing::info!(file = %entry.path().display(), "swept a temporary file that a crash left")
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gives a staged file the name of its digest, unless a whole file has it already.
fn give_name(staged: Staged, target: &Path, vault: &Vault) -> Result<How, ArchiveError> {
    let failed = |error| ArchiveError::from_io("storing", target, error);
    let digest = staged.digest();
    let arrived = staged.file.metadata().and_then(|m| m.modified()).map_err(failed)?;
    let mut path = staged.path;
    loop {
        match folder::name_once(path, target) {
            Ok(()) => return Ok(How::New),
            Err(there) if there.error.kind() == io::ErrorKind::AlreadyExists => path = there.path,
            Err(other) => return Err(failed(other.error)),
        }
        // Held until it is kept or replaced, so that nobody removes it in between.
        let Some(standing) = orphan::hold(target)? else { continue };
        if keep_if_whole(&standing, target, digest, arrived, vault)? {
            return Ok(How::Known);
        }
        folder::replace(path, target).map_err(|error| failed(error.error))?;
        alert_repaired(digest);
        return Ok(How::Repaired);
    }
}

fn alert_repaired(digest: Digest) {
    tracing::error!(alert = true, %digest, "a damaged original was replaced by the same file, uploaded again");
}

/// Whether the file that stands under `digest` is whole. If so its time is set to `arrived`, so that
/// the grace time of orphans counts from this upload, and it is made durable (its first writer may
/// not have come that far).
fn keep_if_whole(
    file: &File,
    target: &Path,
    digest: Digest,
    arrived: std::time::SystemTime,
    vault: &Vault,
) -> Result<bool, ArchiveError> {
    let whole = is_whole(file, digest, vault)?;
    if whole {
        let set = file.set_modified(arrived);
        set.map_err(|error| ArchiveError::from_io("checking", target, error))?;
        folder::sync_file(file, target)?;
    }
    Ok(whole)
}

/// Whether a stored file holds what its name says. One whose key isn't here is neither relied on nor replaced.
fn is_whole(file: &File, digest: Digest, vault: &Vault) -> Result<bool, ArchiveError> {
    match vault.look(file, &digest) {
        Ok(Content::Bytes { digest: actual, .. }) if actual == digest => Ok(true),
        Ok(Content::Bytes { digest: actual, bytes, .. }) => {
            tracing::error!(alert = true, %digest, %actual, bytes, "a stored original is damaged");
            Ok(false)
        }
        Ok(Content::Shut(Shut::Broken(broken))) => {
            tracing::error!(alert = true, %digest, actual = %broken, "a stored original is damaged");
            Ok(false)
        }
        Ok(Content::Shut(Shut::Locked { generation, .. })) => {
            Err(ArchiveError::Locked { digest, generation })
        }
        Err(error) => {
            tracing::error!(alert = true, %digest, %error, "a stored original can't be read");
            Ok(false)
        }
    }
}

impl Originals {
    fn open_verified_now(
        &self,
        digest: Digest,
        expected_bytes: u64,
    ) -> Result<VerifiedOriginal, ArchiveError> {
        let path = self.path_of(&digest);
        let file = match self.open_stored(&digest) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ArchiveError::Missing { digest, path });
            }
            other => other.map_err(|error| ArchiveError::from_io("opening", &path, error))?,
        };
        let content = self.vault.look(&file, &digest);
        let content = content.map_err(|error| ArchiveError::from_io("reading", &path, error))?;
        let form = whole(content, digest, expected_bytes)?;
        let sealed = matches!(form, Form::Sealed(_));
        Ok(VerifiedOriginal::new(self.vault.clone(), file, sealed, digest, expected_bytes))
    }
}

/// The form of a file that holds what its name and the record say.
pub(super) fn whole(content: Content, digest: Digest, expected_bytes: u64) -> Result<Form, ArchiveError> {
    match content {
        Content::Bytes { digest: actual, bytes, form } if actual == digest && bytes == expected_bytes => {
            Ok(form)
        }
        Content::Bytes { digest: actual, bytes, .. } => {
            Err(ArchiveError::Damaged { expected: digest, actual, expected_bytes, actual_bytes: bytes })
        }
        Content::Shut(Shut::Broken(broken)) => Err(ArchiveError::Broken { digest, broken }),
        Content::Shut(Shut::Locked { generation, .. }) => Err(ArchiveError::Locked { digest, generation }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::archive::vault::tests::{of, vault};
    use crate::keyring::Generation;

    struct Archive {
        root: tempfile::TempDir,
        originals: Originals,
    }

    fn archive() -> Archive {
        let root = tempfile::tempdir().unwrap();
        let originals = Originals::open(root.path(), &vault(), &Clock::System).unwrap();
        Archive { root, originals }
    }

    /// Writes over a stored original as a failing disk would, past its read-only mode.
    fn damage(path: &Path, content: &[u8]) {
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        fs::write(path, content).unwrap();
    }

    fn holds(path: &Path, bytes: &[u8]) -> bool {
        fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    }

    fn temporaries(archive: &Archive) -> usize {
        fs::read_dir(archive.root.path().join("tmp")).unwrap().count()
    }

    #[tokio::test]
    async fn an_original_comes_back_as_it_was() {
        let a = archive();
        let content: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut staging = a.originals.stage(content.len() as u64).await.unwrap();
        for chunk in content.chunks(77_777) {
            staging.write(chunk).await.unwrap();
        }
        let staged = staging.finish().await.unwrap();
        assert!(staged.open().await.unwrap().read_all().await.unwrap() == content, "checks can read it");
        assert!(!holds(&staged.path, &content[..64]), "and nobody without the key");
        let stored = a.originals.put(staged).await.unwrap();

        assert_eq!(stored, Stored { digest: Digest::of(&content), bytes: 4_000_000, how: How::New });
        let path = a.originals.path_of(&stored.digest);
        let name = stored.digest.to_string();
        assert_eq!(
            path,
            a.root.path().join("originals").join(&name[..2]).join(&name[2..4]).join(&name),
            "two levels of folders"
        );
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o400);
        assert_eq!(temporaries(&a), 0);
        let opened = a.originals.open_verified(&stored.digest, stored.bytes).await.unwrap();
        assert_eq!((opened.digest(), opened.bytes()), (stored.digest, stored.bytes));
        assert!(opened.read_all().await.unwrap() == content);
        assert!(!holds(&path, &content[..64]));
        assert_eq!(a.originals.size_of(&stored.digest).await.unwrap(), Some(4_000_000));
    }

    #[tokio::test]
    async fn an_original_of_any_length_comes_back() {
        let a = archive();
        const SEALED_AT_ONCE: usize = 65_536;
        for length in [0, 1, SEALED_AT_ONCE - 1, SEALED_AT_ONCE, SEALED_AT_ONCE + 1, 4 * SEALED_AT_ONCE] {
            let content: Vec<u8> = (0..length).map(|at| (at % 253) as u8).collect();
            let stored = a.originals.put_bytes(&content).await.unwrap();
            assert_eq!(a.originals.size_of(&stored.digest).await.unwrap(), Some(length as u64));
            let opened = a.originals.open_verified(&stored.digest, length as u64).await.unwrap();
            assert!(opened.read_all().await.unwrap() == content, "{length}");
            assert_eq!(a.originals.put_bytes(&content).await.unwrap().how, How::Known);
        }
    }

    #[tokio::test]
    async fn an_original_from_before_is_read_and_relied_on_as_it_is() {
        let a = archive();
        let digest = Digest::of(b"from before");
        let path = a.originals.path_of(&digest);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"from before").unwrap();
        let opened = a.originals.open_verified(&digest, 11).await.unwrap();
        assert_eq!(opened.read_all().await.unwrap(), b"from before");
        assert_eq!(a.originals.put_bytes(b"from before").await.unwrap().how, How::Known);
        assert_eq!(fs::read(&path).unwrap(), b"from before");
    }

    #[tokio::test]
    async fn without_its_key_an_original_is_neither_read_nor_damaged_nor_replaced() {
        let mut a = archive();
        let Stored { digest, bytes, .. } = a.originals.put_bytes(b"form").await.unwrap();
        let stored = fs::read(a.originals.path_of(&digest)).unwrap();
        let with_its_key = a.originals.clone();
        a.originals = Originals::for_check(a.root.path(), &of(&[&Generation::generate(2)]));
        let error = a.originals.open_verified(&digest, bytes).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Locked { generation: Some(1), .. }), "{error}");
        assert!(!error.is_alert());
        let error = a.originals.put_bytes(b"form").await.unwrap_err();
        assert!(matches!(error, ArchiveError::Locked { generation: Some(1), .. }), "{error}");
        assert_eq!(fs::read(a.originals.path_of(&digest)).unwrap(), stored);
        assert_eq!(temporaries(&a), 0);
        with_its_key.open_verified(&digest, bytes).await.unwrap();
        assert_eq!(with_its_key.put_bytes(b"form").await.unwrap().how, How::Known);
    }

    #[tokio::test]
    async fn whether_a_key_is_here_is_known_by_the_head_alone() {
        let mut a = archive();
        let digest = a.originals.put_bytes(&[7; 100_000]).await.unwrap().digest;
        a.originals.insist_key(&digest).await.unwrap();
        let with_its_key = a.originals.clone();
        a.originals = Originals::for_check(a.root.path(), &of(&[&Generation::generate(1)]));
        let error = a.originals.insist_key(&digest).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Locked { generation: Some(1), .. }), "another one: {error}");
        let path = a.originals.path_of(&digest);
        let sealed = fs::read(&path).unwrap();
        damage(&path, &sealed[..80_000]);
        with_its_key.insist_key(&digest).await.unwrap();
        fs::remove_file(&path).unwrap();
        a.originals.insist_key(&digest).await.unwrap();
        // One that arrived like this, from before files were sealed.
        let digest = Digest::of(&sealed);
        let path = a.originals.path_of(&digest);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &sealed).unwrap();
        a.originals.insist_key(&digest).await.unwrap();
    }

    #[tokio::test]
    async fn a_broken_seal_is_damage_and_the_same_file_uploaded_again_mends_it() {
        let a = archive();
        let content = vec![5_u8; 200_000];
        let Stored { digest, bytes, .. } = a.originals.put_bytes(&content).await.unwrap();
        let path = a.originals.path_of(&digest);
        let sealed = fs::read(&path).unwrap();
        let mut flipped = sealed.clone();
        flipped[sealed.len() / 2] ^= 1;
        let mut grown = sealed.clone();
        grown.extend_from_slice(b"more");
        let other = a.originals.put_bytes(b"another form").await.unwrap().digest;
        let swapped = fs::read(a.originals.path_of(&other)).unwrap();
        for wrong in [&flipped[..], &sealed[..150_000], &sealed[..300], &grown[..], &swapped[..]] {
            damage(&path, wrong);
            let error = a.originals.open_verified(&digest, bytes).await.unwrap_err();
            assert!(error.is_alert(), "{error}");
            let is_swapped = matches!(error, ArchiveError::Damaged { actual, .. } if actual == other);
            assert!(is_swapped || matches!(error, ArchiveError::Broken { .. }), "{error}");
            assert_eq!(a.originals.put_bytes(&content).await.unwrap().how, How::Repaired);
            a.originals.open_verified(&digest, bytes).await.unwrap();
        }
    }

    #[tokio::test]
    async fn nothing_stays_of_what_is_dropped_or_too_large() {
        let a = archive();
        let mut staging = a.originals.stage(10).await.unwrap();
        staging.write(b"0123456789").await.unwrap();
        assert_eq!(staging.bytes(), 10);
        let error = staging.write(b"!").await.unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge { limit: 10 }), "{error}");
        drop(staging);
        let mut staging = a.originals.stage(10).await.unwrap();
        staging.write(b"never put").await.unwrap();
        drop(staging.finish().await.unwrap());
        assert_eq!(temporaries(&a), 0);
        assert_eq!(fs::read_dir(a.root.path().join("originals")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_same_bytes_are_kept_once_and_their_orphan_time_starts_again() {
        let a = archive();
        let first = a.originals.put_bytes(b"form").await.unwrap();
        let path = a.originals.path_of(&first.digest);
        File::open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();

        let second = a.originals.put_bytes(b"form").await.unwrap();
        assert_eq!(second, Stored { how: How::Known, ..first });
        let meta = fs::metadata(&path).unwrap();
        assert_eq!(meta.ino(), inode, "the file that was there stays");
        assert!(folder::changed_millis(&meta).unwrap() > 0);
        assert_eq!(temporaries(&a), 0);
    }

    #[tokio::test]
    async fn a_damaged_original_is_replaced_by_the_same_file() {
        let a = archive();
        for wrong in [&b"gorm"[..], b"", b"form and more"] {
            let digest = a.originals.put_bytes(b"form").await.unwrap().digest;
            damage(&a.originals.path_of(&digest), wrong);
            let stored = a.originals.put_bytes(b"form").await.unwrap();
            assert_eq!(stored, Stored { digest, bytes: 4, how: How::Repaired });
            a.originals.open_verified(&digest, 4).await.unwrap();
        }
    }

    #[tokio::test]
    async fn uploads_of_the_same_file_at_once_all_end_well() {
        let a = archive();
        let mut puts = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let originals = a.originals.clone();
            puts.spawn(async move { originals.put_bytes(b"twice clicked").await.unwrap() });
        }
        let stored = puts.join_all().await;
        assert_eq!(stored.iter().filter(|s| s.how == How::New).count(), 1);
        assert_eq!(stored.iter().filter(|s| s.how == How::Known).count(), 15);
        a.originals.open_verified(&stored[0].digest, 13).await.unwrap();
    }

    #[tokio::test]
    async fn damage_is_found_before_the_first_byte() {
        let a = archive();
        let Stored { digest, bytes, .. } = a.originals.put_bytes(b"signed form").await.unwrap();
        let path = a.originals.path_of(&digest);
        damage(&path, b"signed f0rm");
        let error = a.originals.open_verified(&digest, bytes).await.unwrap_err();
        assert!(error.is_alert());
        let ArchiveError::Damaged { expected, actual, expected_bytes: 11, actual_bytes: 11 } = error else {
            panic!("{error}")
        };
        assert_eq!((expected, actual), (digest, Digest::of(b"signed f0rm")));

        damage(&path, b"signed form");
        a.originals.open_verified(&digest, bytes).await.unwrap();
        let error = a.originals.open_verified(&digest, 12).await.unwrap_err();
        assert!(
            matches!(error, ArchiveError::Damaged { expected_bytes: 12, .. }),
            "the row names another size"
        );

        fs::remove_file(&path).unwrap();
        let error = a.originals.open_verified(&digest, bytes).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Missing { .. }) && error.is_alert(), "{error}");
    }

    #[tokio::test]
    async fn bytes_that_change_under_the_reader_never_go_out_whole() {
        let a = archive();
        let content = vec![7_u8; 600_000];
        let Stored { digest, bytes, .. } = a.originals.put_bytes(&content).await.unwrap();
        let path = a.originals.path_of(&digest);
        let sealed = fs::read(&path).unwrap();

        // Another file in its place: the open one goes out.
        let opened = a.originals.open_verified(&digest, bytes).await.unwrap();
        fs::rename(&path, a.root.path().join("aside")).unwrap();
        fs::write(&path, b"impostor").unwrap();
        assert!(opened.read_all().await.unwrap() == content);
        fs::rename(a.root.path().join("aside"), &path).unwrap();

        // The same file written over, cut, or grown: an error instead of the last chunk.
        // The same for one that isn't sealed, but that what was appended to it is never read.
        for (stored, form) in [(&sealed, "sealed"), (&content, "plain")] {
            for change in ["flip", "flip the first", "cut", "grow"] {
                damage(&path, stored);
                let opened = a.originals.open_verified(&digest, bytes).await.unwrap();
                let mut changed = stored.clone();
                match change {
                    "flip" => changed[500_000] ^= 1,
                    "flip the first" => changed[0] ^= 1,
                    "cut" => changed.truncate(300_000),
                    _ => changed.resize(700_000, 0),
                }
                fs::write(&path, changed).unwrap();
                let mut out = Vec::new();
                let ended = opened.into_reader().read_to_end(&mut out).await;
                if (change, form) == ("grow", "plain") {
                    assert!(ended.is_ok() && out == content);
                } else {
                    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::InvalidData, "{change}, {form}");
                    assert!(out.len() < content.len(), "{change}, {form}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_a_crash_left_is_swept_when_it_is_old() {
        let a = archive();
        let left = a.root.path().join("tmp/.tmpCrash");
        fs::write(&left, b"half an upl").unwrap();
        let changed = folder::changed_millis(&fs::metadata(&left).unwrap()).unwrap();
        Originals::open(a.root.path(), &vault(), &Clock::manual(changed + TEMPORARY_KEPT_MILLIS)).unwrap();
        assert!(left.exists(), "an upload may still be under way");
        Originals::open(a.root.path(), &vault(), &Clock::manual(changed + TEMPORARY_KEPT_MILLIS + 1))
            .unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = Originals::open(&file, &vault(), &Clock::System).unwrap_err();
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
        // The kernel's own files refuse everyone, root included.
        let error = Originals::open(Path::new("/proc/1"), &vault(), &Clock::System).unwrap_err();
        assert!(error.to_string().contains("/proc/1"), "{error}");
    }

    #[tokio::test]
    async fn one_place_is_known_by_whatever_leads_to_it() {
        let (a, b) = (archive(), archive());
        let link = b.root.path().join("link");
        std::os::unix::fs::symlink(a.root.path(), &link).unwrap();
        let linked = Originals::for_check(&link, &vault());
        assert!(a.originals.is_same_place(&linked).await.unwrap());
        assert!(linked.is_same_place(&a.originals).await.unwrap());
        assert!(!a.originals.is_same_place(&b.originals).await.unwrap());
        let none = Originals::for_check(&b.root.path().join("none"), &vault());
        assert!(!a.originals.is_same_place(&none).await.unwrap(), "there is nothing");
        assert!(!a.originals.holds_some().await.unwrap(), "the mark is gone");
    }

    /// `/dev/full` answers every write as a full disk does.
    #[test]
    fn a_full_disk_is_told_apart() {
        let error = File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
        let error = ArchiveError::from_io("writing", Path::new("/dev/full"), error);
        assert!(matches!(error, ArchiveError::Full { .. }), "{error}");
    }
}
