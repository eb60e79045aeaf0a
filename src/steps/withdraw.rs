//! 撤案: the applicant takes a case back before it is submitted, with a reason.

use crate::case::event::Event;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::store::cases::{ScanId, Standing};

use super::office::Entry;
use super::{Office, StepError};

impl Office {
    /// Withdraws a case.
    ///
    /// # Errors
    /// [`StepError::Refused`] in other states or without a reason.
    pub async fn withdraw(&self, actor: &Actor, number: &str, reason: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let transition = dossier.judge(&Request::new(Event::Withdraw).because(reason), actor)?;
        let scan = dossier.case.standing.scan().map(|scan| ScanId(scan.to_owned()));
        self.write_case(&mut tx, &dossier, &Standing::Withdrawn(scan)).await?;
        let (from, to) = (Some(transition.from), transition.to);
        let entry = Entry { event: Event::Withdraw, from, to, reason: reason.trim(), evidence: &[] };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, "case withdrawn");
        Ok(())
    }
}
