//! The printed forms as one PDF, joined from the kept revisions while it goes out.
//!
//! Every revision is hashed again before a byte of it goes into the file, as with every retrieval. A
//! damaged one breaks the stream off, so that nobody takes what came for the whole.

use std::collections::VecDeque;
use std::error::Error;
use std::io;

use tokio::sync::mpsc::Sender;
use tokio_util::io::ReaderStream;

use crate::case::role::Actor;
use crate::forms::join::Joiner;
use crate::steps::office::Origin;
use crate::steps::pieces::{self, END, Pieces};
use crate::steps::{Office, StepError};
use crate::store::bulk::{self, Form};
use crate::store::traces::Trace;

/// Forms that are read ahead of the one that is being joined.
const AHEAD: usize = 4;

/// The joined file.
#[derive(Debug)]
pub struct JoinedForms {
    /// The name to save it under.
    pub file_name: String,
    /// The bytes; an error in the middle when a revision is missing or damaged.
    pub stream: ReaderStream<Pieces>,
}

impl Office {
    /// Opens the joined file of a printing of this person's; each case's form is traced as seen.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when nothing of it is printed, or one of its cases isn't theirs to see any more.
    pub async fn join_bulk(
        &self,
        actor: &Actor,
        origin: &Origin,
        id: &str,
    ) -> Result<JoinedForms, StepError> {
        let mut db = self.store.read().await?;
        bulk::find(&mut db, id, &actor.id).await?.ok_or(StepError::NotFound)?;
        let printed = bulk::tally(&mut db, id).await?.printed;
        let forms = bulk::forms(&mut db, id, &Self::scope(actor)).await?;
        drop(db);
        if forms.is_empty() || i64::try_from(forms.len()) != Ok(printed) {
            return Err(StepError::NotFound);
        }
        let mut tx = self.store.write().await?;
        for form in &forms {
            let digest = form.digest.to_string();
            let trace = Trace {
                person: Some(&actor.id),
                action: "view-print",
                case: Some(&form.case),
                digest: Some(&digest),
                detail: "in a bulk print",
                ..Trace::default()
            };
            self.trace_in(&mut tx, origin, trace).await?;
        }
        tx.commit().await?;
        let title = format!("申請單 {} 件", forms.len());
        let file_name = format!("申請單-{}件-{}.pdf", forms.len(), self.today());
        let (office, (send, stream)) = (self.clone(), pieces::channel());
        tokio::spawn(async move {
            if let Err(error) = office.join(forms, &title, &send).await {
                tracing::error!(%error, "a joined file broke off");
                // Whoever has stopped reading needn't hear of it.
                let _ = send.send(Err(io::Error::other("a form can't be read"))).await;
            }
        });
        Ok(JoinedForms { file_name, stream })
    }

    async fn join(
        &self,
        forms: Vec<Form>,
        title: &str,
        send: &Sender<io::Result<Vec<u8>>>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut joiner = Joiner::new(Vec::new(), title)?;
        let mut forms = forms.into_iter();
        let mut reading = VecDeque::new();
        loop {
            while reading.len() < AHEAD
                && let Some(form) = forms.next()
            {
                let originals = self.originals.clone();
                let bookmark = format!("{}（第 {} 版）", form.number, form.revision);
                reading.push_back(tokio::spawn(async move {
                    let bytes = u64::try_from(form.bytes).unwrap_or(0);
                    let pdf = originals.open_verified(&form.digest, bytes).await?.read_all().await?;
                    Ok::<_, StepError>((bookmark, pdf))
                }));
            }
            let Some(next) = reading.pop_front() else { break };
            let (bookmark, pdf) = next.await??;
            let joined = tokio::task::spawn_blocking(move || joiner.add(&bookmark, &pdf).map(|_| joiner));
            joiner = joined.await??;
            if send.send(Ok(std::mem::take(joiner.writer()))).await.is_err() {
                return Ok(());
            }
        }
        let rest = joiner.finish()?;
        // As above: a reader who has gone needn't hear the end.
        let _ = send.send(Ok(rest)).await;
        let _ = send.send(Ok(END)).await;
        Ok(())
    }
}
