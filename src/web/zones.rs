//! 分區: the administrator's page. No case is shown here.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::holder::Administrator;
use crate::steps::StepError;
use crate::steps::zone::{Move, Overview};

use super::app::{App, said};
use super::pages::field::{Choice, Field, LineKind};
use super::pages::frame::Here;
use super::pages::zones::{DistrictRow, SchoolRow, ZoneCard, ZonesPage};
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::{Held, Visitor};

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    q: String,
    said: Option<String>,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let mut page = page(&app, &visitor, &who, asked.q.trim()).await?;
    page.frame.notices.extend(asked.said.as_deref().and_then(said));
    Ok(html(&page))
}

/// Adds a zone.
pub async fn add(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    sent: Sent,
) -> Result<Response, WebError> {
    let name = sent.one("name");
    match app.office.add_zone(&who, &visitor.origin, name).await {
        Ok(()) => Ok(saved()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &visitor, &who, "").await?;
            page.add = field("name", "新分區的名稱", name);
            page.add.error = errors.into_iter().next().map(|error| error.words);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Renames a zone.
pub async fn rename(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let name_field = format!("name-{id}");
    let name = sent.one(&name_field);
    match app.office.rename_zone(&who, &visitor.origin, &id, name).await {
        Ok(()) => Ok(saved()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &visitor, &who, "").await?;
            for zone in page.zones.iter_mut().filter(|zone| zone.id == id) {
                zone.name = field(&name_field, "分區名稱", name);
                zone.name.error = errors.first().map(|error| error.words.clone());
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Removes a zone in which nothing is.
pub async fn remove(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    match app.office.remove_zone(&who, &visitor.origin, &id).await {
        Ok(()) => Ok(Redirect::to("/zones?said=zone-removed").into_response()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &visitor, &who, "").await?;
            page.kept = errors.into_iter().next().map(|error| error.words);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Moves districts between zones, all that were changed or none.
pub async fn move_districts(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    sent: Sent,
) -> Result<Response, WebError> {
    let all = |name: &str| sent.0.get(name).cloned().unwrap_or_default();
    let (districts, was, to) = (all("district"), all("was"), all("zone"));
    if districts.len() != was.len() || districts.len() != to.len() {
        return Err(WebError::bad_request("這個表單的行政區與分區對不起來。"));
    }
    let moves: Vec<Move> = districts
        .into_iter()
        .zip(was.into_iter().zip(to))
        .map(|(district, (was, to))| Move { district, was, to })
        .collect();
    match app.office.move_districts(&who, &visitor.origin, &moves).await {
        Ok(0) => Ok(Redirect::to("/zones").into_response()),
        Ok(_) => Ok(saved()),
        Err(error) => Err(changed(error)),
    }
}

/// Sets a school into a zone by itself, or lets it follow its district again.
pub async fn place_school(
    State(app): State<App>,
    Held { visitor, who }: Held<Administrator>,
    Path(code): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let (was, to) = (sent.one("was"), sent.one("zone"));
    app.office.place_school(&who, &visitor.origin, &code, was, to).await.map_err(changed)?;
    Ok(saved())
}

fn saved() -> Response {
    Redirect::to("/zones?said=zones-saved").into_response()
}

/// Somebody else was faster: told of zones, not of a case.
fn changed(error: StepError) -> WebError {
    match error {
        StepError::Conflict => WebError {
            title: "分區剛才已被修改".into(),
            safe: Some("您這一次的修改沒有生效，分區維持現況。".into()),
            todo: vec!["請重新開啟分區頁，查看目前的分區再修改。".into()],
            ..WebError::conflict("您開啟這一頁之後，已有其他管理者修改了分區。".into())
        },
        other => other.into(),
    }
}

async fn page(
    app: &App,
    visitor: &Visitor,
    who: &Administrator,
    keyword: &str,
) -> Result<ZonesPage, WebError> {
    let Overview { zones, supervisors, districts, schools, more } = app.office.zones(who, keyword).await?;
    let choices = |first: &str, chosen: &str| {
        let mut choices = vec![Choice::labelled("", first, chosen.is_empty())];
        choices.extend(zones.iter().map(|zone| Choice::labelled(&zone.id, &zone.name, zone.id == chosen)));
        choices
    };
    let cards = zones.iter().map(|zone| {
        let here = || districts.iter().filter(|district| district.zone.as_deref() == Some(&zone.id));
        let led = supervisors.iter().filter(|(id, _)| *id == zone.id).map(|(_, name)| name.as_str());
        ZoneCard {
            id: zone.id.clone(),
            name: field(&format!("name-{}", zone.id), "分區名稱", &zone.name),
            title: zone.name.clone(),
            supervisors: led.collect::<Vec<_>>().join("、"),
            districts: here().map(|district| district.name.as_str()).collect::<Vec<_>>().join("、"),
            schools: zone.schools,
        }
    });
    let rows = districts.iter().map(|district| {
        let was = district.zone.clone().unwrap_or_default();
        DistrictRow {
            name: district.name.clone(),
            schools: district.schools,
            apart: district.apart,
            zones: choices("未分區", &was),
            was,
        }
    });
    let school_rows = schools.iter().map(|school| {
        let zone = school.zone.as_deref().unwrap_or_default();
        let was = if school.own == 1 { zone } else { "" };
        SchoolRow {
            code: school.code.clone(),
            name: school.name.clone(),
            district: school.district.clone(),
            zone: zones.iter().find(|one| one.id == zone).map(|one| one.name.clone()).unwrap_or_default(),
            was: was.to_owned(),
            zones: choices("跟隨行政區", was),
        }
    });
    Ok(ZonesPage {
        frame: app.frame(Some(&visitor.signed), Here::Zones),
        zones: cards.collect(),
        add: field("name", "新分區的名稱", ""),
        kept: None,
        districts: rows.collect(),
        keyword: keyword.to_owned(),
        schools: school_rows.collect(),
        more,
    })
}

fn field(name: &str, label: &str, value: &str) -> Field {
    Field { wide: true, ..Field::line(name, label, LineKind::Text, value) }
}
