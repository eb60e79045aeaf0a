//! Sample case pages for tests: one per tab, at different points of the walk.

use super::*;
use crate::web::pages::case_list::sample::{ago, row};
use crate::web::pages::parts::{FlowDocument, Look, Tone, Weight};
use crate::web::pages::scan;

fn track(here: usize) -> Track {
    let labels = ["暫存", "核章", "送件", "收件", "服務中", "結案"];
    let stations = labels.iter().enumerate().map(|(at, &label)| Station {
        label: label.into(),
        seal: label == "核章",
        reached: match at.cmp(&here) {
            std::cmp::Ordering::Less => Reached::Done,
            std::cmp::Ordering::Equal => Reached::Here,
            std::cmp::Ordering::Greater => Reached::Ahead,
        },
        when: (at <= here).then(|| ago(80 - 20 * i64::try_from(at).unwrap())),
    });
    Track { stations: stations.collect(), detours: Vec::new() }
}

fn paper(title: &str, scan: bool, hours: i64, verdict: Option<Verdict>) -> Paper {
    let thumbnail =
        if scan { "/cases/1150000123/scans/s1/pages/1.png" } else { "/cases/1150000123/prints/2/page-1.jpg" };
    Paper {
        title: title.into(),
        scan,
        thumbnail: Some(thumbnail.into()),
        href: "/cases/1150000123/prints/2/form.pdf".into(),
        when: ago(hours),
        who: "測試人員".into(),
        verdict,
        seals: Vec::new(),
        digest: DigestText::new("ba7816bf8f01"),
    }
}

fn files() -> Vec<AttachmentLine> {
    let file = |category: &str, name: &str, state: Badge| AttachmentLine {
        category: category.into(),
        name: name.into(),
        href: "/cases/1150000123/attachments/a1".into(),
        state,
        digest: DigestText::new("9f86d081884c"),
    };
    vec![
        file("家長(監護人)同意書", "同意書.pdf", Badge::new("已核閱", Look::Done)),
        file("輔導紀錄摘要", "114學年度輔導紀錄摘要.pdf", Badge::new("未核閱", Look::Waiting)),
    ]
}

fn case_menu() -> Menu {
    Menu {
        label: "案件的選單".into(),
        entries: vec![
            Action::open("編輯", "/cases/1150000123/content"),
            Action::open("檢附資料", "/cases/1150000123/attachments"),
            Action::open("撤案", "/cases/1150000123/withdraw").weighing(Weight::Danger),
        ],
    }
}

fn content() -> Tab {
    Tab::Content(ContentTab {
        facts: vec![
            Fact::new("服務項目", "轉介申請"),
            Fact::new("連絡電話", "07-1234567"),
            Fact::new("次要聯絡電話", "0912345678"),
            Fact::new(
                "問題簡述",
                "近一個月經常請假，與同學互動減少，導師觀察到情緒低落。\n家長希望有專業人員協助。",
            ),
            Fact::new("轉介需求", "心理師、社工師"),
            Fact::new("轉介期待", "希望協助學生穩定就學，並提供家長教養諮詢。"),
            Fact::new("備註", ""),
        ],
        edit: Some(Action::open("編輯", "/cases/1150000123/content")),
        corrections: vec![CorrectionLine {
            when: ago(6),
            who: "陳個管".into(),
            reason: "學校來電更正".into(),
            seal_anew: false,
            changes: vec![Change {
                label: "連絡電話".into(),
                before: Some("07-7654321".into()),
                after: Some("07-1234567".into()),
            }],
        }],
        attachments: files(),
        attach: Action::open("上傳檢附資料", "/cases/1150000123/attachments"),
    })
}

fn subject(found: bool) -> Tab {
    let card = SubjectCard {
        title: "1. 王小明 (男)".into(),
        id_number: "E12****789".into(),
        facts: vec![
            Fact::new("生日", "2015/08/07"),
            Fact::new("是否為特教生", "否"),
            Fact::new("學生背景", "一般生"),
            Fact::new("學生班級", "1 年 2 班"),
            Fact::new("家長(監護人)", "王家長 0912345678"),
            Fact::new("關係", "父子"),
            Fact::new("地址", "高雄市三民區測試路 1 號"),
            Fact::new("輔導老師", "王輔導 07-1234567"),
            Fact::new("導師", "王導師 07-1234567"),
            Fact::new("備註", ""),
        ],
        attachments: files(),
        staff: String::new(),
        menu: Menu {
            label: "王小明的選單".into(),
            entries: vec![
                Action::open("編輯", "/cases/1150000123/subject/p1"),
                Action::open("刪除", "/cases/1150000123/subject/p1/delete").weighing(Weight::Danger),
                Action::open("檢附資料", "/cases/1150000123/attachments"),
                Action::open("服務人員", "/cases/1150000123?tab=records"),
            ],
        },
        deleted: None,
    };
    Tab::Subject(SubjectTab {
        href: "/cases/1150000123".into(),
        show: vec![Choice::labelled("", "未刪除", true), Choice::labelled("deleted", "已刪除", false)],
        keyword: String::new(),
        add: (!found).then(|| Action::open("＋ 新增", "/cases/1150000123/subject")),
        limit_words: "這裡會列出服務對象。1 個案件以申請 1 位個案對象為限。".into(),
        subjects: if found { vec![card] } else { Vec::new() },
    })
}

