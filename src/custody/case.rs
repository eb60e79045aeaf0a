//! One case's part of the chain, as a file beside its record: every entry of the case with its salt, and for each link the
//! audit path to one signed checkpoint. Whoever has it can check the case without the chain's other cases, and an
//! installation that takes the case in goes on from the same entries.
//!
//! The case's own head is that of an RFC 6962 tree over its entries, sorted by moment, kind and identifier: it depends
//! neither on other cases nor on the installation, so it is the same wherever the case lives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::ids::Digest;

use super::checkpoint::Note;
use super::entry::{self, Named, Of};
use super::key::PublicKey;
use super::link::Link;
use super::proof::{Step, steps};
use super::tree::{self, Frontier};

/// What the file says it is.
const FORMAT: &str = "casebind-custody";
/// The version of its form.
const VERSION: u32 = 1;
/// How long before a checkpoint something may have happened that it doesn't cover: as long as a transaction may take to be
/// committed, and its row to be linked.
const LATE_MILLIS: i64 = 10 * 60 * 1000;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseProof {
    format: String,
    version: u32,
    /// The case's identifier, as its entries name it.
    case: String,
    /// How many entries there are.
    entries: u64,
    /// The head of the tree over these entries.
    head: Digest,
    /// The signed checkpoint that the links lead to; none: nothing was signed yet.
    checkpoint: Option<String>,
    /// The links that it covers.
    links: Vec<Proved>,
    /// Entries that no checkpoint covered yet.
    later: Vec<Salted>,
    /// The same of the installation that the case came from, if it came from another.
    before: Option<Box<CaseProof>>,
}

/// A link below the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proved {
    /// The link's text: the leaf. It holds the entry.
    leaf: String,
    /// The salt of the words that the entry hides; none: they were erased.
    salt: Option<String>,
    /// From the leaf to the checkpoint's head.
    audit_path: Vec<Step>,
}

impl Proved {
    /// A link with its audit path; none where the path doesn't lead to the checkpoint.
    #[must_use]
    pub fn new(link: &Link, salt: Option<String>, path: &[Digest], note: &Note) -> Option<Self> {
        let (leaf, head) = (link.text(), &note.checkpoint);
        let leads = tree::holds(head.root, head.size, leaf.as_bytes(), link.seq, path);
        let audit_path = steps(head.size, link.seq, path)?;
        leads.then_some(Self { leaf, salt, audit_path })
    }

    /// The link, when it leads to this checkpoint.
    fn link(&self, note: &Note) -> Option<Link> {
        let (link, head) = (Link::parse(&self.leaf).ok()?, &note.checkpoint);
        let path: Vec<Digest> =
            self.audit_path.iter().map(|step| step.hash.parse().ok()).collect::<Option<_>>()?;
        let same = steps(head.size, link.seq, &path)? == self.audit_path;
        let leads = tree::holds(head.root, head.size, self.leaf.as_bytes(), link.seq, &path);
        (same && leads).then_some(link)
    }
}

/// An entry with the salt of the words that it hides; none: they were erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Salted {
    /// The entry's text.
    pub entry: String,
    /// The salt.
    pub salt: Option<String>,
}

/// A row's entry, as it was known elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Where it belongs.
    pub of: Named,
    /// The entry.
    pub salted: Salted,
}

/// Why the file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// Another format or version.
    #[error("is no {FORMAT} of version {VERSION}: use the casebind that it is of")]
    Format,
    /// There are links, and no checkpoint that can be read.
    #[error("has links, and no checkpoint that they could lead to")]
    Checkpoint,
    /// A link doesn't lead to the checkpoint.
    #[error("its link {0} (counted from 1) doesn't lead to its checkpoint")]
    Link(usize),
    /// An entry can't be read, is of another case or is there twice.
    #[error("has an entry that is of another case, there twice, or none")]
    Entry,
    /// The case's own head is another.
    #[error("its entries don't have the head that it names")]
    Head,
    /// There is no checkpoint that anybody could have signed.
    #[error("has no signed checkpoint: sign one where it came from, and export again")]
    Unsigned,
    /// Somebody else signed.
    #[error("its checkpoint, of {0:?}, is signed by none of the given public keys")]
    Signer(String),
    /// An entry that should have been linked wasn't.
    #[error("has the entry of {0}, which is older than its checkpoint and isn't covered by it")]
    Uncovered(String),
}

