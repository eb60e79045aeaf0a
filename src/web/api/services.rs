//! The service items: what each asks, for whoever opens cases.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::case::fields::{FieldKind, FieldSpec};
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::subject::FIELDS;
use crate::web::app::App;

use super::caller::Caller;
use super::names::Named;
use super::problem::Reading;

/// What can be applied for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Services {
    /// The service items, in their order.
    services: Vec<Service>,
    /// What is asked about a subject.
    subject: Vec<Field>,
}

/// A service item 服務項目.
#[derive(Debug, Serialize, ToSchema)]
pub struct Service {
    /// The identifier.
    id: String,
    /// The title.
    title: String,
    /// `required`, `optional` or `none`.
    #[schema(value_type = String)]
    subject: SubjectNeed,
    /// What the content tab asks.
    fields: Vec<Field>,
    /// Categories of attachments that a print needs.
    required_attachments: Vec<Named>,
    /// Other categories of attachments.
    other_attachments: Vec<Named>,
}

/// A field.
#[derive(Debug, Serialize, ToSchema)]
pub struct Field {
    /// The name.
    id: String,
    /// The label.
    label: String,
    /// `text`, `long-text`, `tel`, `email`, `date`, `number`, `choice` or `choices`.
    #[schema(value_type = String)]
    kind: FieldKind,
    /// Whether an answer is needed.
    required: bool,
    /// The most code points.
    max_length: usize,
    /// What can be chosen.
    choices: Vec<String>,
}

/// The service items
///
/// With the fields and attachments of each, and the fields of a subject.
#[utoipa::path(
    get,
    path = "/services",
    tag = "writing",
    operation_id = "listServices",
    responses((status = 200, description = "The service items", body = Services), Reading)
)]
pub async fn show(State(app): State<App>, _: Caller) -> Json<Services> {
    Json(Services {
        services: app.office.services().map(Service::from).collect(),
        subject: FIELDS.iter().map(Field::from).collect(),
    })
}

impl From<&ServiceSpec> for Service {
    fn from(spec: &ServiceSpec) -> Self {
        let named = |required: bool| {
            let those = spec.attachments.iter().filter(move |one| one.required == required);
            those.map(|one| Named::new(&one.id, &one.label)).collect()
        };
        Self {
            id: spec.id.clone(),
            title: spec.title.clone(),
            subject: spec.subject,
            fields: spec.fields.iter().map(Field::from).collect(),
            required_attachments: named(true),
            other_attachments: named(false),
        }
    }
}

impl From<&FieldSpec> for Field {
    fn from(spec: &FieldSpec) -> Self {
        Self {
            id: spec.id.clone(),
            label: spec.label.clone(),
            kind: spec.kind,
            required: spec.required,
            max_length: spec.limit(),
            choices: spec.choices.clone(),
        }
    }
}
