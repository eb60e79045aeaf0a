//! An original on its way out, proved unchanged before its first byte.
//!
//! The bytes are opened and hashed once when the original is opened and again as they leave, from the same open
//! file: renaming can't slip another file in between, and if the very bytes change under the reader,
//! the last piece is held back and the reader ends with an error.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio::task::JoinHandle;
use tokio_util::io::ReaderStream;

use super::vault::{Opened, is_break};
use super::{ArchiveError, Hashing, Vault, folder};
use crate::case::ids::Digest;

/// An open original whose every byte has just been hashed and found right.
#[derive(Debug)]
pub struct VerifiedOriginal {
    vault: Vault,
    file: File,
    sealed: bool,
    digest: Digest,
    bytes: u64,
}

impl VerifiedOriginal {
    /// Wraps a file that the caller has opened and hashed, and found sealed or plain.
    pub(super) fn new(vault: Vault, file: File, sealed: bool, digest: Digest, bytes: u64) -> Self {
        Self { vault, file, sealed, digest, bytes }
    }

    /// The digest that was asked for and found.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The size in bytes, for `Content-Length`.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes as a reader that hashes them once more on the way.
    #[must_use]
    pub fn into_reader(self) -> VerifiedReader {
        let Self { vault, file, sealed, digest, bytes } = self;
        let input = Input::File { vault, file, sealed };
        let source = Source { input, hashing: Hashing::default(), bytes, digest };
        VerifiedReader { state: State::Idle(Box::new(source), Vec::new()), at: 0 }
    }

    /// The same twice, for whoever has to go through them two times: one after the other, since both read from the same
    /// open file.
    ///
    /// # Errors
    /// When the open file can't be shared.
    pub fn into_readers(self) -> Result<[VerifiedReader; 2], ArchiveError> {
        let shared = self.file.try_clone();
        let file = shared
            .map_err(|error| ArchiveError::from_io("opening", self.digest.to_string().as_ref(), error))?;
        let again = Self { vault: self.vault.clone(), file, ..self };
        Ok([self.into_reader(), again.into_reader()])
    }

    /// The bytes as a stream, for a response body.
    #[must_use]
    pub fn into_stream(self) -> ReaderStream<VerifiedReader> {
        ReaderStream::with_capacity(self.into_reader(), folder::CHUNK)
    }

    /// All bytes at once, for small files such as attachment images.
    ///
    /// # Errors
    /// When reading fails, or the bytes have changed since they were opened.
    pub async fn read_all(self) -> Result<Vec<u8>, ArchiveError> {
        let digest = self.digest;
        let mut all = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        self.into_reader()
            .read_to_end(&mut all)
            .await
            .map_err(|error| ArchiveError::from_io("reading", digest.to_string().as_ref(), error))?;
        Ok(all)
    }
}

/// Reads an original and refuses to give its last bytes when they aren't what they were.
///
/// It is read and opened piece by piece on a blocking thread, which is held no longer than a piece takes, however slow
/// whoever reads is.
pub struct VerifiedReader {
    state: State,
    /// How much of the piece has been given.
    at: usize,
}

enum State {
    /// A piece, and where more comes from.
    Idle(Box<Source>, Vec<u8>),
    /// The next piece is being read.
    Busy(JoinHandle<(Box<Source>, Vec<u8>, io::Result<()>)>),
    /// It ended with an error.
    Failed,
}

/// Where the bytes come from, and what has come already.
struct Source {
    input: Input,
    hashing: Hashing,
    bytes: u64,
    digest: Digest,
}

enum Input {
    /// Not begun: opening it takes the disk and the key.
    File { vault: Vault, file: File, sealed: bool },
    /// Plain bytes.
    Open(Box<dyn Read + Send>),
    /// It couldn't be opened.
    Nothing,
}

impl Source {
    /// Reads the next piece. The last one is there only when the whole is what it was.
    fn fill(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        piece.clear();
        let most = (self.bytes - self.hashing.bytes()).min(folder::CHUNK as u64);
        piece.reserve(usize::try_from(most).unwrap_or(0));
        let read = self.open()?.take(most).read_to_end(piece);
        match read {
            Ok(_) => {}
            Err(error) if is_break(&error) => return Err(self.changed()),
            Err(error) => return Err(error),
        }
        self.hashing.update(piece);
        let is_short = (piece.len() as u64) < most;
        if is_short || (self.ended() && self.hashing.clone().finish() != self.digest) {
            return Err(self.changed());
        }
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut (dyn Read + Send)> {
        match std::mem::replace(&mut self.input, Input::Nothing) {
            Input::File { mut file, sealed: false, .. } => {
                file.rewind()?;
                self.input = Input::Open(Box::new(file));
            }
            Input::File { vault, file, sealed: true } => match vault.open(file)? {
                Opened::Sealed(reader, _) => self.input = Input::Open(reader),
                Opened::Plain(_) | Opened::Shut(_) => return Err(self.changed()),
            },
            other => self.input = other,
        }
        match &mut self.input {
            Input::Open(reader) => Ok(reader.as_mut()),
            Input::File { .. } | Input::Nothing => Err(io::Error::other("there is nothing to read from")),
        }
    }

    fn ended(&self) -> bool {
        self.hashing.bytes() == self.bytes
    }

    /// The changed original is an alert in the log and the end of the stream.
    fn changed(&self) -> io::Error {
        tracing::error!(alert = true, digest = %self.digest, "an original changed while it was being read");
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("original {} changed while it was read", self.digest),
        )
    }
}

impl fmt::Debug for VerifiedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedReader")
    }
}

impl AsyncRead for VerifiedReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match std::mem::replace(&mut self.state, State::Failed) {
                State::Idle(mut source, mut piece) => {
                    let given = self.at;
                    if given < piece.len() {
                        let now = buf.remaining().min(piece.len() - given);
                        buf.put_slice(&piece[given..given + now]);
                        self.at += now;
                        self.state = State::Idle(source, piece);
                        return Poll::Ready(Ok(()));
                    }
                    if source.ended() || buf.remaining() == 0 {
                        self.state = State::Idle(source, piece);
                        return Poll::Ready(Ok(()));
                    }
                    self.state = State::Busy(tokio::task::spawn_blocking(move || {
                        let filled = source.fill(&mut piece);
                        (source, piece, filled)
                    }));
                }
                State::Busy(mut busy) => match Pin::new(&mut busy).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Busy(busy);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((source, piece, Ok(())))) => {
                        self.at = 0;
                        self.state = State::Idle(source, piece);
                    }
                    Poll::Ready(Ok((_, _, Err(error)))) => return Poll::Ready(Err(error)),
                    Poll::Ready(Err(stopped)) => return Poll::Ready(Err(io::Error::other(stopped))),
                },
                State::Failed => return Poll::Ready(Err(io::Error::other("the reader has failed"))),
            }
        }
    }
}
