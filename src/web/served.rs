//! 我的服務案件: where a professional's work begins.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use crate::case::holder::Professional;
use crate::case::subject;
use crate::case::wait::Wait;
use crate::steps::duties::Duty;
use crate::store::duties::Listed;

use super::app::App;
use super::dispatch::{pager, turn};
use super::pages::frame::Here;
use super::pages::parts::{Badge, CaseNumberText, Look};
use super::pages::served::{ServedCase, ServedPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::AtWork;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    show: String,
    after: Option<String>,
    before: Option<String>,
}

/// The own cases: in 服務中, or in 結案 where that is asked for.
pub async fn show(
    State(app): State<App>,
    AtWork { visitor, who }: AtWork<Professional>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let closed = asked.show == "closed";
    let (served, serving) = (Duty::Served(&who), Duty::Serving(&who));
    let (duty, other) = if closed { (served, serving) } else { (serving, served) };
    let turn = turn(asked.after.as_deref(), asked.before.as_deref());
    let found = office.duties(duty, &turn).await?;
    let others = office.count_duties(other).await?;
    super::dispatch::trace(&app, &visitor, &found.cases).await?;
    let pager = pager(&found, if closed { "/served?show=closed" } else { "/served" });
    let (serving, served) = if closed { (others, found.total) } else { (found.total, others) };
    let (now, today) = (office.world.now(), office.today());
    let long_ago = office.patience.last_day(Wait::Record, today);
    Ok(html(&ServedPage {
        frame: visitor.frame_at(&app, Here::Served, None),
        closed,
        serving,
        served,
        cases: found.cases.iter().map(|one| case(&app, one, closed, now, (today, long_ago))).collect(),
        pager,
    }))
}

/// `long_ago`: a case whose newest record is of that day or older is marked, as one without any; none: no case is.
fn case(
    app: &App,
    one: &Listed,
    closed: bool,
    now: i64,
    (today, long_ago): (Date, Option<Date>),
) -> ServedCase {
    let case = &one.case;
    let service = app.office.service_to_show(case);
    let problem = service.field("problem").map(|f| view::shown(f, &case.content)).unwrap_or_default();
    let last = day(one.last_day);
    let days = last.map(|day| (today - day).get_days());
    let words = match (last, days) {
        (Some(day), Some(0)) => format!("最近一次 {}（今天）", day.strftime("%Y/%m/%d")),
        (Some(day), Some(days)) => format!("最近一次 {}（{days} 天前）", day.strftime("%Y/%m/%d")),
        _ => "還沒有服務紀錄".to_owned(),
    };
    ServedCase {
        href: path(&case.number, "?tab=records"),
        add: (!closed).then(|| path(&case.number, "/records/new")),
        number: CaseNumberText::new(&case.number),
        service: service.title,
        school: format!("{} {}", case.school.district, case.school.name),
        subject: subject::text(&one.subject, "name").to_owned(),
        problem,
        sessions: one.sessions,
        last: words,
        long_ago: long_ago.is_some_and(|edge| last.is_none_or(|last| last <= edge)),
        proposed: one.proposed_at.map(|_| Badge::new("已申請結案", Look::Waiting)),
        closed: closed.then(|| Moment::at(case.state_at, now)),
    }
}

/// A day as its list keeps it, such as 20261120; none for 0.
fn day(number: i64) -> Option<Date> {
    let year = i16::try_from(number / 10_000).ok()?;
    let (month, day) = (i8::try_from(number / 100 % 100).ok()?, i8::try_from(number % 100).ok()?);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_read_from_their_numbers() {
        assert_eq!(day(20_261_120).map(|day| day.to_string()).as_deref(), Some("2026-11-20"));
        assert_eq!(day(0), None);
        assert_eq!(day(20_261_399), None);
    }
}
