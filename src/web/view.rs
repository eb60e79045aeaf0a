//! Records as pages show them: looks of states, flow rows, papers, attachments, cards.

use crate::case::dates;
use crate::case::event::Event;
use crate::case::fields::{FieldKind, FieldSpec, Value, Values};
use crate::case::review::Target;
use crate::case::state::State;
use crate::case::subject;
use crate::case::supplement::Place;
use crate::steps::Dossier;
use crate::store::flow::FlowRow as Row;
use crate::store::papers::{Attachment, Scan, Verdict};
use crate::store::phones::Photo;
use crate::store::reviews::Given;

use super::pages::attachments::AttachmentItem;
use super::pages::case_page::{AttachmentLine, Paper};
use super::pages::parts::{self, Badge, DigestText, Fact, FlowDocument, FlowRow, Look, Tone};
use super::pages::words::{self, Moment};
use super::receipts;

/// The address of a case, and below it.
#[must_use]
pub fn path(number: &str, below: &str) -> String {
    format!("/cases/{number}{below}")
}

/// Where a photo behind a page of a scan is downloaded.
#[must_use]
pub fn photo_path(number: &str, scan: &Scan, photo: &Photo) -> String {
    path(number, &format!("/scans/{}/photos/{}", scan.id, photo.page))
}

/// A state as a badge.
#[must_use]
pub fn state_badge(state: State) -> Badge {
    let look = match state {
        State::Draft => Look::Draft,
        State::Sealing => Look::Seal,
        State::Submitted => Look::Waiting,
        State::Supplement => Look::Attention,
        State::Received | State::InService => Look::Going,
        State::Closed => Look::Done,
        State::Declined | State::Withdrawn => Look::Ended,
    };
    Badge::new(state.label(), look)
}

/// The word and shape of a flow row: the state that was reached, or the event where it stays the same.
fn flow_word(row: &Row) -> (String, Look) {
    match row.event {
        Event::Open | Event::Print | Event::Submit | Event::Receive | Event::Close => {
            let badge = state_badge(row.to);
            (badge.label, badge.look)
        }
        Event::Return | Event::AskSupplement | Event::SendClosingBack => {
            (row.event.label().into(), Look::Attention)
        }
        Event::Decline | Event::Withdraw => (row.event.label().into(), Look::Ended),
        Event::Dispatch | Event::Reassign | Event::Reopen => (row.event.label().into(), Look::Going),
        Event::Resubmit => (row.event.label().into(), Look::Waiting),
        Event::Edit
        | Event::Correct
        | Event::Review
        | Event::Record
        | Event::ProposeClosing
        | Event::HandOver => (row.event.label().into(), Look::Draft),
    }
}

/// A flow row of this case.
#[must_use]
pub fn flow_row(dossier: &Dossier, row: &Row, now: i64) -> FlowRow {
    let (mut label, look) = flow_word(row);
    let mut reason = row.reason.clone();
    if row.event == Event::Edit && !reason.is_empty() {
        // What an edit notes is what was edited, not why.
        label = format!("{label}：{}", std::mem::take(&mut reason));
    }
    if matches!(row.event, Event::Dispatch | Event::Reassign) && !reason.is_empty() {
        // Who was chosen comes first; a reason only where one was given.
        let (people, why) = reason.split_once('；').unwrap_or((&reason, ""));
        label = format!("{label}：{people}");
        reason = why.to_owned();
    }
    FlowRow {
        when: Moment::at(row.at, now),
        who: match row.role {
            Some(role) => format!("{}（{}）", row.actor_name, role.label()),
            None => row.actor_name.clone(),
        },
        label,
        look,
        reason: (!reason.is_empty()).then_some(reason),
        receipt: receipts::address(dossier, row),
        reason_word: reason_word(row.event),
        documents: row.evidence.iter().map(|evidence| flow_document(dossier, evidence)).collect(),
    }
}

/// What the words of a flow row are, by what happened.
fn reason_word(event: Event) -> &'static str {
    match event {
        Event::AskSupplement => "補件說明",
        Event::HandOver => "申請人",
        Event::ProposeClosing | Event::Close => "結案原因",
        Event::Submit | Event::Resubmit | Event::Open | Event::Print | Event::Receive => "備註",
        _ => "原因",
    }
}