impl CaseProof {
    /// The file of a case.
    ///
    /// # Errors
    /// [`Unproved`] when the entries aren't those of one case.
    pub fn new(
        case: &str,
        checkpoint: Option<String>,
        (links, later): (Vec<Proved>, Vec<Salted>),
        before: Option<Self>,
    ) -> Result<Self, Unproved> {
        let mut file = Self {
            format: FORMAT.into(),
            version: VERSION,
            case: case.to_owned(),
            entries: 0,
            head: tree::empty(),
            checkpoint,
            links,
            later,
            before: before.map(Box::new),
        };
        let known = file.known()?;
        (file.entries, file.head) = (known.len() as u64, head(&known));
        Ok(file)
    }

    /// The case.
    #[must_use]
    pub fn case(&self) -> &str {
        &self.case
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.links.len() + self.later.len()
    }

    /// The head of the tree over the case's entries.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.head
    }

    /// Checks that each link leads to the checkpoint and that the entries have the head. Returns the entries. Who signed
    /// the checkpoint is for those to check who have its public key.
    ///
    /// # Errors
    /// [`Unproved`].
    pub fn check(&self) -> Result<Vec<Known>, Unproved> {
        let known = self.known()?;
        if self.entries != known.len() as u64 || self.head != head(&known) {
            return Err(Unproved::Head);
        }
        Ok(known)
    }

    /// Checks that one of these keys signed the checkpoint, and that no entry lies beside it that it should cover. Returns
    /// how many entries came later: nobody vouches for them yet. The links are held by [`Self::check`].
    ///
    /// # Errors
    /// [`Unproved`].
    pub fn check_signer(&self, keys: &[PublicKey]) -> Result<usize, Unproved> {
        let note = self.note().ok_or(Unproved::Unsigned)?;
        if !keys.iter().any(|key| note.signed_by(key)) {
            return Err(Unproved::Signer(note.checkpoint.origin));
        }
        let signed_at = note.checkpoint.time().map_or(i64::MIN, |at| at.saturating_sub(LATE_MILLIS));
        for salted in &self.later {
            let of = entry::named(&salted.entry).map_err(|_| Unproved::Entry)?;
            if of.at < signed_at {
                return Err(Unproved::Uncovered(format!("{} {}", of.of.as_str(), of.id)));
            }
        }
        Ok(self.later.len())
    }

    fn note(&self) -> Option<Note> {
        self.checkpoint.as_deref().and_then(|note| Note::parse(note).ok())
    }

    /// The entries, sorted.
    fn known(&self) -> Result<Vec<Known>, Unproved> {
        if self.format != FORMAT || self.version != VERSION {
            return Err(Unproved::Format);
        }
        let note = self.note();
        let mut all = self.later.clone();
        for (at, proved) in self.links.iter().enumerate() {
            let note = note.as_ref().ok_or(Unproved::Checkpoint)?;
            let link = proved.link(note).ok_or(Unproved::Link(at + 1))?;
            all.push(Salted { entry: link.entry, salt: proved.salt.clone() });
        }
        let mut known: BTreeMap<(i64, Of, String), Known> = BTreeMap::new();
        for salted in all {
            let of = entry::named(&salted.entry).map_err(|_| Unproved::Entry)?;
            let key = (of.at, of.of, of.id.clone());
            let ours = of.case.as_deref() == Some(self.case.as_str());
            if !ours || known.insert(key, Known { of, salted }).is_some() {
                return Err(Unproved::Entry);
            }
        }
        Ok(known.into_values().collect())
    }
}

