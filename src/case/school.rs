//! One school as an administrator types it, where it is in no list of the ministry's: the same rules as for a line of
//! such a list. Pure.

use super::school_list::{ListedSchool, NAME, is_code};
use super::stage::SchoolStage;
use super::validate::FieldError;

/// Code points of a district's name at most.
const DISTRICT: usize = 10;

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchoolDraft {
    /// Six letters and digits: text, so that zeros at the front stay.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district, such as 三民區.
    pub district: String,
    /// The stage's name in forms; empty: none was chosen.
    pub stage: String,
}

impl SchoolDraft {
    /// What a school says now.
    #[must_use]
    pub fn of(code: &str, name: &str, district: &str, stage: SchoolStage) -> Self {
        Self { code: code.into(), name: name.into(), district: district.into(), stage: stage.as_str().into() }
    }

    /// By this a page that is sent back tells what it was opened with.
    #[must_use]
    pub fn mark(&self) -> String {
        [&self.name, &self.district, &self.stage].map(String::as_str).join("|")
    }

    /// The school; its city isn't asked for.
    ///
    /// # Errors
    /// What needs mending, field by field.
    pub fn read(&self) -> Result<ListedSchool, Vec<FieldError>> {
        let code = self.code.trim().to_ascii_uppercase();
        let (name, district) = (self.name.trim(), self.district.trim());
        let stage = self.stage.parse::<SchoolStage>();
        let mut errors = Vec::new();
        let mut wrong = |field: &str, words: &str| {
            errors.push(FieldError { field: field.into(), words: words.into() });
        };
        if !is_code(&code) {
            wrong("code", "學校代碼是 6 碼英數字，開頭的 0 也要填。");
        }
        let fits = |text: &str, most: usize| {
            !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
        };
        if !fits(name, NAME) {
            wrong("name", "請填寫校名，最多 60 字。");
        }
        if !fits(district, DISTRICT) {
            wrong("district", "請填寫行政區，例如：三民區，最多 10 字。");
        }
        if stage.is_err() {
            wrong("stage", "請選擇學制。");
        }
        match stage {
            Ok(stage) if errors.is_empty() => Ok(ListedSchool {
                code,
                name: name.to_owned(),
                city: String::new(),
                district: district.to_owned(),
                stage,
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(code: &str) -> SchoolDraft {
        SchoolDraft::of(code, " 示範實驗教育機構 ", "三民區", SchoolStage::NonSchool)
    }

    #[test]
    fn a_code_is_text_and_keeps_its_zeros() {
        let school = draft(" 00136x ").read().unwrap();
        assert_eq!((school.code.as_str(), school.name.as_str()), ("00136X", "示範實驗教育機構"));
    }

    #[test]
    fn what_needs_mending_is_named_field_by_field() {
        let fields = |draft: SchoolDraft| {
            draft.read().unwrap_err().into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(SchoolDraft::default()), ["code", "name", "district", "stage"]);
        assert_eq!(fields(draft("1236")), ["code"]);
        assert_eq!(fields(draft("12-602")), ["code"]);
        assert_eq!(fields(SchoolDraft { name: "校".repeat(61), ..draft("123602") }), ["name"]);
        assert_eq!(fields(SchoolDraft { stage: "大學".into(), ..draft("123602") }), ["stage"]);
    }
}
