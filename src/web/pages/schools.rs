//! 學校: the schools that are known, and what a list of the ministry's would change.

use askama::Template;

use super::field::{Choice, Field};
use super::frame::Frame;
use super::parts::Pager;
use super::words::Moment;

/// The schools.
#[derive(Debug, Template)]
#[template(path = "schools.html")]
pub struct SchoolsPage {
    /// Around the page.
    pub frame: Frame,
    /// `q`.
    pub keyword: String,
    /// `stage`, the first one 全部學制 with an empty value.
    pub stages: Vec<Choice>,
    /// Whether anything is narrowed.
    pub narrowed: bool,
    /// How many fit.
    pub total: usize,
    /// The schools of this page.
    pub rows: Vec<SchoolLine>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
    /// `stage` of a list that is uploaded.
    pub listed: Field,
    /// Why a list wasn't taken.
    pub error: Option<String>,
}

/// One school.
#[derive(Clone, Debug)]
pub struct SchoolLine {
    /// The code.
    pub code: String,
    /// Where it is changed.
    pub edit: String,
    /// The name.
    pub name: String,
    /// City and district.
    pub place: String,
    /// 學制.
    pub stage: String,
    /// The zone's name; empty: none.
    pub zone: String,
    /// Since when it is closed.
    pub closed: Option<Moment>,
}

/// What a list would change.
#[derive(Debug, Template)]
#[template(path = "school_list.html")]
pub struct SchoolListPage {
    /// Around the page.
    pub frame: Frame,
    /// The file's name.
    pub file: String,
    /// The page's own address.
    pub address: String,
    /// `city`.
    pub cities: Vec<Choice>,
    /// The city that is looked at.
    pub city: String,
    /// When it was applied.
    pub applied: Option<Moment>,
    /// What changes, group by group.
    pub groups: Vec<SchoolGroupOfChanges>,
    /// How many stay as they are.
    pub same: usize,
    /// How many schools would be closed with `close`.
    pub missing: usize,
    /// Lines that can't be taken.
    pub skipped: Vec<String>,
    /// Whether there is anything to apply.
    pub changes: bool,
}

/// New, changed or missing schools.
#[derive(Clone, Debug)]
pub struct SchoolGroupOfChanges {
    /// Such as 新增.
    pub title: String,
    /// How many.
    pub count: usize,
    /// The first of them.
    pub lines: Vec<String>,
    /// How many aren't shown.
    pub more: usize,
}

#[cfg(test)]
impl SchoolsPage {
    pub(crate) fn sample() -> Self {
        use super::field::Input;
        let line = |code: &str, name: &str, closed| SchoolLine {
            code: code.into(),
            edit: format!("/admin/schools/{code}/edit"),
            name: name.into(),
            place: "高雄市 三民區".into(),
            stage: "國小".into(),
            zone: "第一區".into(),
            closed,
        };
        let stages =
            || vec![Choice::labelled("", "全部學制", true), Choice::labelled("elementary", "國小", false)];
        let mut frame = super::accounts::frame();
        frame.here = super::frame::Here::Schools;
        Self {
            frame,
            keyword: String::new(),
            stages: stages(),
            narrowed: false,
            total: 41,
            rows: vec![
                line("013601", "測試國小", None),
                line("01361X", "停辦國小", Some(super::case_list::sample::ago(9000))),
                SchoolLine { zone: String::new(), ..line("013602", "未分區國小", None) },
            ],
            pager: Pager { previous: None, next: Some("/admin/schools?page=2".into()) },
            listed: Field {
                input: Input::List(stages()),
                ..Field::line("stage", "學制", super::field::LineKind::Text, "")
            },
            error: None,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
            pager: Pager::default(),
            error: Some("檔案缺少欄位：地址。".into()),
            ..Self::sample()
        }
    }
}

#[cfg(test)]
impl SchoolListPage {
    pub(crate) fn sample() -> Self {
        let group = |title: &str, lines: &[&str]| SchoolGroupOfChanges {
            title: title.into(),
            count: lines.len() + 3,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            more: 3,
        };
        let mut frame = super::accounts::frame();
        frame.here = super::frame::Here::Schools;
        Self {
            frame,
            file: "e1_new.csv".into(),
            address: "/admin/schools/lists/l1".into(),
            cities: vec![Choice::labelled("高雄市", "高雄市（242 所）", true)],
            city: "高雄市".into(),
            applied: None,
            groups: vec![
                group("新增", &["013601 市立示範國小（三民區，國小）"]),
                group("變更", &["013602 校名：舊名 → 新名"]),
                group("名錄中沒有", &["013688 停辦的國小（三民區，國小）"]),
            ],
            same: 238,
            missing: 1,
            skipped: vec!["第 5 行：12345 壞代碼（代碼不是 6 碼英數字）".into()],
            changes: true,
        }
    }

    pub(crate) fn sample_applied() -> Self {
        let applied = Some(super::case_list::sample::ago(1));
        Self {
            applied,
            groups: Vec::new(),
            missing: 0,
            skipped: Vec::new(),
            changes: false,
            ..Self::sample()
        }
    }
}
