//! 派案: what waits for a supervisor, one case at a time or several at once, and what came of it.

use askama::Template;

use super::case_list::StateCount;
use super::chooser::Chooser;
use super::field::Summary;
use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, Fact, Link, Pager};
use super::words::Moment;

/// The supervisor's page: cases to dispatch, and proposals of closing to decide.
#[derive(Debug, Template)]
#[template(path = "dispatch.html")]
pub struct DispatchPage {
    /// Around the page.
    pub frame: Frame,
    /// The zone's name; none: the account has no zone yet.
    pub zone: Option<String>,
    /// How many cases are in each state, of those in the zone.
    pub states: Vec<StateCount>,
    /// How many wait for dispatch.
    pub to_dispatch: i64,
    /// How many proposals of closing wait.
    pub to_close: i64,
    /// The open list.
    pub list: DispatchList,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

impl DispatchPage {
    /// The numbers of the cases that it shows.
    #[must_use]
    pub fn numbers(&self) -> Vec<&str> {
        match &self.list {
            DispatchList::ToDispatch { cases, .. } => {
                cases.iter().map(|case| case.number.digits.as_str()).collect()
            }
            DispatchList::ToClose(cases) => cases.iter().map(|case| case.number.digits.as_str()).collect(),
        }
    }

    fn is_dispatching(&self) -> bool {
        matches!(self.list, DispatchList::ToDispatch { .. })
    }
}

/// Which of the two lists is open.
#[derive(Clone, Debug)]
pub enum DispatchList {
    /// 待派案, with the form that dispatches them.
    ToDispatch {
        /// The cases, who waits longest first.
        cases: Vec<WaitingCase>,
        /// How many more wait to be signed again, and can't be dispatched.
        to_seal: usize,
        /// Who can serve.
        chooser: Box<Chooser>,
        /// Why nothing was dispatched: no case was ticked.
        error: Option<String>,
        /// Hidden fields: `after` or `before`, the page of the list.
        hidden: Vec<(&'static str, String)>,
    },
    /// 待核准結案.
    ToClose(Vec<ClosingCase>),
}

/// One case that waits for dispatch.
#[derive(Clone, Debug)]
pub struct WaitingCase {
    /// The case number.
    pub number: CaseNumberText,
    /// The value of `case`: the number and the version, with a dot between.
    pub value: String,
    /// Whether it is ticked.
    pub chosen: bool,
    /// The case page.
    pub href: String,
    /// The page that dispatches it alone.
    pub dispatch: String,
    /// Such as 轉介申請.
    pub service: String,
    /// District and name.
    pub school: String,
    /// 問題簡述.
    pub problem: String,
    /// 轉介需求, one by one.
    pub needs: Vec<String>,
    /// Since when it waits.
    pub since: Moment,
}

impl WaitingCase {
    /// The needs for scripts, with spaces between.
    fn needs_text(&self) -> String {
        self.needs.join(" ")
    }
}

/// One case whose closing was proposed.
#[derive(Clone, Debug)]
pub struct ClosingCase {
    /// The case number.
    pub number: CaseNumberText,
    /// The case page.
    pub href: String,
    /// The page of the proposal.
    pub decide: String,
    /// Such as 轉介申請.
    pub service: String,
    /// District and name.
    pub school: String,
    /// The subject's name; may be empty.
    pub subject: String,
    /// When it was proposed.
    pub when: Moment,
    /// How many service records there are.
    pub sessions: i64,
}

/// 派案 and 改派 of one case.
#[derive(Debug, Template)]
#[template(path = "staffing.html")]
pub struct StaffingPage {
    /// Around the page.
    pub frame: Frame,
    /// 派案 or 改派.
    pub title: String,
    /// The case number.
    pub number: CaseNumberText,
    /// What a supervisor needs to know of it.
    pub facts: Vec<Fact>,
    /// Said before the choice; may be empty.
    pub lead: String,
    /// Who can serve.
    pub chooser: Chooser,
    /// The form's address.
    pub action: String,
    /// The case's version.
    pub version: i64,
    /// The button's words.
    pub button: String,
    /// The way back.
    pub cancel: String,
}

impl StaffingPage {
    fn summary(&self) -> Summary<'_> {
        let people = self.chooser.error.as_deref();
        Summary::of_fields(std::iter::once(&self.chooser.reason)).and("people", "專業輔導人員", people)
    }
}

/// What came of dispatching several cases.
#[derive(Debug, Template)]
#[template(path = "dispatched.html")]
pub struct DispatchedPage {
    /// Around the page.
    pub frame: Frame,
    /// Who was chosen, such as 張心理 (心理師).
    pub people: String,
    /// The cases that they serve now.
    pub done: Vec<DispatchedCase>,
    /// The cases that were refused.
    pub refused: Vec<DispatchedCase>,
    /// Where to go on.
    pub back: Link,
}

/// One case and what came of it.
#[derive(Clone, Debug)]
pub struct DispatchedCase {
    /// The case number.
    pub number: CaseNumberText,
    /// The case page.
    pub href: String,
    /// 服務中, or nothing where it isn't known.
    pub state: Option<Badge>,
    /// What happened, or why not and what to do.
    pub words: String,
}

#[cfg(test)]
#[path = "dispatch_sample.rs"]
mod sample;
