//! 整疊上傳: one PDF with the signed forms of many cases. Each case gets its pages, and only its own.
//!
//! 1. [`Office::take_stack`]: the file's structure is checked, it becomes an original, and the reading
//!    begins in the background. How far it is stands in the database.
//! 2. [`read`]: each page's codes say whose it is. What belongs nowhere is kept aside and shown.
//! 3. [`bind`]: each case's pages are cut out as a file of their own and taken in like any other signed scan
//!    ([`super::scan`]), each in its own transaction. 送件 is pressed after looking, as always.
//!
//! A page that belongs nowhere because its codes can't be read is given to its case by its short code ([`claim`]).
//!
//! A restart in the middle loses nothing: what was read or bound stays, and the person goes on from there.

mod bind;
mod claim;
mod read;

use crate::case::holder::Applicant;
use crate::case::role::Actor;
use crate::case::state::State;
use crate::fault::{self, Point};
use crate::intake::{JudgeFailure, Reason};
use crate::store::Tx;
use crate::store::documents::Document;
use crate::store::stacks::{self, Line, NewStack, Outcome, Stack, Stage, Tally};
use crate::store::traces::Trace;

use super::office::Origin;
use super::retrieve::Retrieved;
use super::scan::{SeenPage, seen};
use super::upload::{Upload, size, tidy_file_name};
use super::{Office, StepError};

/// Stacks that a person's page lists.
const LISTED: i64 = 20;
/// How often whoever works on a stack gives a sign of life.
const BEAT: std::time::Duration = std::time::Duration::from_secs(10);

/// The person has another stack under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another stack is under way")]
pub struct StackUnderWay;

impl StackUnderWay {
    /// What happened and what to do, for the person.
    #[must_use]
    pub fn words(self) -> &'static str {
        "您上一疊申請單還在處理，一次只能處理一疊。請等它完成後再上傳。"
    }
}

/// A stack, as its page shows it.
#[derive(Clone, Debug)]
pub struct Look {
    /// The row.
    pub stack: Stack,
    /// How much is through.
    pub tally: Tally,
    /// Whether whoever worked on it has gone: it can go on.
    pub dead: bool,
}

impl Look {
    /// Whether it is being worked on just now.
    #[must_use]
    pub fn under_way(&self) -> bool {
        matches!(self.stack.stage, Stage::Reading | Stage::Binding) && !self.dead
    }

    /// The page of the file (from 1) at which the reading was broken off.
    #[must_use]
    pub fn stopped_at(&self) -> Option<i64> {
        let reading = self.stack.stage != Stage::Done && self.tally.cases == 0;
        (reading && !self.under_way() && self.tally.read < self.stack.pages).then_some(self.tally.read + 1)
    }
}

/// A case of a stack: what was seen on its pages, and where it stands now.
#[derive(Clone, Debug)]
pub struct StackCase {
    /// What came of it.
    pub line: Line,
    /// The service item's title.
    pub service: String,
    /// The subject's name; empty where there is none.
    pub subject: String,
    /// Where the case stands now.
    pub state: State,
    /// Its pages as seen, where they were bound.
    pub seen: Vec<SeenPage>,
    /// Every seal box looks empty: 送件 needs a look at the case itself.
    pub all_empty: bool,
    /// Whether 送件, or 送出審核 in 補件, can be pressed with this scan.
    pub can_submit: bool,
    /// The scan came before a 退回 or 補件: another is wanted.
    pub outdated: bool,
    /// Other items of the open 補件 that are neither changed nor explained: they come first.
    pub unanswered: Vec<String>,
}

/// The rendition of page `page` (from 1) of the stack with this digest.
#[must_use]
pub fn stray_key(digest: &str, page: u32) -> String {
    format!("stack/{digest}/page-{page}.jpg")
}

