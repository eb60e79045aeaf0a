//! Short forms of accounts: registering, forgotten passwords, links in mails, another address; and what is said
//! after them.

use std::sync::Arc;

use askama::Template;

use crate::identity::collection::CollectionNotice;

use super::captcha::CaptchaField;
use super::field::{Section, Summary};
use super::frame::Frame;
use super::parts::{Fact, Link};
use super::school::SchoolGroup;

/// A form of a few fields.
#[derive(Debug, Template)]
#[template(path = "short_form.html")]
pub struct ShortFormPage {
    /// Around the page.
    pub frame: Frame,
    /// Such as 忘記密碼.
    pub title: String,
    /// What it is for, one sentence each.
    pub lead: Vec<String>,
    /// What it concerns.
    pub facts: Vec<Fact>,
    /// The fields.
    pub sections: Vec<Section>,
    /// The digits that keep programs away, where anybody may send the form.
    pub captcha: Option<CaptchaField>,
    /// The form's address.
    pub action: String,
    /// The button's words; none: nothing can be sent now.
    pub button: Option<String>,
    /// The words of a button that says no (`answer` is `no`).
    pub refuse: Option<String>,
    /// A button of its own below the form: its words and its address.
    pub aside: Option<(String, String)>,
    /// Where else to go.
    pub ways: Vec<Link>,
}

impl ShortFormPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of(&self.sections)
    }

    fn wrong_captcha(&self) -> Option<&str> {
        self.captcha.as_ref().and_then(|captcha| captcha.error.as_deref())
    }
}

/// 註冊帳號.
#[derive(Debug, Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號, 姓名 and both passwords.
    pub sections: Vec<Section>,
    /// All schools, by district.
    pub groups: Vec<SchoolGroup>,
    /// Why the school won't do.
    pub school_error: Option<String>,
    /// The collection notice.
    pub notice: Arc<CollectionNotice>,
    /// Whether it is ticked.
    pub accepted: bool,
    /// Why it has to be ticked.
    pub notice_error: Option<String>,
    /// The digits that keep programs away.
    pub captcha: CaptchaField,
    /// Whom to ask when the school isn't there.
    pub contact: Option<String>,
}

impl RegisterPage {
    /// All that won't do: the control that it leads to, its label, and the sentence.
    fn problems(&self) -> Vec<(String, &str, &str)> {
        let fields = self.sections.iter().flat_map(|section| &section.fields);
        let of_fields = fields.filter_map(|field| {
            field.error.as_deref().map(|words| (field.anchor(), field.label.as_str(), words))
        });
        let others = [
            ("f-school", "學校", &self.school_error),
            ("f-notice", "個資告知", &self.notice_error),
            ("f-captcha", "驗證碼", &self.captcha.error),
        ];
        let others = others.into_iter().filter_map(|(anchor, label, error)| {
            error.as_deref().map(|words| (anchor.to_owned(), label, words))
        });
        of_fields.chain(others).collect()
    }
}

/// What is said after a form, whatever came of it.
#[derive(Debug, Template)]
#[template(path = "answer.html")]
pub struct AnswerPage {
    /// Around the page.
    pub frame: Frame,
    /// Such as 請到信箱收信.
    pub title: String,
    /// What happens next, one sentence each.
    pub words: Vec<String>,
    /// Where to go; the first one is the usual way.
    pub ways: Vec<Link>,
}

#[cfg(test)]
impl ShortFormPage {
    pub(crate) fn sample_forgotten() -> Self {
        use super::field::{Field, LineKind};
        let mut account = Field::line("account", "帳號", LineKind::Text, "");
        account.autocomplete = "username".into();
        let mut email = Field::line("email", "信箱", LineKind::Email, "");
        email.autocomplete = "email".into();
        Self {
            frame: Frame::sample_stranger(),
            title: "忘記密碼".into(),
            lead: vec!["請輸入帳號與信箱，我們會寄一封信給您，信中的連結可以設定新密碼。".into()],
            facts: Vec::new(),
            sections: vec![Section { heading: None, fields: vec![account, email] }],
            captcha: Some(CaptchaField::sample()),
            action: "/forgotten".into(),
            button: Some("寄送連結".into()),
            refuse: None,
            aside: None,
            ways: vec![Link { label: "回登入".into(), href: "/login".into() }],
        }
    }

    pub(crate) fn sample_wrong_captcha() -> Self {
        Self { captcha: Some(CaptchaField::sample_wrong()), ..Self::sample_forgotten() }
    }

    pub(crate) fn sample_address() -> Self {
        Self {
            title: "確認變更信箱".into(),
            lead: vec!["有人要把您帳號的信箱改為另一個信箱。".into()],
            facts: vec![Fact::new("新信箱", "new@example.org")],
            sections: Vec::new(),
            captcha: None,
            action: "/address/s3cret".into(),
            button: Some("同意變更".into()),
            refuse: Some("不同意".into()),
            ..Self::sample_forgotten()
        }
    }

    pub(crate) fn sample_open_change() -> Self {
        Self {
            frame: Frame { here: super::frame::Here::Account, ..Frame::sample() },
            title: "變更信箱".into(),
            facts: vec![Fact::new("目前的信箱", "old@example.org"), Fact::new("新信箱", "new@example.org")],
            sections: Vec::new(),
            captcha: None,
            button: None,
            aside: Some(("取消變更".into(), "/account/address/withdraw".into())),
            ..Self::sample_forgotten()
        }
    }
}

#[cfg(test)]
impl RegisterPage {
    pub(crate) fn sample() -> Self {
        use super::field::{Field, LineKind};
        let line = |name: &str, label: &str, kind, value: &str| Field::line(name, label, kind, value);
        Self {
            frame: Frame::sample_stranger(),
            sections: vec![Section {
                heading: None,
                fields: vec![
                    line("email", "帳號（信箱）", LineKind::Email, ""),
                    line("name", "姓名", LineKind::Text, ""),
                    line("password", "密碼", LineKind::Password, ""),
                    line("again", "再輸入一次密碼", LineKind::Password, ""),
                ],
            }],
            groups: super::school::SchoolPage::sample().groups,
            school_error: None,
            notice: super::collection::CollectionPage::sample().notice,
            accepted: false,
            notice_error: None,
            captcha: CaptchaField::sample(),
            contact: Some("學諮中心個管組：07-382-1200".into()),
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let mut page = Self::sample();
        page.sections[0].fields[0].error = Some("請輸入完整的信箱，例如 name@example.org。".into());
        Self {
            school_error: Some("請選擇您服務的學校。".into()),
            notice_error: Some("請閱讀個資告知事項並勾選。".into()),
            captcha: CaptchaField::sample_wrong(),
            ..page
        }
    }
}

#[cfg(test)]
impl AnswerPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            title: "請到信箱收信".into(),
            words: vec!["如果資料正確，我們已寄出一封信。".into(), "沒有收到時，請查看垃圾郵件。".into()],
            ways: vec![Link { label: "回登入".into(), href: "/login".into() }],
        }
    }
}
