//! 調閱 of a whole stack: its file is no case's own and has pages of many, so it goes to archivists alone, for a purpose of
//! its own that stands among the traces of every case in it.

use crate::case::holder::Archivist;
use crate::case::ids::Digest;
use crate::store::Tx;
use crate::store::list::{self, Key};
use crate::store::retrievals::Retrieval;
use crate::store::stacks::{self, CutFrom, Known, Stack};
use crate::store::traces::Trace;

use super::purpose::{HOLDS, checked};
use super::{Search, digits};
use crate::steps::office::Origin;
use crate::steps::retrieve::Retrieved;
use crate::steps::{Dossier, Office, StepError};

/// Stacks that are found at most.
const MOST: usize = 20;

/// A stack as an archivist meets it.
#[derive(Clone, Debug)]
pub struct KeptStack {
    /// The stack.
    pub stack: Stack,
    /// Numbers of the cases in it that this person may see.
    pub cases: Vec<String>,
    /// The purpose that holds, if one was stated.
    pub stated: Option<Retrieval>,
}

impl Office {
    /// The stacks that fit, where nothing is looked for but what a stack has: digest, name and day.
    pub(super) async fn find_stacks(&self, search: &Search) -> Result<Vec<Stack>, StepError> {
        let of_cases = [&search.number, &search.code, &search.school, &search.subject];
        if of_cases.iter().any(|sought| !sought.trim().is_empty()) {
            return Ok(Vec::new());
        }
        let digits = digits(&search.digest).unwrap_or_default();
        let known =
            Known { digits: &digits, name: search.file.trim(), from: search.from, before: search.before };
        Ok(stacks::known_by(&mut *self.store.read().await?, &known, MOST).await?)
    }

    /// The stacks that the scans of a case were cut out of, by digest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cut_from(&self, dossier: &Dossier) -> Result<Vec<CutFrom>, StepError> {
        Ok(stacks::cut_from(&mut *self.store.read().await?, &dossier.case.id).await?)
    }

    /// A stack for 調閱. Looking leaves a trace with the cases that are named.
    ///
    /// # Errors
    /// [`StepError::NotFound`], also where its file is gone; when the database fails.
    pub async fn kept_stack(
        &self,
        who: &Archivist,
        origin: &Origin,
        digest: &str,
    ) -> Result<KeptStack, StepError> {
        let stack = self.stack_with(digest).await?;
        let mut db = self.store.read().await?;
        let stated = stacks::stated_purpose(&mut db, &who.id, &stack.digest, self.world.now()).await?;
        let all = stacks::cases_in(&mut db, &stack.digest).await?;
        let keys: Vec<Key> = all.into_iter().map(|id| Key { at: 0, id }).collect();
        let mut cases: Vec<String> =
            list::at(&mut db, &Self::scope(who), &keys).await?.into_iter().map(|case| case.number).collect();
        drop(db);
        cases.sort();
        let numbers: Vec<&str> = cases.iter().map(String::as_str).collect();
        let digest = stack.digest.to_string();
        let trace = Trace {
            person: Some(&who.id),
            action: "view-stack",
            numbers: &numbers,
            digest: Some(&digest),
            detail: &stack.id,
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        Ok(KeptStack { stack, cases, stated })
    }

    /// States for what a stack's file is taken out.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::Invalid`] when next to nothing was said; when the database fails.
    pub async fn state_purpose_of_stack(
        &self,
        who: &Archivist,
        origin: &Origin,
        digest: &str,
        purpose: &str,
    ) -> Result<(), StepError> {
        let stack = self.stack_with(digest).await?;
        let purpose = checked(purpose)?;
        let now = self.world.now();
        let retrieval =
            Retrieval { id: self.world.new_id(), purpose: purpose.clone(), at: now, until: now + HOLDS };
        let mut tx = self.store.write().await?;
        stacks::state_purpose(&mut tx, &who.id, &stack.digest, &retrieval).await?;
        let trace = Trace { action: "state-purpose", detail: &purpose, ..Trace::default() };
        self.trace_stack(&mut tx, who, origin, &stack.digest, trace).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a stack's file out: traced with the purpose at every case in it, then hashed, and only then sent.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::PurposeNeeded`] while no purpose holds; [`StepError::Archive`] when the
    /// file is missing or damaged.
    pub async fn take_out_stack(
        &self,
        who: &Archivist,
        origin: &Origin,
        digest: &str,
    ) -> Result<Retrieved, StepError> {
        let stack = self.stack_with(digest).await?;
        let mut tx = self.store.write().await?;
        let stated = stacks::stated_purpose(&mut tx, &who.id, &stack.digest, self.world.now()).await?;
        let purpose = stated.ok_or(StepError::PurposeNeeded)?.purpose;
        let trace = Trace { action: "retrieve-stack", detail: &purpose, ..Trace::default() };
        self.trace_stack(&mut tx, who, origin, &stack.digest, trace).await?;
        tx.commit().await?;
        let bytes = u64::try_from(stack.bytes).unwrap_or(0);
        let original = self.originals.open_verified(&stack.digest, bytes).await?;
        // The name went with a case that was disposed of, where the same file stays for another reason.
        let named = !stack.file_name.is_empty();
        let file_name =
            if named { stack.file_name } else { format!("整疊掃描檔-{}.pdf", stack.digest.short()) };
        Ok(Retrieved { original, file_name, kind: "application/pdf".into(), digest: stack.digest })
    }

    async fn stack_with(&self, digest: &str) -> Result<Stack, StepError> {
        let digest: Digest = digest.parse().map_err(|_| StepError::NotFound)?;
        let found = stacks::by_digest(&mut *self.store.read().await?, &digest).await?;
        found.ok_or(StepError::NotFound)
    }

    /// Keeps a trace at each case in the file, so that what was said goes with the case; without a case, one.
    async fn trace_stack(
        &self,
        tx: &mut Tx,
        who: &Archivist,
        origin: &Origin,
        digest: &Digest,
        trace: Trace<'_>,
    ) -> Result<(), StepError> {
        let cases = stacks::cases_in(tx, digest).await?;
        let digest = digest.to_string();
        let trace = Trace { person: Some(&who.id), digest: Some(&digest), ..trace };
        for case in &cases {
            self.trace_in(tx, origin, Trace { case: Some(case), ..trace.clone() }).await?;
        }
        if cases.is_empty() {
            // For what stands beside the stack alone, and falls away with it.
            self.trace_in(tx, origin, Trace { detail: "", ..trace }).await?;
        }
        Ok(())
    }
}
