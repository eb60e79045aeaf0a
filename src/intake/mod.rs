//! Untrusted bytes become an accepted document, or a refusal in words.
//!
//! The order of the checks: size ([`Limits`]), kind by content ([`kind`]), structure ([`pdf`]), then
//! what is on the paper ([`crate::paper`]), then the set of pages against the prints of the case
//! ([`page_set`]). Everything that parses a file runs in a child process ([`child`]) that limits
//! itself first; [`judge`] asks it and checks what comes back. A [`stack`] holds the forms of many cases.
//! Nothing here writes to a store.

mod answer;
mod blanks;
pub mod child;
mod cut;
mod frame;
pub mod judge;
pub mod kind;
pub mod page_set;
mod parsed;
pub mod pdf;
mod photos;
pub mod pictures;
mod process;
pub mod refusal;
mod report;
mod skeleton;
mod sort;
pub mod stack;
mod watch;
mod wire;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use judge::{ExpectedPrint, Judge, JudgeFailure, Request};
pub use kind::FileKind;
pub use page_set::{How, MacState};
pub use refusal::{Reason, Refusal};
pub use report::{BoxReport, ChangeReport, Judgement, PageReport};

/// What a file is handed in as. Structure is checked for both; only a signed form is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A scan of a printed and sealed form: PDF.
    SignedForm,
    /// An attachment: PDF, JPEG or PNG.
    Attachment,
}

/// What a file may cost before it is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Pages of a PDF.
    pub max_pages: u32,
    /// Bytes of a stack: one PDF with the forms of many cases.
    pub stack_bytes: u64,
    /// Pages of a stack.
    pub stack_pages: u32,
    /// Long edge of a PDF page in points. Phones write pages a metre wide (2,835 points).
    pub max_page_points: f64,
    /// Pixels of one image, in a PDF or by itself.
    pub max_image_pixels: u64,
    /// Bytes that one compressed stream may grow to.
    pub max_stream_bytes: u64,
    /// Wall-clock time of one page: one that takes longer is named.
    pub page_time: Duration,
    /// Wall-clock time of one judgement.
    pub wall_time: Duration,
    /// Processor time of one judgement, in seconds.
    pub cpu_seconds: u64,
    /// Bytes of memory that the child may take beside the program itself.
    pub max_memory: u64,
    /// Bytes of everything that the child sends back.
    pub max_report_bytes: u64,
    /// Files that are read at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            max_pages: 60,
            stack_bytes: 200 * 1024 * 1024,
            stack_pages: 200,
            max_page_points: 14_400.0,
            max_image_pixels: 80_000_000,
            max_stream_bytes: 320 * 1024 * 1024,
            page_time: Duration::from_secs(20),
            wall_time: Duration::from_secs(60),
            cpu_seconds: 60,
            max_memory: 1024 * 1024 * 1024,
            max_report_bytes: 64 * 1024 * 1024,
            at_once: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
