//! 核閱: a case manager judges the seal boxes of the signed form and the attachments, one by one.
//!
//! Verdicts are kept beside the record: they change no state, and the newest of each target counts.

use crate::case::event::Event;
use crate::case::request::Request;
use crate::case::review::{Target, Verdict};
use crate::case::role::Actor;
use crate::fault::{self, Point};
use crate::store::Tx;
use crate::store::cases;
use crate::store::papers;
use crate::store::reviews::{self, Given, Look, NewVerdict};

use super::words::free_text;
use super::{Dossier, Office, StepError};

/// The most code points of a remark.
const REMARK: usize = 500;

/// Somebody who looked within this time is looking now, milliseconds.
pub const PRESENT: i64 = 60_000;

/// One thing to judge on the signed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormItem {
    /// The seal box, or the form as a whole.
    pub target: Target,
    /// The label, such as 校長.
    pub label: String,
}

/// A verdict on one target.
#[derive(Clone)]
pub struct Judged {
    /// What it is about.
    pub target: Target,
    /// What was found.
    pub verdict: Verdict,
    /// In words; may be empty.
    pub remark: String,
}

/// A remark may be personal.
impl std::fmt::Debug for Judged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judged")
            .field("target", &self.target)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

impl Dossier {
    /// What is to be judged on the bound scan: its seal boxes, and the form as a whole where there are none
    /// or where it was bound by the short code.
    #[must_use]
    pub fn form_items(&self) -> Vec<FormItem> {
        let Some(scan) = self.bound_scan() else { return Vec::new() };
        let seals = self.bound_print().map(|print| print.snapshot.seals.as_slice()).unwrap_or_default();
        let mut items: Vec<_> = seals
            .iter()
            .map(|seal| FormItem { target: Target::Seal(seal.id.clone()), label: seal.label.clone() })
            .collect();
        if items.is_empty() || scan.by_hand {
            items.push(FormItem { target: Target::Form, label: "整份簽核申請單".into() });
        }
        items
    }

    /// The newest verdict on a target; seals and form count for the bound scan only.
    #[must_use]
    pub fn verdict_on(&self, target: &Target) -> Option<&Given> {
        let scan = self.case.standing.scan();
        self.verdicts.iter().rev().find(|given| {
            given.target == *target
                && (matches!(target, Target::Attachment(_)) || given.scan_id.as_deref() == scan)
        })
    }

    /// Whether the signed form has been found good, box by box, and still counts.
    #[must_use]
    pub fn form_reviewed(&self) -> bool {
        let items = self.form_items();
        let good = |item: &FormItem| {
            self.verdict_on(&item.target).is_some_and(|given| given.verdict == Verdict::Reviewed)
        };
        !items.is_empty() && items.iter().all(good) && !self.wants_new_seal()
    }
}

impl Office {
    /// Gives verdicts on seal boxes and attachments, all or none. `version` is the one that the page knew.
    /// Returns the version after.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`] for a target that isn't there, [`StepError::Invalid`]
    /// for a remark that is too long, [`StepError::Conflict`] when somebody else changed the case meanwhile.
    pub async fn judge_papers(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        judged: &[Judged],
    ) -> Result<i64, StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Request::new(Event::Review), actor)?;
        let news: Vec<&Judged> = judged.iter().filter(|one| is_news(&dossier, one)).collect();
        if news.is_empty() {
            // The second press of a key: the first has written it down. Somebody else's change is still told.
            let seen = reviews::seen_version(&mut tx, &dossier.case.id, &actor.id).await?;
            let current = dossier.case.version;
            return if version == current || seen == Some(current) {
                Ok(current)
            } else {
                Err(StepError::Conflict)
            };
        }
        dossier.guard(version)?;
        for one in news {
            self.give(&mut tx, actor, &dossier, one).await?;
        }
        if !cases::bump(&mut tx, &dossier.case.id, version).await? {
            return Err(StepError::Conflict);
        }
        reviews::look(&mut tx, &dossier.case.id, &actor.id, version + 1, self.world.now()).await?;
        fault::here(Point::ReviewWritten);
        tx.commit().await?;
        fault::here(Point::ReviewCommitted);
        Ok(version + 1)
    }

    async fn give(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        dossier: &Dossier,
        judged: &Judged,
    ) -> Result<(), StepError> {
        let remark = &free_text(&judged.target.to_string(), "備註", &judged.remark, REMARK)?;
        let scan = match &judged.target {
            Target::Attachment(id) => {
                let known =
                    papers::judge_attachment(tx, id, &dossier.case.id, judged.verdict, remark).await?;
                if !known {
                    return Err(StepError::NotFound);
                }
                None
            }
            target => {
                if !dossier.form_items().iter().any(|item| item.target == *target) {
                    return Err(StepError::NotFound);
                }
                dossier.case.standing.scan()
            }
        };
        let new = NewVerdict {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            target: &judged.target,
            scan,
            verdict: judged.verdict,
            remark,
            by: &actor.id,
            at: self.world.now(),
        };
        Ok(reviews::add(tx, &new).await?)
    }

    /// Notes that somebody opens a case and so sees its version, and tells who else looks at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look_at(&self, actor: &Actor, dossier: &Dossier) -> Result<Vec<Look>, StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        reviews::look(&mut tx, &dossier.case.id, &actor.id, dossier.case.version, now).await?;
        self.others_in(tx, actor, dossier, now).await
    }

    /// Notes that somebody still looks at a case, and tells who else does. What changed since they opened it is
    /// as new to them as before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_looking(&self, actor: &Actor, dossier: &Dossier) -> Result<Vec<Look>, StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        reviews::still(&mut tx, &dossier.case.id, &actor.id, now).await?;
        self.others_in(tx, actor, dossier, now).await
    }

    async fn others_in(
        &self,
        mut tx: Tx,
        actor: &Actor,
        dossier: &Dossier,
        now: i64,
    ) -> Result<Vec<Look>, StepError> {
        let others = reviews::lookers(&mut tx, &dossier.case.id, now - PRESENT).await?;
        tx.commit().await?;
        Ok(others.into_iter().filter(|look| look.person_id != actor.id).collect())
    }
}

fn is_news(dossier: &Dossier, judged: &Judged) -> bool {
    dossier
        .verdict_on(&judged.target)
        .is_none_or(|given| given.verdict != judged.verdict || given.remark != judged.remark.trim())
}
