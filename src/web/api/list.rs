//! The list of cases that somebody may see: the page's filters, read page by page.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::case::state::State as CaseState;
use crate::steps::Office;
use crate::store::list::{self, Key, PAGE, Place};
use crate::web::app::App;
use crate::web::list::Asked;
use crate::web::trouble::{Fault, WebError};

use super::caller::Caller;
use super::names;
use super::problem::Listing;
use super::record::CaseLine;

/// Cases on one page at most.
const MOST: usize = 100;

/// What is listed. Empty and absent fields ask for nothing.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Wanted {
    /// Only this service item.
    service: String,
    /// Only this state.
    #[param(schema_with = names::states)]
    state: String,
    /// Only cases in which every word is found.
    q: String,
    /// Opened on this day or later, such as 2025-12-18.
    from: String,
    /// Opened on this day or earlier.
    to: String,
    /// Only schools with this code, or this in their name.
    school: String,
    /// Only schools of this district.
    district: String,
    /// Only schools of this zone.
    zone: String,
    /// Only cases that this account serves.
    professional: String,
    /// Only cases about the child with this name or number.
    subject: String,
    /// `waiting`, `opened` or `number`; absent: the newest change first.
    sort: String,
    /// Where the page before ended, as its `after` says.
    after: String,
    /// Cases on this page at most: 20, or up to 100.
    limit: Option<usize>,
}

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    /// The cases in their order.
    cases: Vec<CaseLine>,
    /// How many there are in all.
    total: i64,
    /// Whether there are more than that: counting ends at a bound.
    more: bool,
    /// Where the next page begins; absent: this was the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// The cases
///
/// Those that the reader may see and that fit, page by page. The look is traced. More than 20 at a time are taking
/// along and not looking: as an export of the page they ask for a proof of a few minutes ago (`POST /confirm`), or are
/// refused with 403 `proof-needed`.
#[utoipa::path(
    get,
    path = "/cases",
    tag = "cases",
    operation_id = "listCases",
    params(Wanted),
    responses((status = 200, description = "A page", body = CaseList), Listing)
)]
pub async fn show(
    State(app): State<App>,
    Caller(visitor): Caller,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<CaseList>, WebError> {
    let Query(sent) = query.map_err(|rejection| unfit(vec![("limit", rejection.body_text())]))?;
    let limit = sent.limit.unwrap_or(PAGE);
    let faults = sent.faults(limit);
    let asked = sent.asked();
    let (wanted, mistakes) = asked.wanted(&app.office);
    let faults: Vec<_> = faults.into_iter().chain(mistakes).collect();
    if !faults.is_empty() {
        return Err(unfit(faults));
    }
    // What fits on a screen is looked at; more at a time is taken along, and asks for what the page's export does.
    if limit > PAGE && !visitor.signed.session.is_fresh(&app.doors.rules, app.office.world.now()) {
        return Err(WebError::unproved());
    }
    let mut db = app.office.store.read().await?;
    let page = list::page_of(&mut db, &Office::scope(&visitor.actor), &wanted, limit).await?;
    drop(db);
    let numbers: Vec<&str> = page.cases.iter().map(|case| case.number.as_str()).collect();
    app.office.trace_list(&visitor.actor, &visitor.origin, asked.searches(), &numbers).await?;
    let title = |id: &str| app.office.service(id).map_or_else(|| id.to_owned(), |spec| spec.title.clone());
    Ok(Json(CaseList {
        cases: page.cases.iter().map(|case| CaseLine::new(case, &title(&case.service))).collect(),
        total: page.total.count,
        more: page.total.more,
        after: page.next.and_then(|place| match place {
            Place::After(key) => Some(key.to_string()),
            Place::First | Place::Before(_) => None,
        }),
    }))
}

impl Wanted {
    /// As the list's page is asked.
    fn asked(self) -> Asked {
        Asked {
            service: self.service,
            state: self.state,
            q: self.q,
            from: self.from,
            to: self.to,
            school: self.school,
            district: self.district,
            zone: self.zone,
            professional: self.professional,
            subject: self.subject,
            sort: self.sort,
            after: self.after,
            ..Asked::default()
        }
    }

    /// What a page would overlook, and a program should know.
    fn faults(&self, limit: usize) -> Vec<(&'static str, String)> {
        let unknown = |text: &str, known: bool| !text.is_empty() && !known;
        let words = |what: &str| format!("{what}不是系統認得的值。");
        let mut faults = Vec::new();
        if unknown(&self.state, self.state.parse::<CaseState>().is_ok()) {
            faults.push(("state", words("狀態")));
        }
        if unknown(&self.sort, matches!(self.sort.as_str(), "waiting" | "opened" | "number")) {
            faults.push(("sort", words("排序")));
        }
        if unknown(&self.after, self.after.parse::<Key>().is_ok()) {
            faults.push(("after", words("頁次")));
        }
        if !(1..=MOST).contains(&limit) {
            faults.push(("limit", format!("每頁筆數為 1 到 {MOST}。")));
        }
        faults
    }
}

fn unfit(faults: Vec<(&'static str, String)>) -> WebError {
    let fault = |(field, words): (&str, String)| Fault { field: field.into(), reason: None, words };
    WebError {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "invalid-fields",
        faults: faults.into_iter().map(fault).collect(),
        ..WebError::bad_request("查詢條件中有系統不認得的值。")
    }
}
