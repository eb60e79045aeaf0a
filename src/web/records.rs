//! 紀錄: service records in the tab of a case, on pages of their own, and the form that writes them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::record::Kind;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::subject;
use crate::case::validate::FieldError;
use crate::steps::dispatch::label;
use crate::steps::{Dossier, StepError};
use crate::store::records::{Record, Revision};

use super::app::App;
use super::drafts;
use super::pages::case_page::RecordsTab;
use super::pages::field::{Choice, Field, Input, LineKind, Section};
use super::pages::frame::{Here, Notice};
use super::pages::parts::{Action, CaseNumberText, DigestText, Fact, Link, Pager, Weight};
use super::pages::record_form::{Draft, RecordFormPage};
use super::pages::service_record::{
    RecordCard, RecordFileShown, RecordUpload, RevisionShown, ServiceRecordPage,
};
use super::pages::words::{self, Moment};
use super::trouble::{WebError, html};
use super::typed::Sent;
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

fn may_revise(dossier: &Dossier, record: &Record, actor: &Actor) -> bool {
    dossier.may(Event::Record, actor) && record.revisions.iter().all(|one| one.written_by == actor.id)
}

fn revision(revision: &Revision, now: i64) -> RevisionShown {
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
        newest: revision(newest, now),
        edit: may_revise(dossier, record, &visitor.actor)
            .then(|| Action::open("修改", format!("{base}/edit")).weighing(Weight::Plain)),
        files: files.collect(),
        upload: dossier.may(Event::Record, &visitor.actor).then(|| RecordUpload {
            action: format!("{base}/files"),
            max_bytes: app.office.max_upload_bytes,
            max_words: words::size(app.office.max_upload_bytes),
            error,
        }),
        older: record.revisions.iter().skip(1).map(|one| revision(one, now)).collect(),
    }
}

/// A professional comes from the own cases, everyone else from the list.
fn here(visitor: &Visitor) -> Here {
    if visitor.actor.is(crate::case::role::Role::Professional) { Here::Served } else { Here::All }
}

/// 新增紀錄.
pub async fn new(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    dossier.judge(&Request::new(Event::Record), &visitor.actor).map_err(StepError::from)?;
    let form = Form { dossier: &dossier, record: None };
    let (kept, draft) = drafts::find(&app, &visitor, &form.draft_key(), &form.action()).await?;
    let sent = kept.unwrap_or_else(|| form.today(&app));
    let token = app.office.world.new_id();
    Ok(html(&form.page(&app, &visitor, &sent, &[], draft, ("token", token))))
}

/// Writes a new record.
pub async fn add(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let token = sent.one("token").to_owned();
    if token.is_empty() || token.len() > 64 {
        return Err(WebError::bad_request("這個表單缺少識別碼。"));
    }
    match app.office.add_record(&visitor.actor, &number, &token, &sent.0).await {
        Ok(_) => {
            drafts::forget(&app, &visitor, &format!("record-{number}")).await?;
            Ok(Redirect::to(&path(&number, "?tab=records&said=record-added")).into_response())
        }
        Err(StepError::Invalid(errors)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let form = Form { dossier: &dossier, record: None };
            Ok(form.again(&app, &visitor, &sent, &errors, ("token", token)))
        }
        Err(other) => Err(other.into()),
    }
}

/// 修改: the form with what the newest revision says.
pub async fn edit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    dossier.judge(&Request::new(Event::Record), &visitor.actor).map_err(StepError::from)?;
    let record = readable(&dossier, &visitor, &id)?;
    if !may_revise(&dossier, record, &visitor.actor) {
        return Err(WebError::not_found());
    }
    let form = Form { dossier: &dossier, record: Some(record) };
    let (kept, draft) = drafts::find(&app, &visitor, &form.draft_key(), &form.action()).await?;
    let newest = &record.revisions[0];
    let sent = kept.unwrap_or_else(|| as_sent(newest));
    Ok(html(&form.page(&app, &visitor, &sent, &[], draft, ("revision", newest.number.to_string()))))
}

/// Writes a new revision.
pub async fn save(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, WebError> {
    let revision: i64 =
        sent.one("revision").parse().map_err(|_| WebError::bad_request("這個表單缺少紀錄的版本。"))?;
    match app.office.revise_record(&visitor.actor, &number, &id, revision, &sent.0).await {
        Ok(()) => {
            drafts::forget(&app, &visitor, &format!("record-{id}")).await?;
            let below = format!("/records/{id}?said=record-revised");
            Ok(Redirect::to(&path(&number, &below)).into_response())
        }
        Err(StepError::Invalid(errors)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let form = Form { dossier: &dossier, record: Some(readable(&dossier, &visitor, &id)?) };
            Ok(form.again(&app, &visitor, &sent, &errors, ("revision", revision.to_string())))
        }
        Err(StepError::Conflict) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let record = readable(&dossier, &visitor, &id)?;
            let form = Form { dossier: &dossier, record: Some(record) };
            Ok(form.overtaken(&app, &visitor, &sent, ("revision", record.revisions[0].number.to_string())))
        }
        Err(other) => Err(other.into()),
    }
}