/// The head of the tree over entries in this order.
fn head(known: &[Known]) -> Digest {
    let mut tree = Frontier::default();
    known.iter().for_each(|known| tree.push(tree::leaf(known.salted.entry.as_bytes())));
    tree.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::checkpoint::Checkpoint;
    use crate::custody::entry::FlowRow;
    use crate::custody::key::CustodyKey;

    fn row(id: &str, at: i64) -> String {
        FlowRow { id: id.into(), at, ..entry::tests::flow() }.entry("aa")
    }

    fn salted(id: &str, at: i64) -> Salted {
        Salted { entry: row(id, at), salt: Some("aa".into()) }
    }

    /// Two links below a checkpoint, and one entry more.
    fn file() -> CaseProof {
        let first = Link { seq: 0, previous: None, appended: 1, entry: row("f2", 7) };
        let second = Link { seq: 1, previous: Some(first.hash()), appended: 1, entry: row("f1", 3) };
        let root = tree::parent(first.hash(), second.hash());
        let more = vec!["time 1970-01-01T00:10:00Z".to_owned()];
        let note =
            Checkpoint { origin: "o".into(), size: 2, root, more }.sign(&CustodyKey::from_bytes([1; 32]));
        let parsed = Note::parse(&note).unwrap();
        let prove = |link: &Link, other: &Link| {
            Proved::new(link, Some("aa".into()), &[other.hash()], &parsed).unwrap()
        };
        assert_eq!(Proved::new(&first, None, &[first.hash()], &parsed), None);
        let links = vec![prove(&first, &second), prove(&second, &first)];
        CaseProof::new("c1", Some(note), (links, vec![salted("f3", 9)]), None).unwrap()
    }

    #[test]
    fn the_head_of_a_case_is_the_same_wherever_its_entries_are_linked() {
        let file = file();
        let ids: Vec<_> = file.check().unwrap().into_iter().map(|known| known.of.id).collect();
        assert_eq!(ids, ["f1", "f2", "f3"]);
        let unlinked = vec![salted("f3", 9), salted("f1", 3), salted("f2", 7)];
        let elsewhere = CaseProof::new("c1", None, (vec![], unlinked), Some(file.clone())).unwrap();
        assert_eq!(elsewhere.head(), file.head());
        let json = serde_json::to_string(&elsewhere).unwrap();
        assert_eq!(serde_json::from_str::<CaseProof>(&json).unwrap(), elsewhere);
    }

    #[test]
    fn who_signed_is_asked_and_what_lies_beside_the_checkpoint() {
        let (own, other) = (CustodyKey::from_bytes([1; 32]), CustodyKey::from_bytes([2; 32]));
        let (file, keys) = (file(), [other.public("o"), own.public("o")]);
        assert_eq!(file.check_signer(&keys), Ok(1));
        assert_eq!(file.check_signer(&[own.public("o").under_any_name()]), Ok(1));
        assert_eq!(file.check_signer(&keys[..1]), Err(Unproved::Signer("o".into())));
        assert_eq!(file.check_signer(&[own.public("elsewhere")]), Err(Unproved::Signer("o".into())));
        let unsigned = CaseProof::new("c1", None, (vec![], vec![salted("f1", 3)]), None).unwrap();
        assert_eq!(unsigned.check_signer(&keys), Err(Unproved::Unsigned));
        // An entry that was taken from its link and put beside it, forged: it is from long before the checkpoint.
        let mut forged = file.clone();
        forged.later.push(salted("f0", -1));
        assert_eq!(forged.check_signer(&keys), Err(Unproved::Uncovered("flow f0".into())));
    }

    #[test]
    fn each_change_is_found() {
        let changed = |change: fn(&mut CaseProof)| {
            let mut file = file();
            change(&mut file);
            file.check().unwrap_err()
        };
        assert_eq!(changed(|file| file.version = 2), Unproved::Format);
        assert_eq!(changed(|file| file.checkpoint = None), Unproved::Checkpoint);
        assert_eq!(changed(|file| file.links[0].leaf = file.links[1].leaf.clone()), Unproved::Link(1));
        assert_eq!(changed(|file| drop(file.links[1].audit_path.pop())), Unproved::Link(2));
        assert_eq!(changed(|file| file.later.push(salted("f1", 3))), Unproved::Entry);
        assert_eq!(changed(|file| file.case = "c2".into()), Unproved::Entry);
        assert_eq!(changed(|file| file.later.clear()), Unproved::Head);
        assert_eq!(changed(|file| file.later[0] = salted("f3", 10)), Unproved::Head);
        assert_eq!(changed(|file| file.entries = 4), Unproved::Head);
    }
}
