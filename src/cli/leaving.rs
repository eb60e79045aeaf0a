//! How a serving process ends when it is told to, by SIGTERM or SIGINT, without anybody losing what was begun:
//!
//! 1. It says that it isn't ready, and takes what still comes for a while (`shutdown.lead_seconds`).
//! 2. It takes no new connections, and finishes the requests under way (at most `shutdown.limit_seconds`), while jobs
//!    and other work beside the requests stop at their next good place.
//! 3. The children that wait are ended, the database is let go, and the process ends with 0.
//!
//! Whoever says it a second time doesn't want to wait: then what is under way is broken off, which loses nothing that
//! was answered.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::Shutdown;
use crate::steps::process::Process;

/// Said in the log when the limit is over.
pub const BROKEN_OFF: &str = "requests weren't finished in time and are broken off";

/// The end of a process, once it comes. Clones are of the same one.
#[derive(Clone, Debug)]
pub struct Leaving {
    process: Process,
    over: watch::Receiver<bool>,
}

impl Leaving {
    /// Listens for the signals from now on.
    pub fn listen(process: &Process, shutdown: Shutdown) -> Self {
        let (said, over) = watch::channel(false);
        let leaving = process.clone();
        tokio::spawn(async move {
            let mut hurried = false;
            tokio::select! {
                () = told_to_stop() => {
                    let (lead, limit) = (shutdown.lead.as_secs(), shutdown.limit.as_secs());
                    tracing::info!(lead_seconds = lead, limit_seconds = limit, "told to stop");
                    leaving.leave();
                    hurried = first_of(shutdown.lead).await;
                    leaving.end();
                }
                // Nobody told it: it can't serve any more.
                () = leaving.told_to_end() => {}
            }
            if !hurried {
                first_of(shutdown.limit).await;
            }
            said.send_replace(true);
            // Who looks later is to see it too.
            std::future::pending::<()>().await;
        });
        Self { process: process.clone(), over }
    }

    /// Waits until nothing new is to be taken.
    pub async fn begun(self) {
        self.process.told_to_end().await;
    }

    /// Waits until what is under way may take no longer.
    pub async fn over(mut self) {
        let _ = self.over.wait_for(|over| *over).await;
    }
}

/// Waits for so long, or until it is told once more. Whether it was.
async fn first_of(wait: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => false,
        () = told_to_stop() => true,
    }
}

/// Waits for SIGINT or SIGTERM.
async fn told_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
