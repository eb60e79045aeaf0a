//! JSON that was sent. What can't be read is told with the reader's own words about where.

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::case::ids::Digest;
use crate::web::app::App;
use crate::web::trouble::{Fault, WebError};
use crate::web::typed::zero;

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Self, WebError> {
        let (head, body) = request.into_parts();
        let whole = Bytes::from_request(Request::from_parts(head.clone(), body), app).await;
        let whole = whole.map_err(|rejection| unread(&rejection.into()))?;
        if has_zero(&whole) {
            return Err(zero());
        }
        match Json::from_request(Request::from_parts(head, whole.into()), app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(unread(&rejection)),
        }
    }
}

/// Whether a text of the JSON holds a zero byte: as it is written there, and not behind a backslash of its own.
fn has_zero(json: &[u8]) -> bool {
    const ESCAPED: &[u8] = b"\\u0000";
    json.windows(ESCAPED.len()).enumerate().any(|(at, part)| {
        part == ESCAPED && json[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

fn unread(rejection: &JsonRejection) -> WebError {
    let (code, what) = match rejection {
        JsonRejection::JsonDataError(_) => ("unfitting-body", "送來的 JSON 缺少必要的欄位，或型別不符。"),
        JsonRejection::JsonSyntaxError(_) => ("unreadable-body", "送來的內容不是完整的 JSON。"),
        JsonRejection::MissingJsonContentType(_) => {
            ("wrong-media-type", "請以 Content-Type: application/json 送出。")
        }
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "送來的內容太大。"),
        _ => ("unreadable-body", "送來的內容沒有收完整。"),
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

#[cfg(test)]
mod tests {
    use super::has_zero;

    #[test]
    fn a_zero_byte_is_told_from_words_about_one() {
        assert!(has_zero(br#"{"reason":"a\u0000"}"#) && has_zero(br#"{"reason":"\\\u0000"}"#));
        assert!(
            !has_zero(br#"{"reason":"a\\u0000"}"#) && !has_zero(br#"{"reason":"u0000"}"#) && !has_zero(b"{}")
        );
    }
}
