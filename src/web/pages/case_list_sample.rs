//! Sample lists for tests: a case in every state that an applicant meets.

use super::*;
use crate::web::pages::parts::{DigestText, FlowDocument, Look, Tone, Weight};

pub(crate) const NOW: i64 = 1_766_124_180_000;
pub(crate) const HOUR: i64 = 3_600_000;

/// A moment some hours ago.
pub(crate) fn ago(hours: i64) -> Moment {
    Moment::at(NOW - hours * HOUR, NOW)
}

/// A flow row some hours ago.
pub(crate) fn row(hours: i64, who: &str, label: &str, look: Look) -> FlowRow {
    FlowRow {
        receipt: None,
        when: ago(hours),
        who: who.into(),
        label: label.into(),
        look,
        reason: None,
        reason_word: "原因",
        documents: Vec::new(),
    }
}

fn card(number: &str, service: &str, state: Badge) -> CaseCard {
    CaseCard {
        number: CaseNumberText::new(number),
        pick: true,
        href: format!("/cases/{number}"),
        service: service.into(),
        state,
        school: "三民區 測試國小".into(),
        stage: "國小".into(),
        opened: ago(72),
        applicant: "測試人員".into(),
        phone: "07-1234567".into(),
        email: String::new(),
        problem: "近一個月經常請假，與同學互動減少，導師觀察到情緒低落，家長希望有專業人員協助。".into(),
        needs: "心理師、社工師".into(),
        expectation: "希望協助學生穩定就學，並提供家長教養諮詢。".into(),
        note: String::new(),
        subject: Some("1. 王小明".into()),
        attachments: Some(Badge::new("2 未核閱", Look::Waiting)),
        staff: String::new(),
        since: ago(26),
        newest: Some(row(26, "測試人員", "暫存", Look::Draft)),
        older: Vec::new(),
        waiting: None,
        stale: false,
        action: None,
        menu: Menu {
            label: format!("案件 {number} 的選單"),
            entries: vec![
                Action::open("編輯", format!("/cases/{number}/content")),
                Action::open("檢附資料", format!("/cases/{number}/attachments")),
                Action::open("撤案", format!("/cases/{number}/withdraw")).weighing(Weight::Danger),
            ],
        },
    }
}

fn draft() -> CaseCard {
    CaseCard {
        subject: None,
        attachments: None,
        action: Some(Action::open("新增服務對象", "/cases/1150000126/subject")),
        ..card("1150000126", "轉介申請", Badge::new("暫存", Look::Draft))
    }
}

fn sealing() -> CaseCard {
    CaseCard {
        stale: true,
        newest: Some(row(2, "測試人員", "核章", Look::Seal)),
        older: vec![row(26, "測試人員", "暫存", Look::Draft)],
        action: Some(
            Action::post("列印申請單", "/cases/1150000125/print", &[("version", "5"), ("token", "t")])
                .in_new_tab(),
        ),
        ..card("1150000125", "轉介申請", Badge::new("核章", Look::Seal))
    }
}

fn ready_to_upload() -> CaseCard {
    CaseCard {
        newest: Some(row(3, "測試人員", "核章", Look::Seal)),
        action: Some(Action::open("上傳簽核申請單", "/cases/1150000124/scans/new")),
        ..card("1150000124", "轉介申請", Badge::new("核章", Look::Seal))
    }
}

fn submitted() -> CaseCard {
    let mut newest = row(1, "測試人員", "送件", Look::Waiting);
    newest.documents.push(FlowDocument {
        label: "簽核申請單".into(),
        digest: DigestText::new("ba7816bf8f01"),
        href: Some("/cases/1150000123/scans/s1/original".into()),
    });
    CaseCard {
        newest: Some(newest),
        older: vec![
            row(5, "管理人員", "退回核章", Look::Attention),
            row(26, "測試人員", "送件", Look::Waiting),
            row(72, "測試人員", "暫存", Look::Draft),
        ],
        waiting: Some("核閱案件中...".into()),
        ..card("1150000123", "轉介申請", Badge::new("送件", Look::Waiting))
    }
}

fn supplement() -> CaseCard {
    CaseCard {
        attachments: Some(Badge::new("1 需補件", Look::Attention)),
        newest: Some(row(20, "管理人員", "補件", Look::Attention)),
        action: Some(Action::open("送出審核", "/cases/1150000121")),
        ..card("1150000121", "教師/家長個別諮詢服務", Badge::new("補件", Look::Attention))
    }
}

fn received() -> CaseCard {
    CaseCard {
        attachments: Some(Badge::new("2 已核閱", Look::Done)),
        newest: Some(row(30, "管理人員", "收件", Look::Going)),
        waiting: Some("派案中...".into()),
        ..card("1150000118", "轉介申請", Badge::new("收件", Look::Going))
    }
}

fn in_service() -> CaseCard {
    CaseCard {
        attachments: Some(Badge::new("2 已核閱", Look::Done)),
        staff: "林OO（三民社工心理）（社工師）".into(),
        newest: Some(row(90, "管理人員", "服務中", Look::Going)),
        waiting: Some("服務中...".into()),
        ..card("1150000102", "轉介申請", Badge::new("服務中", Look::Going))
    }
}

