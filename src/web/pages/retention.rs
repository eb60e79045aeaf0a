//! 保存年限: ended cases by the end of their period, and legal holds.

use askama::Template;

use super::field::Field;
use super::frame::Frame;

/// The archivists' page.
#[derive(Debug, Template)]
#[template(path = "retention.html")]
pub struct RetentionPage {
    /// Around the page.
    pub frame: Frame,
    /// How long which kind is kept, in years.
    pub periods: Vec<(String, i64)>,
    /// The cases, the oldest first.
    pub cases: Vec<KeptRow>,
    /// The next page.
    pub next: Option<String>,
    /// Disposals that wait for a decision, the oldest first.
    pub proposals: Vec<ProposalRow>,
    /// Holds in effect, the newest first.
    pub holds: Vec<HoldCard>,
    /// How long stacks are kept in which no case was found, in years.
    pub stack_years: i64,
    /// How many there are.
    pub stacks: i64,
    /// Which case to hold.
    pub number: Field,
    /// Why.
    pub reason: Field,
}

/// A case that has ended.
#[derive(Clone, Debug)]
pub struct KeptRow {
    /// 案件編號.
    pub number: String,
    /// The service item.
    pub service: String,
    /// The school.
    pub school: String,
    /// How it ended, and when.
    pub ended: String,
    /// The last day on which it is kept.
    pub until: String,
    /// Whether that day is over.
    pub due: bool,
    /// Whether it is held all the same.
    pub held: bool,
    /// Where its proposed disposal is looked at.
    pub proposal: Option<String>,
}

impl KeptRow {
    /// Whether its disposal can be proposed.
    #[must_use]
    pub fn may_be_proposed(&self) -> bool {
        self.due && !self.held && self.proposal.is_none()
    }
}

/// A disposal that waits for a decision.
#[derive(Clone, Debug)]
pub struct ProposalRow {
    /// 案件編號.
    pub number: String,
    /// The service item.
    pub service: String,
    /// The school.
    pub school: String,
    /// Who proposed it, and when.
    pub proposed: String,
    /// Whether it is the reader's own.
    pub own: bool,
    /// Where it is looked at.
    pub href: String,
}

/// A hold in effect.
#[derive(Clone, Debug)]
pub struct HoldCard {
    /// The hold.
    pub id: String,
    /// 案件編號.
    pub number: String,
    /// Why.
    pub reason: String,
    /// Who placed it, and when.
    pub placed: String,
    /// Asked when it is lifted.
    pub reason_to_lift: Field,
}

#[cfg(test)]
impl RetentionPage {
    pub(crate) fn sample() -> Self {
        use super::field::LineKind;
        let row = |number: &str, due: bool, held: bool| KeptRow {
            number: number.into(),
            service: "轉介申請".into(),
            school: "測試國小".into(),
            ended: "結案 2014/06/30".into(),
            until: if due { "2026/07/31" } else { "2029/07/31" }.into(),
            due,
            held,
            proposal: None,
        };
        Self {
            frame: Frame { here: super::frame::Here::Retention, ..Frame::sample_staff() },
            periods: vec![("輔導紀錄".into(), 10), ("一般服務".into(), 10)],
            cases: vec![
                row("1030000001", true, false),
                row("1030000002", true, true),
                KeptRow {
                    proposal: Some("/retention/disposals/d1".into()),
                    ..row("1030000004", true, false)
                },
                row("1030000003", false, false),
            ],
            next: Some("/retention?after=1404057600000.c3".into()),
            proposals: vec![
                ProposalRow {
                    number: "1030000004".into(),
                    service: "轉介申請".into(),
                    school: "測試國小".into(),
                    proposed: "吳檔案，2026/11/20".into(),
                    own: false,
                    href: "/retention/disposals/d1".into(),
                },
                ProposalRow {
                    number: "1030000005".into(),
                    service: "轉介申請".into(),
                    school: "測試國小".into(),
                    proposed: "林檔案，2026/11/21".into(),
                    own: true,
                    href: "/retention/disposals/d2".into(),
                },
            ],
            holds: vec![HoldCard {
                id: "h1".into(),
                number: "1030000002".into(),
                reason: "法院函調，訴訟進行中。".into(),
                placed: "吳檔案，2026/11/23".into(),
                reason_to_lift: Field::text("reason-h1", "解除原因", "", 500),
            }],
            stack_years: 1,
            stacks: 3,
            number: Field::line("number", "案件編號", LineKind::Text, ""),
            reason: Field::text("reason", "原因", "", 500),
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self {
            cases: Vec::new(),
            next: None,
            proposals: Vec::new(),
            holds: Vec::new(),
            stacks: 0,
            ..Self::sample()
        }
    }
}
