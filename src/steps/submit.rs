//! 送件: the accepted scan is bound to exactly this case and revision, in one transaction.

use crate::case::event::Event;
use crate::case::request::{Request, ScanFacts};
use crate::case::role::Actor;
use crate::store::cases::{Bound, ScanId, Standing};
use crate::store::flow::Evidence;
use crate::store::papers;

use super::office::Entry;
use super::{Office, StepError};

impl Office {
    /// Submits a case with the scan that the applicant has looked at. `confirmed_empty`: the applicant says
    /// that the form is sealed although every box looks empty.
    ///
    /// # Errors
    /// [`StepError::Refused`] when state, revision or confirmation don't fit: of two submissions at the
    /// same moment, the second finds the case in 送件. [`StepError::NotFound`] for a scan of another case.
    pub async fn submit(
        &self,
        actor: &Actor,
        number: &str,
        scan_id: &str,
        confirmed_empty: bool,
    ) -> Result<(), StepError> {
        match self.submit_once(actor, number, scan_id, confirmed_empty).await {
            // The version moved between reading and writing: the second look tells why.
            Err(StepError::Conflict) => self.submit_once(actor, number, scan_id, confirmed_empty).await,
            outcome => outcome,
        }
    }

    async fn submit_once(
        &self,
        actor: &Actor,
        number: &str,
        scan_id: &str,
        confirmed_empty: bool,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        let scan = dossier.scans.iter().find(|scan| scan.id == scan_id).ok_or(StepError::NotFound)?;
        let request = Request {
            scan: Some(ScanFacts {
                revision: scan.revision,
                all_empty: scan.all_empty,
                confirmed: confirmed_empty,
            }),
            ..Request::new(Event::Submit)
        };
        let transition = dossier.judge(&request, actor)?;
        let standing = Standing::Bound(Bound::Submitted, ScanId(scan.id.clone()));
        self.write_case(&mut tx, &dossier, &standing).await?;
        papers::bind_scan(&mut tx, &scan.id, confirmed_empty && scan.all_empty, self.world.now()).await?;
        let mut evidence =
            vec![Evidence { kind: "scan".into(), revision: Some(scan.revision.get()), digest: scan.digest }];
        if let Some(print) = dossier.newest_print() {
            let revision = Some(print.revision.get());
            evidence.push(Evidence { kind: "print".into(), revision, digest: print.digest });
        }
        evidence.extend(dossier.attachments.iter().map(|a| Evidence {
            kind: "attachment".into(),
            revision: None,
            digest: a.digest,
        }));
        let reason = match (scan.by_hand, scan.all_empty) {
            (true, _) => "以核對碼綁定，需人工核對",
            (false, true) => "核章欄看似空白，申請人確認已核章",
            (false, false) => "",
        };
        let (from, to) = (Some(transition.from), transition.to);
        let entry = Entry { event: Event::Submit, from, to, reason, evidence: &evidence };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, digest = %scan.digest, "case submitted");
        Ok(())
    }
}
