//! 派案 and 改派: a supervisor chooses who serves a case of the own zone, or several cases at once; also who
//! serves a case that is opened again.

use crate::case::event::Event;
use crate::case::fields::{Value, Values};
use crate::case::holder::Supervisor;
use crate::case::refusal::Refused;
use crate::case::request::{Chosen, Request};
use crate::case::role::Actor;
use crate::case::state::State;
use crate::store::Tx;
use crate::store::drafts;
use crate::store::staff::{self, Assigned, Professional};

use super::notify::Moved;
use super::office::{Entry, Origin};
use super::words::reason as checked;
use super::{Dossier, Office, StepError};

/// A case to dispatch among several, at the version that the page knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// 案件編號.
    pub number: String,
    /// The case's version.
    pub version: i64,
}

/// What came of one case among several.
#[derive(Debug)]
pub enum Outcome {
    /// It was dispatched.
    Dispatched,
    /// These very people serve it already: a second press of the same button.
    Already,
    /// Why not; the case is as it was.
    Failed(StepError),
}

impl Office {
    /// All professionals who can be chosen, with the cases that they serve now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn professionals(&self) -> Result<Vec<Professional>, StepError> {
        Ok(staff::professionals(&mut *self.store.read().await?).await?)
    }

    /// 派案: these professionals serve the case from now on. The reason is needed where none of them has a
    /// profession that the case asks for.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`] for somebody who can't be chosen, [`StepError::Conflict`].
    pub async fn dispatch(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        people: &[String],
        reason: &str,
    ) -> Result<(), StepError> {
        self.staff_case(Event::Dispatch, actor, number, version, people, reason).await
    }

    /// 派案 of several cases to the same professionals, each in a transaction of its own: one that can't be
    /// dispatched holds up none of the others. Refusals are traced.
    ///
    /// # Errors
    /// Never as a whole; each case has its own outcome.
    pub async fn dispatch_several(
        &self,
        actor: &Supervisor,
        origin: &Origin,
        picks: Vec<Pick>,
        people: &[String],
        reason: &str,
    ) -> Result<Vec<(Pick, Outcome)>, StepError> {
        let mut outcomes = Vec::with_capacity(picks.len());
        for pick in picks {
            let outcome = match self.dispatch(actor, &pick.number, pick.version, people, reason).await {
                Ok(()) => Outcome::Dispatched,
                Err(StepError::Refused(refused)) => {
                    // Whatever fails now concerns this case alone: those before have been dispatched.
                    let told = self.refused_dispatch(actor, origin, &pick, people, refused).await;
                    told.unwrap_or_else(Outcome::Failed)
                }
                Err(other) => Outcome::Failed(other),
            };
            outcomes.push((pick, outcome));
        }
        Ok(outcomes)
    }

    async fn refused_dispatch(
        &self,
        actor: &Actor,
        origin: &Origin,
        pick: &Pick,
        people: &[String],
        refused: Refused,
    ) -> Result<Outcome, StepError> {
        let dossier = self.dossier(actor, &pick.number).await?;
        let same = people.iter().all(|id| serves(&dossier, id));
        if dossier.state() == State::InService && same && !people.is_empty() {
            return Ok(Outcome::Already);
        }
        self.trace_refused(origin, actor, Some(&dossier.case.id), &refused).await?;
        Ok(Outcome::Failed(refused.into()))
    }

    /// 改派: these professionals serve the case from now on, and nobody else.
    ///
    /// # Errors
    /// As [`Self::dispatch`]; a reason is always needed.
    pub async fn reassign(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        people: &[String],
        reason: &str,
    ) -> Result<(), StepError> {
        self.staff_case(Event::Reassign, actor, number, version, people, reason).await
    }

    /// Whether any of those who serve the case can still work: their account is active and theirs to serve with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn able(&self, dossier: &Dossier) -> Result<bool, StepError> {
        let known = staff::professionals(&mut *self.store.read().await?).await?;
        Ok(known.iter().any(|one| serves(dossier, &one.id)))
    }

    pub(super) async fn staff_case(
        &self,
        event: Event,
        actor: &Actor,
        number: &str,
        version: i64,
        people: &[String],
        reason: &str,
    ) -> Result<(), StepError> {
        let reason = &checked(reason)?;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let known = staff::professionals(&mut tx).await?;
        let as_before = event == Event::Reopen && people.is_empty();
        let wanted =
            |one: &&Professional| people.contains(&one.id) || (as_before && serves(&dossier, &one.id));
        let chosen: Vec<&Professional> = known.iter().filter(wanted).collect();
        if people.iter().any(|id| known.iter().all(|one| one.id != *id)) {
            return Err(StepError::NotFound);
        }
        let as_asked =
            |one: &&Professional| Chosen { id: one.id.clone(), profession: one.profession.clone() };
        let request = Request {
            professionals: chosen.iter().map(as_asked).collect(),
            ..Request::new(event).because(reason)
        };
        if is_second_click(&dossier, actor, version, event, &chosen, reason) {
            return Ok(());
        }
        let transition = dossier.judge(&request, actor)?;
        dossier.guard(version)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let (joined, left) = self.write_staff(&mut tx, &actor.id, &dossier, &chosen).await?;
        let (from, to) = (Some(transition.from), transition.to);
        let (words, evidence) = match event {
            Event::Reopen if joined.is_empty() && left.is_empty() => (reason.to_owned(), dossier.evidence()),
            Event::Reopen => (words(&dossier, &chosen, reason), dossier.evidence()),
            _ => (words(&dossier, &chosen, reason), Vec::new()),
        };
        let role = transition.role;
        let entry = Entry { event, role, from, to, reason: &words, evidence: &evidence };
        let moved = Moved { joined: &joined, left: &left };
        self.happened_moving(&mut tx, &dossier.case.id, actor, entry, moved).await?;
        tx.commit().await?;
        tracing::info!(case = %number, %event, people = chosen.len(), "case staffed");
        Ok(())
    }

    /// Half-typed records and proposals of somebody who doesn't serve the case any more would lie there for ever,
    /// and they are confidential.
    async fn forget_service_drafts(
        &self,
        tx: &mut Tx,
        dossier: &Dossier,
        person: &str,
    ) -> Result<(), StepError> {
        let number = &dossier.case.number;
        let records = dossier.records.iter().map(|record| format!("record-{}", record.id));
        for form in records.chain([format!("record-{number}"), format!("closing-{number}")]) {
            drafts::forget(tx, person, &form).await?;
        }
        Ok(())
    }

    /// Writes down who serves the case from now on. Returns who joined and who left.
    async fn write_staff(
        &self,
        tx: &mut Tx,
        actor: &str,
        dossier: &Dossier,
        chosen: &[&Professional],
    ) -> Result<(Vec<String>, Vec<String>), StepError> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        let (case, now) = (&dossier.case.id, self.world.now());
        for one in gone(dossier, chosen) {
            staff::release(tx, case, &one.person_id, now).await?;
            left.push(one.person_id.clone());
            self.forget_service_drafts(tx, dossier, &one.person_id).await?;
            if dossier.closing().is_some_and(|closing| closing.proposed_by == one.person_id) {
                // Nobody can close on the word of someone who no longer serves the case.
                staff::decide(tx, case, false, actor, "改派", now).await?;
            }
        }
        for next in chosen {
            if !serves(dossier, &next.id) {
                staff::assign(tx, &self.world.new_id(), case, &next.id, now).await?;
                joined.push(next.id.clone());
            }
        }
        Ok((joined, left))
    }
}

