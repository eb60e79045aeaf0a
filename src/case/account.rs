//! Accounts: what one is made of, and what won't do. Pure; whether a login is taken only the database knows.

use std::fmt;
use std::str::FromStr;

use super::ids::{Digest, Malformed};
use super::role::Role;

/// Code points of a login at most.
const LOGIN: usize = 64;
/// Code points of a name at most.
const NAME: usize = 50;
/// Bytes of a mail address at most (RFC 5321, 4.5.3.1.3).
const EMAIL: usize = 254;
/// Code points of a profession at most.
const PROFESSION: usize = 20;

/// Whether an account may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 使用中
    Active,
    /// 待啟用: registered, and not looked at yet.
    Pending,
    /// 停用
    Disabled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Pending, Self::Disabled];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Active => "使用中",
            Self::Pending => "待啟用",
            Self::Disabled => "停用",
        }
    }

    /// The name in the database and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Disabled => "disabled",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| Malformed(format!("a status is one of active, pending, disabled, not {text:?}")))
    }
}

/// What an account says of a person, as typed. Empty texts: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name to log in with.
    pub login: String,
    /// The name that others see.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// What the person is here for.
    pub roles: Vec<Role>,
    /// The code of the school that the account is bound to.
    pub school: String,
    /// The zone of a supervisor, by its identifier.
    pub zone: String,
    /// The profession of a professional.
    pub profession: String,
}

/// Why something about an account won't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No login.
    NoLogin,
    /// Blanks or signs that can't be typed.
    LoginSigns,
    /// Too long.
    LoginLong,
    /// Another account has it.
    LoginTaken,
    /// No name.
    NoName,
    /// Too long, or with signs that can't be seen.
    NameSigns,
    /// Not a mail address.
    Email,
    /// No role.
    NoRole,
    /// No such school.
    SchoolUnknown,
    /// The school is closed.
    SchoolClosed,
    /// No such zone.
    ZoneUnknown,
    /// A supervisor leads a zone.
    NoZone,
    /// A professional has a profession.
    NoProfession,
    /// Too long.
    ProfessionLong,
    /// Nobody changes what the own account may: roles, school, zone, profession.
    OwnRoles,
    /// Nobody disables the own account.
    OwnAccount,
    /// Nobody resets the own second factor this way.
    OwnFactor,
    /// No mail reaches the account, or it may not come in.
    NoWay,
    /// The last administrator stays one.
    LastAdministrator,
    /// A reason is needed.
    NoReason,
    /// No identity elsewhere was named.
    NoIdentity,
    /// The identity leads into an account already.
    IdentityTaken,
    /// The identity doesn't lead into this account.
    IdentityElsewhere,
}

impl Fault {
    /// The field that it stands beside.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::NoLogin | Self::LoginSigns | Self::LoginLong | Self::LoginTaken => "login",
            Self::NoName | Self::NameSigns => "name",
            Self::Email | Self::NoWay => "email",
            Self::NoRole | Self::OwnRoles | Self::OwnAccount | Self::OwnFactor | Self::LastAdministrator => {
                "role"
            }
            Self::SchoolUnknown | Self::SchoolClosed => "school",
            Self::ZoneUnknown | Self::NoZone => "zone",
            Self::NoProfession | Self::ProfessionLong => "profession",
            Self::NoReason => "reason",
            Self::NoIdentity | Self::IdentityTaken | Self::IdentityElsewhere => "subject",
        }
    }

    /// What is wrong and what to do, for pages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoLogin => "請填寫帳號。",
            Self::LoginSigns => "帳號不能有空白或看不見的字元。",
            Self::LoginLong => "帳號最多 64 字，請縮短。",
            Self::LoginTaken => "這個帳號已有人使用，請換一個。",
            Self::NoName => "請填寫姓名。",
            Self::NameSigns => "姓名最多 50 字，且不能有看不見的字元。",
            Self::Email => "請填寫完整的信箱，例如 name@example.org；沒有信箱時留空白。",
            Self::NoRole => "請至少選擇一個角色；不再需要的帳號請改為停用。",
            Self::SchoolUnknown => "沒有這個代碼的學校，請查明 6 碼學校代碼。",
            Self::SchoolClosed => "這所學校已停辦，不能綁定。",
            Self::ZoneUnknown => "沒有這個分區，請重新選擇。",
            Self::NoZone => "分區督導需要選擇分區。",
            Self::NoProfession => "專業輔導人員需要填寫專業類別。",
            Self::ProfessionLong => "專業類別最多 20 字。",
            Self::OwnRoles => "不能變更自己的角色、學校、分區與專業，請由另一位管理人員變更。",
            Self::OwnAccount => "不能停用自己的帳號，請由另一位系統管理者停用。",
            Self::OwnFactor => "不能以這個方式重設自己的第二驗證，請到帳號資料變更。",
            Self::NoWay => "這個帳號沒有信箱或不是使用中，無法寄送連結。",
            Self::LastAdministrator => "這是最後一位系統管理者，請先指定另一位。",
            Self::NoReason => "請填寫原因。",
            Self::NoIdentity => "請填寫單一登入的識別碼。",
            Self::IdentityTaken => "這個單一登入身分已連結到帳號。",
            Self::IdentityElsewhere => "這個單一登入身分沒有連結到這個帳號。",
        }
    }
}

