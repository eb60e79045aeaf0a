//! 上傳簽核申請單: the upload, its refusals, and what was recognised, to be looked at before 送件.

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::refusal::Why;
use crate::case::state::State as CaseState;
use crate::intake::Reason;
use crate::paper::{ChangeKind, Verdict as Mark};
use crate::steps::retrieve::photo_file_name;
use crate::steps::scan::{SeenBox, SeenPage, all_marked, may_upload, out_of_order, page_key, seen};
use crate::steps::{Dossier, StepError};
use crate::store::papers::Scan;
use crate::store::phones::Photo;

use super::answers;
use super::app::App;
use super::case::changes;
use super::next::print_action;
use super::pages::case_page::Stale;
use super::pages::parts::{Badge, CaseNumberText, DigestText, Link, Look, Tone, Verdict};
use super::pages::scan::{
    ChangeCrop, PhotoItem, Refusal, RefusalHelp, ScanCheckPage, ScanPage, ScanUploadPage, SealCrop, Seen,
    SubmitForm, UploadStage,
};
use super::pages::words;
use super::refused_pages::{self, BLANK};
use super::retrieved_stacks::cut_from_line;
use super::trouble::{WebError, html, mend};
use super::uploads;
use super::view::{kind_word, path, photo_path};
use super::visitor::{Settled, Visitor};

/// The upload page. A stale print is said here already.
pub async fn new(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let refusal = match may_upload(&dossier, &visitor.actor).map_err(StepError::from) {
        Ok(()) => None,
        Err(StepError::Refused(refused)) if matches!(refused.why, Why::Stale(_)) => {
            Some(stale_print(&dossier))
        }
        Err(other) => return Err(other.into()),
    };
    if refusal.is_none() {
        app.office.expect_scan(&dossier);
    }
    upload_page(&app, &visitor, &dossier, refusal).map(|page| html(&page))
}

fn upload_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refusal: Option<Refusal>,
) -> Result<ScanUploadPage, WebError> {
    let number = &dossier.case.number;
    let print = dossier.newest_print().ok_or_else(WebError::not_found)?;
    Ok(ScanUploadPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        service: dossier.service.title.clone(),
        back: Link { label: "回案件".into(), href: path(number, "") },
        revision: print.revision.get(),
        page_count: u8::try_from(print.pages).unwrap_or(u8::MAX),
        seals: print.snapshot.seals.iter().map(|seal| seal.label.clone()).collect(),
        action: path(number, "/scans"),
        phone: path(number, "/phone"),
        hidden: vec![("version".into(), dossier.case.version.to_string())],
        max_bytes: app.office.max_upload_bytes,
        max_words: words::size(app.office.max_upload_bytes),
        refusal,
        seen: Seen::default(),
    })
}

