//! Sample printings of many for tests, one in each stage.

use super::*;

fn form(number: &str, subject: &str, revision: u16, fresh: bool) -> BulkForm {
    BulkForm {
        number: CaseNumberText::new(number),
        href: format!("/cases/{number}"),
        service: "轉介申請".into(),
        subject: subject.into(),
        revision,
        fresh,
        printed: false,
    }
}

impl BulkPage {
    pub(crate) fn sample_chosen() -> Self {
        Self {
            frame: Frame::sample(),
            address: "/bulk/b1".into(),
            stage: BulkStage::Chosen,
            forms: vec![
                form("1150000126", "王小明", 1, true),
                form("1150000125", "陳小華", 2, true),
                form("1150000124", "林小美", 1, false),
            ],
            refused: vec![
                BulkRefusal {
                    number: CaseNumberText::new("1150000123"),
                    href: "/cases/1150000123".into(),
                    service: "轉介申請".into(),
                    subject: "張小安".into(),
                    reason: "狀態為「送件」，不能再列印新的申請單。先前若已列印，可在案件頁開啟各版。".into(),
                },
                BulkRefusal {
                    number: CaseNumberText::new("1150000122"),
                    href: "/cases/1150000122".into(),
                    service: "轉介申請".into(),
                    subject: String::new(),
                    reason: "尚未新增服務對象，請先到「對象」新增一位。".into(),
                },
            ],
        }
    }

    pub(crate) fn sample_nothing_to_print() -> Self {
        Self { forms: Vec::new(), ..Self::sample_chosen() }
    }

    pub(crate) fn sample_printing() -> Self {
        Self {
            stage: BulkStage::Printing { done: 240, total: 1000 },
            forms: Vec::new(),
            refused: Vec::new(),
            ..Self::sample_chosen()
        }
    }

    pub(crate) fn sample_stopped() -> Self {
        let mut page = Self::sample_chosen();
        page.stage = BulkStage::Stopped { waiting: 2 };
        page.forms[0].printed = true;
        page
    }

    pub(crate) fn sample_done() -> Self {
        let mut page = Self::sample_chosen();
        page.stage = BulkStage::Done;
        for form in &mut page.forms {
            form.printed = true;
        }
        page
    }
}
