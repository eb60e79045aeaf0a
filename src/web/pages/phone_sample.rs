//! Sample pages of a phone's link for tests.

use super::*;
use crate::web::pages::parts::{Tone, Verdict};
use crate::web::pages::scan::{RefusalHelp, ScanPage, UploadStage};

impl PhoneInvitePage {
    pub(crate) fn sample() -> Self {
        let link = "https://casebind.example.org/phone/0Yx3nq7mV0uJc5jW2kq8aQ/open".to_owned();
        let stage = PhoneStage::Waiting { code: crate::web::qr::symbol(&link), link, until: "14:35".into() };
        Self {
            frame: Frame::sample(),
            number: CaseNumberText::new("1150000123"),
            back: Link {
                label: "回上傳簽核申請單".into(), href: "/cases/1150000123/scans/new".into()
            },
            address: "/cases/1150000123/phone/p1".into(),
            again: "/cases/1150000123/phone".into(),
            minutes: 10,
            stage,
        }
    }

    pub(crate) fn sample_over() -> Self {
        Self { stage: PhoneStage::Over, ..Self::sample() }
    }

    pub(crate) fn sample_opened() -> Self {
        Self { stage: PhoneStage::Opened, ..Self::sample() }
    }
}

impl PhoneAskPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            number: CaseNumberText::new("1150000123"),
            action: "/phone/0Yx3nq7mV0uJc5jW2kq8aQ/open".into(),
            minutes: 10,
        }
    }
}

impl PhonePhotosPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            number: CaseNumberText::new("1150000123"),
            service: "轉介申請".into(),
            revision: 2,
            page_count: 2,
            seals: vec!["承辦人".into(), "輔導主任".into(), "校長".into()],
            action: "/phone/photos".into(),
            max_bytes: 20 << 20,
            max_words: "20 MB".into(),
            until: "14:45".into(),
            refusal: None,
            seen: Seen::default(),
        }
    }

    pub(crate) fn sample_refused() -> Self {
        let refusal = Refusal {
            stage: UploadStage::Read,
            title: "申請單缺頁".into(),
            what: "缺少申請單的第 2 頁（共 2 頁）。".into(),
            safe: "檔案沒有存入，案件狀態與先前的資料都沒有改變。".into(),
            todo: Vec::new(),
            help: RefusalHelp::AnotherFile,
        };
        let page = ScanPage {
            number: 1,
            image: Some("data:image/jpeg;base64,/9j/".into()),
            width: 620,
            height: 877,
            verdict: Verdict::new(Tone::Good, "第 1 頁，共 2 頁"),
            sentence: None,
        };
        let seen = Seen { pages: vec![page], without_picture: None, photos: true };
        Self { refusal: Some(refusal), seen, ..Self::sample() }
    }
}

impl PhoneDonePage {
    pub(crate) fn sample() -> Self {
        Self { frame: Frame::sample_stranger(), number: CaseNumberText::new("1150000123") }
    }
}
