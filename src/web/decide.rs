//! 重新開案: a supervisor gives a reason; where none of those who served the case can serve it any more, also who
//! does from now on.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::closing::decided;
use super::pages::field::Field;
use super::pages::parts::Fact;
use super::pages::trouble::ConfirmPage;
use super::staffing::{self, Staffing};
use super::trouble::{WebError, html, mend};
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
        return Ok(html(&page(&app, &visitor, &dossier, "", None)));
    }
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let fresh = Staffing { event: Event::Reopen, ticked: &[], reason: "", refused: None };
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
    let refused = match app.office.reopen(&visitor.actor, &number, version, &people, reason).await {
        Err(StepError::Refused(refused)) if matches!(refused.why, Why::NoReason | Why::NoProfessional) => {
            refused
        }
        outcome => return decided(&app, &visitor, &number, Event::Reopen, outcome, "reopened").await,
    };
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    if app.office.able(&dossier).await? {
        let words = "請填寫重新開案原因。".to_owned();
        return Ok(mend(&page(&app, &visitor, &dossier, reason, Some(words))));
    }
    let again = Staffing { event: Event::Reopen, ticked: &people, reason, refused: Some(&refused) };
    Ok(mend(&staffing::page(&app, &visitor, &dossier, again).await?))
}

fn page(app: &App, visitor: &Visitor, dossier: &Dossier, typed: &str, error: Option<String>) -> ConfirmPage {
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
        hidden: vec![("version".into(), case.version.to_string())],
        button: Event::Reopen.label().into(),
        cancel: path(&case.number, ""),
    }
}
