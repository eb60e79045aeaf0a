//! 調閱 and 查驗: finding originals, saying for what, taking them out, and telling whether a file is one.

use askama::Template;

use super::field::{Field, Summary};
use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, DigestText, Fact, Link, Pager, Tabs};
use super::retrieved_stack::{CutFromLine, FoundStack};
use super::words::Moment;

/// The form that finds, and what it found.
#[derive(Debug, Template)]
#[template(path = "retrieval.html")]
pub struct RetrievalPage {
    /// Around the page.
    pub frame: Frame,
    /// 尋找原件, 查驗檔案.
    pub tabs: Tabs,
    /// What can be looked for.
    pub fields: Vec<Field>,
    /// Whether anything was looked for.
    pub searched: bool,
    /// How many cases fit.
    pub total: i64,
    /// Whether there are more than that.
    pub more: bool,
    /// How many stand on a page.
    pub page_size: usize,
    /// The cases of this page.
    pub cases: Vec<FoundCase>,
    /// The stacks that fit.
    pub stacks: Vec<FoundStack>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

impl RetrievalPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of_fields(self.fields.iter())
    }
}

/// A case that was found.
#[derive(Clone, Debug)]
pub struct FoundCase {
    /// The case number.
    pub number: CaseNumberText,
    /// Where its originals are taken out.
    pub href: String,
    /// The service item.
    pub service: String,
    /// Its state.
    pub state: Badge,
    /// The school.
    pub school: String,
    /// The subject's name; may be empty.
    pub subject: String,
    /// When it was opened.
    pub opened: Moment,
    /// Its originals.
    pub papers: Vec<FoundPaper>,
}

/// An original of it.
#[derive(Clone, Debug)]
pub struct FoundPaper {
    /// What it is.
    pub label: String,
    /// The name of the file.
    pub file_name: String,
    /// The first digits of its digest.
    pub digest: DigestText,
    /// Whether it is what was looked for.
    pub matches: bool,
}

/// The originals of one case.
#[derive(Debug, Template)]
#[template(path = "retrieval_case.html")]
pub struct RetrievalCasePage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The page's own address, where the purpose goes.
    pub address: String,
    /// The case itself.
    pub case: Link,
    /// Who saw it.
    pub traces: Link,
    /// Its custody chain.
    pub custody: Link,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// The purpose that holds; none: it is asked for.
    pub stated: Option<String>,
    /// Until when it holds.
    pub until: Option<Moment>,
    /// The question.
    pub purpose: Field,
    /// The originals.
    pub papers: Vec<PaperItem>,
    /// The stacks that its scans were cut out of.
    pub stacks: Vec<CutFromLine>,
}

impl RetrievalCasePage {
    fn summary(&self) -> Summary<'_> {
        Summary::of_fields(std::iter::once(&self.purpose))
    }
}

/// One original.
#[derive(Clone, Debug)]
pub struct PaperItem {
    /// What it is.
    pub label: String,
    /// The name of the file.
    pub file_name: String,
    /// Its size.
    pub size: String,
    /// When it came.
    pub at: Moment,
    /// Of a deleted attachment: when it was deleted and by whom, who may be nobody known.
    pub deleted: Option<(Moment, String)>,
    /// Its digest.
    pub digest: DigestText,
    /// Where it is downloaded, once a purpose holds.
    pub download: Option<String>,
    /// Where its slip is, once a purpose holds.
    pub slip: Option<String>,
}

/// 查驗.
#[derive(Debug, Template)]
#[template(path = "examine.html")]
pub struct ExaminePage {
    /// Around the page.
    pub frame: Frame,
    /// 尋找原件, 查驗檔案.
    pub tabs: Tabs,
    /// How large a file may be.
    pub max_words: String,
    /// What came of the last file.
    pub examined: Option<Examined>,
    /// Why nothing was examined.
    pub error: Option<String>,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Its name as the browser told it.
    pub file_name: String,
    /// Its digest.
    pub digest: DigestText,
    /// Whether it is a registered original.
    pub known: bool,
    /// Where: what it is there, since when, and the case where it may be seen.
    pub places: Vec<(String, Moment, Option<Link>)>,
    /// The cases with which it was disposed of, and when.
    pub disposed: Vec<(String, Moment)>,
}

#[cfg(test)]
mod sample {
    use super::super::case_list::sample::ago;
    use super::super::field::LineKind;
    use super::super::frame::Here;
    use super::super::parts::Look;
    use super::*;

    const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn frame() -> Frame {
        Frame { here: Here::Retrieval, ..Frame::sample_staff() }
    }

    fn tabs(here: usize) -> Tabs {
        Tabs::new("調閱", here, &[("尋找原件", "/retrieval", None), ("查驗檔案", "/retrieval/check", None)])
    }

    impl RetrievalPage {
        /// One case was found by its digest.
        pub(crate) fn sample() -> Self {
            let field = |name: &str, label: &str, value: &str| Field {
                required: false,
                wide: false,
                ..Field::line(name, label, LineKind::Text, value)
            };
            let paper = |label: &str, file: &str, matches| FoundPaper {
                label: label.into(),
                file_name: file.into(),
                digest: DigestText::new(&DIGEST[..12]),
                matches,
            };
            Self {
                frame: frame(),
                tabs: tabs(0),
                fields: vec![
                    field("number", "案件編號", ""),
                    field("digest", "SHA-256", "ba7816bf"),
                    field("code", "核對碼", ""),
                ],
                searched: true,
                total: 1,
                more: false,
                page_size: 20,
                cases: vec![FoundCase {
                    number: CaseNumberText::new("1150000123"),
                    href: "/retrieval/1150000123".into(),
                    service: "轉介申請".into(),
                    state: Badge::new("服務中", Look::Going),
                    school: "三民區 測試國小".into(),
                    subject: "王小明".into(),
                    opened: ago(60 * 24 * 40),
                    papers: vec![
                        paper("簽核申請單（第 2 版）", "掃描_20251218.pdf", true),
                        paper("家長(監護人)同意書", "同意書.pdf", false),
                        paper("已刪除的附件（輔導紀錄摘要）", "摘要_舊版.pdf", false),
                    ],
                }],
                stacks: vec![FoundStack::sample()],
                pager: Pager::default(),
            }
        }

