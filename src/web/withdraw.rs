//! 撤案, with a reason.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::request::Request;
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::late::{away, late, of_reason, told_first};
use super::pages::field::Field;
use super::pages::frame::Notice;
use super::pages::parts::Fact;
use super::pages::trouble::ConfirmPage;
use super::trouble::{WebError, came_back, html, mend, overtaken};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// The question, with a field for the reason.
pub async fn ask(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    dossier.judge(&request(), &visitor.actor).map_err(StepError::from)?;
    Ok(html(&page(&app, &visitor, &dossier, dossier.case.version, "", None)))
}

/// What is asked for, before there is a reason.
fn request() -> Request {
    Request::new(Event::Withdraw).because("?")
}

/// Withdraws the case.
pub async fn withdraw(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let (version, reason) = (sent.version()?, sent.one("reason"));
    let error = match app.office.withdraw(&visitor.actor, &number, version, reason).await {
        Ok(()) => return Ok(Redirect::to(&path(&number, "?said=withdrawn")).into_response()),
        Err(error) => error,
    };
    let typed = [("撤案原因", reason.to_owned())];
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed),
        found => found?,
    };
    let error = told_first(&dossier, &visitor.actor, &request(), error);
    if let Some(words) = of_reason(&error) {
        return Ok(mend(&page(&app, &visitor, &dossier, version, reason, Some(&words))));
    }
    match error {
        StepError::Refused(refused) if refused.why == Why::NoReason => {
            came_back(&app, &visitor, &dossier, &refused).await?;
            Ok(mend(&page(&app, &visitor, &dossier, version, reason, Some("請填寫撤案原因。"))))
        }
        StepError::Refused(refused) => late(&app, &visitor, &dossier, refused, &typed).await,
        StepError::Conflict => {
            let mut page = page(&app, &visitor, &dossier, dossier.case.version, reason, None);
            page.frame.notices.push(Notice::overtaken());
            Ok(overtaken(&page))
        }
        other => Err(other.into()),
    }
}

fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    version: i64,
    typed: &str,
    error: Option<&str>,
) -> ConfirmPage {
    ConfirmPage {
        frame: visitor.frame(app, None),
        title: "要撤回這個案件嗎？".into(),
        what: "撤案後不能再修改或送件；資料與流程會保留。如需再申請，請新增案件。".into(),
        facts: vec![
            Fact::new("案件編號", &dossier.case.number),
            Fact::new("案件狀態", dossier.state().label()),
            Fact::new("服務項目", &dossier.service.title),
        ],
        reason: Some(Field { error: error.map(str::to_owned), ..Field::reason("撤案原因", typed, None) }),
        action: path(&dossier.case.number, "/withdraw"),
        hidden: vec![("version".into(), version.to_string())],
        button: "撤案".into(),
        cancel: path(&dossier.case.number, ""),
    }
}
