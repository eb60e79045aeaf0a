//! The dossier: a case with all its papers, read in one go and shown to whoever may see it.
//!
//! [`printed`]: what the record says, and said on paper; [`judged`]: the facts that the rules judge by; [`evidence`]: the
//! documents that the case rests on.

mod evidence;
mod judged;
mod printed;

use crate::case::event::Event;
use crate::case::record;
use crate::case::role::{Actor, Role};
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::state::State;
use crate::store::cases::{self, Case, Subject};
use crate::store::flow::{self, Evidence, FlowRow};
use crate::store::papers::{self, Attachment, Print, Scan};
use crate::store::phones::Photo;
use crate::store::records::{self, Record};
use crate::store::reviews::{self, Given};
use crate::store::staff::{self, Assigned, Closing};
use crate::store::supplements::{self, Correction, Supplement};
use crate::store::{Db, Tx};

use super::attach::DELETED;
use super::{Office, StepError};

/// A case with all its papers, as read in one go.
#[derive(Clone)]
pub struct Dossier {
    /// The case.
    pub case: Case,
    /// Its service item.
    pub service: ServiceSpec,
    /// Its subjects, deleted ones too.
    pub subjects: Vec<Subject>,
    /// Its attachments.
    pub attachments: Vec<Attachment>,
    /// Attachments that were deleted from it, whose originals are kept: for archivists alone.
    pub deleted_attachments: Vec<Attachment>,
    /// Its printed revisions, newest first.
    pub prints: Vec<Print>,
    /// Its scans, newest first, unbound ones too.
    pub scans: Vec<Scan>,
    /// Its flow, newest first.
    pub flow: Vec<FlowRow>,
    /// Verdicts of reviewers, oldest first.
    pub verdicts: Vec<Given>,
    /// 補件, newest first.
    pub supplements: Vec<Supplement>,
    /// 更正, oldest first.
    pub corrections: Vec<Correction>,
    /// Who serves it.
    pub staff: Vec<Assigned>,
    /// Proposals of closing, newest first.
    pub closings: Vec<Closing>,
    /// Service records, the newest session first. Confidential: pages ask [`Dossier::records_for`].
    pub records: Vec<Record>,
    /// The organisation's name, for the snapshot.
    organisation: String,
}

impl Office {
    /// The dossier of the case with this number, if the actor may see it.
    ///
    /// # Errors
    /// [`StepError::NotFound`], [`StepError::Disposed`], or a failure of the database.
    pub async fn dossier(&self, actor: &Actor, number: &str) -> Result<Dossier, StepError> {
        let mut db = self.store.read().await?;
        let case = cases::find(&mut db, number, &Self::scope(actor)).await?.ok_or(StepError::NotFound)?;
        self.insist_on(&mut db, &case).await?;
        let mut dossier = self.dossier_of(&mut db, case).await?;
        dossier.keep_from(actor);
        Ok(dossier)
    }

    /// The dossiers of the cases with these numbers, in their order, if the actor may see all of them.
    ///
    /// # Errors
    /// [`StepError::NotFound`], or a failure of the database.
    pub async fn dossiers(&self, actor: &Actor, numbers: &[&str]) -> Result<Vec<Dossier>, StepError> {
        let mut db = self.store.read().await?;
        let found = cases::find_all(&mut db, numbers, &Self::scope(actor)).await?;
        if found.len() != numbers.len() || found.iter().any(|case| case.disposed_at.is_some()) {
            return Err(StepError::NotFound);
        }
        let mut dossiers = self.dossiers_of(&mut db, found).await?;
        dossiers.iter_mut().for_each(|dossier| dossier.keep_from(actor));
        Ok(dossiers)
    }

    /// The same as [`Self::dossier`] inside a transaction, in which no other step changes the case.
    pub(super) async fn dossier_in(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        number: &str,
    ) -> Result<Dossier, StepError> {
        cases::lock(tx, number).await?;
        let case = cases::find(tx, number, &Self::scope(actor)).await?.ok_or(StepError::NotFound)?;
        self.insist_on(tx, &case).await?;
        self.dossier_of(tx, case).await
    }

