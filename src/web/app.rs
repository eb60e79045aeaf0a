//! What handlers share: the office, the rules of sessions, and what stands around every page.

use std::sync::Arc;

use crate::config::Settings;
use crate::identity::captcha::AtLogin;
use crate::identity::doors::Doors;
use crate::identity::limits::Rates;
use crate::identity::passwords::Passwords;
use crate::identity::sessions::{Limits, Session};
use crate::identity::sign_on::SignOn;
use crate::steps::Office;
use crate::steps::waiting::Waiting;
use crate::store::people::Person;
use crate::store::schools::School;

use super::health::Health;
use super::hurry::Hurry;
use super::navigation;
use super::pages::frame::{AccountMenu, Frame, Here, Notice, Organisation};
use super::pages::parts::{Link, Tone};
use super::patience::Patience;
use super::proxies::Proxies;

/// Everything that handlers need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Where steps are done.
    pub office: Office,
    /// Makes and checks password hashes.
    pub passwords: Arc<Passwords>,
    /// How long sessions last.
    pub limits: Limits,
    /// What strangers meet.
    pub entrance: Entrance,
    /// What was decided about coming in, and the key for it.
    pub doors: Arc<Doors>,
    /// Whose site this is.
    pub organisation: Arc<Organisation>,
    /// Whether browsers reach us by TLS: then the cookie is `Secure` with the `__Host-` prefix.
    pub secure: bool,
    /// How people reach it, without a slash at the end: what a phone's link begins with.
    pub public_url: Arc<str>,
    /// What the installation's keys are set to, for administrators.
    pub settings: Arc<Settings>,
    /// Sign-on by another service, where one is configured.
    pub sign_on: Option<Arc<SignOn>>,
    /// The proxies that are believed when they say from whom a request comes.
    pub proxies: Proxies,
    /// How much each account has asked for just now.
    pub hurry: Hurry,
    /// How long a request's body may take.
    pub patience: Patience,
    /// How the last look at the service's health went.
    pub health: Health,
}

/// What strangers meet.
#[derive(Clone, Copy, Debug)]
pub struct Entrance {
    /// When the log-in page asks for a captcha.
    pub captcha: AtLogin,
    /// How often things may be asked.
    pub rates: Rates,
}

impl App {
    /// The session cookie's name.
    #[must_use]
    pub fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-casebind" } else { "casebind" }
    }

    /// The cookie's name for 記住我.
    #[must_use]
    pub fn device_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-casebind-device" } else { "casebind-device" }
    }

    /// The cookie's name for accounts that this browser is known to.
    #[must_use]
    pub fn known_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-casebind-known" } else { "casebind-known" }
    }

    /// The cookie's name for a phone that opened a link.
    #[must_use]
    pub fn phone_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-casebind-phone" } else { "casebind-phone" }
    }

    /// The cookie's name of a browser that begins a sign-on.
    #[must_use]
    pub fn sign_on_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-casebind-sign-on" } else { "casebind-sign-on" }
    }

    /// What stands around a page for this person.
    #[must_use]
    pub fn frame(&self, person: Option<&Signed>, here: Here) -> Frame {
        let idle_seconds = self.limits.idle / 1000;
        Frame {
            organisation: (*self.organisation).clone(),
            account: person.map(|signed| signed.menu(idle_seconds)),
            here,
            notices: person.and_then(Signed::alarm).into_iter().collect(),
        }
    }
}

/// Someone who is signed in, with the school that they are bound to.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The account.
    pub person: Arc<Person>,
    /// The session that the request came in.
    pub session: Arc<Session>,
    /// The bound school.
    pub school: Option<Arc<School>>,
    /// How many notices they haven't read.
    pub unread: i64,
    /// Whether they have accepted the collection notice as it is now.
    pub accepted: bool,
    /// How much waits for them.
    pub waiting: Waiting,
}

impl Signed {
    /// Told on every page until the person has looked.
    fn alarm(&self) -> Option<Notice> {
        self.session.alarmed.then(|| Notice {
            tone: Tone::Attention,
            text: "您的帳號有需要留意的安全紀錄。".into(),
            link: Some(Link { label: "查看登入中的裝置".into(), href: "/account/sessions".into() }),
        })
    }

