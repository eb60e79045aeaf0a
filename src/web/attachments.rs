//! 檢附資料: the list, adding and deleting.

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::service::AttachmentSpec;
use crate::case::subject;
use crate::case::supplement::Place;
use crate::steps::Dossier;

use super::answers;
use super::app::App;
use super::content::judge_edit;
use super::pages::attachments::{AttachmentUpload, AttachmentsPage, Needed};
use super::pages::field::Choice;
use super::pages::parts::{CaseNumberText, Fact, Link};
use super::pages::trouble::ConfirmPage;
use super::pages::words;
use super::trouble::{WebError, html, mend};
use super::uploads;
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

/// The attachments of a case.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    axum::extract::Query(asked): axum::extract::Query<Asked>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(html(&page(&app, &visitor, &dossier, asked.said.as_deref(), "", None)))
}

#[derive(serde::Deserialize)]
pub struct Asked {
    said: Option<String>,
}

fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    said: Option<&str>,
    category: &str,
    error: Option<String>,
) -> AttachmentsPage {
    let number = &dossier.case.number;
    let may = dossier.may(Event::Edit, &visitor.actor);
    let open = may && answers::opens(dossier, Place::Attachment);
    let name = dossier.subject().map(|s| subject::text(&s.answers, "name").to_owned());
    let back = if dossier.takes_subject() { "?tab=subject" } else { "" };
    AttachmentsPage {
        frame: visitor.frame(app, said),
        number: CaseNumberText::new(number),
        about: match name {
            Some(name) => format!("{}，服務對象：{name}", dossier.service.title),
            None => dossier.service.title.clone(),
        },
        back: Link { label: "回案件".into(), href: path(number, back) },
        needed: needed(dossier).map(|(label, there)| Needed { label, there }).collect(),
        items: view::attachment_items(dossier, open, app.office.world.now()),
        upload: open.then(|| upload(app, dossier, category, error)),
        closed_words: (!open).then(|| match may {
            true => "此次補件沒有開放檢附資料。".to_owned(),
            false => "目前的案件狀態不能新增或刪除檢附資料。".to_owned(),
        }),
    }
}

fn needed(dossier: &Dossier) -> impl Iterator<Item = (String, bool)> {
    let missing = dossier.facts().missing_attachments;
    dossier
        .service
        .attachments
        .iter()
        .filter(|category| category.required)
        .map(move |category| (category.label.clone(), !missing.contains(&category.label)))
}

fn upload(app: &App, dossier: &Dossier, category: &str, error: Option<String>) -> AttachmentUpload {
    let missing = dossier.facts().missing_attachments;
    let asked = |spec: &&AttachmentSpec| dossier.reopened(Place::Attachment, &spec.id);
    let mut specs: Vec<_> = dossier.service.attachments.iter().filter(asked).collect();
    specs.sort_by_key(|spec| !missing.contains(&spec.label));
    let choices = specs.iter().enumerate().map(|(at, spec)| {
        let label = if spec.required { format!("{}（必備）", spec.label) } else { spec.label.clone() };
        let chosen = if category.is_empty() { at == 0 } else { spec.id == category };
        Choice::labelled(&spec.id, label, chosen)
    });
    AttachmentUpload {
        action: path(&dossier.case.number, "/attachments"),
        hidden: Vec::new(),
        categories: choices.collect(),
        max_bytes: app.office.max_upload_bytes,
        max_words: words::size(app.office.max_upload_bytes),
        error,
    }
}

/// Adds an attachment.
pub async fn add(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    form: Multipart,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    let uploaded = uploads::read(&app, form, app.office.max_upload_bytes).await?;
    let category = uploaded.sent.one("category").to_owned();
    let error = match uploads::chosen(&app, uploaded) {
        Err(words) => words,
        Ok(upload) => {
            let outcome = app.office.add_attachment(&visitor.actor, &number, &category, upload).await;
            match uploads::refusal(outcome)? {
                Some(words) => words,
                None => {
                    return Ok(Redirect::to(&path(&number, "/attachments?said=attached")).into_response());
                }
            }
        }
    };
    let page = page(&app, &visitor, &dossier, None, &category, Some(error));
    Ok(mend(&page))
}

/// The question before deleting.
pub async fn ask_delete(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    judge_edit(&dossier, &visitor)?;
    let attachment = dossier.attachments.iter().find(|a| a.id == id).ok_or_else(WebError::not_found)?;
    Ok(html(&ConfirmPage {
        frame: visitor.frame(&app, None),
        title: "要刪除這份檢附資料嗎？".into(),
        what: "刪除後不再附在案件上；若申請單已列印，需要重新列印與核章。".into(),
        facts: vec![
            Fact::new("類別", view::category_label(&dossier, &attachment.category)),
            Fact::new("檔名", &attachment.file_name),
        ],
        reason: None,
        action: path(&number, &format!("/attachments/{id}/delete")),
        hidden: Vec::new(),
        button: "刪除".into(),
        cancel: path(&number, "/attachments"),
    }))
}

/// Deletes an attachment.
pub async fn delete(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    app.office.delete_attachment(&visitor.actor, &number, &id).await?;
    Ok(Redirect::to(&path(&number, "/attachments?said=attachment-deleted")).into_response())
}
