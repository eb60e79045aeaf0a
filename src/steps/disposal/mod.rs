//! 銷毀: what has come to the end of its period and isn't held is destroyed, when one archivist proposes it and another
//! one approves.
//!
//! In one transaction the case is emptied, its files are let go of and the certificate is registered; the files go
//! afterwards ([`remove`]), so that a crash leaves a row that is gone on with and never a case without its files. A file
//! that another case holds too stays until the last of them goes; a stack has pages of all its cases and goes with the first,
//! unless another one is held, for which the disposal waits. What stays of a case are its number, the kinds and
//! times of its events, digests, and who proposed and approved. A [`ledger`] outside of the database lets a restore from
//! an older backup dispose again ([`replay`]); stacks in which no case was found fall away by a rule.

mod approve;
mod certificate;
mod gone;
pub mod ledger;
mod list;
mod pictures;
pub mod remove;
pub mod replay;
mod stacks;

use crate::case::holder::Archivist;
use crate::case::notify::Topic;
use crate::case::validate::FieldError;
use crate::store::cases;
use crate::store::disposals::{self, Disposal, Held, Outcome, Proposal};
use crate::store::notices::{self, About};
use crate::store::retention;
use crate::store::traces::Trace;
use crate::store::{StoreError, Tx};

pub use certificate::{file_label, kind_label};
pub use gone::Gone;
pub use list::Listed;
pub use stacks::Unclaimed;

use super::notify::{Moved, News};
use super::office::Origin;
use super::retention::Kept;
use super::words::reason as checked;
use super::{Office, StepError};

/// Why nothing is disposed of, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisposalRefused {
    /// The period isn't over, or the case hasn't ended.
    #[error("the case isn't at the end of its period")]
    NotDue,
    /// A hold is in effect.
    #[error("the case is held")]
    Held,
    /// A hold is in effect at another case of a stack that has pages of this one, and would go with it.
    #[error("another case of a stack that would go with it is held")]
    StackHeld,
    /// A proposal waits already.
    #[error("a disposal of the case is proposed already")]
    Proposed,
    /// Nobody approves the own proposal.
    #[error("the proposal is their own")]
    Own,
    /// The proposal was decided meanwhile.
    #[error("the proposal doesn't wait any more")]
    Decided,
}

impl DisposalRefused {
    /// For the person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotDue => "這個案件尚未屆滿保存年限，不能銷毀。",
            Self::Held => "這個案件在法律保留中，解除以前不能銷毀。",
            Self::StackHeld => {
                "整疊上傳的掃描檔含有這個案件的頁面，必須一併銷毀；同一疊還有案件在法律保留中，解除以前不能銷毀。"
            }
            Self::Proposed => "這個案件已經提請銷毀，等待另一位檔案管理人員核准。",
            Self::Own => "這是您自己提請的銷毀，必須由另一位檔案管理人員核准。",
            Self::Decided => "這件提請已經核准、不核准或撤回，沒有再做任何事。",
        }
    }

    /// A stable name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDue => "not-due",
            Self::Held => "held",
            Self::StackHeld => "stack-held",
            Self::Proposed => "already-proposed",
            Self::Own => "own-proposal",
            Self::Decided => "already-decided",
        }
    }
}

/// A proposal, or what came of it, with everything that somebody looks at before it is decided.
#[derive(Clone, Debug)]
pub struct Look {
    /// The disposal.
    pub disposal: Disposal,
    /// The service item's title.
    pub service: String,
    /// What the case holds, or held.
    pub files: Vec<Held>,
    /// Why it can't be approved now; none: it can.
    pub hindrance: Option<DisposalRefused>,
}

