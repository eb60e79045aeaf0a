//! 429: whoever asks too often is told when to come again.

use crate::identity::limits::{self, Asked, TooOften, network};
use crate::steps::office::Origin;

use super::app::App;
use super::trouble::WebError;

/// Counts a request by the network that it comes from.
///
/// # Errors
/// When there were too many, or the database fails.
pub async fn spend(app: &App, origin: &Origin, asked: Asked) -> Result<(), WebError> {
    spend_from(app, &origin.remote, asked).await
}

/// The same by the address that it comes from.
///
/// # Errors
/// When there were too many, or the database fails.
pub async fn spend_from(app: &App, address: &str, asked: Asked) -> Result<(), WebError> {
    spend_by(app, asked, &network(address)).await
}

/// Counts a request by somebody or something else than the network.
///
/// # Errors
/// When there were too many, or the database fails.
pub async fn spend_by(app: &App, asked: Asked, who: &str) -> Result<(), WebError> {
    let office = &app.office;
    let spent = limits::spend(&office.store, office.world.now(), &app.entrance.rates, asked, who).await?;
    spent.map_err(|often| refused(asked, often))
}

/// Refuses when there were too many already; counts nothing.
///
/// # Errors
/// When there were too many, or the database fails.
pub async fn look(app: &App, origin: &Origin, asked: Asked) -> Result<(), WebError> {
    let office = &app.office;
    let who = network(&origin.remote);
    let spent = limits::look(&office.store, office.world.now(), &app.entrance.rates, asked, &who).await?;
    spent.map_err(|often| refused(asked, often))
}

fn refused(asked: Asked, often: TooOften) -> WebError {
    tracing::info!(?asked, "asked too often");
    WebError::too_often(often.seconds())
}
