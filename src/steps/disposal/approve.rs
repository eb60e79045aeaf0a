//! 核准銷毀: judged anew, emptied, let go of and certified in one transaction.

use crate::case::fields::Values;
use crate::case::holder::Archivist;
use crate::case::subject;
use crate::custody::erased::Erased;
use crate::fault::{self, Point};
use crate::store::cases::{self, Subject};
use crate::store::disposals::{self, Held, Outcome};
use crate::store::documents::Document;
use crate::store::traces::Trace;
use crate::store::{StoreError, Tx};

use crate::steps::office::Origin;
use crate::steps::{Office, StepError};

use super::DisposalRefused;

/// Fields about the subject by which somebody may have kept a filter.
const SOUGHT_BY: [&str; 5] = ["name", "roman", "id_number", "parent", "mobile"];

impl Office {
    /// Approves somebody else's proposal. Once this returns, the case is gone; its files go at once, or with the next
    /// round of the job.
    ///
    /// # Errors
    /// [`StepError::Disposal`]: the own proposal, one that was decided meanwhile, a hold that was placed since, or a
    /// period that isn't over any more. When the certificate can't be printed or kept, nothing was done.
    pub async fn approve_disposal(
        &self,
        who: &Archivist,
        origin: &Origin,
        id: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let proposal = disposals::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        let number = proposal.number.clone();
        // Whoever places a hold or takes another step at this case waits here, or has been waited for.
        cases::lock(&mut tx, &number).await?;
        let proposal = disposals::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if proposal.outcome != Outcome::Open {
            return Err(DisposalRefused::Decided.into());
        }
        if proposal.proposed_by == who.id {
            return Err(DisposalRefused::Own.into());
        }
        let kept = self.due_case(&mut tx, &number).await?;
        let (case, now) = (kept.case.id.clone(), self.world.now());
        disposals::lock_documents(&mut tx, &case).await?;
        // Whoever places a hold at another case of a stack holds the stack as well: now it is known.
        if disposals::is_held_by_stack(&mut tx, &case).await? {
            return Err(DisposalRefused::StackHeld.into());
        }
        let files = self.with_times(disposals::held(&mut tx, &case).await?).await?;

        let values = self.certificate_values(&proposal, &kept, &files, (&who.name, now));
        let certificate = self.print_certificate(values, id, now).await?;
        let stored = self.originals.put_bytes(&certificate).await?;
        let bytes = i64::try_from(stored.bytes).unwrap_or(i64::MAX);
        let document = Document { digest: stored.digest, bytes, kind: "application/pdf".into() };
        self.hold_original(&mut tx, &document).await?;
        let rule = (kept.years, kept.until);
        if !disposals::approve(&mut tx, (id, &who.id), now, rule, &stored.digest).await? {
            return Err(DisposalRefused::Decided.into());
        }
        let erased = self.empty(&mut tx, &case, &number, (id, &files), now).await?.text();
        let digest = stored.digest.to_string();
        let trace = Trace {
            person: Some(&who.id),
            action: "approve-disposal",
            case: Some(&case),
            digest: Some(&digest),
            detail: &erased,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        fault::here(Point::DisposalWritten);
        tx.commit().await.map_err(StoreError::from)?;
        fault::here(Point::DisposalCommitted);
        tracing::info!(case = %number, files = files.len(), "a case was disposed of");
        Ok(())
    }

    /// Lets go of the files of a case and erases its words. Returns what the trace of it tells: the rows of the custody
    /// chain whose words went.
    pub(super) async fn empty(
        &self,
        tx: &mut Tx,
        case: &str,
        number: &str,
        (disposal, files): (&str, &[(Held, i64)]),
        at: i64,
    ) -> Result<Erased, StepError> {
        disposals::add_files(tx, disposal, files, at).await?;
        let subjects = cases::subjects(tx, case).await?;
        forget_filters(tx, &subjects).await?;
        Ok(disposals::erase(tx, (case, number), at).await?)
    }

    /// Each file with its own time, by which the removal sees whether somebody has put the same file again.
    pub(super) async fn with_times(&self, files: Vec<Held>) -> Result<Vec<(Held, i64)>, StepError> {
        let mut timed = Vec::with_capacity(files.len());
        for file in files {
            let changed_at = self.originals.changed_at(&file.digest).await?.unwrap_or(0);
            timed.push((file, changed_at));
        }
        Ok(timed)
    }
}

/// Saved filters that look for the child.
async fn forget_filters(tx: &mut Tx, subjects: &[Subject]) -> Result<(), StoreError> {
    let sought =
        |answers: &Values| SOUGHT_BY.map(|field| subject::text(answers, field).trim().to_owned()).into_iter();
    let words: Vec<String> =
        subjects.iter().flat_map(|one| sought(&one.answers)).filter(|word| !word.is_empty()).collect();
    disposals::forget_filters(tx, &words).await
}
