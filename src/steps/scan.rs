//! 上傳簽核申請單, first half: the signed scan is read, judged, stored, and shown to the applicant.
//!
//! Nothing of the case changes here: 送件 is pressed after looking at what was recognised
//! ([`super::submit`]). What is refused leaves no trace but a row that says so.

use serde::{Deserialize, Serialize};

use crate::archive::Staged;
use crate::case::event::Event;
use crate::case::refusal::{Refused, Why};
use crate::case::request::Request as Asked;
use crate::case::request::ScanFacts;
use crate::case::role::Actor;
use crate::case::scan_name;
use crate::case::state::State;
use crate::fault::{self, Point};
use crate::forms::code::ShortCode;
use crate::intake::page_set;
use crate::intake::{ExpectedPrint, How, Judgement, PageReport, Purpose, Reason, Request};
use crate::paper::{ChangeKind, Verdict};
use crate::store::StoreError;
use crate::store::documents::Document;
use crate::store::papers::{self, NewScan, Print, Scan};

use super::phone::Photographed;
use super::upload::{Upload, read_staged, size, tidy_file_name};
use super::{Dossier, Office, StepError};

/// The rendition of page `page` (from 1) of the scan with this digest.
#[must_use]
pub fn page_key(digest: &str, page: usize) -> String {
    format!("scan/{digest}/page-{page}.jpg")
}

/// The rendition of a seal box of the scan with this digest.
#[must_use]
pub fn seal_key(digest: &str, box_id: &str) -> String {
    format!("scan/{digest}/seal-{box_id}.png")
}

/// The rendition of change `number` (from 1) on page `page` (from 1) of the scan with this digest.
#[must_use]
pub fn change_key(digest: &str, page: usize, number: usize) -> String {
    format!("scan/{digest}/change-{page}-{number}.jpg")
}

/// What was seen on one page of a scan, as kept with it.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenPage {
    /// The page of the file, from 1.
    pub index: u32,
    /// The page of the form, from 1.
    pub page: Option<u8>,
    /// How many pages the form has.
    pub pages: Option<u8>,
    /// Whether it is a page of the form.
    pub ours: bool,
    /// How it was identified.
    #[serde(default = "by_code")]
    pub how: How,
    /// The page of the form that a page without codes looks like.
    #[serde(default)]
    pub looks_like: Option<u8>,
    /// Whether it is an empty back.
    pub blank: bool,
    /// By how many degrees its content is turned clockwise.
    #[serde(default)]
    pub turn: u16,
    /// What remains of the angle, in degrees. Older readers didn't keep it.
    #[serde(default)]
    pub skew_degrees: Option<f32>,
    /// How well it fits the form, as the median distance in millimetres, where it was compared.
    #[serde(default)]
    pub misfit_mm: Option<f32>,
    /// Its seal boxes.
    pub boxes: Vec<SeenBox>,
    /// What differs from the print outside the boxes. Older readers didn't look.
    #[serde(default)]
    pub changes: Vec<SeenChange>,
}

impl SeenPage {
    /// For a page that nobody but a person can tell to be of the form: what it looks like, in words.
    #[must_use]
    pub fn unread(&self) -> Option<String> {
        (self.ours && self.how != How::Code).then(|| match self.looks_like {
            Some(page) => format!("讀不到條碼，看起來像第 {page} 頁，待人工核對"),
            None => "讀不到條碼，看不出是申請單，待人工核對".to_owned(),
        })
    }
}

fn by_code() -> How {
    How::Code
}

/// A place outside the boxes where the page differs from the print.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenChange {
    /// In which way.
    pub kind: ChangeKind,
    /// Left edge on the form in millimetres.
    #[serde(default)]
    pub x_mm: f64,
    /// Top edge.
    #[serde(default)]
    pub y_mm: f64,
    /// Width in millimetres.
    pub w_mm: f64,
    /// Height in millimetres.
    pub h_mm: f64,
    /// Ink added, or print covered, in square millimetres.
    #[serde(default)]
    pub area_mm2: f64,
}

