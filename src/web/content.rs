//! 新增 and 編輯內容: choosing the service item, and the form that its form.toml describes.

use std::cmp::Reverse;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::event::Event;
use crate::case::fields::{FieldKind, FieldSpec, Values};
use crate::case::lifecycle;
use crate::case::refusal::Refused;
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::state::State as CaseState;
use crate::case::supplement::Place;
use crate::steps::{Dossier, StepError};

use super::answers;
use super::app::App;
use super::drafts;
use super::glyphs;
use super::late::away;
use super::pages::field::{Choice, Errors, sections};
use super::pages::parts::{Action, Fact, Link, Weight};
use super::pages::record_form::{ChooseServicePage, Draft, RecordFormPage};
use super::pages::trouble::{ConflictPage, ConflictRow};
use super::trouble::{WebError, came_back, html, mend};
use super::typed::{Sent, by_field};
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

#[derive(Deserialize)]
pub struct Asked {
    service: Option<String>,
}

/// 新增: first the service item, then its form.
pub async fn new(
    State(app): State<App>,
    Settled(visitor): Settled,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    lifecycle::may_open(&visitor.actor).map_err(StepError::from)?;
    let chosen = asked.service.as_deref();
    let Some(spec) = chosen.and_then(|id| app.office.service(id)) else {
        return Ok(html(&choose(&app, &visitor, chosen.is_some())));
    };
    let form = format!("new-{}", spec.id);
    let (kept, draft) =
        drafts::find(&app, &visitor, &form, &format!("/cases/new?service={}", spec.id)).await?;
    let values = kept.map(|sent| sent.as_typed(&spec.fields)).unwrap_or_default();
    let token = app.office.world.new_id();
    Ok(html(&new_form(&app, &visitor, spec, &values, &Errors::new(), &token, Some(draft))))
}

fn choose(app: &App, visitor: &Visitor, unknown: bool) -> ChooseServicePage {
    let services = app.office.services().enumerate().map(|(at, spec)| Choice {
        value: spec.id.clone(),
        label: spec.title.clone(),
        hint: spec.hint.clone(),
        chosen: at == 0,
    });
    ChooseServicePage {
        frame: visitor.frame(app, None),
        services: services.collect(),
        error: unknown.then(|| "請選擇一項服務項目，再按「確定」。".to_owned()),
    }
}

/// Opens the case.
pub async fn open(
    State(app): State<App>,
    Settled(visitor): Settled,
    sent: Sent,
) -> Result<Response, WebError> {
    let office = &app.office;
    let service = sent.one("service");
    let spec = office.service(service).ok_or_else(WebError::not_found)?;
    let token = sent.one("token").to_owned();
    if token.is_empty() || token.len() > 64 {
        return Err(WebError::bad_request("這個表單缺少識別碼。"));
    }
    match office.open_case(&visitor.actor, service, &sent.0, &token).await {
        Ok(number) => {
            drafts::forget(&app, &visitor, &format!("new-{service}")).await?;
            let below = if spec.subject == SubjectNeed::None {
                "?said=opened-plain"
            } else {
                "?tab=subject&said=opened"
            };
            Ok(Redirect::to(&path(&number, below)).into_response())
        }
        Err(StepError::Invalid(errors)) => {
            let (values, errors) = (sent.as_typed(&spec.fields), by_field(&errors));
            let draft = Draft::again(format!("new-{service}"));
            let page = new_form(&app, &visitor, spec, &values, &errors, &token, Some(draft));
            Ok(mend(&page))
        }
        Err(other) => Err(other.into()),
    }
}

