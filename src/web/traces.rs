//! 查閱紀錄: who saw one case, for staff who may know.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::event::Event;
use crate::case::trace;
use crate::steps::Dossier;
use crate::steps::traces::CaseTraces;
use crate::store::traces::{Kept, Narrow, PAGE, Place, Turn};

use super::app::App;
use super::pages::field::Choice;
use super::pages::parts::{CaseNumberText, DigestText, Link, Pager};
use super::pages::traces::{TraceDocument, TraceRow, TracesPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::Settled;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    person: String,
    #[serde(default)]
    action: String,
    before: Option<String>,
    after: Option<String>,
}

/// Who saw the case.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let narrow = Narrow { person: asked.person, action: asked.action };
    let turn = match (asked.before.as_deref().and_then(place), asked.after.as_deref().and_then(place)) {
        (Some(place), _) => Turn::Below(place),
        (None, Some(place)) => Turn::Above(place),
        (None, None) => Turn::First,
    };
    let found = app.office.case_traces(&visitor.actor, &visitor.origin, &number, &narrow, &turn).await?;
    let now = app.office.world.now();
    let address = path(&number, "/traces");
    let CaseTraces { dossier, page, people, actions } = &found;
    let turn_to = |name: &str, at: Option<&Kept>| at.map(|at| turned(&address, &narrow, name, &at.place));
    Ok(html(&TracesPage {
        frame: visitor.frame(&app, None),
        number: CaseNumberText::new(&number),
        back: Link { label: "回案件".into(), href: path(&number, "") },
        people: choices("全部人員", people.iter().map(|(id, name)| (id, name.as_str())), &narrow.person),
        actions: choices("全部動作", actions.iter().map(|a| (a, trace::label(a))), &narrow.action),
        narrowed: narrow != Narrow::default(),
        page_size: PAGE,
        total: page.total,
        rows: page.traces.iter().map(|kept| row(dossier, kept, now)).collect(),
        pager: Pager {
            previous: turn_to("after", page.traces.first().filter(|_| page.newer)),
            next: turn_to("before", page.traces.last().filter(|_| page.older)),
        },
        address,
    }))
}

fn choices<'a>(all: &str, some: impl Iterator<Item = (&'a String, &'a str)>, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::labelled("", all, chosen.is_empty())];
    choices.extend(some.map(|(value, label)| Choice::labelled(value, label, value == chosen)));
    choices
}

/// A place as an address names it: the moment, a dot, and the row.
fn place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('.')?;
    Some(Place { at: at.parse().ok()?, id: id.to_owned() })
}

fn turned(address: &str, narrow: &Narrow, name: &str, place: &Place) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("person", &narrow.person), ("action", &narrow.action)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair(name, &format!("{}.{}", place.at, place.id));
    format!("{address}?{}", query.finish())
}

fn row(dossier: &Dossier, kept: &Kept, now: i64) -> TraceRow {
    let roles: Vec<_> = kept.roles.iter().map(|role| role.label()).collect();
    TraceRow {
        when: Moment::at(kept.place.at, now),
        who: kept.name.clone(),
        roles: roles.join("、"),
        action: action(kept),
        document: kept.digest.as_deref().map(|digest| TraceDocument {
            label: label(dossier, digest, &kept.action),
            digest: DigestText::new(digest).first(),
        }),
        remote: kept.remote.clone(),
        request: kept.request.chars().take(8).collect(),
    }
}

/// What was done; of a refused step also which, and for what an original was taken out.
fn action(kept: &Kept) -> String {
    let label = trace::label(&kept.action);
    let purposes = [
        "state-purpose",
        "retrieve-original",
        "retrieve-stack",
        "print-slip",
        "download-scan",
        "download-attachment",
    ];
    if purposes.contains(&kept.action.as_str()) && !kept.detail.is_empty() {
        return format!("{label}：{}", kept.detail);
    }
    let tried = kept.detail.split_whitespace().next().and_then(|event| event.parse::<Event>().ok());
    match tried.filter(|_| kept.action == "refused") {
        Some(event) => format!("{label}：{}", event.label()),
        None => label.to_owned(),
    }
}

/// What the document with this digest is, as far as the case still has it.
fn label(dossier: &Dossier, digest: &str, action: &str) -> String {
    // Nothing else is named with a purpose that is stated, and no case holds a stack itself.
    if action == "state-purpose" || action.ends_with("-stack") {
        return "整疊上傳的掃描檔".to_owned();
    }
    let is = |other: &crate::case::ids::Digest| other.to_string() == digest;
    if let Some(print) = dossier.prints.iter().find(|print| is(&print.digest)) {
        return format!("申請單第 {} 版", print.revision);
    }
    if let Some(scan) = dossier.scans.iter().find(|scan| is(&scan.digest)) {
        return format!("簽核申請單（第 {} 版）", scan.revision);
    }
    if let Some((scan, photo)) = dossier.photos().find(|(_, photo)| is(&photo.digest)) {
        return format!("簽核申請單的照片（第 {} 版，第 {} 頁）", scan.revision, photo.page);
    }
    if dossier.records.iter().flat_map(|record| &record.files).any(|file| is(&file.digest)) {
        return "服務紀錄的檔案".to_owned();
    }
    if let Some(one) = dossier.attachments.iter().find(|one| is(&one.digest)) {
        return view::category_label(dossier, &one.category).to_owned();
    }
    let deleted = dossier.deleted_attachments.iter().any(|one| is(&one.digest));
    if deleted { "已刪除的附件" } else { "其他文件" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_address() {
        let place_of = Place { at: 1_766_037_780_000, id: "0193-ab".into() };
        let narrow = Narrow { person: "王 a".into(), action: String::new() };
        let address = turned("/cases/1/traces", &narrow, "before", &place_of);
        assert_eq!(address, "/cases/1/traces?person=%E7%8E%8B+a&before=1766037780000.0193-ab");
        assert_eq!(place("1766037780000.0193-ab"), Some(place_of));
        assert_eq!(place("yesterday.x"), None);
        assert_eq!(place("1766037780000"), None);
    }
}
