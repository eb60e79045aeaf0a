//! 選擇您服務的學校: once, at the first sign-in of an applicant.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::holder::{Applicant, Holder as _};
use crate::case::stage::SchoolStage;
use crate::store::identities;
use crate::store::schools::{self, School};

use super::app::App;
use super::pages::field::Choice;
use super::pages::frame::Here;
use super::pages::school::{SchoolChoice, SchoolGroup, SchoolPage};
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Visitor;

/// Schools listed on one page at most.
const LISTED: usize = 200;

#[derive(Deserialize, Default)]
pub struct Search {
    #[serde(default)]
    district: String,
    #[serde(default)]
    stage: String,
    #[serde(default)]
    q: String,
}

/// The page, narrowed by district, stage and keyword.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(search): Query<Search>,
) -> Result<Response, WebError> {
    if unsettled(&visitor).is_none() {
        return Ok(settled());
    }
    Ok(html(&page(&app, &visitor, &search, None).await?))
}

/// Binds the account. A binding is never changed here.
pub async fn choose(State(app): State<App>, visitor: Visitor, sent: Sent) -> Result<Response, WebError> {
    let Some(who) = unsettled(&visitor) else { return Ok(settled()) };
    let mut db = app.office.store.read().await?;
    let offered = identities::schools(&mut db, &visitor.actor.id).await?;
    let known = schools::find_open(&mut db, sent.one("school")).await?;
    drop(db);
    let known = known.filter(|school| offered.is_empty() || offered.contains(&school.code));
    let Some(school) = known else {
        let words = Some("請選擇一所學校，再按「確定」。".to_owned());
        let page = page(&app, &visitor, &Search::default(), words).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response());
    };
    app.office.bind_school(&who, &visitor.origin, &school.code).await?;
    Ok(Redirect::to("/cases?said=school").into_response())
}

/// The visitor, where they need a school and have none.
fn unsettled(visitor: &Visitor) -> Option<Applicant> {
    Applicant::of(&visitor.actor).filter(|who| who.school.is_none())
}

/// Those who need no school, or have one, go on.
fn settled() -> Response {
    Redirect::to("/").into_response()
}

async fn page(
    app: &App,
    visitor: &Visitor,
    search: &Search,
    error: Option<String>,
) -> Result<SchoolPage, WebError> {
    let mut db = app.office.store.read().await?;
    let mut all = schools::open(&mut db).await?;
    // Who comes by sign-on serves at the schools that it names, where it names any; if none is ours, at none.
    let offered = identities::schools(&mut db, &visitor.actor.id).await?;
    drop(db);
    if !offered.is_empty() {
        all.retain(|school| offered.contains(&school.code));
    }
    let mut districts: Vec<_> = all.iter().map(|school| school.district.clone()).collect();
    districts.dedup();
    let found: Vec<&School> = all.iter().filter(|school| fits(school, search)).collect();
    let groups = by_district(found.iter().copied().take(LISTED), "");
    let mut district_choices = vec![Choice::labelled("", "全部行政區", search.district.is_empty())];
    district_choices.extend(districts.into_iter().map(|d| {
        let chosen = d == search.district;
        Choice::plain(d, chosen)
    }));
    let mut stage_choices = vec![Choice::labelled("", "全部學制", search.stage.is_empty())];
    stage_choices.extend(
        SchoolStage::ALL
            .map(|stage| Choice::labelled(stage.as_str(), stage.label(), stage.as_str() == search.stage)),
    );
    Ok(SchoolPage {
        frame: app.frame(Some(&visitor.signed), Here::Elsewhere),
        districts: district_choices,
        stages: stage_choices,
        keyword: search.q.clone(),
        groups,
        total: found.len(),
        more: found.len().saturating_sub(LISTED),
        error,
    })
}

/// Schools under their districts, as they come; the one with the code `chosen` is chosen.
pub(super) fn by_district<'a>(schools: impl Iterator<Item = &'a School>, chosen: &str) -> Vec<SchoolGroup> {
    let mut groups: Vec<SchoolGroup> = Vec::new();
    for school in schools {
        let choice = SchoolChoice {
            code: school.code.clone(),
            name: school.name.clone(),
            stage: school.stage.label().into(),
            chosen: school.code == chosen,
        };
        match groups.last_mut() {
            Some(group) if group.district == school.district => group.schools.push(choice),
            _ => groups.push(SchoolGroup { district: school.district.clone(), schools: vec![choice] }),
        }
    }
    groups
}

fn fits(school: &School, search: &Search) -> bool {
    (search.district.is_empty() || school.district == search.district)
        && (search.stage.is_empty() || school.stage.as_str() == search.stage)
        && (school.name.contains(search.q.trim()) || school.code.contains(search.q.trim()))
}
