//! 統計: the page, and each of its tables as a file.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::event::Event;
use crate::case::months::{Month, Period};
use crate::steps::statistics::{Report, Waited};
use crate::store::statistics::{COUNTED, Wait};

use super::app::App;
use super::csv;
use super::pages::frame::Here;
use super::pages::plot::{Bars, Lines, Waits};
use super::pages::statistics::{
    CountRow, CountTable, MonthRow, MonthTable, StatisticsPage, WaitRow, WaitTable,
};
use super::pages::words::Moment;
use super::trouble::{WebError, html};
use super::visitor::Visitor;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    table: String,
}

impl Asked {
    /// The months asked for; the last twelve where none are, and why where they can't be.
    fn period(&self, app: &App) -> (Period, Option<String>) {
        let year = app.office.this_year();
        let month = |text: &str, other: Month| {
            if text.trim().is_empty() { Ok(other) } else { text.trim().parse::<Month>() }
        };
        match (month(&self.from, year.from), month(&self.to, year.to)) {
            (Ok(from), Ok(to)) => (Period::between(from, to), None),
            _ => (year, Some("月份請寫成 2026-11 的樣子；先列出最近 12 個月。".into())),
        }
    }
}

/// The report.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let (period, error) = asked.period(&app);
    let report = app.office.statistics(&visitor.actor, period).await?;
    Ok(html(&StatisticsPage {
        frame: visitor.frame_at(&app, Here::Statistics, None),
        reach: reach(&report),
        from: period.from.to_string(),
        to: period.to.to_string(),
        period: format!("{} 至 {}", period.from.screen(), period.to.screen()),
        counted: Moment::at(report.at, app.office.world.now()),
        error,
        total: report.total,
        months: months(&report),
        tables: TABLES.map(|(id, title)| table(&app, &report, id, title)).into(),
        waits: waits(&report),
    }))
}

/// One table as a file.
pub async fn file(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let (period, error) = asked.period(&app);
    if let Some(error) = error {
        return Err(WebError::bad_request(&error));
    }
    let report = app.office.statistics(&visitor.actor, period).await?;
    let (title, rows) = rows(&app, &report, &asked.table).ok_or_else(WebError::not_found)?;
    csv::download(&format!("統計-{title}-{}-{}-{}.csv", reach(&report), period.from, period.to), &rows)
}

/// The tables of counts: the name in addresses, and the title.
const TABLES: [(&str, &str); 4] =
    [("services", "服務項目"), ("stages", "學制"), ("districts", "行政區"), ("states", "目前狀態")];

fn reach(report: &Report) -> String {
    report.zone.clone().unwrap_or_else(|| "全部分區".into())
}

fn address(report: &Report, table: &str) -> String {
    format!("/statistics.csv?table={table}&from={}&to={}", report.period.from, report.period.to)
}

fn months(report: &Report) -> MonthTable {
    let names: Vec<_> = report.months.iter().map(|month| month.month.screen()).collect();
    let counts = |event| report.months.iter().map(|month| month.of(event)).collect::<Vec<_>>();
    let line = |event| (word(event), counts(event));
    let rows = report.months.iter().map(|month| MonthRow {
        month: month.month.screen(),
        counts: COUNTED.map(|event| month.of(event)).into(),
    });
    MonthTable {
        heads: COUNTED.map(|event| word(event).to_owned()).into(),
        rows: rows.collect(),
        sums: COUNTED.map(|event| counts(event).iter().sum()).into(),
        plot: Lines::new(
            format!(
                "{}至{}，各月的送件、收件與結案件數",
                report.period.from.screen(),
                report.period.to.screen()
            ),
            &names,
            &[line(Event::Submit), line(Event::Receive), line(Event::Close)],
        ),
        csv: address(report, "months"),
    }
}

/// What a column of the months is called: 送件, not the button that leads there.
fn word(event: Event) -> &'static str {
    if event == Event::Submit { "送件" } else { event.label() }
}

fn counts(app: &App, report: &Report, id: &str) -> Vec<(String, i64)> {
    match id {
        "services" => {
            let mut rest = report.services.clone();
            let known = app.office.services();
            let mut counts: Vec<_> =
                known.map(|spec| (spec.title.clone(), rest.remove(&spec.id).unwrap_or(0))).collect();
            // Forms that are broken or gone.
            counts.extend(rest);
            counts
        }
        "stages" => report.stages.iter().map(|(stage, cases)| (stage.label().into(), *cases)).collect(),
        "districts" => report.districts.clone(),
        _ => {
            let some = report.states.iter().filter(|(_, cases)| *cases > 0);
            some.map(|(state, cases)| (state.label().into(), *cases)).collect()
        }
    }
}

fn table(app: &App, report: &Report, id: &'static str, title: &'static str) -> CountTable {
    let counts = if report.total > 0 { counts(app, report, id) } else { Vec::new() };
    let rows = counts.iter().map(|(label, cases)| CountRow {
        label: label.clone(),
        cases: *cases,
        share: share(*cases, report.total),
    });
    CountTable {
        id,
        title,
        rows: rows.collect(),
        plot: Bars::new(format!("各{title}的件數"), &most(&counts)),
        csv: address(report, id),
    }
}

