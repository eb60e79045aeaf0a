//! Walks along links from the first one, and holds them against checkpoints on the way.
//!
//! It takes one link after the other and keeps none, so that a chain of any length is checked in the same memory. The
//! hash that a link claims goes on to its successor and into the tree: one changed link is one finding, and not one
//! for each that follows.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::ids::Digest;

use super::checkpoint::{Checkpoint, Note};
use super::finding::{Finding, Kind};
use super::key::PublicKey;
use super::link::Link;
use super::tree::Frontier;

/// Checkpoints that hold, by size.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints(BTreeMap<u64, (String, Checkpoint)>);

impl Checkpoints {
    /// Takes in a note from `place`, such as a file; what is wrong with it is found.
    pub fn take(&mut self, place: &str, text: &str, keys: &[PublicKey]) -> Option<Finding> {
        let note = match Note::parse(text) {
            Ok(note) => note,
            Err(error) => {
                return Some(Finding::new(
                    Kind::NoCheckpoint,
                    place,
                    "a signed checkpoint",
                    error.to_string(),
                ));
            }
        };
        if !keys.iter().any(|key| note.signed_by(key)) {
            let actual = format!("a note of {:?} that none of them signed", note.checkpoint.origin);
            return Some(Finding::new(
                Kind::NotSigned,
                place,
                "a signature by one of the given keys",
                actual,
            ));
        }
        let new = note.checkpoint;
        match self.0.get(&new.size) {
            Some((other, known)) if known.root != new.root || known.origin != new.origin => {
                Some(Finding::new(
                    Kind::CheckpointsDisagree,
                    &format!("{} links", new.size),
                    format!("{} as {other} says, {}", known.root, known.origin),
                    format!("{} as {place} says, {}", new.root, new.origin),
                ))
            }
            Some(_) => None,
            None => {
                self.0.insert(new.size, (place.to_owned(), new));
                None
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How a check went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Links that were walked along.
    pub links: u64,
    /// The head of the tree over them, in hex.
    pub root: String,
    /// Checkpoints that they were held against.
    pub checkpoints: u64,
    /// Links that the newest of these covers: what came later is not vouched for by anybody yet.
    pub covered: u64,
    /// How many findings there are.
    pub findings: u64,
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk {
    checkpoints: Checkpoints,
    tree: Frontier,
    last: Option<Digest>,
    appended: i64,
    next: u64,
    /// Whether all links so far were there: else no head can be compared.
    whole: bool,
    good: u64,
    held: u64,
}

impl Walk {
    /// Begins at the first link.
    #[must_use]
    pub fn new(checkpoints: Checkpoints) -> Self {
        Self {
            checkpoints,
            tree: Frontier::default(),
            last: None,
            appended: i64::MIN,
            next: 0,
            whole: true,
            good: 0,
            held: 0,
        }
    }

    /// The hash of the link before the next one, as it was claimed.
    #[must_use]
    pub fn last(&self) -> Option<Digest> {
        self.last
    }

    /// The number of the next link, if none is missing.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Takes the next link with the hash that is claimed for it.
    pub fn step(&mut self, link: &Link, claimed: Digest) -> Vec<Finding> {
        let mut found = Vec::new();
        let what = format!("link {}", link.seq);
        let mut add = |kind, expected: String, actual: String| {
            found.push(Finding::new(kind, &what, expected, actual));
        };
        if link.seq > self.next {
            add(Kind::LinkMissing, format!("link {}", self.next), format!("link {}", link.seq));
            self.whole = false;
        } else if link.seq < self.next {
            add(Kind::LinkMisplaced, format!("link {}", self.next), format!("link {}", link.seq));
            self.whole = false;
            // It belongs nowhere; the walk goes on as if it weren't there.
            return found;
        }
        if link.hash() != claimed {
            add(
                Kind::LinkEdited,
                format!("the hash {claimed}"),
                format!("a text with the hash {}", link.hash()),
            );
        }
        // After a gap nobody knows what the predecessor was.
        if link.seq == self.next && link.previous != self.last {
            let told =
                |hash: Option<Digest>| hash.map_or_else(|| "no predecessor".to_owned(), |h| h.to_string());
            add(Kind::LinkBroken, told(self.last), told(link.previous));
        }
        if link.appended < self.appended {
            add(Kind::TimeBackwards, format!("{} or later", self.appended), link.appended.to_string());
        }
        self.tree.push(claimed);
        (self.last, self.next) = (Some(claimed), link.seq + 1);
        self.appended = self.appended.max(link.appended);
        found.extend(self.compare());
        found
    }

    /// Holds the tree against the checkpoint of its size, if there is one.
    fn compare(&mut self) -> Option<Finding> {
        let size = self.next;
        let (place, checkpoint) = self.checkpoints.0.get(&size)?;
        if !self.whole {
            return None;
        }
        self.held += 1;
        let root = self.tree.root();
        if root == checkpoint.root {
            self.good = size;
            return None;
        }
        let what = format!("links {} to {}", self.good, size - 1);
        let expected = format!("the head {} ({place})", checkpoint.root);
        Some(Finding::new(Kind::Recomputed, &what, expected, format!("the head {root}")))
    }

    /// There are no more links.
    #[must_use]
    pub fn end(self) -> (Summary, Vec<Finding>) {
        let mut found = Vec::new();
        let newest = self.checkpoints.0.iter().next_back();
        if let Some((size, (place, _))) = newest.filter(|(size, _)| **size > self.next) {
            let expected = format!("{size} links, as {place} says");
            found.push(Finding::new(Kind::TailCut, "the end", expected, format!("{} links", self.next)));
        }
        let summary = Summary {
            links: self.tree.size(),
            root: self.tree.root().to_string(),
            checkpoints: self.held,
            covered: self.good,
            findings: 0,
        };
        (summary, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::key::CustodyKey;

    const ORIGIN: &str = "casebind.example.org/custody";

    fn key() -> CustodyKey {
        CustodyKey::from_bytes([3; 32])
    }

    /// A chain of `n` links whose entries are `words` and their numbers.
    fn chain(n: u64, words: &str) -> Vec<(Link, Digest)> {
        let mut links: Vec<(Link, Digest)> = Vec::new();
        for seq in 0..n {
            let previous = links.last().map(|(_, hash)| *hash);
            let appended = i64::try_from(seq).unwrap() * 10;
            let link = Link { seq, previous, appended, entry: format!("{words} {seq}") };
            let hash = link.hash();
            links.push((link, hash));
        }
        links
    }

    fn head(links: &[(Link, Digest)]) -> String {
        let mut tree = Frontier::default();
        links.iter().for_each(|(_, hash)| tree.push(*hash));
        Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root(), more: vec![] }.sign(&key())
    }

    /// The kinds that are found when these links are held against checkpoints of the first chain at 4 and 9.
    fn found(links: &[(Link, Digest)]) -> Vec<&'static str> {
        let first = chain(12, "first");
        let mut checkpoints = Checkpoints::default();
        for size in [4, 9] {
            let place = format!("checkpoint {size}");
            assert_eq!(checkpoints.take(&place, &head(&first[..size]), &[key().public(ORIGIN)]), None);
        }
        let mut walk = Walk::new(checkpoints);
        let mut findings: Vec<_> = links.iter().flat_map(|(link, hash)| walk.step(link, *hash)).collect();
        findings.extend(walk.end().1);
        findings.iter().map(|finding| finding.kind.as_str()).collect()
    }

    #[test]
    fn a_whole_chain_is_well() {
        assert!(found(&chain(12, "first")).is_empty());
        assert!(found(&chain(9, "first")).is_empty());
    }

    #[test]
    fn each_change_is_found_and_named() {
        let change = |change: fn(&mut Vec<(Link, Digest)>)| {
            let mut links = chain(12, "first");
            change(&mut links);
            found(&links)
        };
        assert_eq!(change(|links| links[5].0.entry.push('x')), ["link-edited"]);
        assert_eq!(change(|links| links[5].0.appended = 7), ["link-edited", "time-backwards"]);
        assert_eq!(
            change(|links| {
                links[5].0.entry.push('x');
                links[5].1 = links[5].0.hash();
            }),
            ["link-broken", "recomputed"]
        );
        assert_eq!(change(|links| drop(links.remove(5))), ["link-missing"]);
        assert_eq!(change(|links| links.swap(5, 6)), ["link-missing", "link-misplaced"]);
        assert_eq!(change(|links| links.insert(5, links[2].clone())), ["link-misplaced"]);
        assert_eq!(change(|links| links.truncate(7)), ["tail-cut"]);
        assert_eq!(change(|links| links.clear()), ["tail-cut"]);
        assert_eq!(found(&chain(12, "second")), ["recomputed", "recomputed"]);
        // What came after the newest checkpoint isn't vouched for: the README says so.
        assert!(change(|links| links.truncate(10)).is_empty());
    }

    #[test]
    fn checkpoints_are_not_believed_without_a_signature() {
        let mut checkpoints = Checkpoints::default();
        let keys = [key().public(ORIGIN)];
        let stranger = CustodyKey::from_bytes([4; 32]);
        let forged = Checkpoint { origin: ORIGIN.into(), size: 1, root: Digest::of(b""), more: vec![] }
            .sign(&stranger);
        assert_eq!(checkpoints.take("f", &forged, &keys).unwrap().kind, Kind::NotSigned);
        assert_eq!(checkpoints.take("f", "text", &keys).unwrap().kind, Kind::NoCheckpoint);
        assert!(checkpoints.is_empty());
        assert_eq!(checkpoints.take("a", &head(&chain(3, "first")), &keys), None);
        assert_eq!(checkpoints.take("b", &head(&chain(3, "first")), &keys), None, "the same once more");
        let disagree = checkpoints.take("c", &head(&chain(3, "second")), &keys).unwrap();
        assert_eq!(disagree.kind, Kind::CheckpointsDisagree);
        assert_eq!(checkpoints.len(), 1);
    }
}
