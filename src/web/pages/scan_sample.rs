//! Sample uploads and scans for tests: accepted, refused in each way, empty, and bound by hand.

use super::*;
use crate::web::pages::parts::{Action, Change, Look, Tone};

/// A stale print with the fields that changed.
pub(crate) fn stale() -> Stale {
    Stale {
        revision: 1,
        changes: vec![
            Change {
                label: "家長手機".into(),
                before: Some("0912345678".into()),
                after: Some("0922333444".into()),
            },
            Change {
                label: "備註".into(),
                before: Some(String::new()),
                after: Some("請先電洽輔導室。".into()),
            },
        ],
        reprint: Some(
            Action::post("重新列印申請單", "/cases/1150000123/print", &[("version", "6"), ("token", "t")])
                .in_new_tab(),
        ),
    }
}

impl ScanUploadPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample(),
            number: CaseNumberText::new("1150000123"),
            service: "轉介申請".into(),
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
            revision: 2,
            page_count: 2,
            seals: vec!["承辦人".into(), "輔導主任".into(), "校長".into()],
            action: "/cases/1150000123/scans".into(),
            phone: "/cases/1150000123/phone".into(),
            hidden: vec![("version".into(), "6".into()), ("token".into(), "t".into())],
            max_bytes: 20 << 20,
            max_words: "20 MB".into(),
            refusal: None,
            seen: Seen::default(),
        }
    }

    fn refused(stage: UploadStage, title: &str, what: &str, todo: &[&str], help: RefusalHelp) -> Self {
        let refusal = Refusal {
            stage,
            title: title.into(),
            what: what.into(),
            safe: "檔案沒有存入，案件狀態與先前的資料都沒有改變。".into(),
            todo: todo.iter().map(|&line| line.into()).collect(),
            help,
        };
        Self { refusal: Some(refusal), ..Self::sample() }
    }

    pub(crate) fn sample_encrypted() -> Self {
        Self::refused(
            UploadStage::Check,
            "這個 PDF 有密碼保護",
            "加密的檔案無法檢查內容，所以不能收下。",
            &["請以不設密碼的方式重新掃描或另存，再上傳一次。"],
            RefusalHelp::AnotherFile,
        )
    }

    pub(crate) fn sample_stale() -> Self {
        Self::refused(
            UploadStage::Read,
            "這是第 1 版，目前要核章的是第 2 版",
            "列印第 1 版之後，有些內容修改過，紙本與案件不一致。",
            &["請重新列印申請單、核章後再掃描上傳。"],
            RefusalHelp::Stale(stale()),
        )
    }

    pub(crate) fn sample_no_code() -> Self {
        let seen = vec![ScanPage {
            number: 1,
            image: Some("data:image/jpeg;base64,/9j/".into()),
            width: 620,
            height: 877,
            verdict: Verdict::new(Tone::Attention, "讀不到條碼"),
            sentence: Some("掃描得太暗，請把亮度調高。".into()),
        }];
        let bare = ScanPage { number: 2, image: None, sentence: None, ..seen[0].clone() };
        let seen = [seen, vec![bare]].concat();
        let page = Self::refused(
            UploadStage::Read,
            "讀不到申請單上的條碼",
            "檔案完好，但每一頁都找不到可以辨識的條碼。",
            &["請確認四角沒有被裁掉，並以 200 dpi 灰階重新掃描。", "或者輸入核對碼，由審核人員人工核對。"],
            RefusalHelp::ShortCode {
                typed: "K7Q2-9XB".into(),
                error: Some("核對碼應有 12 個英文字母或數字，請對照紙本再輸入一次。".into()),
            },
        );
        let words = "檔案共 2 頁，每一頁的結果都列在下面；其中 1 頁沒有附上影像，有問題的頁面優先附上。";
        let seen = Seen { pages: seen, without_picture: Some(words.into()), photos: false };
        Self { seen, ..page }
    }
}

