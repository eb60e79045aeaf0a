//! Sealing anew what isn't sealed with the newest key: files from before, and those of older generations.
//!
//! It goes part by part beside a serving process, and can be broken off at any moment: what is sealed already is passed
//! over by its head. Each file is held alone meanwhile, as in [`super::orphan`]: an upload of the same bytes waits and
//! then relies on the new file, and nobody removes what is being replaced. The new file is opened and hashed before it
//! gets the name, and keeps the old one's time. Readers of the old one read on.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use super::bucket::{Bucket, Held};
use super::hold::Hold;
#[cfg(test)]
use super::power_cut::{Op, note};
use super::shelf::Shelf;
use super::vault::{Content, Form, Opened, Shut};
use super::{ArchiveError, Originals, Renditions, Vault, folder};
use crate::case::ids::Digest;
use crate::keyring::UnderWay;

/// How far sealing has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Parts done, of 256.
    pub parts: u16,
    /// Originals looked at.
    pub originals: u64,
    /// Those of them that were sealed anew now.
    pub sealed: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Renditions looked at.
    pub renditions: u64,
    /// Those of them that were sealed anew now.
    pub renditions_sealed: u64,
    /// Originals that were left as they are: damaged, or sealed with a key that isn't here.
    pub left: Vec<Digest>,
    /// Originals in a bucket that somebody else held all the time, to remove them or to seal them too.
    pub held: Vec<Digest>,
}

/// What became of one original.
enum Outcome {
    /// It is sealed with the newest key already, or has gone.
    Nothing,
    /// It was sealed anew, so many plain bytes.
    Sealed(u64),
    /// It can't be opened, or isn't what it should be.
    Left,
    /// Somebody else holds it.
    Held,
}

/// Seals all of an installation's files anew that aren't sealed with the newest key, resting after each so that no more
/// than so many bytes a second are written. `progress` is told after each part, and answers whether to go on.
///
/// # Errors
/// When the disk is full, read-only or fails. What was done until then is done; the next run goes on.
pub async fn reseal(
    originals: &Originals,
    renditions: &Renditions,
    bytes_per_second: u64,
    progress: &mut (dyn FnMut(&Resealed) -> bool + Send),
) -> Result<Resealed, ArchiveError> {
    let mut done = Resealed::default();
    for byte in 0..=u8::MAX {
        originals.reseal_part(byte, bytes_per_second, &mut done).await?;
        let (looked, sealed) = renditions.reseal_part(byte).await?;
        done.renditions += looked;
        done.renditions_sealed += sealed;
        done.parts += 1;
        if !progress(&done) {
            break;
        }
    }
    Ok(done)
}

