//! Waiting for what another process or task is about to do.

use std::time::{Duration, Instant};

/// The longest that is waited.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until it is so, and fails when it doesn't come to be.
pub async fn soon(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "{what}: not within a minute and a half");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
