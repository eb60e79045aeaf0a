//! 補件: 補件說明 and exactly the fields and documents that reopen, those found wanting already ticked.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Response;

use crate::case::event::Event;
use crate::case::review::{Target, Verdict};
use crate::case::supplement::Place;
use crate::steps::supplement::Openable;
use crate::steps::{Dossier, StepError};

use super::super::app::App;
use super::super::late::away;
use super::super::pages::end::{EndPage, ItemGroup};
use super::super::pages::field::{Choice, Field};
use super::super::trouble::{WebError, html, mend};
use super::super::typed::Sent;
use super::super::visitor::{Settled, Visitor};
use super::reason::{Ended, ended, reason_found, typed, wanting};
use super::{opened, page};

fn supplement_page(app: &App, visitor: &Visitor, dossier: &Dossier, typed: Option<&Sent>) -> EndPage {
    let ticked = typed.map_or_else(|| found_wanting(dossier), chosen);
    let reason = reason_found(dossier, typed);
    let openable = dossier.openable();
    let group = |place: Place, legend: &str, hint: Option<&str>| {
        let these = openable.iter().filter(|one| one.place == place);
        let choices: Vec<_> = these.map(|one| choice(dossier, one, &ticked)).collect();
        ItemGroup {
            legend: legend.into(),
            hint: hint.map(str::to_owned),
            // Long and seldom wanted: folded, unless something in it is ticked.
            folded: place == Place::Subject && choices.iter().all(|choice| !choice.chosen),
            choices,
        }
    };
    let groups = [
        group(Place::SignedForm, "簽核申請單", None),
        group(Place::Attachment, "檢附資料", Some("可新增或刪除所選類別的檔案")),
        group(Place::Content, "內容", None),
        group(Place::Subject, "服務對象", None),
    ];
    EndPage {
        title: "請申請人補件".into(),
        steps: vec![
            "案件變成「補件」，申請人會看到補件說明與所選的項目，只有這些可以修改。".into(),
            "申請人逐項修改或說明；修改了列印在申請單上的資料時，須重新列印、核章並上傳。".into(),
            "申請人按「送出審核」後，案件再排入待審核。".into(),
        ],
        groups: groups.into_iter().filter(|group| !group.choices.is_empty()).collect(),
        fields: vec![Field::reason("補件說明", reason, Some("申請人會看到；請說明缺什麼、怎麼補。"))],
        button: Some("請申請人補件".into()),
        ..page(app, visitor, dossier, Event::AskSupplement, typed)
    }
}

fn choice(dossier: &Dossier, one: &Openable, ticked: &BTreeSet<String>) -> Choice {
    let value = format!("{}:{}", one.place.as_str(), one.id);
    let label = one.label.strip_prefix("對象 ").unwrap_or(&one.label);
    let hint = match one.place {
        Place::Content | Place::Subject => {
            let text = dossier.stands(one.place, &one.id);
            let short: String = text.chars().take(24).collect();
            let more = if text.chars().count() > 24 { "…" } else { "" };
            if short.is_empty() {
                "未填".into()
            } else {
                format!("{}{more}", crate::case::dates::screen(&short))
            }
        }
        Place::Attachment => {
            let files = dossier.attachments.iter().filter(|a| a.category == one.id);
            match files.clone().count() {
                0 => "沒有檔案".into(),
                count => match files.into_iter().any(|a| a.verdict == Verdict::Wanting) {
                    true => format!("{count} 份，需補件"),
                    false => format!("{count} 份"),
                },
            }
        }
        Place::SignedForm if dossier.wants_new_seal() => "資料已更正，須重新列印、核章並上傳".into(),
        Place::SignedForm => "資料不變，只需重新核章或重新掃描".into(),
    };
    Choice { hint: Some(hint), ..Choice::labelled(&value, label, ticked.contains(&value)) }
}

/// What reviewers found wanting, as boxes.
fn found_wanting(dossier: &Dossier) -> BTreeSet<String> {
    let value = |target: Target| match target {
        Target::Attachment(id) => {
            let found = dossier.attachments.iter().find(|a| a.id == id)?;
            Some(format!("{}:{}", Place::Attachment.as_str(), found.category))
        }
        Target::Seal(_) | Target::Form => Some(format!("{}:", Place::SignedForm.as_str())),
    };
    wanting(dossier).into_iter().filter_map(|(target, _)| value(target)).collect()
}

fn chosen(sent: &Sent) -> BTreeSet<String> {
    sent.0.get("item").map(|items| items.iter().cloned().collect()).unwrap_or_default()
}

/// The page.
pub async fn ask(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let dossier = opened(&app, &visitor, &number, Event::AskSupplement).await?;
    Ok(html(&supplement_page(&app, &visitor, &dossier, None)))
}

/// Asks for the supplement.
pub async fn supplement(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let version = sent.version()?;
    let before = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &typed(Event::AskSupplement, &sent)),
        found => found?,
    };
    let mut items = Vec::new();
    for text in chosen(&sent) {
        let parsed = text.split_once(':').and_then(|(place, id)| Some((place.parse().ok()?, id.to_owned())));
        items.push(parsed.ok_or_else(|| WebError::bad_request("這個表單的內容不是系統認得的。"))?);
    }
    let reason = sent.one("reason");
    let outcome = app.office.ask_supplement(&visitor.actor, &number, version, reason, &items).await;
    let ended =
        ended(&app, &visitor, &before, Event::AskSupplement, &sent, outcome, "supplement-asked").await?;
    let wrong = match ended {
        Ended::Answered(answer) => return Ok(answer),
        Ended::Lacking => None,
        Ended::Wrong(words) => Some(words),
    };
    let mut page = supplement_page(&app, &visitor, &before, Some(&sent));
    if items.is_empty() {
        page.group_error = Some("請至少選擇一項需補件的欄位或文件。".into());
    }
    let missing = || "請填寫補件說明，申請人才知道要補什麼。".to_owned();
    let wrong = wrong.or_else(|| reason.trim().is_empty().then(missing));
    for field in &mut page.fields {
        field.error.clone_from(&wrong);
    }
    Ok(mend(&page))
}
