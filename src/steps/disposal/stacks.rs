//! Stacks in which no case was found: they belong to no case, so nobody can propose their disposal. They fall away by a
//! rule instead, as a file does that was refused: when no page of one was given to a case for as long as the period says.

use jiff::ToSpan as _;

use crate::case::ids::Digest;
use crate::store::traces::Trace;
use crate::store::{StoreError, disposals, retention, stacks};

use crate::steps::office::Origin;
use crate::steps::{Office, StepError};

use super::remove::Round;

/// Stacks that are looked at in one round.
const BATCH: i64 = 100;
/// What is taken where somebody has deleted the period.
const LONGEST: i64 = 100;

/// What the page says of such stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    /// How long one is kept, in years.
    pub years: i64,
    /// How many there are.
    pub count: i64,
}

impl Office {
    /// Such stacks, and how long they are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::steps) async fn unclaimed_stacks(&self) -> Result<Unclaimed, StepError> {
        let mut db = self.store.read().await?;
        let years = retention::years_of_stacks(&mut db).await?.unwrap_or(LONGEST);
        Ok(Unclaimed { years, count: stacks::count_without_case(&mut db).await? })
    }

    /// Lets those go whose time is over, as far as nothing fails. Their files go with the others that are to be removed.
    ///
    /// # Errors
    /// When the database can't be asked for them.
    pub(super) async fn let_stacks_go(&self, round: &mut Round) -> Result<(), StepError> {
        let mut db = self.store.read().await?;
        let years = retention::years_of_stacks(&mut db).await?.unwrap_or(LONGEST);
        let before = self.begin_of(self.today().saturating_sub(years.years()));
        drop(db);
        // Past those that fail, which stay where they are.
        let (mut after, mut last) = (i64::MIN, String::new());
        loop {
            let mut db = self.store.read().await?;
            let due = stacks::without_case(&mut db, before, (after, &last), BATCH).await?;
            drop(db);
            let Some((at, id, _)) = due.last() else { return Ok(()) };
            (after, last) = (*at, id.clone());
            for (_, id, digest) in due {
                match self.let_stack_go(&id, &digest).await {
                    Ok(went) => round.fallen += u64::from(went),
                    Err(error) => round.failed(&digest, error),
                }
            }
        }
    }

    /// False: a case was found in it since, or it went already.
    async fn let_stack_go(&self, id: &str, digest: &Digest) -> Result<bool, StepError> {
        let mut tx = self.store.write().await?;
        // Whoever registers the file waits here, or has been waited for; so does whoever gives a page of it to a case.
        disposals::lock_document(&mut tx, digest).await?;
        if !stacks::hold(&mut tx, id).await? {
            return Ok(false);
        }
        let file_at = self.originals.changed_at(digest).await?.unwrap_or(0);
        if !stacks::let_go(&mut tx, (id, digest), file_at, self.world.now()).await? {
            return Ok(false);
        }
        let text = digest.to_string();
        let trace = Trace { action: "let-stack-go", digest: Some(&text), detail: id, ..Trace::default() };
        self.trace_in(&mut tx, &Origin::default(), trace).await?;
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(stack = %id, "a stack without a case fell away");
        Ok(true)
    }
}
