//! Sample pages of 派案 for tests.

use super::*;
use crate::web::pages::case_list::sample::ago;
use crate::web::pages::frame::{Here, NavLink};
use crate::web::pages::parts::Look;

fn frame() -> Frame {
    let mut frame = Frame::sample_staff();
    frame.here = Here::Dispatch;
    if let Some(account) = &mut frame.account {
        account.name = "李督導".into();
        account.place = Some("分區督導".into());
        account.links = vec![
            NavLink::sample(Here::Dispatch, "派案", "/dispatch"),
            NavLink::sample(Here::All, "案件查詢", "/cases?scope=all"),
        ];
    }
    frame
}

fn waiting(number: &str, hours: i64, needs: &[&str], problem: &str) -> WaitingCase {
    WaitingCase {
        number: CaseNumberText::new(number),
        value: format!("{number}.7"),
        chosen: false,
        href: format!("/cases/{number}"),
        dispatch: format!("/cases/{number}/dispatch"),
        service: "轉介申請".into(),
        school: "三民區 測試國小".into(),
        problem: problem.into(),
        needs: needs.iter().map(|&need| need.into()).collect(),
        since: ago(hours),
    }
}

impl DispatchPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: frame(),
            zone: Some("第一區".into()),
            states: StateCount::samples(),
            to_dispatch: 3,
            to_close: 1,
            list: DispatchList::ToDispatch {
                cases: vec![
                    waiting(
                        "1150000101",
                        200,
                        &["心理師"],
                        "近一個月經常請假，與同學互動減少，導師觀察到情緒低落。",
                    ),
                    waiting("1150000108", 72, &["社工師"], "家中近期有重大變故。"),
                    waiting("1150000118", 30, &["心理師", "社工師"], ""),
                ],
                to_seal: 1,
                chooser: Box::new(Chooser::sample()),
                error: None,
                hidden: vec![("after", "1766124180000.c0".into())],
            },
            pager: Pager { previous: None, next: Some("/dispatch?after=1766124180000.c1".into()) },
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let mut page = Self::sample();
        if let DispatchList::ToDispatch { chooser, error, cases, .. } = &mut page.list {
            **chooser = Chooser::sample_refused();
            *error = Some("請至少勾選一件案件。".into());
            cases[0].chosen = true;
        }
        page
    }

    pub(crate) fn sample_empty() -> Self {
        let chooser = Box::new(Chooser::sample());
        let list = DispatchList::ToDispatch {
            cases: Vec::new(),
            to_seal: 0,
            chooser,
            error: None,
            hidden: Vec::new(),
        };
        Self { list, to_dispatch: 0, pager: Pager::default(), ..Self::sample() }
    }

    pub(crate) fn sample_without_zone() -> Self {
        Self { zone: None, ..Self::sample_empty() }
    }

    pub(crate) fn sample_closings() -> Self {
        let case = ClosingCase {
            number: CaseNumberText::new("1150000077"),
            href: "/cases/1150000077".into(),
            decide: "/cases/1150000077/closing".into(),
            service: "轉介申請".into(),
            school: "三民區 測試國小".into(),
            subject: "王小明".into(),
            when: ago(20),
            sessions: 6,
        };
        Self { list: DispatchList::ToClose(vec![case]), pager: Pager::default(), ..Self::sample() }
    }
}

impl StaffingPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: frame(),
            title: "派案".into(),
            number: CaseNumberText::new("1150000101"),
            facts: vec![
                Fact::new("學校", "三民區 測試國小"),
                Fact::new("轉介需求", "心理師"),
                Fact::new("問題簡述", "近一個月經常請假，與同學互動減少。"),
                Fact::new("轉介期待", ""),
            ],
            lead: String::new(),
            chooser: Chooser::sample_refused(),
            action: "/cases/1150000101/dispatch".into(),
            version: 7,
            button: "派案".into(),
            cancel: "/cases/1150000101".into(),
        }
    }

    pub(crate) fn sample_reassign() -> Self {
        let mut chooser = Chooser::sample();
        (chooser.people[0].chosen, chooser.people[0].serving) = (true, true);
        chooser.reason.required = true;
        Self {
            title: "改派".into(),
            lead: "勾選之後服務此案件的人員；沒有勾選的人員從現在起不再服務。".into(),
            chooser,
            action: "/cases/1150000101/reassign".into(),
            button: "改派".into(),
            ..Self::sample()
        }
    }
}

impl DispatchedPage {
    pub(crate) fn sample() -> Self {
        let case = |number: &str, state: Badge, words: &str| DispatchedCase {
            number: CaseNumberText::new(number),
            href: format!("/cases/{number}"),
            state: Some(state),
            words: words.into(),
        };
        Self {
            frame: frame(),
            people: "張心理 (心理師)".into(),
            done: vec![case("1150000101", Badge::new("服務中", Look::Going), "已派案")],
            refused: vec![case(
                "1150000108",
                Badge::new("收件", Look::Going),
                "所選人員與轉介需求（社工師）不符，請改選或填寫原因。",
            )],
            back: Link { label: "回派案".into(), href: "/dispatch".into() },
        }
    }

    pub(crate) fn sample_all_done() -> Self {
        Self { refused: Vec::new(), ..Self::sample() }
    }
}
