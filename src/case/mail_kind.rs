//! What mails are about: waiting cases, or an account.

use std::fmt;
use std::str::FromStr;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Notices about cases.
    Notices,
    /// A registration's address is to be confirmed.
    Registration,
    /// An account was activated.
    Activated,
    /// A registration was refused.
    Refused,
    /// A link to set a new password.
    Password,
    /// That the password was changed.
    PasswordChanged,
    /// That a remembered device was used twice.
    DeviceStolen,
    /// Whether the account may move to this new address.
    NewAddress,
    /// Whether the account may move away from this old address.
    OldAddress,
    /// That the account has moved to another address.
    AddressChanged,
    /// That failures have locked the account for a while.
    Locked,
    /// That a second factor was enrolled.
    FactorEnrolled,
    /// That the second factor was taken off.
    FactorRemoved,
    /// That a recovery code stood in for the second factor.
    RecoveryUsed,
    /// That there are new recovery codes.
    RecoveryRenewed,
}

impl MailKind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Notices,
        Self::Registration,
        Self::Activated,
        Self::Refused,
        Self::Password,
        Self::PasswordChanged,
        Self::DeviceStolen,
        Self::NewAddress,
        Self::OldAddress,
        Self::AddressChanged,
        Self::Locked,
        Self::FactorEnrolled,
        Self::FactorRemoved,
        Self::RecoveryUsed,
        Self::RecoveryRenewed,
    ];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notices => "notices",
            Self::Registration => "registration",
            Self::Activated => "activated",
            Self::Refused => "refused",
            Self::Password => "password",
            Self::PasswordChanged => "password-changed",
            Self::DeviceStolen => "device-token-reused",
            Self::NewAddress => "new-address",
            Self::OldAddress => "old-address",
            Self::AddressChanged => "address-changed",
            Self::Locked => "account-locked",
            Self::FactorEnrolled => "second-factor-enrolled",
            Self::FactorRemoved => "second-factor-removed",
            Self::RecoveryUsed => "recovery-code-used",
            Self::RecoveryRenewed => "recovery-codes-renewed",
        }
    }

    /// What the administrator's page calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Notices => "案件通知",
            Self::Registration => "註冊確認",
            Self::Activated => "帳號啟用",
            Self::Refused => "帳號未啟用",
            Self::Password => "忘記密碼",
            Self::PasswordChanged => "密碼已變更",
            Self::DeviceStolen => "裝置疑似遭盜用",
            Self::NewAddress | Self::OldAddress => "變更信箱確認",
            Self::AddressChanged => "信箱已變更",
            Self::Locked => "帳號暫停登入",
            Self::FactorEnrolled => "兩步驟驗證已啟用",
            Self::FactorRemoved => "兩步驟驗證已停用",
            Self::RecoveryUsed => "備用碼已使用",
            Self::RecoveryRenewed => "備用碼已更新",
        }
    }
}

impl fmt::Display for MailKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MailKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|k| k.as_str() == text)
            .ok_or_else(|| format!("no such kind of mail: {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back() {
        for kind in MailKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert!(!kind.label().is_empty());
        }
        assert!("gossip".parse::<MailKind>().is_err());
    }
}
