//! The form that writes a service record, and a new revision of one.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::record::Kind;
use crate::case::refusal::Refused;
use crate::case::request::Request;
use crate::case::subject;
use crate::case::validate::FieldError;
use crate::steps::{Dossier, StepError};
use crate::store::records::{Record, Revision};

use super::app::App;
use super::drafts;
use super::late::{away, late, left_behind};
use super::pages::field::{Choice, Field, Input, LineKind, Section};
use super::pages::frame::{Here, Notice};
use super::pages::parts::Fact;
use super::pages::record_form::{Draft, RecordFormPage};
use super::records::{day, may_revise, readable};
use super::trouble::{WebError, html, mend, overtaken};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// 新增紀錄.
pub async fn new(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let form = Form { dossier: &dossier, record: None };
    if let Err(refused) = dossier.judge(&Request::new(Event::Record), &visitor.actor) {
        return form.left_behind(&app, &visitor, refused).await;
    }
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
    let error = match app.office.add_record(&visitor.actor, &number, &token, &sent.0).await {
        Ok(_) => {
            drafts::forget(&app, &visitor, &format!("record-{number}")).await?;
            return Ok(Redirect::to(&path(&number, "?tab=records&said=record-added")).into_response());
        }
        Err(error) => error,
    };
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed(&sent)),
        found => found?,
    };
    let form = Form { dossier: &dossier, record: None };
    match error {
        StepError::Invalid(errors) => Ok(form.again(&app, &visitor, &sent, &errors, ("token", token))),
        StepError::Refused(refused) => late(&app, &visitor, &dossier, refused, &typed(&sent)).await,
        // The same page has written another text already: this one would be a record of its own.
        StepError::Conflict => {
            Ok(form.overtaken(&app, &visitor, &sent, ("token", app.office.world.new_id())))
        }
        other => Err(other.into()),
    }
}

/// 修改: the form with what the newest revision says.
pub async fn edit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    if let Err(refused) = dossier.judge(&Request::new(Event::Record), &visitor.actor) {
        let record = dossier.records.iter().find(|record| record.id == id);
        let Some(record) = record else { return Err(StepError::from(refused).into()) };
        return Form { dossier: &dossier, record: Some(record) }.left_behind(&app, &visitor, refused).await;
    }
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
    let error = match app.office.revise_record(&visitor.actor, &number, &id, revision, &sent.0).await {
        Ok(()) => {
            drafts::forget(&app, &visitor, &format!("record-{id}")).await?;
            let below = format!("/records/{id}?said=record-revised");
            return Ok(Redirect::to(&path(&number, &below)).into_response());
        }
        Err(error) => error,
    };
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed(&sent)),
        found => found?,
    };
    match error {
        StepError::Invalid(errors) => {
            let form = Form { dossier: &dossier, record: Some(readable(&dossier, &visitor, &id)?) };
            Ok(form.again(&app, &visitor, &sent, &errors, ("revision", revision.to_string())))
        }
        StepError::Refused(refused) => late(&app, &visitor, &dossier, refused, &typed(&sent)).await,
        StepError::Conflict => {
            let record = readable(&dossier, &visitor, &id)?;
            let form = Form { dossier: &dossier, record: Some(record) };
            Ok(form.overtaken(&app, &visitor, &sent, ("revision", record.revisions[0].number.to_string())))
        }
        other => Err(other.into()),
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

    /// The half-typed form of a case that doesn't take it any more.
    async fn left_behind(
        &self,
        app: &App,
        visitor: &Visitor,
        refused: Refused,
    ) -> Result<Response, WebError> {
        let key = self.draft_key();
        let (kept, _) = drafts::find(app, visitor, &key, &self.action()).await?;
        let typed = kept.map(|sent| typed(&sent)).unwrap_or_default();
        left_behind(app, visitor, self.dossier, refused, &key, &typed).await
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
        mend(&self.page(app, visitor, sent, errors, Draft::again(self.draft_key()), guard))
    }

    /// The same because something was written meanwhile, 409.
    fn overtaken(&self, app: &App, visitor: &Visitor, sent: &Sent, guard: (&str, String)) -> Response {
        let mut page = self.page(app, visitor, sent, &[], Draft::again(self.draft_key()), guard);
        page.frame.notices.push(Notice::overtaken());
        overtaken(&page)
    }
}

/// What was typed, in words: for whoever comes too late with it.
fn typed(sent: &Sent) -> [(&'static str, String); 5] {
    let kind: Option<Kind> = sent.one("kind").parse().ok();
    [
        ("服務日期", sent.one("held_on").to_owned()),
        ("服務時間", sent.one("minutes").to_owned()),
        ("服務方式", kind.map(|kind| kind.label().to_owned()).unwrap_or_default()),
        ("參與人員", sent.one("participants").to_owned()),
        ("紀錄摘要", sent.one("summary").to_owned()),
    ]
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
