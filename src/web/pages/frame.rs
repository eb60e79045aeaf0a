//! What stands around every page: organisation, navigation, account menu, notices.

use askama::Template;
use askama::filters::HtmlSafe;

use super::parts::{Link, Tone};

/// What every page has around it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose site this is.
    pub organisation: Organisation,
    /// Who is signed in; `None` before 登入.
    pub account: Option<AccountMenu>,
    /// Which entry of the navigation is marked.
    pub here: Here,
    /// What just happened, told once.
    pub notices: Vec<Notice>,
}

/// The organisation, as the configuration names it.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// Such as 高雄市學生輔導諮商中心.
    pub name: String,
    /// The name in Latin letters, below the name.
    pub latin: Option<String>,
    /// Whom to call, such as 學諮中心個管組：07-382-1200; stands in the footer.
    pub contact: Option<String>,
}

/// The signed-in person's corner.
#[derive(Clone, Debug)]
pub struct AccountMenu {
    /// 帳號名稱.
    pub name: String,
    /// The bound school, or what the person is there: 個管組.
    pub place: Option<String>,
    /// The entries of the navigation that this person sees, in order.
    pub links: Vec<NavLink>,
    /// How many notices are unread; counted up to a hundred.
    pub unread: i64,
    /// After how many seconds without a request the session ends.
    pub idle_seconds: i64,
}

/// One entry of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// Which one it is.
    pub here: Here,
    /// Its words.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// How much waits there; 0: nothing is said.
    pub count: i64,
}

/// The marked entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// 我的申請案件 and the pages below it.
    Mine,
    /// 派案: a supervisor's cases to dispatch and to close.
    Dispatch,
    /// 我的服務案件.
    Served,
    /// 待審核 and the desk.
    Queue,
    /// 案件查詢 and the pages below it.
    All,
    /// 調閱 and 查驗.
    Retrieval,
    /// 原件檢查.
    Fixity,
    /// 待啟用帳號.
    WaitingAccounts,
    /// 統計.
    Statistics,
    /// 保存年限, for archivists.
    Retention,
    /// 申請人帳號, for case managers.
    Applicants,
    /// 帳號, 帳號清查, 角色 and 異動紀錄.
    Accounts,
    /// 學校.
    Schools,
    /// 設定 and 排程.
    System,
    /// 分區.
    Zones,
    /// 通知.
    Notices,
    /// 郵件寄送.
    Mail,
    /// 帳號資料.
    Account,
    /// No entry.
    Elsewhere,
}

/// One sentence about what just happened.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/notice.html")]
pub struct Notice {
    /// How it sounds.
    pub tone: Tone,
    /// The sentence, such as 案件暫存完成，請繼續新增服務對象.
    pub text: String,
    /// Where to go on, when there is one place.
    pub link: Option<Link>,
}

impl HtmlSafe for Notice {}

impl Notice {
    /// Above a form that comes back although nothing in it is wrong.
    #[must_use]
    pub fn attention(text: &str) -> Self {
        Self { tone: Tone::Attention, text: text.to_owned(), link: None }
    }

    /// The same because somebody else was faster; what was typed stands in the form still.
    #[must_use]
    pub fn overtaken() -> Self {
        Self::attention(
            "您開啟這一頁之後，案件有了變動，所以還沒有送出。您填寫的內容都還在；請看過案件的最新狀態，再送出一次。",
        )
    }
}

impl AccountMenu {
    /// The number of unread notices as it fits beside a word: `3`, `99+`.
    pub(crate) fn unread_figure(&self) -> String {
        if self.unread > 99 { "99+".into() } else { self.unread.to_string() }
    }

    /// The same for ears.
    pub(crate) fn unread_words(&self) -> String {
        if self.unread > 99 { "超過 99 則未讀".into() } else { format!("{} 則未讀", self.unread) }
    }
}

impl Frame {
    pub(crate) fn is_notices(&self) -> bool {
        self.here == Here::Notices
    }

    pub(crate) fn is_account(&self) -> bool {
        self.here == Here::Account
    }
}

#[cfg(test)]
impl Frame {
    /// An applicant of an elementary school.
    pub(crate) fn sample() -> Self {
        Self {
            organisation: Organisation::sample(),
            account: Some(AccountMenu {
                name: "測試人員".into(),
                place: Some("三民區 測試國小".into()),
                links: vec![NavLink::sample(Here::Mine, "我的申請案件", "/cases")],
                unread: 0,
                idle_seconds: 900,
            }),
            here: Here::Mine,
            notices: Vec::new(),
        }
    }

    /// A case manager.
    pub(crate) fn sample_staff() -> Self {
        Self {
            account: Some(AccountMenu {
                name: "管理人員".into(),
                place: Some("個管組".into()),
                links: vec![
                    NavLink::sample(Here::Queue, "待審核", "/queue"),
                    NavLink::sample(Here::All, "案件查詢", "/cases?scope=all"),
                    NavLink {
                        count: 3,
                        ..NavLink::sample(Here::WaitingAccounts, "待啟用帳號", "/accounts/waiting")
                    },
                    NavLink::sample(Here::Statistics, "統計", "/statistics"),
                ],
                unread: 100,
                idle_seconds: 900,
            }),
            here: Here::All,
            ..Self::sample()
        }
    }

    /// An administrator.
    pub(crate) fn sample_administrator() -> Self {
        Self {
            account: Some(AccountMenu {
                name: "系統人員".into(),
                place: Some("系統管理".into()),
                links: vec![NavLink::sample(Here::Mail, "郵件寄送", "/admin/mail")],
                unread: 0,
                idle_seconds: 900,
            }),
            here: Here::Mail,
            ..Self::sample()
        }
    }

    /// Before 登入.
    pub(crate) fn sample_stranger() -> Self {
        Self { account: None, here: Here::Elsewhere, ..Self::sample() }
    }

    /// The same frame with a notice.
    pub(crate) fn saying(mut self, tone: Tone, text: &str) -> Self {
        self.notices.push(Notice { tone, text: text.into(), link: None });
        self
    }
}

#[cfg(test)]
impl NavLink {
    pub(crate) fn sample(here: Here, label: &str, href: &str) -> Self {
        Self { here, label: label.into(), href: href.into(), count: 0 }
    }
}

#[cfg(test)]
impl Organisation {
    pub(crate) fn sample() -> Self {
        Self {
            name: "高雄市學生輔導諮商中心".into(),
            latin: Some("Kaohsiung Student Counseling Center".into()),
            contact: Some("學諮中心個管組：07-382-1200".into()),
        }
    }
}
