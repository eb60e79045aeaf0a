//! 退回核章 and 不開案 with their reasons, and 移交 to a colleague of the same school.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::review::{Target, Verdict};
use crate::case::validate::REASON;
use crate::steps::{Dossier, StepError};

use super::super::app::App;
use super::super::late::{away, of_reason, told_first};
use super::super::pages::end::EndPage;
use super::super::pages::field::{Choice, Field, Input, LineKind};
use super::super::trouble::{WebError, came_back, html, mend};
use super::super::typed::Sent;
use super::super::view::{self, path};
use super::super::visitor::{Settled, Visitor};
use super::{onwards, opened, overtaken, page, request};

/// What reviewers found wanting, in words for the applicant: seals, the form, attachments.
#[must_use]
pub fn wanting(dossier: &Dossier) -> Vec<(Target, String)> {
    let mut found = Vec::new();
    for item in dossier.form_items() {
        let given = dossier.verdict_on(&item.target).filter(|given| given.verdict == Verdict::Wanting);
        if let Some(given) = given {
            let what = if item.target == Target::Form {
                item.label
            } else {
                format!("「{}」核章欄", item.label)
            };
            found.push((item.target, sentence(&what, &given.remark, "需重新核章")));
        }
    }
    if dossier.wants_new_seal() {
        found.push((Target::Form, "資料更正後，申請單須重新列印、核章並上傳。".to_owned()));
    }
    for attachment in dossier.attachments.iter().filter(|a| a.verdict == Verdict::Wanting) {
        let what = format!("「{}」", view::category_label(dossier, &attachment.category));
        let words = sentence(&what, &attachment.remark, "需重新提供");
        found.push((Target::Attachment(attachment.id.clone()), words));
    }
    found
}

fn sentence(what: &str, remark: &str, otherwise: &str) -> String {
    match remark.trim().trim_end_matches('。') {
        "" => format!("{what}{otherwise}。"),
        remark => format!("{what}：{remark}。"),
    }
}

/// The same as one text, for the field of the reason; on a form that came back what was typed there.
pub(super) fn reason_found(dossier: &Dossier, typed: Option<&Sent>) -> String {
    let found = || wanting(dossier).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
    typed.map_or_else(|| joined(&found()), |sent| sent.one("reason").to_owned())
}

/// As many of these sentences as a reason takes, a line each; … stands for those after them.
fn joined(sentences: &[String]) -> String {
    let whole = sentences.join("\n");
    if whole.chars().count() <= REASON {
        return whole;
    }
    let (mut text, mut long) = (String::new(), 0);
    for sentence in sentences {
        // With the end of its line, and room for the … after it.
        long += sentence.chars().count() + 1;
        if long + 1 > REASON {
            break;
        }
        text.push_str(sentence);
        text.push('\n');
    }
    text + "…"
}

/// An end that takes a reason and nothing else.
struct End {
    event: Event,
    /// What happens next, one sentence each.
    steps: [&'static str; 3],
    /// The label and hint of the reason.
    reason: (&'static str, &'static str),
    /// What stands in the field at first.
    found: fn(&Dossier, Option<&Sent>) -> String,
    /// Where it is missing.
    missing: &'static str,
    said: &'static str,
}

const RETURN: End = End {
    event: Event::Return,
    steps: [
        "案件回到「核章」，申請人會在案件頁看到這段原因。",
        "申請人重新核章、掃描上傳並送件；期間也能修改資料，修改後須重新列印。",
        "送件後，案件再排入待審核，新的掃描檔須重新核閱。",
    ],
    reason: ("退回原因", "申請人會看到；已帶入需補件的項目與備註，可修改。"),
    found: reason_found,
    missing: "請填寫退回原因，申請人才知道要補什麼。",
    said: "returned",
};

const DECLINE: End = End {
    event: Event::Decline,
    steps: [
        "案件結束在「不開案」，不能再審核、修改或派案。",
        "申請人會在案件頁看到這段原因；如需服務，須另外新增案件。",
        "已送件的申請單、掃描檔與檢附資料都會保留。",
    ],
    reason: ("不開案原因", "申請人會看到，請具體說明，並勿填寫無關的個人資料。"),
    found: |_, typed| typed.map(|sent| sent.one("reason").to_owned()).unwrap_or_default(),
    missing: "請填寫不開案原因。",
    said: "declined",
};

/// 退回核章: the reason, prefilled with what was found wanting.
pub async fn ask_return(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    RETURN.ask(&app, &visitor, &number).await
}

/// Sends the case back.
pub async fn send_back(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    RETURN.act(&app, &visitor, &number, &sent).await
}

/// 不開案: the reason.
pub async fn ask_decline(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    DECLINE.ask(&app, &visitor, &number).await
}

/// Declines the case.
pub async fn decline(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    DECLINE.act(&app, &visitor, &number, &sent).await
}

impl End {
    async fn ask(&self, app: &App, visitor: &Visitor, number: &str) -> Result<Response, WebError> {
        let dossier = opened(app, visitor, number, self.event).await?;
        Ok(html(&self.page(app, visitor, &dossier, None)))
    }

