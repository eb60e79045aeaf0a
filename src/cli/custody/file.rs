//! Exported links: one JSON object a line, the link's text with its hash.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::case::ids::Digest;
use crate::cli::house::Trouble;
use crate::custody::finding::{Finding, Kind};
use crate::custody::link::Link;

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    seq: u64,
    hash: Digest,
    leaf: String,
}

/// Writes a link.
pub fn write(out: &mut dyn Write, link: &Link, hash: Digest) -> Result<(), Trouble> {
    let line = Line { seq: link.seq, hash, leaf: link.text() };
    serde_json::to_writer(&mut *out, &line)?;
    Ok(out.write_all(b"\n")?)
}

/// Reads links in the order of their lines; a line that isn't a link is a finding.
pub fn read<'a>(
    name: &'a str,
    input: impl BufRead + 'a,
) -> impl Iterator<Item = Result<Result<(Link, Digest), Finding>, Trouble>> + 'a {
    input.lines().enumerate().map(move |(at, line)| {
        let what = format!("{name}, line {}", at + 1);
        let wrong = |why: String| Finding::new(Kind::LinkEdited, &what, "a link", why);
        let line = line.map_err(|error| format!("{what}: {error}"))?;
        Ok(parse(&line).map_err(wrong))
    })
}

fn parse(line: &str) -> Result<(Link, Digest), String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let link = Link::parse(&line.leaf).map_err(|error| error.to_string())?;
    if link.seq == line.seq {
        Ok((link, line.hash))
    } else {
        Err(format!("seq {} with the leaf of {}", line.seq, link.seq))
    }
}
