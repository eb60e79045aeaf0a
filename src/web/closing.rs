//! 結案: a professional proposes it, another person approves it or sends it back, and a closed case can be
//! opened again.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::{Refused, Why};
use crate::case::request::{ClosingReason, Request};
use crate::case::subject;
use crate::case::validate::FieldError;
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::drafts;
use super::late::{away, late, left_behind, of_reason, told_first};
use super::pages::closing::{ClosingPage, Decision, Session};
use super::pages::field::{Choice, Field, Input, LineKind, Section};
use super::pages::frame::{Here, Notice};
use super::pages::parts::{Badge, CaseNumberText, Fact, Link, Look};
use super::pages::record_form::{Draft, RecordFormPage};
use super::pages::words::Moment;
use super::records;
use super::trouble::{WebError, came_back, html, mend, overtaken};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// The form of 申請結案.
pub async fn ask_propose(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let key = format!("closing-{number}");
    if let Err(refused) = dossier.judge(&anything(), &visitor.actor) {
        let (kept, _) = drafts::find(&app, &visitor, &key, &path(&number, "/close")).await?;
        let typed = kept.map(|sent| typed(&sent)).unwrap_or_default();
        return left_behind(&app, &visitor, &dossier, refused, &key, &typed).await;
    }
    if dossier.closing().is_some() {
        // What waits already is worth more than a refusal.
        return Ok(Redirect::to(&path(&number, "/closing")).into_response());
    }
    let (kept, draft) = drafts::find(&app, &visitor, &key, &path(&number, "/close")).await?;
    let version = dossier.case.version;
    Ok(html(&propose_page(&app, &visitor, &dossier, version, &kept.unwrap_or_default(), &[], draft)))
}

/// What is asked for, with any reason and summary.
fn anything() -> Request {
    Request {
        closing: Some(ClosingReason::Improved),
        summary: Some("?".into()),
        ..Request::new(Event::ProposeClosing)
    }
}

/// What was typed, in words: for whoever comes too late with it.
fn typed(sent: &Sent) -> [(&'static str, String); 3] {
    let reason: Option<ClosingReason> = sent.one("closing").parse().ok();
    [
        ("結案原因", reason.map(|reason| reason.label().to_owned()).unwrap_or_default()),
        ("其他原因說明", sent.one("detail").to_owned()),
        ("結案摘要", sent.one("summary").to_owned()),
    ]
}

/// Proposes to close the case.
pub async fn propose(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let version = sent.version()?;
    let (reason, detail, summary) =
        (sent.one("closing").parse().ok(), sent.one("detail"), sent.one("summary"));
    let outcome = app.office.propose_closing(&visitor.actor, &number, version, reason, detail, summary).await;
    let done = || Redirect::to(&path(&number, "?said=closing-proposed")).into_response();
    let error = match outcome {
        Ok(()) => {
            drafts::forget(&app, &visitor, &format!("closing-{number}")).await?;
            return Ok(done());
        }
        Err(error) => error,
    };
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed(&sent)),
        found => found?,
    };
    let mut notice = None;
    let errors = match told_first(&dossier, &visitor.actor, &anything(), error) {
        StepError::Refused(ref refused) if matches!(refused.why, Why::NoClosingReason | Why::NoSummary) => {
            came_back(&app, &visitor, &dossier, refused).await?;
            faults(&dossier, &visitor, reason, detail, summary)
        }
        // The text of 其他 is the reason that the flow shows.
        StepError::Invalid(errors) => {
            let own = |e: FieldError| {
                if e.field == "reason" { FieldError { field: "detail".into(), ..e } } else { e }
            };
            errors.into_iter().map(own).collect()
        }
        StepError::Refused(ref refused) if refused.why == Why::AlreadyProposed => {
            came_back(&app, &visitor, &dossier, refused).await?;
            notice = Some(Notice::attention(&refused.why.words()));
            Vec::new()
        }
        StepError::Refused(refused) => return late(&app, &visitor, &dossier, refused, &typed(&sent)).await,
        StepError::Conflict => {
            notice = Some(Notice::overtaken());
            Vec::new()
        }
        other => return Err(other.into()),
    };
    let draft = Draft::again(format!("closing-{number}"));
    // Whoever is told of the change goes on from there; all others come back at the version that they knew.
    let version = if notice.is_some() { dossier.case.version } else { version };
    let mut page = propose_page(&app, &visitor, &dossier, version, &sent, &errors, draft);
    let Some(notice) = notice else { return Ok(mend(&page)) };
    page.frame.notices.push(notice);
    Ok(overtaken(&page))
}

