//! How long a request's body may take: whoever sends a byte now and then holds a connection, and memory, for ever.
//!
//! Two limits, both generous to slow lines: nothing at all may come for [`Patience::idle`] only, and after
//! [`Patience::grace`] the whole must have come at [`Patience::rate`]. A body that is cut off so is no whole one: it
//! reads as broken off, and nothing is done with it; [`Pace`] tells whoever words the answer why. How long headers may
//! take is the listener's business.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::io::ReaderStream;

use super::app::App;

/// Bytes that are handed on at a time.
const CHUNK: usize = 64 * 1024;

/// How long is waited.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the next bytes.
    pub idle: Duration,
    /// Before the rate counts.
    pub grace: Duration,
    /// Bytes a second at least, over all.
    pub rate: u64,
}

/// A form arrives in a moment, and a scan of 20 MB over a line of half a megabit in five minutes.
impl Default for Patience {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), grace: Duration::from_secs(60), rate: 8 * 1024 }
    }
}

/// How a request's body comes. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<AtomicBool>);

impl Pace {
    /// Whether the body was cut off because it came too slowly.
    #[must_use]
    pub fn was_too_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lets a request's body take so long, and no longer.
pub async fn hold(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let pace = Pace::default();
    request.extensions_mut().insert(pace.clone());
    next.run(request.map(|body| limited(body, app.patience, pace))).await
}

fn limited(body: Body, patience: Patience, told: Pace) -> Body {
    let arriving = Arriving { body, patience, told, left: Bytes::new(), came: 0, idle: None, pace: None };
    Body::from_stream(ReaderStream::with_capacity(arriving, CHUNK))
}

/// A body that is waited for.
struct Arriving {
    body: Body,
    patience: Patience,
    /// Where it is told that it was too late.
    told: Pace,
    /// What came and wasn't read yet.
    left: Bytes,
    /// Bytes that came.
    came: u64,
    /// Begins when nothing is there to be read: time that we take ourselves doesn't count.
    idle: Option<Pin<Box<Sleep>>>,
    /// Since when it is read, and the end that the bytes so far allow.
    pace: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Arriving {
    fn took(&mut self, data: Bytes) {
        self.idle = None;
        self.came += u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = data;
        let earned = Duration::from_millis(self.came.saturating_mul(1000) / self.patience.rate);
        if let Some((begun, end)) = &mut self.pace {
            end.as_mut().reset(*begun + self.patience.grace + earned);
        }
    }

    /// Whether it is too late for more.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let Patience { idle, grace, .. } = self.patience;
        let idle = self.idle.get_or_insert_with(|| Box::pin(sleep(idle)));
        let (_, pace) = self.pace.get_or_insert_with(|| {
            let end = Box::pin(sleep(grace));
            (end.deadline() - grace, end)
        });
        idle.as_mut().poll(context).is_ready() || pace.as_mut().poll(context).is_ready()
    }
}

impl AsyncRead for Arriving {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.left.is_empty() {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(io::Error::other(error))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        this.took(data);
                    }
                }
                Poll::Pending if this.is_late(context) => {
                    tracing::info!(bytes = this.came, "a request's body came too slowly");
                    this.told.0.store(true, Ordering::Relaxed);
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        let count = this.left.len().min(buffer.remaining());
        buffer.put_slice(&this.left.split_to(count));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::to_bytes;
    use tokio::io::AsyncWriteExt as _;

    const MILLIS: fn(u64) -> Duration = Duration::from_millis;

    /// What is read of a body whose sender writes a byte every few milliseconds, so many times, and then ends it or
    /// says no more. What isn't read whole was too slow, and nothing else was.
    async fn read(patience: Patience, every: Duration, times: usize, ends: bool) -> Option<usize> {
        let (mut send, receive) = tokio::io::duplex(64);
        let pace = Pace::default();
        let body = limited(Body::from_stream(ReaderStream::new(receive)), patience, pace.clone());
        let sender = tokio::spawn(async move {
            for _ in 0..times {
                sleep(every).await;
                if send.write_all(b"x").await.is_err() {
                    return;
                }
            }
            if !ends {
                std::future::pending::<()>().await;
            }
        });
        let read = to_bytes(body, usize::MAX).await.ok().map(|bytes| bytes.len());
        sender.abort();
        assert_eq!(pace.was_too_slow(), read.is_none());
        read
    }

    #[tokio::test]
    async fn a_whole_body_passes_as_it_is() {
        let body = limited(Body::from(vec![7_u8; 300_000]), Patience::default(), Pace::default());
        let read = to_bytes(body, usize::MAX).await.expect("whole");
        assert!(read.len() == 300_000 && read.iter().all(|byte| *byte == 7));
        let patient = Patience { idle: MILLIS(5_000), grace: MILLIS(20_000), rate: 1 };
        assert_eq!(read_all(patient).await, Some(5));
    }

    async fn read_all(patience: Patience) -> Option<usize> {
        read(patience, MILLIS(2), 5, true).await
    }

    #[tokio::test]
    async fn a_body_that_says_no_more_is_cut_off() {
        let patience = Patience { idle: MILLIS(50), grace: MILLIS(60_000), rate: 1 };
        assert_eq!(read(patience, MILLIS(1), 3, false).await, None);
    }

    #[tokio::test]
    async fn a_body_that_drips_is_cut_off_too() {
        // Never idle for long, and far below the rate.
        let patience = Patience { idle: MILLIS(60_000), grace: MILLIS(100), rate: 1_000_000 };
        assert_eq!(read(patience, MILLIS(5), 10_000, true).await, None);
    }
}
