//! 不啟用: why a registration isn't activated. Its owner is told one of these sentences by mail and nothing that was
//! typed; what is noted beside it stays inside.

use std::str::FromStr;

use super::ids::Malformed;

/// Why a registration isn't activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotActivated {
    /// The school isn't one that the centre serves.
    OutOfScope,
    /// The school's people come in by the sign-on.
    SignOn,
    /// What was said isn't enough, or not right.
    Incomplete,
    /// Something else, which is noted and told on the telephone.
    Other,
}

impl NotActivated {
    /// All reasons in the order of the page.
    pub const ALL: [Self; 4] = [Self::OutOfScope, Self::SignOn, Self::Incomplete, Self::Other];

    /// The name in the database, in forms and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfScope => "out-of-scope",
            Self::SignOn => "sign-on",
            Self::Incomplete => "incomplete",
            Self::Other => "other",
        }
    }

    /// The label that case managers choose by.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::OutOfScope => "不在服務範圍",
            Self::SignOn => "請改用單一登入",
            Self::Incomplete => "資料不足，請重新註冊",
            Self::Other => "其他，請洽本中心",
        }
    }

    /// What the owner is told.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::OutOfScope => "您註冊的單位不在本中心的服務範圍。",
            Self::SignOn => "您的學校請改用單一登入，不需要註冊帳號。",
            Self::Incomplete => "註冊的資料不足或有誤，請重新註冊。",
            Self::Other => "詳細原因請來電洽詢本中心。",
        }
    }

    /// The page on which the owner goes on.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Incomplete => "/register",
            Self::OutOfScope | Self::SignOn | Self::Other => "/login",
        }
    }

    /// How it is kept: the name, and what was noted behind a space.
    #[must_use]
    pub fn kept(self, note: &str) -> String {
        format!("{} {note}", self.as_str()).trim_end().to_owned()
    }

    /// The reason of what was kept; what was written before there were names is another one.
    #[must_use]
    pub fn read(kept: &str) -> Self {
        kept.split(' ').next().and_then(|name| name.parse().ok()).unwrap_or(Self::Other)
    }
}

impl FromStr for NotActivated {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|why| why.as_str() == text);
        found.ok_or_else(|| Malformed(format!("no such reason: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_back_without_its_note() {
        for why in NotActivated::ALL {
            assert_eq!(why.as_str().parse(), Ok(why));
            for note in ["", "園長來電說明，另案處理", "sign-on other"] {
                assert_eq!(NotActivated::read(&why.kept(note)), why, "{note}");
            }
            assert!(why.words().ends_with('。') && why.place().starts_with('/'));
        }
        assert_eq!(NotActivated::read("請改用教育局 OpenID"), NotActivated::Other);
    }
}