    async fn act(
        &self,
        app: &App,
        visitor: &Visitor,
        number: &str,
        sent: &Sent,
    ) -> Result<Response, WebError> {
        let (version, reason) = (sent.version()?, sent.one("reason"));
        let before = match app.office.dossier(&visitor.actor, number).await {
            Err(StepError::NotFound) => return away(app, visitor, &typed(self.event, sent)),
            found => found?,
        };
        let outcome = match self.event {
            Event::Return => app.office.send_back(&visitor.actor, number, version, reason).await,
            _ => app.office.decline(&visitor.actor, number, version, reason).await,
        };
        let wrong = match ended(app, visitor, &before, self.event, sent, outcome, self.said).await? {
            Ended::Answered(answer) => return Ok(answer),
            Ended::Lacking => self.missing.to_owned(),
            Ended::Wrong(words) => words,
        };
        let mut page = self.page(app, visitor, &before, Some(sent));
        page.fields[0].error = Some(wrong);
        Ok(mend(&page))
    }

    fn page(&self, app: &App, visitor: &Visitor, dossier: &Dossier, typed: Option<&Sent>) -> EndPage {
        let (label, hint) = self.reason;
        EndPage {
            steps: self.steps.map(str::to_owned).into(),
            fields: vec![Field::reason(label, (self.found)(dossier, typed), Some(hint))],
            danger: true,
            ..page(app, visitor, dossier, self.event, typed)
        }
    }
}

/// What was typed, in words: for whoever doesn't see the case any more.
pub(super) fn typed(event: Event, sent: &Sent) -> [(&'static str, String); 1] {
    let label = match event {
        Event::Return => RETURN.reason.0,
        Event::Decline => DECLINE.reason.0,
        _ => "補件說明",
    };
    [(label, sent.one("reason").to_owned())]
}

/// What comes of an end.
pub(super) enum Ended {
    /// An answer.
    Answered(Response),
    /// The form comes again: the reason is missing, or what reopens.
    Lacking,
    /// The form comes again: the reason won't do, and why.
    Wrong(String),
}

/// Takes the outcome of an end: an answer, or what its form needs.
pub(super) async fn ended(
    app: &App,
    visitor: &Visitor,
    before: &Dossier,
    event: Event,
    sent: &Sent,
    outcome: Result<(), StepError>,
    said: &str,
) -> Result<Ended, WebError> {
    let number = &before.case.number;
    let error = match outcome {
        Ok(()) => return onwards(app, visitor, before, said).await.map(Ended::Answered),
        Err(error) => told_first(before, &visitor.actor, &request(event), error),
    };
    if let Some(words) = of_reason(&error) {
        return Ok(Ended::Wrong(words));
    }
    match error {
        StepError::Conflict => overtaken(app, visitor, number, event, sent, None).await.map(Ended::Answered),
        StepError::Refused(refused) if matches!(refused.why, Why::NoReason | Why::NothingReopened) => {
            came_back(app, visitor, before, &refused).await?;
            Ok(Ended::Lacking)
        }
        StepError::Refused(refused) if refused.why.moved_on() => {
            overtaken(app, visitor, number, event, sent, Some(refused)).await.map(Ended::Answered)
        }
        other => Err(other.into()),
    }
}

fn hand_over_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    colleagues: &[(String, String)],
    typed: Option<&Sent>,
) -> EndPage {
    let chosen = typed.map(|sent| sent.one("colleague")).unwrap_or_default();
    let mut field = Field::line("colleague", "移交給", LineKind::Text, "");
    field.hint = Some(format!("{}的其他申請人", dossier.case.school.name));
    let choices = colleagues.iter().enumerate().map(|(at, (id, name))| {
        Choice::labelled(id, name, if chosen.is_empty() { at == 0 } else { id == chosen })
    });
    field.input = Input::One(choices.collect());
    let base = page(app, visitor, dossier, Event::HandOver, typed);
    if colleagues.is_empty() {
        let none = format!("{}沒有其他申請人，目前不能移交。", dossier.case.school.name);
        return EndPage { steps: vec![none], button: None, ..base };
    }
    EndPage {
        steps: vec![
            format!("案件由所選的同事接手；{}之後看不到這個案件。", dossier.case.applicant_name),
            "案件狀態不變，流程會留下移交的紀錄。".into(),
        ],
        fields: vec![field],
        ..base
    }
}

/// 移交: to whom.
pub async fn ask_hand_over(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = opened(&app, &visitor, &number, Event::HandOver).await?;
    let colleagues = app.office.colleagues(&visitor.actor, &number).await?;
    Ok(html(&hand_over_page(&app, &visitor, &dossier, &colleagues, None)))
}

/// Hands the case over.
pub async fn hand_over(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let version = sent.version()?;
    match app.office.hand_over(&visitor.actor, &number, version, sent.one("colleague")).await {
        Ok(()) => Ok(Redirect::to(&path(&number, "?said=handed-over")).into_response()),
        Err(StepError::Conflict) => overtaken(&app, &visitor, &number, Event::HandOver, &sent, None).await,
        Err(StepError::Refused(refused)) if refused.why.moved_on() => {
            overtaken(&app, &visitor, &number, Event::HandOver, &sent, Some(refused)).await
        }
        Err(StepError::Refused(refused)) if refused.why == Why::NoColleague => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            came_back(&app, &visitor, &dossier, &refused).await?;
            let colleagues = app.office.colleagues(&visitor.actor, &number).await?;
            let mut page = hand_over_page(&app, &visitor, &dossier, &colleagues, Some(&sent));
            for field in &mut page.fields {
                field.error = Some("請選擇一位同校的申請人。".into());
            }
            Ok(mend(&page))
        }
        Err(other) => Err(other.into()),
    }
}
