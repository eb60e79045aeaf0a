//! Forms that came too late (the session was over) or too early (a fresh proof was due): nothing typed is lost.
//!
//! A form with a draft of its own becomes that draft, and its page brings it back. Any other form is held for its
//! person and shown again after the log-in. Files aren't held.

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::store::held::{self, Held};
use crate::store::{StoreError, drafts};

use super::app::App;
use super::entry::local_path;
use super::pages::frame::Here;
use super::pages::rise::HeldPage;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Visitor;

/// Bytes of a held form at most.
const LIMIT: usize = 256 * 1024;
/// Fields that hold a secret.
const SECRETS: [&str; 5] = ["password", "present", "new", "again", "code"];
/// Forms held for one person at most.
const MOST: i64 = 20;

/// What became of a form, with the page to go on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is held.
    Form(String),
    /// It is the draft of its page.
    Draft(String),
    /// It couldn't be kept: a file, or too long. The page that it came from.
    Nothing(String),
}

/// Keeps the form in this request for a person.
///
/// # Errors
/// When the database fails.
pub async fn hold(app: &App, person: &str, request: Request) -> Result<Kept, WebError> {
    let back = back(request.headers(), request.uri());
    let address = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| !kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok(Kept::Nothing(back));
    }
    let Ok(body) = to_bytes(request.into_body(), LIMIT).await else { return Ok(Kept::Nothing(back)) };
    let Ok(body) = String::from_utf8(body.to_vec()) else { return Ok(Kept::Nothing(back)) };
    let (office, now) = (&app.office, app.office.world.now());
    let sent = Sent::parse(body.as_bytes());
    // What the doors ask for is never written down.
    if sent.0.keys().any(|name| SECRETS.contains(&name.as_str())) {
        return Ok(Kept::Nothing(back));
    }
    let key = sent.one("draft_key");
    let mut tx = office.store.write().await?;
    let kept = if super::drafts::is_key(key) {
        drafts::keep(&mut tx, person, key, &body, now).await?;
        Kept::Draft(back)
    } else if held::count(&mut tx, person).await? < MOST {
        let form = Held { id: office.world.new_id(), address, back, body };
        held::hold(&mut tx, person, &form, now).await?;
        Kept::Form(format!("/held/{}", form.id))
    } else {
        Kept::Nothing(back)
    };
    tx.commit().await.map_err(StoreError::from)?;
    Ok(kept)
}

/// The page that a form came from: what the browser says, if it is of this site; else the form's own address.
fn back(headers: &HeaderMap, uri: &Uri) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let of_this_site = referer.and_then(|text| text.parse::<Uri>().ok()).filter(|referer| {
        host.is_some() && referer.authority().map(axum::http::uri::Authority::as_str) == host
    });
    let path = match &of_this_site {
        Some(page) => page.path_and_query(),
        None => uri.path_and_query(),
    };
    local_path(path.map(|path| path.as_str())).to_owned()
}

/// Shows a held form, ready to be sent again.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let mut db = office.store.read().await?;
    let form = held::find(&mut db, &visitor.actor.id, &id).await?.ok_or_else(WebError::not_found)?;
    drop(db);
    let fields: Vec<(String, String)> = form_urlencoded::parse(form.body.as_bytes()).into_owned().collect();
    let typed = fields
        .iter()
        .filter(|(name, value)| {
            !matches!(name.as_str(), "version" | "token" | "since") && value.trim().len() > 1
        })
        .map(|(_, value)| value.clone())
        .collect();
    Ok(html(&HeldPage {
        frame: app.frame(Some(&visitor.signed), Here::Elsewhere),
        action: form.address,
        fields,
        typed,
        back: form.back,
        discard: format!("/held/{id}/discard"),
    }))
}

/// Gives a held form up.
pub async fn discard(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let mut tx = app.office.store.write().await?;
    let form = held::find(&mut tx, &visitor.actor.id, &id).await?;
    held::forget(&mut tx, &visitor.actor.id, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let back = form.map_or_else(|| "/".to_owned(), |form| form.back);
    Ok(Redirect::to(&back).into_response())
}
