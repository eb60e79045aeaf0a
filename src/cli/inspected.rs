//! What `casebind inspect` tells of one scan: its JSON, which other tools rely on, and the same for people.
//!
//! A scan that could not be inspected has a report of the same shape, with one refusal: `unreadable` (the file
//! isn't there or can't be read; then there is no digest) or `not-judged` (no reading process, a form that can't
//! be read, no room for the crops). One that is larger than any scan may be is refused unread, so that it has no digest
//! either. Hints stand beside the rest only where there are some.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::case::ids::{Digest, Revision};
use crate::intake::{How, MacState, Reason, kind};
use crate::paper::Verdict;

/// One scan.
#[derive(Serialize)]
pub struct Report {
    /// Of the file; empty where it could not be read, or was too big to be.
    pub sha256: String,
    /// Of the file.
    pub bytes: u64,
    /// What the file is or seems to be; `unreadable` where it could not be read.
    pub kind: String,
    /// Why it isn't accepted.
    pub refusals: Vec<ReportedRefusal>,
    /// Page by page of the file.
    pub pages: Vec<ReportedPage>,
    /// Whether every page of the form is there.
    pub complete: bool,
    /// What doesn't speak against the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
}

/// Why a scan isn't accepted.
#[derive(Serialize)]
pub struct ReportedRefusal {
    /// Stable, such as `stale-revision`.
    pub code: String,
    /// For people, in English.
    pub message: String,
}

/// Something to know about a scan that doesn't speak against it.
#[derive(Serialize)]
pub struct Hint {
    /// Stable, such as `page-order`.
    pub code: &'static str,
    /// For people, in English.
    pub message: String,
}

/// One page of the file.
#[derive(Serialize)]
pub struct ReportedPage {
    /// From 1.
    pub index: u32,
    /// Whose it is; none for a page that isn't ours.
    pub case: Option<String>,
    /// The revision.
    pub revision: Option<Revision>,
    /// The page of the form, from 1.
    pub page: Option<u8>,
    /// How many pages the form has.
    pub pages: Option<u8>,
    /// Whether its code is genuine.
    pub mac: MacState,
    /// Degrees clockwise.
    pub turn: u16,
    /// How it was identified.
    pub how: How,
    /// Its seal boxes.
    pub boxes: Vec<ReportedBox>,
}

/// One seal box.
#[derive(Serialize)]
pub struct ReportedBox {
    /// The box's id.
    pub id: String,
    /// What it looks like.
    pub verdict: Verdict,
    /// Share of its inside that is ink.
    pub ink: f64,
    /// The picture that was written.
    pub crop: Option<PathBuf>,
    /// Where it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<[(f64, f64); 4]>,
}

impl Hint {
    /// The form's pages lie in the file in this order.
    pub fn out_of_order(order: &[u8]) -> Self {
        let order: Vec<_> = order.iter().map(u8::to_string).collect();
        Self { code: "page-order", message: format!("the pages lie in the order {}", order.join(", ")) }
    }
}

impl Report {
    /// Of a file that can't be read.
    pub fn unreadable(why: &str) -> Self {
        Self::with(String::new(), 0, "unreadable".into(), "unreadable", why)
    }

    /// Of a file about which nothing could be found out.
    pub fn not_judged(file: &[u8], why: &str) -> Self {
        Self::with(Digest::of(file).to_string(), file.len() as u64, kind_of(file), "not-judged", why)
    }

    /// Of a file that has more bytes than are allowed, by its first ones.
    pub fn too_big(head: &[u8], bytes: u64, limit: u64) -> Self {
        let reason = Reason::TooBig { bytes, limit };
        Self::with(String::new(), bytes, kind_of(head), reason.code(), &reason.message())
    }

    fn with(sha256: String, bytes: u64, kind: String, code: &str, why: &str) -> Self {
        let refusals = vec![ReportedRefusal { code: code.into(), message: why.into() }];
        Self { sha256, bytes, kind, refusals, pages: Vec::new(), complete: false, hints: Vec::new() }
    }

    /// Some lines.
    pub fn for_people(&self, scan: &Path) -> String {
        use std::fmt::Write as _;
        let verdict = if self.refusals.is_empty() { "accepted" } else { "refused" };
        let mut out = format!(
            "{}: {verdict}\n  sha256 {}, {} bytes, {}",
            scan.display(),
            if self.sha256.is_empty() { "not taken" } else { &self.sha256 },
            self.bytes,
            self.kind
        );
        for refusal in &self.refusals {
            let _ = write!(out, "\n  {}: {}", refusal.code, refusal.message);
        }
        for hint in &self.hints {
            let _ = write!(out, "\n  {}: {}", hint.code, hint.message);
        }
        for page in &self.pages {
            page.for_people(&mut out);
        }
        out
    }
}

fn kind_of(file: &[u8]) -> String {
    kind::sniff(file).map_or_else(str::to_owned, |kind| kind.as_str().to_owned())
}

impl ReportedPage {
    fn for_people(&self, out: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(out, "\n  page {}: ", self.index);
        let _ = match (&self.case, self.revision, self.page, self.pages) {
            (Some(case), Some(revision), Some(number), Some(pages)) => {
                write!(out, "case {case}, revision {revision}, page {number} of {pages}")
            }
            _ => write!(out, "not identified"),
        };
        let mac = match self.mac {
            MacState::Valid => "code genuine",
            MacState::Invalid => "code not genuine",
            MacState::Unchecked => "code not checked",
        };
        let _ = write!(out, ", {mac}, turned {} degrees", self.turn);
        for seen in &self.boxes {
            let (verdict, percent) = (seen.verdict.as_str(), seen.ink * 100.0);
            let _ = write!(out, "\n    {}: {verdict} ({percent:.1} % ink)", seen.id);
        }
    }
}
