//! 補件: the case manager names which fields and documents reopen; the applicant changes or explains each.

use std::collections::BTreeSet;

use crate::case::event::Event;
use crate::case::fields::{FieldSpec, Value, Values};
use crate::case::refusal::{Refused, Why};
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::state::State;
use crate::case::subject;
use crate::case::supplement::{Item, Place};
use crate::case::validate::Typed;
use crate::store::papers::Scan;
use crate::store::supplements::{self, Supplement};

use super::office::Entry;
use super::words::{free_text, reason as checked};
use super::{Dossier, Office, StepError};

/// The most code points of the applicant's words about an item.
const ANSWER: usize = 500;

/// Something that can be reopened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Openable {
    /// Where it lies.
    pub place: Place,
    /// The field's or category's id; empty for the signed form.
    pub id: String,
    /// The label.
    pub label: String,
}

impl Dossier {
    /// The supplement that waits for the applicant.
    #[must_use]
    pub fn supplement(&self) -> Option<&Supplement> {
        self.supplements.iter().find(|supplement| supplement.answered_at.is_none())
    }

    /// Everything that a case manager can reopen, in the order of the record.
    #[must_use]
    pub fn openable(&self) -> Vec<Openable> {
        let field = |place, prefix: &str, spec: &FieldSpec| Openable {
            place,
            id: spec.id.clone(),
            label: format!("{prefix}{}", spec.label),
        };
        let mut all: Vec<_> =
            self.service.fields.iter().map(|spec| field(Place::Content, "", spec)).collect();
        if self.subject().is_some() {
            all.extend(subject::FIELDS.iter().map(|spec| field(Place::Subject, "對象 ", spec)));
        }
        all.extend(self.service.attachments.iter().map(|category| Openable {
            place: Place::Attachment,
            id: category.id.clone(),
            label: category.label.clone(),
        }));
        all.push(Openable {
            place: Place::SignedForm,
            id: String::new(),
            label: "簽核申請單（重新上傳掃描檔）".into(),
        });
        all
    }

    /// What stands at a place now: the answer, the digests of a category, or the bound scan.
    #[must_use]
    pub fn stands(&self, place: Place, id: &str) -> String {
        let answer =
            |values: Option<&Values>| values.and_then(|v| v.get(id)).map(Value::display).unwrap_or_default();
        match place {
            Place::Content => answer(Some(&self.case.content)),
            Place::Subject => answer(self.subject().map(|subject| &subject.answers)),
            Place::Attachment => {
                let digests = self.attachments.iter().filter(|a| a.category == id);
                digests.map(|a| a.digest.to_string()).collect::<Vec<_>>().join(" ")
            }
            Place::SignedForm => self.case.standing.scan().unwrap_or_default().to_owned(),
        }
    }

    /// What stands for an item now; for the signed form, the scan that is to be looked at.
    #[must_use]
    pub fn stands_for(&self, item: &Item) -> String {
        match (item.place, self.fresh_scan()) {
            (Place::SignedForm, Some(scan)) => scan.id.clone(),
            _ => self.stands(item.place, &item.id),
        }
    }

    /// Whether 補件 takes another scan: it was asked for, or what is printed has changed and was printed anew.
    #[must_use]
    pub fn takes_new_scan(&self) -> bool {
        let newest = self.newest_print().map(|print| &print.id);
        self.state() == State::Supplement
            && (self.reopened(Place::SignedForm, "") || newest != self.bound_print().map(|print| &print.id))
    }

    /// The scan that was handed in for the open supplement and is to be looked at before 送出審核.
    #[must_use]
    pub fn fresh_scan(&self) -> Option<&Scan> {
        self.supplement().filter(|_| self.takes_new_scan())?;
        let newest = self.newest_print()?;
        self.scans.iter().find(|scan| scan.print_id == newest.id && self.scan_answers(scan))
    }

    /// Labels of reopened items that were neither changed nor explained.
    #[must_use]
    pub fn unanswered(&self) -> Vec<String> {
        self.unanswered_with(self.fresh_scan().map(|scan| scan.id.as_str()))
    }

    /// The same where this scan is to be bound.
    pub(super) fn unanswered_with(&self, scan: Option<&str>) -> Vec<String> {
        let items = self.supplement().into_iter().flat_map(|supplement| &supplement.items);
        let now = |item: &Item| match (item.place, scan) {
            (Place::SignedForm, Some(scan)) => scan.to_owned(),
            (place, _) => self.stands(place, &item.id),
        };
        items.filter(|item| !item.answered(&now(item))).map(|item| item.label.clone()).collect()
    }

    /// Whether something may be changed by an edit now: all of it before 送件, the reopened items in 補件.
    #[must_use]
    pub fn reopened(&self, place: Place, id: &str) -> bool {
        self.state() != State::Supplement
            || self
                .supplement()
                .is_some_and(|s| s.items.iter().any(|item| item.place == place && item.id == id))
    }