    fn menu(&self, idle_seconds: i64) -> AccountMenu {
        let roles = &self.person.roles;
        let place = match &self.school {
            Some(school) => Some(format!("{} {}", school.district, school.name)),
            None => roles.first().map(|role| role.label().to_owned()),
        };
        AccountMenu {
            name: self.person.name.clone(),
            place,
            links: navigation::links(&self.person.actor(), self.waiting),
            unread: self.unread,
            idle_seconds,
        }
    }
}

/// A sentence for after a redirect, by its name in the address.
#[must_use]
pub fn said(name: &str) -> Option<Notice> {
    let mut tone = Tone::Good;
    let text = match name {
        "opened" => "案件暫存完成，請繼續新增服務對象",
        "opened-plain" => "案件暫存完成，請繼續新增檢附資料",
        "subject" => "服務對象新增完成，請繼續新增檢附資料",
        "saved" => "已儲存",
        "subject-deleted" => "服務對象已刪除，可在「已刪除」中查看",
        "attached" => "檢附資料已上傳",
        "attachment-deleted" => "檢附資料已刪除",
        "received" => "已收件",
        "returned" => "已退回核章，申請人會看到原因",
        "supplement-asked" => "已請申請人補件，只開放所選的項目",
        "corrected" => "已更正，更正前後的內容都已保留",
        "handed-over" => "案件已移交",
        "none-waiting" => "目前沒有其他待審核的案件",
        "answered" => "說明已儲存",
        "withdrawn" => "案件已撤案",
        "dispatched" => "已派案，服務人員現在看得到這個案件",
        "reassigned" => "已改派",
        "declined" => "案件已不開案",
        "record-added" => "服務紀錄已新增",
        "record-revised" => "服務紀錄已儲存為新的一版，先前的版本都保留",
        "record-file" => "檔案已加入服務紀錄",
        "closing-proposed" => "已申請結案，等待分區督導核准",
        "closing-sent-back" => "結案申請已退回",
        "closed" => "已核准結案",
        "reopened" => "已重新開案",
        "zones-saved" => "分區已儲存，督導在下一次開啟頁面時就會看到",
        "account-made" => "帳號已新增，請寄送設定密碼的連結",
        "password-link-sent" => "設定密碼的連結已排入寄送，15 分鐘內有效，只能使用一次",
        "account-disabled" => "帳號已停用，對方已登出",
        "second-factor-reset" => "第二驗證已重設，對方已登出",
        "sessions-ended" => "這個帳號的所有裝置都已登出",
        "account-enabled" => "帳號已啟用",
        "account-confirmed" => "已確認這個帳號仍需使用",
        "school-changed" => "服務學校已變更，並留下紀錄，對方已登出",
        "hold-placed" => "案件已保留，解除以前不得銷毀",
        "hold-lifted" => "已解除保留",
        "disposal-proposed" => "已提請銷毀，等待另一位檔案管理人員核准",
        "disposal-refused" => "這件提請沒有核准，案件繼續保存",
        "disposal-approved" => "案件已銷毀，檔案正在移除，銷毀證明可以下載",
        "schools-listed" => "名錄已套用，每所學校的變更都在異動紀錄",
        "school-added" => "學校已新增，並留下紀錄",
        "zone-removed" => "分區已移除，並留下紀錄",
        "account-activated" => "帳號已啟用，系統會寄信通知申請人",
        "account-refused" => "帳號沒有啟用，系統會寄信告知原因",
        "school" => "已綁定服務學校",
        "page-claimed" => "頁面已放進案件，請看過辨識結果再送件",
        "notices-read" => "全部通知已標示為已讀",
        "mail-retried" => "已排入寄送，一分鐘內會再試一次",
        "password-changed" => "密碼已變更，其他裝置都已登出",
        "factor-removed" => "兩步驟驗證已停用，其他裝置都已登出",
        "session-ended" => "已登出該裝置",
        "device-forgotten" => "不再記住該裝置，並已登出",
        "others-ended" => "其他裝置都已登出，也不再記住",
        "draft-discarded" => "草稿已捨棄",
        "filter-saved" => "常用條件已儲存",
        "filter-forgotten" => "常用條件已刪除",
        "filter-unnamed" => {
            tone = Tone::Attention;
            "沒有儲存：請為條件取一個 40 字以內的名稱"
        }
        "filter-too-many" => {
            tone = Tone::Attention;
            "沒有儲存：每人最多 30 組常用條件，請先刪除不用的"
        }
        _ => return None,
    };
    Some(Notice { tone, text: text.into(), link: None })
}
