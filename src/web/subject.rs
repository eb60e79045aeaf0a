//! 對象: the form for the child that the case is about, and the question before deleting.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::fields::Values;
use crate::case::subject::{self, FIELDS};
use crate::case::supplement::Place;
use crate::case::validate::FieldError;
use crate::steps::subject::Asked;
use crate::steps::{Dossier, StepError};
use crate::store::cases::Subject;

use super::answers;
use super::app::App;
use super::content::{Sides, caution, judge_edit, overtaken, own_words};
use super::drafts;
use super::glyphs;
use super::late::away;
use super::pages::field::{Confirm, Errors, Warning, sections};
use super::pages::parts::Fact;
use super::pages::record_form::{Draft, RecordFormPage};
use super::pages::trouble::ConfirmPage;
use super::trouble::{WebError, html, mend};
use super::typed::{Sent, by_field};
use super::view::path;
use super::visitor::{Settled, Visitor};

/// The confirmation's name in the form.
const CONFIRM: &str = "confirm_id_number";

/// What the form is for.
struct Form<'a> {
    dossier: &'a Dossier,
    /// None: a new subject.
    id: Option<&'a str>,
}

impl Form<'_> {
    fn action(&self) -> String {
        let number = &self.dossier.case.number;
        match self.id {
            None => path(number, "/subject"),
            Some(id) => path(number, &format!("/subject/{id}")),
        }
    }

    fn draft_key(&self) -> String {
        match self.id {
            None => format!("subject-{}", self.dossier.case.number),
            Some(id) => format!("subject-{id}"),
        }
    }

    fn page(
        &self,
        app: &App,
        visitor: &Visitor,
        values: &Values,
        errors: &Errors,
        draft: Draft,
    ) -> RecordFormPage {
        let case = &self.dossier.case;
        let open = answers::open_fields(self.dossier, Place::Subject, &FIELDS);
        let mut sections = sections(&open, values, errors);
        glyphs::warn(&mut sections, app.office.printer.fonts());
        RecordFormPage {
            frame: visitor.frame(app, None),
            title: if self.id.is_none() { "新增服務對象" } else { "編輯服務對象" }.into(),
            step: None,
            facts: vec![
                Fact::new("案件編號", &case.number),
                Fact::new("服務項目", &self.dossier.service.title),
            ],
            sections,
            caution: caution(self.dossier),
            action: self.action(),
            hidden: vec![("version".into(), case.version.to_string())],
            draft: Some(draft),
            submit: if self.id.is_none() { "新增" } else { "儲存" }.into(),
            cancel: path(&case.number, "?tab=subject"),
        }
    }

    /// The form again with what was typed, 422.
    fn again(
        &self,
        app: &App,
        visitor: &Visitor,
        sent: &Sent,
        errors: &[FieldError],
        ask: Option<&FieldError>,
    ) -> Response {
        let draft = Draft::again(self.draft_key());
        let mut page = self.page(app, visitor, &sent.as_typed(&FIELDS), &by_field(errors), draft);
        if let Some(error) = ask
            && let Some(field) = page.field_mut(&error.field)
        {
            field.warning = Some(Warning {
                sentence: error.words.clone(),
                confirm: Some(Confirm {
                    name: CONFIRM.into(),
                    label: "確認無誤：我已核對證件，號碼確實如此".into(),
                    given: false,
                }),
            });
        }
        mend(&page)
    }
}

/// 新增服務對象.
pub async fn new(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    if dossier.subject().is_some() || !dossier.takes_subject() {
        return Ok(Redirect::to(&path(&number, "?tab=subject")).into_response());
    }
    let form = Form { dossier: &dossier, id: None };
    let (kept, draft) = drafts::find(&app, &visitor, &form.draft_key(), &form.action()).await?;
    let values = kept.map(|sent| sent.as_typed(&FIELDS)).unwrap_or_default();
    Ok(html(&form.page(&app, &visitor, &values, &Errors::new(), draft)))
}

