//! 用手機拍照上傳: the code on the desktop, and the three pages that the phone sees.

use askama::Template;

use super::super::qr::Symbol;
use super::frame::Frame;
use super::parts::{CaseNumberText, Link};
use super::scan::{Refusal, Seen};

/// The desktop's page with the code that a phone's camera reads.
#[derive(Debug, Template)]
#[template(path = "phone_invite.html")]
pub struct PhoneInvitePage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the upload.
    pub back: Link,
    /// The link's page, below which its progress lies.
    pub address: String,
    /// Makes another link.
    pub again: String,
    /// How long the phone that opens it has, in minutes.
    pub minutes: i64,
    /// How far it is.
    pub stage: PhoneStage,
}

/// How far a link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneStage {
    /// It was just made: only now its code can be shown.
    Waiting {
        /// The code.
        code: Option<Symbol>,
        /// What it says.
        link: String,
        /// Until when it may be opened, such as 14:35.
        until: String,
    },
    /// Nobody has opened it yet.
    Unopened,
    /// A phone takes photos.
    Opened,
    /// Its time is over.
    Over,
}

/// The phone's first page: opening is a press, because cameras look at links by themselves.
#[derive(Debug, Template)]
#[template(path = "phone_ask.html")]
pub struct PhoneAskPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The form's address.
    pub action: String,
    /// How long the phone has from then on, in minutes.
    pub minutes: i64,
}

/// The phone's page that takes photos, page by page.
#[derive(Debug, Template)]
#[template(path = "phone_photos.html")]
pub struct PhonePhotosPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The service item.
    pub service: String,
    /// The revision that must be signed.
    pub revision: u16,
    /// How many pages it has.
    pub page_count: u8,
    /// The labels of its seal boxes.
    pub seals: Vec<String>,
    /// The form's address.
    pub action: String,
    /// The most bytes that the photos may have together.
    pub max_bytes: u64,
    /// Such as 20 MB.
    pub max_words: String,
    /// Until when photos are taken in, such as 14:35.
    pub until: String,
    /// Why the last photos were refused.
    pub refusal: Option<Refusal>,
    /// What was seen on them.
    pub seen: Seen,
}

/// The phone's last page.
#[derive(Debug, Template)]
#[template(path = "phone_done.html")]
pub struct PhoneDonePage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
}

#[cfg(test)]
#[path = "phone_sample.rs"]
mod sample;
