//! One case.

use axum::Json;
use axum::extract::{Path, State};

use crate::web::app::App;
use crate::web::trouble::WebError;

use super::caller::Caller;
use super::problem::Reading;
use super::record::CaseRecord;

/// A case
///
/// The record as the reader may see it, with what they may do now. The look is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}",
    tag = "cases",
    operation_id = "showCase",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "The case", body = CaseRecord), Reading)
)]
pub async fn show(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<CaseRecord>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(Json(CaseRecord::new(&dossier, &visitor.actor)?))
}