/// For the command line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLogin | Self::LoginSigns => "--login must be one word",
            Self::LoginLong => "--login has 64 characters at most",
            Self::LoginTaken => "--login: this login is taken; choose another",
            Self::NoName => "--name is needed",
            Self::NameSigns => "--name has 50 characters at most, and none that can't be seen",
            Self::Email => "--email must be a mail address, or empty",
            Self::NoRole => "--role is needed; disable an account that is needed no more",
            Self::SchoolUnknown => "--school: there is no school with this code",
            Self::SchoolClosed => "--school: this school is closed",
            Self::ZoneUnknown => "--zone: there is no zone with this id",
            Self::NoZone => "--zone is needed for a supervisor",
            Self::NoProfession => "--profession is needed for a professional",
            Self::ProfessionLong => "--profession has 20 characters at most",
            Self::OwnRoles => "nobody changes the own roles, school, zone or profession",
            Self::OwnAccount => "nobody disables the own account",
            Self::OwnFactor => "nobody resets the own second factor this way",
            Self::NoWay => "this account has no mail address, or may not come in",
            Self::LastAdministrator => "this is the last administrator: make another one first",
            Self::NoReason => "--reason is needed",
            Self::NoIdentity => "--issuer and --subject are needed",
            Self::IdentityTaken => {
                "--subject: this identity leads into an account already; unlink it there first"
            }
            Self::IdentityElsewhere => "--subject: this identity doesn't lead into this account",
        })
    }
}

impl Draft {
    /// The same with blanks at the ends gone, the login in small letters and each role once, and what won't do.
    #[must_use]
    pub fn read(self) -> (Self, Vec<Fault>) {
        let trimmed = |text: String| text.trim().to_owned();
        let roles = Role::ALL.into_iter().filter(|role| self.roles.contains(role)).collect();
        let draft = Self {
            login: self.login.trim().to_lowercase(),
            name: trimmed(self.name),
            email: trimmed(self.email),
            roles,
            school: trimmed(self.school),
            zone: trimmed(self.zone),
            profession: trimmed(self.profession),
        };
        let faults = draft.faults();
        (draft, faults)
    }

    fn faults(&self) -> Vec<Fault> {
        let long = |text: &str, most: usize| text.chars().count() > most;
        let checks = [
            (self.login.is_empty(), Fault::NoLogin),
            (self.login.chars().any(|c| c.is_whitespace() || hidden(c)), Fault::LoginSigns),
            (long(&self.login, LOGIN), Fault::LoginLong),
            (self.name.is_empty(), Fault::NoName),
            (long(&self.name, NAME) || self.name.chars().any(hidden), Fault::NameSigns),
            (!self.email.is_empty() && !is_address(&self.email), Fault::Email),
            (self.roles.is_empty(), Fault::NoRole),
            (self.roles.contains(&Role::Supervisor) && self.zone.is_empty(), Fault::NoZone),
            (self.roles.contains(&Role::Professional) && self.profession.is_empty(), Fault::NoProfession),
            (long(&self.profession, PROFESSION), Fault::ProfessionLong),
        ];
        checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, fault)| fault).collect()
    }

    /// A short digest of all of it: whether an account was changed since a page was opened.
    #[must_use]
    pub fn mark(&self) -> String {
        let roles: Vec<_> = self.roles.iter().map(|role| role.as_str()).collect();
        let parts = [&self.login, &self.name, &self.email, &self.school, &self.zone, &self.profession];
        let text = format!("{parts:?} {roles:?}");
        Digest::of(text.as_bytes()).short()
    }
}

/// Signs that can't be seen, and those that turn the direction of writing.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_address(text: &str) -> bool {
    let plain =
        |c: char| !c.is_whitespace() && !hidden(c) && !matches!(c, '<' | '>' | ',' | ';' | '"' | '\\');
    let parts = text.rsplit_once('@');
    text.len() <= EMAIL
        && text.chars().all(plain)
        && parts.is_some_and(|(name, host)| {
            !name.is_empty()
                && !name.contains('@')
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Draft {
        Draft {
            login: " Wang ".into(),
            name: "王 輔導 ".into(),
            email: "wang@example.org".into(),
            roles: vec![Role::Administrator, Role::Applicant, Role::Applicant],
            ..Draft::default()
        }
    }

    #[test]
    fn what_is_typed_is_put_in_order() {
        let (draft, faults) = good().read();
        assert_eq!(faults, []);
        assert_eq!((draft.login.as_str(), draft.name.as_str()), ("wang", "王 輔導"));
        assert_eq!(draft.roles, [Role::Applicant, Role::Administrator]);
    }

    #[test]
    fn what_will_not_do_is_named_all_at_once() {
        let wrong = Draft {
            login: "a b".into(),
            name: "王\u{202e}".into(),
            email: "nobody".into(),
            roles: vec![Role::Supervisor, Role::Professional],
            ..Draft::default()
        };
        let expected =
            [Fault::LoginSigns, Fault::NameSigns, Fault::Email, Fault::NoZone, Fault::NoProfession];
        assert_eq!(wrong.read().1, expected);
        assert_eq!(Draft::default().read().1, [Fault::NoLogin, Fault::NoName, Fault::NoRole]);
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for address in ["a@b.tw", "first.last+tag@school.edu.tw"] {
            assert!(is_address(address), "{address}");
        }
        for other in
            ["a@b", "@b.tw", "a@.tw", "a@b.", "a b@c.tw", "a@b.tw\nBcc: x@y.tw", "<a@b.tw>", "a@b@c.tw"]
        {
            assert!(!is_address(other), "{other:?}");
        }
    }

    #[test]
    fn a_mark_tells_any_change() {
        let draft = good().read().0;
        let other = Draft { email: String::new(), ..draft.clone() };
        assert_eq!(draft.mark(), draft.clone().mark());
        assert_ne!(draft.mark(), other.mark());
        assert_ne!(Draft { roles: vec![Role::Archivist], ..draft.clone() }.mark(), draft.mark());
    }
}
