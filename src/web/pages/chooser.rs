//! Choosing who serves: professionals with what they are, how much they serve now, and how they fit.

use askama::Template;
use askama::filters::HtmlSafe;

use super::field::Field;

/// The professionals to choose from, and the reason.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chooser.html")]
pub struct Chooser {
    /// The professionals, who fits best first.
    pub people: Vec<Candidate>,
    /// What is asked for, in words.
    pub asked: String,
    /// Why the choice won't do.
    pub error: Option<String>,
    /// The reason (`reason`), with its error.
    pub reason: Field,
}

impl HtmlSafe for Chooser {}

/// One professional.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The value of `person`.
    pub id: String,
    /// The name.
    pub name: String,
    /// 心理師 or 社工師; empty shows 未設定專業.
    pub profession: String,
    /// Cases in 服務中.
    pub load: i64,
    /// The length of the bar, 0 to 100.
    pub width: i64,
    /// How the profession fits, such as 符合轉介需求.
    pub fit: String,
    /// Whether it fits.
    pub fits: bool,
    /// Whether it is ticked.
    pub chosen: bool,
    /// Whether they serve the case now.
    pub serving: bool,
}

#[cfg(test)]
impl Chooser {
    pub(crate) fn sample() -> Self {
        let one = |id: &str, name: &str, profession: &str, load: i64, fits: bool| Candidate {
            id: id.into(),
            name: name.into(),
            profession: profession.into(),
            load,
            width: load * 10,
            fit: if fits { "符合轉介需求".into() } else { "轉介需求沒有這一項".into() },
            fits,
            chosen: false,
            serving: false,
        };
        let mut reason = Field::reason("原因", "", None);
        reason.required = false;
        reason.hint = Some("所選人員都不符合轉介需求時，請說明原因；會顯示在案件流程中。".into());
        Self {
            people: vec![
                one("p1", "張心理", "心理師", 3, true),
                one("p2", "劉心理", "心理師", 9, true),
                one("p3", "吳社工", "社工師", 1, false),
            ],
            asked: "心理師".into(),
            error: None,
            reason,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let mut chooser = Self::sample();
        chooser.error = Some("請至少選擇一位專業輔導人員。".into());
        chooser
    }
}