/// Everything that a proposal lacks, and not only the first.
fn faults(
    dossier: &Dossier,
    visitor: &Visitor,
    reason: Option<ClosingReason>,
    detail: &str,
    summary: &str,
) -> Vec<FieldError> {
    let lacks = |closing, summary: &str| {
        let request = Request {
            closing,
            summary: Some(summary.to_owned()),
            ..Request::new(Event::ProposeClosing).because(detail)
        };
        dossier.judge(&request, &visitor.actor).err().map(|refused| refused.why)
    };
    let mut errors = Vec::new();
    let mut add = |field: &str, words: String| errors.push(FieldError { field: field.into(), words });
    if lacks(reason, "?").is_some() {
        match reason {
            None => add("closing", "請選擇結案原因。".into()),
            Some(_) => add("detail", "選「其他」時請說明結案原因。".into()),
        }
    }
    if let Some(why) = lacks(Some(ClosingReason::Improved), summary) {
        add("summary", why.words());
    }
    errors
}

fn propose_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    version: i64,
    sent: &Sent,
    errors: &[FieldError],
    draft: Draft,
) -> RecordFormPage {
    let case = &dossier.case;
    let error = |name: &str| errors.iter().find(|e| e.field == name).map(|e| e.words.clone());
    let reasons = ClosingReason::ALL
        .map(|one| Choice::labelled(one.as_str(), one.label(), one.as_str() == sent.one("closing")));
    let fields = vec![
        Field {
            input: Input::One(reasons.into()),
            error: error("closing"),
            ..Field::line("closing", "結案原因", LineKind::Text, "")
        },
        Field {
            required: false,
            hint: Some("結案原因選「其他」時必填；會顯示在案件流程中。".into()),
            error: error("detail"),
            ..Field::line("detail", "其他原因說明", LineKind::Text, sent.one("detail"))
        },
        Field {
            hint: Some("服務歷程、目前狀況與後續建議；申請人看不到這一段。".into()),
            error: error("summary"),
            ..Field::text("summary", "結案摘要", sent.one("summary"), 4000)
        },
    ];
    let mut facts = vec![Fact::new("案件編號", &case.number)];
    let name = dossier.subject().map(|s| subject::text(&s.answers, "name").to_owned());
    facts.extend(name.map(|name| Fact::new("服務對象", name)));
    facts.push(Fact::new("服務紀錄", records::totals(&dossier.records)));
    let sent_back = dossier.closings.first().filter(|closing| !closing.open && !closing.approved);
    RecordFormPage {
        frame: visitor.frame_at(app, Here::Served, None),
        title: "申請結案".into(),
        step: None,
        facts,
        sections: vec![Section { heading: None, fields }],
        caution: sent_back.map(|closing| format!("上一次的申請已退回：{}", closing.remark)),
        action: path(&case.number, "/close"),
        hidden: vec![("version".into(), version.to_string())],
        draft: Some(draft),
        submit: "送出結案申請".into(),
        cancel: path(&case.number, ""),
    }
}

/// The newest proposal, for those who may read service records.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let page = closing_page(&app, &visitor, &dossier, dossier.case.version, "", None)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(html(&page))
}

