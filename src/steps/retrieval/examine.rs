//! 查驗: whether any file is a registered original, by its digest alone. The bytes are hashed as they pass and kept
//! nowhere; only the digest stands in the trace.

use crate::case::holder::Archivist;
use crate::case::ids::Digest;
use crate::store::cases::Case;
use crate::store::disposals;
use crate::store::list::{self, Key};
use crate::store::retrievals;
use crate::store::traces::Trace;

use crate::steps::office::Origin;
use crate::steps::{Office, StepError};

/// What is known of an examined file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// Where it is registered.
    pub places: Vec<Registered>,
    /// The cases with which it was disposed of, and when, epoch milliseconds.
    pub disposed: Vec<(String, i64)>,
}

/// Where an examined file is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// What it is there, in words.
    pub label: &'static str,
    /// The case's number; none where it belongs to no case, or to one that this person may not see.
    pub number: Option<String>,
    /// Whether it is a stack, which is taken out by itself.
    pub stack: bool,
    /// When it came, epoch milliseconds.
    pub at: i64,
}

impl Office {
    /// Tells where a file with this digest is registered; nowhere: it is no original of ours, or none any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn examine(
        &self,
        who: &Archivist,
        origin: &Origin,
        digest: &Digest,
    ) -> Result<Examined, StepError> {
        let text = digest.to_string();
        let trace =
            Trace { person: Some(&who.id), action: "examine-file", digest: Some(&text), ..Trace::default() };
        self.trace(origin, trace).await?;
        let mut db = self.store.read().await?;
        let places = retrievals::registered(&mut db, digest).await?;
        let keys: Vec<Key> = places
            .iter()
            .filter(|place| !place.case_id.is_empty())
            .map(|place| Key { at: 0, id: place.case_id.clone() })
            .collect();
        let seen: Vec<Case> = list::at(&mut db, &Self::scope(who), &keys).await?;
        let number = |id: &str| seen.iter().find(|case| case.id == id).map(|case| case.number.clone());
        let told = places.iter().map(|place| Registered {
            label: label(&place.place),
            number: number(&place.case_id),
            stack: place.place == "stack",
            at: place.at,
        });
        let disposed = disposals::of_digest(&mut db, digest).await?;
        Ok(Examined { places: told.collect(), disposed })
    }
}

fn label(place: &str) -> &'static str {
    match place {
        "scan" => "簽核申請單",
        "attachment" => "檢附資料",
        "deleted-attachment" => "已刪除的附件",
        "print" => "列印的申請單",
        "photo" => "簽核申請單的照片",
        "record-file" => "服務紀錄的檔案",
        "stack" => "整疊上傳的掃描檔",
        "certificate" => "銷毀證明",
        _ => "登記的檔案",
    }
}