/// Takes a scan in.
pub async fn add(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    form: Multipart,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let uploaded = uploads::read(&app, form, app.office.max_upload_bytes).await?;
    let typed = uploaded.sent.one("short_code").to_owned();
    let mut seen = Seen::default();
    let refusal = match uploaded.file {
        _ if uploaded.too_big => {
            refused(UploadStage::Upload, "檔案太大", uploads::too_big_words(&app), RefusalHelp::AnotherFile)
        }
        None => {
            let words = "請先選擇掃描檔，再按上傳。".to_owned();
            refused(UploadStage::Upload, "還沒有選擇檔案", words, RefusalHelp::AnotherFile)
        }
        Some(upload) => {
            let code = Some(typed.as_str()).filter(|code| !code.trim().is_empty());
            match app.office.take_scan(&visitor.actor, &number, code, upload).await {
                Ok(id) => return Ok(Redirect::to(&path(&number, &format!("/scans/{id}"))).into_response()),
                Err(StepError::Scan(judgement)) => {
                    seen = refused_pages::seen(&judgement);
                    refusal(&dossier, &judgement.reasons, &typed)
                }
                Err(StepError::ShortCode(words)) => wrong_short_code(typed, words),
                Err(StepError::Refused(refused)) if matches!(refused.why, Why::Stale(_)) => {
                    stale_print(&dossier)
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    let mut page = upload_page(&app, &visitor, &dossier, Some(refusal))?;
    page.seen = seen;
    Ok(mend(&page))
}

/// A typed short code that won't do, and why.
pub(super) fn wrong_short_code(typed: String, words: String) -> Refusal {
    let help = RefusalHelp::ShortCode { typed, error: Some(words) };
    refused(UploadStage::Read, "核對碼不符", "輸入的核對碼和這份申請單不符。".into(), help)
}

pub(super) fn refused(stage: UploadStage, title: &str, what: String, help: RefusalHelp) -> Refusal {
    Refusal {
        stage,
        title: title.into(),
        what,
        safe: "檔案沒有存入，案件狀態與先前的資料都沒有改變。".into(),
        todo: Vec::new(),
        help,
    }
}

pub(super) fn stale_print(dossier: &Dossier) -> Refusal {
    let what = "列印之後資料已修改，紙本與案件不一致。請重新列印申請單，核章後再掃描上傳。".to_owned();
    let help = newest_stale(dossier).map_or(RefusalHelp::AnotherFile, RefusalHelp::Stale);
    refused(UploadStage::Read, "已列印的申請單已過期", what, help)
}

fn newest_stale(dossier: &Dossier) -> Option<Stale> {
    let print = dossier.newest_print()?;
    Some(Stale {
        revision: print.revision.get(),
        changes: changes(dossier.changed_since(print)),
        reprint: Some(print_action(dossier, "重新列印申請單")),
    })
}

/// The reasons in words; the first one decides what helps.
pub(super) fn refusal(dossier: &Dossier, reasons: &[Reason], typed: &str) -> Refusal {
    let help = match reasons.first() {
        Some(Reason::NoCode { .. }) => RefusalHelp::ShortCode { typed: typed.to_owned(), error: None },
        Some(Reason::StaleRevision { revision, .. }) => {
            let print = dossier.prints.iter().find(|print| print.revision.get() == *revision);
            print.map_or(RefusalHelp::AnotherFile, |print| {
                RefusalHelp::Stale(Stale {
                    revision: *revision,
                    changes: changes(dossier.changed_since(print)),
                    reprint: Some(print_action(dossier, "列印最新版申請單")),
                })
            })
        }
        _ => RefusalHelp::AnotherFile,
    };
    let stage = match reasons.first() {
        Some(Reason::TooBig { .. } | Reason::EmptyFile) | None => UploadStage::Upload,
        Some(
            Reason::NotAPdf { .. }
            | Reason::WrongKind { .. }
            | Reason::NotAPhoto { .. }
            | Reason::Damaged { .. }
            | Reason::Encrypted
            | Reason::ActiveContent { .. }
            | Reason::EmbeddedFiles
            | Reason::TooManyPages { .. }
            | Reason::PageSize { .. }
            | Reason::ImageTooLarge { .. },
        ) => UploadStage::Check,
        Some(_) => UploadStage::Read,
    };
    let title = reasons.first().map_or("沒有收下這個檔案", title);
    refused(stage, title, reasons.iter().map(Reason::words).collect(), help)
}

pub(super) fn title(reason: &Reason) -> &'static str {
    match reason {
        Reason::TooBig { .. } => "檔案太大",
        Reason::EmptyFile => "這是空的檔案",
        Reason::NotAPdf { .. } | Reason::WrongKind { .. } => "這不是 PDF 檔案",
        Reason::Damaged { .. } => "檔案已損壞",
        Reason::Encrypted => "這個 PDF 有密碼保護",
        Reason::ActiveContent { .. } => "這個 PDF 含有會自動執行的內容",
        Reason::EmbeddedFiles => "這個 PDF 夾帶了其他檔案",
        Reason::TooManyPages { .. } => "頁數太多",
        Reason::PageSize { .. } => "頁面尺寸不正常",
        Reason::ImageTooLarge { .. } => "頁面影像太大",
        Reason::NoCode { .. } => "讀不到申請單上的條碼",
        Reason::ForgedCode { .. } => "條碼不是本系統印出的",
        Reason::MixedCodes { .. } => "同一頁的條碼互相矛盾",
        Reason::OtherCase { .. } | Reason::MixedCases => "這不是本案件的申請單",
        Reason::StaleRevision { .. } | Reason::UnknownRevision { .. } | Reason::MixedRevisions => {
            "這不是最新版的申請單"
        }
        Reason::PageMissing { .. } => "申請單缺頁",
        Reason::PageTwice { .. } => "有頁面重複",
        Reason::ForeignPage { .. } => "混入了其他文件的頁面",
        Reason::NotAPhoto { .. } => "這不是照片",
        Reason::PageTimeLimit { .. } => "有一頁無法讀取",
        Reason::TimeLimit | Reason::MemoryLimit | Reason::Crashed | Reason::Inseparable => "這個檔案無法讀取",
    }
}

/// What was recognised.
pub async fn check(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let page = check_page(&app, &visitor, &dossier, &id, None).await?;
    Ok(html(&page))
}

/// The page of what was recognised; with `error` when 送件 came back.
pub async fn check_page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    id: &str,
    error: Option<String>,
) -> Result<ScanCheckPage, WebError> {
    let scan = dossier.scans.iter().find(|scan| scan.id == id).ok_or_else(WebError::not_found)?;
    let number = &dossier.case.number;
    let base = path(number, &format!("/scans/{id}"));
    let seen = seen(scan)?;
    let mut in_order: Vec<&SeenPage> = seen.iter().collect();
    in_order.sort_by_key(|page| (page.page.is_none(), page.page, page.index));
    let mut pages = Vec::new();
    for page in in_order {
        pages.push(strip_page(app, scan, &base, page).await?);
    }
    let pictured = app.office.pictured_seals(scan, &seen).await?;
    let stacks = app.office.cut_from(dossier).await?;
    let missing = answers::unanswered(dossier);
    let fits = missing.is_empty()
        && may_upload(dossier, &visitor.actor).is_ok()
        && dossier.scan_answers(scan)
        && dossier.newest_print().is_some_and(|print| print.id == scan.print_id);
    let anew = dossier.state() == CaseState::Supplement;
    Ok(ScanCheckPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        service: dossier.service.title.clone(),
        back: Link { label: "回案件".into(), href: path(number, "") },
        verdict: verdict(scan, &seen),
        pages,
        seals: seen
            .iter()
            .flat_map(|page| &page.boxes)
            .map(|seal| crop(&base, seal, pictured.contains(&seal.id)))
            .collect(),
        changes: seen.iter().flat_map(|page| changed(&base, page)).collect(),
        order: out_of_order(&seen),
        by_hand: scan
            .by_hand
            .then(|| "條碼無法辨識，以核對碼綁定；送件後由審核人員人工核對每一頁。".to_owned()),
        digest: DigestText::new(scan.digest.to_string()),
        file: format!("{}（{}）", scan.file_name, words::size(u64::try_from(scan.bytes).unwrap_or(0))),
        original: format!("{base}/original"),
        photos: scan.photos.iter().map(|photo| photo_item(dossier, scan, photo)).collect(),
        stacks: stacks
            .iter()
            .filter(|from| from.scan == scan.id)
            .map(|from| cut_from_line(&visitor.actor, from))
            .collect(),
        submit: fits.then(|| SubmitForm {
            action: path(number, if anew { "/resubmit" } else { "/submit" }),
            button: if anew { "送出審核" } else { "送件" }.into(),
            words: if anew {
                "送出後案件再排入審核，不能再修改；如需修改，請洽學諮中心個管組。".into()
            } else {
                "送件後不能再修改個案資料或上傳附件；如需修改，請洽學諮中心個管組。".into()
            },
            hidden: vec![
                ("scan".into(), scan.id.clone()),
                ("version".into(), dossier.case.version.to_string()),
            ],
            confirm_empty: scan.all_empty,
            error,
        }),
        closed: if missing.is_empty() {
            "這份掃描檔不能再送件或更換。".into()
        } else {
            format!("還有補件項目尚未完成：{}。完成後再送出審核。", missing.join("、"))
        },
        another: Link { label: "改上傳另一個檔案".into(), href: path(number, "/scans/new") },
    })
}

fn photo_item(dossier: &Dossier, scan: &Scan, photo: &Photo) -> PhotoItem {
    let size = words::size(u64::try_from(photo.bytes).unwrap_or(0));
    let label = format!("{}（{}，{size}）", photo_file_name(dossier, photo), kind_word(&photo.kind));
    PhotoItem {
        file: Link { label, href: photo_path(&dossier.case.number, scan, photo) },
        digest: DigestText::new(photo.digest.to_string()),
    }
}

/// Width and height of a page's picture in pixels.
pub(super) fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let reader = image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Jpeg);
    reader.into_dimensions().ok()
}

