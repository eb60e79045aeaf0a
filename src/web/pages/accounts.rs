//! 帳號, 帳號清查, 角色 and 異動紀錄: who may come in and as what, for administrators. Nothing of any case.

use askama::Template;

use super::field::Choice;
use super::frame::Frame;
use super::parts::{Action, Badge, Fact, Pager, Tabs};
use super::words::Moment;

/// The list of accounts, and the one of those that are to be looked at again.
#[derive(Debug, Template)]
#[template(path = "accounts.html")]
pub struct AccountsPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號, 帳號清查, 角色, 異動紀錄.
    pub tabs: Tabs,
    /// Such as 帳號.
    pub title: String,
    /// What the list is for.
    pub lead: String,
    /// `q`, `role` and `status`; none where the list can't be narrowed.
    pub filter: Option<AccountFilter>,
    /// The other list: due ones or all.
    pub other: Option<Action>,
    /// How many there are.
    pub total: i64,
    /// The accounts.
    pub rows: Vec<AccountRow>,
    /// What an empty list says.
    pub empty: String,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// What the list is narrowed to.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// The keyword.
    pub keyword: String,
    /// The roles, the first one 全部角色 with an empty value.
    pub roles: Vec<Choice>,
    /// How they stand, the first one 全部狀態 with an empty value.
    pub statuses: Vec<Choice>,
    /// Whether anything is narrowed.
    pub narrowed: bool,
}

/// One account.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// The name.
    pub name: String,
    /// The login.
    pub login: String,
    /// Where it opens.
    pub href: String,
    /// The mail address; may be empty.
    pub email: String,
    /// The roles.
    pub roles: String,
    /// The school, zone or profession; may be empty.
    pub place: String,
    /// How it stands.
    pub status: Badge,
    /// The last sign-in.
    pub last: Option<Moment>,
    /// When somebody looked at it last, and who.
    pub reviewed: Option<(Moment, String)>,
    /// What can be done here.
    pub actions: Vec<Action>,
}

/// One account with everything about it.
#[derive(Debug, Template)]
#[template(path = "account_card.html")]
pub struct AccountCardPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號, 帳號清查, 角色, 異動紀錄.
    pub tabs: Tabs,
    /// The name.
    pub name: String,
    /// How it stands.
    pub status: Badge,
    /// What it says, and how it is used.
    pub facts: Vec<Fact>,
    /// What can be done, the first one the usual thing.
    pub actions: Vec<Action>,
    /// The newest changes.
    pub changes: Vec<ChangeRow>,
    /// Where all of them stand.
    pub all_changes: String,
}

/// One change.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// When.
    pub when: Moment,
    /// Who, by the name of that moment, or what did it by itself.
    pub who: String,
    /// Of what, such as 帳號 wang.
    pub subject: String,
    /// What of it.
    pub field: String,
    /// What stood there.
    pub old: String,
    /// What stands there.
    pub new: String,
    /// Why.
    pub reason: String,
    /// The network address, and the request shortened.
    pub origin: String,
}

/// 角色: what each role may, and how many hold it.
#[derive(Debug, Template)]
#[template(path = "roles.html")]
pub struct RolesPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號, 帳號清查, 角色, 異動紀錄.
    pub tabs: Tabs,
    /// The roles.
    pub rows: Vec<RoleRow>,
}

/// One role.
#[derive(Clone, Debug)]
pub struct RoleRow {
    /// Its label.
    pub label: String,
    /// Whose cases it sees.
    pub sees: String,
    /// What happens to cases through it.
    pub events: String,
    /// What it may beside.
    pub may: Vec<String>,
    /// How many active accounts hold it.
    pub count: i64,
    /// Where these are listed.
    pub href: String,
}

/// 異動紀錄.
#[derive(Debug, Template)]
#[template(path = "changes.html")]
pub struct ChangesPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號, 帳號清查, 角色, 異動紀錄.
    pub tabs: Tabs,
    /// `kind`, the first one 全部 with an empty value.
    pub kinds: Vec<Choice>,
    /// `subject`: of which one; empty: of all.
    pub subject: String,
    /// Whether anything is narrowed.
    pub narrowed: bool,
    /// How many there are.
    pub total: i64,
    /// The changes, newest first.
    pub rows: Vec<ChangeRow>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

#[cfg(test)]
pub(crate) use sample::frame;

#[cfg(test)]
mod sample {
    use super::super::case_list::sample::ago;
    use super::super::frame::{Here, NavLink};
    use super::super::parts::{Look, Weight};
    use super::*;

    /// Around an administrator's page.
    pub(crate) fn frame() -> Frame {
        let mut frame = Frame::sample_administrator();
        frame.here = Here::Accounts;
        if let Some(account) = &mut frame.account {
            account.links = vec![
                NavLink::sample(Here::Accounts, "帳號", "/admin/accounts"),
                NavLink::sample(Here::Schools, "學校", "/admin/schools"),
                NavLink::sample(Here::Zones, "分區", "/zones"),
                NavLink::sample(Here::Mail, "郵件寄送", "/admin/mail"),
                NavLink::sample(Here::System, "系統", "/admin/settings"),
            ];
        }
        frame
    }

