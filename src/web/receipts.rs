//! Receipts: each step of a case as a page, and as a text file whose lines `sha256sum -c` checks.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::case::event::Event;
use crate::case::ids::Digest;
use crate::case::role::Role;
use crate::case::subject;
use crate::steps::Dossier;
use crate::steps::retrieve::{photo_file_name, print_file_name};
use crate::store::flow::{Evidence, FlowRow};

use super::app::App;
use super::documents::content_disposition;
use super::pages::parts::{CaseNumberText, DigestText, Fact, Link};
use super::pages::receipt::{ReceiptDocument, ReceiptPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

/// The title of a receipt, the character of its seal, and what comes next. Nothing for what leaves no row in the flow:
/// verdicts are seen in the receipt of the end that they lead to, and a service record has a receipt of its own
/// ([`super::record_receipts`]).
fn told(event: Event) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match event {
        Event::Open => ("已新增", "新", "案件暫存完成。"),
        Event::Edit => ("已儲存修改", "存", "案件的內容已更新。"),
        Event::Print => ("已列印申請單", "印", "請將申請單送核章，掃描後上傳。"),
        Event::Submit => ("已送件", "送", "申請完成，等待審核確認中"),
        Event::Resubmit => ("已送出審核", "送", "補件完成，等待審核確認中"),
        Event::Return => ("已退回核章", "退", "請依原因重新核章，掃描上傳後再送件。"),
        Event::AskSupplement => ("請補件", "補", "請依補件說明修改或說明所列項目，再送出審核。"),
        Event::Receive => ("已收件", "收", "收件完成，等待派案中。"),
        Event::Correct => ("已更正", "正", "更正前後的內容都已保留。"),
        Event::Dispatch => ("已派案", "派", "專業輔導人員服務中。"),
        Event::Reassign => ("已改派", "派", "專業輔導人員服務中。"),
        Event::HandOver => ("已移交", "移", "案件由同校的另一位申請人接手。"),
        Event::ProposeClosing => ("已申請結案", "結", "等待分區督導核准。"),
        Event::SendClosingBack => ("已退回結案申請", "退", "請依退回原因處理，再申請結案。"),
        Event::Close => ("已結案", "結", "服務完成。"),
        Event::Reopen => ("已重新開案", "開", "專業輔導人員服務中。"),
        Event::Decline => ("不開案", "止", "審核後不開案。"),
        Event::Withdraw => ("已撤案", "撤", "案件已撤回。"),
        Event::Review | Event::Record => return None,
    })
}

/// A receipt before it becomes a page or a file.
pub struct Receipt {
    /// Such as 已送件, the character of its seal, and what comes next.
    pub told: (&'static str, &'static str, &'static str),
    /// What the step is called.
    pub label: String,
    /// When it happened, epoch milliseconds.
    pub at: i64,
    /// What it says beside time and documents.
    pub facts: Vec<Fact>,
    /// The documents that it is about.
    pub documents: Vec<Document>,
    /// Whether it says that nobody has to call, and whom one can.
    pub call: bool,
    /// What is to be noted: 需人工核對 and the like.
    pub remark: Option<String>,
    /// The address of the page; the file's is the same with `.txt`.
    pub address: String,
    /// The file's name.
    pub file_name: String,
}

/// A document of a receipt.
pub struct Document {
    /// What it is.
    pub label: String,
    /// The name that its download is saved under.
    pub file_name: String,
    /// Its digest.
    pub digest: Digest,
}

/// Where the receipt of a flow row is, if it has one.
#[must_use]
pub fn address(dossier: &Dossier, row: &FlowRow) -> Option<String> {
    told(row.event).map(|_| path(&dossier.case.number, &format!("/receipts/{}", row.seq)))
}

/// The receipt of the newest 送件 or 送出審核.
pub async fn newest(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let row = dossier.flow.iter().find(|row| matches!(row.event, Event::Submit | Event::Resubmit));
    let receipt = row.and_then(|row| of_row(&visitor, &dossier, row)).ok_or_else(WebError::not_found)?;
    Ok(page(&app, &visitor, &dossier, receipt))
}

/// The receipt of one event: `7` as a page, `7.txt` as a file.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, file)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (seq, as_file) = which(&file).ok_or_else(WebError::not_found)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let row = dossier.flow.iter().find(|row| row.seq == seq);
    let receipt = row.and_then(|row| of_row(&visitor, &dossier, row)).ok_or_else(WebError::not_found)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    if as_file { file_of(&app, &dossier, &receipt) } else { Ok(page(&app, &visitor, &dossier, receipt)) }
}

/// The number in the last part of an address, and whether the file is meant.
#[must_use]
pub fn which(file: &str) -> Option<(i64, bool)> {
    let (number, as_file) = file.strip_suffix(".txt").map_or((file, false), |number| (number, true));
    Some((number.parse().ok()?, as_file))
}

fn of_row(visitor: &Visitor, dossier: &Dossier, row: &FlowRow) -> Option<Receipt> {
    let told = told(row.event)?;
    let number = &dossier.case.number;
    let handed_in = matches!(row.event, Event::Submit | Event::Resubmit);
    let documents = row.evidence.iter().map(|evidence| {
        let (label, file_name) = named(dossier, evidence);
        Document { label, file_name, digest: evidence.digest }
    });
    Some(Receipt {
        told,
        label: row.event.label().into(),
        at: row.at,
        facts: facts(dossier, row, handed_in),
        documents: documents.collect(),
        call: handed_in && visitor.actor.id == dossier.case.applicant,
        remark: (handed_in && !row.reason.is_empty()).then(|| row.reason.clone()),
        address: path(number, &format!("/receipts/{}", row.seq)),
        file_name: format!("收據-{number}-{}.txt", row.seq),
    })
}

