//! The check of bags without an installation: every byte against the manifests, every row of a case against its entry in
//! the custody chain, and the way of every entry to a checkpoint that a known key has signed.

use std::path::Path;

use super::custody::fitting;
use super::import::{read, records, within};
use super::{BagTrouble, CUSTODY};
use crate::archive::bag::{Bag, Flaw, Why};
use crate::custody::key::PublicKey;
use crate::store::bags;

/// How a bag stands without flaws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Its cases.
    pub cases: usize,
    /// Their entries in the custody chain.
    pub entries: usize,
    /// How many of these came after the checkpoint, where keys were given: nobody vouches for them yet.
    pub later: usize,
}

/// Checks the bag in this folder. With keys, one of them must have signed the checkpoint of each case's proof.
///
/// # Errors
/// All flaws of the first kind that has any.
pub fn check(root: &Path, keys: &[PublicKey]) -> Result<Checked, Vec<Flaw>> {
    let bag = Bag::check(root, &mut |_| {})?;
    let records = match records(&bag) {
        Err(BagTrouble::Flaws(flaws)) => return Err(flaws),
        Err(other) => {
            return Err(vec![Flaw::new(&root.display().to_string(), Why::Unreadable(other.to_string()))]);
        }
        Ok(records) => records,
    };
    let (mut checked, mut flaws) = (Checked::default(), Vec::new());
    for record in &records {
        match case(&bag, record, keys) {
            Ok((entries, later)) => {
                checked.cases += 1;
                checked.entries += entries;
                checked.later += later;
            }
            Err(flaw) => flaws.push(flaw),
        }
    }
    if flaws.is_empty() { Ok(checked) } else { Err(flaws) }
}

/// The entries of one case, and how many of them came later.
fn case(bag: &Bag, record: &str, keys: &[PublicKey]) -> Result<(usize, usize), Flaw> {
    let file = read(bag, record)?;
    let (id, _) =
        bags::check(&file.tables).map_err(|error| Flaw::new(record, Why::Contradicts(error.to_string())))?;
    let path = within(record, CUSTODY);
    match fitting(bag, &path, (&id, &file.tables), keys)? {
        Some(proof) => Ok((proof.known.len(), proof.later)),
        // Without a proof nothing was checked.
        None => Err(Flaw::new(&path, Why::Missing)),
    }
}