/// Adds the subject.
pub async fn add(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let asked = Asked { typed: &sent.0, confirmed: sent.ticked(CONFIRM), origin: &visitor.origin };
    let outcome = app.office.add_subject(&visitor.actor, &number, asked).await;
    answer(&app, &visitor, &number, None, &sent, outcome).await
}

/// 編輯服務對象.
pub async fn edit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    let subject = live(&dossier, &id)?;
    if !answers::opens(&dossier, Place::Subject) {
        return Ok(Redirect::to(&path(&number, "#wanted")).into_response());
    }
    let form = Form { dossier: &dossier, id: Some(&id) };
    let (kept, draft) = drafts::find(&app, &visitor, &form.draft_key(), &form.action()).await?;
    let values = kept.map_or_else(|| subject.answers.clone(), |sent| sent.as_typed(&FIELDS));
    Ok(html(&form.page(&app, &visitor, &values, &Errors::new(), draft)))
}

/// Saves the subject.
pub async fn save(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, WebError> {
    let asked = Asked { typed: &sent.0, confirmed: sent.ticked(CONFIRM), origin: &visitor.origin };
    let outcome = app.office.change_subject(&visitor.actor, &number, &id, sent.version()?, asked).await;
    answer(&app, &visitor, &number, Some(&id), &sent, outcome).await
}

async fn answer(
    app: &App,
    visitor: &Visitor,
    number: &str,
    id: Option<&str>,
    sent: &Sent,
    outcome: Result<(), StepError>,
) -> Result<Response, WebError> {
    let error = match outcome {
        Ok(()) => {
            let key = id.unwrap_or(number);
            drafts::forget(app, visitor, &format!("subject-{key}")).await?;
            let said = if id.is_none() { "subject" } else { "saved" };
            return Ok(Redirect::to(&path(number, &format!("?tab=subject&said={said}"))).into_response());
        }
        Err(error) => error,
    };
    let dossier = match app.office.dossier(&visitor.actor, number).await {
        Err(StepError::NotFound) => return away(app, visitor, &own_words(&FIELDS, sent)),
        found => found?,
    };
    let form = Form { dossier: &dossier, id };
    match error {
        StepError::Invalid(errors) => Ok(form.again(app, visitor, sent, &errors, None)),
        StepError::Confirm(error) => Ok(form.again(app, visitor, sent, &[], Some(&error))),
        other => {
            let this = |subject: &&Subject| id.map_or(!subject.deleted, |id| subject.id == id);
            let current = dossier.subjects.iter().find(this);
            let current = current.map(|subject| subject.answers.clone()).unwrap_or_default();
            let (place, specs, action) = (Place::Subject, &FIELDS, form.action());
            let sides = Sides { place, specs, current: &current, sent, action: &action };
            overtaken(app, visitor, &dossier, sides, other).await
        }
    }
}

/// The question before deleting.
pub async fn ask_delete(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    let subject = live(&dossier, &id)?;
    Ok(html(&ConfirmPage {
        frame: visitor.frame(&app, None),
        title: "要刪除這位服務對象嗎？".into(),
        what: "刪除後可在「已刪除」中查看，但不能復原；檢附資料會保留。".into(),
        facts: vec![Fact::new("姓名", subject::text(&subject.answers, "name"))],
        reason: None,
        action: path(&number, &format!("/subject/{id}/delete")),
        hidden: Vec::new(),
        button: "刪除".into(),
        cancel: path(&number, "?tab=subject"),
    }))
}

/// Deletes the subject.
pub async fn delete(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    app.office.delete_subject(&visitor.actor, &number, &id).await?;
    Ok(Redirect::to(&path(&number, "?tab=subject&said=subject-deleted")).into_response())
}

fn live<'d>(dossier: &'d Dossier, id: &str) -> Result<&'d Subject, WebError> {
    dossier.subject().filter(|subject| subject.id == id).ok_or_else(WebError::not_found)
}
