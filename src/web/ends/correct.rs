//! 更正: a case manager corrects content or subject of a submitted case, with a reason; what stood there before
//! is kept and shown.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::event::Event;
use crate::case::fields::{FieldSpec, Values};
use crate::case::refusal::{Refused, Why};
use crate::case::state::State as CaseState;
use crate::case::subject;
use crate::case::validate::FieldError;
use crate::steps::correct::Correction;
use crate::steps::{Dossier, StepError};

use super::super::app::App;
use super::super::content::{own_words, words};
use super::super::desk::{Meanwhile, meanwhile};
use super::super::glyphs;
use super::super::late::away;
use super::super::pages::field::{Choice, Confirm, Errors, Field, Input, Section, Warning, sections};
use super::super::pages::parts::Fact;
use super::super::pages::record_form::RecordFormPage;
use super::super::pages::trouble::ConflictRow;
use super::super::trouble::{WebError, came_back, html, mend};
use super::super::typed::{Sent, by_field};
use super::super::view::{self, path};
use super::super::visitor::{Settled, Visitor};
use super::opened;

/// Names of the form that no field of a specification has.
const REASON: &str = "correction_reason";
const SEAL_ANEW: &str = "seal_anew";
const CONFIRM: &str = "confirm_id_number";

/// What is corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Content,
    Subject,
}

impl Part {
    fn of(text: &str) -> Self {
        if text == "subject" { Self::Subject } else { Self::Content }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Subject => "subject",
        }
    }

    /// The fields, with what stands there.
    fn stands(self, dossier: &Dossier) -> Option<(Vec<FieldSpec>, Values)> {
        match self {
            Self::Content => Some((dossier.service.fields.clone(), dossier.case.content.clone())),
            Self::Subject => dossier.subject().map(|one| (subject::FIELDS.clone(), one.answers.clone())),
        }
    }
}

/// What a correction form shows beside the record's own fields.
#[derive(Default)]
struct Shown<'a> {
    sent: Option<&'a Sent>,
    errors: Errors,
    confirm: Option<&'a FieldError>,
}

fn form(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    part: Part,
    shown: &Shown<'_>,
) -> Result<RecordFormPage, WebError> {
    let case = &dossier.case;
    let (specs, stands) = part.stands(dossier).ok_or_else(WebError::not_found)?;
    let values = shown.sent.map_or(stands, |sent| sent.as_typed(&specs));
    let mut sections = sections(&specs, &values, &shown.errors);
    glyphs::warn(&mut sections, app.office.printer.fonts());
    sections.insert(0, about(dossier, shown));
    let version = match shown.sent.map(|sent| sent.one("version")).filter(|version| !version.is_empty()) {
        Some(known) => known.to_owned(),
        None => case.version.to_string(),
    };
    let mut page = RecordFormPage {
        frame: visitor.frame(app, None),
        title: if part == Part::Content { "更正案件內容" } else { "更正服務對象" }.into(),
        step: None,
        facts: vec![
            Fact::new("案件編號", &case.number),
            Fact::new("服務項目", &dossier.service.title),
            Fact::new("申請人", &case.applicant_name),
        ],
        sections,
        caution: Some("更正前後的內容都會保留，申請人看得到更正的項目與原因。".into()),
        action: path(&case.number, "/correct"),
        hidden: vec![
            ("version".into(), version),
            ("since".into(), app.office.world.now().to_string()),
            ("part".into(), part.as_str().into()),
        ],
        draft: None,
        submit: "更正".into(),
        cancel: path(&case.number, "/review"),
    };
    if let Some(error) = shown.confirm
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
    Ok(page)
}

