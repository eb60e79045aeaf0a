//! What the API answers when a step was done: where the case stands now.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::steps::Dossier;
use crate::web::app::App;
use crate::web::trouble::WebError;
use crate::web::visitor::Visitor;

use super::names::StateName;

/// What a step made beside the change of the case.
pub enum Made {
    /// Nothing.
    Nothing,
    /// A printed revision.
    Revision(u16),
    /// A service record.
    Record(String),
}

/// A step was done, and is on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// 案件編號.
    number: String,
    /// The version now.
    version: i64,
    /// Where the case stands now.
    state: StateName,
    /// Of a print: the revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u16>,
    /// Of a service record: its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
}

impl Done {
    /// Where the case stands after a step.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn now(app: &App, visitor: &Visitor, number: &str) -> Result<Self, WebError> {
        Ok(Self::of(&app.office.dossier(&visitor.actor, number).await?))
    }

    /// The same as an answer.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn answer(app: &App, visitor: &Visitor, number: &str) -> Result<Json<Self>, WebError> {
        Ok(Json(Self::now(app, visitor, number).await?))
    }

    /// The same as an answer to a step that made something, 201.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn created(app: &App, visitor: &Visitor, number: &str) -> Result<Response, WebError> {
        Ok((StatusCode::CREATED, Self::answer(app, visitor, number).await?).into_response())
    }

    /// Where a case stands that was read already.
    #[must_use]
    pub fn of(dossier: &Dossier) -> Self {
        Self {
            number: dossier.case.number.clone(),
            version: dossier.case.version,
            state: dossier.state().into(),
            revision: None,
            record: None,
        }
    }

    /// The same, with what was made.
    #[must_use]
    pub fn with(self, made: Made) -> Self {
        match made {
            Made::Nothing => self,
            Made::Revision(revision) => Self { revision: Some(revision), ..self },
            Made::Record(id) => Self { record: Some(id), ..self },
        }
    }
}