        /// Nothing was looked for yet.
        pub(crate) fn sample_empty() -> Self {
            Self { searched: false, total: 0, cases: Vec::new(), stacks: Vec::new(), ..Self::sample() }
        }

        /// A stack alone, whose name was erased.
        pub(crate) fn sample_stack() -> Self {
            let stacks = vec![FoundStack { file_name: String::new(), ..FoundStack::sample() }];
            Self { stacks, ..Self::sample_nothing_found() }
        }

        /// Nothing fits.
        pub(crate) fn sample_nothing_found() -> Self {
            Self { searched: true, ..Self::sample_empty() }
        }

        /// A digest that can't be read.
        pub(crate) fn sample_refused() -> Self {
            let mut page = Self::sample_empty();
            page.fields[1].error = Some("SHA-256 請輸入開頭 6 至 64 個字元。".into());
            page
        }
    }

    impl RetrievalCasePage {
        /// A purpose is asked for.
        pub(crate) fn sample() -> Self {
            let paper = |label: &str, file: &str| PaperItem {
                label: label.into(),
                file_name: file.into(),
                size: "1.4 MB".into(),
                at: ago(60 * 24 * 30),
                deleted: None,
                digest: DigestText::new(DIGEST),
                download: None,
                slip: None,
            };
            Self {
                frame: frame(),
                number: CaseNumberText::new("1150000123"),
                address: "/retrieval/1150000123".into(),
                case: Link { label: "案件頁".into(), href: "/cases/1150000123".into() },
                custody: Link { label: "保管鏈".into(), href: "/cases/1150000123/custody".into() },
                traces: Link { label: "查閱紀錄".into(), href: "/cases/1150000123/traces".into() },
                facts: vec![Fact::new("學校", "三民區 測試國小"), Fact::new("服務對象", "王小明")],
                stated: None,
                until: None,
                purpose: Field::text("purpose", "調閱目的", "", 200),
                papers: vec![
                    paper("簽核申請單（第 2 版）", "掃描_20251218.pdf"),
                    paper("申請單第 2 版", "轉介申請單-1150000123-第2版.pdf"),
                    PaperItem {
                        deleted: Some((ago(60 * 24 * 29), "王輔導".into())),
                        ..paper("已刪除的附件（輔導紀錄摘要）", "摘要_舊版.pdf")
                    },
                    paper("服務紀錄的檔案", "晤談紀錄.pdf"),
                ],
                stacks: vec![CutFromLine::sample(), CutFromLine::sample_gone()],
            }
        }

        /// One was stated.
        pub(crate) fn sample_stated() -> Self {
            let mut page = Self::sample();
            for paper in &mut page.papers {
                paper.download = Some(format!("/retrieval/1150000123/originals/{DIGEST}"));
                paper.slip = Some(format!("/retrieval/1150000123/slips/{DIGEST}"));
            }
            Self { stated: Some("法院 115 年度來函調閱".into()), until: Some(ago(0)), ..page }
        }
    }

    impl ExaminePage {
        /// Before a file is chosen.
        pub(crate) fn sample() -> Self {
            Self { frame: frame(), tabs: tabs(1), max_words: "200 MB".into(), examined: None, error: None }
        }

        /// A registered original.
        pub(crate) fn sample_known() -> Self {
            let link = Link { label: "案件 1150000123".into(), href: "/retrieval/1150000123".into() };
            let examined = Examined {
                file_name: "掃描_20251218.pdf".into(),
                digest: DigestText::new(DIGEST),
                known: true,
                places: vec![
                    ("簽核申請單".into(), ago(60 * 24 * 30), Some(link)),
                    ("檢附資料".into(), ago(60 * 24 * 3), None),
                    (
                        "整疊上傳的掃描檔".into(),
                        ago(60 * 24 * 30),
                        Some(Link {
                            label: "調閱這份掃描檔".into(),
                            href: format!("/retrieval/stacks/{DIGEST}"),
                        }),
                    ),
                ],
                disposed: Vec::new(),
            };
            Self { examined: Some(examined), ..Self::sample() }
        }

        /// A file that was disposed of.
        pub(crate) fn sample_disposed() -> Self {
            let examined = Examined {
                file_name: "同意書.pdf".into(),
                digest: DigestText::new(DIGEST),
                known: false,
                places: Vec::new(),
                disposed: vec![("1030000004".into(), ago(60 * 24 * 3))],
            };
            Self { examined: Some(examined), ..Self::sample() }
        }

        /// A file that nobody registered.
        pub(crate) fn sample_unknown() -> Self {
            let examined = Examined {
                file_name: "修改過.pdf".into(),
                digest: DigestText::new(DIGEST),
                known: false,
                places: Vec::new(),
                disposed: Vec::new(),
            };
            Self {
                examined: Some(examined),
                error: Some("請先選擇檔案，再按查驗。".into()),
                ..Self::sample()
            }
        }
    }
}
