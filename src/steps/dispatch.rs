//! 派案 and 改派: a supervisor chooses who serves a case of the own zone.

use crate::case::event::Event;
use crate::case::request::{Chosen, Request};
use crate::case::role::Actor;
use crate::store::Tx;
use crate::store::staff::{self, Professional};

use super::notify::Moved;
use super::office::Entry;
use super::{Dossier, Office, StepError};

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

    async fn staff_case(
        &self,
        event: Event,
        actor: &Actor,
        number: &str,
        version: i64,
        people: &[String],
        reason: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let known = staff::professionals(&mut tx).await?;
        let chosen: Vec<&Professional> = known.iter().filter(|one| people.contains(&one.id)).collect();
        if people.iter().any(|id| known.iter().all(|one| one.id != *id)) {
            return Err(StepError::NotFound);
        }
        let as_asked =
            |one: &&Professional| Chosen { id: one.id.clone(), profession: one.profession.clone() };
        let request = Request {
            professionals: chosen.iter().map(as_asked).collect(),
            ..Request::new(event).because(reason)
        };
        let transition = dossier.judge(&request, actor)?;
        dossier.guard(version)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let (joined, left) = self.write_staff(&mut tx, &dossier, &chosen).await?;
        let (from, to) = (Some(transition.from), transition.to);
        let words = words(&chosen, reason);
        let entry = Entry { event, from, to, reason: &words, evidence: &[] };
        let moved = Moved { joined: &joined, left: &left };
        self.happened_moving(&mut tx, &dossier.case.id, actor, entry, moved).await?;
        tx.commit().await?;
        tracing::info!(case = %number, %event, people = chosen.len(), "case staffed");
        Ok(())
    }

    /// Writes down who serves the case from now on. Returns who joined and who left.
    async fn write_staff(
        &self,
        tx: &mut Tx,
        dossier: &Dossier,
        chosen: &[&Professional],
    ) -> Result<(Vec<String>, Vec<String>), StepError> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        let (case, now) = (&dossier.case.id, self.world.now());
        for one in &dossier.staff {
            if chosen.iter().all(|next| next.id != one.person_id) {
                staff::release(tx, case, &one.person_id, now).await?;
                left.push(one.person_id.clone());
            }
        }
        for next in chosen {
            if dossier.staff.iter().all(|one| one.person_id != next.id) {
                staff::assign(tx, &self.world.new_id(), case, &next.id, now).await?;
                joined.push(next.id.clone());
            }
        }
        Ok((joined, left))
    }
}

/// Who was chosen, and why.
fn words(chosen: &[&Professional], reason: &str) -> String {
    let names: Vec<String> = chosen.iter().map(|one| label(&one.name, &one.profession)).collect();
    let names = names.join("、");
    match reason.trim() {
        "" => names,
        reason => format!("{names}；{reason}"),
    }
}

/// A professional as people read it: the name with the profession.
#[must_use]
pub fn label(name: &str, profession: &str) -> String {
    if profession.is_empty() { name.to_owned() } else { format!("{name} ({profession})") }
}
