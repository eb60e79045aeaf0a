//! What can wait for somebody for too long: a case in some states, a proposal to close it or to destroy it, its next
//! record, an account.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;
use super::state::State;

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// A case in 核章, for the applicant.
    Seal,
    /// A case in 補件, for the applicant.
    Supplement,
    /// A case in 送件, for the case managers.
    Review,
    /// A case in 收件, for the supervisors.
    Dispatch,
    /// A proposal to close a case, for the supervisors.
    Closing,
    /// A registered account whose address is confirmed, for the case managers.
    Account,
    /// A case in 服務中 without a new record, for those who serve it.
    Record,
    /// A proposal to destroy a case, for the other archivists.
    Disposal,
}

impl Wait {
    /// Everything that can wait.
    pub const ALL: [Self; 8] = [
        Self::Seal,
        Self::Supplement,
        Self::Review,
        Self::Dispatch,
        Self::Closing,
        Self::Account,
        Self::Record,
        Self::Disposal,
    ];

    /// The state in which a case waits so; none of what isn't told by a state.
    #[must_use]
    pub fn state(self) -> Option<State> {
        match self {
            Self::Seal => Some(State::Sealing),
            Self::Supplement => Some(State::Supplement),
            Self::Review => Some(State::Submitted),
            Self::Dispatch => Some(State::Received),
            Self::Closing | Self::Account | Self::Record | Self::Disposal => None,
        }
    }

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Seal => State::Sealing.label(),
            Self::Supplement => State::Supplement.label(),
            Self::Review => State::Submitted.label(),
            Self::Dispatch => State::Received.label(),
            Self::Closing => "申請結案",
            Self::Account => "註冊帳號",
            Self::Record => "服務紀錄",
            Self::Disposal => "提請銷毀",
        }
    }

    /// The name in databases: the state's, where there is one.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seal => State::Sealing.as_str(),
            Self::Supplement => State::Supplement.as_str(),
            Self::Review => State::Submitted.as_str(),
            Self::Dispatch => State::Received.as_str(),
            Self::Closing => "closing",
            Self::Account => "account",
            Self::Record => "record",
            Self::Disposal => "disposal",
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Wait {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|wait| wait.as_str() == text);
        found.ok_or_else(|| Malformed(format!("nothing waits like this: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_differ() {
        for wait in Wait::ALL {
            assert_eq!(wait.to_string().parse(), Ok(wait));
            assert_eq!(Wait::ALL.iter().filter(|other| other.label() == wait.label()).count(), 1, "{wait}");
        }
        assert!("draft".parse::<Wait>().is_err());
    }
}
