//! The states of a case 案件狀態 and the words that users see for them.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;

/// Where a case stands in its life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// 暫存: being written.
    Draft,
    /// 核章: a form has been printed; waiting for the signed scan.
    Sealing,
    /// 送件: waiting for review.
    Submitted,
    /// 補件: named items are open again.
    Supplement,
    /// 收件: waiting for dispatch.
    Received,
    /// 服務中: professionals are at work.
    InService,
    /// 結案.
    Closed,
    /// 不開案.
    Declined,
    /// 撤案.
    Withdrawn,
}

impl State {
    /// All states in the order of the walk, side exits last.
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::Sealing,
        Self::Submitted,
        Self::Supplement,
        Self::Received,
        Self::InService,
        Self::Closed,
        Self::Declined,
        Self::Withdrawn,
    ];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "暫存",
            Self::Sealing => "核章",
            Self::Submitted => "送件",
            Self::Supplement => "補件",
            Self::Received => "收件",
            Self::InService => "服務中",
            Self::Closed => "結案",
            Self::Declined => "不開案",
            Self::Withdrawn => "撤案",
        }
    }

    /// The sentence below the label that says what is going on, in the manual's words.
    #[must_use]
    pub fn note(self) -> &'static str {
        match self {
            Self::Draft => "案件暫存中，完成資料與檢附資料後請列印申請單",
            Self::Sealing => "申請單已列印，核章後請掃描並上傳簽核申請單",
            Self::Submitted => "申請完成，等待審核確認中",
            Self::Supplement => "申請資料有誤，需補件上傳",
            Self::Received => "收件完成，等待派案中",
            Self::InService => "專業輔導人員服務中",
            Self::Closed => "服務完成，已結案",
            Self::Declined => "審核後不開案",
            Self::Withdrawn => "案件已撤回",
        }
    }

    /// The name in databases, addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sealing => "sealing",
            Self::Submitted => "submitted",
            Self::Supplement => "supplement",
            Self::Received => "received",
            Self::InService => "in_service",
            Self::Closed => "closed",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such state: {text:?}")))
    }
}
