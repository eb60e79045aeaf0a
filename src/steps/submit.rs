//! 送件 and 送出審核: the accepted scan is bound to exactly this case and revision, in one transaction.

use crate::case::event::Event;
use crate::case::lifecycle;
use crate::case::refusal::{Refused, Why};
use crate::case::request::{Request, ScanFacts};
use crate::case::role::Actor;
use crate::case::state::State;
use crate::fault::{self, Point};
use crate::store::cases::{Bound, ScanId, Standing};
use crate::store::papers::{self, Scan};
use crate::store::supplements;

use super::office::Entry;
use super::{Dossier, Office, StepError};

/// What a case is submitted with.
#[derive(Clone, Copy)]
struct Handed<'a> {
    event: Event,
    scan: Option<&'a str>,
    confirmed_empty: bool,
}

impl Office {
    /// Submits a case with the scan that the applicant has looked at. `confirmed_empty`: the applicant says
    /// that the form is sealed although every box looks empty.
    ///
    /// # Errors
    /// [`StepError::Refused`] when state, revision or confirmation don't fit: of two submissions at the
    /// same moment, the second finds the case in 送件. A scan of another case is refused as an unknown one.
    pub async fn submit(
        &self,
        actor: &Actor,
        number: &str,
        scan_id: &str,
        confirmed_empty: bool,
    ) -> Result<(), StepError> {
        self.hand_in(actor, number, Handed { event: Event::Submit, scan: Some(scan_id), confirmed_empty })
            .await
    }

    /// 送出審核: submits a supplemented case again, with a new signed scan where something printed changed.
    ///
    /// # Errors
    /// [`StepError::Refused`] while an item is unanswered or the form wants a new print or scan, and for a scan of
    /// another case.
    pub async fn resubmit(
        &self,
        actor: &Actor,
        number: &str,
        scan_id: Option<&str>,
        confirmed_empty: bool,
    ) -> Result<(), StepError> {
        self.hand_in(actor, number, Handed { event: Event::Resubmit, scan: scan_id, confirmed_empty }).await
    }

    /// Hands a scan in that was looked at among many: 送出審核 in 補件, else 送件.
    ///
    /// # Errors
    /// As [`Self::submit`] and [`Self::resubmit`].
    pub async fn hand_in_scan(&self, actor: &Actor, number: &str, scan_id: &str) -> Result<(), StepError> {
        match self.dossier(actor, number).await?.state() {
            State::Supplement => self.resubmit(actor, number, Some(scan_id), false).await,
            _ => self.submit(actor, number, scan_id, false).await,
        }
    }

    async fn hand_in(&self, actor: &Actor, number: &str, handed: Handed<'_>) -> Result<(), StepError> {
        match self.hand_in_once(actor, number, handed).await {
            // The version moved between reading and writing: the second look tells why.
            Err(StepError::Conflict) => self.hand_in_once(actor, number, handed).await,
            outcome => outcome,
        }
    }

    async fn hand_in_once(&self, actor: &Actor, number: &str, handed: Handed<'_>) -> Result<(), StepError> {
        let Handed { event, scan, confirmed_empty } = handed;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let fresh = match scan {
            // The bound scan once more is no new one.
            Some(id) if event == Event::Resubmit && dossier.case.standing.scan() == Some(id) => None,
            Some(id) => match dossier.scans.iter().find(|scan| scan.id == id) {
                Some(scan) => Some(scan),
                None => return Err(unknown(&dossier, event, id, actor).into()),
            },
            None => None,
        };
        let facts = |scan: &Scan| ScanFacts {
            revision: scan.revision,
            all_empty: scan.all_empty,
            confirmed: confirmed_empty,
        };
        let request = Request { scan: fresh.map(facts), ..Request::new(event) };
        let mut facts = dossier.facts();
        if fresh.is_some() {
            // A new scan is judged by the newest print, not by the one whose scan is bound.
            facts.changed_since_print =
                dossier.changed_since_print().into_iter().map(|changed| changed.label).collect();
        }
        facts.unanswered = dossier.unanswered_with(fresh.map(|scan| scan.id.as_str()));
        let transition = lifecycle::apply(&facts, &request, actor)?;
        if let Some(why) = fresh.and_then(|scan| unfit(&dossier, scan)) {
            return Err(Refused { state: dossier.state(), event, why }.into());
        }
        let bound = fresh.or_else(|| dossier.bound_scan()).ok_or(StepError::NotFound)?;
        let standing = Standing::Bound(Bound::Submitted, ScanId(bound.id.clone()));
        self.write_case(&mut tx, &dossier, &standing).await?;
        if let Some(scan) = fresh {
            let now = self.world.now();
            papers::bind_scan(&mut tx, &scan.id, confirmed_empty && scan.all_empty, now).await?;
        }
        if event == Event::Resubmit {
            supplements::close(&mut tx, &dossier.case.id, self.world.now()).await?;
        }
        let entry = Entry {
            event,
            role: transition.role,
            from: Some(transition.from),
            to: transition.to,
            reason: &remark(&dossier, event, fresh),
            evidence: &dossier.evidence_with(bound),
        };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        fault::here(Point::SubmitWritten);
        tx.commit().await?;
        fault::here(Point::SubmitCommitted);
        tracing::info!(case = %number, digest = %bound.digest, %event, "case submitted");
        Ok(())
    }
}

/// The refusal of a scan that the case doesn't have; what else speaks against the step comes first.
fn unknown(dossier: &Dossier, event: Event, id: &str, actor: &Actor) -> Refused {
    match dossier.judge(&Request::new(event), actor) {
        Err(refused) if refused.why != Why::NoScan => refused,
        _ => Refused { state: dossier.state(), event, why: Why::UnknownScan(id.chars().take(64).collect()) },
    }
}

/// Why a scan can't be bound although it shows the newest print.
fn unfit(dossier: &Dossier, scan: &Scan) -> Option<Why> {
    if !dossier.scan_answers(scan) {
        return Some(Why::ReturnedScan);
    }
    let asked_for = dossier.state() != State::Supplement || dossier.takes_new_scan();
    (!asked_for).then(|| Why::NotReopened("簽核申請單".into()))
}

/// What the reviewer should know at once: how the scan was bound, and what the applicant said.
fn remark(dossier: &Dossier, event: Event, fresh: Option<&Scan>) -> String {
    let mut words = Vec::new();
    if fresh.is_some_and(|scan| scan.by_hand) {
        words.push("以核對碼綁定，需人工核對".to_owned());
    }
    if fresh.is_some_and(|scan| scan.all_empty) {
        words.push("核章欄看似空白，申請人確認已核章".to_owned());
    }
    if event == Event::Resubmit {
        let items = dossier.supplement().into_iter().flat_map(|supplement| &supplement.items);
        let said = items.filter(|item| !item.answer.trim().is_empty());
        words.extend(said.map(|item| format!("{}：{}", item.label, item.answer.trim())));
    }
    words.join("；")
}
