//! How far a long command has come, on standard error, a line now and then.

use std::time::{Duration, Instant};

/// How long nothing is said.
const QUIET: Duration = Duration::from_secs(2);

/// What was said last, and when.
pub struct Progress(Instant);

impl Progress {
    /// Nothing has been said yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// Says it, unless something was said just now.
    pub fn tell(&mut self, words: impl FnOnce() -> String) {
        if self.0.elapsed() >= QUIET {
            self.0 = Instant::now();
            eprintln!("casebind: {}", words());
        }
    }
}