fn new_form(
    app: &App,
    visitor: &Visitor,
    spec: &ServiceSpec,
    values: &Values,
    errors: &Errors,
    token: &str,
    draft: Option<Draft>,
) -> RecordFormPage {
    let school = visitor.signed.school.as_deref();
    let mut sections = sections(&spec.fields, values, errors);
    glyphs::warn(&mut sections, app.office.printer.fonts());
    RecordFormPage {
        frame: visitor.frame(app, None),
        title: "新增案件".into(),
        step: Some("步驟 2，共 2：填寫內容".into()),
        facts: vec![
            Fact::new("學校", school.map(|s| format!("{} {}", s.district, s.name)).unwrap_or_default()),
            Fact::new("學制", school.map(|s| s.stage.label()).unwrap_or_default()),
            Fact::new("服務項目", &spec.title),
            Fact::new("申請人", &visitor.signed.person.name),
            Fact::new("信箱", &visitor.signed.person.email),
        ],
        sections,
        caution: None,
        action: "/cases".into(),
        hidden: vec![("service".into(), spec.id.clone()), ("token".into(), token.to_owned())],
        draft,
        submit: "新增".into(),
        cancel: "/cases".into(),
    }
}

/// 編輯內容.
pub async fn edit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    if !answers::opens(&dossier, Place::Content) {
        return Ok(Redirect::to(&path(&number, "#wanted")).into_response());
    }
    let (kept, draft) =
        drafts::find(&app, &visitor, &format!("content-{number}"), &path(&number, "/content")).await?;
    let fields = &dossier.service.fields;
    let values = kept.map_or_else(|| dossier.case.content.clone(), |sent| sent.as_typed(fields));
    Ok(html(&edit_form(&app, &visitor, &dossier, &values, &Errors::new(), Some(draft))))
}

/// Refuses an edit that the life cycle doesn't allow, before a form is shown.
pub fn judge_edit(dossier: &Dossier, visitor: &Visitor) -> Result<(), WebError> {
    let request = crate::case::request::Request::new(Event::Edit);
    dossier.judge(&request, &visitor.actor).map_err(StepError::from)?;
    Ok(())
}

/// Said before the questions when the form has been printed.
#[must_use]
pub fn caution(dossier: &Dossier) -> Option<String> {
    if let Some(words) = answers::caution(dossier) {
        return Some(words);
    }
    (dossier.state() == CaseState::Sealing)
        .then(|| "申請單已列印。儲存修改後，已列印的紙本就不能再使用，需要重新列印與核章。".to_owned())
}

fn edit_form(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    values: &Values,
    errors: &Errors,
    draft: Option<Draft>,
) -> RecordFormPage {
    let case = &dossier.case;
    let open = answers::open_fields(dossier, Place::Content, &dossier.service.fields);
    let mut sections = sections(&open, values, errors);
    glyphs::warn(&mut sections, app.office.printer.fonts());
    RecordFormPage {
        frame: visitor.frame(app, None),
        title: "編輯案件內容".into(),
        step: None,
        facts: vec![
            Fact::new("案件編號", &case.number),
            Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
            Fact::new("服務項目", &dossier.service.title),
        ],
        sections,
        caution: caution(dossier),
        action: path(&case.number, "/content"),
        hidden: vec![("version".into(), case.version.to_string())],
        draft,
        submit: "儲存".into(),
        cancel: path(&case.number, ""),
    }
}

/// Saves the content.
pub async fn save(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let version = sent.version()?;
    match app.office.edit_content(&visitor.actor, &number, version, &sent.0).await {
        Ok(()) => {
            drafts::forget(&app, &visitor, &format!("content-{number}")).await?;
            Ok(Redirect::to(&path(&number, "?said=saved")).into_response())
        }
        Err(StepError::Invalid(errors)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let values = sent.as_typed(&dossier.service.fields);
            let draft = Draft::again(format!("content-{number}"));
            let page = edit_form(&app, &visitor, &dossier, &values, &by_field(&errors), Some(draft));
            Ok(mend(&page))
        }
        Err(error) => {
            let dossier = match app.office.dossier(&visitor.actor, &number).await {
                Err(StepError::NotFound) => return away(&app, &visitor, &words(&app, &sent)),
                found => found?,
            };
            let action = path(&number, "/content");
            let (specs, current) = (&dossier.service.fields, &dossier.case.content);
            let sides = Sides { place: Place::Content, specs, current, sent: &sent, action: &action };
            overtaken(&app, &visitor, &dossier, sides, error).await
        }
    }
}