    fn tabs(here: usize) -> Tabs {
        Tabs::new(
            "帳號管理",
            here,
            &[
                ("帳號", "/admin/accounts", None),
                ("帳號清查", "/admin/review", Some(3)),
                ("角色", "/admin/roles", None),
                ("異動紀錄", "/admin/changes", None),
            ],
        )
    }

    fn row(name: &str, login: &str, roles: &str, place: &str, status: Badge) -> AccountRow {
        AccountRow {
            name: name.into(),
            login: login.into(),
            href: "/admin/accounts/p1".into(),
            email: format!("{login}@example.org"),
            roles: roles.into(),
            place: place.into(),
            status,
            last: Some(ago(50)),
            reviewed: None,
            actions: Vec::new(),
        }
    }

    fn change(field: &str, old: &str, new: &str, reason: &str) -> ChangeRow {
        ChangeRow {
            when: ago(30),
            who: "周系統".into(),
            subject: "帳號 wang".into(),
            field: field.into(),
            old: old.into(),
            new: new.into(),
            reason: reason.into(),
            origin: "192.0.2.7 6f1c20de".into(),
        }
    }

    impl AccountsPage {
        pub(crate) fn sample() -> Self {
            let active = || Badge::new("使用中", Look::Done);
            Self {
                frame: frame(),
                tabs: tabs(0),
                title: "帳號".into(),
                lead: "誰可以登入、以什麼角色。".into(),
                filter: Some(AccountFilter {
                    keyword: String::new(),
                    roles: vec![
                        Choice::labelled("", "全部角色", true),
                        Choice::labelled("applicant", "申請人", false),
                    ],
                    statuses: vec![
                        Choice::labelled("", "全部狀態", true),
                        Choice::labelled("active", "使用中", false),
                    ],
                    narrowed: false,
                }),
                other: None,
                total: 23,
                rows: vec![
                    row("王輔導", "counsellor", "申請人", "三民區 測試國小", active()),
                    row("周系統", "admin", "個管組、系統管理", "", active()),
                    AccountRow {
                        last: None,
                        ..row("前老師", "former", "申請人", "", Badge::new("停用", Look::Ended))
                    },
                ],
                empty: String::new(),
                pager: Pager { previous: None, next: Some("/admin/accounts?after=former".into()) },
            }
        }

        pub(crate) fn sample_nothing_found() -> Self {
            let mut page = Self::sample();
            if let Some(filter) = &mut page.filter {
                filter.narrowed = true;
                filter.keyword = "沒有這個人".into();
            }
            Self {
                rows: Vec::new(),
                total: 0,
                empty: "沒有符合條件的帳號".into(),
                pager: Pager::default(),
                ..page
            }
        }

        pub(crate) fn sample_review() -> Self {
            let mut page = Self::sample();
            for row in &mut page.rows {
                row.reviewed = Some((ago(5000), "周系統".into()));
                row.actions = vec![
                    Action::post("仍需使用", "/admin/review/p1", &[]),
                    Action::open("停用", "/admin/accounts/p1/disable"),
                ];
            }
            Self {
                tabs: tabs(1),
                title: "帳號清查".into(),
                filter: None,
                other: Some(Action::open("列出全部使用中的帳號", "/admin/review?all=1")),
                ..page
            }
        }
    }

    impl AccountCardPage {
        pub(crate) fn sample() -> Self {
            Self {
                frame: frame(),
                tabs: tabs(0),
                name: "王輔導".into(),
                status: Badge::new("使用中", Look::Done),
                facts: vec![
                    Fact::new("帳號", "counsellor"),
                    Fact::new("信箱", ""),
                    Fact::new("角色", "申請人"),
                    Fact::new("學校", "三民區 測試國小"),
                ],
                actions: vec![
                    Action::open("修改", "/admin/accounts/p1/edit").weighing(Weight::Primary),
                    Action::open("停用", "/admin/accounts/p1/disable").weighing(Weight::Danger),
                ],
                changes: vec![change("學校", "123602", "123503", "調校"), change("建立", "", "王輔導", "")],
                all_changes: "/admin/changes?kind=account&subject=p1".into(),
            }
        }
    }

    impl RolesPage {
        pub(crate) fn sample() -> Self {
            Self {
                frame: frame(),
                tabs: tabs(2),
                rows: vec![RoleRow {
                    label: "個管組".into(),
                    sees: "所有案件".into(),
                    events: "收件、補件".into(),
                    may: vec!["統計".into()],
                    count: 3,
                    href: "/admin/accounts?role=case-manager".into(),
                }],
            }
        }
    }

    impl ChangesPage {
        pub(crate) fn sample() -> Self {
            Self {
                frame: frame(),
                tabs: tabs(3),
                kinds: vec![Choice::labelled("", "全部", true), Choice::labelled("account", "帳號", false)],
                subject: String::new(),
                narrowed: false,
                total: 2,
                rows: vec![
                    change("狀態", "使用中", "停用", "已離職"),
                    change("角色", "申請人", "申請人、個管組", ""),
                ],
                pager: Pager::default(),
            }
        }

        pub(crate) fn sample_empty() -> Self {
            Self { rows: Vec::new(), total: 0, ..Self::sample() }
        }
    }
}