fn flow_document(dossier: &Dossier, evidence: &crate::store::flow::Evidence) -> FlowDocument {
    let number = &dossier.case.number;
    let (label, href) = match (evidence.kind.as_str(), evidence.revision) {
        ("print", Some(revision)) => {
            (format!("申請單第 {revision} 版"), Some(path(number, &format!("/prints/{revision}/form.pdf"))))
        }
        ("scan", _) => {
            let scan =
                dossier.scans.iter().find(|scan| scan.digest == evidence.digest && scan.bound_at.is_some());
            ("簽核申請單".to_owned(), scan.map(|scan| path(number, &format!("/scans/{}/original", scan.id))))
        }
        ("photo", _) => {
            let found = dossier.photos().find(|(_, photo)| photo.digest == evidence.digest);
            let href = found.map(|(scan, photo)| photo_path(number, scan, photo));
            ("簽核申請單的照片".to_owned(), href)
        }
        _ => {
            let attachment = dossier.attachments.iter().find(|a| a.digest == evidence.digest);
            let label = attachment.map_or("檢附資料", |a| category_label(dossier, &a.category));
            (label.to_owned(), attachment.map(|a| path(number, &format!("/attachments/{}", a.id))))
        }
    };
    FlowDocument { label, digest: DigestText::new(evidence.digest.short()), href }
}

/// The label of an attachment's category.
#[must_use]
pub fn category_label<'d>(dossier: &'d Dossier, category: &'d str) -> &'d str {
    dossier.service.attachment(category).map_or(category, |spec| spec.label.as_str())
}

/// 未核閱, 已核閱 or 需補件.
#[must_use]
pub fn verdict_badge(verdict: Verdict) -> Badge {
    let look = match verdict {
        Verdict::Unreviewed => Look::Waiting,
        Verdict::Reviewed => Look::Done,
        Verdict::Wanting => Look::Attention,
    };
    Badge::new(verdict.label(), look)
}

/// Attachments counted for a card: the worst of them gives the word.
#[must_use]
pub fn attachments_badge(attachments: &[Attachment]) -> Option<Badge> {
    let count = |verdict| attachments.iter().filter(|a| a.verdict == verdict).count();
    let worst = [Verdict::Wanting, Verdict::Unreviewed, Verdict::Reviewed];
    let verdict = worst.into_iter().find(|verdict| count(*verdict) > 0)?;
    let badge = verdict_badge(verdict);
    Some(Badge::new(format!("{} {}", count(verdict), badge.label), badge.look))
}

/// The attachments in short, newest first.
#[must_use]
pub fn attachment_lines(dossier: &Dossier) -> Vec<AttachmentLine> {
    let lines = dossier.attachments.iter().rev().map(|attachment| AttachmentLine {
        category: category_label(dossier, &attachment.category).to_owned(),
        name: attachment.file_name.clone(),
        href: path(&dossier.case.number, &format!("/attachments/{}", attachment.id)),
        state: verdict_badge(attachment.verdict),
        digest: DigestText::new(attachment.digest.short()),
    });
    lines.collect()
}

/// The attachments in full, newest first.
#[must_use]
pub fn attachment_items(dossier: &Dossier, open: bool, now: i64) -> Vec<AttachmentItem> {
    let items = dossier.attachments.iter().rev().map(|attachment| {
        let href = path(&dossier.case.number, &format!("/attachments/{}", attachment.id));
        AttachmentItem {
            category: category_label(dossier, &attachment.category).to_owned(),
            name: attachment.file_name.clone(),
            kind: kind_word(&attachment.kind).into(),
            size: words::size(u64::try_from(attachment.bytes).unwrap_or(0)),
            digest: DigestText::new(attachment.digest.to_string()),
            when: Moment::at(attachment.uploaded_at, now),
            who: dossier.case.applicant_name.clone(),
            state: verdict_badge(attachment.verdict),
            remark: (!attachment.remark.is_empty()).then(|| attachment.remark.clone()),
            delete: (open && dossier.reopened(Place::Attachment, &attachment.category))
                .then(|| format!("{href}/delete")),
            href,
        }
    });
    items.collect()
}

/// A media type in a word.
#[must_use]
pub fn kind_word(kind: &str) -> &str {
    match kind {
        "application/pdf" => "PDF",
        "image/jpeg" => "JPEG",
        "image/png" => "PNG",
        "image/heic" => "HEIC",
        other => other,
    }
}

