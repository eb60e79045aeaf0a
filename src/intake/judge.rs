//! The judge of one file: asks a child what is in it, and decides with the key what the pages are.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answer::checked;
use super::blanks::{Blank, Blanks};
use super::process::Children;
use super::report::fill;
use super::wire::{Answer, Ask, Bound, Drawn, Task};
use super::{Judgement, Limits, Purpose, Reason, Refusal, frame, kind};
use crate::case::ids::{CaseReference, Digest, Revision};
use crate::forms::code::CodeKey;
use crate::forms::layout::Layout;
use crate::metrics::Metrics;
use crate::paper::READER_VERSION;

/// One print of the case that a signed form is expected for.
#[derive(Clone, Debug)]
pub struct ExpectedPrint {
    /// The case.
    pub reference: CaseReference,
    /// The print.
    pub revision: Revision,
    /// How many pages it has.
    pub pages: u8,
    /// Whether the scan has to be of this one.
    pub newest: bool,
    /// The printed PDF and its layout: what the boxes are compared with. Used for the newest only.
    pub form: Option<(Vec<u8>, Layout)>,
    /// The texts of its codes, for whoever has no key to check a code with. Used for the newest only.
    pub texts: Vec<String>,
}

/// What is to be judged.
#[derive(Debug)]
pub struct Request<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// What it is handed in as.
    pub purpose: Purpose,
    /// All prints of the case. Empty: the file is judged by itself.
    pub expected: &'a [ExpectedPrint],
    /// The installation's key. Without it codes are held against the newest print's texts, where those are known, and
    /// else read but not checked.
    pub key: Option<&'a CodeKey>,
    /// The revision of the short code that a person typed for this case.
    pub by_hand: Option<Revision>,
}

/// Why a judgement could not be made at all; never the file's fault.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFailure {
    /// The child can't be started.
    #[error("the reading process can't be started: {0}")]
    Spawn(#[source] std::io::Error),
    /// The expected form can't be read.
    #[error("the expected form can't be read")]
    Form,
}

/// Judges files in children of its own.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(super) children: Children,
    blanks: Arc<Blanks>,
    metrics: Metrics,
}

impl Judge {
    /// A judge that runs `exe judge-child`: this program itself.
    #[must_use]
    pub fn new(exe: PathBuf, limits: Limits) -> Self {
        Self { children: Children::new(exe, limits), blanks: Arc::default(), metrics: Metrics::default() }
    }

    /// The same, counting there what it reads.
    #[must_use]
    pub fn counted_by(self, metrics: &Metrics) -> Self {
        Self { metrics: metrics.clone(), ..self }
    }

    /// Keeps a child waiting for each core from now on. Needs the runtime that the files will be judged on.
    pub fn warm_up(&self) {
        self.children.warm_up();
    }

    /// Ends the children that wait. Files can still be judged, by children of their own.
    pub async fn end(&self) {
        self.children.end().await;
    }

    /// Whether a child starts and answers in time.
    pub async fn answers(&self, within: Duration) -> bool {
        self.children.answers(within).await
    }

