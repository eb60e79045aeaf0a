//! 列印所選案件: what will be printed and what not, how far it is, and the joined PDF at the end.

use askama::Template;

use super::frame::Frame;
use super::parts::CaseNumberText;

/// The page of one printing of many, from choosing to the PDF.
#[derive(Debug, Template)]
#[template(path = "bulk.html")]
pub struct BulkPage {
    /// Around the page.
    pub frame: Frame,
    /// The page's address, below which everything else lies.
    pub address: String,
    /// How far it is.
    pub stage: BulkStage,
    /// Cases that are to be printed, or that were.
    pub forms: Vec<BulkForm>,
    /// Cases that can't be printed.
    pub refused: Vec<BulkRefusal>,
}

/// How far a printing of many is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkStage {
    /// Before anything is printed.
    Chosen,
    /// Being printed: so many of so many.
    Printing {
        /// Cases that are through.
        done: i64,
        /// All cases that were to be printed.
        total: i64,
    },
    /// Broken off.
    Stopped {
        /// Cases that still wait.
        waiting: i64,
    },
    /// At its end.
    Done,
}

/// A case that is to be printed, or was.
#[derive(Clone, Debug)]
pub struct BulkForm {
    /// The case number.
    pub number: CaseNumberText,
    /// The case page, or its form once it is printed.
    pub href: String,
    /// Such as 轉介申請.
    pub service: String,
    /// 服務對象; empty where there is none.
    pub subject: String,
    /// The revision.
    pub revision: u16,
    /// Whether the revision is, or was, new.
    pub fresh: bool,
    /// Whether it is printed.
    pub printed: bool,
}

/// A case that can't be printed.
#[derive(Clone, Debug)]
pub struct BulkRefusal {
    /// The case number.
    pub number: CaseNumberText,
    /// The case page.
    pub href: String,
    /// Such as 轉介申請.
    pub service: String,
    /// 服務對象; empty where there is none.
    pub subject: String,
    /// Why not, and what to do.
    pub reason: String,
}

impl BulkPage {
    fn title(&self) -> String {
        match self.stage {
            BulkStage::Chosen => "列印所選案件".into(),
            BulkStage::Printing { .. } => "正在列印申請單".into(),
            BulkStage::Stopped { .. } => "列印中斷了".into(),
            BulkStage::Done if self.printed() == 0 => "沒有印出申請單".into(),
            BulkStage::Done => format!("{} 件申請單已可列印", self.printed()),
        }
    }

    fn printed(&self) -> usize {
        self.forms.iter().filter(|form| form.printed).count()
    }

    /// How many cases get a new revision.
    fn fresh(&self) -> usize {
        self.forms.iter().filter(|form| form.fresh).count()
    }

    fn is_printing(&self) -> bool {
        matches!(self.stage, BulkStage::Printing { .. })
    }
}

#[cfg(test)]
#[path = "bulk_sample.rs"]
mod sample;
