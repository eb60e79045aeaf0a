//! 通知: the list, and 全部標示為已讀. Opening a case, or the page on which something waits, reads what was told of it.

use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::case::event::Event;
use crate::case::notify::{self, Told, Topic};
use crate::store::notices::{From as Start, Notice};

use super::app::App;
use super::pages::frame::Here;
use super::pages::notices::{NoticeItem, NoticesPage};
use super::pages::parts::{Badge, CaseNumberText, Look, Pager};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Visitor;

#[derive(Deserialize, Default)]
pub struct Asked {
    before: Option<String>,
    after: Option<String>,
    said: Option<String>,
}

/// The list.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let start = match (asked.before, asked.after) {
        (Some(id), _) => Start::Before(id),
        (None, Some(id)) => Start::After(id),
        (None, None) => Start::Newest,
    };
    let page = app.office.notices(&visitor.actor, start).await?;
    let frame = visitor.frame_at(&app, Here::Notices, asked.said.as_deref());
    let first = page.newer.is_none() && visitor.signed.unread > 0;
    let now = app.office.world.now();
    Ok(html(&NoticesPage {
        frame,
        newest: page.notices.first().filter(|_| first).map(|notice| notice.id.clone()),
        items: page.notices.iter().map(|notice| item(notice, now)).collect(),
        pager: Pager {
            previous: page.newer.map(|id| format!("/notices?after={id}")),
            next: page.older.map(|id| format!("/notices?before={id}")),
        },
    }))
}

/// 全部標示為已讀.
pub async fn read(State(app): State<App>, visitor: Visitor, sent: Sent) -> Result<Redirect, WebError> {
    app.office.read_notices(&visitor.actor, sent.one("newest")).await?;
    Ok(Redirect::to("/notices?said=notices-read"))
}

fn item(notice: &Notice, now: i64) -> NoticeItem {
    let row = notify::row(notice.topic, notice.audience);
    NoticeItem {
        number: notice.number.as_deref().map(CaseNumberText::new),
        href: notice.opens.then(|| notice.topic.place(notice.number.as_deref())),
        page: notice.topic.page(),
        label: Badge::new(notice.topic.label(), look(notice, row)),
        words: row.map_or_else(String::new, |row| row.words.into()),
        when: Moment::at(notice.at, now),
        read: notice.read,
    }
}

/// What must be done stands out; what ended looks so.
fn look(notice: &Notice, row: Option<&Told>) -> Look {
    match notice.topic {
        _ if row.is_some_and(|row| row.acts) => Look::Attention,
        Topic::Event(Event::Close) => Look::Done,
        Topic::Event(Event::Decline | Event::Withdraw | Event::Reassign) => Look::Ended,
        _ => Look::Going,
    }
}
