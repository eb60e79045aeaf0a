//! The rows that name originals, as the check takes them: page by page, sorted by digest.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;

use super::VerifyError;
use crate::case::ids::Digest;

/// One row that names an original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The digest that the row names.
    pub digest: Digest,
    /// The size that the row names, in bytes.
    pub bytes: u64,
    /// Which row it is, for the operator: table and id, no personal data.
    pub row: String,
    /// Whether the original's bytes are to be read; otherwise that a file of this size is there will do.
    pub due: bool,
}

/// A source of rows, ascending by digest. Several rows may name the same digest.
pub trait NamedRows: Send {
    /// Why rows can't be read.
    type Error: Display;

    /// The next rows, in pages of any size; an empty page is the end. The source keeps its own place
    /// (by digest and row, so that a page may end between two rows of the same digest).
    fn next_page(&mut self) -> impl Future<Output = Result<Vec<Named>, Self::Error>> + Send;
}

/// Rows that are in memory already.
#[derive(Clone, Debug)]
pub struct InMemory(Vec<Named>);

impl InMemory {
    /// Takes the rows in any order.
    #[must_use]
    pub fn new(mut rows: Vec<Named>) -> Self {
        rows.sort_by(|a, b| (a.digest, &a.row).cmp(&(b.digest, &b.row)));
        Self(rows)
    }
}

impl NamedRows for InMemory {
    type Error = Infallible;

    async fn next_page(&mut self) -> Result<Vec<Named>, Infallible> {
        Ok(std::mem::take(&mut self.0))
    }
}

/// Where the check stands in the rows.
pub(super) struct Cursor<R> {
    source: R,
    page: VecDeque<Named>,
    last: Option<Digest>,
    ended: bool,
}

impl<R: NamedRows> Cursor<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, page: VecDeque::new(), last: None, ended: false }
    }

    /// The digest of the next row.
    pub(super) async fn peek(&mut self) -> Result<Option<Digest>, VerifyError> {
        if self.page.is_empty() && !self.ended {
            self.page = self.source.next_page().await.map_err(VerifyError::rows)?.into();
            self.ended = self.page.is_empty();
        }
        let Some(next) = self.page.front() else { return Ok(None) };
        if self.last.is_some_and(|last| next.digest < last) {
            return Err(VerifyError::Unsorted { row: next.row.clone(), digest: next.digest });
        }
        self.last = Some(next.digest);
        Ok(Some(next.digest))
    }

    /// All rows that name `digest`, which is the next or comes before it.
    pub(super) async fn take(&mut self, digest: Digest) -> Result<Vec<Named>, VerifyError> {
        let mut rows = Vec::new();
        while self.peek().await? == Some(digest) {
            rows.extend(self.page.pop_front());
        }
        Ok(rows)
    }
}
