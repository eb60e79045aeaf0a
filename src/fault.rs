//! Named points between the durable steps of what people do, at which a test lets the process die.
//!
//! All points are listed here and nowhere else. A process of a build with debug assertions dies at the point that
//! `CASEBIND_TEST_FAULT` names, at the pass that it counts: `archive.named:2` is the second time that an original
//! has its name. It dies as by `kill -9`: nothing is flushed, answered or tidied up. In a release [`here`] is empty.

use std::fmt;

/// The variable that arms a point.
#[cfg(debug_assertions)]
const VARIABLE: &str = "CASEBIND_TEST_FAULT";

/// A moment of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// All bytes of a file are in its temporary file; nothing is synced.
    Arrived,
    /// The temporary file is synced and has no other name yet.
    Synced,
    /// The original has its name; the folders aren't synced.
    Named,
    /// The original is durable, and no row names it.
    Durable,
    /// An attachment is written down, and not committed.
    AttachWritten,
    /// An attachment is committed.
    AttachCommitted,
    /// A print is written down, and not committed.
    PrintWritten,
    /// A print is committed.
    PrintCommitted,
    /// A scan is written down, and not committed.
    ScanWritten,
    /// Photos and the link that they came by are written down beside their scan, and not committed.
    PhoneWritten,
    /// A scan is committed, with the photos that it was made of.
    ScanCommitted,
    /// A stack is written down, and not committed.
    StackWritten,
    /// A stack is committed, and nobody reads it yet.
    StackCommitted,
    /// Whose each page of a stack is, is committed.
    StackRead,
    /// A case of a stack has its scan, and the stack doesn't know it yet.
    StackBound,
    /// What came of a case of a stack is committed.
    StackSettled,
    /// A bulk print has begun.
    BulkBegun,
    /// A batch of revisions is written down, and not committed.
    BulkWritten,
    /// A batch of revisions is committed.
    BulkCommitted,
    /// A scan is bound to its case, and not committed.
    SubmitWritten,
    /// A case is submitted.
    SubmitCommitted,
    /// Verdicts are written down, and not committed.
    ReviewWritten,
    /// Verdicts are committed.
    ReviewCommitted,
    /// A case's next state is written down, and not committed.
    MoveWritten,
    /// A case has moved on.
    MoveCommitted,
    /// A case is emptied and its disposal approved, and not committed.
    DisposalWritten,
    /// A case is disposed of, and its files are there.
    DisposalCommitted,
    /// The file of what was disposed of is aside, and not removed.
    RemovalAside,
    /// The file is removed, and nothing says so.
    RemovalGone,
    /// That the file is gone is committed.
    RemovalNoted,
    /// The database has let go of what the rows held, and the disposal isn't called done.
    DisposalLetGo,
    /// A page or a redirect is ready, and not one byte of it sent.
    Answering,
}

impl Point {
    /// All points, in the order of the walk.
    pub const ALL: [Self; 32] = [
        Self::Arrived,
        Self::Synced,
        Self::Named,
        Self::Durable,
        Self::AttachWritten,
        Self::AttachCommitted,
        Self::PrintWritten,
        Self::PrintCommitted,
        Self::ScanWritten,
        Self::PhoneWritten,
        Self::ScanCommitted,
        Self::StackWritten,
        Self::StackCommitted,
        Self::StackRead,
        Self::StackBound,
        Self::StackSettled,
        Self::BulkBegun,
        Self::BulkWritten,
        Self::BulkCommitted,
        Self::SubmitWritten,
        Self::SubmitCommitted,
        Self::ReviewWritten,
        Self::ReviewCommitted,
        Self::MoveWritten,
        Self::MoveCommitted,
        Self::DisposalWritten,
        Self::DisposalCommitted,
        Self::RemovalAside,
        Self::RemovalGone,
        Self::RemovalNoted,
        Self::DisposalLetGo,
        Self::Answering,
    ];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrived => "archive.arrived",
            Self::Synced => "archive.synced",
            Self::Named => "archive.named",
            Self::Durable => "archive.durable",
            Self::AttachWritten => "attach.written",
            Self::AttachCommitted => "attach.committed",
            Self::PrintWritten => "print.written",
            Self::PrintCommitted => "print.committed",
            Self::ScanWritten => "scan.written",
            Self::PhoneWritten => "phone.written",
            Self::ScanCommitted => "scan.committed",
            Self::StackWritten => "stack.written",
            Self::StackCommitted => "stack.committed",
            Self::StackRead => "stack.read",
            Self::StackBound => "stack.bound",
            Self::StackSettled => "stack.settled",
            Self::BulkBegun => "bulk.begun",
            Self::BulkWritten => "bulk.written",
            Self::BulkCommitted => "bulk.committed",
            Self::SubmitWritten => "submit.written",
            Self::SubmitCommitted => "submit.committed",
            Self::ReviewWritten => "review.written",
            Self::ReviewCommitted => "review.committed",
            Self::MoveWritten => "move.written",
            Self::MoveCommitted => "move.committed",
            Self::DisposalWritten => "disposal.written",
            Self::DisposalCommitted => "disposal.committed",
            Self::RemovalAside => "removal.aside",
            Self::RemovalGone => "removal.gone",
            Self::RemovalNoted => "removal.noted",
            Self::DisposalLetGo => "disposal.let-go",
            Self::Answering => "answer.ready",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Dies here, if this is the point and the pass that were armed.
#[cfg(debug_assertions)]
pub fn here(point: Point) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static ARMED: OnceLock<Option<(Point, AtomicU32)>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| {
        let (point, pass) = armed(&std::env::var(VARIABLE).ok()?)?;
        Some((point, AtomicU32::new(pass)))
    });
    if let Some((at, left)) = armed
        && *at == point
        && left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
}

/// Nothing: a release doesn't die on request.
#[cfg(not(debug_assertions))]
#[inline]
pub fn here(_: Point) {}

/// The point and the pass that the variable names.
#[cfg(debug_assertions)]
fn armed(text: &str) -> Option<(Point, u32)> {
    let (name, pass) = text.split_once(':')?;
    let point = Point::ALL.into_iter().find(|point| point.as_str() == name)?;
    Some((point, pass.parse().ok()?))
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_armed_by_its_own_name() {
        for point in Point::ALL {
            assert_eq!(armed(&format!("{point}:3")), Some((point, 3)));
        }
        assert_eq!(armed("archive.named"), None);
        assert_eq!(armed("nowhere:1"), None);
    }
}
