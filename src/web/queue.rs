//! 待審核: the case managers' queue, and the way to the next case.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::holder::CaseManager;
use crate::case::review::Verdict;
use crate::case::state::State as CaseState;
use crate::steps::queue::{News, Waiting};
use crate::store::queue::{Key, PAGE, Side};

use super::app::App;
use super::list;
use super::pages::frame::Here;
use super::pages::parts::{Action, Badge, CaseNumberText, Look, Pager, Weight};
use super::pages::queue::{QueuePage, QueueRow, QueueTab};
use super::pages::words::{self, Moment};
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::{AtWork, Held};

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
    said: Option<String>,
}

/// The queue.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<CaseManager>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let state = asked.state.parse().unwrap_or(CaseState::Submitted);
    let side = match (asked.after.parse::<Key>(), asked.before.parse::<Key>()) {
        (Ok(key), _) => Side::After(key),
        (_, Ok(key)) => Side::Before(key),
        _ => Side::Start,
    };
    let queue = app.office.queue(&who, state, &side).await?;
    let numbers: Vec<&str> = queue.waiting.iter().map(|waiting| waiting.case.number.as_str()).collect();
    app.office.trace_list(&visitor.actor, &visitor.origin, false, &numbers).await?;
    let now = app.office.world.now();
    let total = queue.counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    let address = |state: CaseState| match state {
        CaseState::Submitted => "/queue".to_owned(),
        other => format!("/queue?state={other}"),
    };
    let beside = |side: &str, key: Key| format!("/queue?state={state}&{side}={key}");
    let tab = |(of, count): &(CaseState, i64)| QueueTab {
        label: of.label().into(),
        count: *count,
        href: address(*of),
        here: *of == state,
    };
    Ok(html(&QueuePage {
        frame: visitor.frame_at(&app, Here::Queue, asked.said.as_deref()),
        states: list::counts(&app, &visitor).await?,
        tabs: queue.counts.iter().map(tab).collect(),
        begin: (state == CaseState::Submitted && total > 0)
            .then(|| Action::open("開始審核", "/queue/next").weighing(Weight::Primary)),
        empty: match state {
            CaseState::Supplement => "目前沒有等待申請人補件的案件。".into(),
            CaseState::Received => "目前沒有等待派案的案件。".into(),
            _ => "目前沒有待審核的案件。".into(),
        },
        total: u64::try_from(total).unwrap_or(0),
        page_size: PAGE,
        rows: queue.waiting.iter().map(|waiting| row(&app, waiting, now)).collect(),
        pager: Pager {
            previous: queue.before.map(|key| beside("before", key)),
            next: queue.after.map(|key| beside("after", key)),
        },
    }))
}

fn row(app: &App, waiting: &Waiting, now: i64) -> QueueRow {
    let case = &waiting.case;
    let below = if case.standing.state() == CaseState::Supplement { "" } else { "/review" };
    let mut marks = Vec::new();
    if waiting.by_hand {
        marks.push(Badge::new("需人工核對", Look::Attention));
    }
    if waiting.all_empty {
        marks.push(Badge::new("核章欄空白", Look::Attention));
    }
    QueueRow {
        number: CaseNumberText::new(&case.number),
        href: path(&case.number, below),
        service: app.office.service_to_show(case).title,
        school: format!("{} {}", case.school.district, case.school.name),
        applicant: case.applicant_name.clone(),
        subject: waiting.subject.clone(),
        since: Moment::at(case.state_at, now),
        waited: words::waited(now - case.state_at),
        news: match waiting.news {
            News::New => Some(Badge::new("新", Look::Going)),
            News::Changed => Some(Badge::new("有更新", Look::Attention)),
            News::Seen => None,
        },
        marks,
        attachments: attachments(&waiting.attachments),
        lookers: waiting.lookers.clone(),
    }
}

/// Attachments counted: the worst of them gives the word.
fn attachments(counts: &[(Verdict, i64)]) -> Option<Badge> {
    let worst = [Verdict::Wanting, Verdict::Unreviewed, Verdict::Reviewed];
    let found = worst.into_iter().find_map(|verdict| counts.iter().find(|(of, _)| *of == verdict));
    found.map(|(verdict, count)| {
        let badge = view::verdict_badge(*verdict);
        Badge::new(format!("{count} {}", badge.label), badge.look)
    })
}

#[derive(Deserialize, Default)]
pub struct After {
    #[serde(default)]
    after: String,
}

/// Opens the next case that waits, after the one named.
pub async fn next(
    State(app): State<App>,
    AtWork { visitor, who }: AtWork<CaseManager>,
    Query(asked): Query<After>,
) -> Result<Response, WebError> {
    let place = match asked.after.as_str() {
        "" => None,
        number => Some(Key::of(&app.office.dossier(&visitor.actor, number).await?.case)),
    };
    let next = app.office.next_waiting(&who, place.as_ref(), &asked.after).await?;
    let to = next.map_or_else(|| "/queue?said=none-waiting".to_owned(), |number| path(&number, "/review"));
    Ok(Redirect::to(&to).into_response())
}
