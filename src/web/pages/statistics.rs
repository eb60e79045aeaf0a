//! 統計: what a centre reports, each as a table and a plot, with a file to take along.

use askama::Template;

use super::frame::Frame;
use super::plot::{Bars, Lines, Waits};
use super::words::Moment;

/// The report over a period.
#[derive(Debug, Template)]
#[template(path = "statistics.html")]
pub struct StatisticsPage {
    /// Around the page.
    pub frame: Frame,
    /// Whose cases: 全部分區, or the zone's name.
    pub reach: String,
    /// `from`, such as `2025-12`.
    pub from: String,
    /// `to`.
    pub to: String,
    /// The period as people say it, such as 2025/12 至 2026/11.
    pub period: String,
    /// When it was counted.
    pub counted: Moment,
    /// What is wrong with the months typed.
    pub error: Option<String>,
    /// How many cases were submitted in the period.
    pub total: i64,
    /// 各月件數.
    pub months: MonthTable,
    /// Cases by what they are.
    pub tables: Vec<CountTable>,
    /// 等候時間.
    pub waits: WaitTable,
}

/// Cases month by month.
#[derive(Debug)]
pub struct MonthTable {
    /// The events that are counted.
    pub heads: Vec<String>,
    /// A row a month.
    pub rows: Vec<MonthRow>,
    /// Each event's sum.
    pub sums: Vec<i64>,
    /// The plot.
    pub plot: Lines,
    /// The file.
    pub csv: String,
}

/// A month's counts.
#[derive(Clone, Debug)]
pub struct MonthRow {
    /// Such as 2026/11.
    pub month: String,
    /// In the order of the heads.
    pub counts: Vec<i64>,
}

/// Cases by one thing that they are.
#[derive(Debug)]
pub struct CountTable {
    /// The section's id.
    pub id: &'static str,
    /// Such as 服務項目.
    pub title: &'static str,
    /// A row for each.
    pub rows: Vec<CountRow>,
    /// The plot.
    pub plot: Bars,
    /// The file.
    pub csv: String,
}

/// A count and its share.
#[derive(Clone, Debug)]
pub struct CountRow {
    /// What is counted.
    pub label: String,
    /// How many.
    pub cases: i64,
    /// Such as 12.5%; empty where nothing was counted.
    pub share: String,
}

/// Waiting times.
#[derive(Debug)]
pub struct WaitTable {
    /// A row for each wait.
    pub rows: Vec<WaitRow>,
    /// The plot; none where nobody waited yet.
    pub plot: Option<Waits>,
    /// The file.
    pub csv: String,
}

/// One kind of wait.
#[derive(Clone, Debug)]
pub struct WaitRow {
    /// Such as 送件→收件.
    pub label: String,
    /// What is measured, in a sentence.
    pub about: &'static str,
    /// How many ended in the period.
    pub cases: i64,
    /// The median in days; empty without any.
    pub median: String,
    /// The 90th percentile in days; empty without any.
    pub most: String,
}

#[cfg(test)]
#[path = "statistics_sample.rs"]
mod sample;
