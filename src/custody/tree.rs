//! The tree of RFC 6962 over the links: heads while it grows, and which nodes an audit path is made of.
//!
//! A node is named by its level (0: leaves) and its index there; it is complete when all of its leaves are there, and
//! then its hash never changes again. What a proof needs is told in complete nodes, so that they can be kept anywhere.

use std::ops::Range;

use ct_merkle::{InclusionProof, RootHash, indices_for_inclusion_proof};
use sha2::{Digest as _, Sha256};

use crate::case::ids::Digest;

/// The hash of a leaf: a zero byte goes before its bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::new().chain_update([0]).chain_update(bytes).finalize().into())
}

/// The hash of a node: a one byte goes before the hashes of its halves.
#[must_use]
pub fn parent(left: Digest, right: Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The head of a tree without leaves.
#[must_use]
pub fn empty() -> Digest {
    Digest::of(b"")
}

/// A complete node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 0: a leaf. It has 2^level leaves.
    pub level: u32,
    /// Its place among the nodes of its level.
    pub index: u64,
}

impl Node {
    /// The leaves below it.
    #[must_use]
    pub fn leaves(self) -> Range<u64> {
        (self.index << self.level)..((self.index + 1) << self.level)
    }
}

/// The complete nodes that the leaves of a range consist of, from left to right. The range begins where a node at
/// least as large begins, as all ranges of this tree do.
#[must_use]
pub fn nodes(leaves: Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = leaves.start;
    while at < leaves.end {
        let level = (leaves.end - at).ilog2();
        nodes.push(Node { level, index: at >> level });
        at += 1 << level;
    }
    nodes
}

/// The hash above the hashes of [`nodes`]; of none, the head of the empty tree.
#[must_use]
pub fn join(hashes: &[Digest]) -> Digest {
    hashes.iter().rev().copied().reduce(|right, left| parent(left, right)).unwrap_or_else(empty)
}

/// The hash of a complete node from those of its 2^n descendants.
#[must_use]
pub fn fold(mut hashes: Vec<Digest>) -> Option<Digest> {
    while hashes.len() > 1 {
        hashes =
            hashes.chunks(2).map(|pair| if let [l, r] = pair { parent(*l, *r) } else { pair[0] }).collect();
    }
    hashes.pop()
}

/// A tree that grows by leaves and keeps nothing but what its head needs: memory doesn't grow with it.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    /// The complete nodes, from left to right.
    nodes: Vec<Digest>,
}

impl Frontier {
    /// Appends the hash of a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = parent(left, node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The head.
    #[must_use]
    pub fn root(&self) -> Digest {
        join(&self.nodes)
    }
}

/// The ranges of leaves whose hashes make the audit path of a leaf, from the leaf upwards.
/// None where the leaf isn't in a tree of this size.
#[must_use]
pub fn path(size: u64, index: u64) -> Option<Vec<Range<u64>>> {
    if index >= size || size > u64::MAX / 4 {
        return None;
    }
    // Nodes are counted as in RFC 9420, appendix C: the trailing ones are the level, what stands above them the place.
    let range = |node: u64| {
        let level = node.trailing_ones();
        let place = node >> (level + 1);
        (place << level)..((place + 1) << level).min(size)
    };
    Some(indices_for_inclusion_proof(size, index).into_iter().map(range).collect())
}

/// Whether the audit path leads from this leaf to this head.
#[must_use]
pub fn holds(root: Digest, size: u64, leaf: &[u8], index: u64, path: &[Digest]) -> bool {
    let bytes = path.iter().flat_map(Digest::as_bytes).collect();
    let Ok(proof) = InclusionProof::<Sha256>::try_from_bytes(bytes) else { return false };
    RootHash::<Sha256>::new(root.as_bytes().into(), size).verify_inclusion(&leaf, index, &proof).is_ok()
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::*;

    fn text(n: u64) -> Vec<u8> {
        format!("leaf {n}").into_bytes()
    }

    fn of_node(node: Node) -> Digest {
        fold(node.leaves().map(|n| leaf(&text(n))).collect()).unwrap()
    }

    #[test]
    fn heads_and_paths_are_those_of_a_known_implementation_at_every_size() {
        let (mut known, mut ours) = (MemoryBackedTree::<Sha256, Vec<u8>>::new(), Frontier::default());
        assert_eq!(ours.root(), empty());
        for size in 1..=130 {
            known.push(text(size - 1));
            ours.push(leaf(&text(size - 1)));
            let root = Digest::from_bytes((*known.root().as_bytes()).into());
            assert_eq!((ours.size(), ours.root()), (size, root));
            let joined: Vec<_> = nodes(0..size).into_iter().map(of_node).collect();
            assert_eq!(join(&joined), root);
            for index in 0..size {
                let hash = |range| join(&nodes(range).into_iter().map(of_node).collect::<Vec<_>>());
                let path: Vec<_> = path(size, index).unwrap().into_iter().map(hash).collect();
                let theirs = known.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(path.iter().flat_map(Digest::as_bytes).collect::<Vec<_>>(), theirs.as_bytes());
                assert!(holds(root, size, &text(index), index, &path), "{index} of {size}");
                assert!(!holds(root, size, b"another", index, &path));
                assert!(!holds(root, size, &text(index), (index + 1) % (size + 1), &path));
            }
            assert_eq!(path(size, size), None);
        }
    }

    #[test]
    fn the_standards_own_example_has_its_hashes() {
        // RFC 6962 names no vectors; these are of the reference implementation's tests.
        assert_eq!(empty().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(leaf(b"").to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let root = parent(leaf(b""), leaf(&[0]));
        assert_eq!(root.to_string(), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    }
}
