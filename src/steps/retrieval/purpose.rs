//! 調閱目的: said and traced before anything goes out. It opens one case's originals to one person for a while.

use crate::case::holder::{Archivist, Holder as _};
use crate::case::ids::Digest;
use crate::case::role::Actor;
use crate::case::validate::FieldError;
use crate::store::cases::{self, Scope};
use crate::store::retrievals::{self, Retrieval};
use crate::store::traces::Trace;

use super::{Original, originals};
use crate::steps::office::Origin;
use crate::steps::retrieve::Retrieved;
use crate::steps::{Dossier, Office, StepError};

/// How long a stated purpose holds: a working day's session.
pub const HOLDS: i64 = 8 * 60 * 60_000;
/// Code points of a purpose at most.
pub const LONGEST: usize = 200;
/// Code points of a purpose at least: a full stop says nothing.
const SHORTEST: usize = 4;

/// A purpose as it is kept.
///
/// # Errors
/// [`StepError::Invalid`] when next to nothing was said, or too much.
pub(super) fn checked(purpose: &str) -> Result<String, StepError> {
    let purpose: String = purpose.trim().chars().filter(|c| !c.is_control()).collect();
    let length = purpose.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(purpose);
    }
    let words = format!("請說明調閱目的，{SHORTEST} 至 {LONGEST} 個字，例如「法院 115 年度來函調閱」。");
    Err(StepError::Invalid(vec![FieldError { field: "purpose".into(), words }]))
}

impl Office {
    /// A case for 調閱, and the purpose that holds, if one was stated. Looking leaves a trace.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; when the database fails.
    pub async fn retrieval(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
    ) -> Result<(Dossier, Option<Retrieval>), StepError> {
        let dossier = self.dossier(who, number).await?;
        let held = self.stated(who, &dossier.case.id).await?;
        self.trace_view(who, origin, &dossier.case.id).await?;
        Ok((dossier, held))
    }

    /// States for what originals of this case are taken out.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::Invalid`] when next to nothing was said; when the database fails.
    pub async fn state_purpose(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
        purpose: &str,
    ) -> Result<(), StepError> {
        let dossier = self.dossier(who, number).await?;
        let purpose = checked(purpose)?;
        let now = self.world.now();
        let retrieval =
            Retrieval { id: self.world.new_id(), purpose: purpose.clone(), at: now, until: now + HOLDS };
        let mut tx = self.store.write().await?;
        retrievals::add(&mut tx, &who.id, &dossier.case.id, &retrieval).await?;
        let trace = Trace {
            person: Some(&who.id),
            action: "state-purpose",
            case: Some(&dossier.case.id),
            detail: &purpose,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an original out: traced with the purpose, then hashed, and only then sent.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::PurposeNeeded`] while no purpose holds; [`StepError::Archive`] when the
    /// original is missing or damaged.
    pub async fn take_out(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
        digest: &str,
    ) -> Result<Retrieved, StepError> {
        let (dossier, original) = self.original_of(who, number, digest).await?;
        let purpose = self.need_purpose(who, &dossier.case.id).await?;
        self.trace_of(who, origin, &dossier, &original, "retrieve-original", &purpose).await?;
        let bytes = u64::try_from(original.bytes).unwrap_or(0);
        let file = self.originals.open_verified(&original.digest, bytes).await?;
        let Original { file_name, kind, digest, .. } = original;
        Ok(Retrieved { original: file, file_name, kind, digest })
    }

    /// The original with this digest among those of a case.
    pub(super) async fn original_of(
        &self,
        who: &Archivist,
        number: &str,
        digest: &str,
    ) -> Result<(Dossier, Original), StepError> {
        let digest: Digest = digest.parse().map_err(|_| StepError::NotFound)?;
        let dossier = self.dossier(who, number).await?;
        let found = originals(&dossier).into_iter().find(|original| original.digest == digest);
        found.map(|original| (dossier, original)).ok_or(StepError::NotFound)
    }

    /// Keeps a trace of an original and what was done with it, with the stated purpose.
    pub(super) async fn trace_of(
        &self,
        who: &Archivist,
        origin: &Origin,
        dossier: &Dossier,
        original: &Original,
        action: &str,
        purpose: &str,
    ) -> Result<(), StepError> {
        let digest = original.digest.to_string();
        let trace = Trace {
            person: Some(&who.id),
            action,
            case: Some(&dossier.case.id),
            digest: Some(&digest),
            detail: purpose,
            ..Trace::default()
        };
        Ok(self.trace(origin, trace).await?)
    }

    async fn stated(&self, actor: &Actor, case: &str) -> Result<Option<Retrieval>, StepError> {
        let now = self.world.now();
        Ok(retrievals::open(&mut *self.store.read().await?, &actor.id, case, now).await?)
    }

    pub(super) async fn need_purpose(&self, who: &Archivist, case: &str) -> Result<String, StepError> {
        Ok(self.stated(who, case).await?.ok_or(StepError::PurposeNeeded)?.purpose)
    }

    /// What lets this person download from a case: nothing is needed of those who work on it; who sees it as an
    /// archivist alone has stated a purpose. Returns the purpose, empty where none is needed.
    pub(in crate::steps) async fn purpose_of_download(
        &self,
        actor: &Actor,
        dossier: &Dossier,
    ) -> Result<String, StepError> {
        let Some(archivist) = Archivist::of(actor) else { return Ok(String::new()) };
        let works = Scope { archived: false, ..Self::scope(actor) };
        let mut db = self.store.read().await?;
        let works_on_it = cases::find(&mut db, &dossier.case.number, &works).await?.is_some();
        drop(db);
        if works_on_it { Ok(String::new()) } else { self.need_purpose(&archivist, &dossier.case.id).await }
    }
}
