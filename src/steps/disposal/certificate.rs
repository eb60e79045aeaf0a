//! 銷毀證明: which case, by which rule, which files by digest, who proposed and approved. It is an original itself,
//! hashed and kept for good.

use serde_json::{Value, json};

use crate::case::dates;
use crate::case::holder::Archivist;
use crate::store::disposals::{self, Disposal, Held};
use crate::store::documents;
use crate::store::traces::Trace;

use crate::steps::office::Origin;
use crate::steps::retention::Kept;
use crate::steps::retrieve::Retrieved;
use crate::steps::{Office, StepError};

/// What people call a kind of retention; one of a centre's own by its own name.
#[must_use]
pub fn kind_label(kind: &str) -> &str {
    match kind {
        "counselling" => "輔導紀錄",
        "service" => "一般服務",
        other => other,
    }
}

/// What a file was, in words.
#[must_use]
pub fn file_label(kind: &str) -> &'static str {
    match kind {
        "scan" => "簽核申請單",
        "attachment" => "檢附資料",
        "print" => "列印的申請單",
        "photo" => "簽核申請單的照片",
        "record-file" => "服務紀錄的檔案",
        "stack" => "整疊上傳的掃描檔",
        _ => "檔案",
    }
}

impl Office {
    /// What the certificate says.
    pub(super) fn certificate_values(
        &self,
        proposal: &Disposal,
        kept: &Kept,
        files: &[(Held, i64)],
        (approver, now): (&str, i64),
    ) -> Value {
        let row = |label: &str, value: String| json!([label, value]);
        let screen = |day: jiff::civil::Date| dates::screen(&day.to_string());
        let rule =
            format!("{}：自學生離校或案件結束（以較晚者計）起 {} 年", kind_label(&kept.kind), kept.years);
        let case = vec![
            row("案件編號", kept.case.number.clone()),
            row("服務項目", kept.service.clone()),
            row("學校", kept.case.school.clone()),
            row(
                "案件結束",
                format!("{} {}", kept.case.state.label(), screen(self.day_of(kept.case.ended_at))),
            ),
            row("保存年限", rule),
            row("保存至", screen(kept.until)),
        ];
        let people = vec![
            row("提請銷毀", format!("{}，{}", proposal.proposer, self.second(proposal.proposed_at))),
            row("核准銷毀", format!("{approver}，{}", self.second(now))),
        ];
        let listed: Vec<Value> = files
            .iter()
            .map(|(file, _)| {
                let fate = match (file.shared, file.removed_at) {
                    (true, _) => "其他案件仍持有，保留",
                    (false, Some(_)) => "先前已銷毀",
                    (false, None) => "銷毀",
                };
                json!([file_label(&file.kind), file.digest.to_string(), file.bytes.to_string(), fate])
            })
            .collect();
        json!({
            "organisation": self.organisation,
            "title": format!("銷毀證明 {}", kept.case.number),
            "note": "本中心已依保存年限銷毀下列案件：案件內容、對象資料、服務紀錄、說明文字與搜尋用的資料均已清除，\
                     檔案依下表處理。僅保留案件編號、流程的事項與時間、檔案的 SHA-256，以及這張證明。\n\
                     「其他案件仍持有」的檔案內容完全相同，於最後一個案件銷毀時移除。整疊上傳的掃描檔含有這個案件的頁面，\
                     一併銷毀；同一疊的其他案件各自保有切出的簽核申請單。",
            "sections": [
                { "title": "案件", "head": [], "widths": [], "rows": case },
                { "title": "經手人", "head": [], "widths": [], "rows": people },
                { "title": "檔案", "head": ["種類", "SHA-256", "位元組", "處理"], "widths": [3, 8, 2, 3], "rows": listed },
            ],
        })
    }

    /// Prints it, where blocking is allowed.
    pub(super) async fn print_certificate(
        &self,
        values: Value,
        id: &str,
        now: i64,
    ) -> Result<Vec<u8>, StepError> {
        let at = jiff::Timestamp::from_millisecond(now).map_err(|_| StepError::Stopped)?;
        let (printer, ident) = (self.printer.clone(), format!("casebind disposal {id}"));
        let printed =
            tokio::task::spawn_blocking(move || printer.print_certificate(&values, &ident, at)).await;
        Ok(printed.map_err(|_| StepError::Stopped)??)
    }

    /// The certificate of a disposal, hashed again, to be taken along.
    ///
    /// # Errors
    /// [`StepError::NotFound`] where nothing was approved; [`StepError::Archive`] when it is missing or damaged.
    pub async fn disposal_certificate(
        &self,
        who: &Archivist,
        origin: &Origin,
        id: &str,
    ) -> Result<Retrieved, StepError> {
        let mut db = self.store.read().await?;
        let disposal = disposals::find(&mut db, id).await?.ok_or(StepError::NotFound)?;
        let digest = disposal.certificate.ok_or(StepError::NotFound)?;
        let document = documents::find(&mut db, &digest).await?.ok_or(StepError::NotFound)?;
        drop(db);
        let text = digest.to_string();
        let trace = Trace {
            person: Some(&who.id),
            action: "download-disposal-certificate",
            case: Some(&disposal.case_id),
            digest: Some(&text),
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        let bytes = u64::try_from(document.bytes).unwrap_or(0);
        let original = self.originals.open_verified(&digest, bytes).await?;
        let file_name = format!("銷毀證明-{}.pdf", disposal.number);
        Ok(Retrieved { original, file_name, kind: document.kind, digest })
    }

    /// A moment where the office stands, to the second.
    fn second(&self, millis: i64) -> String {
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.time_zone.to_datetime(at).strftime("%Y/%m/%d %H:%M:%S").to_string()
    }
}
