//! 列印所選案件: many cases go through 列印申請單, and their forms come out as one PDF.
//!
//! 1. [`Office::choose_bulk`]: what was chosen is looked through and written down: what each case would
//!    print, and which can't be printed and why. Nothing is printed yet.
//! 2. [`Office::start_bulk`]: after the person has looked, the waiting cases are printed in the background;
//!    each gets its revision as by a single print. How far it is stands in the database.
//! 3. [`Office::join_bulk`]: the revisions that were printed, as one PDF that is joined while it goes out.
//!
//! Nothing but the revisions is kept, so a restart in the middle loses no print: what still waits is
//! printed when the person says so, and the PDF can be opened again on any node that has the originals.

mod joined;
mod run;

pub use joined::JoinedForms;

use std::collections::HashSet;

use crate::case::refusal::Why;
use crate::case::role::Actor;
use crate::fault::{self, Point};
use crate::forms::{PrintError, record};
use crate::store::bulk::{self, Bulk, Line, Outcome, Stage, Tally};
use crate::store::traces::Trace;

use super::office::Origin;
use super::print::Due;
use super::{Dossier, Office, StepError};

/// Cases that can be chosen at once.
pub const MOST: usize = 1000;
/// Cases that are looked through at a time.
const READ: usize = 100;
/// A printing without a sign of life for so long has ended with the process that did it.
const DEAD_MILLIS: i64 = 60_000;

/// Why many can't be printed at once as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BulkRefused {
    /// Nothing was chosen.
    #[error("no case was chosen")]
    Nothing,
    /// More than [`MOST`] were chosen.
    #[error("more than {MOST} cases were chosen")]
    TooMany,
    /// The person has another one under way.
    #[error("another bulk print is under way")]
    UnderWay,
}

impl BulkRefused {
    /// What happened and what to do, for the person.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Nothing => "還沒有選取案件。請在案件列表勾選要列印的案件，再按「列印所選案件」。".into(),
            Self::TooMany => {
                format!(
                    "一次最多列印 {MOST} 件。請減少勾選，或先以服務項目、狀態或關鍵字縮小範圍，再分批列印。"
                )
            }
            Self::UnderWay => "您的另一批申請單還在列印，一次只能列印一批。請等它完成後再按一次。".into(),
        }
    }
}

/// A printing of many, as its page shows it.
#[derive(Clone, Debug)]
pub struct Look {
    /// The row.
    pub bulk: Bulk,
    /// How many cases are where.
    pub tally: Tally,
    /// Whether the process that printed has gone: what waits can be printed on.
    pub dead: bool,
}

impl Look {
    /// Whether it is being printed just now.
    #[must_use]
    pub fn under_way(&self) -> bool {
        self.bulk.stage == Stage::Printing && !self.dead
    }
}

