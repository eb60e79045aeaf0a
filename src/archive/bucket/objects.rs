//! Single objects, and lists of them: read, looked at, tried out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::Path as Local;

use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};

use super::{Bucket, away, found, nonce, trouble};
use crate::archive::ArchiveError;
use crate::archive::verify::{Listed, Listing};
use crate::case::ids::Digest;

/// How many bytes are read by one request, and held in memory.
const PIECE: u64 = 8 * 1024 * 1024;

/// How many bytes of an object are read to look at its beginning: more than any head of a sealed file has.
const BEGIN: u64 = 8 * 1024;

/// What is known of a stored original without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::archive) struct Facts {
    /// How many bytes are stored.
    pub(in crate::archive) bytes: u64,
    /// When it was put last, epoch milliseconds.
    pub(in crate::archive) changed_millis: i64,
}

impl Bucket {
    /// Reads all of an object into a file without a name in `folder` (where there is none: wherever temporary files lie),
    /// and winds it back. What the caller sees of it then doesn't change any more.
    pub(in crate::archive) fn open(&self, digest: &Digest, folder: &Local) -> io::Result<File> {
        self.wait(self.read(digest, folder))
    }

    /// A file without a name that begins like the object and is as long, and of which nothing else was read; none: there
    /// is no such object.
    pub(in crate::archive) fn outline(&self, digest: &Digest, folder: &Local) -> io::Result<Option<File>> {
        self.wait(async {
            let name = self.object(digest);
            let Some(meta) = found(self.store.head(&name).await)? else { return Ok(None) };
            let mut file = temporary(folder)?;
            if meta.size > 0 {
                let begin = self.store.get_range(&name, 0..meta.size.min(BEGIN)).await.map_err(trouble)?;
                file.write_all(&begin)?;
            }
            file.set_len(meta.size)?;
            file.rewind()?;
            Ok(Some(file))
        })
    }

    /// What is known of an original; none: it isn't there.
    pub(in crate::archive) fn facts(&self, digest: &Digest) -> io::Result<Option<Facts>> {
        self.wait(self.look(digest))
    }

    /// Whether the store takes and gives what it should. Without its bucket it doesn't.
    pub(in crate::archive) fn probe(&self) -> io::Result<()> {
        self.wait(async {
            let name = self.below("probe/ready");
            self.store.put(&name, "casebind".into()).await.map_err(trouble)?;
            self.store.head(&name).await.map_err(trouble)?;
            Ok(())
        })
    }

    /// Whether another one is the same place, whatever leads to it: what is left here for a moment is found there.
    pub(in crate::archive) fn is_same(&self, other: &Self) -> io::Result<bool> {
        self.wait(async {
            let name = format!("probe/{}", nonce());
            let mark = self.below(&name);
            self.store.put(&mark, "casebind".into()).await.map_err(trouble)?;
            let seen = found(other.store.head(&other.below(&name)).await);
            found(self.store.delete(&mark).await)?;
            Ok(seen?.is_some())
        })
    }

    /// Whether anything is stored.
    pub(in crate::archive) fn holds_some(&self) -> io::Result<bool> {
        let all = self.below("originals");
        let page = self.wait(self.page(&all, false, None, 1))?;
        Ok(!page.result.objects.is_empty())
    }

    /// Lists the originals whose digest begins with the byte `part`, and whatever else lies there. What lies beside the
    /// 256 places of the first level is listed with part 0.
    pub(in crate::archive) fn part(&self, part: u8) -> Result<Listing, ArchiveError> {
        let listed = self.wait(self.list_part(part));
        listed.map_err(|error| ArchiveError::from_io("listing", &self.place(), error))
    }

    pub(super) async fn read(&self, digest: &Digest, folder: &Local) -> io::Result<File> {
        let name = self.object(digest);
        let whole = self.store.get_opts(&name, GetOptions::default()).await.map_err(trouble)?;
        let (bytes, version) = (whole.meta.size, whole.meta.e_tag.clone());
        let mut file = temporary(folder)?;
        let mut done = 0;
        if bytes <= PIECE {
            let content = whole.bytes().await.map_err(trouble)?;
            done = content.len() as u64;
            file.write_all(&content)?;
        } else {
            drop(whole);
            while done < bytes {
                // Of this very object: none is replaced between two pieces unnoticed.
                let range = Some(GetRange::Bounded(done..bytes.min(done + PIECE)));
                let options = GetOptions { if_match: version.clone(), range, ..GetOptions::default() };
                let piece = self.store.get_opts(&name, options).await.map_err(trouble)?;
                let content = piece.bytes().await.map_err(trouble)?;
                if content.is_empty() {
                    break;
                }
                done += content.len() as u64;
                file.write_all(&content)?;
            }
        }
        if done != bytes {
            return Err(away(format!("it gave {done} of {bytes} bytes")));
        }
        file.rewind()?;
        Ok(file)
    }

