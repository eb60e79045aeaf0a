//! The papers of a case: attachments, printed revisions, signed scans.

mod attachments;
mod prints;
mod scans;

pub use crate::case::review::Verdict;

pub(crate) use attachments::attachments_of;
pub use attachments::{
    Attachment, NewAttachment, add_attachment, attachments, delete_attachment, judge_attachment, was_deleted,
};
pub(crate) use prints::prints_of;
pub use prints::{NewPrint, Print, add_print, layout_of, prints};
pub(crate) use scans::scans_of;
pub use scans::{NewScan, Scan, add_scan, bind_scan, scans};
