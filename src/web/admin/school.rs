//! 新增學校 and 修改學校, one at a time.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::school::SchoolDraft;
use crate::case::stage::SchoolStage;
use crate::case::validate::FieldError;
use crate::steps::StepError;
use crate::web::app::App;
use crate::web::pages::field::{Choice, Field, Input, LineKind, Section};
use crate::web::pages::frame::Here;
use crate::web::pages::parts::Fact;
use crate::web::pages::record_form::RecordFormPage;
use crate::web::trouble::{WebError, html};
use crate::web::typed::Sent;
use crate::web::visitor::Visitor;

use super::{Admin, changed};

/// Where the form leads back to.
const BACK: &str = "/admin/schools";

/// A new school.
pub async fn new(State(app): State<App>, Admin { visitor, .. }: Admin) -> Response {
    html(&page(&app, &visitor, &SchoolDraft::default(), None, &[]))
}

/// Adds it.
pub async fn add(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    sent: Sent,
) -> Result<Response, WebError> {
    let draft = SchoolDraft { code: sent.one("code").to_owned(), ..typed(&sent) };
    match app.office.add_school(&who, &visitor.origin, &draft).await {
        Ok(()) => Ok(Redirect::to("/admin/schools?said=school-added").into_response()),
        Err(StepError::Invalid(errors)) => Ok(again(&page(&app, &visitor, &draft, None, &errors))),
        Err(other) => Err(other.into()),
    }
}

/// What a school says.
pub async fn edit(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(code): Path<String>,
) -> Result<Response, WebError> {
    let draft = app.office.school(&who, &code).await?;
    Ok(html(&page(&app, &visitor, &draft, Some(&draft.mark()), &[])))
}

/// Changes it.
pub async fn save(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(code): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    // One that isn't there is nobody's form, whatever was typed.
    let known = app.office.school(&who, &code).await?;
    let (draft, mark) = (SchoolDraft { code: known.code, ..typed(&sent) }, sent.one("mark"));
    match app.office.change_school(&who, &visitor.origin, mark, &draft).await {
        Ok(()) => Ok(Redirect::to("/admin/schools?said=saved").into_response()),
        Err(StepError::Invalid(errors)) => Ok(again(&page(&app, &visitor, &draft, Some(mark), &errors))),
        Err(other) => Err(changed(other)),
    }
}

fn typed(sent: &Sent) -> SchoolDraft {
    let text = |name: &str| sent.one(name).to_owned();
    SchoolDraft { code: String::new(), name: text("name"), district: text("district"), stage: text("stage") }
}

fn again(page: &RecordFormPage) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// The form; `mark`: of a school that is there, whose code can't be changed.
fn page(
    app: &App,
    visitor: &Visitor,
    draft: &SchoolDraft,
    mark: Option<&str>,
    errors: &[FieldError],
) -> RecordFormPage {
    let line = |name: &str, label: &str, value: &str, limit: usize, hint: Option<&str>| Field {
        hint: hint.map(str::to_owned),
        input: Input::Line { kind: LineKind::Text, value: value.into(), limit },
        ..Field::line(name, label, LineKind::Text, "")
    };
    let mut stages = vec![Choice::labelled("", "請選擇", draft.stage.is_empty())];
    stages.extend(
        SchoolStage::ALL
            .map(|stage| Choice::labelled(stage.as_str(), stage.label(), stage.as_str() == draft.stage)),
    );
    let mut fields = vec![
        line("name", "校名", &draft.name, 60, None),
        line("district", "行政區", &draft.district, 10, Some("例如：三民區。學校跟隨行政區的分區。")),
        Field { input: Input::List(stages), ..Field::line("stage", "學制", LineKind::Text, "") },
    ];
    let code = &draft.code;
    let (title, action, submit) = match mark {
        Some(_) => ("修改學校", format!("/admin/schools/{code}/edit"), "儲存"),
        None => {
            let hint = "教育部的 6 碼學校代碼，開頭的 0 也要填；加入之後不能變更。";
            fields.insert(0, line("code", "學校代碼", code, 6, Some(hint)));
            ("新增學校", "/admin/schools/new".to_owned(), "新增學校")
        }
    };
    for field in &mut fields {
        field.error = errors.iter().find(|error| error.field == field.name).map(|error| error.words.clone());
    }
    RecordFormPage {
        frame: visitor.frame_at(app, Here::Schools, None),
        title: title.into(),
        step: None,
        facts: mark.map(|_| Fact::new("學校代碼", code.clone())).into_iter().collect(),
        sections: vec![Section { heading: None, fields }],
        caution: None,
        action,
        hidden: mark.map(|mark| ("mark".to_owned(), mark.to_owned())).into_iter().collect(),
        draft: None,
        submit: submit.into(),
        cancel: BACK.into(),
    }
}
