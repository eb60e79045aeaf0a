//! 整疊上傳: the upload, how far it is, and what came of each case and page.

use axum::Json;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::case::holder::Applicant;
use crate::case::state::State as CaseState;
use crate::intake::Reason;
use crate::paper::Verdict as Mark;
use crate::steps::StepError;
use crate::steps::scan::all_marked;
use crate::steps::stack::{self, Look, StackCase, stray_key};
use crate::steps::traces::{Picture, Pictured};
use crate::store::stacks::{Outcome, Stack, Stage};

use super::app::App;
use super::documents::{rendition, send, stem};
use super::pages::parts::{CaseNumberText, DigestText, Tone, Verdict};
use super::pages::scan::{Refusal, RefusalHelp, UploadStage};
use super::pages::stack::{
    Claim, StackForm, StackLine, StackPage, StackStray, StackUploadPage, Stage as Shown,
};
use super::pages::words::{self, Moment};
use super::scans::{refused, title};
use super::trouble::{WebError, html, mend};
use super::typed::Sent;
use super::uploads;
use super::view::{path, state_badge};
use super::visitor::{AtWork, Settled, Visitor};

/// The upload page, with the person's earlier stacks.
pub async fn new(
    State(app): State<App>,
    AtWork { visitor, .. }: AtWork<Applicant>,
) -> Result<Response, WebError> {
    Ok(html(&upload_page(&app, &visitor, None).await?))
}

async fn upload_page(
    app: &App,
    visitor: &Visitor,
    refusal: Option<Refusal>,
) -> Result<StackUploadPage, WebError> {
    let earlier = app.office.stacks_of(&visitor.actor).await?;
    let now = app.office.world.now();
    Ok(StackUploadPage {
        frame: visitor.frame(app, None),
        max_bytes: app.office.max_stack_bytes,
        max_words: words::size(app.office.max_stack_bytes),
        max_pages: app.office.judge.limits().stack_pages,
        earlier: earlier.iter().map(|stack| line(stack, now)).collect(),
        refusal,
    })
}

fn line(stack: &Stack, now: i64) -> StackLine {
    StackLine {
        href: address(&stack.id),
        file: stack.file_name.clone(),
        pages: stack.pages,
        at: Moment::at(stack.created_at, now),
        state: match stack.stage {
            Stage::Reading | Stage::Binding => "處理中",
            Stage::Stopped => "中斷，可以繼續",
            Stage::Done => "已完成",
        },
    }
}

/// Takes a stack in.
pub async fn add(
    State(app): State<App>,
    AtWork { visitor, who }: AtWork<Applicant>,
    form: Multipart,
) -> Result<Response, WebError> {
    let another = RefusalHelp::AnotherFile;
    let uploaded = uploads::read(&app, form, app.office.max_stack_bytes).await?;
    let refusal = match uploaded.file {
        _ if uploaded.too_big => {
            let most = words::size(app.office.max_stack_bytes);
            let what = format!("檔案超過 {most}，沒有收下。請以 200 dpi 灰階重新掃描，或分成幾疊上傳。");
            refused(UploadStage::Upload, "檔案太大", what, another)
        }
        None => {
            let what = "請先選擇掃描檔，再按上傳。".to_owned();
            refused(UploadStage::Upload, "還沒有選擇檔案", what, another)
        }
        Some(upload) => match app.office.take_stack(&who, &visitor.origin, upload).await {
            Ok(id) => return Ok(Redirect::to(&address(&id)).into_response()),
            Err(StepError::File(reasons)) => {
                let title = reasons.first().map_or("沒有收下這個檔案", title);
                let what = reasons.iter().map(Reason::words).collect();
                refused(UploadStage::Check, title, what, another)
            }
            Err(other) => return Err(other.into()),
        },
    };
    let page = upload_page(&app, &visitor, Some(refusal)).await?;
    Ok(mend(&page))
}

/// How far a stack is, and what came of it.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let look = app.office.look_at_stack(&visitor.actor, &id).await?;
    let told = Told { said: asked.said, ..Told::default() };
    Ok(html(&stack_page(&app, &visitor, &look, told).await?))
}

#[derive(Deserialize)]
pub struct Asked {
    said: Option<String>,
}

/// What was done, or couldn't be done, just now.
#[derive(Default)]
struct Told {
    said: Option<String>,
    unsent: Vec<String>,
    claim: Claim,
}