impl ScanCheckPage {
    pub(crate) fn sample() -> Self {
        let page = |number: u8| ScanPage {
            number,
            image: Some(format!("/cases/1150000123/scans/s1/pages/{number}.png")),
            width: 620,
            height: 877,
            verdict: Verdict::new(Tone::Good, format!("第 {number} 頁，共 2 頁，第 2 版")),
            sentence: None,
        };
        let seal = |id: &str, label: &str, state: Badge, sentence: Option<&str>| SealCrop {
            label: label.into(),
            image: Some(format!("/cases/1150000123/scans/s1/seals/{id}.png")),
            state,
            sentence: sentence.map(str::to_owned),
        };
        Self {
            frame: Frame::sample(),
            number: CaseNumberText::new("1150000123"),
            service: "轉介申請".into(),
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
            verdict: Verdict::new(Tone::Good, "兩頁齊全，是這個案件的第 2 版"),
            pages: vec![page(1), page(2)],
            seals: vec![
                seal("handler", "承辦人", Badge::new("有核章", Look::Done), None),
                seal("director", "輔導主任", Badge::new("有核章", Look::Done), None),
                seal(
                    "principal",
                    "校長",
                    Badge::new("無法確定", Look::Attention),
                    Some("印文很淡，請看影像；若已核章，可以送件。"),
                ),
            ],
            changes: vec![ChangeCrop {
                label: "第 1 頁：多出的筆跡".into(),
                image: "/cases/1150000123/scans/s1/changes/1-1.jpg".into(),
                width: 240,
                height: 90,
            }],
            order: None,
            by_hand: None,
            digest: DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            file: "申請簽核單.pdf（1.1 MB）".into(),
            original: "/cases/1150000123/scans/s1/original".into(),
            photos: Vec::new(),
            stacks: vec![CutFromLine { href: None, ..CutFromLine::sample() }],
            closed: String::new(),
            submit: Some(SubmitForm {
                action: "/cases/1150000123/submit".into(),
                button: "送件".into(),
                words: "送件後不能再修改個案資料或上傳附件；如需修改，請洽學諮中心個管組。".into(),
                hidden: vec![
                    ("scan".into(), "s1".into()),
                    ("version".into(), "6".into()),
                    ("token".into(), "t".into()),
                ],
                confirm_empty: false,
                error: None,
            }),
            another: Link { label: "換一個檔案".into(), href: "/cases/1150000123/scans/new".into() },
        }
    }

    pub(crate) fn sample_empty_by_hand() -> Self {
        let mut page = Self::sample();
        page.order = Some("2、1".into());
        page.by_hand = Some("條碼無法辨識，這份檔案以核對碼綁定；審核人員會逐頁核對。".into());
        page.verdict = Verdict::new(Tone::Attention, "以核對碼綁定第 2 版");
        page.pages[1].verdict = Verdict::new(Tone::Attention, "第 2 頁的條碼讀不到，請確認影像是否完整。");
        for seal in &mut page.seals {
            seal.state = Badge::new("空白", Look::Draft);
            seal.sentence = None;
        }
        page.seals[2].image = None;
        page.seals[2].state = Badge::new("無法確定", Look::Waiting);
        page.seals[2].sentence = Some("這一格沒有圖，請看整頁的影像確認。".into());
        page.photos = vec![PhotoItem {
            file: Link {
                label: "手機拍照-1150000123-第1頁.heic（HEIC，2.1 MB）".into(),
                href: "/cases/1150000123/scans/s1/photos/1".into(),
            },
            digest: DigestText::new("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"),
        }];
        page.stacks = vec![CutFromLine::sample(), CutFromLine::sample_gone()];
        if let Some(form) = &mut page.submit {
            form.confirm_empty = true;
            form.error = Some("核章欄都是空白，請看過影像並勾選確認，或換一個檔案。".into());
        }
        page
    }
}