    pub(super) async fn look(&self, digest: &Digest) -> io::Result<Option<Facts>> {
        let Some(object) = found(self.store.head(&self.object(digest)).await)? else { return Ok(None) };
        let again = self.put_again_at(digest).await?;
        Ok(Some(Facts { bytes: object.size, changed_millis: changed(&object).max(again.unwrap_or(0)) }))
    }

    /// When the same bytes were put again; none: they weren't. The note tells it, because stores tell times of objects in
    /// whole seconds.
    async fn put_again_at(&self, digest: &Digest) -> io::Result<Option<i64>> {
        let Some(note) = found(self.store.get(&self.again(digest)).await)? else { return Ok(None) };
        let written = changed(&note.meta);
        let told = note.bytes().await.map_err(trouble)?;
        let told = std::str::from_utf8(&told).ok().and_then(|text| text.trim().parse().ok());
        Ok(Some(told.unwrap_or(written)))
    }

    /// When originals of a part were put again, in whole seconds.
    async fn put_again_in(&self, part: u8) -> io::Result<BTreeMap<Digest, i64>> {
        let (notes, _) = self.list(&self.below(&format!("again/{part:02x}")), false).await?;
        let of = |note: &ObjectMeta| Some((note.location.filename()?.parse().ok()?, changed(note)));
        Ok(notes.iter().filter_map(of).collect())
    }

    /// All objects below a name, however deep; with `one_level` those alone that lie no deeper, and the names of the
    /// levels that do.
    pub(super) async fn list(
        &self,
        below: &Path,
        one_level: bool,
    ) -> io::Result<(Vec<ObjectMeta>, Vec<Path>)> {
        let (mut objects, mut levels, mut token) = (Vec::new(), Vec::new(), None);
        loop {
            let page = self.page(below, one_level, token, 1000).await?;
            objects.extend(page.result.objects);
            levels.extend(page.result.common_prefixes);
            token = page.page_token;
            if token.is_none() {
                return Ok((objects, levels));
            }
        }
    }

    async fn page(
        &self,
        below: &Path,
        one_level: bool,
        page_token: Option<String>,
        most: usize,
    ) -> io::Result<PaginatedListResult> {
        let options = PaginatedListOptions {
            delimiter: one_level.then(|| "/".into()),
            max_keys: Some(most),
            page_token,
            ..PaginatedListOptions::default()
        };
        // Whatever the store calls it, a list that isn't there is no empty one.
        let answer = self.store.list_paginated(Some(&format!("{below}/")), options).await;
        answer.map_err(|error| away(error.to_string()))
    }

    async fn list_part(&self, part: u8) -> io::Result<Listing> {
        let mut listing = Listing::default();
        if part == 0 {
            let (objects, levels) = self.list(&self.below("originals"), true).await?;
            let levels = levels.iter().filter(|level| !level.filename().is_some_and(is_level));
            let foreign = levels.chain(objects.iter().map(|object| &object.location));
            listing.foreign.extend(foreign.map(|path| self.shown(path)));
        }
        let (objects, _) = self.list(&self.below(&format!("originals/{part:02x}")), false).await?;
        let again = match objects.is_empty() {
            true => BTreeMap::new(),
            false => self.put_again_in(part).await?,
        };
        for object in objects {
            let digest = object.location.filename().and_then(|name| name.parse::<Digest>().ok());
            match digest.filter(|digest| self.object(digest) == object.location) {
                Some(digest) => {
                    let changed_millis = changed(&object).max(again.get(&digest).copied().unwrap_or(0));
                    listing.files.push(Listed { digest, stored: object.size, changed_millis });
                }
                None => listing.foreign.push(self.shown(&object.location)),
            }
        }
        listing.files.sort_by_key(|file| file.digest);
        listing.foreign.sort();
        Ok(listing)
    }
}

/// A file without a name: in the folder of arriving files, or where there is none, wherever temporary files lie.
fn temporary(folder: &Local) -> io::Result<File> {
    tempfile::tempfile_in(folder).or_else(|_| tempfile::tempfile())
}

/// When an object was written, epoch milliseconds by the store's clock.
pub(super) fn changed(object: &ObjectMeta) -> i64 {
    object.last_modified.timestamp_millis()
}

fn is_level(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
