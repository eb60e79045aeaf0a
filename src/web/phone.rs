//! 用手機拍照上傳: the code on the desktop page, and the pages that the phone sees.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use serde::Serialize;

use crate::case::refusal::Why;
use crate::identity::limits::Asked;
use crate::steps::StepError;
use crate::steps::phone::{GOOD_MILLIS, MOST_PHOTOS, OnPhone, Progress, Secret};

use super::app::App;
use super::pages::frame::Here;
use super::pages::parts::{CaseNumberText, Link};
use super::pages::phone::{PhoneAskPage, PhoneDonePage, PhoneInvitePage, PhonePhotosPage, PhoneStage};
use super::pages::scan::{Refusal, RefusalHelp, Seen, UploadStage};
use super::pages::words;
use super::scans::{refusal, refused, stale_print, wrong_short_code};
use super::trouble::{WebError, html, mend};
use super::view::path;
use super::visitor::{Asker, Settled};
use super::{limits, qr, refused_pages, uploads};

/// How long a link, and then the phone that opened it, is good for.
const GOOD_MINUTES: i64 = GOOD_MILLIS / 60_000;

/// Makes a link and shows it as a code, once: reloading the page makes another, and the first is void.
pub async fn invite(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let invitation = app.office.invite_phone(&visitor.actor, &visitor.origin, &number).await?;
    let link = format!("{}/phone/{}/open", app.public_url, invitation.secret.as_text());
    let code = qr::symbol(&link);
    let stage = PhoneStage::Waiting { code, link, until: clock_time(&app, invitation.until) };
    let frame = visitor.frame(&app, None);
    Ok(html(&invite_page(frame, &number, &invitation.id, stage)))
}

/// What became of a link; leads on to the scan that came of it.
pub async fn invited(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    visitor.origin.shows_nobody();
    let stage = match app.office.phone_progress(&visitor.actor, &number, &id).await? {
        Progress::Done(scan) => {
            return Ok(Redirect::to(&path(&number, &format!("/scans/{scan}"))).into_response());
        }
        Progress::Over => PhoneStage::Over,
        Progress::Opened => PhoneStage::Opened,
        Progress::Waiting => PhoneStage::Unopened,
    };
    let frame = visitor.frame(&app, None);
    Ok(html(&invite_page(frame, &number, &id, stage)))
}

fn invite_page(
    frame: super::pages::frame::Frame,
    number: &str,
    id: &str,
    stage: PhoneStage,
) -> PhoneInvitePage {
    PhoneInvitePage {
        frame,
        number: CaseNumberText::new(number),
        back: Link { label: "回上傳簽核申請單".into(), href: path(number, "/scans/new") },
        address: path(number, &format!("/phone/{id}")),
        again: path(number, "/phone"),
        minutes: GOOD_MINUTES,
        stage,
    }
}

/// How far a link is, for scripts.
#[derive(Serialize)]
pub struct HowFar {
    state: &'static str,
    /// Where the scan can be looked at.
    next: Option<String>,
}

/// How far a link is.
pub async fn progress(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Json<HowFar>, WebError> {
    visitor.origin.shows_nobody();
    Ok(Json(match app.office.phone_progress(&visitor.actor, &number, &id).await? {
        Progress::Done(scan) => {
            HowFar { state: "done", next: Some(path(&number, &format!("/scans/{scan}"))) }
        }
        Progress::Over => HowFar { state: "over", next: None },
        Progress::Opened => HowFar { state: "opened", next: None },
        Progress::Waiting => HowFar { state: "waiting", next: None },
    }))
}

/// The phone's first page. Looking opens nothing: cameras and messengers look at links by themselves.
pub async fn ask(
    State(app): State<App>,
    Asker(origin): Asker,
    Path(secret): Path<String>,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Phone).await?;
    let number = app.office.peek_phone(&Secret::from_text(&secret)).await?.ok_or_else(void)?;
    Ok(html(&PhoneAskPage {
        frame: app.frame(None, Here::Elsewhere),
        number: CaseNumberText::new(&number),
        action: format!("/phone/{secret}/open"),
        minutes: GOOD_MINUTES,
    }))
}

