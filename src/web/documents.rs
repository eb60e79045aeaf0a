//! Documents of a case: printed forms to read, originals to save, and the pictures of their pages.
//!
//! A printed form is our own and opens in the browser. What people uploaded goes out only as a download
//! and never renders here; its pages are shown as pictures that the reading process made.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::steps::retrieve::{Retrieved, Which};
use crate::steps::scan::{change_key, page_key, seal_key};
use crate::steps::traces::{Picture, Pictured};

use super::app::App;
use super::headers;
use super::trouble::WebError;
use super::visitor::{Settled, Visitor};

/// The PDF of a printed revision.
pub async fn printed(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, revision)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let revision = revision.parse().map_err(|_| WebError::not_found())?;
    let found = retrieve(&app, &visitor, &number, Which::Print(revision)).await?;
    let mut response = send(found, "inline")?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, viewer_policy());
    Ok(response)
}

/// What a PDF of ours may do: the browser's own viewer needs styles and plug-ins of its own; it runs no
/// script of ours. It is the one policy that lets an inline style pass: browsers put the viewer into a page whose
/// styles stand inline, and hold that page to what the file was sent with. Nothing that anybody typed is markup there.
pub(super) fn viewer_policy() -> HeaderValue {
    HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
}

/// The picture of the first page of a printed revision.
pub async fn printed_page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, revision)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let print = dossier.prints.iter().find(|print| print.revision.to_string() == revision);
    let print = print.ok_or_else(WebError::not_found)?;
    let shown = Pictured { case: Some(&dossier.case.id), digest: &print.digest, picture: Picture::Small };
    app.office.trace_picture(&visitor.actor, &visitor.origin, shown).await?;
    Ok(picture(app.office.print_picture(print).await?, "image/jpeg"))
}

/// An attachment, as a download.
pub async fn attachment(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    send(retrieve(&app, &visitor, &number, Which::Attachment(&id)).await?, "attachment")
}

/// The original of a scan, as a download.
pub async fn scan(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    send(retrieve(&app, &visitor, &number, Which::Scan(&id)).await?, "attachment")
}

/// A photo behind a page (from 1) of a scan, as a download.
pub async fn photo(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, scan, page)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let page = page.parse().map_err(|_| WebError::not_found())?;
    send(retrieve(&app, &visitor, &number, Which::Photo { scan: &scan, page }).await?, "attachment")
}

/// The picture of a page of a scan: `1.jpg`.
pub async fn scan_page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let page: usize =
        stem(&file, ".jpg").and_then(|stem| stem.parse().ok()).ok_or_else(WebError::not_found)?;
    scan_picture(&app, &visitor, (&number, &id), Picture::Page, "image/jpeg", |d| page_key(d, page)).await
}

/// The picture of a seal box of a scan: `principal.png`.
pub async fn scan_seal(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let seal = stem(&file, ".png").ok_or_else(WebError::not_found)?;
    scan_picture(&app, &visitor, (&number, &id), Picture::Small, "image/png", |d| seal_key(d, seal)).await
}

/// The picture of a change on a page of a scan, both counted from 1: `1-2.jpg`.
pub async fn scan_change(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let parsed = stem(&file, ".jpg").and_then(|stem| {
        let (page, change) = stem.split_once('-')?;
        Some((page.parse().ok()?, change.parse().ok()?))
    });
    let (page, change) = parsed.ok_or_else(WebError::not_found)?;
    let key = |digest: &str| change_key(digest, page, change);
    scan_picture(&app, &visitor, (&number, &id), Picture::Small, "image/jpeg", key).await
}

async fn retrieve(
    app: &App,
    visitor: &Visitor,
    number: &str,
    which: Which<'_>,
) -> Result<Retrieved, WebError> {
    Ok(app.office.retrieve(&visitor.actor, &visitor.origin, number, which).await?)
}

/// A picture of a scan of a case that the visitor may see, by the case's number and the scan's identifier.
async fn scan_picture(
    app: &App,
    visitor: &Visitor,
    (number, id): (&str, &str),
    picture: Picture,
    kind: &'static str,
    key: impl FnOnce(&str) -> String,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    let scan = dossier.scans.iter().find(|scan| scan.id == id).ok_or_else(WebError::not_found)?;
    let found = rendition(app, &key(&scan.digest.to_string()), kind).await?;
    let shown = Pictured { case: Some(&dossier.case.id), digest: &scan.digest, picture };
    app.office.trace_picture(&visitor.actor, &visitor.origin, shown).await?;
    Ok(found)
}

/// The name without its ending, if it is made of letters, digits and hyphens.
pub(super) fn stem<'f>(file: &'f str, ending: &str) -> Option<&'f str> {
    let stem = file.strip_suffix(ending)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (!stem.is_empty() && stem.bytes().all(plain)).then_some(stem)
}

pub(super) async fn rendition(app: &App, key: &str, kind: &'static str) -> Result<Response, WebError> {
    let found = app.office.renditions.get(key).await.map_err(crate::steps::StepError::from)?;
    Ok(picture(found.ok_or_else(WebError::not_found)?, kind))
}

/// A picture. As every page of ours it is kept in no cache: the next person at the machine would see it there.
pub(super) fn picture(bytes: Vec<u8>, kind: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response()
}

/// A verified original as a response. Whoever shows it inline says what it may do there.
pub(super) fn send(found: Retrieved, disposition: &str) -> Result<Response, WebError> {
    let bad = |error: header::InvalidHeaderValue| WebError::internal(&error);
    let mut map = HeaderMap::new();
    map.insert(header::CONTENT_TYPE, HeaderValue::from_str(&found.kind).map_err(bad)?);
    map.insert(header::CONTENT_LENGTH, HeaderValue::from(found.original.bytes()));
    map.insert(header::ETAG, HeaderValue::from_str(&format!("\"{}\"", found.digest)).map_err(bad)?);
    let name = content_disposition(disposition, &found.file_name);
    map.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(bad)?);
    map.insert(header::CONTENT_SECURITY_POLICY, headers::FOREIGN);
    Ok((map, Body::from_stream(found.original.into_stream())).into_response())
}

/// The header that names a file. The name is given twice, as RFC 6266 says.
pub(super) fn content_disposition(disposition: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_header_and_break_nothing() {
        let value = content_disposition("attachment", "同意書 \"1\";\r\n.pdf");
        assert_eq!(
            value,
            "attachment; filename=\"___ _1____.pdf\"; filename*=UTF-8''%E5%90%8C%E6%84%8F%E6%9B%B8%20%221%22%3B%0D%0A.pdf"
        );
    }

    #[test]
    fn only_plain_names_of_pictures_are_looked_up() {
        assert_eq!(stem("12.jpg", ".jpg"), Some("12"));
        assert_eq!(stem("principal.png", ".png"), Some("principal"));
        for name in ["../1.jpg", ".jpg", "1.png", "a/b.jpg", "1%2f.jpg"] {
            assert_eq!(stem(name, ".jpg"), None, "{name}");
        }
    }
}