/// What was typed into the content, in the words of the service item whose form fits it best: the case isn't there to be asked.
pub fn words<'a>(app: &'a App, sent: &Sent) -> Vec<(&'a str, String)> {
    let known = |spec: &&ServiceSpec| {
        let count = spec.fields.iter().filter(|one| sent.0.contains_key(&one.id)).count();
        (count, Reverse(spec.fields.len()))
    };
    let spec = app.office.services().max_by_key(known);
    spec.map(|spec| own_words(&spec.fields, sent)).unwrap_or_default()
}

/// What was typed into the fields of a specification: label and text.
pub fn own_words<'a>(specs: &'a [FieldSpec], sent: &Sent) -> Vec<(&'a str, String)> {
    let typed = sent.as_typed(specs);
    specs.iter().map(|spec| (spec.label.as_str(), view::shown(spec, &typed))).collect()
}

/// A form of the record whose case was changed since it was opened.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// Where they lie.
    pub place: Place,
    /// Its fields.
    pub specs: &'a [FieldSpec],
    /// What stands in the system.
    pub current: &'a Values,
    /// What was typed.
    pub sent: &'a Sent,
    /// Where it goes.
    pub action: &'a str,
}

/// 409 for an edit that was overtaken: by another edit, or because the case doesn't take it any more.
///
/// # Errors
/// Every other error as it is.
pub async fn overtaken(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    sides: Sides<'_>,
    error: StepError,
) -> Result<Response, WebError> {
    match error {
        StepError::Conflict => Ok(conflict(app, visitor, dossier, sides, None)),
        // To nobody else: the answer says what stands there, and its trace that they were refused.
        StepError::Refused(refused)
            if refused.why.moved_on() && dossier.case.applicant == visitor.actor.id =>
        {
            came_back(app, visitor, dossier, &refused).await?;
            Ok(conflict(app, visitor, dossier, sides, Some(&refused)))
        }
        other => Err(other.into()),
    }
}

/// What stands in the system beside what was typed, and a button that saves it all the same where the case takes it.
fn conflict(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    sides: Sides<'_>,
    refused: Option<&Refused>,
) -> Response {
    let Sides { place, specs, current, sent, action } = sides;
    let typed = sent.as_typed(specs);
    let editable = refused.is_none() && dossier.may(Event::Edit, &visitor.actor);
    // Of choices without a tick a browser sends nothing. Where they can be changed, saving clears them; and where nothing can be
    // saved any more, a form that holds every other field held them too. In 補件 a form holds only what reopened.
    let sent_always = |spec: &&FieldSpec| !matches!(spec.kind, FieldKind::Choice | FieldKind::Choices);
    let whole = specs.iter().filter(sent_always).all(|spec| sent.0.contains_key(&spec.id));
    let unticked = |spec: &FieldSpec| if editable { dossier.reopened(place, &spec.id) } else { whole };
    let asked = specs.iter().filter(|spec| sent.0.contains_key(&spec.id) || unticked(spec));
    let rows = asked.filter_map(|spec| {
        let (theirs, yours) = (view::shown(spec, current), view::shown(spec, &typed));
        (theirs != yours).then(|| ConflictRow { label: spec.label.clone(), theirs, yours })
    });
    let version = dossier.case.version.to_string();
    let mut hidden = vec![("version", version.as_str())];
    for (name, values) in sent.0.iter().filter(|(name, _)| *name != "version") {
        hidden.extend(values.iter().map(|value| (name.as_str(), value.as_str())));
    }
    let page = ConflictPage {
        frame: visitor.frame(app, None),
        title: "這個案件剛才在別處有了變動".into(),
        what: "您開啟這個表單之後，案件已經在另一個視窗或由其他人修改過。".into(),
        happened: refused.map(Refused::words).into_iter().collect(),
        safe: "沒有任何內容被覆蓋，您剛才填寫的文字都保留在這一頁。".into(),
        rows: rows.collect(),
        kept: Vec::new(),
        discard: None,
        resubmit: editable
            .then(|| Action::post("以我填寫的內容儲存", action, &hidden).weighing(Weight::Primary)),
        back: Link {
            label: "放棄我的修改，查看最新內容".into(), href: path(&dossier.case.number, "")
        },
    };
    (StatusCode::CONFLICT, html(&page)).into_response()
}
