//! Rows on their way back out of a generation's files, line by line.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::verify::{Named, NamedRows};
use super::super::{ArchiveError, folder};
use super::Generation;
use crate::case::ids::Digest;

/// The lines of a file, which was hashed before: what is damaged isn't read.
#[derive(Debug)]
pub struct Lines {
    file: BufReader<File>,
    path: PathBuf,
}

impl Lines {
    /// Opens a file.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(|error| ArchiveError::from_io("opening", path, error))?;
        Ok(Self { file: BufReader::with_capacity(folder::CHUNK, file), path: path.to_owned() })
    }

    /// The next line; none: the file has ended.
    ///
    /// # Errors
    /// When the disk fails, or the line is no text.
    pub fn next_line(&mut self) -> Result<Option<String>, ArchiveError> {
        let mut line = String::new();
        let read = self.file.read_line(&mut line);
        if read.map_err(|error| ArchiveError::from_io("reading", &self.path, error))? == 0 {
            return Ok(None);
        }
        line.truncate(line.trim_end_matches('\n').len());
        Ok(Some(line))
    }
}

/// What a row of `documents` says of its original.
#[derive(Deserialize)]
struct Registered {
    digest: Digest,
    bytes: u64,
    /// Let go of: its file is gone by right. Rows of an older schema don't have it.
    #[serde(default)]
    disposed_at: Option<i64>,
}

/// The originals that generations name, each in the order of digests.
#[derive(Debug, Default)]
pub struct Documents {
    from: Vec<List>,
}

/// The list of one generation, and what comes next in it.
#[derive(Debug)]
struct List {
    generation: u64,
    lines: Lines,
    next: Option<(Digest, u64)>,
}

impl Documents {
    /// The originals that these generations name, whose files of documents are sound.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn of(generations: &[Generation]) -> Result<Self, ArchiveError> {
        let mut from = Vec::new();
        for generation in generations {
            let mut lines = Lines::open(&generation.rows_of("documents"))?;
            let next = next(&mut lines)?;
            from.push(List { generation: generation.number, lines, next });
        }
        Ok(Self { from })
    }

    /// The next original, its size, and the generations that name it.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn next_original(&mut self) -> Result<Option<(Digest, u64, Vec<u64>)>, ArchiveError> {
        let heads = self.from.iter().filter_map(|list| list.next);
        let Some((digest, bytes)) = heads.min_by_key(|(digest, _)| *digest) else { return Ok(None) };
        let mut named_by = Vec::new();
        for list in &mut self.from {
            if list.next.is_some_and(|(its, _)| its == digest) {
                named_by.push(list.generation);
                list.next = next(&mut list.lines)?;
            }
        }
        Ok(Some((digest, bytes, named_by)))
    }
}

impl NamedRows for Documents {
    type Error = ArchiveError;

    async fn next_page(&mut self) -> Result<Vec<Named>, ArchiveError> {
        const PAGE: usize = 500;
        let mut page = Vec::with_capacity(PAGE);
        while page.len() < PAGE
            && let Some((digest, bytes, named_by)) = self.next_original()?
        {
            let rows = named_by.into_iter().map(|number| format!("generation {number}"));
            page.extend(rows.map(|row| Named { digest, bytes, row, due: true }));
        }
        Ok(page)
    }
}

fn next(lines: &mut Lines) -> Result<Option<(Digest, u64)>, ArchiveError> {
    while let Some(line) = lines.next_line()? {
        let row: Registered = serde_json::from_str(&line)
            .map_err(|error| ArchiveError::from_io("reading", &lines.path, std::io::Error::other(error)))?;
        if row.disposed_at.is_none() {
            return Ok(Some((row.digest, row.bytes)));
        }
    }
    Ok(None)
}
