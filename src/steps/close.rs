//! 結案: a professional proposes, a supervisor approves or sends back; a closed case can be reopened.

use crate::case::event::Event;
use crate::case::refusal::{Refused, Why};
use crate::case::request::{ClosingReason, Request};
use crate::case::role::Actor;
use crate::store::staff::{self, NewClosing};

use super::office::Entry;
use super::receive::is_second_click;
use super::words::{free_text, reason as checked};
use super::{Office, StepError};

/// The most code points of a closing summary.
const SUMMARY: usize = 4000;

/// A closing reason as the flow says it.
fn words(reason: ClosingReason, detail: &str) -> String {
    if detail.is_empty() { reason.label().to_owned() } else { format!("{}：{detail}", reason.label()) }
}

impl Office {
    /// 申請結案. `detail` is the text of 其他.
    ///
    /// # Errors
    /// [`StepError::Refused`] without reason or summary, or while a proposal waits already;
    /// [`StepError::Invalid`] for texts that are too long; [`StepError::Conflict`].
    pub async fn propose_closing(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: Option<ClosingReason>,
        detail: &str,
        summary: &str,
    ) -> Result<(), StepError> {
        let detail = &checked(detail)?;
        let summary = &free_text("summary", "結案摘要", summary, SUMMARY)?;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let request = Request {
            closing: reason,
            summary: Some(summary.to_owned()),
            ..Request::new(Event::ProposeClosing).because(detail)
        };
        let transition = dossier.judge(&request, actor)?;
        if let Some(open) = dossier.closing() {
            let said = (Some(open.reason), &open.detail, &open.summary);
            if open.proposed_by == actor.id && said == (reason, detail, summary) {
                // The second click of a double click.
                return Ok(());
            }
            let why = Why::AlreadyProposed;
            return Err(Refused { state: dossier.state(), event: Event::ProposeClosing, why }.into());
        }
        let reason = reason.ok_or(StepError::NotFound)?;
        dossier.guard(version)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let new = NewClosing {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            reason,
            detail,
            summary,
            by: &actor.id,
            at: self.world.now(),
        };
        staff::propose(&mut tx, &new).await?;
        let words = words(reason, detail);
        let (from, to) = (Some(transition.from), transition.to);
        let role = transition.role;
        let entry = Entry { event: Event::ProposeClosing, role, from, to, reason: &words, evidence: &[] };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, "closing proposed");
        Ok(())
    }

    /// 結案: the supervisor approves the proposal.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a proposal by somebody else, [`StepError::Conflict`].
    pub async fn close_case(&self, actor: &Actor, number: &str, version: i64) -> Result<(), StepError> {
        self.decide_closing(actor, number, version, Request::new(Event::Close)).await
    }

    /// 退回結案申請: the supervisor wants something done first.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a proposal or a reason, [`StepError::Conflict`].
    pub async fn send_closing_back(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: &str,
    ) -> Result<(), StepError> {
        let request = Request::new(Event::SendClosingBack).because(&checked(reason)?);
        self.decide_closing(actor, number, version, request).await
    }

    async fn decide_closing(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        request: Request,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let transition = match dossier.judge(&request, actor) {
            Err(_) if is_second_click(&dossier, actor, version, &request) => return Ok(()),
            judged => judged?,
        };
        dossier.guard(version)?;
        let closing = dossier.closing().ok_or(StepError::NotFound)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let approved = request.event == Event::Close;
        let remark = request.reason.as_deref().unwrap_or_default().trim();
        let now = self.world.now();
        staff::decide(&mut tx, &dossier.case.id, approved, &actor.id, remark, now).await?;
        let words = if approved { words(closing.reason, &closing.detail) } else { remark.to_owned() };
        let (from, to) = (Some(transition.from), transition.to);
        let role = transition.role;
        let entry = Entry { event: request.event, role, from, to, reason: &words, evidence: &[] };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, event = %request.event, "closing decided");
        Ok(())
    }

    /// 重新開案: `people` serve the case from now on; where none are named, those who served it and still can.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a reason, or where nobody is left to serve the case;
    /// [`StepError::NotFound`] for somebody who can't be chosen, [`StepError::Conflict`].
    pub async fn reopen(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        people: &[String],
        reason: &str,
    ) -> Result<(), StepError> {
        self.staff_case(Event::Reopen, actor, number, version, people, reason).await
    }
}
