//! Sample stacks for tests, one in each stage.

use super::*;
use crate::web::pages::parts::{Look, Tone};

fn form(number: &str, subject: &str, pages: &str, verdict: Verdict, clean: bool) -> StackForm {
    let pick = (verdict.tone != Tone::Bad).then(|| format!("{number}:s1"));
    StackForm {
        number: CaseNumberText::new(number),
        href: format!("/cases/{number}/scans/s1"),
        service: "轉介申請".into(),
        subject: subject.into(),
        pages: pages.into(),
        state: Badge::new("核章", Look::Seal),
        clean,
        anew: false,
        first: None,
        pick,
        verdict,
    }
}

impl StackUploadPage {
    pub(crate) fn sample() -> Self {
        let line = |state| StackLine {
            href: "/stacks/t1".into(),
            file: "十二月申請單.pdf".into(),
            pages: 86,
            at: Moment::at(1_766_037_780_000, 1_766_037_900_000),
            state,
        };
        Self {
            frame: Frame::sample(),
            max_bytes: 200 << 20,
            max_words: "200 MB".into(),
            max_pages: 200,
            earlier: vec![line("處理中"), line("已完成")],
            refusal: None,
        }
    }

    pub(crate) fn sample_first() -> Self {
        Self { earlier: Vec::new(), ..Self::sample() }
    }
}

impl StackPage {
    pub(crate) fn sample() -> Self {
        let attention = Verdict::new(Tone::Attention, "校長看起來沒有核章，請開啟確認");
        let missing =
            "缺少申請單的第 2 頁（共 2 頁）。案件內容沒有任何變動。請將全部頁面掃描成同一個檔案後重新上傳。";
        let stray = "這一頁的條碼不屬於您可以處理的案件，可能是別人的申請單。請取出這張紙，交給承辦的人。";
        Self {
            frame: Frame::sample(),
            address: "/stacks/t1".into(),
            stage: Stage::Done,
            stopped_at: None,
            file: "十二月申請單.pdf（31.4 MB，86 頁）".into(),
            digest: DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            blank: 4,
            cases: vec![
                form(
                    "1150000126",
                    "王小明",
                    "1、2",
                    Verdict::new(Tone::Good, "頁面齊全，核章欄皆有核章"),
                    true,
                ),
                form("1150000125", "陳小華", "3、5", attention, false),
                form("1150000124", "林小美", "6", Verdict::new(Tone::Bad, missing), false),
            ],
            strays: vec![StackStray {
                page: 7,
                image: "/stacks/t1/pages/7.jpg".into(),
                reason: stray.into(),
                ticked: false,
            }],
            unsent: Vec::new(),
            claim: Claim::default(),
        }
    }

    pub(crate) fn sample_reading() -> Self {
        let stage = Stage::Reading { done: 37, total: 86 };
        Self { stage, cases: Vec::new(), strays: Vec::new(), ..Self::sample() }
    }

    pub(crate) fn sample_stopped() -> Self {
        Self { stage: Stage::Stopped, stopped_at: Some(37), cases: Vec::new(), ..Self::sample() }
    }

    /// One case in 補件 that can be handed in again, and one whose other items come first.
    pub(crate) fn sample_supplement() -> Self {
        let mut page = Self::sample();
        for case in &mut page.cases[..2] {
            case.state = Badge::new("補件", Look::Attention);
        }
        page.cases[0].anew = true;
        page.cases[1].pick = None;
        page.cases[1].first =
            Some("還有補件項目尚未完成：連絡電話。請開啟案件完成後，再回到這裡送出。".into());
        page
    }

    pub(crate) fn sample_unsent() -> Self {
        let unsent = vec!["1150000125：案件已經送件，不能再送一次。".into()];
        Self { unsent, ..Self::sample() }
    }

    pub(crate) fn sample_unclaimed() -> Self {
        let error = "核對碼不正確。請對照申請單上印的 12 個英文字母與數字，再輸入一次。";
        let claim = Claim { pages: vec![7], code: "K7Q2-9XBD".into(), error: Some(error.into()) };
        let mut page = Self { claim, ..Self::sample() };
        page.strays[0].ticked = true;
        page
    }

    pub(crate) fn sample_nothing() -> Self {
        Self { cases: Vec::new(), ..Self::sample() }
    }
}
