//! How long each page takes, in the child process: one that takes longer than it may is named, and ends the child.
//!
//! Whatever reads a page can't be told to stop. So a second thread looks at the clock, answers in its place, and
//! ends the process. The answer goes out once: who takes the [`Way`] out, answers.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The way out of the child, for whoever takes it first.
#[derive(Clone)]
pub(super) struct Way(Arc<Mutex<Option<Box<dyn Write + Send>>>>);

impl Way {
    pub(super) fn new(output: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(output)))))
    }

    /// Takes it. Where the watch has taken it, nothing comes back: the process is about to end.
    pub(super) fn take(&self) -> Box<dyn Write + Send> {
        loop {
            if let Some(output) = self.try_take() {
                return output;
            }
            thread::park();
        }
    }

    fn try_take(&self) -> Option<Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The pages that are being read, each with when it was begun.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Vec<(u32, Instant)>>>);

impl Watch {
    /// Watches pages from now on; `late` makes the answer about one that took longer than `most`.
    ///
    /// # Errors
    /// Where there is no room for another thread.
    pub(super) fn begin(
        most: Duration,
        way: &Way,
        late: impl Fn(u32) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Self> {
        const LEAST: Duration = Duration::from_millis(10);
        const LONGEST: Duration = Duration::from_millis(250);
        const STACK: usize = 256 * 1024;
        let (watch, way) = (Self::default(), way.clone());
        let watching = watch.clone();
        let pause = (most / 10).clamp(LEAST, LONGEST);
        thread::Builder::new().stack_size(STACK).spawn(move || {
            loop {
                thread::sleep(pause);
                let Some(page) = watching.late(most) else { continue };
                let Some(mut output) = way.try_take() else { return };
                // Whoever can't be told sees that the process has ended.
                let told = output.write_all(&late(page)).and_then(|()| output.flush());
                std::process::exit(i32::from(told.is_err()));
            }
        })?;
        Ok(watch)
    }

    /// Reads a page (from 1), watched.
    pub(super) fn over<T>(&self, page: u32, read: impl FnOnce() -> T) -> T {
        let _reading = Reading::begin(self, page);
        read()
    }

    /// The page that has been read for longer than this, if there is one.
    fn late(&self, most: Duration) -> Option<u32> {
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.iter().find(|(_, begun)| begun.elapsed() > most).map(|(page, _)| *page)
    }
}

/// A page that is being read, until this is dropped: also where the reading panics.
struct Reading<'w> {
    watch: &'w Watch,
    page: u32,
}

impl<'w> Reading<'w> {
    fn begin(watch: &'w Watch, page: u32) -> Self {
        watch.0.lock().unwrap_or_else(PoisonError::into_inner).push((page, Instant::now()));
        Self { watch, page }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut reading = self.watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.retain(|(page, _)| *page != self.page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_counts_while_it_is_read_and_no_longer() {
        let watch = Watch::default();
        let late = watch.over(3, || {
            thread::sleep(Duration::from_millis(2));
            (watch.late(Duration::from_millis(1)), watch.late(Duration::from_secs(60)))
        });
        assert_eq!(late, (Some(3), None));
        assert_eq!(watch.late(Duration::ZERO), None);
        let broken = std::panic::AssertUnwindSafe(|| watch.over(4, || panic!("a broken page")));
        assert!(std::panic::catch_unwind(broken).is_err());
        assert_eq!(watch.late(Duration::ZERO), None, "what panicked isn't late");
    }

    #[test]
    fn the_way_out_is_taken_once() {
        let way = Way::new(io::sink());
        drop(way.take());
        assert!(way.try_take().is_none());
    }
}
