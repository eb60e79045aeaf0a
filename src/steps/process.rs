//! This process among those that serve one installation: its name in leases and claims, whether it is about to end,
//! and what works in it beside the requests.
//!
//! 1. [`Process::leave`]: it still answers, and says that it isn't ready, so that nobody is sent here any more.
//! 2. [`Process::end`]: nothing new is begun; what works in the background stops at its next good place.
//! 3. [`Process::ended`]: nothing works any more.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// How far the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    Serving,
    /// It serves what still comes, and will end.
    Leaving,
    /// It finishes what it has begun.
    Ending,
}

/// One process. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Process {
    id: Arc<str>,
    works: Arc<AtomicU64>,
    phase: watch::Sender<Phase>,
    working: watch::Sender<usize>,
}

impl Process {
    /// A process that serves; `id` is like no other's.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            works: Arc::default(),
            phase: watch::Sender::new(Phase::Serving),
            working: watch::Sender::new(0),
        }
    }

    /// Its name among all processes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A name for a piece of work, like no other of any process.
    #[must_use]
    pub fn new_work(&self) -> String {
        format!("{}/{}", self.id, self.works.fetch_add(1, Ordering::Relaxed))
    }

    /// How far it is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether nothing new is to be begun.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.phase() == Phase::Ending
    }

    /// Says that it will end soon.
    pub fn leave(&self) {
        self.phase.send_if_modified(|phase| advance(phase, Phase::Leaving));
    }

    /// Says that it ends now.
    pub fn end(&self) {
        self.phase.send_if_modified(|phase| advance(phase, Phase::Ending));
    }

    /// Waits until it is to end.
    pub async fn told_to_end(&self) {
        // It can't be closed: this is one of its senders.
        let _ = self.phase.subscribe().wait_for(|phase| *phase == Phase::Ending).await;
    }

    /// Begins work beside the requests. Its end is waited for when the process ends.
    pub fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.working.send_modify(|working| *working += 1);
        let ended = Ended(self.working.clone());
        tokio::spawn(async move {
            work.await;
            drop(ended);
        });
    }

    /// Waits until nothing works beside the requests any more.
    pub async fn ended(&self) {
        let _ = self.working.subscribe().wait_for(|working| *working == 0).await;
    }
}

/// Work counts until this is dropped: also when it panics, or is broken off.
struct Ended(watch::Sender<usize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.send_modify(|working| *working -= 1);
    }
}

fn advance(phase: &mut Phase, to: Phase) -> bool {
    let later = *phase < to;
    if later {
        *phase = to;
    }
    later
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn its_end_waits_for_what_works_and_not_for_what_broke() {
        let process = Process::new("one");
        assert_ne!(process.new_work(), process.new_work());
        let this = process.clone();
        process.begin(async move { this.told_to_end().await });
        let broken = async { panic!("this work breaks, and that is what is tried") };
        process.begin(broken);
        process.leave();
        assert_eq!(process.phase(), Phase::Leaving);
        let early = tokio::time::timeout(std::time::Duration::from_millis(50), process.ended()).await;
        assert!(early.is_err(), "the first work still waits");
        process.end();
        process.leave();
        assert!(process.is_ending(), "there is no way back");
        process.ended().await;
    }
}