/// What was seen in one seal box.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenBox {
    /// The box's id.
    pub id: String,
    /// The label.
    pub label: String,
    /// What it looks like.
    pub verdict: Verdict,
    /// Share of the box's inside that is ink, 0 to 1.
    #[serde(default)]
    pub ink: f64,
    /// Share of the box's inside that the ink's bounds take, 0 to 1.
    #[serde(default)]
    pub spread: f64,
}

/// What is kept of a judgement.
#[derive(Serialize)]
struct Kept<'a> {
    reader: u16,
    pages: &'a [PageReport],
}

#[derive(Deserialize)]
struct KeptPages {
    pages: Vec<SeenPage>,
}

/// How a scan comes: what it is called, and what is kept with it.
pub(super) enum Source<'a> {
    /// It was uploaded, by this name.
    Upload(String),
    /// It was made of photos, with this name: they are kept with it, or neither is.
    Photos(String, Photographed<'a>),
    /// It was cut out of a stack, whose name is none for a single case.
    Stack,
}

/// What was seen on the pages of a scan.
///
/// # Errors
/// When the kept report can't be read.
pub fn seen(scan: &Scan) -> Result<Vec<SeenPage>, StepError> {
    let impossible = |why: serde_json::Error| StoreError::Impossible {
        table: "scans",
        column: "report",
        row: scan.id.clone(),
        why: format!("not the JSON expected (column {})", why.column()),
    };
    let kept: KeptPages = serde_json::from_str(&scan.report).map_err(impossible)?;
    Ok(kept.pages)
}

/// The form's pages as they lie in the file, such as 2、1, where that isn't their order.
#[must_use]
pub fn out_of_order(pages: &[SeenPage]) -> Option<String> {
    let ours = pages.iter().filter(|page| page.ours).filter_map(|page| page.page);
    let order = page_set::out_of_order(ours)?;
    Some(order.iter().map(u8::to_string).collect::<Vec<_>>().join("、"))
}

/// Whether seal boxes were seen and each of them is marked. Where none was seen, nothing is known of any.
#[must_use]
pub fn all_marked(pages: &[SeenPage]) -> bool {
    let boxes = || pages.iter().flat_map(|page| &page.boxes);
    boxes().next().is_some() && boxes().all(|seal| seal.verdict == Verdict::Marked)
}

impl Office {
    /// Takes in a signed scan and returns its row's identifier. With `short_code` a scan whose codes
    /// can't be read is bound by hand, and marked 需人工核對.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::Scan`] with every reason, in words that say what to do.
    pub async fn take_scan(
        &self,
        actor: &Actor,
        number: &str,
        short_code: Option<&str>,
        upload: Upload,
    ) -> Result<String, StepError> {
        let source = Source::Upload(upload.file_name);
        self.take_scan_of(actor, number, short_code, upload.staged, source).await
    }

    /// The same of a scan that comes otherwise.
    pub(super) async fn take_scan_of(
        &self,
        actor: &Actor,
        number: &str,
        short_code: Option<&str>,
        staged: Staged,
        source: Source<'_>,
    ) -> Result<String, StepError> {
        let dossier = self.dossier(actor, number).await?;
        may_upload(&dossier, actor)?;
        let newest = dossier.newest_print().ok_or(StepError::NotFound)?.clone();
        let by_hand = match short_code.map(str::trim).filter(|code| !code.is_empty()) {
            Some(code) => Some(self.read_short_code(&dossier, &newest, code)?),
            None => None,
        };
        let bytes = read_staged(&staged).await?;
        let expected = self.expected(&dossier).await?;
        let request = Request {
            bytes: &bytes,
            purpose: Purpose::SignedForm,
            expected: &expected,
            key: Some(&self.key),
            by_hand,
        };
        let judgement = self.judge.judge(request).await?;
        if !judgement.accepted() {
            let codes: Vec<_> = judgement.reasons.iter().map(Reason::code).collect();
            tracing::info!(case = %number, reasons = codes.join(","), "scan refused");
            return Err(StepError::Scan(Box::new(judgement)));
        }
        self.keep_scan(actor, number, &newest, (staged, source), &judgement).await
    }

