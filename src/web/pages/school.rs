//! 選擇您服務的學校, at the first sign-in.

use askama::Template;

use super::field::Choice;
use super::frame::Frame;

/// The page that binds an account to a school, once.
#[derive(Debug, Template)]
#[template(path = "school.html")]
pub struct SchoolPage {
    /// Around the page.
    pub frame: Frame,
    /// 行政區, the first one 全部行政區 with an empty value.
    pub districts: Vec<Choice>,
    /// 學制, the first one 全部學制 with an empty value.
    pub stages: Vec<Choice>,
    /// What was searched for.
    pub keyword: String,
    /// The schools found, by district.
    pub groups: Vec<SchoolGroup>,
    /// How many schools match.
    pub total: usize,
    /// How many of them are not listed.
    pub more: usize,
    /// Why nothing was bound.
    pub error: Option<String>,
}

/// The schools of one district.
#[derive(Clone, Debug)]
pub struct SchoolGroup {
    /// Such as 三民區.
    pub district: String,
    /// Its schools.
    pub schools: Vec<SchoolChoice>,
}

/// One school.
#[derive(Clone, Debug)]
pub struct SchoolChoice {
    /// The ministry's code, sent by the form.
    pub code: String,
    /// The name.
    pub name: String,
    /// 學制 in words.
    pub stage: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

#[cfg(test)]
impl SchoolPage {
    pub(crate) fn sample() -> Self {
        let school = |code: &str, name: &str, stage: &str| SchoolChoice {
            code: code.into(),
            name: name.into(),
            stage: stage.into(),
            chosen: false,
        };
        Self {
            frame: Frame { here: super::frame::Here::Elsewhere, ..Frame::sample() },
            districts: vec![
                Choice::labelled("", "全部行政區", true),
                Choice::plain("三民區", false),
                Choice::plain("新興區", false),
            ],
            stages: vec![
                Choice::labelled("", "全部學制", true),
                Choice::labelled("elementary", "國小", false),
                Choice::labelled("senior-high", "高中職", false),
            ],
            keyword: String::new(),
            groups: vec![
                SchoolGroup {
                    district: "三民區".into(),
                    schools: vec![
                        school("900001", "測試幼兒園", "幼兒園"),
                        school("900002", "測試國小", "國小"),
                        school("900003", "測試國中", "國中"),
                        school("900006", "第二測試國小", "國小"),
                    ],
                },
                SchoolGroup {
                    district: "新興區".into(),
                    schools: vec![
                        school("900004", "測試高中", "高中職"),
                        school("900005", "測試實驗教育", "非學校型態實驗教育"),
                    ],
                },
            ],
            total: 40,
            more: 34,
            error: None,
        }
    }

    pub(crate) fn sample_nothing_found() -> Self {
        Self { keyword: "不存在".into(), groups: Vec::new(), total: 0, more: 0, ..Self::sample() }
    }
}