impl Office {
    /// 提請銷毀 of the case with this number, of which the other archivists are told.
    ///
    /// # Errors
    /// [`StepError::Disposal`] where it isn't due, is held or proposed already; [`StepError::NotFound`].
    pub async fn propose_disposal(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
    ) -> Result<String, StepError> {
        let mut tx = self.store.write().await?;
        cases::lock(&mut tx, number).await?;
        let kept = self.due_case(&mut tx, number).await?;
        let id = self.world.new_id();
        let proposal = Proposal {
            id: &id,
            case: &kept.case.id,
            kind: &kept.kind,
            years: kept.years,
            kept_until: kept.until,
            by: &who.id,
            at: self.world.now(),
        };
        match disposals::propose(&mut tx, &proposal).await {
            Err(error) if error.is_taken() => return Err(DisposalRefused::Proposed.into()),
            other => other?,
        }
        let trace = Trace {
            person: Some(&who.id),
            action: "propose-disposal",
            case: Some(&kept.case.id),
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        let (about, topic, by) = (About::Case(&kept.case.id), Topic::Disposal, Some(who.id.as_str()));
        self.tell(&mut tx, News { about, topic, by, moved: Moved::default(), at: proposal.at }).await?;
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(case = %number, "a disposal was proposed");
        Ok(id)
    }

    /// 不核准, or 撤回 of the own proposal.
    ///
    /// # Errors
    /// [`StepError::Invalid`] without a reason, [`StepError::Disposal`] where it was decided meanwhile,
    /// [`StepError::NotFound`].
    pub async fn refuse_disposal(
        &self,
        who: &Archivist,
        origin: &Origin,
        id: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        let reason = checked(reason)?;
        if reason.is_empty() {
            let words = "請填寫原因。".into();
            return Err(StepError::Invalid(vec![FieldError { field: "reason".into(), words }]));
        }
        let mut tx = self.store.write().await?;
        let found = disposals::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if !disposals::refuse(&mut tx, id, &who.id, self.world.now(), &reason).await? {
            return Err(DisposalRefused::Decided.into());
        }
        let trace = Trace {
            person: Some(&who.id),
            action: "refuse-disposal",
            case: Some(&found.case_id),
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(case = %found.number, "a disposal was turned down");
        Ok(())
    }

    /// A proposal or a disposal, with the files; looking leaves a trace, and reads what was told of it.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; when the database fails.
    pub async fn look_at_disposal(
        &self,
        who: &Archivist,
        origin: &Origin,
        id: &str,
    ) -> Result<Look, StepError> {
        let mut tx = self.store.write().await?;
        let disposal = disposals::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        let files = match disposal.outcome {
            Outcome::Approved => disposals::files(&mut tx, id).await?,
            Outcome::Open => disposals::held(&mut tx, &disposal.case_id).await?,
            Outcome::Refused => return Err(StepError::NotFound),
        };
        let hindrance = match disposal.outcome {
            Outcome::Open if disposal.proposed_by == who.id => Some(DisposalRefused::Own),
            Outcome::Open => match self.due_case(&mut tx, &disposal.number).await {
                Ok(_) => None,
                Err(StepError::Disposal(refused)) => Some(refused),
                Err(other) => return Err(other),
            },
            _ => Some(DisposalRefused::Decided),
        };
        let trace = Trace {
            person: Some(&who.id),
            action: "view-disposal",
            case: Some(&disposal.case_id),
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        notices::read_case(&mut tx, &who.id, &disposal.case_id, self.world.now()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Look { service: self.service_title(&disposal.service), disposal, files, hindrance })
    }

    /// The case with this number, if it may be disposed of now. The caller holds it.
    async fn due_case(&self, tx: &mut Tx, number: &str) -> Result<Kept, StepError> {
        let periods = retention::periods(tx).await?;
        let case = retention::ended_case(tx, number.trim()).await?;
        let Some(case) = case else {
            // One that is gone, open, or was never there.
            let all = cases::Scope { all: true, ..cases::Scope::default() };
            let known = cases::find(tx, number.trim(), &all).await?.is_some();
            return Err(if known { DisposalRefused::NotDue.into() } else { StepError::NotFound });
        };
        let kept = self.kept(case, &periods, self.today());
        match (kept.due, kept.case.held) {
            (false, _) => Err(DisposalRefused::NotDue.into()),
            (true, true) => Err(DisposalRefused::Held.into()),
            (true, false) if disposals::is_held_by_stack(tx, &kept.case.id).await? => {
                Err(DisposalRefused::StackHeld.into())
            }
            (true, false) => Ok(kept),
        }
    }

    /// What people call a service item, whether or not its form is there still.
    pub(super) fn service_title(&self, id: &str) -> String {
        self.printer.templates().spec_to_show(id).map_or_else(|| id.to_owned(), |spec| spec.title.clone())
    }
}
