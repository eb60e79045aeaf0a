//! A whole case in words: what `case.pdf` shows, section by section. Everything that is in it is in `case.json` too.

use serde_json::{Value, json};

use super::Paper;
use crate::case::fields::{FieldSpec, Values};
use crate::case::subject;
use crate::steps::{Dossier, Office};

impl Office {
    /// What the printer gets.
    pub(super) fn readable_data(&self, dossier: &Dossier, papers: &[Paper]) -> Value {
        let mut sections = vec![
            labelled("案件", self.head(dossier)),
            labelled("內容", answers(&dossier.service.fields, &dossier.case.content)),
        ];
        for one in &dossier.subjects {
            let title = if one.deleted { "服務對象（已刪除）" } else { "服務對象" };
            sections.push(labelled(title, answers(&subject::FIELDS, &one.answers)));
        }
        sections.push(self.flow(dossier));
        sections.push(self.attachments(dossier));
        sections.extend(self.asked(dossier));
        sections.extend(self.served(dossier));
        sections.push(files(papers));
        json!({
            "organisation": self.organisation,
            "title": format!("案件 {}", dossier.case.number),
            "note": "此檔供閱讀，內容與 case.json 相同。各檔案以 sha256sum 計算的結果應與「檔案」一節及 \
                     manifest-sha256.txt 所列相符。",
            "sections": sections,
        })
    }

    fn head(&self, dossier: &Dossier) -> Vec<[String; 2]> {
        let case = &dossier.case;
        let row = |label: &str, value: &str| [label.to_owned(), value.to_owned()];
        vec![
            row("案件編號", &case.number),
            row("服務項目", &dossier.service.title),
            row("案件狀態", dossier.state().label()),
            row("進入狀態時間", &self.moment(case.state_at)),
            row("開案時間", &self.moment(case.opened_at)),
            row(
                "學校",
                &format!("{} {}（{}）", case.school.district, case.school.name, case.school.stage.label()),
            ),
            row("申請人", &case.applicant_name),
            row("信箱", &case.applicant_email),
            row(
                "服務人員",
                &dossier.staff.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join("、"),
            ),
            row("匯出時間", &self.moment(self.world.now())),
        ]
    }

    fn flow(&self, dossier: &Dossier) -> Value {
        let rows = dossier.flow.iter().rev().map(|row| {
            let role = row.role.map_or("", |role| role.label());
            let who = format!("{}\n{role}", row.actor_name);
            [self.moment(row.at), who, row.event.label().into(), row.to.label().into(), row.reason.clone()]
        });
        table("流程", ["時間", "人員", "事項", "狀態", "說明"], [3, 3, 3, 2, 6], rows.collect())
    }

    fn attachments(&self, dossier: &Dossier) -> Value {
        let rows = dossier.attachments.iter().map(|one| {
            let category = dossier.service.attachment(&one.category);
            let category = category.map_or(one.category.as_str(), |category| category.label.as_str());
            [
                category.to_owned(),
                one.file_name.clone(),
                self.moment(one.uploaded_at),
                one.verdict.label().into(),
                one.remark.clone(),
            ]
        });
        table("檢附資料", ["類別", "檔案名稱", "上傳時間", "核閱", "備註"], [3, 4, 3, 2, 4], rows.collect())
    }

    /// 補件 and 更正, where there were any.
    fn asked(&self, dossier: &Dossier) -> Vec<Value> {
        let mut sections = Vec::new();
        for one in dossier.supplements.iter().rev() {
            let mut rows = vec![
                ["要求時間".into(), self.moment(one.asked_at)],
                ["要求人員".into(), one.asked_by.clone()],
                ["補件說明".into(), one.reason.clone()],
                ["送出時間".into(), one.answered_at.map(|at| self.moment(at)).unwrap_or_default()],
            ];
            rows.extend(one.items.iter().map(|item| [item.label.clone(), item.answer.clone()]));
            sections.push(labelled("補件", rows));
        }
        for one in &dossier.corrections {
            let mut rows = vec![
                ["更正時間".into(), self.moment(one.at)],
                ["更正人員".into(), one.by.clone()],
                ["更正原因".into(), one.reason.clone()],
            ];
            rows.extend(one.changes.iter().map(|change| {
                let shown = |value: &Option<crate::case::fields::Value>| {
                    value.as_ref().map_or_else(|| "（無）".to_owned(), crate::case::fields::Value::display)
                };
                [change.label.clone(), format!("{}\n→ {}", shown(&change.before), shown(&change.after))]
            }));
            sections.push(labelled("更正", rows));
        }
        sections
    }

    /// Service records and closings, where there are any.
    fn served(&self, dossier: &Dossier) -> Vec<Value> {
        let mut sections = Vec::new();
        for record in &dossier.records {
            for revision in record.revisions.iter().rev() {
                let entry = &revision.entry;
                let rows = vec![
                    ["日期".into(), entry.held_on.to_string()],
                    ["方式".into(), entry.kind.label().into()],
                    ["時間（分鐘）".into(), entry.minutes.to_string()],
                    ["參與者".into(), entry.participants.clone()],
                    ["摘要".into(), entry.summary.clone()],
                    ["撰寫".into(), format!("{} {}", revision.writer, self.moment(revision.written_at))],
                ];
                sections.push(labelled(&format!("服務紀錄（第 {} 版）", revision.number), rows));
            }
        }
        for one in dossier.closings.iter().rev() {
            let outcome = if one.open {
                "待核定"
            } else if one.approved {
                "已核定"
            } else {
                "已退回"
            };
            let rows = vec![
                ["提出".into(), format!("{} {}", one.proposer, self.moment(one.proposed_at))],
                ["原因".into(), format!("{} {}", one.reason.label(), one.detail).trim().to_owned()],
                ["摘要".into(), one.summary.clone()],
                ["結果".into(), format!("{outcome} {}", one.remark).trim().to_owned()],
            ];
            sections.push(labelled("結案", rows));
        }
        sections
    }
}

/// The answers that there are, by the labels of their fields; those of fields that are gone by their ids.
fn answers(fields: &[FieldSpec], values: &Values) -> Vec<[String; 2]> {
    let known =
        fields.iter().filter_map(|field| Some([field.label.clone(), values.get(&field.id)?.display()]));
    let gone = values.iter().filter(|(id, _)| fields.iter().all(|field| field.id != **id));
    known.chain(gone.map(|(id, value)| [id.clone(), value.display()])).collect()
}

fn files(papers: &[Paper]) -> Value {
    let rows =
        papers.iter().map(|paper| [paper.path.clone(), paper.bytes.to_string(), paper.digest.to_string()]);
    table("檔案", ["檔案", "位元組", "SHA-256"], [5, 2, 8], rows.collect())
}

fn labelled(title: &str, rows: Vec<[String; 2]>) -> Value {
    json!({ "title": title, "head": [], "widths": [], "rows": rows })
}

fn table<const N: usize>(title: &str, head: [&str; N], widths: [u8; N], rows: Vec<[String; N]>) -> Value {
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    json!({ "title": title, "head": head.to_vec(), "widths": widths.to_vec(), "rows": rows })
}
