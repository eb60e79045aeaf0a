//! Who may do what: one table, role by role. Pages, steps and the scope of every query come from it.
//!
//! What happens to a case is in [`super::lifecycle`]'s table, event by event; here stands whose cases a role
//! sees, and what it may beside cases.

use super::role::{Actor, Role};

/// Whose cases a role sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Those that one applied for.
    Own,
    /// All.
    All,
    /// Those of the own zone's schools, from 送件 on.
    Zone,
    /// Those that one serves.
    Assigned,
    /// Those from 送件 on, and those that ended before it.
    Archived,
    /// None: no content of any case.
    Nothing,
}

impl Sees {
    /// In words, for a page.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "自己申請的案件",
            Self::All => "所有案件",
            Self::Zone => "自己分區已送件的案件",
            Self::Assigned => "指派給自己的案件",
            Self::Archived => "已送件或已結束的案件",
            Self::Nothing => "看不到任何案件內容",
        }
    }
}

/// Something that a role may beside the events of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// 待審核: the queue and the desk.
    Queue,
    /// 派案: the lists of a zone.
    Dispatch,
    /// 我的服務案件.
    Serve,
    /// 統計.
    Statistics,
    /// 啟用帳號, 變更服務學校.
    Applicants,
    /// 查閱紀錄 of a case.
    Traces,
    /// 保存年限, 法律保留.
    Retention,
    /// 帳號, 角色, 帳號清查, 異動紀錄.
    Accounts,
    /// 學校, 分區.
    Schools,
    /// 設定, 郵件, 排程.
    Operation,
    /// 原件檢查: how the originals stand, without content of cases.
    Fixity,
    /// 調閱: originals of any case, with a stated purpose.
    Retrieve,
}

impl Right {
    /// In words, for a page.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Queue => "審核送件、退回、補件、收件、更正、移交",
            Self::Dispatch => "派案、改派、核准結案",
            Self::Serve => "服務紀錄、申請結案",
            Self::Statistics => "統計",
            Self::Applicants => "啟用帳號、變更服務學校",
            Self::Traces => "案件的查閱紀錄",
            Self::Retention => "保存年限、法律保留",
            Self::Accounts => "帳號、角色、帳號清查、異動紀錄",
            Self::Schools => "學校、行政區、分區",
            Self::Operation => "設定、郵件寄送、排程",
            Self::Fixity => "原件檢查",
            Self::Retrieve => "調閱原件、驗證單、查驗檔案",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The role.
    pub role: Role,
    /// Whose cases it sees.
    pub sees: Sees,
    /// What it may beside.
    pub may: &'static [Right],
}

const fn row(role: Role, sees: Sees, may: &'static [Right]) -> Row {
    Row { role, sees, may }
}

/// The table.
#[rustfmt::skip]
pub const TABLE: [Row; 6] = [
    row(Role::Applicant,     Sees::Own,      &[]),
    row(Role::CaseManager,   Sees::All,      &[Right::Queue, Right::Applicants, Right::Traces, Right::Statistics]),
    row(Role::Supervisor,    Sees::Zone,     &[Right::Dispatch, Right::Traces, Right::Statistics]),
    row(Role::Professional,  Sees::Assigned, &[Right::Serve]),
    row(Role::Archivist,     Sees::Archived, &[Right::Traces, Right::Retrieve, Right::Fixity, Right::Retention]),
    row(Role::Administrator, Sees::Nothing,  &[Right::Accounts, Right::Schools, Right::Operation, Right::Fixity]),
];

/// Whether one of the person's roles gives the right.
#[must_use]
pub fn may(actor: &Actor, right: Right) -> bool {
    TABLE.iter().any(|row| actor.is(row.role) && row.may.contains(&right))
}

/// Whether one of the person's roles sees cases in this way.
#[must_use]
pub fn sees(actor: &Actor, which: Sees) -> bool {
    TABLE.iter().any(|row| actor.is(row.role) && row.sees == which)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(roles: &[Role]) -> Actor {
        Actor { id: "p".into(), name: "王".into(), roles: roles.to_vec(), school: None, zone: None }
    }

    #[test]
    fn every_role_has_its_row_and_administrators_see_no_case() {
        assert_eq!(TABLE.map(|row| row.role), Role::ALL);
        let administrator = actor(&[Role::Administrator]);
        for which in [Sees::Own, Sees::All, Sees::Zone, Sees::Assigned, Sees::Archived] {
            assert!(!sees(&administrator, which), "{which:?}");
        }
    }

    #[test]
    fn two_roles_give_what_either_gives_and_no_more() {
        let both = actor(&[Role::Applicant, Role::Supervisor]);
        assert!(sees(&both, Sees::Own) && sees(&both, Sees::Zone) && !sees(&both, Sees::All));
        assert!(may(&both, Right::Dispatch) && !may(&both, Right::Queue) && !may(&both, Right::Accounts));
        assert!(!may(&actor(&[]), Right::Statistics));
    }
}
