//! Who asks: extractors demand what a handler needs.
//!
//! [`mod@visit`]: around every request, in which the session is looked up once ([`arrived`]); [`late`]: what comes after it
//! was over; [`led`]: where those are led who can't come in yet.

mod arrived;
mod late;
mod led;
mod visit;

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Response};

use crate::case::holder::Holder;
use crate::case::role::{Actor, Role};
use crate::steps::office::Origin;

use super::access_log::led_to;
use super::app::{App, Signed};
use super::pages::frame::{Frame, Here};
use super::trouble::WebError;

pub use arrived::Arriving;
pub(super) use led::elsewhere;
use led::to_notice;
pub use visit::visit;

/// Someone who is signed in; others are led to the log-in page and back.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who.
    pub signed: Signed,
    /// As the rules need to know them.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
}

impl Visitor {
    /// What stands around a page.
    #[must_use]
    pub fn frame(&self, app: &App, said: Option<&str>) -> Frame {
        let here = if self.actor.is(Role::Applicant) { Here::Mine } else { Here::All };
        self.frame_at(app, here, said)
    }

    /// The same at this entry of the navigation.
    #[must_use]
    pub fn frame_at(&self, app: &App, here: Here, said: Option<&str>) -> Frame {
        let mut frame = app.frame(Some(&self.signed), here);
        frame.notices.extend(said.and_then(super::app::said));
        frame
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        let Some(signed) = parts.extensions.get::<Signed>().cloned() else {
            return Err(elsewhere(parts));
        };
        if !signed.accepted {
            return Err(to_notice(parts));
        }
        let actor = signed.person.actor();
        Ok(Self { signed, actor, origin: origin(&parts.headers, &parts.extensions) })
    }
}

impl OptionalFromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}

/// Someone who is signed in and may not have accepted the collection notice yet: for that page alone.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Who.
    pub signed: Signed,
    /// From where.
    pub origin: Origin,
}

impl FromRequestParts<App> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        let Some(signed) = parts.extensions.get::<Signed>().cloned() else {
            return Err(elsewhere(parts));
        };
        Ok(Self { signed, origin: origin(&parts.headers, &parts.extensions) })
    }
}

impl OptionalFromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}

/// A visitor who may do case work: an applicant has chosen a school first.
#[derive(Clone, Debug)]
pub struct Settled(pub Visitor);

impl FromRequestParts<App> for Settled {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = <Visitor as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if visitor.actor.is(Role::Applicant) && visitor.actor.school.is_none() {
            return Err(led_to("/school", "/school"));
        }
        Ok(Self(visitor))
    }
}

/// A visitor who holds a role, as a value that steps demand. To others nothing is there.
#[derive(Clone, Debug)]
pub struct Held<H> {
    /// Who, and from where.
    pub visitor: Visitor,
    /// The same as the holder of the role.
    pub who: H,
}

impl<H: Holder> FromRequestParts<App> for Held<H> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = <Visitor as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        match H::of(&visitor.actor) {
            Some(who) => Ok(Self { visitor, who }),
            None => Err(WebError::not_found().into_response()),
        }
    }
}

/// A visitor who may do case work and holds a role, as a value that steps demand. To others nothing is there.
#[derive(Clone, Debug)]
pub struct AtWork<H> {
    /// Who, and from where.
    pub visitor: Visitor,
    /// The same as the holder of the role.
    pub who: H,
}

impl<H: Holder> FromRequestParts<App> for AtWork<H> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Settled(visitor) = Settled::from_request_parts(parts, app).await?;
        match H::of(&visitor.actor) {
            Some(who) => Ok(Self { visitor, who }),
            None => Err(WebError::not_found().into_response()),
        }
    }
}

/// From where somebody asks who needn't be signed in.
#[derive(Clone, Debug)]
pub struct Asker(pub Origin);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(origin(&parts.headers, &parts.extensions)))
    }
}

/// From where a request comes; each part of a request gets the same one, so that it is accounted for once.
fn origin(headers: &HeaderMap, extensions: &Extensions) -> Origin {
    if let Some(origin) = extensions.get::<Origin>() {
        return origin.clone();
    }
    let remote = extensions
        .get::<axum::extract::ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_string())
        .unwrap_or_default();
    let request =
        headers.get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    Origin::new(remote, request)
}
