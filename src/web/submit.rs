//! 送件, and the receipt.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::subject;
use crate::steps::StepError;

use super::app::App;
use super::pages::parts::{CaseNumberText, DigestText, Fact, Link};
use super::pages::receipt::{ReceiptDocument, ReceiptPage};
use super::pages::words::Moment;
use super::scans::check_page;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::view::{self, path};
use super::visitor::Settled;

/// Submits the case. A second press, or the back button, finds it submitted and leads to the receipt.
pub async fn submit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let scan = sent.one("scan");
    let receipt = || Redirect::to(&path(&number, "/receipt")).into_response();
    match app.office.submit(&visitor.actor, &number, scan, sent.ticked("confirm_empty")).await {
        Ok(()) => Ok(receipt()),
        Err(StepError::Refused(refused)) if refused.why == Why::EmptySealsUnconfirmed => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let page = check_page(&app, &visitor, &dossier, scan, Some(refused.why.words())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(StepError::Refused(refused)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            if dossier.case.standing.scan() == Some(scan) {
                return Ok(receipt());
            }
            Err(StepError::from(refused).into())
        }
        Err(other) => Err(other.into()),
    }
}

/// What was submitted, when, and how to prove it.
pub async fn receipt(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let submitted =
        dossier.flow.iter().find(|row| row.event == Event::Submit).ok_or_else(WebError::not_found)?;
    let scan = dossier.bound_scan().ok_or_else(WebError::not_found)?;
    let case = &dossier.case;
    let documents = submitted.evidence.iter().map(|evidence| {
        let label = match (evidence.kind.as_str(), evidence.revision) {
            ("scan", _) => "簽核申請單掃描檔".to_owned(),
            ("print", Some(revision)) => format!("申請單第 {revision} 版"),
            _ => dossier
                .attachments
                .iter()
                .find(|a| a.digest == evidence.digest)
                .map_or("檢附資料", |a| view::category_label(&dossier, &a.category))
                .to_owned(),
        };
        ReceiptDocument { label, digest: DigestText::new(evidence.digest.to_string()) }
    });
    let name = dossier.subject().map(|s| subject::text(&s.answers, "name").to_owned());
    let mut facts = vec![
        Fact::new("服務項目", &dossier.service.title),
        Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
        Fact::new("申請人", &case.applicant_name),
    ];
    facts.extend(name.map(|name| Fact::new("服務對象", name)));
    facts.push(Fact::new("申請單版次", format!("第 {} 版", scan.revision)));
    let contact = app.organisation.contact.clone().unwrap_or_else(|| "個管組".into());
    Ok(html(&ReceiptPage {
        frame: visitor.frame(&app, None),
        number: CaseNumberText::new(&case.number),
        when: Moment::at(submitted.at, app.office.world.now()),
        facts,
        documents: documents.collect(),
        waiting: "申請完成，等待審核確認中".into(),
        call: format!("請來電確認收件：{contact}。"),
        remark: (!submitted.reason.is_empty()).then(|| submitted.reason.clone()),
        back: Link { label: "回案件".into(), href: path(&number, "") },
    }))
}
