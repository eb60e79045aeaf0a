//! 學校: what is known, and the ministry's list: uploaded, looked at, applied.

use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::school_list::{ListedSchool, Plan, Skipped};
use crate::case::stage::SchoolStage;
use crate::steps::StepError;
use crate::store::schools::{School, Standing};
use crate::web::app::App;
use crate::web::pages::field::{Choice, Field, Input, LineKind};
use crate::web::pages::frame::Here;
use crate::web::pages::parts::Pager;
use crate::web::pages::schools::{SchoolGroupOfChanges, SchoolLine, SchoolListPage, SchoolsPage};
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html};
use crate::web::typed::Sent;

use super::{Admin, changed};

/// Schools on one page: 每頁 20 筆.
const PAGE: usize = 20;
/// Schools of each group that a preview names.
const SHOWN: usize = 100;
/// Bytes of a list at most: the whole country's of one stage has half a megabyte.
pub const LIMIT: usize = 4 << 20;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    stage: String,
    after: Option<String>,
    before: Option<String>,
    said: Option<String>,
}

/// The schools.
pub async fn show(
    State(app): State<App>,
    admin: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &admin, &asked, None).await?))
}

async fn page(
    app: &App,
    Admin { visitor, who }: &Admin,
    asked: &Asked,
    error: Option<String>,
) -> Result<SchoolsPage, WebError> {
    let zones = app.office.zone_names().await?;
    let mut found = app.office.schools(who).await?;
    let (word, now) = (asked.q.trim(), app.office.world.now());
    found.retain(|(school, _)| {
        let texts = [&school.name, &school.code, &school.district];
        (asked.stage.is_empty() || school.stage.as_str() == asked.stage)
            && texts.into_iter().any(|text| text.contains(word))
    });
    found.sort_by(|(one, _), (other, _)| one.code.cmp(&other.code));
    let total = found.len();
    let (shown, before, after) = stretch(found, asked);
    let link = |side: &str, code: Option<String>| {
        code.map(|code| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            let kept = [("q", asked.q.as_str()), ("stage", &asked.stage)];
            query.extend_pairs(kept.into_iter().filter(|(_, value)| !value.is_empty()));
            query.append_pair(side, &code);
            format!("/admin/schools?{}", query.finish())
        })
    };
    let zone = |school: &School| {
        zones.iter().find(|(id, _)| Some(id) == school.zone.as_ref()).map(|(_, name)| name.clone())
    };
    let rows = shown.iter().map(|(school, standing)| SchoolLine {
        code: school.code.clone(),
        edit: format!("/admin/schools/{}/edit", school.code),
        name: school.name.clone(),
        place: format!("{} {}", standing.city, school.district).trim().to_owned(),
        stage: school.stage.label().into(),
        zone: zone(school).unwrap_or_default(),
        closed: standing.closed_at.map(|at| Moment::at(at, now)),
    });
    Ok(SchoolsPage {
        frame: visitor.frame_at(app, Here::Schools, asked.said.as_deref()),
        keyword: asked.q.clone(),
        stages: stages("全部學制", &asked.stage),
        narrowed: !asked.q.is_empty() || !asked.stage.is_empty(),
        total,
        rows: rows.collect(),
        pager: Pager { previous: link("before", before), next: link("after", after) },
        listed: Field {
            input: Input::List(stages("由學校代碼判斷", "")),
            required: false,
            hint: Some("代碼看不出學制的名錄（例如實驗教育機構），請在這裡選擇。".into()),
            ..Field::line("stage", "名錄的學制", LineKind::Text, "")
        },
        error,
    })
}

type Found = Vec<(School, Standing)>;

/// The schools of one page by their codes, and where the pages before and after begin.
fn stretch(found: Found, asked: &Asked) -> (Found, Option<String>, Option<String>) {
    let from = match (&asked.after, &asked.before) {
        (Some(code), _) => found.partition_point(|(school, _)| school.code <= *code),
        (None, Some(code)) => found.partition_point(|(school, _)| school.code < *code).saturating_sub(PAGE),
        (None, None) => 0,
    };
    let more = found.len() > from + PAGE;
    let shown: Found = found.into_iter().skip(from).take(PAGE).collect();
    let code = |one: Option<&(School, Standing)>| one.map(|(school, _)| school.code.clone());
    let (first, last) = (code(shown.first()), code(shown.last()));
    (shown, first.filter(|_| from > 0), last.filter(|_| more))
}

