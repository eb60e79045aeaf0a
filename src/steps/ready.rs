//! Whether this process can do its work now: for whoever sends people here, and whoever watches.

use std::future::Future;
use std::time::Duration;

use super::Office;

/// How long any one of them may take to answer.
const WITHIN: Duration = Duration::from_secs(4);

/// What was looked at, and whether it is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// Whether it is well.
    pub well: bool,
}

impl Office {
    /// Looks whether the database answers and has the migrations of this program, whether originals can be
    /// written, and whether a reader answers. What isn't well is logged.
    pub async fn readiness(&self) -> Vec<Check> {
        let store = async {
            let current = within(self.store.is_current()).await;
            // Whoever doesn't answer tells nothing of its migrations.
            [check("database", current.is_some()), check("migrations", current == Some(true))]
        };
        let originals = async { check("originals", within(self.originals.probe()).await.is_some()) };
        let reader = async { check("reader", self.judge.answers(WITHIN).await) };
        let ([database, migrations], originals, reader) = tokio::join!(store, originals, reader);
        let checks = vec![database, migrations, originals, reader];
        for check in checks.iter().filter(|check| !check.well) {
            tracing::warn!(check = check.name, "not ready");
        }
        checks
    }
}

fn check(name: &'static str, well: bool) -> Check {
    Check { name, well }
}

/// What it answers in time; its failure is logged.
async fn within<T, E: std::fmt::Display>(asked: impl Future<Output = Result<T, E>>) -> Option<T> {
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a look whether all is well failed");
            None
        }
        Err(_) => None,
    }
}
