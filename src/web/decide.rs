//! 重新開案: a supervisor gives a reason; where none of those who served the case can serve it any more, also who
//! does from now on.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::{Refused, Why};
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::late::{away, late, of_reason, told_first};
use super::pages::field::Field;
use super::pages::frame::Notice;
use super::pages::parts::Fact;
use super::pages::trouble::ConfirmPage;
use super::staffing::{self, Staffing};
use super::trouble::{WebError, came_back, html, mend, overtaken};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// The question of 重新開案.
pub async fn ask_reopen(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    staffing::judge(&dossier, &visitor, Event::Reopen)?;
    if app.office.able(&dossier).await? {
        return Ok(html(&page(&app, &visitor, &dossier, dossier.case.version, "", None)));
    }
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let fresh = choosing(dossier.case.version, &[], "", None);
    Ok(html(&staffing::page(&app, &visitor, &dossier, fresh).await?))
}

/// 重新開案.
pub async fn reopen(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let (version, people, reason) = (sent.version()?, staffing::people(&sent), sent.one("reason"));
    let error = match app.office.reopen(&visitor.actor, &number, version, &people, reason).await {
        Ok(()) => return Ok(Redirect::to(&path(&number, "?said=reopened")).into_response()),
        Err(error) => error,
    };
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => {
            let typed = staffing::typed(&app, &visitor, Event::Reopen, &people, reason).await?;
            return away(&app, &visitor, &typed);
        }
        found => found?,
    };
    let able = app.office.able(&dossier).await?;
    let error = told_first(&dossier, &visitor.actor, &staffing::request(Event::Reopen), error);
    if let Some(words) = of_reason(&error) {
        if able {
            return Ok(mend(&page(&app, &visitor, &dossier, version, reason, Some(words))));
        }
        let again = Staffing { wrong: Some(&words), ..choosing(version, &people, reason, None) };
        return Ok(mend(&staffing::page(&app, &visitor, &dossier, again).await?));
    }
    match error {
        StepError::Refused(refused) if matches!(refused.why, Why::NoReason | Why::NoProfessional) => {
            came_back(&app, &visitor, &dossier, &refused).await?;
            if able {
                let words = "請填寫重新開案原因。".to_owned();
                return Ok(mend(&page(&app, &visitor, &dossier, version, reason, Some(words))));
            }
            let again = choosing(version, &people, reason, Some(&refused));
            Ok(mend(&staffing::page(&app, &visitor, &dossier, again).await?))
        }
        StepError::Refused(refused) => {
            let typed = staffing::typed(&app, &visitor, Event::Reopen, &people, reason).await?;
            late(&app, &visitor, &dossier, refused, &typed).await
        }
        StepError::Conflict if able => {
            let mut page = page(&app, &visitor, &dossier, dossier.case.version, reason, None);
            page.frame.notices.push(Notice::overtaken());
            Ok(overtaken(&page))
        }
        StepError::Conflict => {
            let again = choosing(dossier.case.version, &people, reason, None);
            let mut page = staffing::page(&app, &visitor, &dossier, again).await?;
            page.frame.notices.push(Notice::overtaken());
            Ok(overtaken(&page))
        }
        other => Err(other.into()),
    }
}

fn choosing<'a>(
    version: i64,
    ticked: &'a [String],
    reason: &'a str,
    refused: Option<&'a Refused>,
) -> Staffing<'a> {
    Staffing { event: Event::Reopen, version, ticked, reason, refused, wrong: None }
}

fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    version: i64,
    typed: &str,
    error: Option<String>,
) -> ConfirmPage {
    let case = &dossier.case;
    ConfirmPage {
        frame: visitor.frame(app, None),
        title: "要重新開啟這個案件嗎？".into(),
        what: "案件回到「服務中」，由原來的專業輔導人員繼續服務；需要換人時請再改派。".into(),
        facts: vec![
            Fact::new("案件編號", &case.number),
            Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
            Fact::new("服務項目", &dossier.service.title),
        ],
        reason: Some(Field {
            error, ..Field::reason("重新開案原因", typed, Some("會顯示在案件流程中。"))
        }),
        action: path(&case.number, "/reopen"),
        hidden: vec![("version".into(), version.to_string())],
        button: Event::Reopen.label().into(),
        cancel: path(&case.number, ""),
    }
}