async fn strip_page(app: &App, scan: &Scan, base: &str, page: &SeenPage) -> Result<ScanPage, WebError> {
    let key = page_key(&scan.digest.to_string(), usize::try_from(page.index).unwrap_or(0));
    let picture = app.office.renditions.get(&key).await.map_err(StepError::from)?;
    let (width, height) = picture.and_then(|bytes| jpeg_size(&bytes)).unwrap_or((620, 877));
    let (verdict, sentence) = match (page.ours, page.page, page.pages) {
        _ if page.unread().is_some() => {
            let words = "以核對碼收下；審核人員會對照紙本內容確認這一頁。";
            (Verdict::new(Tone::Attention, page.unread().unwrap_or_default()), Some(words))
        }
        (true, Some(at), Some(of)) => {
            (Verdict::new(Tone::Good, format!("第 {at} 頁，共 {of} 頁，第 {} 版", scan.revision)), None)
        }
        _ if page.blank => (Verdict::new(Tone::Plain, "空白的背面，已略過"), Some(BLANK)),
        _ => {
            let words = "審核人員會對照紙本內容確認這一頁。";
            (Verdict::new(Tone::Attention, "讀不到條碼，待人工核對"), Some(words))
        }
    };
    Ok(ScanPage {
        number: page.page.unwrap_or_else(|| u8::try_from(page.index).unwrap_or(u8::MAX)),
        image: Some(format!("{base}/pages/{}.jpg", page.index)),
        width,
        height,
        verdict,
        sentence: sentence.map(str::to_owned),
    })
}

