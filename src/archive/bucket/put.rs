//! How an original gets its name in a bucket, once, and is relied on only when it has been read back.
//!
//! An upload and a removal of the same bytes don't see each other's requests, but each sees what the other has written
//! before (a store reads its own writes): an upload first puts the object, or a note that it was put again, and then
//! looks whether anybody notes a removal; a removal first writes its note, and then looks how old the object is. So one
//! of the two always sees the other. Where it is the upload, it waits until the note is gone and begins anew; last of
//! all it reads the object back.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path as Local;
use std::time::{Duration, Instant};

use object_store::path::Path;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutPayload};

use super::objects::changed;
use super::{Bucket, away, found, nonce, trouble};
use crate::archive::ArchiveError;
use crate::case::ids::Digest;
use crate::fault::{self, Point};

/// What is written by one request, and held in memory. Larger objects are written in parts.
const WHOLE: u64 = 16 * 1024 * 1024;
/// The size of a part.
const PART: u64 = 8 * 1024 * 1024;
/// How long a removal is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How long between two looks.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// How often an upload begins anew at most.
const ROUNDS: usize = 5;

/// How a put original came to stand in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::archive) enum Stood {
    /// It was written now.
    New,
    /// An object stood there already, and is whole.
    Whole,
    /// An object stood there already, wasn't whole, and was written over.
    Replaced,
}

impl Bucket {
    /// Lets `sealed` stand under the digest. `is_whole` opens and hashes what stands there, in a file of the caller's
    /// own in `folder`. `now_millis` is the present moment.
    pub(in crate::archive) fn put(
        &self,
        digest: &Digest,
        sealed: &mut File,
        (folder, now_millis): (&Local, i64),
        is_whole: &dyn Fn(&File) -> Result<bool, ArchiveError>,
    ) -> Result<Stood, ArchiveError> {
        let failed = |error| ArchiveError::from_io("storing", &self.place_of(digest), error);
        let bytes = sealed.metadata().map_err(failed)?.len();
        let mut stood = None;
        for _ in 0..ROUNDS {
            if self.wait(self.create(digest, sealed, bytes)).map_err(failed)? {
                stood = stood.or(Some(Stood::New));
            } else {
                self.wait(self.note_again(digest, now_millis)).map_err(failed)?;
                stood = stood.or(Some(Stood::Whole));
            }
            fault::here(Point::Named);
            if self.wait(self.removal_was_waited_for(digest, now_millis)).map_err(failed)? {
                // Whatever stood there may have gone.
                stood = None;
                continue;
            }
            let standing = match self.wait(self.read(digest, folder)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    stood = None;
                    continue;
                }
                other => other.map_err(failed)?,
            };
            if is_whole(&standing)? {
                return Ok(stood.unwrap_or(Stood::Whole));
            }
            if stood == Some(Stood::Replaced) {
                break;
            }
            self.wait(self.write(&self.object(digest), sealed, bytes, None)).map_err(failed)?;
            stood = Some(Stood::Replaced);
        }
        Err(failed(away("it doesn't give back what it was given".into())))
    }

    /// Writes an object, unless one stands there. False: one does.
    async fn create(&self, digest: &Digest, sealed: &mut File, bytes: u64) -> io::Result<bool> {
        let name = self.object(digest);
        if found(self.store.head(&name).await)?.is_some() {
            return Ok(false);
        }
        // Parts are put together without conditions.
        if bytes > WHOLE || !self.takes_conditions().await? {
            self.write(&name, sealed, bytes, None).await?;
            return Ok(true);
        }
        match self.store.put_opts(&name, content(sealed, bytes)?, PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            // Somebody was faster; or it was this very request, whose answer got lost.
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Writes an object, whatever stands there. It is there whole or as it was; what takes longer than `until` isn't put
    /// together any more.
    pub(super) async fn write(
        &self,
        name: &Path,
        sealed: &mut File,
        bytes: u64,
        until: Option<Instant>,
    ) -> io::Result<()> {
        if bytes <= WHOLE {
            self.store.put(name, content(sealed, bytes)?).await.map_err(trouble)?;
            return Ok(());
        }
        sealed.rewind()?;
        let mut upload = self.store.put_multipart(name).await.map_err(trouble)?;
        let mut left = bytes;
        while left > 0 {
            let part = piece(sealed, left.min(PART))?;
            left -= part.content_length() as u64;
            let put = upload.put_part(part).await.map_err(trouble);
            let in_time = || until.is_none_or(|until| Instant::now() < until);
            let put =
                put.and_then(|()| if in_time() { Ok(()) } else { Err(away("it took too long".into())) });
            if let Err(error) = put {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "parts of an upload that was broken off stay in the bucket");
                }
                return Err(error);
            }
        }
        upload.complete().await.map_err(trouble)?;
        Ok(())
    }

    /// Notes that the same bytes were put again: later than anybody has put them before, however short ago that was.
    async fn note_again(&self, digest: &Digest, now_millis: i64) -> io::Result<()> {
        let before = self.look(digest).await?.map_or(0, |facts| facts.changed_millis);
        let note = format!("{}\n", now_millis.max(before.saturating_add(1)));
        self.store.put(&self.again(digest), note.into()).await.map_err(trouble)?;
        Ok(())
    }

    /// Whether somebody was about to remove the object, and has come to an end.
    async fn removal_was_waited_for(&self, digest: &Digest, now_millis: i64) -> io::Result<bool> {
        let mut waited = Duration::ZERO;
        loop {
            let (notes, _) = self.list(&self.removing(digest), false).await?;
            if notes.iter().all(|note| now_millis - changed(note) > self.abandoned_millis) {
                return Ok(!waited.is_zero());
            }
            if waited >= PATIENCE {
                return Err(away("the same file is just being removed".into()));
            }
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
        }
    }

    /// Whether the store holds that a name is given once. It is tried out with the first write.
    async fn takes_conditions(&self) -> io::Result<bool> {
        self.conditions.get_or_try_init(|| self.try_conditions()).await.copied()
    }

    async fn try_conditions(&self) -> io::Result<bool> {
        let name = self.below(&format!("probe/{}", nonce()));
        let create = || self.store.put_opts(&name, "casebind".into(), PutMode::Create.into());
        let (first, second) = (create().await, create().await);
        let taken = match (first, second) {
            (Ok(_), Err(Error::AlreadyExists { .. })) => true,
            (Ok(_), Ok(_)) => false,
            // A store that knows no conditions may also say so.
            (Err(error), _) if error.to_string().contains("NotImplemented") => false,
            (Err(error), _) | (_, Err(error)) => return Err(trouble(error)),
        };
        found(self.store.delete(&name).await)?;
        tracing::info!(bucket = self.name, taken, "whether the bucket takes conditions on writes");
        Ok(taken)
    }
}

/// All of a file as what a request carries.
fn content(file: &mut File, bytes: u64) -> io::Result<PutPayload> {
    file.rewind()?;
    piece(file, bytes)
}

/// The next `bytes` bytes of a file.
fn piece(file: &mut File, bytes: u64) -> io::Result<PutPayload> {
    let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    file.take(bytes).read_to_end(&mut content)?;
    if content.len() as u64 != bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(content.into())
}
