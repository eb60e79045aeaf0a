//! 新增 and 編輯: choosing the service item, and the forms for content and subject.

use askama::Template;

use super::field::{Choice, Field, Section, Summary};
use super::frame::Frame;
use super::parts::Fact;
use super::words::Moment;

/// 新增, first page: which service item.
#[derive(Debug, Template)]
#[template(path = "choose_service.html")]
pub struct ChooseServicePage {
    /// Around the page.
    pub frame: Frame,
    /// The service items with their hints, in order.
    pub services: Vec<Choice>,
    /// Why the form came back.
    pub error: Option<String>,
}

/// A form for the content 內容 or the subject 對象 of a case.
#[derive(Debug, Template)]
#[template(path = "record_form.html")]
pub struct RecordFormPage {
    /// Around the page.
    pub frame: Frame,
    /// Such as 新增案件, 編輯案件內容, 新增服務對象.
    pub title: String,
    /// Where the person stands in the walk, such as 步驟 2，共 3：填寫內容.
    pub step: Option<String>,
    /// What follows from the account and the case: 學校, 學制, 服務項目, 申請人, 信箱.
    pub facts: Vec<Fact>,
    /// The questions, with values, errors and warnings.
    pub sections: Vec<Section>,
    /// Said before the questions, such as that an edit makes the printed form stale.
    pub caution: Option<String>,
    /// The form's address.
    pub action: String,
    /// Hidden fields: `version` and `token`, and `service` for a new case.
    pub hidden: Vec<(String, String)>,
    /// Where what is typed is kept while it is typed.
    pub draft: Option<Draft>,
    /// The button's words: 暫存 or 儲存.
    pub submit: String,
    /// The way back.
    pub cancel: String,
}

/// The draft of a form.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Posted to `/drafts/{key}`.
    pub key: String,
    /// When the draft was kept that now fills the form; `None` when it shows the record.
    pub restored: Option<Moment>,
    /// This form's own address, to come back to after 捨棄草稿.
    pub back: String,
}

impl Draft {
    /// Of a form that came back with what was typed.
    #[must_use]
    pub fn again(key: String) -> Self {
        Self { key, restored: None, back: String::new() }
    }
}

impl RecordFormPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of(&self.sections)
    }

    /// The field with this name, to hang a warning on it.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.sections.iter_mut().flat_map(|section| &mut section.fields).find(|field| field.name == name)
    }
}

#[cfg(test)]
#[path = "record_form_sample.rs"]
pub(crate) mod sample;