/// The receipt as a page.
#[must_use]
pub fn page(app: &App, visitor: &Visitor, dossier: &Dossier, receipt: Receipt) -> Response {
    let number = &dossier.case.number;
    let (title, seal, next) = receipt.told;
    let documents = receipt.documents.into_iter().map(|document| ReceiptDocument {
        label: document.label,
        digest: DigestText::new(document.digest.to_string()),
    });
    let contact = app.organisation.contact.clone().unwrap_or_else(|| "個管組".into());
    let applicant = visitor.actor.is(Role::Applicant);
    html(&ReceiptPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        title: title.into(),
        seal: seal.into(),
        event: receipt.label,
        when: Moment::at(receipt.at, app.office.world.now()),
        facts: receipt.facts,
        documents: documents.collect(),
        waiting: next.into(),
        call: receipt.call.then(|| {
            format!("這張收據就是送件的證明，之後的進展會通知您，不需要來電確認。有疑問請洽{contact}。")
        }),
        remark: receipt.remark,
        file: Link { label: "下載收據".into(), href: format!("{}.txt", receipt.address) },
        back: Link { label: "回案件".into(), href: path(number, "") },
        list: Link {
            label: if applicant { "我的申請案件" } else { "案件查詢" }.into(),
            href: "/cases".into(),
        },
        leave: applicant,
    })
}

/// The receipt as a file.
///
/// # Errors
/// When its name can't be told in a header.
pub fn file_of(app: &App, dossier: &Dossier, receipt: &Receipt) -> Result<Response, WebError> {
    let name = content_disposition("attachment", &receipt.file_name);
    let name = HeaderValue::from_str(&name).map_err(|error| WebError::internal(&error))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok((headers, text(app, dossier, receipt)).into_response())
}

/// What every receipt says of its case.
#[must_use]
pub fn about(dossier: &Dossier) -> Vec<Fact> {
    let case = &dossier.case;
    let mut facts = vec![
        Fact::new("服務項目", &dossier.service.title),
        Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
        Fact::new("申請人", &case.applicant_name),
    ];
    let name = dossier.subject().map(|subject| subject::text(&subject.answers, "name").to_owned());
    facts.extend(name.map(|name| Fact::new("服務對象", name)));
    facts
}

/// What the receipt says beside time and documents.
fn facts(dossier: &Dossier, row: &FlowRow, handed_in: bool) -> Vec<Fact> {
    let mut facts = about(dossier);
    let revision = row.evidence.iter().find_map(|evidence| evidence.revision);
    facts.extend(revision.map(|revision| Fact::new("申請單版次", format!("第 {revision} 版"))));
    facts.push(Fact::new("經辦", &row.actor_name));
    if !handed_in && !row.reason.is_empty() {
        // Of an edit the flow says what was edited.
        facts.push(Fact::new(if row.event == Event::Edit { "修改" } else { "原因" }, &row.reason));
    }
    facts
}

/// What a document is, and the name that its download is saved under.
pub(super) fn named(dossier: &Dossier, evidence: &Evidence) -> (String, String) {
    let short = evidence.digest.short();
    match (evidence.kind.as_str(), evidence.revision) {
        ("scan", _) => {
            let scan = dossier.scans.iter().find(|scan| scan.digest == evidence.digest);
            let file = scan.map_or_else(|| format!("{short}.pdf"), |scan| scan.file_name.clone());
            ("簽核申請單掃描檔".to_owned(), file)
        }
        ("photo", _) => {
            let photo = dossier.photos().find(|(_, photo)| photo.digest == evidence.digest);
            photo.map_or_else(
                || ("簽核申請單的照片".to_owned(), short),
                |(_, photo)| {
                    (format!("簽核申請單的照片，第 {} 頁", photo.page), photo_file_name(dossier, photo))
                },
            )
        }
        ("print", Some(revision)) => (format!("申請單第 {revision} 版"), print_file_name(dossier, revision)),
        _ => {
            let attachment = dossier.attachments.iter().find(|a| a.digest == evidence.digest);
            match attachment {
                Some(one) => (view::category_label(dossier, &one.category).to_owned(), one.file_name.clone()),
                None => ("檢附資料".to_owned(), short),
            }
        }
    }
}

/// The receipt as text: comments, then one line a document as `sha256sum` writes it.
fn text(app: &App, dossier: &Dossier, receipt: &Receipt) -> String {
    let mut lines = vec![
        app.organisation.name.clone(),
        format!("收據：{}", receipt.told.0),
        format!("案件編號：{}", dossier.case.number),
        format!("時間：{}", Moment::at(receipt.at, receipt.at).iso),
    ];
    lines.extend(receipt.facts.iter().map(|fact| format!("{}：{}", fact.label, fact.value)));
    lines.extend(receipt.remark.iter().map(|remark| format!("附註：{remark}")));
    if !receipt.documents.is_empty() {
        lines.push(String::new());
        lines.push("以下是這個步驟所依據的檔案與 SHA-256。把檔案和這張收據放在同一個資料夾，執行".into());
        lines.push(format!("    sha256sum -c {}", receipt.file_name));
        lines.push("就能確認檔案沒有被更動。".into());
    }
    // A reason may have lines of its own: each must stay a comment.
    let comments = lines.iter().flat_map(|line| match line.is_empty() {
        true => vec!["#\n".to_owned()],
        false => line.lines().map(|part| format!("# {part}\n")).collect(),
    });
    let documents = receipt.documents.iter().map(|document| {
        format!("{}  {}\n", document.digest, document.file_name.replace(['\\', '\n', '\r'], "_"))
    });
    comments.chain(documents).collect()
}
