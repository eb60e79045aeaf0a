//! Sample desks for tests: a clean case, and one with differences that somebody else looks at, too.

use super::*;
use crate::web::pages::parts::{Look, Tone, Weight};

fn fact(label: &str, value: &str) -> DeskFact {
    DeskFact { label: label.into(), value: value.into(), was: None }
}

fn seal(id: &str, label: &str, machine: Verdict) -> DeskItem {
    DeskItem {
        id: format!("item-seal-{id}"),
        target: format!("seal:{id}"),
        label: label.into(),
        kind: "核章欄",
        picture: Some(Crop {
            src: format!("/cases/1150000123/scans/s1/seals/{id}.png"),
            width: 240,
            height: 180,
        }),
        place: Some(format!("on-seal-{id}")),
        file: None,
        machine: Some(machine),
        verdict: "unreviewed",
        remark: String::new(),
        who: String::new(),
    }
}

fn outline(id: &str, x: u32, title: &str) -> Outline {
    Outline { id: id.into(), x, y: 2300, w: 450, h: 300, title: title.into() }
}

impl DeskPage {
    /// A clean case, nothing judged yet.
    pub(crate) fn sample() -> Self {
        let attachment = DeskItem {
            id: "item-attachment-a1".into(),
            target: "attachment:a1".into(),
            label: "家長(監護人)同意書".into(),
            kind: "檢附資料",
            picture: Some(Crop {
                src: "/cases/1150000123/attachments/a1/pages/1.jpg".into(),
                width: 300,
                height: 424,
            }),
            place: Some("leaf-form-1".into()),
            file: Some(Link {
                label: "同意書.pdf（1.4 MB）".into(),
                href: "/cases/1150000123/attachments/a1".into(),
            }),
            machine: None,
            ..seal("x", "", Verdict::new(Tone::Good, ""))
        };
        let leaf = |number: u32| Leaf {
            id: format!("leaf-form-{number}"),
            caption: format!("簽核申請單 第 {number} 頁，共 2 頁"),
            lies: "轉 180 度，歪斜 0.4 度，與列印位置相差 0.08 公釐".into(),
            image: format!("/cases/1150000123/scans/s1/desk/{number}.jpg"),
            width: 1680,
            height: 2376,
            print: Some(format!("/cases/1150000123/prints/2/pages/{number}.jpg")),
            marks: Some(Marks { width: 2100, height: 2970, boxes: Vec::new(), changes: Vec::new() }),
        };
        let mut signed = leaf(2);
        if let Some(marks) = &mut signed.marks {
            marks.boxes =
                vec![outline("on-seal-handler", 200, "承辦人"), outline("on-seal-principal", 900, "校長")];
        }
        Self {
            frame: Frame { here: crate::web::pages::frame::Here::Queue, ..Frame::sample_staff() },
            number: CaseNumberText::new("1150000123"),
            service: "轉介申請".into(),
            state: Badge::new("送件", Look::Waiting),
            about: vec!["三民區 測試國小".into(), "測試人員".into(), "王小明".into(), "已等待 3 天".into()],
            version: 9,
            since: 1_764_000_000_000,
            others: Vec::new(),
            look: "/cases/1150000123/review/look".into(),
            next: Link { label: "下一件".into(), href: "/queue/next?after=1150000123".into() },
            remarks: Vec::new(),
            record: vec![
                DeskSection {
                    heading: "內容".into(),
                    facts: vec![fact("連絡電話", "07-1234567"), fact("備註", "")],
                },
                DeskSection {
                    heading: "個案基本資料".into(), facts: vec![fact("姓名", "王小明")]
                },
            ],
            leaves: vec![leaf(1), signed],
            differences: 0,
            items: vec![
                seal("handler", "承辦人", Verdict::new(Tone::Good, "有核章（墨跡 12%）")),
                seal("principal", "校長", Verdict::new(Tone::Good, "有核章（墨跡 9%）")),
                attachment,
            ],
            judge: "/cases/1150000123/review/verdicts".into(),
            progress: "已核閱 0／3".into(),
            receive: Some(Receive {
                action: "/cases/1150000123/receive".into(),
                ready: false,
                words: "還有 3 項未核閱。".into(),
            }),
            ends: [("退回核章", "return", "b"), ("補件", "supplement", "s"), ("不開案", "decline", "")]
                .map(|(label, below, key)| DeskEnd {
                    action: Action::open(label, format!("/cases/1150000123/{below}")),
                    key,
                })
                .into(),
            menu: Menu {
                label: "案件的其他操作".into(),
                entries: vec![
                    Action::open("更正內容", "/cases/1150000123/correct?part=content"),
                    Action::open("移交", "/cases/1150000123/hand-over"),
                    Action::open("撤案", "/cases/1150000123/withdraw").weighing(Weight::Danger),
                ],
            },
        }
    }

    /// Everything judged, with differences, corrected, and somebody else looking.
    pub(crate) fn sample_busy() -> Self {
        let mut page = Self::sample();
        page.others = vec!["陳個管".into()];
        page.remarks = vec![
            Verdict::new(Tone::Attention, "以核對碼綁定，需人工核對"),
            Verdict::new(Tone::Plain, "更正：連絡電話（學校來電更正）"),
        ];
        page.record[0].facts[0].was = Some("07-7654321".into());
        page.differences = 1;
        if let Some(marks) = &mut page.leaves[0].marks {
            marks.changes = vec![outline("change-1-1", 500, "多出的筆跡")];
        }
        for item in &mut page.items {
            item.verdict = "reviewed";
            item.who = "陳個管 2025/12/18 14:03".into();
        }
        page.items[1].machine = Some(Verdict::new(Tone::Attention, "無法確定（墨跡 1%）"));
        page.items[1].remark = "印文略淡，可辨識".into();
        page.items[1].picture = None;
        page.progress = "已核閱 3／3".into();
        page.receive = Some(Receive {
            action: "/cases/1150000123/receive".into(),
            ready: true,
            words: "收件後，案件交由分區督導派案。".into(),
        });
        page
    }
}
