//! 檢附資料: files that go with the application. Checked, hashed, stored, then written down.

use crate::archive::Staged;
use crate::case::event::Event;
use crate::case::request::Request as Asked;
use crate::case::role::Actor;
use crate::case::validate::FieldError;
use crate::forms::fonts;
use crate::intake::{Purpose, Request};
use crate::store::documents::{self, Document};
use crate::store::papers::{self, NewAttachment};

use super::scan::read_staged;
use super::{Office, StepError};

/// An uploaded file that has arrived in full.
#[derive(Debug)]
pub struct Upload {
    /// The name that the browser sent.
    pub file_name: String,
    /// The bytes, on disk, hashed.
    pub staged: Staged,
}

impl Office {
    /// Adds an attachment to a case.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::Invalid`] for an unknown category or a file name that can't be
    /// printed, [`StepError::File`] when the file isn't accepted.
    pub async fn add_attachment(
        &self,
        actor: &Actor,
        number: &str,
        category: &str,
        upload: Upload,
    ) -> Result<(), StepError> {
        let dossier = self.dossier(actor, number).await?;
        dossier.judge(&Asked::new(Event::Edit), actor)?;
        if dossier.service.attachment(category).is_none() {
            let words = "請選擇檢附資料的類別。".to_owned();
            return Err(StepError::Invalid(vec![FieldError { field: "category".into(), words }]));
        }
        let file_name = tidy_file_name(&upload.file_name);
        let missing = self.printer.fonts().missing_glyphs(&file_name);
        if !missing.is_empty() {
            // The form lists the file by its name, and a name is sooner mended before than after.
            let words = format!("檔名含有無法列印的字：{}。請更改檔名後再上傳。", fonts::named(&missing));
            return Err(StepError::Invalid(vec![FieldError { field: "file".into(), words }]));
        }
        let bytes = read_staged(&upload.staged).await?;
        let request =
            Request { bytes: &bytes, purpose: Purpose::Attachment, expected: &[], key: None, by_hand: None };
        let judgement = self.judge.judge(request).await?;
        let (true, Ok(kind)) = (judgement.accepted(), judgement.kind) else {
            return Err(StepError::File(judgement.reasons));
        };
        let kind = kind.media_type().to_owned();
        let stored = self.originals.put(upload.staged).await?;
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        let known = dossier.attachments.iter().any(|a| a.digest == stored.digest && a.category == category);
        if known {
            // The same file in the same category: a double click, not a second document.
            return Ok(());
        }
        let document = Document { digest: stored.digest, bytes: size(stored.bytes), kind };
        documents::register(&mut tx, &document, self.world.now()).await?;
        let new = NewAttachment {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            category,
            file_name: &file_name,
            digest: &stored.digest,
            by: &actor.id,
            at: self.world.now(),
        };
        papers::add_attachment(&mut tx, &new).await?;
        dossier.attachments = papers::attachments(&mut tx, &dossier.case.id).await?;
        self.edit_end(&mut tx, actor, &dossier, "新增檢附資料").await?;
        tx.commit().await?;
        tracing::info!(case = %number, digest = %stored.digest, "attachment stored");
        Ok(())
    }

    /// Takes an attachment off a case; the original is kept.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`].
    pub async fn delete_attachment(&self, actor: &Actor, number: &str, id: &str) -> Result<(), StepError> {
        let (mut tx, dossier) = self.edit_begin(actor, number).await?;
        if papers::was_deleted(&mut tx, id, &dossier.case.id).await? {
            return Ok(());
        }
        if !papers::delete_attachment(&mut tx, id, &dossier.case.id, self.world.now()).await? {
            return Err(StepError::NotFound);
        }
        self.edit_end(&mut tx, actor, &dossier, "刪除檢附資料").await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A byte count for a BIGINT column.
pub(super) fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A file name as pages and forms can show it: the last part of a path, without control characters,
/// at most 120 characters with the ending kept.
#[must_use]
pub(super) fn tidy_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
        .collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return "未命名".into();
    }
    let characters: Vec<char> = clean.chars().collect();
    if characters.len() <= 120 {
        return clean.to_owned();
    }
    let head: String = characters[..100].iter().collect();
    let tail: String = characters[characters.len() - 16..].iter().collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::tidy_file_name;

    #[test]
    fn file_names_are_shown_safely() {
        assert_eq!(tidy_file_name("C:\\scans\\同意書.pdf"), "同意書.pdf");
        assert_eq!(tidy_file_name("../../etc/passwd"), "passwd");
        assert_eq!(tidy_file_name("a\r\nb\u{202e}fdp.exe"), "abfdp.exe");
        assert_eq!(tidy_file_name("  "), "未命名");
        let long = format!("{}.pdf", "字".repeat(200));
        assert!(tidy_file_name(&long).ends_with(".pdf"));
        assert!(tidy_file_name(&long).chars().count() <= 120);
    }
}
