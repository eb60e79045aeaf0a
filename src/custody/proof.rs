//! The proof that one document stands in the chain, as a file that anybody can check without this program.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::case::ids::Digest;

use super::checkpoint::Note;
use super::link::Link;
use super::tree;

/// On which side a hash of the audit path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Before what was computed so far.
    Left,
    /// Behind it.
    Right,
}

/// One step of the audit path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The side.
    pub side: Side,
    /// The hash of everything on that side.
    pub hash: String,
}

/// From a document to a signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The document's SHA-256.
    pub document_sha256: String,
    /// The link's number: the leaf's index.
    pub leaf_index: u64,
    /// The link's text: the leaf.
    pub leaf: String,
    /// The leaf's hash.
    pub leaf_hash: String,
    /// From the leaf to the head.
    pub audit_path: Vec<Step>,
    /// How many links the checkpoint covers.
    pub tree_size: u64,
    /// The head, in hex.
    pub root: String,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl Proof {
    /// The proof that `document` stands in `link`, and the link below the checkpoint `note`. None where the path
    /// doesn't lead there, or the link doesn't name the document.
    #[must_use]
    pub fn new(document: Digest, link: &Link, path: &[Digest], note: &str) -> Option<Self> {
        let checkpoint = Note::parse(note).ok()?.checkpoint;
        let leaf = link.text();
        let names = leaf.contains(&format!("\ndocument-sha256=64:{document}\n"));
        if !names || !tree::holds(checkpoint.root, checkpoint.size, leaf.as_bytes(), link.seq, path) {
            return None;
        }
        Some(Self {
            document_sha256: document.to_string(),
            leaf_index: link.seq,
            leaf_hash: link.hash().to_string(),
            leaf,
            audit_path: steps(checkpoint.size, link.seq, path)?,
            tree_size: checkpoint.size,
            root: checkpoint.root.to_string(),
            checkpoint: note.to_owned(),
        })
    }

    /// The shell commands that lead from the leaf to the head, with nothing but what every GNU system has.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let mut commands = vec![
            format!("echo {} | base64 -d > leaf.txt", BASE64.encode(self.leaf.as_bytes())),
            "h=$({ printf '\\000'; cat leaf.txt; } | sha256sum | cut -c1-64)".into(),
        ];
        for step in &self.audit_path {
            let both = match step.side {
                Side::Left => format!("01{}$h", step.hash),
                // Else the digits behind it would belong to the name.
                Side::Right => format!("01${{h}}{}", step.hash),
            };
            commands.push(format!(
                "h=$(printf %s \"{both}\" | tr a-f A-F | basenc -d --base16 | sha256sum | cut -c1-64)"
            ));
        }
        commands.push("printf %s $h | tr a-f A-F | basenc -d --base16 | base64".into());
        commands
    }
}

/// The steps of an audit path from leaf `seq` to the head of a tree of this size; none where it has too many or too few.
pub(super) fn steps(size: u64, seq: u64, path: &[Digest]) -> Option<Vec<Step>> {
    let ranges = tree::path(size, seq)?;
    let steps = path.iter().zip(&ranges).map(|(hash, range)| Step {
        side: if range.start < seq { Side::Left } else { Side::Right },
        hash: hash.to_string(),
    });
    (path.len() == ranges.len()).then(|| steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::checkpoint::Checkpoint;
    use crate::custody::entry;
    use crate::custody::key::CustodyKey;
    use crate::custody::tree::Frontier;

    #[test]
    fn a_proof_leads_from_the_document_to_the_head_and_no_other_document_has_it() {
        let document = Digest::of(b"scan");
        let row = entry::FlowRow {
            evidence: format!(r#"[{{"kind":"scan","revision":1,"digest":"{document}"}}]"#),
            ..entry::tests::flow()
        };
        let link = Link { seq: 1, previous: None, appended: 1, entry: row.entry("") };
        let others = [tree::leaf(b"0"), tree::leaf(b"2")];
        let mut frontier = Frontier::default();
        [others[0], link.hash(), others[1]].into_iter().for_each(|hash| frontier.push(hash));
        let head = Checkpoint { origin: "o".into(), size: 3, root: frontier.root(), more: vec![] };
        let note = head.sign(&CustodyKey::from_bytes([1; 32]));
        let proof = Proof::new(document, &link, &others, &note).unwrap();
        let sides: Vec<_> = proof.audit_path.iter().map(|step| step.side).collect();
        assert_eq!(sides, [Side::Left, Side::Right]);
        assert_eq!((proof.leaf_index, proof.tree_size), (1, 3));
        assert_eq!(proof.commands().len(), 5);
        assert_eq!(Proof::new(Digest::of(b"another"), &link, &others, &note), None);
        assert_eq!(Proof::new(document, &link, &others[..1], &note), None);
    }
}
