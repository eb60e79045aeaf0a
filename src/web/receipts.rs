//! Receipts: each event of a case as a page, and as a text file whose lines `sha256sum -c` checks.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::case::event::Event;
use crate::case::role::Role;
use crate::case::subject;
use crate::steps::Dossier;
use crate::steps::retrieve::print_file_name;
use crate::store::flow::{Evidence, FlowRow};

use super::app::App;
use super::documents::content_disposition;
use super::pages::parts::{CaseNumberText, DigestText, Fact, Link};
use super::pages::receipt::{ReceiptDocument, ReceiptPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

/// The title of a receipt, the character of its seal, and what comes next. Nothing for what gets none.
fn told(event: Event) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match event {
        Event::Open => ("已新增", "新", "案件暫存完成。"),
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
        Event::Close => ("已結案", "結", "服務完成。"),
        Event::Reopen => ("已重新開案", "開", "專業輔導人員服務中。"),
        Event::Decline => ("不開案", "止", "審核後不開案。"),
        Event::Withdraw => ("已撤案", "撤", "案件已撤回。"),
        Event::Edit | Event::Review | Event::Record | Event::ProposeClosing | Event::SendClosingBack => {
            return None;
        }
    })
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
    let row = row.ok_or_else(WebError::not_found)?;
    page(&app, &visitor, &dossier, row)
}

/// The receipt of one event: `7` as a page, `7.txt` as a file.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, file)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (seq, as_file) = file.strip_suffix(".txt").map_or((file.as_str(), false), |seq| (seq, true));
    let seq: i64 = seq.parse().map_err(|_| WebError::not_found())?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let row = dossier.flow.iter().find(|row| row.seq == seq).ok_or_else(WebError::not_found)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    if !as_file {
        return page(&app, &visitor, &dossier, row);
    }
    let (title, ..) = told(row.event).ok_or_else(WebError::not_found)?;
    let text = text(&app, &dossier, row, title);
    let name = content_disposition("attachment", &format!("收據-{number}-{seq}.txt"));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let name = HeaderValue::from_str(&name).map_err(|error| WebError::internal(&error))?;
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok((headers, text).into_response())
}

fn page(app: &App, visitor: &Visitor, dossier: &Dossier, row: &FlowRow) -> Result<Response, WebError> {
    let (title, seal, next) = told(row.event).ok_or_else(WebError::not_found)?;
    let number = &dossier.case.number;
    let handed_in = matches!(row.event, Event::Submit | Event::Resubmit);
    let mine = visitor.actor.id == dossier.case.applicant;
    let documents = row.evidence.iter().map(|evidence| ReceiptDocument {
        label: named(dossier, evidence).0,
        digest: DigestText::new(evidence.digest.to_string()),
    });
    let contact = app.organisation.contact.clone().unwrap_or_else(|| "個管組".into());
    Ok(html(&ReceiptPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        title: title.into(),
        seal: seal.into(),
        event: row.event.label().into(),
        when: Moment::at(row.at, app.office.world.now()),
        facts: facts(dossier, row, handed_in),
        documents: documents.collect(),
        waiting: next.into(),
        call: (handed_in && mine).then(|| format!("請來電確認收件：{contact}。")),
        remark: (handed_in && !row.reason.is_empty()).then(|| row.reason.clone()),
        file: Link {
            label: "下載收據".into(), href: path(number, &format!("/receipts/{}.txt", row.seq))
        },
        back: Link { label: "回案件".into(), href: path(number, "") },
        list: Link {
            label: if visitor.actor.is(Role::Applicant) { "我的申請案件" } else { "案件查詢" }.into(),
            href: "/cases".into(),
        },
        leave: visitor.actor.is(Role::Applicant),
    }))
}

/// What the receipt says beside time and documents.
fn facts(dossier: &Dossier, row: &FlowRow, handed_in: bool) -> Vec<Fact> {
    let case = &dossier.case;
    let mut facts = vec![
        Fact::new("服務項目", &dossier.service.title),
        Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
        Fact::new("申請人", &case.applicant_name),
    ];
    let name = dossier.subject().map(|subject| subject::text(&subject.answers, "name").to_owned());
    facts.extend(name.map(|name| Fact::new("服務對象", name)));
    let revision = row.evidence.iter().find_map(|evidence| evidence.revision);
    facts.extend(revision.map(|revision| Fact::new("申請單版次", format!("第 {revision} 版"))));
    facts.push(Fact::new("經辦", &row.actor_name));
    if !handed_in && !row.reason.is_empty() {
        facts.push(Fact::new("原因", &row.reason));
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
fn text(app: &App, dossier: &Dossier, row: &FlowRow, title: &str) -> String {
    let number = &dossier.case.number;
    let handed_in = matches!(row.event, Event::Submit | Event::Resubmit);
    let mut lines = vec![
        app.organisation.name.clone(),
        format!("收據：{title}"),
        format!("案件編號：{number}"),
        format!("時間：{}", Moment::at(row.at, row.at).iso),
    ];
    lines.extend(facts(dossier, row, handed_in).into_iter().map(|f| format!("{}：{}", f.label, f.value)));
    if handed_in && !row.reason.is_empty() {
        lines.push(format!("附註：{}", row.reason));
    }
    if !row.evidence.is_empty() {
        lines.push(String::new());
        lines.push("以下是這個步驟所依據的檔案與 SHA-256。把檔案和這張收據放在同一個資料夾，執行".into());
        lines.push(format!("    sha256sum -c 收據-{number}-{}.txt", row.seq));
        lines.push("就能確認檔案沒有被更動。".into());
    }
    // A reason may have lines of its own: each must stay a comment.
    let comments = lines.iter().flat_map(|line| match line.is_empty() {
        true => vec!["#\n".to_owned()],
        false => line.lines().map(|part| format!("# {part}\n")).collect(),
    });
    let documents = row.evidence.iter().map(|evidence| {
        let (_, file) = named(dossier, evidence);
        format!("{}  {}\n", evidence.digest, file.replace(['\\', '\n', '\r'], "_"))
    });
    comments.chain(documents).collect()
}