impl Office {
    /// Takes in a stack: checked, stored, and being read when this returns. Returns its id.
    ///
    /// # Errors
    /// [`StepError::StackUnderWay`]; [`StepError::File`] with the reason why the file isn't accepted, in which case nothing is kept.
    pub async fn take_stack(
        &self,
        actor: &Applicant,
        origin: &Origin,
        upload: Upload,
    ) -> Result<String, StepError> {
        self.free_for_a_stack(actor).await?;
        let bytes = upload.staged.bytes();
        let file = upload.staged.open().await?.into_reader();
        let pages = match self.judge.check_stack(file, bytes).await? {
            Ok(pages) => pages,
            Err(reason) => {
                tracing::info!(reason = reason.code(), "stack refused");
                return Err(StepError::File(vec![reason]));
            }
        };
        let file_name = tidy_file_name(&upload.file_name);
        let stored = self.originals.put(upload.staged).await?;
        let (id, now) = (self.world.new_id(), self.world.now());
        let document =
            Document { digest: stored.digest, bytes: size(stored.bytes), kind: "application/pdf".into() };
        let mut tx = self.store.write().await?;
        self.hold_original(&mut tx, &document).await?;
        let worker = self.process.new_work();
        let new = NewStack {
            worker: &worker,
            id: &id,
            person: &actor.id,
            file_name: &file_name,
            digest: &stored.digest,
            pages: i64::from(pages),
            at: now,
        };
        match stacks::add(&mut tx, &new).await {
            Err(error) if error.is_taken() => return Err(StackUnderWay.into()),
            added => added?,
        }
        let digest = stored.digest.to_string();
        let trace = Trace {
            person: Some(&actor.id),
            action: "upload-stack",
            digest: Some(&digest),
            detail: &id,
            ..Trace::default()
        };
        self.trace_in(&mut tx, origin, trace).await?;
        fault::here(Point::StackWritten);
        tx.commit().await?;
        fault::here(Point::StackCommitted);
        tracing::info!(stack = %id, pages, %digest, "stack stored");
        self.metrics.uploaded("stack");
        self.begin(actor, &id, worker);
        Ok(id)
    }

    /// Goes on with a stack that was broken off. One that is under way, or at its end, stays as it is.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::StackUnderWay`] when the person has another one under way.
    pub async fn resume_stack(&self, actor: &Actor, id: &str) -> Result<(), StepError> {
        let look = self.look_at_stack(actor, id).await?;
        if look.under_way() || look.stack.stage == Stage::Done {
            return Ok(());
        }
        let (stage, now) = (look.stack.stage, self.world.now());
        let to = if look.tally.cases > 0 { Stage::Binding } else { Stage::Reading };
        let mut tx = self.store.write().await?;
        let worker = self.process.new_work();
        match stacks::begin(&mut tx, id, (stage, to), &look.stack.worker, &worker, now).await {
            Ok(true) => {}
            Ok(false) => return Err(StepError::Conflict),
            Err(error) if error.is_taken() => return Err(StackUnderWay.into()),
            Err(error) => return Err(error.into()),
        }
        tx.commit().await?;
        self.begin(actor, id, worker);
        Ok(())
    }

