//! Those on their way in: a session has begun, and a code, an enrolment or a new password may be owed still.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use axum_extra::extract::CookieJar;

use std::sync::Arc;

use crate::identity::known::Browser;
use crate::identity::log::Whence;
use crate::identity::sessions::{Session, Stage};
use crate::store::{StoreError, schools};

use super::app::{App, Signed};
use super::entry::{self, Coming};
use super::pages::frame::{Frame, Here};
use super::visitor::{Arriving, elsewhere};

/// Someone with a session, whatever is still owed. Only pages that pay what is owed take it.
#[derive(Clone, Debug)]
pub struct AtDoor {
    /// The session.
    pub session: Arc<Session>,
    /// What is owed.
    pub stage: Stage,
    /// From where.
    pub whence: Whence,
    devices: String,
    signed: Option<Signed>,
}

impl AtDoor {
    /// What stands around a page: the house's navigation only for those who have reached it.
    #[must_use]
    pub fn frame(&self, app: &App) -> Frame {
        app.frame(self.signed.as_ref(), Here::Account)
    }

    /// The browser that it is.
    #[must_use]
    pub fn browser<'a>(&'a self, app: &'a App) -> Browser<'a> {
        Browser { key: &app.doors.key, devices: &self.devices, whence: &self.whence }
    }

    /// The name of the bound school; may be empty. Also whoever still owes something has one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn school(&self, app: &App) -> Result<String, StoreError> {
        schools::name(&mut *app.office.store.read().await?, self.session.person.school.as_deref()).await
    }
}

impl FromRequestParts<App> for AtDoor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(Coming(whence)) = Coming::from_request_parts(parts, app).await;
        let devices = entry::devices(app, &CookieJar::from_headers(&parts.headers));
        if let Some(signed) = parts.extensions.get::<Signed>().cloned() {
            let session = Arc::clone(&signed.session);
            return Ok(Self { session, stage: Stage::Whole, whence, devices, signed: Some(signed) });
        }
        let Some(Arriving { session, stage }) = parts.extensions.get::<Arriving>().cloned() else {
            return Err(elsewhere(parts));
        };
        Ok(Self { session, stage, whence, devices, signed: None })
    }
}
