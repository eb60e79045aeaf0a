//! 補件: which fields and documents of a submitted case reopen, and when each is answered.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;

/// Where a reopened item lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A field of the content tab.
    Content,
    /// A field of the subject.
    Subject,
    /// A category of attachments.
    Attachment,
    /// The signed form: another scan of it.
    SignedForm,
}

impl Place {
    /// All places in the order of the page.
    pub const ALL: [Self; 4] = [Self::Content, Self::Subject, Self::Attachment, Self::SignedForm];

    /// The name in databases and forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Subject => "subject",
            Self::Attachment => "attachment",
            Self::SignedForm => "signed-form",
        }
    }
}

impl FromStr for Place {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|place| place.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such place: {text:?}")))
    }
}

/// One item that may change.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number within the supplement, from 1.
    pub seq: i64,
    /// Where it lies.
    pub place: Place,
    /// The field's or category's id; empty for the signed form.
    pub id: String,
    /// The label that people see.
    pub label: String,
    /// What stood there when it was asked: the answer, the digests, or the scan.
    pub baseline: String,
    /// The applicant's words where nothing needs changing; may be empty.
    pub answer: String,
}

/// What stood there is personal.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("place", &self.place).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Item {
    /// Whether it is answered, where `now` stands there.
    #[must_use]
    pub fn answered(&self, now: &str) -> bool {
        now != self.baseline || !self.answer.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_or_words_answer_an_item() {
        let item = |answer: &str| Item {
            seq: 1,
            place: Place::Content,
            id: "phone".into(),
            label: "連絡電話".into(),
            baseline: "07-1".into(),
            answer: answer.into(),
        };
        assert!(!item(" ").answered("07-1"));
        assert!(item("").answered("07-2"));
        assert!(item("號碼無誤").answered("07-1"));
    }
}
