//! A file that is made while it goes out: pieces come in, bytes go out, and a file that broke off is no whole one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::io::ReaderStream;

/// The piece after the last one: without it the file broke off.
pub(super) const END: Vec<u8> = Vec::new();
/// Pieces that wait for a slow reader.
const PIECES: usize = 4;
/// Bytes that go out at a time.
const CHUNK: usize = 256 * 1024;

/// Where pieces go in, and the stream that they come out of.
pub(super) fn channel() -> (Sender<io::Result<Vec<u8>>>, ReaderStream<Pieces>) {
    let (send, receive) = mpsc::channel(PIECES);
    let pieces = Pieces { receive, piece: Vec::new(), taken: 0, ended: false };
    (send, ReaderStream::with_capacity(pieces, CHUNK))
}

/// Reads pieces as they come.
#[derive(Debug)]
pub struct Pieces {
    receive: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.taken == self.piece.len() {
            match ready!(self.receive.poll_recv(context)) {
                None if self.ended => return Poll::Ready(Ok(())),
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Some(piece) => {
                    self.piece = piece?;
                    self.taken = 0;
                    self.ended = self.piece.is_empty();
                }
            }
        }
        let rest = &self.piece[self.taken..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.taken += count;
        Poll::Ready(Ok(()))
    }
}