impl Office {
    /// Looks through the chosen cases and writes down what would come of each. Returns the printing's id.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when any of them isn't there or isn't theirs to see: nobody is told which.
    /// [`StepError::Bulk`] when none or too many are chosen.
    pub async fn choose_bulk(
        &self,
        actor: &Actor,
        origin: &Origin,
        numbers: &[String],
    ) -> Result<String, StepError> {
        let mut seen = HashSet::new();
        let numbers: Vec<_> =
            numbers.iter().map(String::as_str).filter(|number| seen.insert(*number)).collect();
        match numbers.len() {
            0 => return Err(BulkRefused::Nothing.into()),
            1..=MOST => {}
            _ => return Err(BulkRefused::TooMany.into()),
        }
        let mut chosen = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(READ) {
            for dossier in self.dossiers(actor, numbers).await? {
                let outcome = match self.foresee(&dossier, actor) {
                    Ok(Due::Current(revision)) => Outcome::Waiting { revision, fresh: false },
                    Ok(Due::Fresh(revision)) => Outcome::Waiting { revision, fresh: true },
                    Err(error) => Outcome::Refused(words(&error).ok_or(error)?),
                };
                chosen.push((dossier.case.id, outcome));
            }
        }
        let id = self.world.new_id();
        let mut tx = self.store.write().await?;
        bulk::choose(&mut tx, &id, &actor.id, &chosen, self.world.now()).await?;
        let detail = format!("{} cases", chosen.len());
        let trace = Trace {
            person: Some(&actor.id),
            action: "choose-bulk-print",
            detail: &detail,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What printing would give, as far as it can be told without setting the form.
    fn foresee(&self, dossier: &Dossier, actor: &Actor) -> Result<Due, StepError> {
        let due = dossier.due(actor)?;
        if let Due::Fresh(_) = due {
            let snapshot = dossier.snapshot(&self.today().to_string());
            let snapshot = serde_json::to_value(&snapshot).map_err(|_| StepError::Stopped)?;
            let unprintable = record::unprintable(&snapshot, &dossier.service, self.printer.fonts());
            if !unprintable.is_empty() {
                return Err(PrintError::MissingGlyph(unprintable).into());
            }
        }
        Ok(due)
    }

    /// How far a printing of this person's is.
    ///
    /// # Errors
    /// [`StepError::NotFound`], or a failure of the database.
    pub async fn look_at_bulk(&self, actor: &Actor, id: &str) -> Result<Look, StepError> {
        let mut db = self.store.read().await?;
        let bulk = bulk::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let tally = bulk::tally(&mut db, id).await?;
        let dead = bulk.stage == Stage::Printing && self.is_dead(bulk.beat_at);
        Ok(Look { bulk, tally, dead })
    }

    /// The chosen cases of a printing of this person's, and what came of each; the look is traced.
    ///
    /// # Errors
    /// As [`Self::look_at_bulk`].
    pub async fn bulk_lines(&self, actor: &Actor, origin: &Origin, id: &str) -> Result<Vec<Line>, StepError> {
        let mut db = self.store.read().await?;
        bulk::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let lines = bulk::lines(&mut db, id, &Self::scope(actor)).await?;
        drop(db);
        let action = "view-bulk-print";
        self.trace(origin, Trace { person: Some(&actor.id), action, detail: id, ..Trace::default() }).await?;
        Ok(lines)
    }

    /// Prints the waiting cases in the background. A second press finds it under way and changes nothing.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::Bulk`] when the person has another one under way.
    pub async fn start_bulk(&self, actor: &Actor, origin: &Origin, id: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let found = bulk::find(&mut tx, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let now = self.world.now();
        if bulk::tally(&mut tx, id).await?.waiting == 0 {
            // Whoever printed it has gone after the last case and before the end was written down.
            if found.stage == Stage::Stopped || found.stage == Stage::Printing && self.is_dead(found.beat_at)
            {
                bulk::move_on(&mut tx, id, &found.worker, found.stage, Stage::Done, now).await?;
                tx.commit().await?;
            }
            return Ok(());
        }
        if let Some((other, beat_at, its)) = bulk::under_way(&mut tx, &actor.id).await? {
            match (other == id, self.is_dead(beat_at)) {
                (true, false) => return Ok(()),
                (false, false) => return Err(BulkRefused::UnderWay.into()),
                (_, true) => {
                    bulk::move_on(&mut tx, &other, &its, Stage::Printing, Stage::Stopped, now).await?;
                }
            }
        }
        let from = if found.stage == Stage::Printing { Stage::Stopped } else { found.stage };
        let worker = self.process.new_work();
        match bulk::begin(&mut tx, id, from, &found.worker, &worker, now).await {
            Ok(true) => {}
            Ok(false) => return Err(StepError::Conflict),
            Err(error) if error.is_taken() => return Err(BulkRefused::UnderWay.into()),
            Err(error) => return Err(error.into()),
        }
        let trace = Trace { person: Some(&actor.id), action: "bulk-print", detail: id, ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        fault::here(Point::BulkBegun);
        let (office, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.process.begin(async move { office.run_bulk(&actor, &id, &worker).await });
        Ok(())
    }

    pub(super) fn is_dead(&self, beat_at: i64) -> bool {
        self.world.now() - beat_at > DEAD_MILLIS
    }
}

/// Why one case isn't printed and what to do about it; nothing for a failure that concerns all of them.
fn words(error: &StepError) -> Option<String> {
    Some(match error {
        StepError::Refused(refused) => match &refused.why {
            Why::State { .. } => format!(
                "狀態為「{}」，不能再列印新的申請單。先前若已列印，可在案件頁開啟各版。",
                refused.state.label()
            ),
            why => why.words(),
        },
        StepError::Print(error) => error.for_people(),
        StepError::TooManyPrints => "這個案件列印的版次已達上限，請另開新案件。".into(),
        StepError::NotFound => "這個案件已不在您可以查看的案件之中。".into(),
        StepError::Conflict => Why::Changed.words(),
        _ => return None,
    })
}
