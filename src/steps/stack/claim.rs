//! A page whose codes nobody can read is given to its case by the short code that is printed on it.

use crate::archive::Staged;
use crate::case::role::Actor;
use crate::forms::code::ShortCode;
use crate::intake::Reason;
use crate::steps::office::Origin;
use crate::steps::scan::Source;
use crate::steps::{Office, StepError};
use crate::store::stacks::{self, Claim, Outcome, Stack};
use crate::store::traces::Trace;

impl Office {
    /// Takes stray `pages` (from 1) of a stack in as the signed scan of the case whose short code was typed.
    /// Where the stack already had pages of this case that were refused, they belong to it as well. The scan is
    /// judged as any other and marked 需人工核對. Returns the case's number.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when the stack isn't theirs; [`StepError::ShortCode`] with the sentence for the
    /// person; [`StepError::Conflict`] while the stack is under way; else as [`Office::take_scan`]. The stack
    /// and the case stay as they were.
    pub async fn claim_strays(
        &self,
        actor: &Actor,
        origin: &Origin,
        id: &str,
        pages: &[u32],
        typed: &str,
    ) -> Result<String, StepError> {
        let look = self.look_at_stack(actor, id).await?;
        if look.under_way() {
            return Err(StepError::Conflict);
        }
        let stack = look.stack;
        let refuse = |words: &str| StepError::ShortCode(words.to_owned());
        let strays = self.stack_strays(actor, id).await?;
        let is_stray = |page: &u32| strays.iter().any(|(stray, _)| *stray == i64::from(*page));
        if pages.is_empty() || !pages.iter().all(is_stray) {
            return Err(refuse("請先勾選這份申請單的頁面，再輸入核對碼。"));
        }
        let code = ShortCode::read(typed, &self.key)
            .map_err(|_| refuse("核對碼不正確。請對照申請單上印的 12 個英文字母與數字，再輸入一次。"))?;
        let mut db = self.store.read().await?;
        let scope = Self::scope(actor);
        let (case, number) = stacks::case_of(&mut db, code.reference, &scope)
            .await?
            .ok_or_else(|| refuse("這個核對碼不屬於您可以處理的案件。請確認紙上的 12 個英文字母與數字。"))?;
        let before = stacks::line_of(&mut db, id, &case, &scope).await?;
        drop(db);
        let mut all = pages.to_vec();
        if let Some(line) = before.filter(|line| matches!(line.outcome, Outcome::Refused(_))) {
            all.extend(line.pages);
        }
        all.sort_unstable();
        all.dedup();
        let cut = self.cut_out(&stack, &all).await?;
        let scan = self.take_scan_of(actor, &number, Some(typed), cut, Source::Stack).await?;
        let digest = stack.digest.to_string();
        let trace = Trace {
            person: Some(&actor.id),
            case: Some(&case),
            action: "claim-stack",
            digest: Some(&digest),
            detail: id,
            ..Trace::default()
        };
        let mut tx = self.store.write().await?;
        if !stacks::hold(&mut tx, id).await? {
            return Err(StepError::NotFound);
        }
        stacks::claim(&mut tx, id, &Claim { case: &case, pages: &all, scan: &scan }).await?;
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// These pages of a stack as a file of their own.
    async fn cut_out(&self, stack: &Stack, pages: &[u32]) -> Result<Staged, StepError> {
        let bytes = u64::try_from(stack.bytes).unwrap_or(0);
        let file = self.originals.open_verified(&stack.digest, bytes).await?.into_readers()?;
        let cut = self.judge.cut_stack(file, bytes, vec![pages.to_vec()]).await?.next().await?;
        self.stage_cut(cut).await
    }

    /// What was cut out of a stack, as a file that can be taken in.
    pub(super) async fn stage_cut(&self, cut: Result<Vec<u8>, Reason>) -> Result<Staged, StepError> {
        let pdf = cut.map_err(|reason| StepError::File(vec![reason]))?;
        let mut staging = self.originals.stage(pdf.len() as u64).await?;
        staging.write(&pdf).await?;
        Ok(staging.finish().await?)
    }
}
