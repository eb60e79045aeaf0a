//! 我的申請案件 and 案件查詢: cards, filters in the address, 20 a page.

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
    /// What the list is narrowed to.
    pub filter: Filter,
    /// Whether 新增 is shown.
    pub can_create: bool,
    /// How many cases match.
    pub total: u64,
    /// How many stand on a page.
    pub page_size: u32,
    /// 列印所選案件, for those who print.
    pub bulk: Option<BulkBar>,
    /// The cases of this page.
    pub cards: Vec<CaseCard>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// What the list is narrowed to; all of it stays in the address.
#[derive(Clone, Debug)]
pub struct Filter {
    /// `scope`, kept while searching; empty for 我的申請案件.
    pub scope: String,
    /// `service`, the first one 全部服務 with an empty value.
    pub services: Vec<Choice>,
    /// `state`, the first one 全部狀態 with an empty value.
    pub states: Vec<Choice>,
    /// `q`.
    pub keyword: String,
    /// Whether anything is narrowed: decides how an empty list speaks.
    pub narrowed: bool,
    /// The address of the list without filters.
    pub clear: String,
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
    /// An empty list offers 新增 in its own words, once is enough.
    fn offers_new(&self) -> bool {
        self.can_create && (self.filter.narrowed || !self.cards.is_empty())
    }
}

#[cfg(test)]
#[path = "case_list_sample.rs"]
pub(crate) mod sample;