    /// The limits that files are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.children.limits()
    }

    /// Judges one file.
    ///
    /// # Errors
    /// When no judgement can be made; whatever is wrong with the file is a refusal in the judgement.
    pub async fn judge(&self, request: Request<'_>) -> Result<Judgement, JudgeFailure> {
        let mut judgement = Judgement {
            digest: Digest::of(request.bytes),
            bytes: request.bytes.len() as u64,
            kind: kind::sniff(request.bytes),
            page_count: 0,
            refusals: Vec::new(),
            reasons: Vec::new(),
            pages: Vec::new(),
            complete: false,
            needs_manual: false,
            reader: READER_VERSION,
        };
        let began = Instant::now();
        let (found, read) = match kind::admit(request.bytes, request.purpose, self.limits()) {
            Ok(_) => (self.ask(&request).await?, true),
            Err(reason) => (Err(reason), false),
        };
        match found {
            Ok((answer, blobs)) => fill(&mut judgement, &request, answer, blobs),
            Err(reason) => judgement.reasons.push(reason),
        }
        if read {
            self.metrics.file_read(judgement.page_count, began.elapsed());
        }
        judgement.reasons.iter().for_each(|reason| self.metrics.file_refused(reason.code()));
        judgement.refusals = judgement.reasons.iter().map(Refusal::from).collect();
        Ok(judgement)
    }

    /// Draws a form that a scan of is expected soon, so that the scan doesn't wait for that.
    ///
    /// # Errors
    /// When the form can't be drawn.
    pub async fn expect(&self, pdf: &[u8], layout: &Layout) -> Result<(), JudgeFailure> {
        self.blank(pdf, layout.pages.len()).await.map(drop)
    }

    async fn ask(
        &self,
        request: &Request<'_>,
    ) -> Result<Result<(Answer, Vec<Vec<u8>>), Reason>, JudgeFailure> {
        let form = newest_form(request.expected);
        let layout = form.map(|(_, layout)| layout);
        let blank = match form {
            Some((pdf, layout)) => self.blank(pdf, layout.pages.len()).await?,
            None => Blank::default(),
        };
        let ask = Ask {
            purpose: request.purpose,
            limits: self.limits().clone(),
            layout: layout.cloned(),
            by_hand: request.by_hand.is_some(),
        };
        let mut blobs = vec![request.bytes];
        blobs.extend(blank.iter().map(Vec::as_slice));
        let output = match self.children.send(&Task::Judge(ask), &blobs).await? {
            Ok(output) => output,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(checked(&output, layout, self.limits()).ok_or(Reason::Crashed))
    }

    /// Binds photographed pages into one PDF.
    ///
    /// # Errors
    /// Within: the photo (from 1) that can't be taken, and why. Else as [`Self::judge`].
    pub async fn bind_photos(
        &self,
        photos: &[&[u8]],
    ) -> Result<Result<Vec<u8>, (u32, Reason)>, JudgeFailure> {
        let output = match self.children.send(&Task::Photos(self.limits().clone()), photos).await? {
            Ok(output) => output,
            Err(reason) => return Ok(Err((1, reason))),
        };
        Ok(match frame::unpack::<Bound>(&output) {
            Ok((Bound { refusal: Some(refusal) }, _)) => Err(refusal),
            Ok((Bound { refusal: None }, blobs)) if blobs.len() == 1 => Ok(blobs[0].to_vec()),
            _ => Err((1, Reason::Crashed)),
        })
    }

    /// The pages of one of our forms as pictures: those from last time, or drawn by a child of its own.
    pub(super) async fn blank(&self, pdf: &[u8], pages: usize) -> Result<Blank, JudgeFailure> {
        let digest = Digest::of(pdf);
        if let Some(blank) = self.blanks.get(&digest) {
            return Ok(blank);
        }
        let output = self.children.send(&Task::Draw, &[pdf]).await?.map_err(|_| JudgeFailure::Form)?;
        let (_, drawn) = frame::unpack::<Drawn>(&output)
            .ok()
            .filter(|(header, blobs)| header.pages == pages && blobs.len() == pages)
            .ok_or(JudgeFailure::Form)?;
        let blank: Blank = Arc::new(drawn.into_iter().map(<[u8]>::to_vec).collect());
        self.blanks.put(digest, Arc::clone(&blank));
        Ok(blank)
    }
}

pub(super) fn newest(expected: &[ExpectedPrint]) -> Option<&ExpectedPrint> {
    expected.iter().find(|p| p.newest).or_else(|| expected.iter().max_by_key(|p| p.revision))
}

pub(super) fn newest_form(expected: &[ExpectedPrint]) -> Option<(&Vec<u8>, &Layout)> {
    newest(expected)?.form.as_ref().map(|(pdf, layout)| (pdf, layout))
}
