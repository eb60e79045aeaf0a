//! 匯出 CSV: what a list finds, as a file for a spreadsheet, written while it goes out.
//!
//! The file is UTF-8 with a byte order mark, as spreadsheets want it. A cell that a spreadsheet would run as a
//! formula begins with an apostrophe. Numbers of documents are masked, as in lists.

use std::error::Error;
use std::io;

use tokio::sync::mpsc::Sender;
use tokio_util::io::ReaderStream;

use crate::case::dates;
use crate::case::fields::Value;
use crate::case::national_id::mask;
use crate::case::role::Actor;
use crate::case::subject;
use crate::store::cases::Scope;
use crate::store::list::{self, Wanted};
use crate::store::papers::Verdict;
use crate::store::traces::Trace;

use super::office::Origin;
use super::pieces::{self, END, Pieces};
use super::{Dossier, Office, StepError};

/// Cases of one file at most.
pub const MOST: usize = 50_000;
/// Cases that are read at a time.
const BATCH: usize = 200;

const HEAD: [&str; 22] = [
    "案件編號",
    "服務項目",
    "案件狀態",
    "進入狀態日期",
    "行政區",
    "學校",
    "學制",
    "開案日期",
    "申請人",
    "電話",
    "信箱",
    "問題簡述",
    "轉介需求",
    "轉介期待",
    "備註",
    "服務對象",
    "證件字號",
    "檢附資料",
    "服務人員",
    "最新流程日期",
    "最新流程人員",
    "最新流程",
];

/// The file.
#[derive(Debug)]
pub struct Export {
    /// The name to save it under.
    pub file_name: String,
    /// The bytes; an error in the middle when the database fails.
    pub stream: ReaderStream<Pieces>,
}

impl Office {
    /// Opens the file of a list. Which cases somebody takes along is traced before they go out, not what for.
    /// A failure of the database breaks the file off.
    #[must_use]
    pub fn export_cases(&self, actor: &Actor, origin: &Origin, scope: Scope, wanted: Wanted) -> Export {
        let file_name = format!("案件-{}.csv", self.today());
        let (office, (send, stream)) = (self.clone(), pieces::channel());
        let (actor, origin) = (actor.clone(), origin.clone());
        tokio::spawn(async move {
            if let Err(error) = office.write_cases(&actor, &origin, scope, wanted, &send).await {
                tracing::error!(%error, "an export broke off");
                // Whoever has stopped reading needn't hear of it.
                let _ = send.send(Err(io::Error::other("the cases can't be read"))).await;
            }
        });
        Export { file_name, stream }
    }

    async fn write_cases(
        &self,
        actor: &Actor,
        origin: &Origin,
        scope: Scope,
        wanted: Wanted,
        send: &Sender<io::Result<Vec<u8>>>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut text = String::from('\u{feff}');
        line(&mut text, HEAD.map(str::to_owned));
        // Which cases it will be is settled at once: one that moves in the list meanwhile stays in the file.
        let mut keys = list::keys(&mut *self.store.read().await?, &scope, &wanted, MOST + 1).await?;
        let more = keys.len() > MOST;
        keys.truncate(MOST);
        if keys.is_empty() {
            self.trace_export(actor, origin, &[]).await?;
        }
        for keys in keys.chunks(BATCH) {
            // A connection for each batch: a slow reader keeps none from others.
            let mut db = self.store.read().await?;
            let cases = list::at(&mut db, &scope, keys).await?;
            let dossiers = self.dossiers_of(&mut db, cases).await?;
            drop(db);
            self.trace_export(actor, origin, &dossiers).await?;
            dossiers.iter().for_each(|dossier| line(&mut text, self.cells(dossier)));
            if !text.is_empty() && send.send(Ok(std::mem::take(&mut text).into_bytes())).await.is_err() {
                return Ok(());
            }
        }
        if more {
            text.push_str(&format!("已達一次匯出上限 {MOST} 筆，其餘案件請縮小範圍再匯出。\r\n"));
        }
        if !text.is_empty() && send.send(Ok(text.into_bytes())).await.is_err() {
            return Ok(());
        }
        // As above: a reader who has gone needn't hear the end.
        let _ = send.send(Ok(END)).await;
        Ok(())
    }

    async fn trace_export(&self, actor: &Actor, origin: &Origin, taken: &[Dossier]) -> Result<(), StepError> {
        let numbers: Vec<_> = taken.iter().map(|dossier| dossier.case.number.as_str()).collect();
        let cases: Vec<_> = taken.iter().map(|dossier| dossier.case.id.as_str()).collect();
        let trace = Trace {
            person: Some(&actor.id),
            action: "export-cases",
            cases: &cases,
            detail: &numbers.join(" "),
            ..Trace::default()
        };
        Ok(self.trace(origin, trace).await?)
    }

    fn cells(&self, dossier: &Dossier) -> [String; 22] {
        let case = &dossier.case;
        let content = |id: &str| case.content.get(id).map(Value::display).unwrap_or_default();
        let of_subject = |id: &str| {
            dossier.subject().map(|s| subject::text(&s.answers, id).to_owned()).unwrap_or_default()
        };
        let day = |at| dates::screen(&self.day_of(at).to_string());
        let staff: Vec<&str> = dossier.staff.iter().map(|one| one.name.as_str()).collect();
        let newest = dossier.flow.first();
        [
            case.number.clone(),
            dossier.service.title.clone(),
            dossier.state().label().into(),
            day(case.state_at),
            case.school.district.clone(),
            case.school.name.clone(),
            case.school.stage.label().into(),
            day(case.opened_at),
            case.applicant_name.clone(),
            content("phone"),
            case.applicant_email.clone(),
            content("problem"),
            content("needs"),
            content("expectation"),
            content("note"),
            of_subject("name"),
            mask(&of_subject("id_number")),
            attachments(dossier),
            staff.join("、"),
            newest.map(|row| day(row.at)).unwrap_or_default(),
            newest.map(|row| row.actor_name.clone()).unwrap_or_default(),
            newest.map(|row| row.event.label().to_owned()).unwrap_or_default(),
        ]
    }
}

/// How many attachments stand where, such as `1 需補件、2 已核閱`.
fn attachments(dossier: &Dossier) -> String {
    let counts = [Verdict::Wanting, Verdict::Unreviewed, Verdict::Reviewed].map(|verdict| {
        (verdict, dossier.attachments.iter().filter(|attachment| attachment.verdict == verdict).count())
    });
    let told =
        counts.into_iter().filter(|(_, n)| *n > 0).map(|(verdict, n)| format!("{n} {}", verdict.label()));
    told.collect::<Vec<_>>().join("、")
}

/// A line of cells (RFC 4180).
fn line<const N: usize>(text: &mut String, cells: [String; N]) {
    let cells = cells.map(|cell| quoted(&cell));
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

fn quoted(cell: &str) -> String {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let safe = if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() };
    if safe.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_run_as_a_formula() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+886", "'+886"),
            ("-2", "'-2"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }

    #[test]
    fn commas_quotes_and_lines_stay_in_their_cell() {
        let mut text = String::new();
        line(&mut text, ["一,二".into(), "他說\"好\"".into(), "第一行\n第二行".into()]);
        assert_eq!(text, "\"一,二\",\"他說\"\"好\"\"\",\"第一行\n第二行\"\r\n");
    }
}