/// How many files, originals and renditions, take the key of each generation; none: they aren't sealed, or say nothing. By
/// their heads alone.
///
/// # Errors
/// When a folder or a file can't be read.
pub async fn count(
    originals: &Originals,
    renditions: &Renditions,
) -> Result<BTreeMap<Option<u32>, u64>, ArchiveError> {
    let mut counts = BTreeMap::new();
    for byte in 0..=u8::MAX {
        let (this, files) = (originals.clone(), renditions.files_of_part(byte).await?);
        let found = folder::blocking(move || {
            let mut found = Vec::new();
            for file in this.shelf().part(byte)?.files {
                let opened = this.outline(&file.digest);
                found.extend(takes(this.vault(), &this.path_of(&file.digest), opened)?);
            }
            for path in files {
                found.extend(takes(this.vault(), &path, File::open(&path))?);
            }
            Ok(found)
        });
        for generation in found.await? {
            *counts.entry(generation).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Which generation a file takes, if any. Nothing: it has gone.
fn takes(vault: &Vault, path: &Path, opened: io::Result<File>) -> Result<Option<Option<u32>>, ArchiveError> {
    match opened.and_then(|file| vault.form(&file)) {
        Ok(Ok(Form::Sealed(number))) => Ok(Some(Some(number))),
        Ok(Err(Shut::Locked { generation, .. })) => Ok(Some(generation)),
        Ok(Ok(Form::Plain) | Err(Shut::Broken(_))) => Ok(Some(None)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ArchiveError::from_io("reading", path, error)),
    }
}

impl Originals {
    async fn reseal_part(
        &self,
        byte: u8,
        bytes_per_second: u64,
        done: &mut Resealed,
    ) -> Result<(), ArchiveError> {
        let listing = self.clone();
        for file in folder::blocking(move || listing.shelf().part(byte)).await?.files {
            let (this, digest) = (self.clone(), file.digest);
            done.originals += 1;
            let reseal = move || match this.shelf() {
                Shelf::Folder(_) => this.reseal_now(&digest),
                Shelf::Bucket(bucket) => this.reseal_object(bucket, &digest),
            };
            match folder::blocking(reseal).await? {
                Outcome::Nothing => {}
                Outcome::Left => done.left.push(digest),
                Outcome::Held => done.held.push(digest),
                Outcome::Sealed(bytes) => {
                    done.sealed += 1;
                    done.bytes += bytes;
                    let rest = bytes.saturating_mul(1_000_000) / bytes_per_second.max(1);
                    tokio::time::sleep(Duration::from_micros(rest)).await;
                }
            }
        }
        Ok(())
    }

    fn reseal_now(&self, digest: &Digest) -> Result<Outcome, ArchiveError> {
        let path = self.path_of(digest);
        let failed = |error| ArchiveError::from_io("sealing", &path, error);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Nothing),
            other => other.map_err(failed)?,
        };
        if self.vault().form(&file).map_err(failed)?.ok() == self.vault().newest().map(Form::Sealed) {
            return Ok(Outcome::Nothing);
        }
        file.lock().map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        // Without a name it was replaced or removed between opening and locking: the new one is of today.
        if meta.nlink() == 0 {
            return Ok(Outcome::Nothing);
        }
        let form = match self.vault().look(&file, digest) {
            Ok(Content::Bytes { digest: actual, form, .. }) if actual == *digest => form,
            found => {
                tracing::error!(%digest, ?found, "an original isn't sealed anew, because it can't be opened");
                return Ok(Outcome::Left);
            }
        };
        let sealed = folder::temporary(self.temporary())?;
        let (bytes, under_way) = self.copy_sealed(&file, form, sealed.as_file()).map_err(failed)?;
        let (sealed, temporary) = sealed.into_parts();
        #[cfg(test)]
        note(Op::Write(temporary.to_path_buf(), std::fs::read(&temporary).map_err(failed)?));
        self.insist_whole(&sealed, digest).map_err(failed)?;
        sealed.set_permissions(Permissions::from_mode(0o400)).map_err(failed)?;
        folder::sync_file(&sealed, &temporary)?;
        // The new one is held too, until it has the old one's time: an upload that finds it sets a time of its own.
        sealed.lock().map_err(failed)?;
        insist(&under_way).map_err(failed)?;
        folder::replace(temporary, &path).map_err(|error| failed(error.error))?;
        sealed.set_modified(meta.modified().map_err(failed)?).map_err(failed)?;
        path.parent().map_or(Ok(()), folder::sync)?;
        insist(&under_way).map_err(failed)?;
        Ok(Outcome::Sealed(bytes))
    }

    /// The same in a bucket: one alone holds it, so that uploads of the same bytes wait and nobody removes it meanwhile. The
    /// object is written over, which happens to no other and for no other reason than that it is damaged, and read back.
    fn reseal_object(&self, bucket: &Bucket, digest: &Digest) -> Result<Outcome, ArchiveError> {
        let failed = |error| ArchiveError::from_io("sealing", &bucket.place_of(digest), error);
        let outline = match self.outline(digest) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Nothing),
            other => other.map_err(failed)?,
        };
        if self.vault().form(&outline).map_err(failed)?.ok() == self.vault().newest().map(Form::Sealed) {
            return Ok(Outcome::Nothing);
        }
        let mut held = match bucket.hold_patiently(digest).map_err(failed)? {
            Hold::Ours(held) => held,
            Hold::Gone => return Ok(Outcome::Nothing),
            Hold::Others => return Ok(Outcome::Held),
        };
        let outcome = self.reseal_held(&mut held, digest);
        held.let_go();
        outcome.map_err(failed)
    }

    fn reseal_held(&self, held: &mut Held, digest: &Digest) -> io::Result<Outcome> {
        let file = self.open_stored(digest)?;
        let form = match self.vault().look(&file, digest)? {
            // Whoever was waited for has sealed it.
            Content::Bytes { form, .. } if Some(form) == self.vault().newest().map(Form::Sealed) => {
                return Ok(Outcome::Nothing);
            }
            Content::Bytes { digest: actual, form, .. } if actual == *digest => form,
            found => {
                tracing::error!(%digest, ?found, "an original isn't sealed anew, because it can't be opened");
                return Ok(Outcome::Left);
            }
        };
        let sealed = tempfile::NamedTempFile::new_in(self.temporary())?;
        let (bytes, under_way) = self.copy_sealed(&file, form, sealed.as_file())?;
        self.insist_whole(sealed.as_file(), digest)?;
        insist(&under_way)?;
        held.replace(&mut sealed.reopen()?)?;
        self.insist_whole(&self.open_stored(digest)?, digest)?;
        insist(&under_way)?;
        Ok(Outcome::Sealed(bytes))
    }

    fn insist_whole(&self, file: &File, digest: &Digest) -> io::Result<()> {
        match self.vault().look(file, digest)? {
            Content::Bytes { digest: actual, .. } if actual == *digest => Ok(()),
            _ => Err(io::Error::other("what was sealed doesn't open to what it was")),
        }
    }

    /// Seals the plain bytes of one file into another. Returns how many they were.
    fn copy_sealed(&self, from: &File, form: Form, to: &File) -> io::Result<(u64, UnderWay)> {
        let (mut writer, under_way) = self.vault().seal(BufWriter::with_capacity(folder::CHUNK, to))?;
        let bytes = match form {
            Form::Plain => {
                let mut from = BufReader::with_capacity(folder::CHUNK, from);
                from.rewind()?;
                io::copy(&mut from, &mut writer)?
            }
            Form::Sealed(_) => match self.vault().open(from)? {
                Opened::Sealed(mut reader, _) => io::copy(&mut reader, &mut writer)?,
                Opened::Plain(_) | Opened::Shut(_) => {
                    return Err(io::Error::other("it changed while it was read"));
                }
            },
        };
        writer.finish()?.flush()?;
        Ok((bytes, under_way))
    }
}

/// Run again it goes on.
fn insist(under_way: &UnderWay) -> io::Result<()> {
    under_way.insist().map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
