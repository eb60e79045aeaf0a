//! Who a request comes from, as its session says.

use std::sync::Arc;

use crate::identity::sessions::{self, Found, Session, Stage, Token};
use crate::steps::{Office, StepError};
use crate::store::{notices, schools};
use crate::web::app::{App, Signed};

use super::late::Late;

/// Unread notices are counted up to so many.
const UNREAD: i64 = 100;

/// Who a request comes from.
pub(super) enum Arrived {
    Signed(Signed),
    Arriving(Arriving),
    Late(Late),
    Nobody,
}

/// Someone whose session has begun and who still owes something before they reach the house.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The session.
    pub session: Arc<Session>,
    /// What is owed.
    pub stage: Stage,
}

/// Looks the session up.
pub(super) async fn arrived(app: &App, cookie: Option<String>, passive: bool) -> Result<Arrived, StepError> {
    let Some(cookie) = cookie else { return Ok(Arrived::Nobody) };
    let token = Token::from_cookie(&cookie);
    let office = &app.office;
    let session = match sessions::resume(&office.store, &office.world, app.limits, &token, passive).await? {
        Found::Live(session) => Arc::new(*session),
        Found::Over(person, limit) => return Ok(Arrived::Late(Late { person, limit })),
        Found::Nothing => return Ok(Arrived::Nobody),
    };
    match session.stage(&app.doors.rules) {
        Stage::Whole => {}
        stage => return Ok(Arrived::Arriving(Arriving { session, stage })),
    }
    let person = Arc::clone(&session.person);
    let school = match &person.school {
        Some(code) => schools::find(&mut *office.store.read().await?, code).await?.map(Arc::new),
        None => None,
    };
    let scope = Office::scope(&person.actor());
    let mut db = office.store.read().await?;
    let unread = notices::unread(&mut db, &person.id, &scope, UNREAD).await?;
    drop(db);
    let accepted = office.has_accepted_notice(&person.id).await?;
    let waiting = office.waiting(&person.actor()).await?;
    Ok(Arrived::Signed(Signed { person, session, school, unread, accepted, waiting }))
}

/// Whether a page sends such a request by itself: it doesn't show that somebody is there, and prolongs nothing.
pub(super) fn is_passive(path: &str) -> bool {
    path == "/session" || path.ends_with("/progress") || path.ends_with("/review/look")
}
