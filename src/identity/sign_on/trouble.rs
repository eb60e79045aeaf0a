//! Why a sign-on comes to nothing. What is said here goes to the log: codes and checks, nothing of the person.

use crate::store::StoreError;

/// Why a sign-on comes to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The provider doesn't answer, or not as a provider does.
    #[error("the provider doesn't answer: {0}")]
    Unreachable(String),
    /// It refuses us: the client's id, secret or addresses aren't what it knows.
    #[error("the provider refuses this client: {0}")]
    Misconfigured(String),
    /// No sign-on of this browser is under way with this state: it is over, or used, or another browser's.
    #[error("no such sign-on is under way in this browser")]
    Unknown,
    /// It was begun too long ago.
    #[error("the sign-on took too long")]
    TooLate,
    /// The provider takes the code no more.
    #[error("the provider doesn't take the code")]
    Spent,
    /// The person, or the provider, said no.
    #[error("the provider answered {0}")]
    Denied(String),
    /// The answer isn't by the provider that was asked (RFC 9207).
    #[error("the answer names another issuer")]
    AnotherIssuer,
    /// The token isn't good: the check that it fails.
    #[error("the token is refused: {0}")]
    Unfit(String),
    /// A student.
    #[error("a student")]
    Student,
    /// The provider names schools, and none of them is ours: a case manager decides which school it is.
    #[error("none of the named schools is ours")]
    OtherSchool,
    /// The account is known, and may not come in.
    #[error("the account is not active")]
    Inactive,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Trouble {
    /// One word for the log.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Misconfigured(_) => "misconfigured",
            Self::Unknown => "unknown-attempt",
            Self::TooLate => "too-late",
            Self::Spent => "spent-code",
            Self::Denied(_) => "denied",
            Self::AnotherIssuer => "another-issuer",
            Self::Unfit(_) => "unfit-token",
            Self::Student => "student",
            Self::OtherSchool => "other-school",
            Self::Inactive => "inactive",
            Self::Store(_) => "store",
        }
    }
}
