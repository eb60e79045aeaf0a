//! The ends of a review: 退回核章, 補件, 不開案, 移交. Each says what happens next, asks for what it needs, and
//! works as a page of its own.

use askama::Template;

use super::field::{Choice, Field, Summary};
use super::frame::Frame;
use super::parts::{CaseNumberText, Fact, Link};

/// One end of a review.
#[derive(Debug, Template)]
#[template(path = "end.html")]
pub struct EndPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to where it was opened.
    pub back: Link,
    /// Such as 退回核章.
    pub title: String,
    /// What it concerns.
    pub facts: Vec<Fact>,
    /// What happens next, one sentence each.
    pub steps: Vec<String>,
    /// What can be chosen, by groups; the form's field `item`.
    pub groups: Vec<ItemGroup>,
    /// Why the choice won't do.
    pub group_error: Option<String>,
    /// What is typed.
    pub fields: Vec<Field>,
    /// The form's address.
    pub action: String,
    /// Hidden fields: `version`, `since`.
    pub hidden: Vec<(String, String)>,
    /// The button's words; `None` where it can't be done, and `steps` say why.
    pub button: Option<String>,
    /// Whether it ends or undoes something: the button is drawn in the seal's colour.
    pub danger: bool,
}

impl EndPage {
    fn summary(&self) -> Summary<'_> {
        let group = self.group_error.as_deref();
        Summary::of_fields(self.fields.iter()).and("opened", "開放補件的項目", group)
    }
}

/// Things that can be ticked, under one heading.
#[derive(Clone, Debug)]
pub struct ItemGroup {
    /// Such as 內容 or 檢附資料.
    pub legend: String,
    /// A sentence about the group.
    pub hint: Option<String>,
    /// Whether it is closed at first.
    pub folded: bool,
    /// The boxes; the hint says what stands there now.
    pub choices: Vec<Choice>,
}

#[cfg(test)]
impl EndPage {
    pub(crate) fn sample_return() -> Self {
        let reason = Field::reason("退回原因", "「校長」核章欄：印文不清，請重新核章。", None);
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000123"),
            back: Link { label: "回審核桌".into(), href: "/cases/1150000123/review".into() },
            title: "退回核章".into(),
            facts: vec![Fact::new("服務項目", "轉介申請"), Fact::new("申請人", "測試人員")],
            steps: vec![
                "案件回到「核章」，申請人會看到這段原因。".into(),
                "申請人重新核章、掃描上傳並送件後，案件再排入待審核。".into(),
            ],
            groups: Vec::new(),
            group_error: None,
            fields: vec![reason],
            action: "/cases/1150000123/return".into(),
            hidden: vec![("version".into(), "9".into()), ("since".into(), "1764000000000".into())],
            button: Some("退回核章".into()),
            danger: true,
        }
    }

    pub(crate) fn sample_supplement() -> Self {
        let choice = |value: &str, label: &str, hint: &str, chosen: bool| Choice {
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            ..Choice::labelled(value, label, chosen)
        };
        let mut reason = Field::reason("補件說明", "", None);
        reason.error = Some("請填寫補件說明。".into());
        Self {
            title: "請申請人補件".into(),
            groups: vec![
                ItemGroup {
                    legend: "內容".into(),
                    hint: None,
                    folded: false,
                    choices: vec![
                        choice("content:phone", "連絡電話", "07-1234567", false),
                        choice("content:note", "備註", "未填", true),
                    ],
                },
                ItemGroup {
                    legend: "檢附資料".into(),
                    hint: Some("可新增或刪除這個類別的檔案".into()),
                    folded: false,
                    choices: vec![choice("attachment:consent", "家長(監護人)同意書", "1 份，需補件", true)],
                },
                ItemGroup {
                    legend: "服務對象".into(),
                    hint: None,
                    folded: true,
                    choices: vec![choice("subject:name", "姓名", "王小明", false)],
                },
            ],
            group_error: Some("請至少選擇一項需補件的欄位或文件。".into()),
            fields: vec![reason],
            action: "/cases/1150000123/supplement".into(),
            button: Some("請申請人補件".into()),
            danger: false,
            ..Self::sample_return()
        }
    }

    pub(crate) fn sample_nobody() -> Self {
        Self {
            title: "移交".into(),
            steps: vec!["這所學校沒有其他申請人，目前不能移交。".into()],
            fields: Vec::new(),
            action: "/cases/1150000123/hand-over".into(),
            button: None,
            danger: false,
            ..Self::sample_return()
        }
    }
}