fn closed() -> CaseCard {
    CaseCard {
        subject: None,
        attachments: None,
        newest: Some(row(900, "管理人員", "結案", Look::Done)),
        ..card("1140000871", "小團體輔導", Badge::new("結案", Look::Done))
    }
}

impl StateCount {
    pub(crate) fn samples() -> Vec<Self> {
        vec![
            count(Badge::new("暫存", Look::Draft), "3", "draft"),
            count(Badge::new("核章", Look::Seal), "5", "sealing"),
            count(Badge::new("送件", Look::Waiting), "1,204", "submitted"),
            count(Badge::new("結案", Look::Done), "10,000+", "closed"),
        ]
    }
}

impl CaseListPage {
    pub(crate) fn sample() -> Self {
        let option = Choice::labelled;
        Self {
            frame: Frame::sample().saying(Tone::Good, "案件暫存完成，請繼續新增服務對象"),
            title: "我的申請案件".into(),
            states: StateCount::samples(),
            filter: Filter {
                scope: String::new(),
                view: String::new(),
                sorts: vec![option("", "最近異動", true), option("waiting", "等待最久", false)],
                waiting: false,
                advanced: Advanced {
                    open: false,
                    from: DateField::default(),
                    to: DateField::default(),
                    subject: String::new(),
                    staff: None,
                },
                services: vec![option("", "全部服務", true), option("referral", "轉介申請", false)],
                states: vec![
                    option("", "全部狀態", true),
                    option("draft", "暫存", false),
                    option("sealing", "核章", false),
                ],
                keyword: String::new(),
                narrowed: false,
                clear: "/cases".into(),
            },
            can_create: true,
            own: true,
            tally: "每頁 20 筆共 28 筆".into(),
            views: None,
            export: Some(ExportLink {
                href: "/cases/export.csv".into(),
                limit: "一次最多匯出 50,000 筆".into(),
            }),
            saved: Saved::default(),
            bulk: Some(BulkBar {
                hidden: vec![
                    ("service".into(), String::new()),
                    ("state".into(), String::new()),
                    ("q".into(), String::new()),
                ],
                all: Some(28),
                too_many: false,
                most: 1000,
            }),
            cards: vec![
                draft(),
                sealing(),
                ready_to_upload(),
                submitted(),
                supplement(),
                received(),
                in_service(),
                closed(),
            ],
            pager: Pager { previous: None, next: Some("/cases?after=1140000871".into()) },
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self {
            frame: Frame::sample(),
            states: Vec::new(),
            tally: "每頁 20 筆共 0 筆".into(),
            bulk: None,
            export: None,
            cards: Vec::new(),
            pager: Pager::default(),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_nothing_found() -> Self {
        let mut page = Self::sample_empty();
        page.filter.keyword = "王大明".into();
        page.filter.narrowed = true;
        page.filter.advanced.open = true;
        page.filter.advanced.from = DateField {
            value: "昨天".into(),
            error: Some("看不懂「昨天」這個日期，請寫成 2025/12/18 或 114/12/18。".into()),
        };
        page
    }

    pub(crate) fn sample_staff() -> Self {
        let mut page = Self::sample();
        page.frame = Frame::sample_staff();
        page.title = "案件查詢".into();
        page.filter.scope = "all".into();
        page.filter.clear = "/cases?scope=all".into();
        page.can_create = false;
        page.own = false;
        page.bulk = None;
        page.views = Some(Views {
            table: false,
            cards: "/cases?scope=all".into(),
            rows: "/cases?scope=all&view=table".into(),
        });
        page.filter.advanced.staff = Some(Staff {
            school: String::new(),
            districts: vec![
                Choice::labelled("", "全部行政區", true),
                Choice::labelled("三民區", "三民區", false),
            ],
            zones: vec![Choice::labelled("", "全部分區", true), Choice::labelled("zone-1", "第一區", false)],
            professionals: vec![Choice::labelled("", "全部服務人員", true)],
        });
        page.cards.retain(|card| card.state.look != Look::Draft);
        for card in &mut page.cards {
            card.action = None;
            card.pick = false;
            card.menu.entries.truncate(1);
        }
        page
    }

    pub(crate) fn sample_table() -> Self {
        let mut page = Self::sample_staff();
        if let Some(views) = &mut page.views {
            views.table = true;
        }
        page.filter.view = "table".into();
        page.filter.narrowed = true;
        page.filter.waiting = true;
        page.saved = Saved {
            filters: vec![SavedFilter {
                name: "三民區待收件".into(),
                href: "/cases?state=submitted".into(),
                forget: "/cases/filters/1/delete".into(),
                current: false,
            }],
            query: Some("scope=all&state=received".into()),
        };
        page
    }
}

fn count(state: Badge, count: &str, name: &str) -> StateCount {
    StateCount {
        state,
        count: count.into(),
        words: format!("{count} 筆"),
        href: format!("/cases?state={name}"),
        current: name == "sealing",
    }
}