async fn stack_page(app: &App, visitor: &Visitor, look: &Look, told: Told) -> Result<StackPage, WebError> {
    let (office, stack, tally) = (&app.office, &look.stack, look.tally);
    let stage = match stack.stage {
        Stage::Done => Shown::Done,
        _ if !look.under_way() => Shown::Stopped,
        Stage::Reading => Shown::Reading { done: tally.read, total: stack.pages },
        _ => Shown::Binding { done: tally.cases - tally.waiting, total: tally.cases },
    };
    let under_way = look.under_way();
    let cases = if under_way {
        Vec::new()
    } else {
        office.stack_cases(&visitor.actor, &visitor.origin, &stack.id).await?
    };
    let strays = if under_way { Vec::new() } else { office.stack_strays(&visitor.actor, &stack.id).await? };
    let base = address(&stack.id);
    let stray = |(page, reason): (i64, String)| StackStray {
        page,
        image: format!("{base}/pages/{page}.jpg"),
        reason,
        ticked: told.claim.pages.contains(&page),
    };
    let strays = strays.into_iter().map(stray).collect();
    Ok(StackPage {
        frame: visitor.frame(app, told.said.as_deref()),
        stage,
        file: format!(
            "{}（{}，{} 頁）",
            stack.file_name,
            words::size(u64::try_from(stack.bytes).unwrap_or(0)),
            stack.pages
        ),
        digest: DigestText::new(stack.digest.to_string()),
        blank: tally.blank,
        cases: cases.iter().map(case).collect(),
        strays,
        address: base,
        stopped_at: look.stopped_at(),
        unsent: told.unsent,
        claim: told.claim,
    })
}

fn case(case: &StackCase) -> StackForm {
    let number = &case.line.number;
    let pages: Vec<String> = case.line.pages.iter().map(u32::to_string).collect();
    let (href, verdict, pick) = match &case.line.outcome {
        Outcome::Waiting => (path(number, ""), Verdict::new(Tone::Plain, "等候處理"), None),
        Outcome::Refused(reason) => (path(number, ""), Verdict::new(Tone::Bad, reason.clone()), None),
        Outcome::Bound(scan) => {
            let pick = (case.can_submit && !case.all_empty).then(|| format!("{number}:{scan}"));
            (path(number, &format!("/scans/{scan}")), bound(case), pick)
        }
    };
    StackForm {
        number: CaseNumberText::new(number),
        href,
        service: case.service.clone(),
        subject: case.subject.clone(),
        pages: pages.join("、"),
        state: state_badge(case.state),
        clean: pick.is_some() && all_marked(&case.seen),
        anew: pick.is_some() && case.state == CaseState::Supplement,
        first: first(case),
        pick,
        verdict,
    }
}

/// What has to be done before a bound case can be handed in.
fn first(case: &StackCase) -> Option<String> {
    if case.outdated {
        return Some("這份掃描檔是退回或補件之前的；請將重新核章的申請單再掃描上傳。".into());
    }
    let open: Vec<&str> = case.unanswered.iter().map(|label| label.trim_start_matches("對象 ")).collect();
    (!open.is_empty())
        .then(|| format!("還有補件項目尚未完成：{}。請開啟案件完成後，再回到這裡送出。", open.join("、")))
}

/// What was seen on a bound case's pages, in one sentence.
fn bound(case: &StackCase) -> Verdict {
    let labels = |mark: Mark| -> Vec<&str> {
        let boxes = case.seen.iter().flat_map(|page| &page.boxes);
        boxes.filter(|seal| seal.verdict == mark).map(|seal| seal.label.as_str()).collect()
    };
    let (empty, unsure) = (labels(Mark::Empty), labels(Mark::Unsure));
    if case.all_empty {
        return Verdict::new(Tone::Attention, "所有核章欄看起來都是空白的，請開啟案件確認");
    }
    match (empty.is_empty(), unsure.is_empty()) {
        (true, true) if all_marked(&case.seen) => Verdict::new(Tone::Good, "頁面齊全，核章欄皆有核章"),
        (true, true) => Verdict::new(Tone::Attention, "沒有辨識到核章欄，請開啟案件確認"),
        (false, _) => {
            Verdict::new(Tone::Attention, format!("{}看起來沒有核章，請開啟確認", empty.join("、")))
        }
        (true, false) => Verdict::new(Tone::Attention, format!("{}無法確定，請開啟確認", unsure.join("、"))),
    }
}

