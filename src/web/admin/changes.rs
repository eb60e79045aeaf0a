//! 異動紀錄: who changed what, with what stood there before.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::store::changes::{Changed, Narrow, Turn};
use crate::web::app::App;
use crate::web::pages::accounts::ChangesPage;
use crate::web::pages::field::Choice;
use crate::web::pages::parts::Pager;
use crate::web::trouble::{WebError, html};

use super::{Admin, change_row, frame, tabs};

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    subject: String,
    before: Option<String>,
    after: Option<String>,
}

/// The changes, newest first.
pub async fn show(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let narrow = Narrow { kind: asked.kind, subject: asked.subject };
    let turn = match (asked.before, asked.after) {
        (Some(id), _) => Turn::Below(id),
        (None, Some(id)) => Turn::Above(id),
        (None, None) => Turn::First,
    };
    let page = app.office.changes(&who, &visitor.origin, &narrow, &turn).await?;
    let now = app.office.world.now();
    let kinds = [
        ("", "全部異動"),
        ("account", "帳號"),
        ("registration", "註冊"),
        ("school", "學校"),
        ("zone", "分區"),
        ("district", "行政區"),
        ("setting", "設定"),
    ];
    let kinds = kinds.map(|(value, label)| Choice::labelled(value, label, value == narrow.kind));
    let link = |side: &str, at: Option<&Changed>| {
        at.map(|change| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let kept = [("kind", &narrow.kind), ("subject", &narrow.subject)];
            query.extend_pairs(kept.into_iter().filter(|(_, value)| !value.is_empty()));
            query.append_pair(side, &change.id);
            format!("/admin/changes?{}", query.finish())
        })
    };
    Ok(html(&ChangesPage {
        frame: frame(&app, &visitor, None),
        tabs: tabs(&app, 3).await?,
        kinds: kinds.into(),
        narrowed: narrow != Narrow::default(),
        total: page.total,
        rows: page.changes.iter().map(|change| change_row(change, now)).collect(),
        pager: Pager {
            previous: link("after", page.changes.first().filter(|_| page.newer)),
            next: link("before", page.changes.last().filter(|_| page.older)),
        },
        subject: narrow.subject.clone(),
    }))
}
