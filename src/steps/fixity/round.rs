//! The schedule's work: each day a slice of the originals, the one that was read longest ago first, gently and by
//! one process at a time. All of its state is in the database, so that a restart loses nothing but one batch.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::watch;

use crate::archive::verify::{self, Check, Kind, Named, Place, Report, Slice};
use crate::case::ids::Digest;
use crate::store::documents::{self, Document};
use crate::store::fixity::{self, Day, Done, Pass};
use crate::store::leases;

use super::check::{Documents, bindings, counts};
use super::keep::Notes;
use super::{DAY, FOLDERS};
use crate::steps::{Office, StepError};

/// How long one round goes on at most.
const ROUND: i64 = 50_000;
/// How long one process keeps the others from it: a round, and one large file over.
const LEASE: i64 = 4 * 60_000;
/// Originals that are read before what was found is kept.
const BATCH: i64 = 20;
/// Originals with a standing finding that are read again each day.
const AGAIN: usize = 100;

/// How gently originals are read.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The pause after each file, however small.
    pub pause: Duration,
    /// Bytes a second at most.
    pub bytes_per_second: u64,
    /// Becomes true when the process is told to stop.
    pub stopping: watch::Receiver<bool>,
}

impl Pace {
    /// How long to rest after `bytes` bytes.
    fn rest(&self, bytes: u64) -> Duration {
        let millis = bytes.saturating_mul(1000) / self.bytes_per_second.max(1);
        self.pause.max(Duration::from_millis(millis))
    }

    /// Rests; false: the process is to stop.
    async fn after(&self, bytes: u64) -> bool {
        let rest = self.rest(bytes);
        if !rest.is_zero() {
            let mut stopping = self.stopping.clone();
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        }
        !*self.stopping.borrow()
    }
}

/// A round under way.
struct Round<'a> {
    office: &'a Office,
    pace: &'a Pace,
    day: String,
    pass: Pass,
    open: HashSet<String>,
    was_lost: bool,
    ends: i64,
    total: Done,
}

impl Office {
    /// Reads what is due today and wasn't read yet, for a while. Nothing if nothing is due, or another process does it.
    ///
    /// # Errors
    /// When the database fails or the folder can't be listed; what was read until then is kept.
    pub async fn fixity_round(&self, pace: &Pace) -> Result<Option<Done>, StepError> {
        let now = self.world.now();
        let until = now + LEASE;
        let mut tx = self.store.write().await?;
        let ours = leases::take(&mut tx, "fixity", now, until).await?;
        tx.commit().await?;
        if !ours {
            return Ok(None);
        }
        let done = self.fixity_work(pace, now).await;
        let mut tx = self.store.write().await?;
        leases::give_back_until(&mut tx, "fixity", until, self.world.now()).await?;
        tx.commit().await?;
        done
    }

    async fn fixity_work(&self, pace: &Pace, now: i64) -> Result<Option<Done>, StepError> {
        let day = self.day_of(now).to_string();
        let begun = fixity::day(&mut *self.store.read().await?, &day).await?;
        let overdue = now - i64::from(self.fixity.days) * DAY;
        let mut tx = self.store.write().await?;
        let pass = fixity::pass(&mut tx, now).await?;
        tx.commit().await?;
        let mut db = self.store.read().await?;
        let open = fixity::open(&mut db).await?;
        drop(db);
        let was_lost = open.iter().any(|(_, id)| id.starts_with(Kind::NoFolder.as_str()));
        let open = open.into_iter().map(|(place, _)| place).collect();
        let total = Done::default();
        let mut round = Round { office: self, pace, day, pass, open, was_lost, ends: now + ROUND, total };
        let is_there = round.arriving(begun.is_none()).await?;
        if is_there && begun.is_none() {
            round.again().await?;
        }
        if begun.is_none() {
            // Last of what is done once a day: a restart before it does that again.
            let mut tx = self.store.write().await?;
            let standing = fixity::standing(&mut tx, now, overdue).await?;
            // Whoever stood still for some days catches up.
            let due = share(standing.originals, self.fixity.days).max(standing.overdue);
            fixity::begin_day(&mut tx, &round.day, due).await?;
            tx.commit().await?;
        }
        // Without its folder every original would be missing: one finding says so.
        if is_there {
            round.folders().await?;
            round.originals(now).await?;
        }
        round.end_pass().await?;
        let worked = round.total != Done::default();
        Ok(worked.then_some(round.total))
    }
}

