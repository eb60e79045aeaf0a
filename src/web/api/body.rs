//! JSON that was sent. What can't be read is told with the reader's own words about where.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::case::ids::Digest;
use crate::web::app::App;
use crate::web::trouble::{Fault, WebError};

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Self, WebError> {
        match Json::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(unread(&rejection)),
        }
    }
}

fn unread(rejection: &JsonRejection) -> WebError {
    let (code, what) = match rejection {
        JsonRejection::JsonDataError(_) => ("unfitting-body", "送來的 JSON 缺少必要的欄位，或型別不符。"),
        JsonRejection::JsonSyntaxError(_) => ("unreadable-body", "送來的內容不是完整的 JSON。"),
        JsonRejection::MissingJsonContentType(_) => {
            ("wrong-media-type", "請以 Content-Type: application/json 送出。")
        }
        _ => ("too-large", "送來的內容太大。"),
    };
    let fault = Fault { field: "body".into(), reason: None, words: rejection.body_text() };
    WebError { status: rejection.status(), code, faults: vec![fault], ..WebError::bad_request(what) }
}

/// The token under which a step is done once: from the header `Idempotency-Key`, a person's own, or a new one.
pub fn once(app: &App, headers: &HeaderMap, person: &str) -> String {
    match headers.get("idempotency-key") {
        Some(key) => {
            let text = [person.as_bytes(), b"\n", key.as_bytes()].concat();
            Digest::of(&text).to_string()
        }
        None => app.office.world.new_id(),
    }
}
