//! The roles of people and the words that users see for them.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;

/// What someone is here for. One person can hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 申請人: a school's counsellor.
    Applicant,
    /// 個管組
    CaseManager,
    /// 分區督導
    Supervisor,
    /// 專業輔導人員
    Professional,
    /// 檔案管理
    Archivist,
    /// 系統管理
    Administrator,
}

impl Role {
    /// All roles in the order of the walk.
    pub const ALL: [Self; 6] = [
        Self::Applicant,
        Self::CaseManager,
        Self::Supervisor,
        Self::Professional,
        Self::Archivist,
        Self::Administrator,
    ];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Applicant => "申請人",
            Self::CaseManager => "個管組",
            Self::Supervisor => "分區督導",
            Self::Professional => "專業輔導人員",
            Self::Archivist => "檔案管理",
            Self::Administrator => "系統管理",
        }
    }

    /// The name in databases and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::CaseManager => "case-manager",
            Self::Supervisor => "supervisor",
            Self::Professional => "professional",
            Self::Archivist => "archivist",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|role| role.as_str()).collect();
            Malformed(format!("a role is one of {}, not {text:?}", names.join(", ")))
        })
    }
}

/// Who acts, as the rules need to know them. Yielded by the session, demanded by every step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account's identifier.
    pub id: String,
    /// The name that flow rows show.
    pub name: String,
    /// The roles held at this request.
    pub roles: Vec<Role>,
    /// The school that the account is bound to.
    pub school: Option<String>,
    /// The zone of a supervisor.
    pub zone: Option<String>,
}

impl Actor {
    /// Whether this person holds the role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
