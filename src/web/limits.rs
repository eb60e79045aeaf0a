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
    let (office, rates, who) = (&app.office, &app.entrance.rates, network(address));
    let spent = limits::spend(&office.store, office.world.now(), rates, asked, &who).await?;
    spent.map_err(|often| refused(asked, often))
}

/// Counts a mail of a kind that somebody can cause at an address. False: it got several a moment ago, and gets no other;
/// whoever asks isn't told.
///
/// # Errors
/// When the database fails.
pub async fn may_mail(app: &App, kind: Asked, address: &str) -> Result<bool, WebError> {
    let (office, rates) = (&app.office, &app.entrance.rates);
    let spent = limits::spend(&office.store, office.world.now(), rates, kind, address).await?;
    if spent.is_err() {
        tracing::info!(asked = ?kind, "asked too often");
    }
    Ok(spent.is_ok())
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