    /// Insists that the person has no stack under way; one whose worker has gone is stopped.
    async fn free_for_a_stack(&self, actor: &Actor) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let Some((other, beat_at, its)) = stacks::under_way(&mut tx, &actor.id).await? else {
            return Ok(());
        };
        if !self.is_dead(beat_at) {
            return Err(StackUnderWay.into());
        }
        for stage in [Stage::Reading, Stage::Binding] {
            stacks::move_on(&mut tx, &other, &its, stage, Stage::Stopped, self.world.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Works on a stack in the background, as `worker`.
    fn begin(&self, actor: &Actor, id: &str, worker: String) {
        let (office, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.process.begin(async move {
            let beating = tokio::spawn(office.clone().beat(id.clone(), worker.clone()));
            let worked = office.work(&actor, &id, &worker).await;
            beating.abort();
            if let Err(error) = worked {
                if office.process.is_ending() && matches!(error, StepError::Stopped) {
                    tracing::info!(stack = id, "a stack stops with the process; it can go on");
                } else {
                    tracing::error!(%error, stack = id, "a stack stopped");
                }
                if let Err(error) = office.stop(&id, &worker).await {
                    tracing::error!(%error, stack = id, "a stack's end couldn't be written down");
                }
            }
        });
    }

    async fn beat(self, id: String, worker: String) {
        loop {
            tokio::time::sleep(BEAT).await;
            let beaten = async {
                let mut tx = self.store.write().await?;
                stacks::beat(&mut tx, &id, &worker, self.world.now()).await?;
                Ok::<_, StepError>(tx.commit().await?)
            };
            if let Err(error) = beaten.await {
                tracing::warn!(%error, stack = id, "a sign of life couldn't be given");
            }
        }
    }

    async fn work(&self, actor: &Actor, id: &str, worker: &str) -> Result<(), StepError> {
        let find = async || {
            let found = stacks::find(&mut *self.store.read().await?, id, &actor.id).await?;
            found.filter(|stack| stack.worker == worker).ok_or(StepError::NotFound)
        };
        let mut stack = find().await?;
        if stack.stage == Stage::Reading {
            self.read_stack(actor, &stack).await?;
            stack = find().await?;
        }
        self.bind_stack(actor, &stack).await
    }

    async fn stop(&self, id: &str, worker: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        for stage in [Stage::Reading, Stage::Binding] {
            stacks::move_on(&mut tx, id, worker, stage, Stage::Stopped, self.world.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Insists that nobody took this stack for dead and works on it now, and holds everybody else off until the
    /// transaction ends.
    async fn stack_is_ours(&self, tx: &mut Tx, stack: &Stack) -> Result<(), StepError> {
        let ours = stacks::beat(tx, &stack.id, &stack.worker, self.world.now()).await?;
        if ours { Ok(()) } else { Err(StepError::Conflict) }
    }

    /// How far a stack of this person's is.
    ///
    /// # Errors
    /// [`StepError::NotFound`], or a failure of the database.
    pub async fn look_at_stack(&self, actor: &Actor, id: &str) -> Result<Look, StepError> {
        let mut db = self.store.read().await?;
        let stack = stacks::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let tally = stacks::tally(&mut db, id).await?;
        let dead = self.is_dead(stack.beat_at);
        Ok(Look { stack, tally, dead })
    }

    /// The newest stacks of this person.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn stacks_of(&self, actor: &Actor) -> Result<Vec<Stack>, StepError> {
        Ok(stacks::of_person(&mut *self.store.read().await?, &actor.id, LISTED).await?)
    }

    /// The pages of a stack of this person's that belong nowhere, and why.
    ///
    /// # Errors
    /// As [`Self::look_at_stack`].
    pub async fn stack_strays(&self, actor: &Actor, id: &str) -> Result<Vec<(i64, String)>, StepError> {
        let mut db = self.store.read().await?;
        stacks::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        Ok(stacks::strays(&mut db, id).await?)
    }

    /// The cases of a stack of this person's, what was seen on their pages, and where they stand now; the look
    /// is traced.
    ///
    /// # Errors
    /// As [`Self::look_at_stack`].
    pub async fn stack_cases(
        &self,
        actor: &Actor,
        origin: &Origin,
        id: &str,
    ) -> Result<Vec<StackCase>, StepError> {
        let mut db = self.store.read().await?;
        let stack = stacks::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let lines = stacks::lines(&mut db, id, &Self::scope(actor)).await?;
        drop(db);
        let digest = stack.digest.to_string();
        let trace = Trace {
            person: Some(&actor.id),
            action: "view-stack",
            digest: Some(&digest),
            detail: id,
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        let mut cases = Vec::with_capacity(lines.len());
        for line in lines {
            cases.push(self.stack_case(actor, line).await?);
        }
        Ok(cases)
    }

    async fn stack_case(&self, actor: &Actor, line: Line) -> Result<StackCase, StepError> {
        let dossier = self.dossier(actor, &line.number).await?;
        let scan = match &line.outcome {
            Outcome::Bound(id) => dossier.scans.iter().find(|scan| scan.id == *id),
            Outcome::Waiting | Outcome::Refused(_) => None,
        };
        let newest = dossier.newest_print().map(|print| &print.id);
        let fits = scan.is_some_and(|scan| Some(&scan.print_id) == newest)
            && super::scan::may_upload(&dossier, actor).is_ok();
        let outdated = fits && !scan.is_some_and(|scan| dossier.scan_answers(scan));
        let unanswered = match dossier.state() {
            State::Supplement if fits && !outdated => {
                dossier.unanswered_with(scan.map(|scan| scan.id.as_str()))
            }
            _ => Vec::new(),
        };
        let name = dossier.subject().map(|subject| crate::case::subject::text(&subject.answers, "name"));
        Ok(StackCase {
            service: dossier.service.title.clone(),
            subject: name.unwrap_or_default().to_owned(),
            state: dossier.state(),
            seen: scan.map(seen).transpose()?.unwrap_or_default(),
            all_empty: scan.is_some_and(|scan| scan.all_empty),
            can_submit: fits && !outdated && unanswered.is_empty(),
            outdated,
            unanswered,
            line,
        })
    }

    /// The file of a stack of this person's, hashed again.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::Archive`] when it is missing or damaged.
    pub async fn stack_original(
        &self,
        actor: &Actor,
        origin: &Origin,
        id: &str,
    ) -> Result<Retrieved, StepError> {
        let stack = self.look_at_stack(actor, id).await?.stack;
        let digest = stack.digest.to_string();
        let trace = Trace {
            person: Some(&actor.id),
            action: "download-stack",
            digest: Some(&digest),
            detail: id,
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        let bytes = u64::try_from(stack.bytes).unwrap_or(0);
        let original = self.originals.open_verified(&stack.digest, bytes).await?;
        let kind = "application/pdf".into();
        Ok(Retrieved { original, file_name: stack.file_name, kind, digest: stack.digest })
    }
}

/// Why one case's pages aren't bound and what to do; nothing for a failure that concerns all of them.
#[must_use]
pub fn words(error: &StepError, pages: &[u32]) -> Option<String> {
    Some(match error {
        StepError::File(reasons) => reasons.iter().map(|reason| on_pages(reason, pages)).collect(),
        StepError::Scan(judgement) => {
            judgement.reasons.iter().map(|reason| on_pages(reason, pages)).collect()
        }
        StepError::Refused(refused) => refused.words(),
        StepError::ShortCode(words) => words.clone(),
        StepError::NotFound => "這個案件沒有已列印的申請單，或已不在您可以查看的案件之中。".into(),
        StepError::Conflict => crate::case::refusal::Why::Changed.words(),
        StepError::Judge(JudgeFailure::Form) => on_pages(&Reason::Crashed, pages),
        _ => return None,
    })
}

/// The reason in words, by pages of the stack. Of a child that ended nothing is known but which pages it had.
fn on_pages(reason: &Reason, pages: &[u32]) -> String {
    let words = reason.clone().on_pages(pages).words();
    match reason {
        Reason::Crashed | Reason::MemoryLimit | Reason::TimeLimit | Reason::Inseparable => {
            let pages: Vec<String> = pages.iter().map(u32::to_string).collect();
            format!("檔案的第 {} 頁：{words}", pages.join("、"))
        }
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_pages_of_the_stack_also_where_the_child_told_none() {
        for reason in [Reason::Crashed, Reason::MemoryLimit, Reason::TimeLimit, Reason::Inseparable] {
            let told = words(&StepError::File(vec![reason.clone()]), &[3, 5]).unwrap();
            assert!(told.starts_with("檔案的第 3、5 頁："), "{told}");
            assert!(told.ends_with(&reason.words()), "{told}");
        }
        let told = words(&StepError::File(vec![Reason::PageTimeLimit { page: 2 }]), &[3, 5]).unwrap();
        assert!(told.contains("第 5 頁") && !told.contains("檔案的第 3"), "{told}");
    }
}
