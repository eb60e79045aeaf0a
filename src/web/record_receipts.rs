//! The receipt of a service record: when which revision was written, and the digests of its files. It says nothing of
//! what was written, and is there for those alone who may read that.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::steps::Dossier;
use crate::store::records::{Record, Revision};

use super::app::App;
use super::pages::parts::Fact;
use super::receipts::{self, Document, Receipt, about};
use super::records::{day, readable};
use super::trouble::WebError;
use super::view::path;
use super::visitor::Settled;

/// Where the receipt of a revision is.
#[must_use]
pub fn address(dossier: &Dossier, record: &Record, revision: i64) -> String {
    path(&dossier.case.number, &format!("/records/{}/receipts/{revision}", record.id))
}

/// The receipt of one revision: `2` as a page, `2.txt` as a file.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let (wanted, as_file) = receipts::which(&file).ok_or_else(WebError::not_found)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let record = readable(&dossier, &visitor, &id)?;
    let revision = record.revisions.iter().find(|one| one.number == wanted);
    let receipt = of_revision(&dossier, record, revision.ok_or_else(WebError::not_found)?);
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    if as_file {
        receipts::file_of(&app, &dossier, &receipt)
    } else {
        Ok(receipts::page(&app, &visitor, &dossier, receipt))
    }
}

fn of_revision(dossier: &Dossier, record: &Record, revision: &Revision) -> Receipt {
    let mut facts = about(dossier);
    facts.extend([
        Fact::new("服務日期", day(revision)),
        Fact::new("服務方式", revision.entry.kind.label()),
        Fact::new("服務時間", format!("{} 分鐘", revision.entry.minutes)),
        Fact::new("紀錄版次", format!("第 {} 版", revision.number)),
        Fact::new("經辦", &revision.writer),
    ]);
    let documents = record.files.iter().map(|file| Document {
        label: file.file_name.clone(),
        file_name: file.file_name.clone(),
        digest: file.digest,
    });
    let number = &dossier.case.number;
    Receipt {
        told: (
            "已寫下服務紀錄",
            "錄",
            "先前的版本都保留，內容只有服務這個案件的人員、分區督導與個管組看得到。",
        ),
        label: "服務紀錄".into(),
        at: revision.written_at,
        facts,
        documents: documents.collect(),
        call: false,
        remark: None,
        address: address(dossier, record, revision.number),
        file_name: format!("收據-{number}-{}-{}.txt", record.id, revision.number),
    }
}
