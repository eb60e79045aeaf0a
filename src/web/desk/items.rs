//! What is judged: the seal boxes of the signed form and the attachments, each with the machine's opinion as
//! advice and the newest verdict.

use std::collections::BTreeSet;

use crate::case::refusal::Why;
use crate::case::review::{Target, Verdict};
use crate::case::state::State as CaseState;
use crate::forms::layout::BoxPlace;
use crate::paper::Verdict as Mark;
use crate::steps::scan::{SeenBox, seen};
use crate::steps::{Dossier, StepError};
use crate::store::papers::{Attachment, Print, Scan};
use crate::store::reviews::Given;

use super::super::pages::desk::{Crop, DeskItem, Receive};
use super::super::pages::parts::{Link, Tone, Verdict as Told};
use super::super::pages::words::{self, Moment};
use super::super::view::{self, path};
use super::stage::{attachment_leaf, seal_place};

/// Around a box, what its picture shows, in millimetres.
const MARGIN_MM: f64 = 4.0;

/// Everything that is judged, in order. `pictured` are the seal boxes of which there is a picture.
pub fn items(dossier: &Dossier, pictured: &BTreeSet<String>, now: i64) -> Result<Vec<DeskItem>, StepError> {
    let scan = dossier.bound_scan();
    let boxes: Vec<SeenBox> = match scan {
        Some(scan) => seen(scan)?.into_iter().flat_map(|page| page.boxes).collect(),
        None => Vec::new(),
    };
    let print = scan.and_then(|scan| dossier.prints.iter().find(|print| print.id == scan.print_id));
    let mut items = Vec::new();
    for item in dossier.form_items() {
        let mut one = bare(dossier, &item.target, item.label, "核章欄", now);
        match &item.target {
            Target::Seal(id) => {
                let seen = boxes.iter().find(|one| one.id == *id);
                let place = print.and_then(|print| place_of(print, id));
                let there = pictured.contains(id);
                one.picture =
                    scan.zip(place).filter(|_| there).map(|(scan, place)| crop(dossier, scan, place));
                one.place = place.map(|place| seal_place(&place.id));
                one.machine = seen.map(|seen| opinion(seen, there));
            }
            Target::Form | Target::Attachment(_) => {
                one.kind = "簽核申請單";
                let manual = "沒有可讀的條碼，請逐頁核對是否為本案件這一版的申請單";
                one.machine = scan.filter(|scan| scan.by_hand).map(|_| Told::new(Tone::Attention, manual));
                one.place = Some("leaf-form-1".into());
            }
        }
        items.push(one);
    }
    for attachment in &dossier.attachments {
        let target = Target::Attachment(attachment.id.clone());
        let label = view::category_label(dossier, &attachment.category).to_owned();
        let mut one = bare(dossier, &target, label, "檢附資料", now);
        let base = path(&dossier.case.number, &format!("/attachments/{}", attachment.id));
        one.place = Some(attachment_leaf(&attachment.id, 1));
        one.file = Some(file(attachment, base));
        items.push(one);
    }
    Ok(items)
}

fn file(attachment: &Attachment, href: String) -> Link {
    let size = words::size(u64::try_from(attachment.bytes).unwrap_or(0));
    Link { label: format!("{}（{size}）", attachment.file_name), href }
}

/// An item with the newest verdict on it.
fn bare(dossier: &Dossier, target: &Target, label: String, kind: &'static str, now: i64) -> DeskItem {
    let given = dossier.verdict_on(target);
    // A verdict counts as long as it stands: an attachment that came anew is unreviewed again.
    let attachment = match target {
        Target::Attachment(id) => dossier.attachments.iter().find(|a| a.id == *id),
        _ => None,
    };
    let verdict = attachment.map_or_else(
        || given.map_or(Verdict::Unreviewed, |given| given.verdict),
        |attachment| attachment.verdict,
    );
    DeskItem {
        id: format!("item-{}", target.to_string().replace(':', "-")),
        target: target.to_string(),
        label,
        kind,
        picture: None,
        place: None,
        file: None,
        machine: None,
        verdict: verdict.as_str(),
        remark: given.map(|given| given.remark.clone()).unwrap_or_default(),
        who: given.map(|given| who(given, now)).unwrap_or_default(),
    }
}

/// Who judged, and when.
pub fn who(given: &Given, now: i64) -> String {
    format!("{} {}", given.by, Moment::at(given.at, now).text)
}

/// Where a box lies on the form.
fn place_of<'p>(print: &'p Print, id: &str) -> Option<&'p BoxPlace> {
    print.layout.pages.iter().flat_map(|page| &page.boxes).find(|place| place.id == id)
}

fn crop(dossier: &Dossier, scan: &Scan, place: &BoxPlace) -> Crop {
    let side = |mm: f64| tenths((mm + 2.0 * MARGIN_MM) * 0.6);
    Crop {
        src: path(&dossier.case.number, &format!("/scans/{}/seals/{}.png", scan.id, place.id)),
        width: side(place.w_mm),
        height: side(place.h_mm),
    }
}

/// What the machine thinks of a box. One of which it couldn't cut out a picture, it hasn't seen.
fn opinion(seen: &SeenBox, pictured: bool) -> Told {
    let share = format!("墨跡 {:.1}%，分布 {:.0}%", seen.ink * 100.0, seen.spread * 100.0);
    match seen.verdict {
        Mark::Unsure if !pictured => Told::new(Tone::Attention, "這一格沒有圖，請看整頁"),
        Mark::Marked => Told::new(Tone::Good, format!("看起來有核章（{share}）")),
        Mark::Empty => Told::new(Tone::Bad, format!("看起來是空白的（{share}）")),
        Mark::Unsure => Told::new(Tone::Attention, format!("無法確定，請放大查看（{share}）")),
    }
}

/// Tenths of a millimetre, or anything else that is small and positive, as a whole number.
pub fn tenths(value: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
    let whole = (value * 10.0).round().clamp(0.0, 100_000.0) as u32;
    whole
}

/// How far.
pub fn progress(items: &[DeskItem]) -> String {
    let done = items.iter().filter(|item| item.verdict == Verdict::Reviewed.as_str()).count();
    format!("已核閱 {done}／{}", items.len())
}

/// 收件, with what is still needed.
pub fn receive(dossier: &Dossier, items: &[DeskItem]) -> Option<Receive> {
    if dossier.state() != CaseState::Submitted {
        return None;
    }
    let (ready, words) = readiness(dossier, items);
    Some(Receive { action: path(&dossier.case.number, "/receive"), ready, words })
}

/// Whether 收件 would be granted by what has been judged, and what to say beside it.
pub fn readiness(dossier: &Dossier, items: &[DeskItem]) -> (bool, String) {
    let count = |verdict: Verdict| items.iter().filter(|item| item.verdict == verdict.as_str()).count();
    let (open, wanting) = (count(Verdict::Unreviewed), count(Verdict::Wanting));
    let facts = dossier.facts();
    let unmet = facts.unreviewed_attachments > 0 || !facts.form_verdict;
    let words = if wanting > 0 {
        format!("有 {wanting} 項需補件，請退回核章或請申請人補件。")
    } else if open > 0 {
        format!("還有 {open} 項未核閱。")
    } else if dossier.wants_new_seal() {
        "更正後需重新核章，請退回核章或請申請人補件。".into()
    } else if unmet {
        Why::NoVerdict.words()
    } else {
        "收件後，案件交由分區督導派案。".into()
    };
    (!unmet, words)
}