impl Round<'_> {
    fn goes_on(&self) -> bool {
        self.office.world.now() < self.ends && !*self.pace.stopping.borrow()
    }

    async fn today(&self) -> Result<Day, StepError> {
        let day = fixity::day(&mut *self.office.store.read().await?, &self.day).await?;
        // It was begun by this round at the latest.
        day.ok_or(StepError::NotFound)
    }

    /// The folder of arriving files and, once a day, what records say of bound originals. False: the folder of
    /// originals isn't there.
    async fn arriving(&mut self, daily: bool) -> Result<bool, StepError> {
        let found = verify::arriving(&self.office.originals, self.office.world.now()).await?;
        let is_there = !found.iter().any(|finding| finding.kind == Kind::NoFolder);
        if !daily && is_there != self.was_lost {
            // As it was told already.
            return Ok(is_there);
        }
        let mut notes = Notes::default();
        for finding in found {
            notes.take(Report::Finding(finding));
        }
        notes.take(Report::Looked(Place::Arriving));
        if daily {
            let mut found = bindings(&self.office.store).await?;
            found.extend(counts(&self.office.store).await?);
            for finding in found {
                notes.take(Report::Finding(finding));
            }
            notes.take(Report::Looked(Place::Bindings));
            notes.take(Report::Looked(Place::Counts));
        }
        self.keep(&mut notes, Done::default()).await?;
        Ok(is_there)
    }

    /// Originals with a standing finding: whether they are mended is seen the next day, not the next pass.
    async fn again(&mut self) -> Result<(), StepError> {
        let digests: Vec<Digest> = self
            .open
            .iter()
            .filter_map(|place| place.strip_prefix("original-")?.parse().ok())
            .take(AGAIN)
            .collect();
        let mut batch = Vec::new();
        let mut notes = Notes::default();
        let mut db = self.office.store.read().await?;
        notes.forget_unregistered(&mut db, &self.open, Slice::ALL).await?;
        for digest in digests {
            batch.extend(documents::find(&mut db, &digest).await?);
        }
        drop(db);
        self.keep(&mut notes, Done::default()).await?;
        // They are no part of the day's share, which hasn't begun.
        self.read(&batch).await?;
        Ok(())
    }

    /// Lists the folders that are due today for what no row names.
    async fn folders(&mut self) -> Result<(), StepError> {
        let due = share(FOLDERS, self.office.fixity.days);
        let mut listed = self.today().await?.folders;
        while listed < due && self.pass.folders < FOLDERS && self.goes_on() {
            let part = u8::try_from(self.pass.folders).unwrap_or(u8::MAX);
            let slice = Slice::part(part);
            // Nothing is due: the schedule reads by age.
            let rows = Documents::new(&self.office.store, slice, Some(i64::MIN));
            let mut check = Check::new(&self.office.originals, rows, slice, self.office.world.now());
            let mut notes = Notes::default();
            let ended = check.next_part(&mut |report| notes.take(report)).await;
            ended.map_err(|error| StepError::Fixity(Box::new(error)))?;
            self.keep(&mut notes, Done { folders: 1, ..Done::default() }).await?;
            self.pass.folders += 1;
            listed += 1;
            self.pace.after(0).await;
        }
        Ok(())
    }

    /// Reads the originals that are due today, those read longest ago first.
    async fn originals(&mut self, began: i64) -> Result<(), StepError> {
        while self.goes_on() {
            let today = self.today().await?;
            let left = today.quota - today.originals;
            if left <= 0 {
                return Ok(());
            }
            let mut db = self.office.store.read().await?;
            let batch = fixity::oldest(&mut db, began, left.min(BATCH)).await?;
            drop(db);
            if batch.is_empty() || self.read(&batch).await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads these originals, resting after each, and keeps what was found. Returns how many were read.
    async fn read(&mut self, batch: &[Document]) -> Result<usize, StepError> {
        let mut notes = Notes::default();
        let mut done = Done::default();
        for document in batch {
            let digest = document.digest;
            let bytes = u64::try_from(document.bytes).unwrap_or(0);
            let row = Named { digest, bytes, row: format!("document {digest}"), due: true };
            let one = verify::one(&self.office.originals, digest, &[row]).await?;
            for mut finding in one.findings {
                let mut db = self.office.store.read().await?;
                // Disposed of since the batch was chosen: gone by right.
                if documents::find(&mut db, &digest).await?.is_none() {
                    continue;
                }
                finding.rows.extend(documents::naming(&mut db, &digest).await?);
                notes.take(Report::Finding(finding));
            }
            notes.take(Report::Looked(Place::Original(digest)));
            let read = one.bytes.unwrap_or(0);
            done.originals += 1;
            done.bytes = done.bytes.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
            if !self.pace.after(read).await || !self.goes_on() {
                break;
            }
        }
        let read = usize::try_from(done.originals).unwrap_or(usize::MAX);
        self.keep(&mut notes, done).await?;
        Ok(read)
    }

    async fn keep(&mut self, notes: &mut Notes, done: Done) -> Result<(), StepError> {
        let findings = i64::try_from(notes.findings()).unwrap_or(i64::MAX);
        let done = Done { findings, ..done };
        let mut tx = self.office.store.write().await?;
        notes.keep(&mut tx, &self.open, self.office.world.now()).await?;
        fixity::add(&mut tx, &self.day, self.pass.began_at, done).await?;
        tx.commit().await?;
        self.total.originals += done.originals;
        self.total.bytes += done.bytes;
        self.total.folders += done.folders;
        self.total.findings += done.findings;
        Ok(())
    }

    /// The pass is over when everything was read and listed since it began.
    async fn end_pass(&self) -> Result<(), StepError> {
        if self.pass.folders < FOLDERS {
            return Ok(());
        }
        let mut db = self.office.store.read().await?;
        let unread = fixity::any_unread(&mut db, self.pass.began_at).await?;
        drop(db);
        if unread {
            return Ok(());
        }
        let mut tx = self.office.store.write().await?;
        fixity::end_pass(&mut tx, self.pass.began_at, self.office.world.now()).await?;
        tx.commit().await?;
        tracing::info!("every original was read again; a new pass begins");
        Ok(())
    }
}

/// The share of one day, so that all are done within `days`.
fn share(all: i64, days: u32) -> i64 {
    let days = i64::from(days.max(1));
    all / days + i64::from(all % days > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_each_day_makes_the_whole() {
        for (all, days, due) in [(0, 90, 0), (1, 90, 1), (90, 90, 1), (91, 90, 2), (256, 90, 3), (7, 1, 7)] {
            assert_eq!(share(all, days), due, "{all} in {days}");
            assert!(due * i64::from(days) >= all);
        }
    }

    #[test]
    fn large_files_rest_long_and_small_ones_too() {
        let (_sender, stopping) = watch::channel(false);
        let pace = Pace { pause: Duration::from_millis(100), bytes_per_second: 1024 * 1024, stopping };
        assert_eq!(pace.rest(10), Duration::from_millis(100));
        assert_eq!(pace.rest(5 * 1024 * 1024), Duration::from_secs(5));
    }
}
