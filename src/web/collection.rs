//! 個資告知: the collection notice, for everybody to read, and to be accepted before anything else.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::app::App;
use super::entry::local_path;
use super::pages::collection::{CollectionPage, Standing};
use super::pages::frame::Here;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Reader;

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
}

/// The notice; with a button for those who haven't accepted it.
pub async fn show(
    State(app): State<App>,
    reader: Option<Reader>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let signed = reader.map(|reader| reader.signed);
    let standing = match &signed {
        Some(signed) if !signed.accepted => {
            Standing::Asked { next: local_path(asked.next.as_deref()).into() }
        }
        Some(_) => Standing::Accepted,
        None => Standing::Stranger,
    };
    // Who hasn't accepted it yet can go nowhere else.
    let around = signed.as_ref().filter(|signed| signed.accepted);
    Ok(html(&CollectionPage {
        frame: app.frame(around, Here::Elsewhere),
        notice: app.office.notice.clone(),
        standing,
    }))
}

/// 我已閱讀並了解. Only what is in effect is accepted: a text that was replaced since it was read is asked for anew.
pub async fn accept(State(app): State<App>, reader: Reader, sent: Sent) -> Result<Response, WebError> {
    let next = local_path(Some(sent.one("next")));
    if sent.one("notice") != app.office.notice.digest {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        return Ok(Redirect::to(&format!("/collection-notice?{query}")).into_response());
    }
    app.office.accept_notice(&reader.signed.person.actor(), &reader.origin).await?;
    Ok(Redirect::to(next).into_response())
}