fn closing_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    version: i64,
    typed: &str,
    error: Option<String>,
) -> Result<ClosingPage, WebError> {
    let number = &dossier.case.number;
    let all = dossier.records_for(&visitor.actor).ok_or_else(WebError::not_found)?;
    let closing = dossier.closings.first().ok_or_else(WebError::not_found)?;
    let state = match (closing.open, closing.approved) {
        (true, _) => Badge::new("待核准", Look::Waiting),
        (false, true) => Badge::new("已核准", Look::Done),
        (false, false) => Badge::new("已退回", Look::Attention),
    };
    let verdict = dossier.judge(&Request::new(Event::Close), &visitor.actor);
    let hint = "會顯示在案件流程中，專業輔導人員會看到。";
    let reason = Field { error, ..Field::reason("退回原因", typed, Some(hint)) };
    let sessions = all.iter().map(|record| {
        let newest = &record.revisions[0];
        Session {
            href: path(number, &format!("/records/{}", record.id)),
            day: records::day(newest),
            kind: newest.entry.kind.label().into(),
            minutes: newest.entry.minutes,
            who: newest.writer.clone(),
        }
    });
    let name = dossier.subject().map(|s| subject::text(&s.answers, "name")).unwrap_or_default();
    let school = &dossier.case.school;
    Ok(ClosingPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        back: Link { label: "回案件".into(), href: path(number, "") },
        state,
        about: vec![
            Fact::new("學校", format!("{} {}", school.district, school.name)),
            Fact::new("服務對象", name),
            Fact::new("服務人員", records::staff(dossier)),
        ],
        reason: match closing.detail.as_str() {
            "" => closing.reason.label().to_owned(),
            detail => format!("{}：{detail}", closing.reason.label()),
        },
        summary: closing.summary.clone(),
        who: closing.proposer.clone(),
        when: Moment::at(closing.proposed_at, app.office.world.now()),
        remark: Some(closing.remark.clone()).filter(|remark| !remark.is_empty()),
        totals: if all.is_empty() { String::new() } else { records::totals(all) },
        sessions: sessions.collect(),
        decision: verdict.is_ok().then(|| Decision {
            approve: path(number, "/closing/approve"),
            send_back: path(number, "/closing/back"),
            version,
            reason,
        }),
        words: match verdict {
            Err(Refused { why: Why::SamePerson, .. }) => {
                Some("申請結案的人不能自行核准，請由其他分區督導核准。".into())
            }
            _ => None,
        },
    })
}

/// 核准結案.
pub async fn approve(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    app.office.close_case(&visitor.actor, &number, sent.version()?).await?;
    Ok(Redirect::to(&path(&number, "?said=closed")).into_response())
}

/// 退回結案申請, with a reason.
pub async fn send_back(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let (version, reason) = (sent.version()?, sent.one("reason"));
    let error = match app.office.send_closing_back(&visitor.actor, &number, version, reason).await {
        Ok(()) => return Ok(Redirect::to(&path(&number, "?said=closing-sent-back")).into_response()),
        Err(error) => error,
    };
    let typed = [("退回原因", reason.to_owned())];
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed),
        found => found?,
    };
    let request = Request::new(Event::SendClosingBack).because("?");
    let error = told_first(&dossier, &visitor.actor, &request, error);
    if let Some(words) = of_reason(&error) {
        return Ok(mend(&closing_page(&app, &visitor, &dossier, version, reason, Some(words))?));
    }
    match error {
        StepError::Refused(refused) if refused.why == Why::NoReason => {
            came_back(&app, &visitor, &dossier, &refused).await?;
            let words = Some(refused.why.words());
            Ok(mend(&closing_page(&app, &visitor, &dossier, version, reason, words)?))
        }
        StepError::Refused(refused) => late(&app, &visitor, &dossier, refused, &typed).await,
        StepError::Conflict => {
            let mut page = closing_page(&app, &visitor, &dossier, dossier.case.version, reason, None)?;
            page.frame.notices.push(Notice::overtaken());
            Ok(overtaken(&page))
        }
        other => Err(other.into()),
    }
}
