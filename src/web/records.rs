//! 紀錄: service records in the tab of a case, and each on a page of its own.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::case::event::Event;
use crate::case::role::Actor;
use crate::steps::Dossier;
use crate::steps::dispatch::label;
use crate::store::records::{Record, Revision};

use super::app::App;
use super::pages::case_page::RecordsTab;
use super::pages::frame::Here;
use super::pages::parts::{Action, CaseNumberText, DigestText, Fact, Link, Pager, Weight};
use super::pages::service_record::{
    RecordCard, RecordFileShown, RecordUpload, RevisionShown, ServiceRecordPage,
};
use super::pages::words::{self, Moment};
use super::record_receipts;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

/// Records in the tab at a time.
const PAGE: usize = 20;

/// The tab 紀錄; `page` counts from 1.
pub fn tab(dossier: &Dossier, actor: &Actor, page: usize, now: i64) -> RecordsTab {
    let number = &dossier.case.number;
    let may_add = dossier.may(Event::Record, actor);
    let Some(records) = dossier.records_for(actor) else {
        return RecordsTab { secret: Some(counted(dossier)), ..RecordsTab::default() };
    };
    let page = page.max(1);
    let shown = records.iter().skip((page - 1) * PAGE).take(PAGE);
    let address = |page: usize| path(number, &format!("?tab=records&page={page}#record"));
    RecordsTab {
        empty_words: "派案後，專業輔導人員的服務紀錄會列在這裡，最近的服務在最上面。".into(),
        totals: (!records.is_empty()).then(|| totals(records)),
        add: may_add.then(|| Action::open("＋ 新增紀錄", path(number, "/records/new"))),
        records: shown.map(|record| card(dossier, record, actor, now)).collect(),
        secret: None,
        pager: Pager {
            previous: (page > 1).then(|| address(page - 1)),
            next: (page * PAGE < records.len()).then(|| address(page + 1)),
        },
    }
}

/// How often and by whom, for those who may not read what was written.
fn counted(dossier: &Dossier) -> String {
    let mut writers: Vec<&str> = Vec::new();
    for revision in dossier.records.iter().flat_map(|record| record.revisions.last()) {
        if !writers.contains(&revision.writer.as_str()) {
            writers.push(&revision.writer);
        }
    }
    let sessions = match dossier.records.len() {
        0 => "目前還沒有服務紀錄。".to_owned(),
        n => format!("目前有 {n} 次服務紀錄，由{}撰寫。", writers.join("、")),
    };
    format!("{sessions}服務紀錄是專業輔導人員的保密紀錄，內容不在這裡顯示。")
}

/// Sessions and minutes in all.
pub fn totals(records: &[Record]) -> String {
    let minutes: i64 = records.iter().map(|record| record.revisions[0].entry.minutes).sum();
    format!("共 {} 次，{minutes} 分鐘", records.len())
}

fn card(dossier: &Dossier, record: &Record, actor: &Actor, now: i64) -> RecordCard {
    let base = path(&dossier.case.number, &format!("/records/{}", record.id));
    let newest = &record.revisions[0];
    RecordCard {
        day: day(newest),
        kind: newest.entry.kind.label().into(),
        minutes: newest.entry.minutes,
        participants: newest.entry.participants.clone(),
        summary: newest.entry.summary.clone(),
        who: newest.writer.clone(),
        when: Moment::at(newest.written_at, now),
        revisions: record.revisions.len(),
        files: record
            .files
            .iter()
            .map(|file| Link { label: file.file_name.clone(), href: format!("{base}/files/{}", file.digest) })
            .collect(),
        edit: may_revise(dossier, record, actor).then(|| format!("{base}/edit")),
        href: base,
    }
}

/// The day of the session as screens show it.
pub fn day(revision: &Revision) -> String {
    revision.entry.held_on.strftime("%Y/%m/%d").to_string()
}

/// Whether this person may write a new revision: the writer, while serving the case.
pub fn may_revise(dossier: &Dossier, record: &Record, actor: &Actor) -> bool {
    dossier.may(Event::Record, actor) && record.revisions.iter().all(|one| one.written_by == actor.id)
}

fn revision(dossier: &Dossier, record: &Record, revision: &Revision, now: i64) -> RevisionShown {
    let entry = &revision.entry;
    RevisionShown {
        number: revision.number,
        facts: vec![
            Fact::new("服務日期", day(revision)),
            Fact::new("服務方式", entry.kind.label()),
            Fact::new("服務時間", format!("{} 分鐘", entry.minutes)),
            Fact::new("參與人員", &entry.participants),
        ],
        summary: entry.summary.clone(),
        who: revision.writer.clone(),
        when: Moment::at(revision.written_at, now),
        receipt: record_receipts::address(dossier, record, revision.number),
    }
}

/// One record with its files and revisions.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
    axum::extract::Query(asked): axum::extract::Query<Asked>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let record = readable(&dossier, &visitor, &id)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(html(&record_page(&app, &visitor, &dossier, record, asked.said.as_deref(), None)))
}

#[derive(serde::Deserialize)]
pub struct Asked {
    said: Option<String>,
}

/// A record of the case, if this person may read it.
pub fn readable<'d>(dossier: &'d Dossier, visitor: &Visitor, id: &str) -> Result<&'d Record, WebError> {
    let records = dossier.records_for(&visitor.actor).ok_or_else(WebError::not_found)?;
    records.iter().find(|record| record.id == id).ok_or_else(WebError::not_found)
}

/// The page of one record.
pub fn record_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    record: &Record,
    said: Option<&str>,
    error: Option<String>,
) -> ServiceRecordPage {
    let (number, now) = (&dossier.case.number, app.office.world.now());
    let base = path(number, &format!("/records/{}", record.id));
    let newest = &record.revisions[0];
    let files = record.files.iter().map(|file| RecordFileShown {
        name: file.file_name.clone(),
        href: format!("{base}/files/{}", file.digest),
        kind: format!(
            "{}，{}",
            view::kind_word(&file.kind),
            words::size(u64::try_from(file.bytes).unwrap_or(0))
        ),
        digest: DigestText::new(file.digest.to_string()),
        who: file.uploaded_by.clone(),
        when: Moment::at(file.uploaded_at, now),
    });
    ServiceRecordPage {
        frame: visitor.frame_at(app, here(visitor), said),
        number: CaseNumberText::new(number),
        back: Link { label: "回服務紀錄".into(), href: path(number, "?tab=records") },
        title: format!("{} {}", day(newest), newest.entry.kind.label()),
        newest: revision(dossier, record, newest, now),
        edit: may_revise(dossier, record, &visitor.actor)
            .then(|| Action::open("修改", format!("{base}/edit")).weighing(Weight::Plain)),
        files: files.collect(),
        upload: dossier.may(Event::Record, &visitor.actor).then(|| RecordUpload {
            action: format!("{base}/files"),
            max_bytes: app.office.max_upload_bytes,
            max_words: words::size(app.office.max_upload_bytes),
            error,
        }),
        older: record.revisions.iter().skip(1).map(|one| revision(dossier, record, one, now)).collect(),
    }
}

/// A professional comes from the own cases, everyone else from the list.
fn here(visitor: &Visitor) -> Here {
    if visitor.actor.is(crate::case::role::Role::Professional) { Here::Served } else { Here::All }
}

/// The professionals who serve a case, as cards and pages show them: 張心理 (心理師).
pub fn staff(dossier: &Dossier) -> String {
    let names: Vec<_> = dossier.staff.iter().map(|one| label(&one.name, &one.profession)).collect();
    names.join("、")
}
