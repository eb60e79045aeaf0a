//! Who asks: a session as on the pages, but told apart by problems and not by redirects.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use crate::case::role::Role;
use crate::web::app::{App, Signed};
use crate::web::trouble::WebError;
use crate::web::visitor::{Arriving, Visitor};

/// Someone who is signed in and, as an applicant, bound to a school.
#[derive(Clone, Debug)]
pub struct Caller(pub Visitor);

impl FromRequestParts<App> for Caller {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        if parts.extensions.get::<Signed>().is_some_and(|signed| !signed.accepted) {
            return Err(WebError::unaccepted());
        }
        let Ok(visitor) = <Visitor as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await;
        let visitor = visitor.ok_or_else(|| {
            let owing = parts.extensions.get::<Arriving>().is_some();
            if owing { WebError::still_owing() } else { WebError::signed_out() }
        })?;
        if visitor.actor.is(Role::Applicant) && visitor.actor.school.is_none() {
            return Err(WebError::unbound());
        }
        Ok(Self(visitor))
    }
}
