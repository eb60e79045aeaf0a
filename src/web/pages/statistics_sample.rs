//! Sample data of 統計.

use super::super::case_list::sample::ago;
use super::*;

impl StatisticsPage {
    /// A year of a city.
    pub(crate) fn sample() -> Self {
        let months: Vec<String> = (1..=12).map(|month| format!("2026/{month:02}")).collect();
        let counts =
            |month: i64| vec![30 + month * 7 % 40, 20 + month * 5 % 30, 18 + month * 3 % 20, 17, month, 2, 1];
        let rows: Vec<_> = (1..)
            .zip(&months)
            .map(|(at, month)| MonthRow { month: month.clone(), counts: counts(at) })
            .collect();
        let column = |at: usize| rows.iter().map(|row| row.counts[at]).collect::<Vec<_>>();
        Self {
            frame: Frame { here: crate::web::pages::frame::Here::Statistics, ..Frame::sample_staff() },
            reach: "全部分區".into(),
            from: "2026-01".into(),
            to: "2026-12".into(),
            period: "2026/01 至 2026/12".into(),
            counted: ago(0),
            error: None,
            total: 412,
            months: MonthTable {
                heads: ["新增", "送件", "收件", "派案", "結案", "不開案", "撤案"].map(str::to_owned).into(),
                sums: (0..7).map(|at| column(at).iter().sum()).collect(),
                plot: Lines::new(
                    "各月的送件、收件與結案件數",
                    &months,
                    &[("送件", column(1)), ("收件", column(2)), ("結案", column(4))],
                ),
                rows,
                csv: "/statistics.csv?table=months&from=2026-01&to=2026-12".into(),
            },
            tables: vec![
                table("services", "服務項目", &[("轉介申請", 301), ("個案研討會議", 61), ("小團體輔導", 50)]),
                table(
                    "stages",
                    "學制",
                    &[
                        ("幼兒園", 12),
                        ("國小", 200),
                        ("國中", 150),
                        ("高中職", 48),
                        ("非學校型態實驗教育", 2),
                    ],
                ),
                table("districts", "行政區", &[("三民區", 210), ("左營區", 142), ("新興區", 60)]),
                table(
                    "states",
                    "目前狀態",
                    &[("送件", 30), ("補件", 8), ("收件", 21), ("服務中", 203), ("結案", 150)],
                ),
            ],
            waits: WaitTable {
                rows: vec![
                    wait("送件→收件", "從第一次送件到收件，含退回與補件的時間", 380, "2.4", "6.1"),
                    wait("收件→服務中", "從收件到派案", 371, "1.0", "3.8"),
                    wait("服務中→結案", "從派案或重新開案到結案", 150, "61.3", "142.9"),
                    wait("補件", "從要求補件到送出審核", 44, "3.1", "9.6"),
                    wait("核章", "從列印或退回核章到送件", 412, "2.0", "8.0"),
                ],
                plot: Some(Waits::new(
                    "各階段等候天數的中位數與第 90 百分位數",
                    &[
                        ("送件→收件".into(), Some(58), Some(146)),
                        ("服務中→結案".into(), Some(1471), Some(3430)),
                    ],
                )),
                csv: "/statistics.csv?table=waits&from=2026-01&to=2026-12".into(),
            },
        }
    }

    /// A zone's supervisor before the first case, with months that can't be.
    pub(crate) fn sample_empty() -> Self {
        let table = |id, title| CountTable { rows: Vec::new(), ..table(id, title, &[]) };
        let mut page = Self::sample();
        page.reach = "第一區".into();
        page.error = Some("月份請寫成 2026-11 的樣子。".into());
        page.total = 0;
        page.months.sums = vec![0; 7];
        for row in &mut page.months.rows {
            row.counts = vec![0; 7];
        }
        page.tables = vec![table("services", "服務項目"), table("districts", "行政區")];
        for row in &mut page.waits.rows {
            (row.cases, row.median, row.most) = (0, String::new(), String::new());
        }
        page.waits.plot = None;
        page
    }
}

fn table(id: &'static str, title: &'static str, counts: &[(&str, i64)]) -> CountTable {
    let total: i64 = counts.iter().map(|(_, cases)| cases).sum();
    let counts: Vec<_> = counts.iter().map(|(label, cases)| ((*label).to_owned(), *cases)).collect();
    CountTable {
        id,
        title,
        plot: Bars::new(format!("{title}的件數"), &counts),
        rows: counts
            .iter()
            .map(|(label, cases)| CountRow {
                label: label.clone(),
                cases: *cases,
                share: format!("{}%", cases * 100 / total),
            })
            .collect(),
        csv: format!("/statistics.csv?table={id}&from=2026-01&to=2026-12"),
    }
}

fn wait(label: &str, about: &'static str, cases: i64, median: &str, most: &str) -> WaitRow {
    WaitRow { label: label.into(), about, cases, median: median.into(), most: most.into() }
}
