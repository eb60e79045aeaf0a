//! 驗證單: digest, custody history, and how to check the file without us, as PDF/A.

use serde_json::{Value, json};

use crate::case::event::Event;
use crate::case::holder::Archivist;
use crate::case::trace;
use crate::custody::checkpoint::Note;
use crate::store::flow::FlowRow;
use crate::store::retrievals::{self, Access};

use super::Original;
use crate::steps::office::Origin;
use crate::steps::{Dossier, Office, StepError};

/// Accesses that a slip lists at most, the newest.
const ACCESSES: usize = 60;

impl Office {
    /// Prints the slip of an original after reading it again: the PDF and the name to save it under.
    ///
    /// # Errors
    /// As [`Self::take_out`]; [`StepError::Print`] when it can't be typeset. No slip is made of a damaged original.
    pub async fn print_slip(
        &self,
        who: &Archivist,
        origin: &Origin,
        number: &str,
        digest: &str,
    ) -> Result<(Vec<u8>, String), StepError> {
        let (dossier, original) = self.original_of(who, number, digest).await?;
        let purpose = self.need_purpose(who, &dossier.case.id).await?;
        let bytes = u64::try_from(original.bytes).unwrap_or(0);
        drop(self.originals.open_verified(&original.digest, bytes).await?);
        let most = i64::try_from(ACCESSES + 1).unwrap_or(i64::MAX);
        let mut db = self.store.read().await?;
        let accesses = retrievals::accesses(&mut db, &dossier.case.id, &original.digest, most).await?;
        drop(db);
        let chained = self.chained(&dossier, &original).await?;
        self.trace_of(who, origin, &dossier, &original, "print-slip", &purpose).await?;
        let now = self.world.now();
        let mut values = self.values(&dossier, &original, &accesses, now);
        values["chained"] = json!(chained);
        let ident = format!("casebind slip {} {now}", original.digest);
        let at = jiff::Timestamp::from_millisecond(now).map_err(|_| StepError::Stopped)?;
        let printer = self.printer.clone();
        let printed = tokio::task::spawn_blocking(move || printer.print_slip(&values, &ident, at)).await;
        let pdf = printed.map_err(|_| StepError::Stopped)??;
        Ok((pdf, format!("驗證單-{number}-{}.pdf", original.digest.short())))
    }

    /// Where the document stands in the custody chain, as the slip tells it; none: no event has named it.
    async fn chained(&self, dossier: &Dossier, original: &Original) -> Result<Option<String>, StepError> {
        let (documents, signed) = self.registered(dossier).await?;
        let document = documents.into_iter().find(|document| document.evidence.digest == original.digest);
        let Some(document) = document else { return Ok(None) };
        Ok(Some(match (document.link, signed) {
            (Some(link), Some(signed)) if link < signed.size => {
                let root = Note::parse(&signed.note).map(|note| note.checkpoint.root.to_string());
                format!(
                    "登記這個檔案的步驟是保管鏈的第 {} 筆，{} 簽章的檢查點涵蓋前 {} 筆，其樹根為 {}。",
                    link + 1,
                    self.moment(signed.at),
                    signed.size,
                    root.unwrap_or_default(),
                )
            }
            (Some(link), _) => format!("登記這個檔案的步驟是保管鏈的第 {} 筆，開立時還沒有簽章。", link + 1),
            (None, _) => "登記這個檔案的步驟開立時還沒有串入保管鏈。".into(),
        }))
    }

    fn values(&self, dossier: &Dossier, original: &Original, accesses: &[Access], now: i64) -> Value {
        let moment = |at: i64| self.moment(at);
        let fact = |label: &str, value: String| json!({ "label": label, "value": value });
        let flow: Vec<Value> = dossier.flow.iter().rev().map(|row| flow_row(row, moment(row.at))).collect();
        let shown = accesses.iter().take(ACCESSES).map(|access| {
            let who = if access.name.is_empty() { "－" } else { &access.name };
            json!({ "when": moment(access.at), "who": who, "what": trace::label(&access.action) })
        });
        let mut facts = vec![
            fact("案件編號", dossier.case.number.clone()),
            fact("學校", format!("{} {}", dossier.case.school.district, dossier.case.school.name)),
            fact("文件", original.label.clone()),
            fact("檔案名稱", original.file_name.clone()),
            fact("大小", format!("{} 位元組", original.bytes)),
            fact("檔案類型", original.kind.clone()),
            fact("登記時間", moment(original.at)),
        ];
        if let Some(deleted) = &original.deleted {
            let by = deleted.by.as_deref().map(|name| format!("，{name}")).unwrap_or_default();
            facts.push(fact("刪除時間", format!("{}{by}", moment(deleted.at))));
        }
        facts.push(fact("開立時間", moment(now)));
        json!({
            "organisation": self.organisation,
            "number": dossier.case.number,
            "digest": original.digest.to_string(),
            "checked": format!("開立這張驗證單時（{}）重新讀取了整個檔案並計算 SHA-256，與登記的相符。", moment(now)),
            "facts": facts,
            "flow": flow,
            "accesses": shown.collect::<Vec<_>>(),
            "more": accesses.len() > ACCESSES,
        })
    }
}

/// Who did what. Reasons are left out: they may tell about the child.
fn flow_row(row: &FlowRow, when: String) -> Value {
    let who = match row.role {
        Some(role) => format!("{}（{}）", row.actor_name, role.label()),
        None => row.actor_name.clone(),
    };
    let mut what = row.event.label().to_owned();
    let is_edit = matches!(row.event, Event::Edit);
    if is_edit && !row.reason.is_empty() {
        // What an edit notes is what was edited, not why.
        what = format!("{what}：{}", row.reason);
    }
    for evidence in &row.evidence {
        what.push_str(&format!("\n{}", evidence.digest.short()));
    }
    json!({ "when": when, "who": who, "what": what })
}
