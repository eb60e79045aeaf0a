//! What the events of a case can be given: whom to choose, and what can reopen.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::case::event::Event;
use crate::case::lifecycle;
use crate::web::app::App;
use crate::web::trouble::WebError;

use super::caller::Caller;
use super::names::{self, Named};
use super::problem::Reading;

/// What can be chosen, as far as an event that the life cycle offers the reader now asks for it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Choices {
    /// For `dispatch` and `reassign`, those with the fewest cases first.
    professionals: Vec<Professional>,
    /// For `hand_over`.
    colleagues: Vec<Named>,
    /// For `ask_supplement`.
    reopenable: Vec<Openable>,
}

/// A professional.
#[derive(Debug, Serialize, ToSchema)]
pub struct Professional {
    /// The account.
    id: String,
    /// The name.
    name: String,
    /// 心理師 or 社工師; may be empty.
    profession: String,
    /// Cases in 服務中.
    load: i64,
}

/// Something that can reopen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Openable {
    /// Where it lies.
    #[schema(schema_with = names::places)]
    place: &'static str,
    /// The field's or category's id; empty for the signed form.
    id: String,
    /// The label.
    label: String,
}

/// What can be chosen
///
/// For the events of this case that take something to choose.
#[utoipa::path(
    get,
    path = "/cases/{number}/choices",
    tag = "events",
    operation_id = "showChoices",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "The choices", body = Choices), Reading)
)]
pub async fn show(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<Choices>, WebError> {
    let (office, actor) = (&app.office, &visitor.actor);
    let dossier = office.dossier(actor, &number).await?;
    let offered = lifecycle::offered(dossier.state(), actor);
    let mut choices = Choices::default();
    if offered.contains(&Event::Dispatch) || offered.contains(&Event::Reassign) {
        let all = office.professionals().await?.into_iter();
        choices.professionals = all
            .map(|one| Professional {
                id: one.id,
                name: one.name,
                profession: one.profession,
                load: one.load,
            })
            .collect();
    }
    if offered.contains(&Event::HandOver) {
        let all = office.colleagues(actor, &number).await?.into_iter();
        choices.colleagues = all.map(|(id, name)| Named::new(id, name)).collect();
    }
    if offered.contains(&Event::AskSupplement) {
        let all = dossier.openable().into_iter();
        choices.reopenable =
            all.map(|one| Openable { place: one.place.as_str(), id: one.id, label: one.label }).collect();
    }
    Ok(Json(choices))
}
