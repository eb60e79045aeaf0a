//! An uploaded file between its arrival and the step that takes it in.

use crate::archive::Staged;
use crate::case::ids::Digest;
use crate::case::validate::FieldError;
use crate::forms::fonts;
use crate::intake::{Purpose, Request};
use crate::store::Tx;
use crate::store::documents::{self, Document};

use super::{Office, StepError};

/// An uploaded file that has arrived in full.
#[derive(Debug)]
pub struct Upload {
    /// The name that the browser sent.
    pub file_name: String,
    /// The bytes, on disk, hashed and sealed.
    pub staged: Staged,
}

/// A file that was found good and is stored; nothing of it is written down yet.
pub(super) struct TakenIn {
    /// Its name as pages and forms show it.
    pub file_name: String,
    /// Digest, size and kind.
    pub document: Document,
    /// How many pages it has.
    pub pages: u32,
}

impl Office {
    /// Takes a file in: its name can be printed, its bytes are judged by a child process, and only then it is put
    /// with the originals.
    ///
    /// # Errors
    /// [`StepError::Invalid`] for a file name that can't be printed, [`StepError::File`] when the file isn't
    /// accepted.
    pub(super) async fn take_in(&self, upload: Upload) -> Result<TakenIn, StepError> {
        let file_name = tidy_file_name(&upload.file_name);
        let missing = self.printer.fonts().missing_glyphs(&file_name);
        if !missing.is_empty() {
            // Pages and forms list the file by its name, and a name is sooner mended before than after.
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
        let document = Document { digest: stored.digest, bytes: size(stored.bytes), kind };
        Ok(TakenIn { file_name, document, pages: judgement.page_count })
    }

    /// Writes down that an original is held from here on. Its file was put before: where the same file was let go of, it
    /// may have been removed since. Nobody removes it any more once the row is written.
    ///
    /// # Errors
    /// [`StepError::Went`] when it isn't there any more; the same bytes can be put again.
    pub(super) async fn hold_original(&self, tx: &mut Tx, document: &Document) -> Result<(), StepError> {
        if documents::register(tx, document, self.world.now()).await? {
            self.insist_it_stands(&document.digest).await?;
        }
        Ok(())
    }

    /// Insists that an original is there, whose row is held.
    ///
    /// # Errors
    /// [`StepError::Went`] when it isn't.
    pub(super) async fn insist_it_stands(&self, digest: &Digest) -> Result<(), StepError> {
        match self.originals.changed_at(digest).await? {
            Some(_) => Ok(()),
            None => Err(StepError::Went),
        }
    }
}

/// The bytes of a staged file; its size has been limited while it arrived.
pub(super) async fn read_staged(staged: &Staged) -> Result<Vec<u8>, StepError> {
    Ok(staged.open().await?.read_all().await?)
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
