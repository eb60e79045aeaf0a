//! Reminders: whoever a case waits for is told once more when it has stood still for too long.

use crate::case::notify::Topic;
use crate::case::patience::Patience;
use crate::case::state::State;
use crate::store::{leases, reminders};

use super::notify::{Moved, News};
use super::{Office, StepError};

/// How long the lease on reminding holds: it is also how often reminding happens.
const HOUR: i64 = 60 * 60_000;
/// Cases that are reminded of in one transaction.
const BATCH: i64 = 50;
/// Cases of one state that are reminded of in one hour at most, the longest standing first.
const MOST: usize = 2000;

impl Office {
    /// Reminds, unless another process has done so within the hour, or people aren't at work. Returns of how
    /// many cases somebody was reminded; nothing if it wasn't our turn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remind(&self, patience: &Patience) -> Result<Option<usize>, StepError> {
        let now = self.world.now();
        let local = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = local.to_zoned_datetime(self.time_zone.clone());
        if !patience.is_awake(&local) {
            return Ok(None);
        }
        let mut tx = self.store.write().await?;
        let ours = leases::take(&mut tx, "reminders", now, now + HOUR).await?;
        tx.commit().await?;
        if !ours {
            return Ok(None);
        }
        let mut reminded = 0;
        for state in Patience::STATES {
            if let Some(ends) = patience.ends(state, &local) {
                reminded += self.remind_of(state, ends, patience.times, now).await?;
            }
        }
        if reminded > 0 {
            tracing::info!(cases = reminded, "reminded");
        }
        Ok(Some(reminded))
    }

    async fn remind_of(&self, state: State, ends: i64, times: u32, now: i64) -> Result<usize, StepError> {
        let mut reminded = 0;
        let mut last = None;
        while reminded < MOST {
            // Looked for without keeping anybody from writing; what was found is written in a short transaction.
            let mut db = self.store.read().await?;
            let still = reminders::due(&mut db, state, ends, i64::from(times), last.as_ref(), BATCH).await?;
            drop(db);
            let mut tx = self.store.write().await?;
            for one in &still {
                if reminders::add(&mut tx, one, now).await? {
                    let topic = Topic::Reminder(state);
                    let news = News { case: &one.case, topic, by: None, moved: Moved::default(), at: now };
                    self.tell(&mut tx, news).await?;
                }
            }
            tx.commit().await?;
            reminded += still.len();
            last = still.last().cloned();
            if still.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(reminded)
    }
}
