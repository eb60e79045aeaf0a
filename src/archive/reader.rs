//! An original on its way out, proved unchanged before its first byte.
//!
//! The bytes are hashed once when the original is opened and again as they leave, from the same open
//! file: renaming can't slip another file in between, and if the very bytes change under the reader,
//! the last chunk is held back and the reader ends with an error.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use sha2::Digest as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio_util::io::ReaderStream;

use super::{ArchiveError, folder};
use crate::case::ids::Digest;

/// An open original whose every byte has just been hashed and found right.
#[derive(Debug)]
pub struct VerifiedOriginal {
    file: File,
    digest: Digest,
    bytes: u64,
}

impl VerifiedOriginal {
    /// Wraps a file that the caller has hashed and wound back to its beginning.
    pub(super) fn new(file: File, digest: Digest, bytes: u64) -> Self {
        Self { file, digest, bytes }
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
        VerifiedReader {
            file: tokio::fs::File::from_std(self.file).take(self.bytes),
            hasher: sha2::Sha256::new(),
            left: self.bytes,
            digest: self.digest,
        }
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
#[derive(Debug)]
pub struct VerifiedReader {
    file: tokio::io::Take<tokio::fs::File>,
    hasher: sha2::Sha256,
    left: u64,
    digest: Digest,
}

impl VerifiedReader {
    /// The changed original is an alert in the log and the end of the stream.
    fn changed(&self) -> io::Error {
        tracing::error!(alert = true, digest = %self.digest, "an original changed while it was being read");
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("original {} changed while it was read", self.digest),
        )
    }
}

impl AsyncRead for VerifiedReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.file).poll_read(cx, buf))?;
        let new = &buf.filled()[before..];
        let count = new.len() as u64;
        if count == 0 {
            self.left = 0;
            return Poll::Ready(Err(self.changed()));
        }
        self.hasher.update(new);
        self.left -= count;
        if self.left == 0 {
            let actual = Digest::from_bytes(std::mem::take(&mut self.hasher).finalize().into());
            if actual != self.digest {
                buf.set_filled(before);
                return Poll::Ready(Err(self.changed()));
            }
        }
        Poll::Ready(Ok(()))
    }
}
