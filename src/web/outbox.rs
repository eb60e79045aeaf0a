//! 郵件寄送, for administrators: what waits, what failed and why, and 再試一次.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::case::holder::Administrator;
use crate::case::mail_kind::MailKind;
use crate::mail::Failure;
use crate::store::mails::{Queued, Stage};

use super::app::App;
use super::pages::frame::Here;
use super::pages::outbox::{MailItem, OutboxPage};
use super::pages::parts::{Badge, Look, Pager};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::visitor::Held;

#[derive(Deserialize, Default)]
pub struct Asked {
    before: Option<String>,
    said: Option<String>,
}

/// The outbox.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let outbox = app.office.outbox(&who, &visitor.origin, asked.before.as_deref()).await?;
    let frame = visitor.frame_at(&app, Here::Mail, asked.said.as_deref());
    let now = app.office.world.now();
    Ok(html(&OutboxPage {
        frame,
        waiting: outbox.tally.waiting,
        failing: outbox.tally.failing,
        given_up: outbox.tally.given_up,
        sent: outbox.tally.sent,
        mails: outbox.mails.iter().map(|mail| item(mail, now)).collect(),
        pager: Pager {
            previous: asked.before.map(|_| "/admin/mail".into()),
            next: outbox.older.map(|id| format!("/admin/mail?before={id}")),
        },
    }))
}

/// 再試一次, of one mail.
pub async fn retry(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.retry_mails(&who, &visitor.origin, Some(&id)).await?;
    Ok(Redirect::to("/admin/mail?said=mail-retried"))
}

/// 全部再試一次.
pub async fn retry_all(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
) -> Result<Redirect, WebError> {
    app.office.retry_mails(&who, &visitor.origin, None).await?;
    Ok(Redirect::to("/admin/mail?said=mail-retried"))
}

fn item(mail: &Queued, now: i64) -> MailItem {
    let failed = !mail.failure.is_empty();
    let state = match mail.stage {
        Stage::GivenUp => Badge::new("已放棄", Look::Ended),
        _ if mail.sending => Badge::new("寄送中", Look::Going),
        _ if failed => Badge::new("稍後再試", Look::Attention),
        _ => Badge::new("等待寄出", Look::Waiting),
    };
    let waits = mail.stage == Stage::Waiting && failed && !mail.sending;
    let retries = mail.stage == Stage::GivenUp || waits;
    MailItem {
        to: match &mail.account {
            Some((name, login)) => format!("{name}（{login}）"),
            None => "尚未有帳號的信箱".into(),
        },
        state,
        what: match mail.kind {
            MailKind::Notices => format!("{} 則通知", mail.notices),
            other => other.label().into(),
        },
        created: Moment::at(mail.created_at, now),
        attempts: mail.attempts,
        failure: mail.failure.parse().ok().map(|failure: Failure| failure.label().into()),
        next: waits.then(|| Moment::at(mail.due_at, now).text),
        retry: retries.then(|| format!("/admin/mail/{}/retry", mail.id)),
    }
}