/// The trail of papers: printed revisions and scans, newest first.
#[must_use]
pub fn papers(dossier: &Dossier, now: i64) -> Vec<Paper> {
    let number = &dossier.case.number;
    let stale = !dossier.changed_since_print().is_empty();
    let prints = dossier.prints.iter().enumerate().map(|(at, print)| {
        let revision = print.revision;
        let base = path(number, &format!("/prints/{revision}"));
        let outdated = at > 0 || (stale && dossier.state() == State::Sealing);
        let verdict = outdated.then(|| parts::Verdict::new(Tone::Attention, "已過期，請勿核章"));
        let paper = Paper {
            title: format!("申請單第 {revision} 版"),
            scan: false,
            thumbnail: Some(format!("{base}/page-1.jpg")),
            href: format!("{base}/form.pdf"),
            when: Moment::at(print.printed_at, now),
            who: print.printed_by.clone(),
            verdict,
            seals: Vec::new(),
            digest: DigestText::new(print.digest.short()),
        };
        (print.printed_at, paper)
    });
    let scans = dossier.scans.iter().map(|scan| {
        let base = path(number, &format!("/scans/{}", scan.id));
        let bound = dossier.case.standing.scan() == Some(scan.id.as_str());
        let verdict = match (bound, scan.by_hand) {
            (true, true) => parts::Verdict::new(Tone::Attention, "已送件，需人工核對"),
            (true, false) => parts::Verdict::new(Tone::Good, "已送件"),
            (false, _) if scan.bound_at.is_some() => {
                parts::Verdict::new(Tone::Attention, "曾送件，已由新的取代或退回")
            }
            (false, _) => parts::Verdict::new(Tone::Plain, "尚未送件"),
        };
        let paper = Paper {
            title: format!("簽核申請單（第 {} 版）", scan.revision),
            scan: true,
            thumbnail: Some(format!("{base}/pages/1.jpg")),
            href: base,
            when: Moment::at(scan.uploaded_at, now),
            who: scan.uploaded_by.clone(),
            verdict: Some(verdict),
            seals: seal_verdicts(dossier, scan),
            digest: DigestText::new(scan.digest.short()),
        };
        (scan.uploaded_at, paper)
    });
    let mut all: Vec<_> = prints.chain(scans).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, paper)| paper).collect()
}

/// What reviewers found of a scan, box by box; nothing where nobody judged.
fn seal_verdicts(dossier: &Dossier, scan: &Scan) -> Vec<parts::Verdict> {
    let print = dossier.prints.iter().find(|print| print.id == scan.print_id);
    let seals = print.map(|print| print.snapshot.seals.as_slice()).unwrap_or_default();
    let newest = |target: &Target| {
        let of = |given: &&Given| given.target == *target && given.scan_id.as_deref() == Some(&scan.id);
        dossier.verdicts.iter().rev().find(of)
    };
    let mut found: Vec<(String, &Given)> = Vec::new();
    for seal in seals {
        let given = newest(&Target::Seal(seal.id.clone()));
        found.extend(given.map(|given| (seal.label.clone(), given)));
    }
    found.extend(newest(&Target::Form).map(|given| ("整份".to_owned(), given)));
    let told = found.into_iter().filter_map(|(label, given)| {
        let tone = match given.verdict {
            Verdict::Unreviewed => return None,
            Verdict::Reviewed => Tone::Good,
            Verdict::Wanting => Tone::Attention,
        };
        let remark = if given.remark.is_empty() { String::new() } else { format!("：{}", given.remark) };
        Some(parts::Verdict::new(tone, format!("{label} {}{remark}", given.verdict.label())))
    });
    told.collect()
}

/// An answer as screens show it.
#[must_use]
pub fn shown(spec: &FieldSpec, values: &Values) -> String {
    let text = values.get(&spec.id).map(Value::display).unwrap_or_default();
    if spec.kind == FieldKind::Date { dates::screen(&text) } else { text }
}

/// Every answer of a specification as a fact.
#[must_use]
pub fn facts(specs: &[FieldSpec], values: &Values) -> Vec<Fact> {
    specs.iter().map(|spec| Fact::new(&spec.label, shown(spec, values))).collect()
}

/// A subject's answers as its card shows them: grouped as in the manual, the number apart.
#[must_use]
pub fn subject_facts(answers: &Values) -> Vec<Fact> {
    let text = |id: &str| subject::text(answers, id).to_owned();
    let two = |one: &str, other: &str| format!("{} {}", text(one), text(other)).trim().to_owned();
    vec![
        Fact::new("羅馬拼音", text("roman")),
        Fact::new("生日", dates::screen(&text("birth"))),
        Fact::new("是否為特教生", text("special_education")),
        Fact::new("學生背景", text("background")),
        Fact::new("學生班級", format!("{} 年 {} 班", text("grade"), text("class"))),
        Fact::new("家長(監護人)", two("parent", "mobile")),
        Fact::new("關係", text("relation")),
        Fact::new("家長聯絡電話 (H)", text("phone_home")),
        Fact::new("家長聯絡電話 (O)", text("phone_office")),
        Fact::new("地址", text("address")),
        Fact::new("輔導老師", two("counsellor", "counsellor_phone")),
        Fact::new("導師", two("tutor", "tutor_phone")),
        Fact::new("備註", text("note")),
    ]
}
