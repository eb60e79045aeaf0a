//! Import: bags come into an installation that has no cases of its own.
//!
//! A bag is taken as a whole or not at all. Every byte is hashed when the bag is checked and once more when it becomes an
//! original; then one transaction writes all rows, reads them back, and commits only when they are the same. A crash in
//! between leaves originals that nobody names, which the same bag names when it is taken again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::custody::fitting;
use super::{BagTrouble, CUSTODY, CaseFile, FORMAT, Paper, READABLE, RECORD, VERSION, origin, papers_of};
use crate::archive::ArchiveError;
use crate::archive::bag::{Bag, DECLARATION, Flaw, PAYLOAD, Why};
use crate::custody::key::PublicKey;
use crate::steps::{Office, StepError};
use crate::store::bags::{self, Imported, Unfit};
use crate::store::cases::{self, Scope};
use crate::store::traces::Trace;
use crate::store::{StoreError, Tx};

/// Bytes of one `case.json`.
const MOST_RECORD: u64 = 256 * 1024 * 1024;

/// What became of a bag.
#[derive(Debug)]
pub enum Outcome {
    /// Its cases were taken in.
    Taken {
        /// How many.
        cases: usize,
    },
    /// They were taken in from this very bag before.
    Known,
    /// It doesn't fit; nothing of it was taken.
    Refused(Vec<Flaw>),
}

/// One bag that was dealt with.
#[derive(Debug)]
pub struct Told<'a> {
    /// How many bags were dealt with so far.
    pub done: usize,
    /// Of how many.
    pub of: usize,
    /// Where the bag lies.
    pub bag: &'a Path,
    /// What became of it.
    pub outcome: &'a Outcome,
}

/// How an import went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// Cases that were taken in now.
    pub cases: usize,
    /// Bags that were taken in before.
    pub known: usize,
    /// Bags that were refused.
    pub refused: usize,
}

