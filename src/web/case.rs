//! One case: the track, the next thing to do, the papers, and the tabs 內容 / 對象 / 紀錄 / 流程.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::dates;
use crate::case::event::Event;
use crate::case::fields::Value;
use crate::case::national_id;
use crate::case::role::Actor;
use crate::case::snapshot::Changed;
use crate::case::state::State as CaseState;
use crate::case::subject;
use crate::case::supplement::Place;
use crate::steps::Dossier;
use crate::store::cases::Subject;
use crate::store::flow::FlowRow;
use crate::store::supplements::{Corrected, Correction};

use super::answers;
use super::app::App;
use super::next;
use super::pages::case_page::{
    CasePage, ContentTab, CorrectionLine, Detour, Reached, Stale, Station, SubjectCard, SubjectTab, Tab,
    Track,
};
use super::pages::field::Choice;
use super::pages::parts::{Action, CaseNumberText, Change, Fact, Menu, Weight};
use super::pages::words::Moment;
use super::records;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::Settled;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
    said: Option<String>,
}

/// The page of a case.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let dossier = office.dossier(&visitor.actor, &number).await?;
    office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let now = office.world.now();
    let case = &dossier.case;
    Ok(html(&CasePage {
        frame: visitor.frame(&app, asked.said.as_deref()),
        number: CaseNumberText::new(&case.number),
        service: dossier.service.title.clone(),
        state: view::state_badge(dossier.state()),
        about: about(&dossier),
        track: track(&dossier, now),
        wanted: answers::wanted(&dossier, &visitor.actor, now),
        next: next::next(&dossier, &visitor.actor, office.printer.fonts()),
        stale: if dossier.state() == CaseState::Sealing { stale(&dossier) } else { None },
        papers: view::papers(&dossier, now),
        menu: next::menu(&dossier, &visitor.actor),
        tab: tab(&dossier, &visitor.actor, &asked, now),
        without_subject: !dossier.takes_subject(),
    }))
}

fn about(dossier: &Dossier) -> Vec<String> {
    let case = &dossier.case;
    let mut about = vec![
        format!("{} {}", case.school.district, case.school.name),
        case.school.stage.label().into(),
        format!("申請人 {}", case.applicant_name),
    ];
    if !dossier.staff.is_empty() {
        about.push(format!("服務人員 {}", records::staff(dossier)));
    }
    about
}

/// How the newest print differs from the record, when it does. The page's primary button prints again.
fn stale(dossier: &Dossier) -> Option<Stale> {
    let changed = dossier.changed_since_print();
    let print = dossier.newest_print()?;
    (!changed.is_empty()).then(|| Stale {
        revision: print.revision.get(),
        changes: changes(changed),
        reprint: None,
    })
}

/// What changed, before and after, for a page.
pub fn changes(changed: Vec<Changed>) -> Vec<Change> {
    let shown = |c: Changed| Change { label: c.label, before: Some(c.before), after: Some(c.after) };
    changed.into_iter().map(shown).collect()
}

const STATIONS: [CaseState; 6] = [
    CaseState::Draft,
    CaseState::Sealing,
    CaseState::Submitted,
    CaseState::Received,
    CaseState::InService,
    CaseState::Closed,
];

fn track(dossier: &Dossier, now: i64) -> Track {
    let state = dossier.state();
    // 補件 stands where it came from: at 送件.
    let place = |state: CaseState| {
        let state = if state == CaseState::Supplement { CaseState::Submitted } else { state };
        STATIONS.iter().position(|station| *station == state)
    };
    let reached: Vec<Option<i64>> = STATIONS
        .iter()
        .map(|station| dossier.flow.iter().find(|row| row.to == *station).map(|row| row.at))
        .collect();
    let here = place(state);
    let last = here.or_else(|| reached.iter().rposition(Option::is_some)).unwrap_or(0);
    let stations = STATIONS.iter().enumerate().map(|(at, station)| Station {
        label: station.label().into(),
        seal: *station == CaseState::Sealing,
        reached: match (here, at) {
            (Some(here), at) if at == here => Reached::Here,
            (_, at) if at < last || (here.is_none() && at == last) => Reached::Done,
            (Some(_), _) => Reached::Ahead,
            (None, _) => Reached::Never,
        },
        when: if at <= last { reached[at].map(|millis| Moment::at(millis, now)) } else { None },
    });
    let waits = |row: &FlowRow| {
        let handed_in = |later: &FlowRow| matches!(later.event, Event::Submit | Event::Resubmit);
        let answered = dossier.flow.iter().any(|later| later.seq > row.seq && handed_in(later));
        row.to == state && !answered && matches!(state, CaseState::Supplement | CaseState::Sealing)
    };
    let detours = dossier.flow.iter().rev().filter_map(|row| {
        let after = match row.event {
            Event::Return | Event::AskSupplement => 3,
            Event::Reassign | Event::SendClosingBack => 5,
            Event::Reopen => 6,
            Event::Withdraw | Event::Decline => last + 1,
            _ => return None,
        };
        Some(Detour {
            label: row.event.label().into(),
            after,
            when: Moment::at(row.at, now),
            reason: row.reason.clone(),
            open: waits(row),
        })
    });
    Track { stations: stations.collect(), detours: detours.collect() }
}