    /// The dossier of a case that was read already.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn dossier_of(&self, db: &mut Db, case: Case) -> Result<Dossier, StepError> {
        self.dossiers_of(db, vec![case]).await?.pop().ok_or(StepError::NotFound)
    }

    /// The dossiers of several cases, in their order: one question for each kind of paper, however many they are.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn dossiers_of(&self, db: &mut Db, all: Vec<Case>) -> Result<Vec<Dossier>, StepError> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = all.iter().map(|case| case.id.as_str()).collect();
        let mut subjects = cases::subjects_of(db, &ids).await?;
        let mut attachments = papers::attachments_of(db, &ids).await?;
        let mut prints = papers::prints_of(db, &ids).await?;
        let mut scans = papers::scans_of(db, &ids).await?;
        let mut flow = flow::of_cases(db, &ids).await?;
        let mut verdicts = reviews::of_cases(db, &ids).await?;
        let mut supplements = supplements::of_cases(db, &ids).await?;
        let mut corrections = supplements::corrections_of(db, &ids).await?;
        let mut staff = staff::of_cases(db, &ids).await?;
        let mut closings = staff::closings_of(db, &ids).await?;
        let mut records = records::of_cases(db, &ids).await?;
        let dossiers = all.into_iter().map(|case| {
            let (there, gone) =
                attachments.take(&case.id).into_iter().partition(|one| one.deleted_at.is_none());
            Dossier {
                subjects: subjects.take(&case.id),
                attachments: there,
                deleted_attachments: gone,
                prints: prints.take(&case.id),
                scans: scans.take(&case.id),
                flow: flow.take(&case.id),
                verdicts: verdicts.take(&case.id),
                supplements: supplements.take(&case.id),
                corrections: corrections.take(&case.id),
                staff: staff.take(&case.id),
                closings: closings.take(&case.id),
                records: records.take(&case.id),
                organisation: self.organisation.clone(),
                service: self.service_to_show(&case),
                case,
            }
        });
        Ok(dossiers.collect())
    }
}
impl Dossier {
    /// Takes out what is said among the centre's own people, where somebody has no part in the case but the
    /// school's: other roles that they hold elsewhere change nothing. Archivists read the flow whole, because
    /// they answer for it; what professionals write they don't read either.
    pub fn keep_from(&mut self, actor: &Actor) {
        if self.works_on(actor) {
            return;
        }
        self.closings.clear();
        if actor.is(Role::Archivist) {
            return;
        }
        if !matches!(self.state(), State::Sealing | State::Supplement) {
            // A remark is a note to whoever decides, until 退回核章 or 補件 has told it.
            self.verdicts.iter_mut().for_each(|given| given.remark.clear());
            self.attachments.iter_mut().for_each(|attachment| attachment.remark.clear());
        }
        let internal =
            |event| matches!(event, Event::ProposeClosing | Event::SendClosingBack | Event::Reassign);
        for row in self.flow.iter_mut().filter(|row| internal(row.event)) {
            row.reason.clear();
        }
    }

    /// Whether this person is one of the centre's who work on this very case.
    fn works_on(&self, actor: &Actor) -> bool {
        let serves = self.staff.iter().any(|one| one.person_id == actor.id);
        record::may_read(actor, self.case.school.zone.as_deref(), serves)
    }

    /// Where the case stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.case.standing.state()
    }

    /// Insists that the case is still at the version that a page knew.
    pub(super) fn guard(&self, version: i64) -> Result<(), StepError> {
        if version == self.case.version { Ok(()) } else { Err(StepError::Conflict) }
    }

    /// The subject that isn't deleted.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.subjects.iter().find(|subject| !subject.deleted)
    }

    /// The newest printed revision.
    #[must_use]
    pub fn newest_print(&self) -> Option<&Print> {
        self.prints.first()
    }

    /// The bound scan.
    #[must_use]
    pub fn bound_scan(&self) -> Option<&Scan> {
        let id = self.case.standing.scan()?;
        self.scans.iter().find(|scan| scan.id == id)
    }

    /// Who deleted an attachment, by name, as the flow tells it; none where it doesn't.
    #[must_use]
    pub fn deleted_by(&self, attachment: &Attachment) -> Option<&str> {
        let at = attachment.deleted_at?;
        // The flow is told newest first; the row is written right after the attachment is marked.
        let row = self.flow.iter().rev().find(|row| {
            let same = |evidence: &Evidence| evidence.digest == attachment.digest;
            row.at >= at && row.reason == DELETED && row.evidence.iter().any(same)
        });
        row.map(|row| row.actor_name.as_str())
    }

    /// The photos behind its scans, each with its scan.
    pub fn photos(&self) -> impl Iterator<Item = (&Scan, &Photo)> {
        self.scans.iter().flat_map(|scan| scan.photos.iter().map(move |photo| (scan, photo)))
    }

    /// The print that the bound scan shows.
    #[must_use]
    pub fn bound_print(&self) -> Option<&Print> {
        let scan = self.bound_scan()?;
        self.prints.iter().find(|print| print.id == scan.print_id)
    }

    /// The proposal of closing that waits for a decision.
    #[must_use]
    pub fn closing(&self) -> Option<&Closing> {
        self.closings.iter().find(|closing| closing.open)
    }

    /// The service records, for those who may read them.
    #[must_use]
    pub fn records_for(&self, actor: &Actor) -> Option<&[Record]> {
        self.works_on(actor).then_some(self.records.as_slice())
    }

    /// Whether the service item is about a child at all.
    #[must_use]
    pub fn takes_subject(&self) -> bool {
        self.service.subject != SubjectNeed::None
    }

    /// What a keyword finds: number, school, applicant, content and subject, in small letters.
    #[must_use]
    pub fn keywords(&self) -> String {
        keywords(&self.case, self.subject())
    }
}

/// What a keyword finds, in small letters.
pub(super) fn keywords(case: &Case, subject: Option<&Subject>) -> String {
    let answers = subject.map(|subject| &subject.answers);
    crate::case::keywords::keywords(
        &case.number,
        &case.school.name,
        &case.applicant_name,
        &case.content,
        answers,
    )
}
