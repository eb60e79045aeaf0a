//! 列印申請單: prints, then leads to the PDF.

use axum::extract::{Path, State};
use axum::response::Redirect;

use super::app::App;
use super::trouble::WebError;
use super::view::path;
use super::visitor::Settled;

/// Prints the form and opens it.
pub async fn print(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Redirect, WebError> {
    let revision = app.office.print_form(&visitor.actor, &number).await?;
    Ok(Redirect::to(&path(&number, &format!("/prints/{revision}/form.pdf"))))
}
