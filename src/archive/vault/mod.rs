//! How stored files are sealed, and opened again: the format of age-encryption.org/v1, so that other tools open them too.
//!
//! A sealed file is a [`Head`] and the bytes in chunks of 64 KiB, each with an authentication of its own. It keeps the
//! name that the digest of its plain bytes gives it: what is inside is proved as before, by opening and hashing. A file
//! without that head is an original from before, and proves itself by its own digest.
//!
//! A key that isn't here is no damage. To tell the two apart each head also names the generation of its key, in a stanza
//! that other tools pass over: a file that none of the keys opens, although the one that it names is here, is damaged.

mod head;

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, x25519};
use age_core::format::{FileKey, Stanza};

use self::head::{Head, MARK};
use super::{Hashing, folder};
use crate::case::ids::Digest;
use crate::keyring::{Generation, Keys, PATIENCE, UnderWay};

/// Seals with the newest generation and opens with any. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    source: Option<Keys>,
    /// The keys as they were used last, so that they are parsed once.
    known: Arc<Mutex<Arc<[Key]>>>,
}

/// The key of a generation.
struct Key {
    generation: Generation,
    identity: x25519::Identity,
    recipient: x25519::Recipient,
    /// What tells this key from another of the same number.
    print: String,
}

/// A stored file, opened at its beginning.
pub(super) enum Opened<R> {
    /// Bytes as they are.
    Plain(R),
    /// Plain bytes out of sealed ones, and the generation of the key.
    Sealed(Box<StreamReader<BufReader<R>>>, u32),
    /// It can't be opened.
    Shut(Shut),
}

/// Why a sealed file can't be opened, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// Its key isn't here. Nothing is known of its bytes.
    Locked {
        /// The generation, if the head names one.
        generation: Option<u32>,
        /// How many plain bytes it holds, by its length.
        bytes: Option<u64>,
    },
    /// Its key is here, and the seal is broken.
    Broken(Broken),
}

/// A seal that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file's length.
    pub stored: u64,
    /// How many plain bytes it holds, by its length; none: it ends where no sealed file can.
    pub bytes: Option<u64>,
    /// How many plain bytes come before the place where it is broken, in whole chunks.
    pub whole: u64,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, sealed, whose seal is broken after {} plain bytes", self.stored, self.whole)?;
        match self.bytes {
            Some(bytes) => write!(f, " of {bytes}"),
            None => f.write_str(", and which end too early"),
        }
    }
}

/// What a stored file is found to hold, all of it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// These plain bytes.
    Bytes { digest: Digest, bytes: u64, form: Form },
    /// It can't be opened.
    Shut(Shut),
}

/// In which form a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it arrived, from before files were sealed.
    Plain,
    /// Sealed with the key of this generation.
    Sealed(u32),
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.source.is_some() { "Vault(redacted)" } else { "Vault(without a key)" })
    }
}

