//! 登入中的裝置: one's own sessions and remembered devices, and what happened to the account.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::identity::credentials::{self, Ended};
use crate::identity::log::{Kind, Whence};
use crate::identity::overview;
use crate::store::devices::Device;
use crate::store::events::Event;
use crate::store::sessions::Session;

use super::app::App;
use super::entry::Coming;
use super::pages::frame::Here;
use super::pages::sessions::{DeviceRow, EventRow, SessionRow, SessionsPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::visitor::Visitor;

#[derive(Deserialize)]
pub struct Asked {
    said: Option<String>,
}

/// Lists them; what alarmed was seen by it, if the proof is fresh.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let (session, now) = (&visitor.signed.session, office.world.now());
    let proved = session.is_fresh(&app.doors.rules, now);
    let found = overview::look(&office.store, &office.world, app.limits, &visitor.actor.id, proved).await?;
    let own = session.id.as_str();
    Ok(html(&SessionsPage {
        frame: visitor.frame_at(&app, Here::Account, asked.said.as_deref()),
        sessions: found.sessions.iter().map(|session| session_row(session, own, now)).collect(),
        devices: found.devices.iter().map(|device| device_row(device, now)).collect(),
        unseen: session.alarmed && !proved,
        events: found.events.iter().filter_map(|event| event_row(event, now)).collect(),
    }))
}

fn session_row(session: &Session, own: &str, now: i64) -> SessionRow {
    let means = match session.means.as_str() {
        "password" => "密碼登入",
        "sign-on" => "單一簽入",
        _ => "記住的裝置",
    };
    let second = if session.second_at.is_some() {
        "，已通過兩步驟驗證"
    } else if session.factors > 0 {
        "，等待兩步驟驗證"
    } else {
        ""
    };
    SessionRow {
        agent: session.agent.clone(),
        address: session.address.clone(),
        means: format!("{means}{second}"),
        begun: Moment::at(session.created_at, now),
        seen: Moment::at(session.seen_at, now),
        end: (session.id != own).then(|| format!("/account/sessions/{}/end", session.id)),
    }
}

fn device_row(device: &Device, now: i64) -> DeviceRow {
    DeviceRow {
        agent: device.agent.clone(),
        address: device.address.clone(),
        since: Moment::at(device.created_at, now),
        used: Moment::at(device.rotated_at, now),
        until: Moment::at(device.expires_at, now).day,
        end: format!("/account/devices/{}/end", device.id),
    }
}

fn event_row(event: &Event, now: i64) -> Option<EventRow> {
    Some(EventRow {
        label: Kind::named(&event.kind)?.label()?.into(),
        at: Moment::at(event.at, now),
        agent: event.agent.clone(),
        address: event.address.clone(),
        alarming: event.alarming != 0,
    })
}

/// What alarmed was seen.
pub async fn seen(State(app): State<App>, visitor: Visitor) -> Result<Redirect, WebError> {
    overview::seen(&app.office.store, &app.office.world, &visitor.actor.id).await?;
    Ok(Redirect::to("/account/sessions"))
}

/// Ends one session.
pub async fn end(
    State(app): State<App>,
    visitor: Visitor,
    Coming(whence): Coming,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    ended(&app, &visitor, &whence, Ended::Session(&id), "session-ended").await
}

/// Forgets one remembered device, and ends what came of it.
pub async fn forget(
    State(app): State<App>,
    visitor: Visitor,
    Coming(whence): Coming,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    ended(&app, &visitor, &whence, Ended::Device(&id), "device-forgotten").await
}

/// Ends everything but this session.
pub async fn end_others(
    State(app): State<App>,
    visitor: Visitor,
    Coming(whence): Coming,
) -> Result<Redirect, WebError> {
    let own = visitor.signed.session.id.as_str();
    ended(&app, &visitor, &whence, Ended::Others(own), "others-ended").await
}

/// Ends it. An end that somebody else was faster with is an end all the same.
async fn ended(
    app: &App,
    visitor: &Visitor,
    whence: &Whence,
    what: Ended<'_>,
    said: &str,
) -> Result<Redirect, WebError> {
    let office = &app.office;
    credentials::end(&office.store, &office.world, &visitor.actor.id, what, whence).await?;
    Ok(Redirect::to(&format!("/account/sessions?said={said}")))
}