/// How far it is, for scripts.
#[derive(Serialize)]
pub struct Progress {
    done: i64,
    total: i64,
    going: bool,
    words: String,
}

/// How far it is.
pub async fn progress(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Json<Progress>, WebError> {
    let look = app.office.look_at_stack(&visitor.actor, &id).await?;
    let tally = look.tally;
    // Reading and binding are one bar: first every page, then every case.
    let (done, total, words) = match look.stack.stage {
        Stage::Reading => {
            (tally.read, look.stack.pages * 2, format!("辨識頁面 {}／{} 頁", tally.read, look.stack.pages))
        }
        _ => {
            let through = tally.cases - tally.waiting;
            let share = if tally.cases == 0 { 0 } else { look.stack.pages * through / tally.cases };
            (
                look.stack.pages + share,
                look.stack.pages * 2,
                format!("比對核章欄 {through}／{} 件", tally.cases),
            )
        }
    };
    Ok(Json(Progress { done, total, going: look.under_way(), words }))
}

/// Goes on with a stack that was broken off.
pub async fn resume(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.resume_stack(&visitor.actor, &id).await?;
    Ok(Redirect::to(&address(&id)))
}

/// 送件, or 送出審核 in 補件, of the ticked cases, each in its own transaction. What can't be submitted is told, the
/// rest is.
pub async fn submit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let look = app.office.look_at_stack(&visitor.actor, &id).await?;
    let mut unsent = Vec::new();
    for ticked in sent.0.get("case").into_iter().flatten() {
        let Some((number, scan)) = ticked.split_once(':') else { continue };
        match app.office.hand_in_scan(&visitor.actor, number, scan).await {
            Ok(()) => {}
            Err(StepError::Refused(refused)) => {
                app.office.trace_refused(&visitor.origin, &visitor.actor, None, &refused).await?;
                unsent.push(format!("{number}：{}", refused.words()));
            }
            Err(StepError::NotFound) => unsent.push(format!("{number}：找不到這個案件或它的掃描檔。")),
            Err(other) => return Err(other.into()),
        }
    }
    if unsent.is_empty() {
        return Ok(Redirect::to(&address(&id)).into_response());
    }
    let page = stack_page(&app, &visitor, &look, Told { unsent, ..Told::default() }).await?;
    Ok((StatusCode::CONFLICT, html(&page)).into_response())
}

/// Gives pages that belong nowhere to the case whose short code was typed.
pub async fn claim(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let pages: Vec<u32> =
        sent.0.get("page").into_iter().flatten().filter_map(|page| page.parse().ok()).collect();
    let code = sent.one("short_code");
    let claimed = app.office.claim_strays(&visitor.actor, &visitor.origin, &id, &pages, code).await;
    let error = match claimed {
        Ok(_) => return Ok(Redirect::to(&format!("{}?said=page-claimed", address(&id))).into_response()),
        Err(error) => error,
    };
    let Some(error) = stack::words(&error, &pages) else { return Err(error.into()) };
    let look = app.office.look_at_stack(&visitor.actor, &id).await?;
    let pages = pages.into_iter().map(i64::from).collect();
    let claim = Claim { pages, code: code.to_owned(), error: Some(error) };
    let page = stack_page(&app, &visitor, &look, Told { claim, ..Told::default() }).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

/// The picture of a page that belongs nowhere: `12.jpg`.
pub async fn page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let page: u32 = stem(&file, ".jpg").and_then(|stem| stem.parse().ok()).ok_or_else(WebError::not_found)?;
    let look = app.office.look_at_stack(&visitor.actor, &id).await?;
    let digest = &look.stack.digest;
    let shown = Pictured { case: None, digest, picture: Picture::Page };
    let picture = rendition(&app, &stray_key(&digest.to_string(), page), "image/jpeg").await?;
    app.office.trace_picture(&visitor.actor, &visitor.origin, shown).await?;
    Ok(picture)
}

/// The file of a stack, as a download.
pub async fn original(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    send(app.office.stack_original(&visitor.actor, &visitor.origin, &id).await?, "attachment")
}

fn address(id: &str) -> String {
    format!("/stacks/{id}")
}