    /// Has the newest form drawn in the background: a scan of it, which is compared with it, is on its way.
    pub fn expect_scan(&self, dossier: &Dossier) {
        let Some(print) = dossier.newest_print().cloned() else { return };
        let office = self.clone();
        tokio::spawn(async move {
            let bytes = u64::try_from(print.bytes).unwrap_or(0);
            let drawn = async {
                let pdf = office.originals.open_verified(&print.digest, bytes).await?.read_all().await?;
                Ok::<_, StepError>(office.judge.expect(&pdf, &print.layout).await?)
            };
            if let Err(error) = drawn.await {
                // Whoever hands the scan in is told; here it is only early.
                tracing::warn!(%error, "a form could not be drawn ahead");
            }
        });
    }

    async fn keep_scan(
        &self,
        actor: &Actor,
        number: &str,
        newest: &Print,
        (staged, source): (Staged, Source<'_>),
        judgement: &Judgement,
    ) -> Result<String, StepError> {
        let (file_name, photos) = match source {
            Source::Upload(name) => (tidy_file_name(&name), None),
            Source::Photos(name, photos) => (name, Some(photos)),
            Source::Stack => (scan_name::of_cut(number, newest.revision), None),
        };
        let stored = self.originals.put(staged).await?;
        let digest = stored.digest.to_string();
        let behind = match photos {
            Some(photos) => Some(self.put_photos(photos).await?),
            None => None,
        };
        self.keep_pictures(&digest, judgement).await?;
        let id = self.world.new_id();
        let mut tx = self.store.write().await?;
        // Reading took its time: the case may have moved on, or the same file have come by a second click.
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        may_upload(&dossier, actor)?;
        if dossier.newest_print().is_none_or(|print| print.id != newest.id) {
            return Err(StepError::Conflict);
        }
        // What was sent back, or lay there when something was asked for, is no answer: the same bytes are another
        // scan then, to be looked at anew.
        let same = |scan: &&Scan| {
            scan.digest == stored.digest
                && dossier.scan_answers(scan)
                && scan.print_id == newest.id
                && scan.by_hand == judgement.needs_manual
        };
        if let Some(scan) = dossier.scans.iter().find(same) {
            if let Some(behind) = &behind {
                self.keep_photos(&mut tx, &scan.id, behind).await?;
                tx.commit().await?;
            }
            return Ok(scan.id.clone());
        }
        let document =
            Document { digest: stored.digest, bytes: size(stored.bytes), kind: "application/pdf".into() };
        self.hold_original(&mut tx, &document).await?;
        let new = NewScan {
            id: &id,
            case: &dossier.case.id,
            print: &newest.id,
            digest: &stored.digest,
            file_name: &file_name,
            report: &serde_json::to_string(&Kept { reader: judgement.reader, pages: &judgement.pages })
                .map_err(|_| StepError::Stopped)?,
            by_hand: judgement.needs_manual,
            all_empty: judgement.all_boxes_empty(),
            by: &actor.id,
            at: self.world.now(),
        };
        papers::add_scan(&mut tx, &new).await?;
        fault::here(Point::ScanWritten);
        if let Some(behind) = &behind {
            self.keep_photos(&mut tx, &id, behind).await?;
        }
        tx.commit().await?;
        fault::here(Point::ScanCommitted);
        tracing::info!(case = %number, %digest, "scan stored");
        self.metrics.uploaded("scan");
        Ok(id)
    }

    /// The pictures of pages, seal boxes and changes.
    async fn keep_pictures(&self, digest: &str, judgement: &Judgement) -> Result<(), StepError> {
        for (number, page) in (1..).zip(&judgement.pages) {
            if !page.thumbnail.is_empty() {
                self.renditions.put(&page_key(digest, number), page.thumbnail.clone()).await?;
            }
            for seal in page.boxes.iter().filter(|seal| !seal.crop.is_empty()) {
                self.renditions.put(&seal_key(digest, &seal.id), seal.crop.clone()).await?;
            }
            for (at, change) in (1..).zip(&page.changes) {
                self.renditions.put(&change_key(digest, number, at), change.crop.clone()).await?;
            }
        }
        Ok(())
    }

    /// The prints that the scan may show: the newest with its PDF and layout, older ones by number.
    async fn expected(&self, dossier: &Dossier) -> Result<Vec<ExpectedPrint>, StepError> {
        let mut expected = Vec::new();
        for (at, print) in dossier.prints.iter().enumerate() {
            let newest = at == 0;
            let form = if newest {
                let bytes = u64::try_from(print.bytes).unwrap_or(0);
                let pdf = self.originals.open_verified(&print.digest, bytes).await?.read_all().await?;
                Some((pdf, print.layout.clone()))
            } else {
                None
            };
            expected.push(ExpectedPrint {
                reference: dossier.case.reference,
                revision: print.revision,
                pages: u8::try_from(print.pages).unwrap_or(u8::MAX),
                newest,
                form,
                texts: Vec::new(),
            });
        }
        Ok(expected)
    }

    /// The revision that a typed short code names, if it is this case's newest.
    fn read_short_code(
        &self,
        dossier: &Dossier,
        newest: &Print,
        typed: &str,
    ) -> Result<crate::case::ids::Revision, StepError> {
        let refuse = |words: &str| StepError::ShortCode(words.to_owned());
        let code = ShortCode::read(typed, &self.key)
            .map_err(|_| refuse("核對碼不正確。請對照申請單上印的 12 個英文字母與數字，再輸入一次。"))?;
        if code.reference != dossier.case.reference {
            return Err(refuse("這個核對碼屬於另一份申請單。請確認掃描的是本案件的申請單。"));
        }
        if code.revision != newest.revision {
            let why = Why::OldRevision { scanned: code.revision.get(), newest: newest.revision.get() };
            return Err(refuse(&why.words()));
        }
        Ok(code.revision)
    }
}

/// In 補件: the newest print must still say what the record says; the rest is asked at 送出審核.
fn may_upload_anew(dossier: &Dossier, actor: &Actor) -> Result<(), Refused> {
    dossier.judge(&Asked::new(Event::Edit), actor)?;
    let refuse = |why| Refused { state: dossier.state(), event: Event::Resubmit, why };
    let changed = dossier.changed_since_print();
    if dossier.newest_print().is_none() {
        return Err(refuse(Why::NotPrinted));
    }
    if !changed.is_empty() {
        return Err(refuse(Why::Stale(changed.into_iter().map(|one| one.label).collect())));
    }
    if !dossier.takes_new_scan() {
        return Err(refuse(Why::NotReopened("簽核申請單".into())));
    }
    Ok(())
}

/// Whether a scan may be handed in now: everything that 送件 needs, but for the scan itself.
///
/// # Errors
/// The refusal: wrong state or person, nothing printed, or a stale print.
pub fn may_upload(dossier: &Dossier, actor: &Actor) -> Result<(), Refused> {
    if dossier.state() == State::Supplement {
        return may_upload_anew(dossier, actor);
    }
    let mut request = Asked::new(Event::Submit);
    if let Some(print) = dossier.newest_print() {
        request.scan = Some(ScanFacts { revision: print.revision, all_empty: false, confirmed: false });
    }
    dossier.judge(&request, actor).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(verdicts: &[&[&str]]) -> Vec<SeenPage> {
        let seal = |verdict: &&str| serde_json::json!({ "id": "a", "label": "校長", "verdict": verdict });
        let page = |verdicts: &&[&str]| {
            let boxes: Vec<_> = verdicts.iter().map(seal).collect();
            serde_json::json!({ "index": 1, "page": 1, "pages": 1, "ours": true, "blank": false, "boxes": boxes })
        };
        verdicts.iter().map(|one| serde_json::from_value(page(one)).expect("a page")).collect()
    }

    #[test]
    fn of_no_boxes_none_is_marked() {
        assert!(all_marked(&pages(&[&[], &["marked", "marked"]])));
        for one in ["empty", "unsure"] {
            assert!(!all_marked(&pages(&[&["marked", one]])), "{one}");
        }
        assert!(!all_marked(&pages(&[&[], &[]])) && !all_marked(&[]));
    }
}
