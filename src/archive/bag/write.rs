//! A bag on its way out: it grows under a temporary name, one file after the other, and gets its name when it is whole
//! and durable. Memory stays the same however large it becomes: the manifest is a file that grows beside the payload.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use super::{CHUNK, DECLARATION, DECLARED, INFO, MANIFEST, OXUM, PAYLOAD, TAG_MANIFEST, path, read_some};
use crate::archive::{ArchiveError, folder};
use crate::case::ids::Digest;

/// What a finished bag holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The digest of its tag manifest: it names every byte.
    pub id: Digest,
    /// Files of the payload.
    pub files: u64,
    /// Bytes of the payload.
    pub bytes: u64,
}

/// A bag that is being written. Dropped before it is finished, it leaves a folder with a temporary name, which the next
/// try clears away, or takes over file by file. Calls block for as long as the disk takes.
#[derive(Debug)]
pub struct BagWriter {
    whole: PathBuf,
    growing: PathBuf,
    /// Where the payload of an earlier try lies, of which nothing is in the bag before it is adopted.
    left: Option<PathBuf>,
    manifest: Option<Hashed>,
    tags: Vec<(String, Digest)>,
    files: u64,
    bytes: u64,
}

impl BagWriter {
    /// Begins a bag of this name in `folder`; what an earlier try left half-written is thrown away.
    ///
    /// # Errors
    /// When the folder can't be made or written to.
    pub fn begin(folder: &Path, name: &str) -> Result<Self, ArchiveError> {
        let (whole, growing) = (folder.join(name), folder.join(format!(".{name}.part")));
        clear(&growing)?;
        folder::create(&growing.join(PAYLOAD))?;
        let manifest = Some(Hashed::create(&growing.join(MANIFEST))?);
        Ok(Self { whole, growing, left: None, manifest, tags: Vec::new(), files: 0, bytes: 0 })
    }

    /// The same, but the payload of an earlier try is laid aside, so that [`Self::adopt`] finds what is right of it.
    /// However often a bag breaks off, nothing of it has to be written twice.
    ///
    /// # Errors
    /// When the folder can't be made or written to.
    pub fn resume(folder: &Path, name: &str) -> Result<Self, ArchiveError> {
        let left = folder.join(format!(".{name}.left"));
        lay_aside(&folder.join(format!(".{name}.part")).join(PAYLOAD), &left)?;
        Ok(Self { left: Some(left), ..Self::begin(folder, name)? })
    }

