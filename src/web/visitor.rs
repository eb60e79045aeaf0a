//! Who asks: the session is looked up once a request, and extractors demand what a handler needs.

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::case::holder::Holder;
use crate::case::refusal::Refused;
use crate::case::role::{Actor, Role};
use crate::fault::{self, Point};
use crate::identity::limits;
use crate::identity::sessions::{self, Found, Limit, Session, Stage, Token};
use crate::steps::office::Origin;
use crate::steps::{Office, StepError};
use crate::store::{notices, schools};

use super::access_log::{Answered, led_to};
use super::api;
use super::app::{App, Signed};
use super::headers;
use super::held::{self, Kept};
use super::pages::frame::{Frame, Here};
use super::patience::Pace;
use super::trouble::{self, WebError};
use super::typed;

/// Unread notices are counted up to so many.
const UNREAD: i64 = 100;

/// Looks the session up, runs the handler, and turns its trouble into the error page or, below the API's
/// root, into a problem document.
pub async fn visit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let cookie =
        CookieJar::from_headers(request.headers()).get(app.cookie_name()).map(|c| c.value().to_owned());
    let path = request.uri().path().to_owned();
    let signed = match arrived(&app, cookie, is_passive(&path)).await {
        Ok(Arrived::Signed(signed)) => {
            request.extensions_mut().insert(signed.clone());
            Some(signed)
        }
        Ok(Arrived::Arriving(arriving)) => {
            request.extensions_mut().insert(arriving);
            None
        }
        Ok(Arrived::Late(late)) => {
            if is_kept(&request) {
                return match held::hold(&app, &late.person, request).await {
                    Ok(kept) => too_late(&late, kept),
                    Err(error) => told(&app, None, &path, error).await,
                };
            }
            request.extensions_mut().insert(late);
            None
        }
        Ok(Arrived::Nobody) => None,
        Err(error) => return told(&app, None, &path, WebError::from(error)).await,
    };
    if let Some(signed) = &signed
        && let Err(error) = in_time(&app, signed, &path).await
    {
        return told(&app, Some(signed), &path, error).await;
    }
    if request.uri().path_and_query().is_some_and(|address| address.as_str().contains("%00")) {
        return told(&app, signed.as_ref(), &path, typed::zero()).await;
    }
    let origin = origin(request.headers(), request.extensions());
    request.extensions_mut().insert(origin.clone());
    let mut response = answer(&app, signed.as_ref(), &path, &origin, request, next).await;
    if let Some(signed) = signed {
        response.extensions_mut().insert(Answered(signed.person.id.clone()));
    }
    fault::here(Point::Answering);
    response
}

/// Counts what somebody asks for who is signed in. Whoever leaves may always do so, and what pages ask by themselves is
/// nobody's hurry.
async fn in_time(app: &App, signed: &Signed, path: &str) -> Result<(), WebError> {
    if is_passive(path) || path == "/logout" {
        return Ok(());
    }
    let (rates, now, person) = (&app.entrance.rates, app.office.world.now(), signed.person.id.as_str());
    let mut counted = app.hurry.count(person, now, rates.window, rates.signed_in);
    if let Ok(many @ 1..) = counted {
        match limits::spend_signed_in(&app.office.store, now, rates, person, many).await {
            Ok(all) => counted = app.hurry.heard(person, all, now, rates.window, rates.signed_in).map(|()| 0),
            // Nobody is kept out because it couldn't be counted; here it is.
            Err(error) => {
                tracing::warn!(%error, "what an account asks couldn't be told to the other processes")
            }
        }
    }
    counted.map(|_| ()).map_err(|often| {
        tracing::warn!(%person, "asked more than anybody does by hand");
        WebError::too_busy(often.seconds())
    })
}