/// Opens the link for this phone, once.
pub async fn open(
    State(app): State<App>,
    Asker(origin): Asker,
    Path(secret): Path<String>,
    jar: CookieJar,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Phone).await?;
    let phone = app.office.open_phone(&origin, &Secret::from_text(&secret)).await?.ok_or_else(void)?;
    let cookie = Cookie::build((app.phone_cookie_name(), phone.as_text().to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(app.secure);
    Ok((jar.add(cookie), Redirect::to("/phone")).into_response())
}

async fn phone(app: &App, jar: &CookieJar) -> Result<OnPhone, WebError> {
    let secret = jar.get(app.phone_cookie_name()).ok_or_else(void)?;
    app.office.on_phone(&Secret::from_text(secret.value())).await?.ok_or_else(void)
}

/// The page that takes photos.
pub async fn show(State(app): State<App>, jar: CookieJar) -> Result<Response, WebError> {
    let phone = phone(&app, &jar).await?;
    if phone.link.scan_id.is_some() {
        return Ok(Redirect::to("/phone/done").into_response());
    }
    photos_page(&app, &phone, None).map(|page| html(&page))
}

fn photos_page(app: &App, phone: &OnPhone, refusal: Option<Refusal>) -> Result<PhonePhotosPage, WebError> {
    let print = phone.dossier.newest_print().ok_or_else(WebError::not_found)?;
    Ok(PhonePhotosPage {
        frame: app.frame(None, Here::Elsewhere),
        number: CaseNumberText::new(&phone.link.number),
        service: phone.dossier.service.title.clone(),
        revision: print.revision.get(),
        page_count: u8::try_from(print.pages).unwrap_or(u8::MAX),
        seals: print.snapshot.seals.iter().map(|seal| seal.label.clone()).collect(),
        action: "/phone/photos".into(),
        max_bytes: app.office.max_upload_bytes,
        max_words: words::size(app.office.max_upload_bytes),
        until: clock_time(app, phone.link.expires_at),
        refusal,
        seen: Seen::default(),
    })
}

/// Takes photos in.
pub async fn add(State(app): State<App>, jar: CookieJar, form: Multipart) -> Result<Response, WebError> {
    let phone = phone(&app, &jar).await?;
    let most = app.office.max_upload_bytes;
    // What comes is read to its end: a phone that is answered amid its photos sees a broken line.
    let uploaded = uploads::read_several(&app, form, "photo", most, MOST_PHOTOS).await?;
    if phone.link.scan_id.is_some() {
        return Ok(Redirect::to("/phone/done").into_response());
    }
    let another = RefusalHelp::AnotherFile;
    let typed = uploaded.sent.one("short_code").to_owned();
    let mut seen = Seen::default();
    let refusal = if uploaded.too_much {
        let size = words::size(most);
        let what = format!(
            "照片合計超過 {size}，或超過 {MOST_PHOTOS} 張，沒有收下。請只拍申請單的頁面，或把相機的解析度調低再拍。"
        );
        refused(UploadStage::Upload, "照片太大或太多", what, another)
    } else if uploaded.files.iter().all(|photo| photo.staged.bytes() == 0) {
        let what = "請先拍下或選取申請單的每一頁，再按送出。".to_owned();
        refused(UploadStage::Upload, "還沒有照片", what, another)
    } else {
        let code = Some(typed.as_str()).filter(|code| !code.trim().is_empty());
        let taken = app.office.take_photos(&phone, uploaded.files, code).await;
        // Another sending of the same phone was faster.
        if matches!(taken, Err(StepError::Conflict)) && self::phone(&app, &jar).await?.link.scan_id.is_some()
        {
            return Ok(Redirect::to("/phone/done").into_response());
        }
        match taken {
            Ok(_) => return Ok(Redirect::to("/phone/done").into_response()),
            Err(StepError::Photo { photo, reason }) => {
                let what = format!("第 {photo} 張照片：{}", reason.words());
                refused(UploadStage::Check, "有照片無法使用", what, another)
            }
            Err(StepError::Scan(judgement)) => {
                seen = Seen { photos: true, ..refused_pages::seen(&judgement) };
                // What would help beside photos and the short code is at the desktop.
                match refusal(&phone.dossier, &judgement.reasons, &typed) {
                    asked @ Refusal { help: RefusalHelp::ShortCode { .. }, .. } => asked,
                    told => Refusal { help: another, ..told },
                }
            }
            Err(StepError::ShortCode(words)) => wrong_short_code(typed, words),
            Err(StepError::Refused(refused)) if matches!(refused.why, Why::Stale(_)) => {
                Refusal { help: another, ..stale_print(&phone.dossier) }
            }
            Err(other) => return Err(other.into()),
        }
    };
    let page = PhonePhotosPage { seen, ..photos_page(&app, &phone, Some(refusal))? };
    Ok(mend(&page))
}

/// The phone's last page. The phone knows nothing of what was read: 送件 is pressed at the desktop.
pub async fn done(State(app): State<App>, jar: CookieJar) -> Result<Response, WebError> {
    let phone = phone(&app, &jar).await?;
    if phone.link.scan_id.is_none() {
        return Ok(Redirect::to("/phone").into_response());
    }
    let (frame, number) = (app.frame(None, Here::Elsewhere), CaseNumberText::new(&phone.link.number));
    Ok(html(&PhoneDonePage { frame, number }))
}

/// A link or phone that isn't good any more, or never was: nobody is told which.
fn void() -> WebError {
    WebError {
        status: StatusCode::NOT_FOUND,
        title: "這個連結不能用了".into(),
        what: format!(
            "手機連結只能在 {GOOD_MINUTES} 分鐘內開啟一次，開啟之後有 {GOOD_MINUTES} 分鐘可以拍照；重新產生之後，先前的也會失效。"
        ),
        safe: Some("已經收到的照片不受影響。".into()),
        todo: vec!["請回到電腦的「上傳簽核申請單」頁，按「用手機拍照」，再掃描新的條碼。".into()],
        ..WebError::not_found()
    }
}

/// A moment as the clock on the wall shows it, such as 14:35.
fn clock_time(app: &App, millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    app.office.time_zone.to_datetime(at).strftime("%H:%M").to_string()
}
