//! 我的申請案件 and 案件查詢: cards or a table, filters in the address, 20 a page.

use askama::Template;
use askama::filters::HtmlSafe;

use super::field::Choice;
use super::frame::Frame;
use super::parts::{Action, Badge, CaseNumberText, FlowRow, Menu, Pager};
use super::words::Moment;

/// A list of cases.
#[derive(Debug, Template)]
#[template(path = "case_list.html")]
pub struct CaseListPage {
    /// Around the page.
    pub frame: Frame,
    /// 我的申請案件 or 案件查詢.
    pub title: String,
    /// How many cases are in each state, of all that the list could show.
    pub states: Vec<StateCount>,
    /// What the list is narrowed to.
    pub filter: Filter,
    /// Whether 新增 is shown.
    pub can_create: bool,
    /// Whether the list shows the reader's own cases: decides how an empty list speaks.
    pub own: bool,
    /// 每頁 20 筆共 N 筆.
    pub tally: String,
    /// 列印所選案件, for those who print.
    pub bulk: Option<BulkBar>,
    /// Cards or a table, where the reader can choose.
    pub views: Option<Views>,
    /// 匯出 CSV; `None` where there is nothing to take along.
    pub export: Option<ExportLink>,
    /// 常用條件.
    pub saved: Saved,
    /// The cases of this page.
    pub cards: Vec<CaseCard>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// How many cases are in a state.
#[derive(Clone, Debug)]
pub struct StateCount {
    /// The state.
    pub state: Badge,
    /// Such as `1,234` or `10,000+`.
    pub count: String,
    /// The same for those who listen: `1,234 筆`.
    pub words: String,
    /// The list of these.
    pub href: String,
    /// Whether the list is narrowed to this state now.
    pub current: bool,
}

/// What the list is narrowed to; all of it stays in the address.
#[derive(Clone, Debug)]
pub struct Filter {
    /// `scope`, kept while searching; empty for 我的申請案件.
    pub scope: String,
    /// `view`, kept while searching; empty for cards.
    pub view: String,
    /// `service`, the first one 全部服務 with an empty value.
    pub services: Vec<Choice>,
    /// `state`, the first one 全部狀態 with an empty value.
    pub states: Vec<Choice>,
    /// `sort`, the first one 最近異動 with an empty value.
    pub sorts: Vec<Choice>,
    /// Whether only what hasn't ended is listed, because it is put in order by its waiting.
    pub waiting: bool,
    /// `q`.
    pub keyword: String,
    /// Whether anything is narrowed: decides how an empty list speaks.
    pub narrowed: bool,
    /// 進階搜尋.
    pub advanced: Advanced,
    /// The address of the list without filters.
    pub clear: String,
}

/// 進階搜尋.
#[derive(Clone, Debug)]
pub struct Advanced {
    /// Whether any of it is used, and it stands open.
    pub open: bool,
    /// `from`: opened on this day or later.
    pub from: DateField,
    /// `to`: opened on this day or earlier.
    pub to: DateField,
    /// `subject`: a part of the name, or the whole number.
    pub subject: String,
    /// What only staff looks for.
    pub staff: Option<Staff>,
}

/// A day as it was typed.
#[derive(Clone, Debug, Default)]
pub struct DateField {
    /// What was typed.
    pub value: String,
    /// Why it can't be read.
    pub error: Option<String>,
}

/// The part of 進階搜尋 for those who see more than their own cases.
#[derive(Clone, Debug)]
pub struct Staff {
    /// `school`: a part of the name, or the code.
    pub school: String,
    /// `district`, the first one 全部行政區 with an empty value.
    pub districts: Vec<Choice>,
    /// `zone`, the first one 全部分區 with an empty value.
    pub zones: Vec<Choice>,
    /// `professional`, the first one 全部服務人員 with an empty value.
    pub professionals: Vec<Choice>,
}

/// 常用條件: filters under a name.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Those that there are.
    pub filters: Vec<SavedFilter>,
    /// The query that would be saved; `None` where nothing is narrowed, or it is saved already.
    pub query: Option<String>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct SavedFilter {
    /// Its name.
    pub name: String,
    /// The list that it leads to.
    pub href: String,
    /// Where the form goes that deletes it.
    pub forget: String,
    /// Whether the list is narrowed to it now.
    pub current: bool,
}

/// Cards or a table.
#[derive(Clone, Debug)]
pub struct Views {
    /// Whether it is a table now.
    pub table: bool,
    /// The same list as cards.
    pub cards: String,
    /// The same list as a table.
    pub rows: String,
}

/// 匯出 CSV.
#[derive(Clone, Debug)]
pub struct ExportLink {
    /// The file.
    pub href: String,
    /// How much of the list it holds at most.
    pub limit: String,
}

/// The bar of 列印所選案件: the form that the cards' boxes belong to.
#[derive(Clone, Debug)]
pub struct BulkBar {
    /// The list's filter, for choosing all that it finds.
    pub hidden: Vec<(String, String)>,
    /// How many all are; `None` where this page has all of them, or there are too many.
    pub all: Option<u64>,
    /// Whether there are more than can be chosen at once.
    pub too_many: bool,
    /// How many can be chosen at once.
    pub most: usize,
}

/// One case in the list.
#[derive(Clone, Debug, Template)]
#[template(path = "case_card.html")]
pub struct CaseCard {
    /// The case number.
    pub number: CaseNumberText,
    /// Whether it can be chosen for 列印所選案件.
    pub pick: bool,
    /// The case page.
    pub href: String,
    /// Such as 轉介申請.
    pub service: String,
    /// 案件狀態.
    pub state: Badge,
    /// District and name.
    pub school: String,
    /// 學制.
    pub stage: String,
    /// 時間: when the case was opened.
    pub opened: Moment,
    /// 申請人.
    pub applicant: String,
    /// 電話.
    pub phone: String,
    /// 信箱.
    pub email: String,
    /// 問題簡述.
    pub problem: String,
    /// 轉介需求, joined.
    pub needs: String,
    /// 轉介期待.
    pub expectation: String,
    /// 備註.
    pub note: String,
    /// 服務對象, such as `1. 王小明`; `None` where there is none yet.
    pub subject: Option<String>,
    /// 檢附資料, such as `2 未核閱`; `None` where there are none.
    pub attachments: Option<Badge>,
    /// 服務人員; empty shows 未分派.
    pub staff: String,
    /// Since when it is in its state.
    pub since: Moment,
    /// The newest row of 案件流程.
    pub newest: Option<FlowRow>,
    /// The rest of it, newest first.
    pub older: Vec<FlowRow>,
    /// What the case waits for, such as 核閱案件中...
    pub waiting: Option<String>,
    /// Whether the printed form no longer says what the record says.
    pub stale: bool,
    /// The next thing to do here.
    pub action: Option<Action>,
    /// The 「...」 menu.
    pub menu: Menu,
}

impl HtmlSafe for CaseCard {}

impl CaseListPage {
    /// Whether the cases stand in a table.
    fn is_table(&self) -> bool {
        self.views.as_ref().is_some_and(|views| views.table)
    }

    /// An empty list offers 新增 in its own words, once is enough.
    fn offers_new(&self) -> bool {
        self.can_create && (self.filter.narrowed || !self.cards.is_empty())
    }
}

#[cfg(test)]
#[path = "case_list_sample.rs"]
pub(crate) mod sample;
