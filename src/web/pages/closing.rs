//! 結案申請: what a professional proposed, and the supervisor's decision.

use askama::Template;

use super::field::{Field, Summary};
use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, Fact, Link};
use super::words::Moment;

/// One proposal to close a case.
#[derive(Debug, Template)]
#[template(path = "closing.html")]
pub struct ClosingPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the case.
    pub back: Link,
    /// 待核准, 已核准 or 已退回.
    pub state: Badge,
    /// School, subject, who serves.
    pub about: Vec<Fact>,
    /// 結案原因, with the text of 其他.
    pub reason: String,
    /// 結案摘要.
    pub summary: String,
    /// Who proposed it.
    pub who: String,
    /// When.
    pub when: Moment,
    /// What the supervisor said when sending it back.
    pub remark: Option<String>,
    /// Such as 共 6 次，300 分鐘; empty where there are none.
    pub totals: String,
    /// The service records, newest first.
    pub sessions: Vec<Session>,
    /// The decision, for who may decide.
    pub decision: Option<Decision>,
    /// Why this person can't decide, where somebody else must.
    pub words: Option<String>,
}

impl ClosingPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of_fields(self.decision.iter().map(|decision| &decision.reason))
    }
}

/// A service record in one line.
#[derive(Clone, Debug)]
pub struct Session {
    /// The record's page.
    pub href: String,
    /// 服務日期.
    pub day: String,
    /// 服務方式.
    pub kind: String,
    /// Minutes.
    pub minutes: i64,
    /// Who wrote it.
    pub who: String,
}

/// The two ways to decide.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The address of 核准結案.
    pub approve: String,
    /// The address of 退回.
    pub send_back: String,
    /// The case's version.
    pub version: i64,
    /// Why it is sent back (`reason`).
    pub reason: Field,
}

#[cfg(test)]
impl ClosingPage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::parts::Look;
        let session = |day: &str, kind: &str, minutes: i64| Session {
            href: "/cases/1150000077/records/r1".into(),
            day: day.into(),
            kind: kind.into(),
            minutes,
            who: "張心理".into(),
        };
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000077"),
            back: Link { label: "回案件".into(), href: "/cases/1150000077".into() },
            state: Badge::new("待核准", Look::Waiting),
            about: vec![
                Fact::new("學校", "三民區 測試國小"),
                Fact::new("服務對象", "王小明"),
                Fact::new("服務人員", "張心理 (心理師)"),
            ],
            reason: "主訴改善".into(),
            summary: "情緒穩定，出席正常，與同學的互動明顯增加。\n學校輔導室持續關懷。".into(),
            who: "張心理".into(),
            when: ago(20),
            remark: None,
            totals: "共 3 次，160 分鐘".into(),
            sessions: vec![
                session("2025/12/12", "個別諮商／晤談", 50),
                session("2025/12/05", "家長諮詢", 60),
                session("2025/11/28", "個別諮商／晤談", 50),
            ],
            decision: Some(Decision {
                approve: "/cases/1150000077/closing/approve".into(),
                send_back: "/cases/1150000077/closing/back".into(),
                version: 12,
                reason: Field::reason("退回原因", "", None),
            }),
            words: None,
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let mut page = Self::sample();
        if let Some(decision) = &mut page.decision {
            decision.reason.error = Some("請填寫原因。".into());
        }
        page
    }

    pub(crate) fn sample_own() -> Self {
        Self {
            decision: None,
            words: Some("申請結案的人不能自行核准，請由其他分區督導核准。".into()),
            totals: String::new(),
            sessions: Vec::new(),
            ..Self::sample()
        }
    }
}
