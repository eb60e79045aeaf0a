//! 流程: every event of a case.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::flow::FlowRow;
use crate::web::app::App;
use crate::web::trouble::WebError;

use super::caller::Caller;
use super::names::{self, moment};
use super::problem::Reading;

/// One row of the flow.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlowLine {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who, by name.
    by: String,
    /// What happened.
    #[schema(schema_with = names::events)]
    event: &'static str,
    /// The label that pages show for it.
    label: &'static str,
    /// The state after.
    #[schema(schema_with = names::states)]
    to: &'static str,
    /// Why, in words; may be empty.
    reason: String,
    /// The documents that it rests on.
    documents: Vec<Evidence>,
}

/// A document that an event rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// `print`, `scan`, `photo` (of a scan) or `attachment`.
    kind: String,
    /// Of prints, scans and photos.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u16>,
    /// SHA-256.
    digest: String,
}

impl From<&FlowRow> for FlowLine {
    fn from(row: &FlowRow) -> Self {
        let documents = row.evidence.iter().map(|evidence| Evidence {
            kind: evidence.kind.clone(),
            revision: evidence.revision,
            digest: evidence.digest.to_string(),
        });
        Self {
            at: moment(row.at),
            by: row.actor_name.clone(),
            event: row.event.as_str(),
            label: row.event.label(),
            to: row.to.as_str(),
            reason: row.reason.clone(),
            documents: documents.collect(),
        }
    }
}

/// The flow of a case
///
/// Every event with person, reason and digests of the documents, newest first. The look is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/flow",
    tag = "cases",
    operation_id = "showFlow",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "The rows", body = Vec<FlowLine>), Reading)
)]
pub async fn show(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<Vec<FlowLine>>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(Json(dossier.flow.iter().map(FlowLine::from).collect()))
}