/// What the form is for.
struct Form<'a> {
    dossier: &'a Dossier,
    /// None: a new record.
    record: Option<&'a Record>,
}

impl Form<'_> {
    fn action(&self) -> String {
        let number = &self.dossier.case.number;
        match self.record {
            None => path(number, "/records/new"),
            Some(record) => path(number, &format!("/records/{}/edit", record.id)),
        }
    }

    fn draft_key(&self) -> String {
        match self.record {
            None => format!("record-{}", self.dossier.case.number),
            Some(record) => format!("record-{}", record.id),
        }
    }

    /// An empty form with today's date.
    fn today(&self, app: &App) -> Sent {
        let today = app.office.today().strftime("%Y/%m/%d").to_string();
        Sent([("held_on".to_owned(), vec![today])].into())
    }

    fn page(
        &self,
        app: &App,
        visitor: &Visitor,
        sent: &Sent,
        errors: &[FieldError],
        draft: Draft,
        guard: (&str, String),
    ) -> RecordFormPage {
        let case = &self.dossier.case;
        let name = self.dossier.subject().map(|s| subject::text(&s.answers, "name").to_owned());
        let mut facts = vec![
            Fact::new("案件編號", &case.number),
            Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
        ];
        facts.extend(name.map(|name| Fact::new("服務對象", name)));
        let new = self.record.is_none();
        RecordFormPage {
            frame: visitor.frame_at(app, Here::Served, None),
            title: if new { "新增服務紀錄" } else { "修改服務紀錄" }.into(),
            step: None,
            facts,
            sections: vec![Section { heading: None, fields: fields(sent, errors) }],
            caution: (!new).then(|| "儲存後成為新的一版；先前的版本會保留，任何人都不能刪除。".to_owned()),
            action: self.action(),
            hidden: vec![(guard.0.to_owned(), guard.1)],
            draft: Some(draft),
            submit: if new { "新增紀錄" } else { "儲存" }.into(),
            cancel: path(&case.number, "?tab=records"),
        }
    }

    /// The form again with what was typed, 422.
    fn again(
        &self,
        app: &App,
        visitor: &Visitor,
        sent: &Sent,
        errors: &[FieldError],
        guard: (&str, String),
    ) -> Response {
        let page = self.page(app, visitor, sent, errors, self.draft(), guard);
        (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
    }

    /// The same because something was written meanwhile, 409.
    fn overtaken(&self, app: &App, visitor: &Visitor, sent: &Sent, guard: (&str, String)) -> Response {
        let mut page = self.page(app, visitor, sent, &[], self.draft(), guard);
        page.frame.notices.push(Notice::overtaken());
        (StatusCode::CONFLICT, html(&page)).into_response()
    }

    fn draft(&self) -> Draft {
        Draft { key: self.draft_key(), restored: None, back: String::new() }
    }
}

fn fields(sent: &Sent, errors: &[FieldError]) -> Vec<Field> {
    let error = |name: &str| errors.iter().find(|e| e.field == name).map(|e| e.words.clone());
    let line = |name: &str, label: &str, kind: LineKind, hint: &str| Field {
        hint: Some(hint.to_owned()),
        error: error(name),
        wide: false,
        ..Field::line(name, label, kind, sent.one(name))
    };
    let kinds = Kind::ALL
        .map(|kind| Choice::labelled(kind.as_str(), kind.label(), kind.as_str() == sent.one("kind")));
    vec![
        line("held_on", "服務日期", LineKind::Date, "例如 2025/12/18 或 114/12/18"),
        line("minutes", "服務時間", LineKind::Number, "以分鐘計，例如 50"),
        Field {
            input: Input::One(kinds.into()),
            error: error("kind"),
            ..Field::line("kind", "服務方式", LineKind::Text, "")
        },
        Field {
            wide: true, ..line("participants", "參與人員", LineKind::Text, "例如 學生、家長、導師")
        },
        Field {
            error: error("summary"), ..Field::text("summary", "紀錄摘要", sent.one("summary"), 4000)
        },
    ]
}

/// What a revision says, as the form would send it.
fn as_sent(revision: &Revision) -> Sent {
    let entry = &revision.entry;
    let pairs = [
        ("held_on", day(revision)),
        ("minutes", entry.minutes.to_string()),
        ("kind", entry.kind.as_str().to_owned()),
        ("participants", entry.participants.clone()),
        ("summary", entry.summary.clone()),
    ];
    Sent(pairs.map(|(name, value)| (name.to_owned(), vec![value])).into())
}

/// The professionals who serve a case, as cards and pages show them: 張心理 (心理師).
pub fn staff(dossier: &Dossier) -> String {
    let names: Vec<_> = dossier.staff.iter().map(|one| label(&one.name, &one.profession)).collect();
    names.join("、")
}
