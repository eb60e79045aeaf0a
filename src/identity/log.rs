//! Every event of coming in, in one place: as a line of the log, and, where it concerns an account, for its owner.
//!
//! No line holds a login name, an address or a secret: a person by identifier, a typed account only blinded with the
//! installation's key, so that tries at one account can be told to belong together.

use crate::case::mail_kind::MailKind;
use crate::clock::World;
use crate::store::events::{self, Event};
use crate::store::mails::{self, NewMail};
use crate::store::{StoreError, Tx};

/// For how long nothing more is mailed of what strangers can cause again and again.
const QUIET: i64 = 24 * 60 * 60_000;

/// From where and with what somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Whence {
    /// The network address.
    pub address: String,
    /// The browser's family, by [`super::agent::family`].
    pub agent: String,
    /// The request's identifier.
    pub request: String,
}

/// The kinds, each with its stable name in logs and in the database.
macro_rules! kinds {
    ($( $(#[$about:meta])* $kind:ident = $name:literal, )+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $( $(#[$about])* $kind, )+ }

        impl Kind {
            /// The stable name, in logs and in the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$kind => $name, )+ }
            }

            /// The kind with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$kind), )+ _ => None }
            }
        }
    };
}

kinds! {
    /// Somebody came in; what is owed may follow.
    SignedIn = "signed-in",
    /// Name and password didn't fit, or the account may not come in.
    SignInFailed = "sign-in-failed",
    /// Too many failures: this account, for this device or all unknown ones.
    Locked = "locked",
    /// Too many failures from one network.
    NetworkLocked = "network-locked",
    /// Somebody left.
    SignedOut = "signed-out",
    /// A code of the second factor was right.
    CodeAccepted = "code-accepted",
    /// It was wrong, or used before.
    CodeRefused = "code-refused",
    /// A recovery code stood in for the second factor.
    RecoveryUsed = "recovery-code-used",
    /// A second factor was enrolled.
    FactorEnrolled = "second-factor-enrolled",
    /// Its owner took it off.
    FactorRemoved = "second-factor-removed",
    /// An administrator took it off.
    FactorReset = "second-factor-reset",
    /// New recovery codes were made.
    RecoveryRenewed = "recovery-codes-renewed",
    /// The password was changed by its owner.
    PasswordChanged = "password-changed",
    /// A proof was given anew for what demands a fresh one.
    Rose = "proof-renewed",
    /// The proof was wrong.
    RiseRefused = "proof-refused",
    /// 記住我.
    DeviceRemembered = "device-remembered",
    /// A remembered device came back that isn't remembered any more, or never was.
    DeviceRefused = "device-refused",
    /// An old token of a remembered device came back: somebody has copied it.
    DeviceStolen = "device-token-reused",
    /// Sessions or remembered devices were ended by their owner.
    SessionsEnded = "sessions-ended",
    /// An administrator ended them all.
    SessionsReset = "sessions-reset",
}

impl Kind {
    /// What the account's owner reads; none for what isn't kept for them.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::SignedIn => "登入",
            Self::Locked => "登入失敗次數過多，暫停登入 15 分鐘",
            Self::CodeRefused => "驗證碼錯誤",
            Self::RecoveryUsed => "使用一組備用碼",
            Self::FactorEnrolled => "啟用兩步驟驗證",
            Self::FactorRemoved => "停用兩步驟驗證",
            Self::FactorReset => "系統管理員重設兩步驟驗證",
            Self::RecoveryRenewed => "重新產生備用碼",
            Self::PasswordChanged => "變更密碼",
            Self::DeviceRemembered => "記住這台裝置",
            Self::DeviceStolen => "「記住我」疑似遭盜用，已停用該裝置並登出",
            Self::SessionsEnded => "登出其他裝置",
            Self::SessionsReset => "系統管理員登出所有裝置",
            Self::SignInFailed
            | Self::NetworkLocked
            | Self::SignedOut
            | Self::CodeAccepted
            | Self::DeviceRefused
            | Self::Rose
            | Self::RiseRefused => {
                return None;
            }
        })
    }

    /// The mail that tells the owner as soon as it has happened; none for what isn't told so.
    #[must_use]
    pub fn mail(self) -> Option<MailKind> {
        match self {
            Self::Locked => Some(MailKind::Locked),
            Self::PasswordChanged => Some(MailKind::PasswordChanged),
            Self::DeviceStolen => Some(MailKind::DeviceStolen),
            Self::FactorEnrolled => Some(MailKind::FactorEnrolled),
            Self::FactorRemoved | Self::FactorReset => Some(MailKind::FactorRemoved),
            Self::RecoveryUsed => Some(MailKind::RecoveryUsed),
            Self::RecoveryRenewed => Some(MailKind::RecoveryRenewed),
            _ => None,
        }
    }

    /// Whether the owner is told on every page until they have seen it.
    #[must_use]
    pub fn is_alarming(self) -> bool {
        matches!(self, Self::DeviceStolen | Self::FactorReset | Self::RecoveryUsed)
    }
}

/// What is told of an event beside its kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Whose account, where it is known.
    pub person: Option<&'a str>,
    /// The typed account, blinded by [`super::keys::DoorKey::blind`].
    pub account: Option<&'a str>,
    /// By which means: password, sign-on, remembered.
    pub means: Option<&'a str>,
}

/// Writes the log's line.
pub fn line(kind: Kind, about: About<'_>, whence: &Whence) {
    let About { person, account, means } = about;
    let (event, request) = (kind.as_str(), whence.request.as_str());
    match kind {
        Kind::DeviceStolen => {
            tracing::warn!(alert = true, event, person, account, means, request, "authentication");
        }
        Kind::Locked | Kind::NetworkLocked => {
            tracing::warn!(event, person, account, means, request, "authentication");
        }
        _ => tracing::info!(event, person, account, means, request, "authentication"),
    }
}

/// Keeps an event for the account's owner, and tells of it by mail where it matters: of a lock, which strangers can
/// cause, once a day.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut Tx,
    world: &World,
    kind: Kind,
    person: &str,
    whence: &Whence,
) -> Result<(), StoreError> {
    let event = Event {
        kind: kind.as_str().into(),
        at: world.now(),
        address: whence.address.clone(),
        agent: whence.agent.clone(),
        alarming: i64::from(kind.is_alarming()),
    };
    if let Some(mail) = kind.mail()
        && !(kind == Kind::Locked && events::any_since(tx, person, &event.kind, event.at - QUIET).await?)
    {
        let letter =
            NewMail { id: &world.new_id(), kind: mail, person: Some(person), address: "", subject: "" };
        mails::add_letter(tx, &letter, event.at).await?;
    }
    events::add(tx, &world.new_id(), person, &event).await
}
