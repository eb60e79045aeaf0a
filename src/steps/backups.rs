//! 備份: when the installation was backed up last, whether that is too long ago, and when it does so itself.
//!
//! The copying is the command line's ([`crate::archive::backup`]); here stands what is known of it.

use crate::case::holder::Administrator;
use crate::store::backups::{self, Backup};
use crate::store::leases;

use super::{Office, StepError};

/// One day in the unit of clocks.
const DAY: i64 = 24 * 60 * 60_000;
/// How long a scheduled backup that failed isn't tried again.
const AGAIN: i64 = 30 * 60_000;

/// What is decided about backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Days after which the newest backup is too old; 0: never.
    pub warn_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { warn_days: 7 }
    }
}

/// How an installation stands with its backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The newest one.
    pub newest: Option<Backup>,
    /// When the newest of those was taken that a drill has read and found sound.
    pub sound_at: Option<i64>,
    /// Days after which the newest is too old; 0: never.
    pub warn_days: u32,
    /// Whether there is none, or only one that is too old.
    pub is_late: bool,
}

impl Office {
    /// How it stands with the backups.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backups(&self, _: &Administrator) -> Result<State, StepError> {
        let mut db = self.store.read().await?;
        let newest = backups::newest(&mut db).await?;
        let sound_at = backups::newest_sound(&mut db).await?.map(|sound| sound.taken_at);
        let warn_days = self.backups.warn_days;
        let oldest = self.world.now() - i64::from(warn_days) * DAY;
        let is_late = warn_days > 0 && newest.as_ref().is_none_or(|newest| newest.taken_at < oldest);
        Ok(State { newest, sound_at, warn_days, is_late })
    }

    /// Whether this process is to make a backup now: the newest one began `every` milliseconds ago or longer, and nobody
    /// has tried it in the last half hour.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_backup(&self, every: i64) -> Result<bool, StepError> {
        let now = self.world.now();
        let newest = backups::newest(&mut *self.store.read().await?).await?;
        if newest.is_some_and(|newest| newest.began_at + every > now) {
            return Ok(false);
        }
        let mut tx = self.store.write().await?;
        let begins = leases::take(&mut tx, "backup", now, now + AGAIN).await?;
        tx.commit().await?;
        Ok(begins)
    }
}
