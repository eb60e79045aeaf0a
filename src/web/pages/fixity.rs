//! 原件檢查: whether the originals are what they were, and what is to be repaired.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, DigestText};
use super::words::Moment;

/// How the originals stand.
#[derive(Debug, Template)]
#[template(path = "fixity.html")]
pub struct FixityPage {
    /// Around the page.
    pub frame: Frame,
    /// Days within which every original is read.
    pub days: u32,
    /// How many there are.
    pub originals: i64,
    /// Findings that stand.
    pub open: i64,
    /// Findings that were mended.
    pub mended: i64,
    /// Originals that should have been read again by now.
    pub overdue: i64,
    /// Originals that were read in the pass that goes on.
    pub read: i64,
    /// Folders that were listed in it.
    pub folders: i64,
    /// Of so many.
    pub folders_in_all: i64,
    /// When it began; none: the schedule hasn't run yet.
    pub began: Option<Moment>,
    /// The last pass that is over.
    pub last: Option<PassWords>,
    /// When the original that was read longest ago was read.
    pub oldest: Option<Moment>,
    /// What is due today and what of it is done.
    pub today: Option<DayRow>,
    /// The newest days.
    pub recent: Vec<DayRow>,
    /// What was found; what stands comes first.
    pub findings: Vec<FindingItem>,
    /// Whether there are more than these.
    pub more: bool,
}

/// A pass that is over.
#[derive(Clone, Debug)]
pub struct PassWords {
    /// When it began.
    pub began: Moment,
    /// When it was over.
    pub ended: Moment,
    /// How long it took.
    pub took: String,
}

/// One day.
#[derive(Clone, Debug)]
pub struct DayRow {
    /// The day.
    pub day: String,
    /// Originals that were due.
    pub due: i64,
    /// Originals that were read.
    pub read: i64,
    /// Their size.
    pub size: String,
    /// Folders that were listed.
    pub folders: i64,
    /// Findings.
    pub findings: i64,
    /// Whether all that was due is done.
    pub done: bool,
}

/// Something that was found wrong.
#[derive(Clone, Debug)]
pub struct FindingItem {
    /// The same for the same trouble in every check and in the log.
    pub id: String,
    /// What it is, in words.
    pub kind: String,
    /// Whether it stands.
    pub state: Badge,
    /// The original.
    pub digest: Option<DigestText>,
    /// What should be there.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// How to repair it.
    pub repair: String,
    /// The rows that name it.
    pub rows: Vec<String>,
    /// When it was found first.
    pub first: Moment,
    /// When it was found last.
    pub last: Moment,
    /// When it was seen to be mended.
    pub gone: Option<Moment>,
}

#[cfg(test)]
impl FixityPage {
    /// A pass goes on, one finding stands and one is mended.
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::frame::Here;
        use super::parts::Look;
        let day = |day: &str, read, findings| DayRow {
            day: day.into(),
            due: 134,
            read,
            size: "128 MB".into(),
            folders: 3,
            findings,
            done: read == 134,
        };
        let standing = FindingItem {
            id: "damaged-ba7816bf8f01".into(),
            kind: "檔案內容不同".into(),
            state: Badge::new("待處理", Look::Attention),
            digest: Some(DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
            expected: "13 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
            actual: "13 bytes, sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            repair: "Replace /var/lib/casebind/originals/ba/78/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad by the copy in a backup.".into(),
            rows: vec!["scan 0193-ab of case 1150000123".into()],
            first: ago(60),
            last: ago(60),
            gone: None,
        };
        let mended = FindingItem {
            id: "orphan-9f86d081884c".into(),
            kind: "沒有登記的檔案".into(),
            state: Badge::new("已修復", Look::Done),
            rows: Vec::new(),
            gone: Some(ago(30)),
            ..standing.clone()
        };
        Self {
            frame: Frame { here: Here::Fixity, ..Frame::sample_staff() },
            days: 90,
            originals: 12_034,
            open: 1,
            mended: 1,
            overdue: 0,
            read: 4_020,
            folders: 93,
            folders_in_all: 256,
            began: Some(ago(60 * 24 * 30)),
            last: Some(PassWords {
                began: ago(60 * 24 * 119),
                ended: ago(60 * 24 * 30),
                took: "89 天".into(),
            }),
            oldest: Some(ago(60 * 24 * 89)),
            today: Some(day("2025/12/18", 80, 1)),
            recent: vec![day("2025/12/18", 80, 1), day("2025/12/17", 134, 0)],
            findings: vec![standing, mended],
            more: false,
        }
    }

    /// A new installation.
    pub(crate) fn sample_empty() -> Self {
        Self {
            originals: 0,
            open: 0,
            mended: 0,
            read: 0,
            folders: 0,
            began: None,
            last: None,
            oldest: None,
            today: None,
            recent: Vec::new(),
            findings: Vec::new(),
            ..Self::sample()
        }
    }
}
