//! 銷毀: one proposal or disposal, and the list of what was disposed of.

use askama::Template;

use super::field::Field;
use super::frame::Frame;
use super::parts::DigestText;

/// A proposal before it is decided, or what came of it.
#[derive(Debug, Template)]
#[template(path = "disposal.html")]
pub struct DisposalPage {
    /// Around the page.
    pub frame: Frame,
    /// The disposal.
    pub id: String,
    /// 案件編號.
    pub number: String,
    /// The service item.
    pub service: String,
    /// The school.
    pub school: String,
    /// How the case ended, and when.
    pub ended: String,
    /// The rule of the period.
    pub rule: String,
    /// Who proposed it, and when.
    pub proposed: String,
    /// How far it is, seen by the reader.
    pub standing: Standing,
    /// What the case holds, or held.
    pub files: Vec<FileRow>,
    /// Why it isn't approved.
    pub reason: Field,
}

/// How far a disposal is.
#[derive(Clone, Debug)]
pub enum Standing {
    /// The reader may decide.
    Open,
    /// The reader's own: another one decides.
    Own,
    /// It can't be approved now, and why.
    Hindered(String),
    /// The case is gone.
    Gone {
        /// Who approved, and when.
        approved: String,
        /// Files that are still to be removed.
        waiting: usize,
        /// Whether everything is gone.
        clean: bool,
    },
}

impl Standing {
    fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    fn is_own(&self) -> bool {
        matches!(self, Self::Own)
    }

    fn approved(&self) -> Option<&str> {
        if let Self::Gone { approved, .. } = self { Some(approved) } else { None }
    }

    fn hindrance(&self) -> Option<&str> {
        if let Self::Hindered(words) = self { Some(words) } else { None }
    }

    /// How far the removal is, in words.
    fn progress(&self) -> String {
        match self {
            Self::Gone { clean: true, .. } => "已全部移除".into(),
            Self::Gone { waiting: 0, .. } => "已移除，正在清理資料庫".into(),
            Self::Gone { waiting, .. } => format!("還有 {waiting} 個檔案正在移除"),
            _ => String::new(),
        }
    }
}

/// A file.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// What it is.
    pub label: String,
    /// Its digest.
    pub digest: DigestText,
    /// Its size in words.
    pub size: String,
    /// Whether another case holds it too.
    pub shared: bool,
    /// Whether it is gone.
    pub gone: bool,
}

/// What was disposed of, the newest first.
#[derive(Debug, Template)]
#[template(path = "disposed.html")]
pub struct DisposedPage {
    /// Around the page.
    pub frame: Frame,
    /// The disposals.
    pub rows: Vec<DisposedRow>,
    /// The next page.
    pub next: Option<String>,
}

/// A disposal in the list.
#[derive(Clone, Debug)]
pub struct DisposedRow {
    /// 案件編號.
    pub number: String,
    /// The service item.
    pub service: String,
    /// The school.
    pub school: String,
    /// Who proposed it.
    pub proposer: String,
    /// Who approved.
    pub approver: String,
    /// On which day.
    pub day: String,
    /// Its page.
    pub href: String,
}

#[cfg(test)]
mod sample {
    use super::super::frame::Here;
    use super::*;

    fn frame() -> Frame {
        Frame { here: Here::Retention, ..Frame::sample_staff() }
    }

    impl DisposalPage {
        /// Another archivist's proposal.
        pub(crate) fn sample() -> Self {
            let file = |label: &str, shared: bool| FileRow {
                label: label.into(),
                digest: DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                size: "1.2 MB".into(),
                shared,
                gone: false,
            };
            Self {
                frame: frame(),
                id: "d1".into(),
                number: "1030000004".into(),
                service: "轉介申請".into(),
                school: "測試國小".into(),
                ended: "結案 2014/06/30".into(),
                rule: "輔導紀錄 10 年，保存至 2026/07/31".into(),
                proposed: "吳檔案，2026/11/20".into(),
                standing: Standing::Open,
                files: vec![file("簽核申請單", false), file("整疊上傳的掃描檔", false)],
                reason: Field::text("reason", "原因", "", 500),
            }
        }

        /// The reader's own.
        pub(crate) fn sample_own() -> Self {
            Self { standing: Standing::Own, ..Self::sample() }
        }

        /// A hold was placed since.
        pub(crate) fn sample_hindered() -> Self {
            let words = "這個案件在法律保留中，解除以前不能銷毀。".into();
            Self { standing: Standing::Hindered(words), files: Vec::new(), ..Self::sample() }
        }

        /// The case is gone.
        pub(crate) fn sample_gone() -> Self {
            let mut page = Self::sample();
            page.files.iter_mut().filter(|file| !file.shared).for_each(|file| file.gone = true);
            let approved = "林檔案，2026/11/23".into();
            Self { standing: Standing::Gone { approved, waiting: 0, clean: true }, ..page }
        }

        /// Its files are going.
        pub(crate) fn sample_going() -> Self {
            let approved = "林檔案，2026/11/23".into();
            Self { standing: Standing::Gone { approved, waiting: 1, clean: false }, ..Self::sample() }
        }
    }

    impl DisposedPage {
        pub(crate) fn sample() -> Self {
            let row = |number: &str| DisposedRow {
                number: number.into(),
                service: "轉介申請".into(),
                school: "測試國小".into(),
                proposer: "吳檔案".into(),
                approver: "林檔案".into(),
                day: "2026/11/23".into(),
                href: "/retention/disposals/d1".into(),
            };
            Self {
                frame: frame(),
                rows: vec![row("1030000004"), row("1030000001")],
                next: Some("/retention/disposed?before=1795000000000.d1".into()),
            }
        }

        pub(crate) fn sample_empty() -> Self {
            Self { rows: Vec::new(), next: None, ..Self::sample() }
        }
    }
}