    /// What was typed, and in 補件 what stands in the fields that are closed and weren't sent: a form shows only
    /// those that reopened.
    #[must_use]
    pub fn with_closed(&self, place: Place, specs: &[FieldSpec], stands: &Values, typed: &Typed) -> Typed {
        let mut whole = typed.clone();
        let closed =
            specs.iter().filter(|spec| !typed.contains_key(&spec.id) && !self.reopened(place, &spec.id));
        for spec in closed {
            let kept = match stands.get(&spec.id) {
                Some(Value::Text(text)) => vec![text.clone()],
                Some(Value::Many(choices)) => choices.clone(),
                None => continue,
            };
            whole.insert(spec.id.clone(), kept);
        }
        whole
    }

    /// Insists that something may be changed by an edit now.
    pub(super) fn insist_reopened(&self, place: Place, id: &str, label: &str) -> Result<(), Refused> {
        if self.reopened(place, id) {
            return Ok(());
        }
        Err(Refused { state: self.state(), event: Event::Edit, why: Why::NotReopened(label.to_owned()) })
    }

    /// Insists that every answer that differs between `before` and `after` may be changed.
    pub(super) fn insist_fields_reopened(
        &self,
        place: Place,
        specs: &[FieldSpec],
        before: &Values,
        after: &Values,
    ) -> Result<(), Refused> {
        let mut changed = specs.iter().filter(|spec| before.get(&spec.id) != after.get(&spec.id));
        changed.try_for_each(|spec| self.insist_reopened(place, &spec.id, &spec.label))
    }
}

impl Office {
    /// Asks for a supplement: `items` (place and id) reopen, all else stays closed.
    ///
    /// # Errors
    /// [`StepError::Refused`] without reason or items; [`StepError::NotFound`] for an item that the case
    /// doesn't have; [`StepError::Conflict`] when the case was changed meanwhile.
    pub async fn ask_supplement(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: &str,
        items: &[(Place, String)],
    ) -> Result<(), StepError> {
        let reason = &checked(reason)?;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let openable = dossier.openable();
        let mut chosen: Vec<Item> = Vec::new();
        let wanted: BTreeSet<(&str, &str)> =
            items.iter().map(|(place, id)| (place.as_str(), id.as_str())).collect();
        for one in openable.iter().filter(|one| wanted.contains(&(one.place.as_str(), one.id.as_str()))) {
            chosen.push(Item {
                seq: i64::try_from(chosen.len() + 1).unwrap_or(i64::MAX),
                place: one.place,
                id: one.id.clone(),
                label: one.label.clone(),
                baseline: dossier.stands(one.place, &one.id),
                answer: String::new(),
            });
        }
        if chosen.len() != wanted.len() {
            return Err(StepError::NotFound);
        }
        let request = Request {
            reopen: chosen.iter().map(|item| item.label.clone()).collect(),
            ..Request::new(Event::AskSupplement).because(reason)
        };
        let transition = dossier.judge(&request, actor)?;
        dossier.guard(version)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let id = self.world.new_id();
        let (case, now) = (&dossier.case.id, self.world.now());
        supplements::ask(&mut tx, &id, case, reason, &actor.id, now, &chosen).await?;
        let labels = chosen.iter().map(|item| item.label.as_str()).collect::<Vec<_>>().join("、");
        let words = format!("{reason}（開放：{labels}）");
        let (from, to) = (Some(transition.from), transition.to);
        let evidence = dossier.evidence();
        let role = transition.role;
        let entry =
            Entry { event: Event::AskSupplement, role, from, to, reason: &words, evidence: &evidence };
        self.happened(&mut tx, case, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, items = chosen.len(), "supplement asked for");
        Ok(())
    }

    /// Keeps the applicant's words about a reopened item that needs no change.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`] for an item that wasn't asked for,
    /// [`StepError::Invalid`] for words that are too long.
    pub async fn answer_item(
        &self,
        actor: &Actor,
        number: &str,
        seq: i64,
        words: &str,
    ) -> Result<(), StepError> {
        let (mut tx, dossier) = self.edit_begin(actor, number).await?;
        let supplement = dossier.supplement().ok_or(StepError::NotFound)?;
        let words = free_text(&format!("answer-{seq}"), "說明", words, ANSWER)?;
        if !supplements::answer(&mut tx, &supplement.id, seq, &words).await? {
            return Err(StepError::NotFound);
        }
        if !crate::store::cases::bump(&mut tx, &dossier.case.id, dossier.case.version).await? {
            return Err(StepError::Conflict);
        }
        Ok(tx.commit().await?)
    }
}