fn serves(dossier: &Dossier, person: &str) -> bool {
    dossier.staff.iter().any(|one| one.person_id == person)
}

/// Those who serve the case and weren't chosen again.
fn gone<'d>(dossier: &'d Dossier, chosen: &[&Professional]) -> Vec<&'d Assigned> {
    dossier.staff.iter().filter(|one| chosen.iter().all(|next| next.id != one.person_id)).collect()
}

/// Whether the same press of a button has done it already: the newest event is this one, by this person, with
/// these people and this reason, and nothing has happened since the page was opened but that.
fn is_second_click(
    dossier: &Dossier,
    actor: &Actor,
    version: i64,
    event: Event,
    chosen: &[&Professional],
    reason: &str,
) -> bool {
    let names = names(chosen);
    let said = |kept: &str| {
        if event == Event::Reopen && kept == reason {
            return true;
        }
        let rest = kept.strip_prefix(names.as_str());
        rest.is_some_and(|rest| match reason {
            "" => rest.is_empty() || (rest.starts_with(LEFT) && !rest[LEFT.len()..].contains(BETWEEN)),
            reason => rest.strip_suffix(reason).is_some_and(|rest| rest.ends_with(BETWEEN)),
        })
    };
    dossier.case.version == version + 1
        && gone(dossier, chosen).is_empty()
        && dossier.staff.len() == chosen.len()
        && dossier
            .flow
            .first()
            .is_some_and(|row| row.event == event && row.actor_id == actor.id && said(&row.reason))
}

/// What stands between the parts of a flow row's words.
const BETWEEN: char = '；';
/// What stands before those who were taken off.
const LEFT: &str = "；不再服務：";

fn names(chosen: &[&Professional]) -> String {
    chosen.iter().map(|one| label(&one.name, &one.profession)).collect::<Vec<_>>().join("、")
}

/// Who was chosen, who was taken off, and why.
fn words(dossier: &Dossier, chosen: &[&Professional], reason: &str) -> String {
    let left: Vec<&str> = gone(dossier, chosen).iter().map(|one| one.name.as_str()).collect();
    let mut words = names(chosen);
    if !left.is_empty() {
        words.push_str(LEFT);
        words.push_str(&left.join("、"));
    }
    if !reason.is_empty() {
        words.push(BETWEEN);
        words.push_str(reason);
    }
    words
}

/// A professional as people read it: the name with the profession.
#[must_use]
pub fn label(name: &str, profession: &str) -> String {
    if profession.is_empty() { name.to_owned() } else { format!("{name} ({profession})") }
}

/// The professions that a case asks for 轉介需求.
#[must_use]
pub fn needs(content: &Values) -> Vec<String> {
    match content.get("needs") {
        Some(Value::Many(needs)) => needs.clone(),
        Some(Value::Text(need)) => vec![need.clone()],
        None => Vec::new(),
    }
}