fn stages(first: &str, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::labelled("", first, chosen.is_empty())];
    choices.extend(
        SchoolStage::ALL.map(|one| Choice::labelled(one.as_str(), one.label(), one.as_str() == chosen)),
    );
    choices
}

/// Takes a list and leads to what it would change.
pub async fn upload(State(app): State<App>, admin: Admin, mut form: Multipart) -> Result<Response, WebError> {
    let broken = |_| WebError::bad_request("上傳中斷，或檔案超過 4 MB，沒有收完整。");
    let (mut stage, mut name, mut bytes) = (None, String::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("stage") => stage = field.text().await.map_err(broken)?.parse::<SchoolStage>().ok(),
            Some("file") => {
                name = field.file_name().unwrap_or_default().to_owned();
                bytes = field.bytes().await.map_err(broken)?.to_vec();
            }
            _ => {}
        }
    }
    match app.office.take_school_list(&admin.who, &name, &bytes, stage).await {
        Ok(id) => Ok(Redirect::to(&format!("/admin/schools/lists/{id}")).into_response()),
        Err(StepError::SchoolList(why)) => {
            let page = page(&app, &admin, &Asked::default(), Some(why.words())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize, Default)]
pub struct City {
    #[serde(default)]
    city: String,
    said: Option<String>,
}

/// What a list would change.
pub async fn preview(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    Query(asked): Query<City>,
) -> Result<Response, WebError> {
    let preview = app.office.school_list(&who, &id, &asked.city).await?;
    let now = app.office.world.now();
    let applied = preview.kept.applied_at.map(|at| Moment::at(at, now));
    let plan = &preview.plan;
    let cities = preview.cities.iter();
    let cities = cities
        .map(|(city, count)| Choice::labelled(city, format!("{city}（{count} 所）"), *city == preview.city));
    Ok(html(&SchoolListPage {
        frame: visitor.frame_at(&app, Here::Schools, asked.said.as_deref()),
        file: preview.kept.file_name.clone(),
        address: format!("/admin/schools/lists/{id}"),
        cities: cities.collect(),
        city: preview.city.clone(),
        groups: if applied.is_some() { Vec::new() } else { groups(plan) },
        same: plan.same,
        missing: plan.missing.len(),
        skipped: preview.kept.list.skipped.iter().take(SHOWN).map(skipped).collect(),
        changes: !plan.added.is_empty() || !plan.changed.is_empty(),
        applied,
    }))
}

fn groups(plan: &Plan) -> Vec<SchoolGroupOfChanges> {
    let group = |title: &str, count: usize, lines: Vec<String>| SchoolGroupOfChanges {
        title: title.into(),
        count,
        more: count.saturating_sub(SHOWN),
        lines,
    };
    let changed = |(school, differences): &(ListedSchool, Vec<crate::case::school_list::Difference>)| {
        let words = differences.iter().map(|one| {
            let old = if one.old.is_empty() { "空白" } else { &one.old };
            format!("{}：{old} → {}", super::field(one.field), one.new)
        });
        format!("{} {}　{}", school.code, school.name, words.collect::<Vec<_>>().join("；"))
    };
    vec![
        group("新增", plan.added.len(), plan.added.iter().take(SHOWN).map(school).collect()),
        group("變更", plan.changed.len(), plan.changed.iter().take(SHOWN).map(changed).collect()),
        group("名錄中沒有", plan.missing.len(), plan.missing.iter().take(SHOWN).map(school).collect()),
    ]
}

fn school(school: &ListedSchool) -> String {
    format!("{} {}（{}，{}）", school.code, school.name, school.district, school.stage)
}

fn skipped(one: &Skipped) -> String {
    format!("第 {} 行：{}（{}）", one.line, one.what, one.why.words())
}

/// Applies it.
pub async fn apply(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Redirect, WebError> {
    let (city, close) = (sent.one("city"), sent.ticked("close"));
    app.office.apply_school_list(&who, &visitor.origin, &id, city, close).await.map_err(changed)?;
    Ok(Redirect::to("/admin/schools?said=schools-listed"))
}
