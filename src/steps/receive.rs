//! 收件, 退回核章 and 不開案: how a case manager ends a review.

use crate::case::event::Event;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::state::State;
use crate::fault::{self, Point};
use crate::store::Tx;
use crate::store::cases::{ScanId, Standing};
use crate::store::supplements;

use super::office::Entry;
use super::words::reason as checked;
use super::{Dossier, Office, StepError};

impl Office {
    /// 收件: everything was found good.
    ///
    /// # Errors
    /// [`StepError::Refused`] while an attachment or the form isn't 已核閱; [`StepError::Conflict`] when the
    /// case was changed meanwhile.
    pub async fn receive(&self, actor: &Actor, number: &str, version: i64) -> Result<(), StepError> {
        self.move_on(actor, number, version, &Request::new(Event::Receive)).await
    }

    /// 退回核章: the form must be sealed and scanned again.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a reason, [`StepError::Conflict`].
    pub async fn send_back(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: &str,
    ) -> Result<(), StepError> {
        self.move_on(actor, number, version, &Request::new(Event::Return).because(&checked(reason)?)).await
    }

    /// 不開案.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a reason, [`StepError::Conflict`].
    pub async fn decline(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: &str,
    ) -> Result<(), StepError> {
        self.move_on(actor, number, version, &Request::new(Event::Decline).because(&checked(reason)?)).await
    }

    /// An event that changes nothing but the state, with its reason in the flow.
    pub(super) async fn move_on(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        request: &Request,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let transition = match dossier.judge(request, actor) {
            Err(_) if is_second_click(&dossier, actor, version, request) => return Ok(()),
            judged => judged?,
        };
        dossier.guard(version)?;
        self.move_case(&mut tx, &dossier, transition.to).await?;
        let reason = request.reason.as_deref().unwrap_or_default().trim();
        let (from, to) = (Some(transition.from), transition.to);
        let evidence = dossier.evidence();
        let role = transition.role;
        let entry = Entry { event: request.event, role, from, to, reason, evidence: &evidence };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        fault::here(Point::MoveWritten);
        tx.commit().await?;
        fault::here(Point::MoveCommitted);
        tracing::info!(case = %number, event = %request.event, state = %to, "case moved on");
        Ok(())
    }

    /// Writes the case in its next state; the bound scan stays bound where the state rests on one.
    pub(super) async fn move_case(&self, tx: &mut Tx, dossier: &Dossier, to: State) -> Result<(), StepError> {
        let scan = dossier.case.standing.scan().map(str::to_owned);
        let standing = match to {
            State::Withdrawn => Standing::Withdrawn(scan.map(ScanId)),
            _ => Standing::of(to, scan).ok_or(StepError::NotFound)?,
        };
        if dossier.state() == State::Supplement && to != State::Supplement {
            supplements::close(tx, &dossier.case.id, self.world.now()).await?;
        }
        self.write_case(tx, dossier, &standing).await
    }
}

/// Whether the same press of a button has done it already: the newest event is this one, by this person and for
/// this reason, and nothing has happened since the page was opened but that. Another reason was said elsewhere
/// and isn't kept, so that it is refused.
pub(super) fn is_second_click(dossier: &Dossier, actor: &Actor, version: i64, request: &Request) -> bool {
    let said = |kept: &str| request.reason.as_deref().is_none_or(|reason| reason.trim() == kept);
    dossier.case.version == version + 1
        && dossier
            .flow
            .first()
            .is_some_and(|row| row.event == request.event && row.actor_id == actor.id && said(&row.reason))
}