fn flow() -> Tab {
    let mut sent = row(1, "測試人員", "送件", Look::Waiting);
    sent.documents.push(FlowDocument {
        label: "簽核申請單".into(),
        digest: DigestText::new("ba7816bf8f01"),
        href: Some("/cases/1150000123/scans/s1/original".into()),
    });
    let mut returned = row(20, "管理人員", "退回核章", Look::Attention);
    returned.reason = Some("校長核章欄空白，請補核章後重新掃描上傳。".into());
    let mut printed = row(26, "測試人員", "核章", Look::Seal);
    printed.documents.push(FlowDocument {
        label: "申請單第 2 版".into(),
        digest: DigestText::new("9f86d081884c"),
        href: None,
    });
    let edited = row(40, "測試人員", "編輯：新增檢附資料", Look::Draft);
    Tab::Flow(vec![sent, returned, printed, edited, row(72, "測試人員", "暫存", Look::Draft)])
}

impl CasePage {
    /// 暫存, without a subject yet.
    pub(crate) fn sample_draft() -> Self {
        let item = |label: &str, done, href: &str| CheckItem { label: label.into(), done, href: href.into() };
        Self {
            frame: Frame::sample().saying(Tone::Good, "案件暫存完成，請繼續新增服務對象"),
            number: CaseNumberText::new("1150000123"),
            service: "轉介申請".into(),
            state: Badge::new("暫存", Look::Draft),
            about: vec!["三民區 測試國小".into(), "國小".into(), "申請人 測試人員".into()],
            track: track(0),
            wanted: None,
            next: Next {
                sentence: "新增服務對象後，上傳必備的檢附資料，就可以列印申請單。".into(),
                primary: Some(
                    Action::open("新增服務對象", "/cases/1150000123/subject").weighing(Weight::Primary),
                ),
                others: Vec::new(),
                checklist: vec![
                    item("填寫內容", true, "/cases/1150000123/content"),
                    item("新增服務對象", false, "/cases/1150000123/subject"),
                    item("家長(監護人)同意書", false, "/cases/1150000123/attachments"),
                    item("輔導紀錄摘要", false, "/cases/1150000123/attachments"),
                ],
            },
            stale: None,
            papers: Vec::new(),
            menu: case_menu(),
            tab: subject(false),
            without_subject: false,
        }
    }

    /// 核章, edited after printing.
    pub(crate) fn sample_stale() -> Self {
        Self {
            frame: Frame::sample(),
            state: Badge::new("核章", Look::Seal),
            track: track(1),
            next: Next {
                sentence: "內容在列印後有修改，請重新列印申請單，再送核章。".into(),
                primary: Some(
                    Action::post(
                        "列印申請單",
                        "/cases/1150000123/print",
                        &[("version", "6"), ("token", "t")],
                    )
                    .in_new_tab()
                    .weighing(Weight::Primary),
                ),
                others: Vec::new(),
                checklist: Vec::new(),
            },
            stale: Some(Stale { reprint: None, ..scan::sample::stale() }),
            papers: vec![paper(
                "申請單第 1 版",
                false,
                5,
                Some(Verdict::new(Tone::Attention, "已過期，請勿核章")),
            )],
            tab: subject(true),
            ..Self::sample_draft()
        }
    }

    /// 核章 after it came back from 送件.
    pub(crate) fn sample_sealing() -> Self {
        let mut track = track(1);
        track.detours.push(Detour {
            label: "退回核章".into(),
            after: 3,
            when: ago(20),
            reason: "校長核章欄空白，請補核章後重新掃描上傳。".into(),
            open: true,
        });
        Self {
            track,
            wanted: Some(Wanted {
                title: "退回核章".into(),
                reason: "校長核章欄空白，請補核章後重新掃描上傳。".into(),
                who: "陳個管".into(),
                when: ago(20),
                items: Vec::new(),
                help: None,
            }),
            next: Next {
                sentence: "請將申請單送承辦人、輔導主任、校長核章，掃描成 PDF 後上傳。".into(),
                primary: Some(
                    Action::open("上傳簽核申請單", "/cases/1150000123/scans/new").weighing(Weight::Primary),
                ),
                others: vec![
                    Action::post(
                        "列印申請單",
                        "/cases/1150000123/print",
                        &[("version", "6"), ("token", "t")],
                    )
                    .in_new_tab(),
                ],
                checklist: Vec::new(),
            },
            stale: None,
            papers: vec![
                paper("簽核申請單掃描檔", true, 22, Some(Verdict::new(Tone::Bad, "已退回：校長欄空白"))),
                paper("申請單第 2 版", false, 26, Some(Verdict::new(Tone::Plain, "待核章"))),
                paper("申請單第 1 版", false, 70, Some(Verdict::new(Tone::Plain, "由第 2 版取代"))),
            ],
            tab: content(),
            ..Self::sample_stale()
        }
    }