    /// Takes over a file of the payload from an earlier try, if it is there and has these bytes. False: it has to be
    /// written.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn adopt(&mut self, path: &str, digest: &Digest, bytes: u64) -> Result<bool, ArchiveError> {
        let Some(old) = self.left.as_ref().filter(|_| path::is_plain(path)).map(|left| left.join(path))
        else {
            return Ok(false);
        };
        let fits = |meta: fs::Metadata| meta.is_file() && meta.len() == bytes;
        if !old.symlink_metadata().is_ok_and(fits) {
            return Ok(false);
        }
        let failed = |error| ArchiveError::from_io("taking over", &old, error);
        let mut file = File::open(&old).map_err(failed)?;
        let (mut hasher, mut chunk) = (sha2::Sha256::new(), vec![0; CHUNK]);
        loop {
            match read_some(&mut file, &mut chunk).map_err(failed)? {
                0 => break,
                count => hasher.update(&chunk[..count]),
            }
        }
        if Digest::from_bytes(hasher.finalize().into()) != *digest {
            return Ok(false);
        }
        // The try that wrote it may have ended before the disk had it.
        file.sync_all().map_err(failed)?;
        let target = self.place(&format!("{PAYLOAD}/{path}"))?;
        if target.symlink_metadata().is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        fs::rename(&old, &target).map_err(failed)?;
        self.enter(path, digest, bytes)?;
        Ok(true)
    }

    /// Begins a file of the payload; `path` is below `data/`, of plain letters, and used once.
    ///
    /// # Errors
    /// When it can't be made, or is there already.
    pub fn file(&mut self, path: &str) -> Result<PayloadFile<'_>, ArchiveError> {
        let file = self.make(&format!("{PAYLOAD}/{path}"))?;
        Ok(PayloadFile { bag: self, path: path.to_owned(), file })
    }

    /// A file of the payload with these bytes.
    ///
    /// # Errors
    /// As [`Self::file`], and when the disk fails.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<Digest, ArchiveError> {
        let mut file = self.file(path)?;
        file.write(bytes)?;
        file.end()
    }

    /// A file beside the payload, such as a schema.
    ///
    /// # Errors
    /// As [`Self::file`], and when the disk fails.
    pub fn tag(&mut self, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let mut file = self.make(path)?;
        file.write(bytes)?;
        let (digest, _) = file.end()?;
        self.tags.push((path.to_owned(), digest));
        Ok(())
    }

    /// Ends the bag: manifests, `bag-info.txt` with these lines and the weight of the payload, everything durable, and
    /// then its name.
    ///
    /// # Errors
    /// When the disk fails, or something else has that name by now.
    pub fn finish(mut self, info: &[(&str, String)]) -> Result<Written, ArchiveError> {
        let manifest = self.manifest.take().expect("a bag is finished once");
        let (digest, _) = manifest.end()?;
        self.tags.push((MANIFEST.to_owned(), digest));
        self.tag(DECLARATION, DECLARED.as_bytes())?;
        let mut lines = String::new();
        let oxum = (OXUM, format!("{}.{}", self.bytes, self.files));
        for (label, value) in info.iter().chain([&oxum]) {
            // A value is one line: what would begin another is a blank.
            lines.push_str(&format!("{label}: {}\n", value.replace(char::is_control, " ").trim()));
        }
        self.tag(INFO, lines.as_bytes())?;
        self.tags.sort();
        let listed: String = self.tags.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
        let mut tags = Hashed::create(&self.growing.join(TAG_MANIFEST))?;
        tags.write(listed.as_bytes())?;
        let (id, _) = tags.end()?;
        sync_below(&self.growing)?;
        if let Some(left) = &self.left {
            clear(left)?;
        }
        if self.whole.symlink_metadata().is_ok() {
            let taken = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(ArchiveError::from_io("naming the bag", &self.whole, taken));
        }
        fs::rename(&self.growing, &self.whole)
            .map_err(|error| ArchiveError::from_io("naming the bag", &self.whole, error))?;
        folder::sync(self.whole.parent().unwrap_or(Path::new(".")))?;
        Ok(Written { id, files: self.files, bytes: self.bytes })
    }

    fn make(&self, path: &str) -> Result<Hashed, ArchiveError> {
        Hashed::create(&self.place(path)?)
    }

    /// Where a file of the bag goes; its folder is there.
    fn place(&self, path: &str) -> Result<PathBuf, ArchiveError> {
        let target = self.growing.join(path);
        if !path::is_plain(path) {
            let odd = io::Error::new(io::ErrorKind::InvalidInput, "not a path of a bag");
            return Err(ArchiveError::from_io("writing", &target, odd));
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| ArchiveError::from_io("making the folder", parent, error))?;
        }
        Ok(target)
    }

    /// Enters a file of the payload in the manifest.
    fn enter(&mut self, path: &str, digest: &Digest, bytes: u64) -> Result<(), ArchiveError> {
        let manifest = self.manifest.as_mut().expect("files are added before the bag is finished");
        manifest.write(format!("{digest}  {PAYLOAD}/{path}\n").as_bytes())?;
        self.files += 1;
        self.bytes += bytes;
        Ok(())
    }
}

/// A file of the payload that is being written.
#[derive(Debug)]
pub struct PayloadFile<'b> {
    bag: &'b mut BagWriter,
    path: String,
    file: Hashed,
}

impl PayloadFile<'_> {
    /// Appends a piece.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), ArchiveError> {
        self.file.write(piece)
    }

    /// Ends the file, makes it durable, and enters it in the manifest.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn end(self) -> Result<Digest, ArchiveError> {
        let (digest, bytes) = self.file.end()?;
        self.bag.enter(&self.path, &digest, bytes)?;
        Ok(digest)
    }
}

/// A new file that is hashed as it grows.
#[derive(Debug)]
struct Hashed {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: sha2::Sha256,
    bytes: u64,
}

impl Hashed {
    fn create(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::create_new(path).map_err(|error| ArchiveError::from_io("making", path, error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), hasher: sha2::Sha256::new(), bytes: 0 })
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), ArchiveError> {
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        self.file.write_all(piece).map_err(|error| ArchiveError::from_io("writing", &self.path, error))
    }

    fn end(self) -> Result<(Digest, u64), ArchiveError> {
        let Self { path, file, hasher, bytes } = self;
        let synced =
            file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        synced.map_err(|error| ArchiveError::from_io("writing", &path, error))?;
        Ok((Digest::from_bytes(hasher.finalize().into()), bytes))
    }
}

/// Removes a folder with all that is in it, if it is there.
fn clear(folder: &Path) -> Result<(), ArchiveError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ArchiveError::from_io("clearing away", folder, error))
        }
        _ => Ok(()),
    }
}

/// Moves every file below `from`, if that is there, to the same place below `to`.
fn lay_aside(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::from_io("laying aside", from, error);
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed)?,
    };
    fs::create_dir_all(to).map_err(failed)?;
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(failed)?.is_dir() {
            lay_aside(&old, &new)?;
        } else {
            fs::rename(&old, &new).map_err(failed)?;
        }
    }
    Ok(())
}

/// Makes the names in a folder and in all below it durable; the files are already.
fn sync_below(top: &Path) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::from_io("syncing the folder", top, error);
    for entry in fs::read_dir(top).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            sync_below(&entry.path())?;
        }
    }
    folder::sync(top)
}