/// The reason, and whether the form must be signed again.
fn about(dossier: &Dossier, shown: &Shown<'_>) -> Section {
    let typed = shown.sent.map(|sent| sent.one(REASON)).unwrap_or_default();
    let mut reason = Field::reason("更正原因", typed, Some("例如「學校來電更正電話」"));
    reason.name = REASON.into();
    reason.error = shown.errors.get(REASON).or(shown.errors.get("reason")).cloned();
    let mut seal = Field::text(SEAL_ANEW, "核章", "", 0);
    let ticked = shown.sent.is_some_and(|sent| sent.ticked(SEAL_ANEW));
    seal.required = false;
    seal.error = shown.errors.get(SEAL_ANEW).cloned();
    // After 收件 there is one way back to a seal.
    let way = match dossier.state() {
        CaseState::Received => "派案前須請申請人補件",
        _ => "收件前須退回核章或請申請人補件",
    };
    let hint = format!("不勾選：已核章的申請單繼續有效。勾選：{way}，由申請人重新列印、核章並上傳。");
    seal.input = Input::Any(vec![Choice {
        hint: Some(hint),
        ..Choice::labelled("1", "更正後需重新核章", ticked)
    }]);
    Section { heading: Some("為什麼更正".into()), fields: vec![reason, seal] }
}

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    part: String,
}

/// The record's form, with reason and 需重新核章.
pub async fn ask(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let dossier = opened(&app, &visitor, &number, Event::Correct).await?;
    let page = form(&app, &visitor, &dossier, Part::of(&asked.part), &Shown::default())?;
    Ok(html(&page))
}

/// Corrects the record.
pub async fn correct(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let (version, part) = (sent.version()?, Part::of(sent.one("part")));
    let correction = Correction {
        content: (part == Part::Content).then_some(&sent.0),
        subject: (part == Part::Subject).then_some(&sent.0),
        reason: sent.one(REASON),
        seal_anew: sent.ticked(SEAL_ANEW),
        confirmed: sent.ticked(CONFIRM),
        origin: &visitor.origin,
    };
    let outcome = app.office.correct(&visitor.actor, &number, version, correction).await;
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => {
            let mut typed = match part {
                Part::Content => words(&app, &sent),
                Part::Subject => own_words(&subject::FIELDS, &sent),
            };
            typed.push(("更正原因", sent.one(REASON).to_owned()));
            return away(&app, &visitor, &typed);
        }
        found => found?,
    };
    let back = |errors: Errors, confirm: Option<&FieldError>| {
        let shown = Shown { sent: Some(&sent), errors, confirm };
        let page = form(&app, &visitor, &dossier, part, &shown)?;
        Ok(mend(&page))
    };
    match outcome {
        Ok(()) => Ok(Redirect::to(&path(&number, "/review?said=corrected")).into_response()),
        Err(StepError::Refused(refused)) if refused.why == Why::NoReason => {
            came_back(&app, &visitor, &dossier, &refused).await?;
            back(Errors::from([(REASON.to_owned(), "請填寫更正原因。".to_owned())]), None)
        }
        Err(StepError::Invalid(errors)) => back(by_field(&errors), None),
        Err(StepError::Confirm(error)) => back(Errors::new(), Some(&error)),
        Err(StepError::Conflict) => overtaken(&app, &visitor, &dossier, part, &sent, None).await,
        Err(StepError::Refused(refused)) if refused.why.moved_on() => {
            overtaken(&app, &visitor, &dossier, part, &sent, Some(refused)).await
        }
        Err(other) => Err(other.into()),
    }
}

/// 409: field by field, what stands in the system beside what was typed.
async fn overtaken(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    part: Part,
    sent: &Sent,
    refused: Option<Refused>,
) -> Result<Response, WebError> {
    let (specs, stands) = part.stands(dossier).unwrap_or_default();
    let typed = sent.as_typed(&specs);
    let rows = specs.iter().filter_map(|spec| {
        let (theirs, yours) = (view::shown(spec, &stands), view::shown(spec, &typed));
        (theirs != yours).then(|| ConflictRow { label: spec.label.clone(), theirs, yours })
    });
    let told = Meanwhile {
        what: "您開啟更正表單之後，其他人也處理了這個案件。",
        safe: "沒有任何內容被覆蓋，您剛才填寫的文字都保留在這一頁。",
        rows: rows.collect(),
        action: path(&dossier.case.number, "/correct"),
        button: "以我填寫的內容更正",
    };
    meanwhile(app, visitor, dossier, sent, told, refused).await
}