fn verdict(scan: &Scan, seen: &[SeenPage]) -> Verdict {
    let pages = seen.iter().filter(|page| page.ours).count();
    if scan.by_hand {
        return Verdict::new(Tone::Attention, "以核對碼綁定，需人工核對");
    }
    if scan.all_empty {
        return Verdict::new(Tone::Attention, format!("{pages} 頁齊全，但所有核章欄看起來都是空白的"));
    }
    if all_marked(seen) {
        return Verdict::new(
            Tone::Good,
            format!("{pages} 頁齊全，是這個案件的第 {} 版，核章欄皆有核章", scan.revision),
        );
    }
    let but = if seen.iter().all(|page| page.boxes.is_empty()) {
        "沒有辨識到核章欄"
    } else {
        "有核章欄空白或無法確定"
    };
    Verdict::new(Tone::Attention, format!("{pages} 頁齊全，但{but}，請確認後再送件"))
}

fn changed(base: &str, page: &SeenPage) -> impl Iterator<Item = ChangeCrop> {
    (1..).zip(&page.changes).map(move |(number, change)| {
        let what = match change.kind {
            ChangeKind::Added => "多出的筆跡",
            ChangeKind::Covered => "印刷內容被遮住",
        };
        ChangeCrop {
            label: format!("第 {} 頁：{what}", page.page.unwrap_or(0)),
            image: format!("{base}/changes/{}-{number}.jpg", page.index),
            width: pixels(change.w_mm),
            height: pixels(change.h_mm),
        }
    })
}

/// About how many pixels a side of the picture of a change has: some margin is cut out with it.
fn pixels(mm: f64) -> u32 {
    const MARGINS_MM: f64 = 8.0;
    const PER_MM: f64 = 6.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side of a sheet at most")]
    let pixels = ((mm + MARGINS_MM) * PER_MM).clamp(1.0, 4096.0) as u32;
    pixels
}

fn crop(base: &str, seal: &SeenBox, pictured: bool) -> SealCrop {
    let (state, sentence) = match seal.verdict {
        Mark::Marked => (Badge::new("有核章", Look::Done), None),
        Mark::Empty => {
            (Badge::new("空白", Look::Attention), Some("看起來沒有核章。若漏蓋，請補章後重新掃描上傳。"))
        }
        Mark::Unsure => {
            (Badge::new("無法確定", Look::Waiting), Some("請放大確認；若章太淡，請以灰階或彩色重新掃描。"))
        }
    };
    let sentence =
        if pictured { sentence } else { Some("這一格沒有圖，請看整頁的影像確認。") };
    SealCrop {
        label: seal.label.clone(),
        image: pictured.then(|| format!("{base}/seals/{}.png", seal.id)),
        state,
        sentence: sentence.map(str::to_owned),
    }
}
