//! Reminders: whoever something waits for is told once more when it has waited for too long.

use jiff::civil::Date;

use crate::case::notify::Topic;
use crate::case::patience::Patience;
use crate::case::wait::Wait;
use crate::store::notices::About;
use crate::store::{gaps, leases, registrations, reminders};

use super::notify::{Moved, News};
use super::{Office, StepError};

/// How long the lease on reminding holds: it is also how often reminding happens.
const HOUR: i64 = 60 * 60_000;
/// Cases that are reminded of in one transaction.
const BATCH: i64 = 50;
/// Cases of one wait that are reminded of in one hour at most, the longest waiting first.
const MOST: usize = 2000;
/// Registrations that are reminded of in one hour at most.
const ACCOUNTS: i64 = 200;

impl Office {
    /// Reminds, unless another process has done so within the hour, or people aren't at work. Returns of how
    /// many cases and accounts somebody was reminded; nothing if it wasn't our turn.
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
        for wait in Wait::ALL {
            let Some(ends) = patience.ends(wait, &local) else { continue };
            reminded += match wait {
                Wait::Account => {
                    self.tell_of_review(ends).await?;
                    self.remind_of_accounts(ends, patience.times, now).await?
                }
                Wait::Record => {
                    let Some(last) = patience.last_day(wait, local.date()) else { continue };
                    self.remind_of_gaps(ends, last, now).await?
                }
                _ => self.remind_of(wait, ends, patience.times, now).await?,
            };
        }
        if reminded > 0 {
            tracing::info!(count = reminded, "reminded");
        }
        Ok(Some(reminded))
    }

    async fn remind_of(&self, wait: Wait, ends: i64, times: u32, now: i64) -> Result<usize, StepError> {
        let mut reminded = 0;
        let mut last = None;
        // What must be signed again can't be dispatched: it waits for the case managers.
        let to_seal = match wait {
            Wait::Dispatch => self.to_seal(&mut *self.store.read().await?, None).await?,
            _ => Vec::new(),
        };
        while reminded < MOST {
            // Looked for without keeping anybody from writing; what was found is written in a short transaction.
            let mut db = self.store.read().await?;
            let still = reminders::due(&mut db, wait, ends, i64::from(times), last.as_ref(), BATCH).await?;
            drop(db);
            let mut tx = self.store.write().await?;
            for one in &still {
                if reminders::add(&mut tx, wait, one, now).await? {
                    let topic =
                        if to_seal.contains(&one.case) { Topic::SealAnew } else { Topic::Reminder(wait) };
                    let about = About::Case(&one.case);
                    // Who proposed it can't decide it.
                    let by = one.proposer.as_deref();
                    self.tell(&mut tx, News { about, topic, by, moved: Moved::default(), at: now }).await?;
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

    /// Once for each gap, whoever serves the case.
    async fn remind_of_gaps(&self, ends: i64, last_day: Date, now: i64) -> Result<usize, StepError> {
        let day = day_number(last_day) + 1;
        let mut reminded = 0;
        let mut last = String::new();
        while reminded < MOST {
            let mut db = self.store.read().await?;
            let found = gaps::due(&mut db, ends, day, &last, BATCH).await?;
            drop(db);
            let mut tx = self.store.write().await?;
            for gap in &found {
                if gaps::add(&mut tx, gap, ends, day, now).await? {
                    let (about, topic) = (About::Case(&gap.case), Topic::Reminder(Wait::Record));
                    self.tell(&mut tx, News { about, topic, by: None, moved: Moved::default(), at: now })
                        .await?;
                }
            }
            tx.commit().await?;
            reminded += found.len();
            if found.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                break;
            }
            last = found.last().map(|gap| gap.case.clone()).unwrap_or_default();
        }
        Ok(reminded)
    }

    /// Administrators are told that accounts are due to be looked at, and anew while some are, as often as case managers
    /// are reminded of an account.
    async fn tell_of_review(&self, ends: i64) -> Result<(), StepError> {
        if self.accounts_due().await? == 0 {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        self.tell_house(&mut tx, Topic::Review, ends).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn remind_of_accounts(&self, ends: i64, times: u32, now: i64) -> Result<usize, StepError> {
        let mut tx = self.store.write().await?;
        let mut reminded = 0;
        for one in registrations::overdue(&mut tx, ends, i64::from(times), ACCOUNTS).await? {
            if registrations::remind(&mut tx, &one, now).await? {
                let (about, topic) = (About::Registration(&one.id), Topic::Reminder(Wait::Account));
                self.tell(&mut tx, News { about, topic, by: None, moved: Moved::default(), at: now }).await?;
                reminded += 1;
            }
        }
        tx.commit().await?;
        Ok(reminded)
    }
}

/// A day as its list keeps it, such as 20261120.
fn day_number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}
