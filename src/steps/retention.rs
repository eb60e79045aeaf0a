//! 保存年限: which cases have come to the end of their period, and 法律保留: which must be kept all the same.
//!
//! Archivists see numbers, schools and days here, and nothing of what a case says.

use jiff::civil::Date;

use crate::case::holder::Archivist;
use crate::case::retention::{kept_until, leaves};
use crate::case::validate::FieldError;
use crate::store::cases::{self, Scope};
use crate::store::disposals;
use crate::store::retention::{self, Ended, Hold, Word};
use crate::store::traces::Trace;

use super::disposal::{Listed, Unclaimed};
use super::office::Origin;
use super::{Office, StepError};

/// Cases on one page: 每頁 20 筆.
pub const PAGE: usize = 20;
/// What is taken where a kind has no period: nothing is due too early because a row is missing.
const LONGEST: i64 = 100;

/// A case at the end of its period, or on the way there.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The case.
    pub case: Ended,
    /// The service item's title.
    pub service: String,
    /// The kind of retention.
    pub kind: String,
    /// Its period in years.
    pub years: i64,
    /// The last day on which it is kept.
    pub until: Date,
    /// Whether that day is over.
    pub due: bool,
}

/// What the page shows.
#[derive(Debug)]
pub struct Overview {
    /// How long which kind is kept: kind and years.
    pub periods: Vec<(String, i64)>,
    /// Cases that ended at least the shortest period ago, the oldest first.
    pub cases: Vec<Kept>,
    /// Where the next page begins.
    pub next: Option<(i64, String)>,
    /// Disposals that wait for a decision, the oldest first.
    pub proposals: Vec<Listed>,
    /// Holds in effect.
    pub holds: Vec<Hold>,
    /// Stacks in which no case was found.
    pub stacks: Unclaimed,
}

impl Office {
    /// Periods, cases and holds; `after` is where the page begins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retention(
        &self,
        who: &Archivist,
        origin: &Origin,
        after: &(i64, String),
    ) -> Result<Overview, StepError> {
        let mut db = self.store.read().await?;
        let periods = retention::periods(&mut db).await?;
        let shortest = periods.iter().map(|(_, years)| *years).min().unwrap_or(LONGEST);
        let today = self.today();
        let year = today.year().saturating_sub(i16::try_from(shortest).unwrap_or(i16::MAX));
        let before = Date::new(year, today.month(), 1).map_or(i64::MIN, |day| self.begin_of(day));
        let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut ended = retention::ended(&mut db, before, after, most).await?;
        let more = ended.len() > PAGE;
        ended.truncate(PAGE);
        let next = ended.last().filter(|_| more).map(|last| (last.ended_at, last.id.clone()));
        let holds = retention::holds(&mut db).await?;
        drop(db);
        let cases: Vec<Kept> = ended.into_iter().map(|case| self.kept(case, &periods, today)).collect();
        let proposals = self.open_disposals(who).await?;
        let shown = cases.iter().map(|kept| kept.case.number.as_str());
        let mut numbers: Vec<&str> =
            shown.chain(proposals.iter().map(|one| one.disposal.number.as_str())).collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.trace_list(who, origin, false, &numbers).await?;
        let stacks = self.unclaimed_stacks().await?;
        Ok(Overview { periods, cases, next, proposals, holds, stacks })
    }

    /// Until when a case is kept.
    pub(super) fn kept(&self, case: Ended, periods: &[(String, i64)], today: Date) -> Kept {
        let spec = self.printer.templates().spec_to_show(&case.service);
        let kind = spec.map_or("", |spec| spec.retention.as_str());
        let years = periods.iter().find(|(known, _)| known == kind).map_or(LONGEST, |(_, years)| *years);
        let left = case.grade.as_ref().map(|grade| leaves(case.stage, grade, self.day_of(case.opened_at)));
        let until = kept_until(self.day_of(case.ended_at), left, years);
        let service = spec.map_or_else(|| case.service.clone(), |spec| spec.title.clone());
        Kept { service, kind: kind.to_owned(), years, until, due: until < today, case }
    }

    /// Places a hold on the case with this number.
    ///
    /// # Errors
    /// [`StepError::Invalid`] without a reason, for a number that no case has, and while another hold is in effect.
    pub async fn place_hold(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        let reason = needed(reason)?;
        let mut tx = self.store.write().await?;
        // Whoever approves the case's disposal waits here, or has been waited for.
        cases::lock(&mut tx, number.trim()).await?;
        let all = Scope { all: true, ..Scope::default() };
        let case = cases::find(&mut tx, number.trim(), &all).await?;
        let case = case.ok_or_else(|| invalid("number", "沒有這個編號的案件，請再核對一次。"))?;
        if case.disposed_at.is_some() {
            return Err(invalid("number", "這個案件已依保存年限銷毀，不能再保留。"));
        }
        // So does whoever disposes of another case of the same stack.
        disposals::lock_documents(&mut tx, &case.id).await?;
        let id = self.world.new_id();
        let word = Word { hold: &id, reason, by: &who.id, at: self.world.now() };
        match retention::place(&mut tx, &case.id, word).await {
            Err(error) if error.is_taken() => {
                return Err(invalid("number", "這個案件已在保留中；要改變原因，請先解除再重新保留。"));
            }
            other => other?,
        }
        let trace =
            Trace { person: Some(&who.id), action: "place-hold", case: Some(&case.id), ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await.map_err(crate::store::StoreError::from)?;
        tracing::info!(case = %case.number, "a legal hold was placed");
        Ok(())
    }

    /// Lifts a hold.
    ///
    /// # Errors
    /// [`StepError::Invalid`] without a reason, [`StepError::NotFound`] where no such hold is in effect.
    pub async fn lift_hold(
        &self,
        who: &Archivist,
        origin: &Origin,
        hold: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        let reason = needed(reason)?;
        let mut tx = self.store.write().await?;
        let word = Word { hold, reason, by: &who.id, at: self.world.now() };
        let case = retention::lift(&mut tx, word).await?.ok_or(StepError::NotFound)?;
        let trace =
            Trace { person: Some(&who.id), action: "lift-hold", case: Some(&case), ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await.map_err(crate::store::StoreError::from)?;
        tracing::info!(hold, "a legal hold was lifted");
        Ok(())
    }
}

fn needed(reason: &str) -> Result<&str, StepError> {
    let reason = reason.trim();
    if reason.is_empty() { Err(invalid("reason", "請填寫原因。")) } else { Ok(reason) }
}

fn invalid(field: &str, words: &str) -> StepError {
    StepError::Invalid(vec![FieldError { field: field.into(), words: words.into() }])
}