    /// 送件: nothing to do but to wait.
    pub(crate) fn sample_submitted() -> Self {
        Self {
            wanted: None,
            state: Badge::new("送件", Look::Waiting),
            track: track(2),
            next: Next {
                sentence: "申請完成，等待審核確認中。".into(),
                primary: None,
                others: vec![Action::open("看送件收據", "/cases/1150000123/receipt")],
                checklist: Vec::new(),
            },
            papers: vec![
                paper("簽核申請單掃描檔", true, 1, Some(Verdict::new(Tone::Good, "已綁定第 2 版"))),
                paper("申請單第 2 版", false, 26, None),
            ],
            tab: flow(),
            ..Self::sample_sealing()
        }
    }

    /// 補件: what was asked for, one item done.
    pub(crate) fn sample_supplement() -> Self {
        let item = |label: &str, words: &str, look: Look, seq: u8| WantedItem {
            label: label.into(),
            state: Badge::new(words, look),
            change: Some(Link { label: "修改".into(), href: "/cases/1150000123/content#f-phone".into() }),
            answer: Some(WantedAnswer {
                action: format!("/cases/1150000123/supplement/items/{seq}"),
                field: format!("answer-{seq}"),
                value: if seq == 2 {
                    "號碼無誤，請於上班時間來電".into()
                } else {
                    String::new()
                },
            }),
            said: String::new(),
        };
        let mut track = track(2);
        track.detours.push(Detour {
            label: "補件".into(),
            after: 3,
            when: ago(2),
            reason: "電話打不通，同意書缺簽名。".into(),
            open: true,
        });
        Self {
            state: Badge::new("補件", Look::Attention),
            track,
            wanted: Some(Wanted {
                title: "補件說明".into(),
                reason: "電話打不通，同意書缺簽名。".into(),
                who: "陳個管".into(),
                when: ago(2),
                items: vec![
                    item("問題簡述", "已修改", Look::Done, 1),
                    item("連絡電話", "已說明", Look::Done, 2),
                    item("家長(監護人)同意書", "尚未完成", Look::Attention, 3),
                ],
                help: Some("只有下列項目可以修改；不需要修改的，請填寫說明。".into()),
            }),
            next: Next {
                sentence: "請依補件說明修改或說明「家長(監護人)同意書」。".into(),
                primary: Some(
                    Action::open("上傳「家長(監護人)同意書」", "/cases/1150000123/attachments")
                        .weighing(Weight::Primary),
                ),
                others: Vec::new(),
                checklist: Vec::new(),
            },
            ..Self::sample_sealing()
        }
    }

    /// 服務中, on the tab of service records.
    pub(crate) fn sample_in_service() -> Self {
        Self {
            state: Badge::new("服務中", Look::Going),
            track: track(4),
            next: Next {
                sentence: "專業輔導人員服務中。".into(),
                primary: None,
                others: Vec::new(),
                checklist: Vec::new(),
            },
            tab: Tab::Records(RecordsTab {
                empty_words: "專業輔導人員開始服務後，服務紀錄會依日期列在這裡。".into(),
                ..RecordsTab::default()
            }),
            ..Self::sample_submitted()
        }
    }

    /// The same for the professional who serves it, with a record.
    pub(crate) fn sample_records() -> Self {
        let next = Next {
            sentence: "服務中；每次服務後請新增紀錄，服務完成時請申請結案。".into(),
            primary: Some(
                Action::open("新增紀錄", "/cases/1150000123/records/new").weighing(Weight::Primary),
            ),
            others: vec![Action::open("申請結案", "/cases/1150000123/close")],
            checklist: Vec::new(),
        };
        let tab = Tab::Records(RecordsTab {
            totals: Some("共 1 次，50 分鐘".into()),
            add: Some(Action::open("＋ 新增紀錄", "/cases/1150000123/records/new")),
            records: vec![RecordCard::sample()],
            pager: Pager { previous: None, next: Some("/cases/1150000123?tab=records&page=2".into()) },
            ..RecordsTab::default()
        });
        Self { next, tab, ..Self::sample_in_service() }
    }

    /// The same for the applicant, who may not read them.
    pub(crate) fn sample_secret() -> Self {
        let words = "目前有 3 次服務紀錄，由張心理撰寫。服務紀錄是專業輔導人員的保密紀錄，內容不在這裡顯示。";
        let tab = Tab::Records(RecordsTab { secret: Some(words.into()), ..RecordsTab::default() });
        Self { tab, ..Self::sample_in_service() }
    }
}
