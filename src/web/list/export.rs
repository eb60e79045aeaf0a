//! 匯出 CSV: what the list finds, as a file.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::steps::export::MOST;
use crate::web::app::App;
use crate::web::documents::content_disposition;
use crate::web::pages::case_list::ExportLink;
use crate::web::pages::words;
use crate::web::trouble::WebError;
use crate::web::visitor::Settled;

use super::asked::{Asked, below};

/// The file, as it is being written.
pub async fn export(
    State(app): State<App>,
    Settled(visitor): Settled,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let wanted = asked.whole(&app.office)?;
    let scope = asked.scope(&visitor);
    let export = app.office.export_cases(&visitor.actor, &visitor.origin, scope, wanted);
    let name = content_disposition("attachment", &export.file_name);
    let name = HeaderValue::from_str(&name).map_err(|error| WebError::internal(&error))?;
    let mut response = Body::from_stream(export.stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// The link to the file.
pub fn link(asked: &Asked) -> ExportLink {
    ExportLink {
        href: below("/cases/export.csv", &asked.as_query()),
        limit: format!("一次最多匯出 {} 筆", words::thousands(i64::try_from(MOST).unwrap_or(i64::MAX))),
    }
}
