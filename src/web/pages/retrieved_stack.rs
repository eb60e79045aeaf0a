//! 調閱 of a whole stack, and the line that names one where a scan was cut out of it.

use askama::Template;

use super::field::{Field, Summary};
use super::frame::Frame;
use super::parts::{DigestText, Link};
use super::words::Moment;

/// The file of a stack.
#[derive(Debug, Template)]
#[template(path = "retrieved_stack.html")]
pub struct RetrievedStackPage {
    /// Around the page.
    pub frame: Frame,
    /// The page's own address, where the purpose goes.
    pub address: String,
    /// The name of the file; empty: it was erased.
    pub file_name: String,
    /// Its size.
    pub size: String,
    /// How many pages it has.
    pub pages: i64,
    /// When it came.
    pub at: Moment,
    /// Its whole digest.
    pub digest: DigestText,
    /// The cases in it that the reader may see.
    pub cases: Vec<Link>,
    /// The purpose that holds; none: it is asked for.
    pub stated: Option<String>,
    /// Until when it holds.
    pub until: Option<Moment>,
    /// The question.
    pub purpose: Field,
    /// Where it is downloaded, once a purpose holds.
    pub download: Option<String>,
}

impl RetrievedStackPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of_fields(std::iter::once(&self.purpose))
    }
}

/// A stack that a scan was cut out of, named by its digest.
#[derive(Clone, Debug)]
pub struct CutFromLine {
    /// The whole digest.
    pub digest: DigestText,
    /// Where it is taken out, for those who may.
    pub href: Option<String>,
    /// Whether it was disposed of.
    pub gone: bool,
}

/// A stack that was found.
#[derive(Clone, Debug)]
pub struct FoundStack {
    /// The name of the file; empty: it was erased.
    pub file_name: String,
    /// How many pages it has.
    pub pages: i64,
    /// When it came.
    pub at: Moment,
    /// The first digits of its digest.
    pub digest: DigestText,
    /// Where it is taken out.
    pub href: String,
}

#[cfg(test)]
mod sample {
    use super::super::case_list::sample::ago;
    use super::super::frame::Here;
    use super::*;

    const DIGEST: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    impl CutFromLine {
        /// As an archivist sees it.
        pub(crate) fn sample() -> Self {
            let href = Some(format!("/retrieval/stacks/{DIGEST}"));
            Self { digest: DigestText::new(DIGEST), href, gone: false }
        }

        /// It went with another of its cases.
        pub(crate) fn sample_gone() -> Self {
            Self { href: None, gone: true, ..Self::sample() }
        }
    }

    impl FoundStack {
        /// One of two pages.
        pub(crate) fn sample() -> Self {
            Self {
                file_name: "整疊一月.pdf".into(),
                pages: 2,
                at: ago(60 * 24 * 30),
                digest: DigestText::new(&DIGEST[..12]),
                href: format!("/retrieval/stacks/{DIGEST}"),
            }
        }
    }

    impl RetrievedStackPage {
        /// A purpose is asked for.
        pub(crate) fn sample() -> Self {
            Self {
                frame: Frame { here: Here::Retrieval, ..Frame::sample_staff() },
                address: format!("/retrieval/stacks/{DIGEST}"),
                file_name: "整疊一月.pdf".into(),
                size: "9.8 MB".into(),
                pages: 20,
                at: ago(60 * 24 * 30),
                digest: DigestText::new(DIGEST),
                cases: vec![Link { label: "1150000123".into(), href: "/retrieval/1150000123".into() }],
                stated: None,
                until: None,
                purpose: Field::text("purpose", "調閱目的", "", 200),
                download: None,
            }
        }

        /// One was stated, of a stack without a name and a case.
        pub(crate) fn sample_stated() -> Self {
            Self {
                file_name: String::new(),
                cases: Vec::new(),
                stated: Some("法院 115 年度來函調閱".into()),
                until: Some(ago(0)),
                download: Some(format!("/retrieval/stacks/{DIGEST}/original")),
                ..Self::sample()
            }
        }
    }
}