impl Office {
    /// Takes in the bag in `from`, or the bags in its folders. A bag that is refused keeps no other out. With keys, one of
    /// them must have signed the checkpoint of each case's proof of custody.
    ///
    /// # Errors
    /// When there is no bag, the installation has cases of its own, or disk or database fail.
    pub async fn import_bags(
        &self,
        from: &Path,
        keys: &[PublicKey],
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<TakenIn, BagTrouble> {
        let all = bags_in(from)?;
        if bags::foreign(&mut *self.store.read().await?).await? {
            return Err(BagTrouble::NotEmpty);
        }
        let mut taken = TakenIn::default();
        for (at, bag) in all.iter().enumerate() {
            let outcome = match self.import_bag(bag, keys).await {
                Ok(Some(cases)) => Outcome::Taken { cases },
                Ok(None) => Outcome::Known,
                Err(BagTrouble::Flaws(flaws)) => Outcome::Refused(flaws),
                Err(other) => return Err(other),
            };
            match &outcome {
                Outcome::Taken { cases } => taken.cases += cases,
                Outcome::Known => taken.known += 1,
                Outcome::Refused(_) => taken.refused += 1,
            }
            tell(Told { done: at + 1, of: all.len(), bag, outcome: &outcome });
        }
        Ok(taken)
    }

    /// Returns how many cases came in; none: they were there from this bag.
    async fn import_bag(&self, root: &Path, keys: &[PublicKey]) -> Result<Option<usize>, BagTrouble> {
        let bag = Bag::check(root, &mut |_| {}).map_err(BagTrouble::Flaws)?;
        if bags::imported(&mut *self.store.read().await?, &bag.id()).await? > 0 {
            return Ok(None);
        }
        let records = records(&bag)?;
        for path in &records {
            for paper in read(&bag, path)?.papers {
                self.put(&bag, &within(path, &paper.path), &paper).await?;
            }
        }
        let mut tx = self.store.write().await?;
        if bags::foreign(&mut tx).await? {
            return Err(BagTrouble::NotEmpty);
        }
        for path in &records {
            let file = read(&bag, path)?;
            self.bring_in(&mut tx, &bag, keys, path, &file).await?;
            for paper in &file.papers {
                self.insist_it_stands(&paper.digest).await?;
            }
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(Some(records.len()))
    }

    /// Makes an original of a paper.
    async fn put(&self, bag: &Bag, path: &str, paper: &Paper) -> Result<(), BagTrouble> {
        let mut staging = self.originals.stage(paper.bytes).await?;
        let mut reader = bag.open(path)?;
        while let Some(piece) = reader.piece()? {
            match staging.write(&piece).await {
                Err(ArchiveError::TooLarge { limit }) => {
                    return Err(Flaw::new(path, Why::TooLarge(limit)).into());
                }
                other => other?,
            }
        }
        let staged = staging.finish().await?;
        if staged.digest() != paper.digest || staged.bytes() != paper.bytes {
            let why = Why::Damaged { expected: paper.digest, actual: staged.digest() };
            return Err(Flaw::new(path, why).into());
        }
        self.originals.put(staged).await?;
        Ok(())
    }

    /// Writes the rows of a case; whatever doesn't fit is a flaw of its file, and the transaction is given up.
    async fn bring_in(
        &self,
        tx: &mut Tx,
        bag: &Bag,
        keys: &[PublicKey],
        path: &str,
        file: &CaseFile,
    ) -> Result<(), BagTrouble> {
        let contradicts = |why: String| BagTrouble::from(Flaw::new(path, Why::Contradicts(why)));
        let id = bags::take_in(tx, &file.tables, self.world.now()).await.map_err(|error| match error {
            Unfit::Rows { .. } => contradicts(error.to_string()),
            Unfit::Store(error) => error.into(),
        })?;
        // Read as every page reads it: a value that can't be is found now, and not when somebody opens the case.
        let all = Scope { all: true, ..Scope::default() };
        let found = match cases::find(tx, &file.number, &all).await? {
            Some(case) => self.dossier_of(tx, case).await,
            None => Err(StepError::NotFound),
        };
        match found {
            Ok(_) => {}
            Err(StepError::Store(error @ StoreError::Impossible { .. })) => {
                return Err(contradicts(error.to_string()));
            }
            Err(StepError::NotFound) => {
                return Err(contradicts("the case's school or applicant isn't there".into()));
            }
            Err(other) => return Err(other.into()),
        }
        let proof = fitting(bag, &within(path, CUSTODY), (&id, &file.tables), keys)?;
        Self::take_custody(tx, &id, proof.as_ref()).await?;
        let now = self.world.now();
        let custody = proof.as_ref().map(|proof| proof.text.as_str());
        let imported = Imported { case: &id, bag: &bag.id(), at: now, custody };
        bags::remember(tx, imported).await?;
        let detail = bag.id().to_string();
        let trace = Trace { action: "import-case", case: Some(&id), detail: &detail, ..Trace::default() };
        Ok(self.trace_in(tx, &origin(), trace).await?)
    }
}

/// The bag in this folder, or the bags in its folders by name; what is only half-written has a name with a dot.
///
/// # Errors
/// When there is none, or the folder can't be read.
pub fn bags_in(from: &Path) -> Result<Vec<PathBuf>, BagTrouble> {
    if from.join(DECLARATION).exists() {
        return Ok(vec![from.to_owned()]);
    }
    let failed = |error| BagTrouble::Folder(from.display().to_string(), error);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().map_err(failed)?.is_dir() {
            all.push(entry.path());
        }
    }
    all.sort();
    if all.is_empty() { Err(BagTrouble::NoBag(from.display().to_string())) } else { Ok(all) }
}

/// The paths of every `case.json`, when each is what it should be and every file of the payload belongs to one.
pub(super) fn records(bag: &Bag) -> Result<Vec<String>, BagTrouble> {
    let is_record = |path: &&String| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts[..], [PAYLOAD, _, RECORD])
    };
    let records: Vec<String> = bag.payload().keys().filter(is_record).cloned().collect();
    if records.is_empty() {
        let why = format!("holds no {PAYLOAD}/NUMBER/{RECORD}: this isn't a bag of cases");
        return Err(Flaw::new(PAYLOAD, Why::Contradicts(why)).into());
    }
    let mut flaws = Vec::new();
    let mut known = BTreeSet::new();
    for path in &records {
        known.extend([path.clone(), within(path, READABLE), within(path, CUSTODY)]);
        match read(bag, path) {
            Ok(file) => known.extend(file.papers.iter().map(|paper| within(path, &paper.path))),
            Err(flaw) => flaws.push(flaw),
        }
    }
    if flaws.is_empty() {
        let strays = bag.payload().keys().filter(|path| !known.contains(*path));
        flaws.extend(
            strays.map(|path| Flaw::new(path, Why::Contradicts("belongs to no case of the bag".into()))),
        );
    }
    if flaws.is_empty() { Ok(records) } else { Err(BagTrouble::Flaws(flaws)) }
}

/// Reads a `case.json` and holds it against the bag.
pub(super) fn read(bag: &Bag, path: &str) -> Result<CaseFile, Flaw> {
    let contradicts = |why: String| Flaw::new(path, Why::Contradicts(why));
    let json = bag.read(path, MOST_RECORD)?;
    // serde's message may quote a value; only its place is safe to tell.
    let file: CaseFile = serde_json::from_slice(&json).map_err(|error| {
        contradicts(format!(
            "isn't a case as the schema says (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    if file.format != FORMAT || file.version != VERSION {
        return Err(contradicts(format!(
            "is no {FORMAT} of version {VERSION}: use the casebind that it is of"
        )));
    }
    let (_, number) = bags::check(&file.tables).map_err(|error| contradicts(error.to_string()))?;
    if file.number != number || path != format!("{PAYLOAD}/{number}/{RECORD}") {
        return Err(contradicts("folder, number and record are of different cases".into()));
    }
    if papers_of(&file.tables).as_ref() != Some(&file.papers) {
        return Err(contradicts("the papers aren't those of the rows".into()));
    }
    for paper in &file.papers {
        let paper_path = within(path, &paper.path);
        match bag.payload().get(&paper_path) {
            None => return Err(Flaw::new(&paper_path, Why::Missing)),
            Some(digest) if *digest != paper.digest => {
                return Err(Flaw::new(&paper_path, Why::Damaged { expected: paper.digest, actual: *digest }));
            }
            Some(_) if bag.size(&paper_path) != Some(paper.bytes) => {
                return Err(Flaw::new(
                    &paper_path,
                    Why::Contradicts(format!("the record says {} bytes", paper.bytes)),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(file)
}

/// A path in the folder of the case whose record lies at `record`.
pub(super) fn within(record: &str, path: &str) -> String {
    let folder = record.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{path}")
}
