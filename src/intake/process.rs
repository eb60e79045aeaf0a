//! The child processes: started ahead, asked one thing each, and ended when they pass a limit.
//!
//! A child answers either with one frame and its end, or with a [`Series`] of frames that are read as
//! they come. It isn't trusted: no answer may be longer, or take longer, than allowed.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::wire::Task;
use super::{JudgeFailure, Limits, Reason, child, frame};

/// How long a file may take among the others; an ordinary one takes a fifth of a second.
const QUICK: Duration = Duration::from_secs(8);
/// How long a child that nobody asked may take to end.
const PARTING: Duration = Duration::from_secs(5);

/// Starts children, as many at once as the limits say. Each reads one file and ends: what a file did to
/// one, no other file meets. A start takes a few milliseconds, little beside a page: where many files are inspected
/// in one call, each has a child of its own all the same.
#[derive(Clone, Debug)]
pub(super) struct Children {
    exe: PathBuf,
    limits: Limits,
    slots: Arc<Semaphore>,
    /// What takes long is begun anew here, one file at a time, so that few such files don't keep everybody waiting.
    slow: Arc<Semaphore>,
    /// Whole stacks are read one at a time and beside the slots, so that nobody's upload waits for one.
    stack: Arc<Semaphore>,
    warm: Arc<Warm>,
}

/// Children that have been started and limited and wait for a file, so that no upload waits for that.
#[derive(Debug, Default)]
struct Warm {
    children: Mutex<Vec<Child>>,
    /// How many there should be.
    wanted: AtomicUsize,
}

impl Warm {
    fn children(&self) -> MutexGuard<'_, Vec<Child>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is still alive.
    fn take(&self) -> Option<Child> {
        let mut children = self.children();
        std::iter::from_fn(|| children.pop()).find_map(|mut child| {
            let alive = matches!(child.try_wait(), Ok(None));
            alive.then_some(child)
        })
    }

    fn is_short(&self) -> bool {
        self.children().len() < self.wanted.load(Ordering::Relaxed)
    }
}