async fn answer(
    app: &App,
    signed: Option<&Signed>,
    path: &str,
    origin: &Origin,
    request: Request,
    next: Next,
) -> Response {
    let pace = request.extensions().get::<Pace>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let error = response.extensions_mut().remove::<WebError>().or_else(|| WebError::unworded(&response));
    // What read the body only knows that it broke off.
    let error = error.map(|error| match error.status.is_client_error() && pace.was_too_slow() {
        true => WebError::too_slow(),
        false => error,
    });
    let Some(error) = error else {
        return match account(app, signed, path, origin, response.status()).await {
            Ok(()) => response,
            Err(failure) => told(app, signed, path, WebError::from(failure)).await,
        };
    };
    if let (Some(refused), Some(signed)) = (&error.refused, signed)
        && let Err(failure) = trace_refused(app, signed, path, origin, refused).await
    {
        return told(app, Some(signed), path, WebError::from(failure)).await;
    }
    let mut answer = told(app, signed, path, error).await;
    if let Some(allowed) = response.headers_mut().remove(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

/// An error, told as whoever asked can read it.
async fn told(app: &App, signed: Option<&Signed>, path: &str, error: WebError) -> Response {
    let error = error.about(path);
    app.office.metrics.refused(error.code);
    if api::is_below(path) {
        return api::problem::answer(app, signed, error).await;
    }
    trouble::page(app, signed, error)
}

/// Keeps a trace of a refused step, with the case that the address names.
async fn trace_refused(
    app: &App,
    signed: &Signed,
    path: &str,
    origin: &Origin,
    refused: &Refused,
) -> Result<(), StepError> {
    let actor = signed.person.actor();
    let number = trouble::case_in(path).unwrap_or_default();
    let case = app.office.dossier(&actor, number).await.ok().map(|dossier| dossier.case.id);
    Ok(app.office.trace_refused(origin, &actor, case.as_deref(), refused).await?)
}

/// Leaves the trace of an answer about a case that left none itself: a new page can't be forgotten.
/// A form that comes back (409, 422) shows the case as well.
async fn account(
    app: &App,
    signed: Option<&Signed>,
    path: &str,
    origin: &Origin,
    status: StatusCode,
) -> Result<(), StepError> {
    let shows =
        status.is_success() || matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
    let (Some(signed), Some(number)) = (signed, trouble::case_in(path)) else { return Ok(()) };
    if origin.is_accounted() || !shows || status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    Ok(app.office.trace_forgotten(&signed.person.actor(), origin, number).await?)
}

/// Who a request comes from.
enum Arrived {
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

/// Someone whose session lasted too long.
#[derive(Clone, Debug)]
pub struct Late {
    /// Whose it was.
    pub person: String,
    /// Which limit ended it.
    pub limit: Limit,
}

/// Whether a request is a person's form that is kept when it comes too late: not what scripts send, and nothing of
/// the doors themselves, which hold secrets.
fn is_kept(request: &Request) -> bool {
    const OTHERS: [&str; 14] = [
        "/login",
        "/logout",
        "/sign-on",
        "/session",
        "/confirm",
        "/glyphs",
        "/phone",
        "/api",
        "/account/",
        "/captcha",
        "/register",
        "/forgotten",
        "/address",
        "/collection-notice",
    ];
    let path = request.uri().path();
    let json = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.starts_with("application/json"));
    let by_itself = json || is_passive(path) || OTHERS.iter().any(|other| path.starts_with(other));
    request.method() == Method::POST && !by_itself
}

/// The log-in page, and after it the form that came too late.
fn too_late(late: &Late, kept: Kept) -> Response {
    let (why, next) = match kept {
        Kept::Form(next) | Kept::Draft(next) => (late.why(), next),
        Kept::Nothing(next) => ("file", next),
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("why", why)
        .append_pair("next", &next)
        .finish();
    let mut response = led_to("/login", &format!("/login?{query}"));
    headers::forget_pages(&mut response);
    response
}

impl Late {
    fn why(&self) -> &'static str {
        if self.limit == Limit::Idle { "idle" } else { "long" }
    }
}

/// Whether a page sends such a request by itself: it doesn't show that somebody is there, and prolongs nothing.
fn is_passive(path: &str) -> bool {
    path == "/session" || path.ends_with("/progress") || path.ends_with("/review/look")
}

async fn arrived(app: &App, cookie: Option<String>, passive: bool) -> Result<Arrived, StepError> {
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

/// Where those are led who aren't signed in: to the log-in page, or to what they still owe; and back afterwards.
pub(super) fn elsewhere(parts: &Parts) -> Response {
    let door = match parts.extensions.get::<Arriving>() {
        Some(Arriving { stage: Stage::Password, .. }) => "/account/password",
        Some(Arriving { stage: Stage::Enrol, .. }) => "/account/second-factor",
        Some(Arriving { .. }) => "/login/code",
        None => "/login",
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    let late = parts.extensions.get::<Late>();
    if let Some(late) = late {
        query.append_pair("why", late.why());
    }
    let mut response = door_and_back(door, query, parts);
    if late.is_some() {
        headers::forget_pages(&mut response);
    }
    response
}

/// The collection notice comes before everything else.
fn to_notice(parts: &Parts) -> Response {
    door_and_back("/collection-notice", form_urlencoded::Serializer::new(String::new()), parts)
}

fn door_and_back(
    door: &'static str,
    mut query: form_urlencoded::Serializer<'_, String>,
    parts: &Parts,
) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if parts.method == Method::GET && path != "/" {
        query.append_pair("next", path);
    }
    let query = query.finish();
    let address = if query.is_empty() { door.to_owned() } else { format!("{door}?{query}") };
    led_to(door, &address)
}
