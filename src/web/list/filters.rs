//! 常用條件: the current filter is kept under a name, and forgotten again.

use axum::extract::{Path, State};
use axum::response::Redirect;

use crate::store::StoreError;
use crate::store::filters::{self, SavedFilter};
use crate::web::app::App;
use crate::web::trouble::WebError;
use crate::web::typed::Sent;
use crate::web::visitor::Settled;

use super::asked::{Asked, below};

/// Code points of a name at most.
const NAME: usize = 40;

/// Keeps a filter under a name; another of the same name gives way to it.
pub async fn save(
    State(app): State<App>,
    Settled(visitor): Settled,
    sent: Sent,
) -> Result<Redirect, WebError> {
    let asked = Asked::query(sent.one("query"));
    let name: String = sent.one("name").split_whitespace().collect::<Vec<_>>().join(" ");
    let said = if name.is_empty() || name.chars().count() > NAME || !asked.narrows() {
        "filter-unnamed"
    } else {
        let office = &app.office;
        let filter = SavedFilter { id: office.world.new_id(), name, query: asked.as_query() };
        let mut tx = office.store.write().await?;
        let kept = filters::keep(&mut tx, &visitor.actor.id, &filter, office.world.now()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        if kept { "filter-saved" } else { "filter-too-many" }
    };
    Ok(back(&asked, said))
}

/// Forgets a filter.
pub async fn forget(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Redirect, WebError> {
    let mut tx = app.office.store.write().await?;
    filters::forget(&mut tx, &visitor.actor.id, &id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(back(&Asked::query(sent.one("query")), "filter-forgotten"))
}

fn back(asked: &Asked, said: &str) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(asked.as_query());
    query.append_pair("said", said);
    Redirect::to(&below("/cases", &query.finish()))
}
