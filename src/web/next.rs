//! The next thing to do: one primary button, from the life cycle and what the case still needs.

use crate::case::event::Event;
use crate::case::role::Actor;
use crate::case::service::SubjectNeed;
use crate::case::state::State;
use crate::case::supplement::Place;
use crate::case::validate;
use crate::forms::fonts::Fonts;
use crate::steps::{Dossier, traces};

use super::answers;
use super::desk;
use super::ends;
use super::glyphs;
use super::next_service;
use super::pages::case_page::{CheckItem, Next};
use super::pages::parts::{Action, Menu, Weight};
use super::view::path;

/// 列印申請單, its answer in a new tab.
#[must_use]
pub fn print_action(dossier: &Dossier, label: &str) -> Action {
    let version = dossier.case.version.to_string();
    Action::post(label, path(&dossier.case.number, "/print"), &[("version", &version)]).in_new_tab()
}

/// The next thing that this person can do with the case. `fonts` are those that the form is printed with.
#[must_use]
pub fn next(dossier: &Dossier, actor: &Actor, fonts: &Fonts) -> Next {
    let serving = next_service::next(dossier, actor);
    if let Some(desk) = desk::next(dossier, actor) {
        return match serving {
            Some(serving) => both(desk, serving),
            None => desk,
        };
    }
    let state = dossier.state();
    let waiting = Next {
        sentence: format!("{}。{}", state.note(), ended(dossier)),
        primary: None,
        others: Vec::new(),
        checklist: Vec::new(),
    };
    if let Some(serving) = serving {
        return serving;
    }
    if !dossier.may(Event::Edit, actor) {
        let mut waiting = waiting;
        if dossier.bound_scan().is_some() {
            waiting.others.push(Action::open("看收據", path(&dossier.case.number, "/receipt")));
        }
        return waiting;
    }
    match state {
        State::Draft => draft(dossier, fonts),
        State::Sealing => sealing(dossier, fonts),
        State::Supplement => answers::next(dossier, actor),
        _ => waiting,
    }
}

/// What somebody does who reviews cases and leads their service: the first button of either, and whatever else there is.
fn both(desk: Next, serving: Next) -> Next {
    let leads = desk.primary.is_none() && serving.primary.is_some();
    let (mut next, beside) = if leads { (serving, desk) } else { (desk, serving) };
    let plain = |action: Action| action.weighing(Weight::Plain);
    next.others.extend(beside.primary.map(plain).into_iter().chain(beside.others));
    next
}

/// Why a case ended, in words; empty where it goes on.
fn ended(dossier: &Dossier) -> String {
    let event = match dossier.state() {
        State::Declined => Event::Decline,
        State::Withdrawn => Event::Withdraw,
        State::Closed => Event::Close,
        _ => return String::new(),
    };
    let row = dossier.flow.iter().find(|row| row.event == event && !row.reason.is_empty());
    row.map(|row| format!("原因：{}", row.reason)).unwrap_or_default()
}

fn draft(dossier: &Dossier, fonts: &Fonts) -> Next {
    let checklist = checklist(dossier, fonts);
    let (sentence, primary) = match checklist.iter().find(|item| !item.done) {
        Some(item) => (
            format!("列印申請單之前，還需要{}。", quoted(&item.label)),
            Action::open(button(item), &item.href),
        ),
        None => ("資料已備齊，請列印申請單並送核章。".to_owned(), print_action(dossier, "列印申請單")),
    };
    Next { sentence, primary: Some(primary.weighing(Weight::Primary)), others: Vec::new(), checklist }
}

/// The label of the button that leads to what is missing.
fn button(item: &CheckItem) -> &str {
    if item.href.ends_with("/attachments") {
        "上傳檢附資料"
    } else if item.label.contains('「') {
        "修改"
    } else {
        &item.label
    }
}

/// A label in brackets, unless it has brackets of its own.
fn quoted(label: &str) -> String {
    if label.contains('「') { label.to_owned() } else { format!("「{label}」") }
}

fn sealing(dossier: &Dossier, fonts: &Fonts) -> Next {
    let number = &dossier.case.number;
    if !dossier.changed_since_print().is_empty() {
        let unready = checklist(dossier, fonts);
        if let Some(item) = unready.iter().find(|item| !item.done) {
            return Next {
                sentence: format!("列印後資料有修改；重新列印之前，還需要{}。", quoted(&item.label)),
                primary: Some(Action::open(button(item), &item.href).weighing(Weight::Primary)),
                others: Vec::new(),
                checklist: unready,
            };
        }
        return Next {
            sentence: "列印後資料有修改，請重新列印申請單，再送核章。".into(),
            primary: Some(print_action(dossier, "列印申請單").weighing(Weight::Primary)),
            others: Vec::new(),
            checklist: Vec::new(),
        };
    }
    let newest = dossier.newest_print().map(|print| print.revision);
    let upload = Action::open("上傳簽核申請單", path(number, "/scans/new"));
    let print = print_action(dossier, "列印申請單");
    let ready = dossier.scans.iter().find(|scan| Some(scan.revision) == newest && dossier.scan_answers(scan));
    match ready {
        Some(scan) => Next {
            sentence: "掃描檔已上傳，請確認辨識結果後送件。".into(),
            primary: Some(
                Action::open("確認後送件", path(number, &format!("/scans/{}", scan.id)))
                    .weighing(Weight::Primary),
            ),
            others: vec![upload, print],
            checklist: Vec::new(),
        },
        None => Next {
            sentence: "申請單已列印；核章後請掃描成 PDF，上傳簽核申請單。".into(),
            primary: Some(upload.weighing(Weight::Primary)),
            others: vec![print],
            checklist: Vec::new(),
        },
    }
}

fn checklist(dossier: &Dossier, fonts: &Fonts) -> Vec<CheckItem> {
    let number = &dossier.case.number;
    let facts = dossier.facts();
    let item = |label: &str, done: bool, below: &str| CheckItem {
        label: label.to_owned(),
        done,
        href: path(number, below),
    };
    let content = validate::missing(&dossier.service.fields, &dossier.case.content).is_empty();
    let mut items = vec![item("填寫內容", content, "/content")];
    if facts.subject_need == SubjectNeed::Required && facts.subjects == 0 {
        items.push(item("新增服務對象", false, "/subject"));
    } else if let Some(subject) = dossier.subject() {
        let whole = validate::missing(&crate::case::subject::FIELDS, &subject.answers).is_empty();
        items.push(item("服務對象", whole, &format!("/subject/{}", subject.id)));
    }
    for category in dossier.service.attachments.iter().filter(|category| category.required) {
        let there = !facts.missing_attachments.contains(&category.label);
        items.push(item(&category.label, there, "/attachments"));
    }
    items.extend(glyphs::to_mend(dossier, fonts));
    items
}

/// The 「...」 menu of a case.
#[must_use]
pub fn menu(dossier: &Dossier, actor: &Actor) -> Menu {
    let number = &dossier.case.number;
    let mut entries = Vec::new();
    if dossier.may(Event::Edit, actor) && answers::opens(dossier, Place::Content) {
        entries.push(Action::open("編輯", path(number, "/content")));
    }
    entries.push(Action::open("檢附資料", path(number, "/attachments")));
    if traces::may_read(actor, &dossier.case) {
        entries.push(Action::open("查閱紀錄", path(number, "/traces")));
        entries.push(Action::open("保管鏈", path(number, "/custody")));
    }
    entries.extend(ends::entries(dossier, actor));
    Menu { label: format!("案件 {number} 的選單"), entries }
}