fn tab(dossier: &Dossier, actor: &Actor, asked: &Asked, now: i64) -> Tab {
    match asked.tab.as_str() {
        "subject" if dossier.takes_subject() => Tab::Subject(subject_tab(dossier, actor, asked)),
        "records" => Tab::Records(records::tab(dossier, actor, asked.page, now)),
        "flow" => Tab::Flow(dossier.flow.iter().map(|row| view::flow_row(dossier, row, now)).collect()),
        _ => Tab::Content(content_tab(dossier, actor, now)),
    }
}

/// 更正: what stood there, and what stands there now.
fn corrections(dossier: &Dossier, now: i64) -> Vec<CorrectionLine> {
    let shown = |change: &Corrected, value: &Option<Value>| {
        let text = value.as_ref().map(Value::display).unwrap_or_default();
        // Masked as on the subject's card: whoever corrects it reads it whole in the form.
        let secret = change.place == Place::Subject.as_str() && change.field == "id_number";
        if secret { national_id::mask(&text) } else { dates::screen(&text) }
    };
    let line = |correction: &Correction| CorrectionLine {
        when: Moment::at(correction.at, now),
        who: correction.by.clone(),
        reason: correction.reason.clone(),
        seal_anew: correction.seal_anew,
        changes: correction
            .changes
            .iter()
            .map(|change| Change {
                label: change.label.clone(),
                before: Some(shown(change, &change.before)),
                after: Some(shown(change, &change.after)),
            })
            .collect(),
    };
    dossier.corrections.iter().rev().map(line).collect()
}

fn content_tab(dossier: &Dossier, actor: &Actor, now: i64) -> ContentTab {
    let number = &dossier.case.number;
    let editable = dossier.may(Event::Edit, actor);
    let asked = |place| editable && answers::opens(dossier, place);
    let mut facts = vec![Fact::new("服務項目", &dossier.service.title)];
    facts.extend(view::facts(&dossier.service.fields, &dossier.case.content));
    ContentTab {
        facts,
        edit: asked(Place::Content).then(|| Action::open("編輯", path(number, "/content"))),
        corrections: corrections(dossier, now),
        attachments: view::attachment_lines(dossier),
        attach: Action::open(
            if asked(Place::Attachment) { "上傳檢附資料" } else { "檢附資料" },
            path(number, "/attachments"),
        ),
    }
}

fn subject_tab(dossier: &Dossier, actor: &Actor, asked: &Asked) -> SubjectTab {
    let number = &dossier.case.number;
    let editable = dossier.may(Event::Edit, actor);
    let deleted = asked.show == "deleted";
    let keyword = asked.q.trim().to_lowercase();
    let found =
        dossier.subjects.iter().filter(|subject| subject.deleted == deleted).filter(|subject| {
            subject.answers.values().any(|v| v.display().to_lowercase().contains(&keyword))
        });
    let cards = found.enumerate().map(|(at, subject)| subject_card(dossier, subject, at + 1, editable));
    SubjectTab {
        href: path(number, ""),
        show: vec![Choice::labelled("", "未刪除", !deleted), Choice::labelled("deleted", "已刪除", deleted)],
        keyword: asked.q.clone(),
        add: (editable && dossier.subject().is_none())
            .then(|| Action::open("＋ 新增", path(number, "/subject")).weighing(Weight::Plain)),
        limit_words: "1 個案件以申請 1 位個案對象為限。".into(),
        subjects: cards.collect(),
    }
}

/// 服務人員, with their professions.
fn subject_card(dossier: &Dossier, card: &Subject, at: usize, editable: bool) -> SubjectCard {
    let number = &dossier.case.number;
    let text = |id: &str| subject::text(&card.answers, id);
    let base = path(number, &format!("/subject/{}", card.id));
    let mut entries = Vec::new();
    if editable && !card.deleted && answers::opens(dossier, Place::Subject) {
        entries.push(Action::open("編輯", &base));
    }
    if editable && !card.deleted && dossier.state() != CaseState::Supplement {
        entries.push(Action::open("刪除", format!("{base}/delete")).weighing(Weight::Danger));
    }
    entries.push(Action::open("檢附資料", path(number, "/attachments")));
    entries.push(Action::open("服務人員", path(number, "?tab=records")));
    SubjectCard {
        title: format!("{at}. {} ({})", text("name"), text("sex")),
        id_number: national_id::mask(text("id_number")),
        facts: view::subject_facts(&card.answers),
        attachments: view::attachment_lines(dossier),
        staff: records::staff(dossier),
        menu: Menu { label: format!("{}的選單", text("name")), entries },
        deleted: card.deleted.then(|| "已刪除，僅供查閱".to_owned()),
    }
}