/// The bars of a plot: of many the longest, the others as one.
fn most(counts: &[(String, i64)]) -> Vec<(String, i64)> {
    const BARS: usize = 15;
    if counts.len() <= BARS {
        return counts.to_vec();
    }
    let (shown, rest) = counts.split_at(BARS - 1);
    let mut bars = shown.to_vec();
    bars.push((format!("其他 {} 項", rest.len()), rest.iter().map(|(_, cases)| cases).sum()));
    bars
}

/// A share of all with one digit, such as 12.5%.
fn share(cases: i64, total: i64) -> String {
    let tenths = (cases * 1000 + total / 2) / total.max(1);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn waits(report: &Report) -> WaitTable {
    let rows = report.waits.iter().map(|waited| WaitRow {
        label: wait_word(waited.wait).into(),
        about: about(waited.wait),
        cases: waited.cases,
        median: days(waited.median_hours),
        most: days(waited.most_hours),
    });
    let bars: Vec<_> = report.waits.iter().filter(|waited| waited.cases > 0).map(bar).collect();
    WaitTable {
        rows: rows.collect(),
        plot: (!bars.is_empty()).then(|| Waits::new("各階段等候天數的中位數與第 90 百分位數", &bars)),
        csv: address(report, "waits"),
    }
}

fn bar(waited: &Waited) -> (String, Option<i64>, Option<i64>) {
    let (median, most) = (days(waited.median_hours), days(waited.most_hours));
    let label = format!("{}：{median} 天，九成 {most} 天內", wait_word(waited.wait));
    (label, waited.median_hours, waited.most_hours)
}

/// Hours in days with one digit; empty without any.
fn days(hours: Option<i64>) -> String {
    hours.map_or_else(String::new, |hours| {
        let tenths = (hours * 10 + 12) / 24;
        format!("{}.{}", tenths / 10, tenths % 10)
    })
}

fn wait_word(wait: Wait) -> &'static str {
    match wait {
        Wait::ToReceipt => "送件→收件",
        Wait::ToService => "收件→服務中",
        Wait::ToClosing => "服務中→結案",
        Wait::Supplement => "補件",
        Wait::Sealing => "核章",
    }
}

fn about(wait: Wait) -> &'static str {
    match wait {
        Wait::ToReceipt => "從第一次送件到收件，含退回與補件的時間",
        Wait::ToService => "從收件到派案",
        Wait::ToClosing => "從派案或重新開案到結案",
        Wait::Supplement => "從要求補件到送出審核",
        Wait::Sealing => "從第一次列印或退回核章到送件",
    }
}

/// A table's title and its rows for a file; none for a table that isn't there.
fn rows(app: &App, report: &Report, name: &str) -> Option<(&'static str, Vec<Vec<String>>)> {
    let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    if name == "months" {
        let table = months(report);
        let mut rows = vec![texts(&["月份"])];
        rows[0].extend(table.heads);
        rows.extend(table.rows.into_iter().map(|row| {
            let mut cells = vec![row.month];
            cells.extend(row.counts.iter().map(i64::to_string));
            cells
        }));
        return Some(("各月件數", rows));
    }
    if name == "waits" {
        let mut rows = vec![texts(&["階段", "說明", "次數", "中位數（天）", "第 90 百分位（天）"])];
        rows.extend(
            waits(report).rows.into_iter().map(|row| {
                vec![row.label, row.about.to_owned(), row.cases.to_string(), row.median, row.most]
            }),
        );
        return Some(("等候時間", rows));
    }
    let (id, title) = TABLES.into_iter().find(|(id, _)| *id == name)?;
    let mut rows = vec![texts(&[title, "件數", "比例"])];
    rows.extend(
        table(app, report, id, title)
            .rows
            .into_iter()
            .map(|row| vec![row.label, row.cases.to_string(), row.share]),
    );
    Some((title, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_days_have_one_digit() {
        assert_eq!(
            (share(1, 8), share(8, 8), share(0, 8), share(0, 0)),
            ("12.5%".into(), "100.0%".into(), "0.0%".into(), "0.0%".into())
        );
        assert_eq!(
            (days(Some(60)), days(Some(0)), days(Some(1)), days(None)),
            ("2.5".into(), "0.0".into(), "0.0".into(), String::new())
        );
    }

    #[test]
    fn of_many_bars_the_longest_stay() {
        let counts: Vec<_> = (0..38).map(|at| (format!("{at}"), 100 - at)).collect();
        let bars = most(&counts);
        assert_eq!((bars.len(), bars[14].0.as_str()), (15, "其他 24 項"));
        assert_eq!(
            bars.iter().map(|(_, cases)| cases).sum::<i64>(),
            counts.iter().map(|(_, c)| c).sum::<i64>()
        );
    }
}