impl Children {
    pub(super) fn new(exe: PathBuf, limits: Limits) -> Self {
        let (slots, one) = (Arc::new(Semaphore::new(limits.at_once.max(1))), || Arc::new(Semaphore::new(1)));
        Self { exe, limits, slots, slow: one(), stack: one(), warm: Arc::default() }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Keeps a child waiting for each file that may be read at once from now on.
    pub(super) fn warm_up(&self) {
        self.warm.wanted.store(self.limits.at_once.max(1), Ordering::Relaxed);
        self.refill();
    }

    /// Starts the children that are missing. One that can't be started is told when a file needs it.
    fn refill(&self) {
        while self.warm.is_short() {
            let Ok(child) = self.spawn(&self.limits) else { return };
            self.warm.children().push(child);
        }
    }

    /// Ends the children that wait, and starts no others ahead. Each is told by the end of its input.
    pub(super) async fn end(&self) {
        self.warm.wanted.store(0, Ordering::Relaxed);
        let waiting = std::mem::take(&mut *self.warm.children());
        for mut child in waiting {
            drop(child.stdin.take());
            // One that doesn't end is killed when it is dropped.
            let _ = tokio::time::timeout(PARTING, child.wait()).await;
        }
    }

    /// Whether a child of its own starts and answers in time. Nobody's turn is waited for.
    pub(super) async fn answers(&self, within: Duration) -> bool {
        let Ok(child) = self.spawn(&self.limits) else { return false };
        let message = frame::pack(&Task::Greet, &[]);
        let talk = converse(child, &message, self.limits.max_report_bytes);
        matches!(tokio::time::timeout(within, talk).await, Ok(Ok(end)) if end.status.success())
    }

    /// What a child answers, or why it doesn't.
    pub(super) async fn send(
        &self,
        task: &Task,
        blobs: &[&[u8]],
    ) -> Result<Result<Vec<u8>, Reason>, JudgeFailure> {
        let message = frame::pack(task, blobs);
        // A single page has a page's time.
        let most = match task {
            Task::Picture(_) => self.limits.page_time.min(self.limits.wall_time),
            _ => self.limits.wall_time,
        };
        if most > QUICK {
            let _slot = self.slots.acquire().await.expect("never closed");
            match self.ask(&message, QUICK).await? {
                Err(Reason::TimeLimit) => {}
                answered => return Ok(answered),
            }
        }
        let queue = if most > QUICK { &self.slow } else { &self.slots };
        let _slot = queue.acquire().await.expect("never closed");
        self.ask(&message, most).await
    }

    /// What a child answers within this time.
    async fn ask(&self, message: &[u8], within: Duration) -> Result<Result<Vec<u8>, Reason>, JudgeFailure> {
        let child = match self.warm.take() {
            Some(child) => child,
            None => self.spawn(&self.limits).map_err(JudgeFailure::Spawn)?,
        };
        let talk = converse(child, message, self.limits.max_report_bytes);
        let talked = tokio::time::timeout(within, talk).await;
        self.refill();
        let Ok(end) = talked else {
            return Ok(Err(Reason::TimeLimit));
        };
        let end = end.map_err(JudgeFailure::Spawn)?;
        if end.status.code() == Some(i32::from(child::BAD_REQUEST)) {
            return Err(JudgeFailure::Form);
        }
        if !end.status.success() {
            return Ok(Err(why_it_ended(&end)));
        }
        Ok(Ok(end.output))
    }

    /// Asks a child for a series of answers about one long file, which is handed on as it is read, so many times.
    /// `limits` are the child's own.
    pub(super) async fn series<const TIMES: usize>(
        &self,
        task: &Task,
        file: [impl AsyncRead + Send + Unpin + 'static; TIMES],
        bytes: u64,
        limits: Limits,
        queue: Queue,
    ) -> Result<Series, JudgeFailure> {
        let queue = match queue {
            Queue::Files => &self.slots,
            Queue::Stacks => &self.stack,
        };
        let turn = Arc::clone(queue).acquire_owned().await.expect("never closed");
        let mut child = self.spawn(&limits).map_err(JudgeFailure::Spawn)?;
        let (mut input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut errors = child.stderr.take().expect("piped");
        let complaints = tokio::spawn(async move {
            let mut bytes = Vec::new();
            // What can't be read of its last words is missing in the log alone.
            let _ = (&mut errors).take(4096).read_to_end(&mut bytes).await;
            bytes
        });
        let head = frame::head(task, &[bytes; TIMES]);
        let feeding = tokio::spawn(async move {
            input.write_all(&head).await?;
            for mut file in file {
                tokio::io::copy(&mut file, &mut input).await?;
            }
            input.shutdown().await
        });
        Ok(Series { child, output, feeding, complaints: Some(complaints), limits, _turn: turn })
    }

    fn spawn(&self, limits: &Limits) -> std::io::Result<Child> {
        Command::new(&self.exe)
            .arg("judge-child")
            .args(["--memory", &limits.max_memory.to_string()])
            .args(["--cpu", &limits.cpu_seconds.to_string()])
            .env_clear()
            // Pictures are large and short-lived: giving them back to the system each time costs more
            // than all else.
            .env("MIMALLOC_PURGE_DELAY", "-1")
            // In huge pages, for which memory must be set aside at once: little of it, since it counts against the child's
            // limit before it is used.
            .env("MIMALLOC_ARENA_RESERVE", "65536")
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal goes to a whole group: what is being read is finished all the same.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }
}

/// Where a series waits for its turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Queue {
    /// With single files: it is short.
    Files,
    /// With other whole stacks.
    Stacks,
}

/// The answers of one child, one after the other. Dropping it ends the child.
#[derive(Debug)]
pub(super) struct Series {
    child: Child,
    output: ChildStdout,
    feeding: JoinHandle<std::io::Result<()>>,
    complaints: Option<JoinHandle<Vec<u8>>>,
    limits: Limits,
    _turn: OwnedSemaphorePermit,
}

impl Series {
    /// The next frame, if it comes within this time; none after the last one.
    pub(super) async fn next(
        &mut self,
        within: Duration,
    ) -> Result<Result<Option<Vec<u8>>, Reason>, JudgeFailure> {
        let most = self.limits.max_report_bytes;
        match tokio::time::timeout(within, read_frame(&mut self.output, most)).await {
            Err(_) => Ok(Err(Reason::TimeLimit)),
            Ok(Some(frame)) => Ok(Ok(Some(frame))),
            Ok(None) => self.ended().await,
        }
    }

    /// Why there are no more frames.
    async fn ended(&mut self) -> Result<Result<Option<Vec<u8>>, Reason>, JudgeFailure> {
        // One that still runs has sent something that is no frame.
        let waited = tokio::time::timeout(self.limits.wall_time, self.child.wait()).await;
        let Ok(status) = waited else { return Ok(Err(Reason::Crashed)) };
        let status = status.map_err(JudgeFailure::Spawn)?;
        let errors = match self.complaints.take() {
            Some(complaints) => complaints.await.unwrap_or_default(),
            None => Vec::new(),
        };
        if status.code() == Some(i32::from(child::BAD_REQUEST)) {
            return Err(JudgeFailure::Form);
        }
        if status.success() {
            return Ok(Ok(None));
        }
        Ok(Err(why_it_ended(&End { status, output: Vec::new(), errors })))
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        self.feeding.abort();
    }
}

/// A frame with its length before it, if a whole one of at most `most` bytes comes.
async fn read_frame(output: &mut ChildStdout, most: u64) -> Option<Vec<u8>> {
    let length = output.read_u64_le().await.ok().filter(|length| *length <= most)?;
    let mut frame = Vec::with_capacity(usize::try_from(length).ok()?);
    let read = output.take(length).read_to_end(&mut frame).await.ok()?;
    (read as u64 == length).then_some(frame)
}

/// How a child ended.
struct End {
    status: ExitStatus,
    output: Vec<u8>,
    errors: Vec<u8>,
}

async fn converse(mut child: Child, message: &[u8], most: u64) -> std::io::Result<End> {
    let mut input = child.stdin.take().expect("piped");
    let (output, errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let write = async move {
        // A child that dies early closes the pipe; its exit status says why.
        let _ = input.write_all(message).await;
        let _ = input.shutdown().await;
    };
    let read = async move {
        let mut bytes = Vec::new();
        output.take(most.saturating_add(1)).read_to_end(&mut bytes).await.map(|_| bytes)
    };
    let complain = async move {
        let mut bytes = Vec::new();
        errors.take(4096).read_to_end(&mut bytes).await.map(|_| bytes)
    };
    let ((), output, errors) = tokio::join!(write, read, complain);
    let output = output?;
    if output.len() as u64 > most {
        child.start_kill()?;
    }
    Ok(End { status: child.wait().await?, output, errors: errors? })
}

fn why_it_ended(end: &End) -> Reason {
    use std::os::unix::process::ExitStatusExt;
    const SIGXCPU: i32 = 24;
    let errors = String::from_utf8_lossy(&end.errors);
    let signs = ["memory allocation of", "Cannot allocate memory", "out of memory"];
    let out_of_memory = signs.iter().any(|sign| errors.contains(sign));
    tracing::warn!(status = %end.status, out_of_memory, "the reading process ended without an answer");
    match end.status.signal() {
        Some(SIGXCPU) => Reason::TimeLimit,
        _ if out_of_memory => Reason::MemoryLimit,
        _ => Reason::Crashed,
    }
}
