//! 申請人帳號: a case manager finds an applicant's account and binds it to another school.

use askama::Template;

use super::accounts::AccountRow;
use super::field::Field;
use super::frame::Frame;
use super::parts::{Fact, Pager};
use super::school::SchoolChoice;

/// The applicants' accounts.
#[derive(Debug, Template)]
#[template(path = "applicants.html")]
pub struct ApplicantsPage {
    /// Around the page.
    pub frame: Frame,
    /// `q`.
    pub keyword: String,
    /// How many there are.
    pub total: i64,
    /// The accounts.
    pub rows: Vec<AccountRow>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// 變更服務學校.
#[derive(Debug, Template)]
#[template(path = "binding.html")]
pub struct BindingPage {
    /// Around the page.
    pub frame: Frame,
    /// Whose account it is, and its school.
    pub facts: Vec<Fact>,
    /// The page's own address.
    pub address: String,
    /// `q`.
    pub keyword: String,
    /// The school's code as the page knew it.
    pub was: String,
    /// The schools to choose from.
    pub schools: Vec<SchoolChoice>,
    /// Whether there are more.
    pub more: bool,
    /// Why nothing was changed.
    pub error: Option<String>,
    /// The reason.
    pub reason: Field,
}

#[cfg(test)]
impl ApplicantsPage {
    pub(crate) fn sample() -> Self {
        use super::accounts::AccountsPage;
        use super::parts::Action;
        let mut rows = AccountsPage::sample().rows;
        for row in &mut rows {
            row.actions = vec![Action::open("變更學校", "/applicants/p1/school")];
        }
        let frame = Frame { here: super::frame::Here::Applicants, ..Frame::sample_staff() };
        Self { frame, keyword: String::new(), total: 3, rows, pager: Pager::default() }
    }

    pub(crate) fn sample_nothing_found() -> Self {
        Self { rows: Vec::new(), total: 0, keyword: "沒有這個人".into(), ..Self::sample() }
    }
}

#[cfg(test)]
impl BindingPage {
    pub(crate) fn sample() -> Self {
        let school = |code: &str, name: &str| SchoolChoice {
            code: code.into(),
            name: name.into(),
            stage: "三民區，國中".into(),
            chosen: false,
        };
        Self {
            frame: Frame { here: super::frame::Here::Applicants, ..Frame::sample_staff() },
            facts: vec![Fact::new("姓名", "王輔導"), Fact::new("目前學校", "三民區 測試國小")],
            address: "/applicants/p1/school".into(),
            keyword: "示範".into(),
            was: "123602".into(),
            schools: vec![school("123503", "示範國中"), school("123504", "第二示範國中")],
            more: true,
            error: Some("請填寫原因。".into()),
            reason: Field::text("reason", "原因", "", 200),
        }
    }

    pub(crate) fn sample_unsearched() -> Self {
        Self { keyword: String::new(), schools: Vec::new(), more: false, error: None, ..Self::sample() }
    }
}