impl Vault {
    /// A vault with these keys.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { source: Some(keys), known: no_keys() }
    }

    /// A vault without a key: what is sealed stays shut, and nothing can be sealed.
    #[must_use]
    pub fn without_keys() -> Self {
        Self { source: None, known: no_keys() }
    }

    /// Whether there is any key.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.source.is_some()
    }

    /// The generation that seals; none: there is no key.
    #[must_use]
    pub fn newest(&self) -> Option<u32> {
        self.source.as_ref().map(|keys| keys.ring().newest().number())
    }

    /// Seals what is written, into `out`. It must be finished, and what says that it is under way is kept until it has
    /// its name. It may block the thread for some seconds.
    pub(super) fn seal<W: Write>(&self, out: W) -> io::Result<(StreamWriter<W>, UnderWay)> {
        let none = || io::Error::other("there is no key to seal with");
        let (generation, under_way) =
            self.source.as_ref().ok_or_else(none)?.begin_within(PATIENCE).map_err(io::Error::other)?;
        let keys = self.keys(Some(generation.number()));
        let newest = keys.iter().find(|key| key.is(&generation)).ok_or_else(none)?;
        let recipients = iter::once(newest as &dyn age::Recipient);
        let writer = Encryptor::with_recipients(recipients).map_err(io::Error::other)?.wrap_output(out)?;
        Ok((writer, under_way))
    }

    /// Opens a stored file at its beginning. What can't be opened is an answer; only the disk's failures are errors.
    pub(super) fn open<R: Read + Seek>(&self, mut file: R) -> io::Result<Opened<R>> {
        file.rewind()?;
        let Some(head) = Head::read(&mut file)? else {
            file.rewind()?;
            return Ok(Opened::Plain(file));
        };
        let stored = file.seek(io::SeekFrom::End(0))?;
        file.rewind()?;
        let bytes = head.plain_bytes(stored);
        let broken = Opened::Shut(Shut::Broken(Broken { stored, bytes, whole: 0 }));
        if head.end.is_none() {
            return Ok(broken);
        }
        let named = head.mark.as_ref().map(|mark| mark.generation);
        let keys = self.keys(named);
        let decryptor = match Decryptor::new_buffered(BufReader::new(file)) {
            Ok(decryptor) => decryptor,
            Err(DecryptError::Io(error)) if !is_break(&error) => return Err(error),
            Err(_) => return Ok(broken),
        };
        let opened = Cell::new(0);
        let tried: Vec<Trying<'_>> = keys.iter().rev().map(|key| Trying { key, opened: &opened }).collect();
        match decryptor.decrypt(tried.iter().map(|trying| trying as &dyn age::Identity)) {
            Ok(reader) => Ok(Opened::Sealed(Box::new(reader), opened.get())),
            Err(DecryptError::NoMatchingKeys) => {
                let is_here = |mark: &head::Mark| keys.iter().any(|key| key.print == mark.print);
                match head.mark {
                    Some(mark) if is_here(&mark) => Ok(broken),
                    _ => Ok(Opened::Shut(Shut::Locked { generation: named, bytes })),
                }
            }
            Err(_) => Ok(broken),
        }
    }

    /// Reads all of a stored file that bears the name of `named`. A file that hashes to its name as it is counts as
    /// plain, whatever it begins with.
    pub(super) fn look(&self, mut file: &File, named: &Digest) -> io::Result<Content> {
        let stored = file.metadata()?.len();
        let content = match self.open(file)? {
            Opened::Plain(mut file) => {
                let (digest, bytes) = folder::hash(&mut file)?;
                return Ok(Content::Bytes { digest, bytes, form: Form::Plain });
            }
            Opened::Sealed(mut reader, generation) => {
                let mut hashing = Hashing::default();
                match folder::hash_into(&mut reader, &mut hashing) {
                    Ok(()) => {
                        let (bytes, form) = (hashing.bytes(), Form::Sealed(generation));
                        Content::Bytes { digest: hashing.finish(), bytes, form }
                    }
                    Err(error) if is_break(&error) => {
                        let bytes = self.plain_bytes(file)?;
                        Content::Shut(Shut::Broken(Broken { stored, bytes, whole: hashing.bytes() }))
                    }
                    Err(error) => return Err(error),
                }
            }
            Opened::Shut(shut) => Content::Shut(shut),
        };
        if matches!(content, Content::Bytes { digest, .. } if digest == *named) {
            return Ok(content);
        }
        file.rewind()?;
        let (digest, bytes) = folder::hash(&mut file)?;
        Ok(if digest == *named { Content::Bytes { digest, bytes, form: Form::Plain } } else { content })
    }

    /// How many plain bytes a stored file holds, by its head and its length, without a key. None: it ends where no
    /// sealed file can.
    pub(super) fn plain_bytes(&self, mut file: &File) -> io::Result<Option<u64>> {
        let stored = file.metadata()?.len();
        file.rewind()?;
        Ok(match Head::read(&mut file)? {
            Some(head) => head.plain_bytes(stored),
            None => Some(stored),
        })
    }

    /// In which form a file is stored, by its beginning alone.
    pub(super) fn form(&self, file: &File) -> io::Result<Result<Form, Shut>> {
        Ok(match self.open(file)? {
            Opened::Plain(_) => Ok(Form::Plain),
            Opened::Sealed(_, generation) => Ok(Form::Sealed(generation)),
            Opened::Shut(shut) => Err(shut),
        })
    }

    /// Bytes, sealed at once: for what is small.
    pub(super) fn seal_bytes(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let (mut writer, _under_way) = self.seal(Vec::with_capacity(plain.len() + 1024))?;
        writer.write_all(plain)?;
        writer.finish()
    }

    /// Bytes, opened at once, and the form in which they were; none: they can't be.
    pub(super) fn open_bytes(&self, stored: Vec<u8>) -> io::Result<Option<(Vec<u8>, Form)>> {
        match self.open(io::Cursor::new(stored))? {
            Opened::Plain(cursor) => Ok(Some((cursor.into_inner(), Form::Plain))),
            Opened::Sealed(mut reader, generation) => {
                let mut plain = Vec::new();
                match reader.read_to_end(&mut plain) {
                    Ok(_) => Ok(Some((plain, Form::Sealed(generation)))),
                    Err(error) if is_break(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Opened::Shut(_) => Ok(None),
        }
    }

    /// The keys of this moment, the oldest first.
    fn keys(&self, named: Option<u32>) -> Arc<[Key]> {
        let Some(keys) = &self.source else { return Arc::new([]) };
        let ring = named.map_or_else(|| keys.all(), |number| keys.ring_with(number));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() != ring.all().len() || !known.iter().zip(ring.all()).all(|(key, one)| key.is(one)) {
            *known = ring.all().iter().filter_map(Key::of).collect();
        }
        known.clone()
    }
}

fn no_keys() -> Arc<Mutex<Arc<[Key]>>> {
    let none: Arc<[Key]> = Arc::new([]);
    Arc::new(Mutex::new(none))
}

impl Key {
    /// None: the text is no identity, which whoever read the key file has found out before.
    fn of(generation: &Generation) -> Option<Self> {
        let identity: x25519::Identity = generation.identity().parse().ok()?;
        let recipient = identity.to_public();
        let print = Digest::of(generation.recipient().as_bytes()).short();
        Some(Self { generation: generation.clone(), identity, recipient, print })
    }

    fn is(&self, generation: &Generation) -> bool {
        self.generation.number() == generation.number()
            && self.generation.recipient() == generation.recipient()
    }
}

/// Beside the stanza that wraps the file's key comes one that names ours.
impl age::Recipient for Key {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (mut stanzas, labels) = self.recipient.wrap_file_key(file_key)?;
        stanzas.push(Stanza {
            tag: MARK.into(),
            args: vec![self.generation.number().to_string(), self.print.clone()],
            body: vec![],
        });
        Ok((stanzas, labels))
    }
}

/// A key that notes whether it was the one.
struct Trying<'a> {
    key: &'a Key,
    opened: &'a Cell<u32>,
}

impl age::Identity for Trying<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let unwrapped = self.key.identity.unwrap_stanza(stanza);
        if matches!(unwrapped, Some(Ok(_))) {
            self.opened.set(self.key.generation.number());
        }
        unwrapped
    }
}

/// Whether reading failed because of what was read, and not because of the disk.
pub(super) fn is_break(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

#[cfg(test)]
pub(super) mod tests;
