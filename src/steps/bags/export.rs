//! Export: chosen cases become bags in a folder, one after the other, file after file.
//!
//! A bag has its name only when it is whole, so an export that broke off is simply run again: whole bags are checked and
//! kept, the half one of a case is made anew, and the half one of many takes over every paper that it has. Each case that goes out leaves a trace before its first byte does.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use sha2::Digest as _;
use tokio::io::AsyncReadExt as _;

use crate::archive::bag::{Bag, BagWriter, Flaw, Why, Written};
use crate::case::ids::Digest;
use crate::store::StoreError;
use crate::store::bags::{self, Selected, Selection};
use crate::store::cases::{self, Scope};
use crate::store::traces::Trace;

use super::{
    BagTrouble, CUSTODY, CaseFile, FORMAT, Paper, READABLE, RECORD, SCHEMA, SCHEMA_PATH, VERSION, origin,
    papers_of,
};
use crate::steps::{Dossier, Office, StepError};

/// Cases that are selected at a time.
const PAGE: i64 = 200;
/// Bytes that are copied at a time.
const PIECE: usize = 256 * 1024;
/// The label under which a bag says at which version its case was.
const CASE_VERSION: &str = "Casebind-Case-Version";
/// The label under which a bag says how many cases it has.
const CASES: &str = "Casebind-Cases";
/// The label under which a bag of many says which cases at which versions: SHA-256 over a line for each, its number, a
/// blank and its version, in the order of their identifiers.
const CASE_VERSIONS: &str = "Casebind-Case-Versions-SHA256";

/// What to export, and where to.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Which cases.
    pub selection: Selection,
    /// The folder of the bags.
    pub to: &'a Path,
    /// The name of the one bag for all of them; none: each case gets a bag of its own.
    pub batch: Option<&'a str>,
}

/// What became of a bag.
#[derive(Debug)]
pub enum Outcome {
    /// It was written.
    Written(Written),
    /// It was there, whole and as new as the case.
    Kept,
    /// It was there and isn't whole any more.
    Flawed(Vec<Flaw>),
    /// It was there, and what belongs into it has changed since.
    Outdated,
    /// It can't be made.
    Failed(BagTrouble),
}

/// How far an export is.
#[derive(Debug)]
pub struct Told<'a> {
    /// How many cases were dealt with so far.
    pub done: i64,
    /// Of how many.
    pub of: i64,
    /// The bag's name.
    pub name: &'a str,
    /// What became of it; none: it grows, by one case more.
    pub outcome: Option<&'a Outcome>,
}

/// How an export went, in bags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Written now.
    pub written: u64,
    /// There already, and whole.
    pub kept: u64,
    /// In need of somebody: flawed, outdated or impossible.
    pub wanting: u64,
}

impl Office {
    /// Exports cases. `tell` hears of each bag. What is wrong with one bag keeps no other from being made.
    ///
    /// # Errors
    /// When a case isn't there, the folder can't be used or the database fails.
    pub async fn export_bags(
        &self,
        asked: &Asked<'_>,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<Exported, BagTrouble> {
        let mut db = self.store.read().await?;
        if let Selection::Numbers(numbers) = &asked.selection {
            let unknown = bags::unknown(&mut db, numbers).await?;
            if !unknown.is_empty() {
                return Err(BagTrouble::NoCase(unknown));
            }
        }
        let of = bags::count(&mut db, &asked.selection).await?;
        drop(db);
        let _turn = turn(asked.to)?;
        let mut exported = Exported::default();
        if let Some(name) = asked.batch {
            let outcome = self.batch(asked, name, of, tell).await?;
            exported.count(&outcome);
            tell(Told { done: of, of, name, outcome: Some(&outcome) });
            return Ok(exported);
        }
        let mut done = 0;
        self.each(&asked.selection, async |case| {
            let name = format!("casebind-{}", case.number);
            let outcome = self.one(asked.to, &name, case).await?;
            exported.count(&outcome);
            done += 1;
            tell(Told { done, of, name: &name, outcome: Some(&outcome) });
            Ok(())
        })
        .await?;
        Ok(exported)
    }

    async fn one(&self, to: &Path, name: &str, case: &Selected) -> Result<Outcome, BagTrouble> {
        if is_there(to, name) {
            return Ok(kept(to, name, (CASE_VERSION, &bags::standing(case.version, case.holds))));
        }
        let made = async {
            let mut bag = BagWriter::begin(to, name)?;
            let version = self.add_case(&mut bag, &case.number, name).await?;
            let mut info = self.info(&case.number, 1);
            info.push((CASE_VERSION, version));
            finish(bag, &info)
        };
        outcome(made.await)
    }

    async fn batch(
        &self,
        asked: &Asked<'_>,
        name: &str,
        of: i64,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<Outcome, BagTrouble> {
        if is_there(asked.to, name) {
            let mut versions = Versions::default();
            self.each(&asked.selection, async |case| {
                versions.add(&case.number, &bags::standing(case.version, case.holds));
                Ok(())
            })
            .await?;
            return Ok(kept(asked.to, name, (CASE_VERSIONS, &versions.digest())));
        }
        let made = async {
            let mut bag = BagWriter::resume(asked.to, name)?;
            let (mut versions, mut cases) = (Versions::default(), 0);
            self.each(&asked.selection, async |case| {
                let added = self.add_case(&mut bag, &case.number, name).await;
                let version =
                    added.map_err(|trouble| BagTrouble::Case(case.number.clone(), Box::new(trouble)))?;
                versions.add(&case.number, &version);
                cases += 1;
                tell(Told { done: cases, of, name, outcome: None });
                Ok(())
            })
            .await?;
            let mut info = self.info(name, cases);
            info.push((CASE_VERSIONS, versions.digest()));
            finish(bag, &info)
        };
        outcome(made.await)
    }

    /// Does something with each case of a selection, in the order of their identifiers.
    async fn each(
        &self,
        selection: &Selection,
        mut with: impl AsyncFnMut(&Selected) -> Result<(), BagTrouble>,
    ) -> Result<(), BagTrouble> {
        let mut after = String::new();
        loop {
            let page = bags::page(&mut *self.store.read().await?, selection, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for case in &page {
                with(case).await?;
            }
        }
    }

    /// Adds a case: its rows as they stand at one moment, and its papers. Returns how it stood at that moment.
    async fn add_case(&self, bag: &mut BagWriter, number: &str, name: &str) -> Result<String, BagTrouble> {
        let mut tx = self.store.write().await?;
        cases::lock(&mut tx, number).await?;
        let all = Scope { all: true, ..Scope::default() };
        let case = cases::find(&mut tx, number, &all).await?.ok_or(StepError::NotFound)?;
        self.insist_on(&mut tx, &case).await?;
        let (id, version) = (case.id.clone(), case.version);
        let trace = Trace { action: "export-case", case: Some(&id), detail: name, ..Trace::default() };
        self.trace_in(&mut tx, &origin(), trace).await?;
        let rows = bags::rows_of(&mut tx, &id).await?;
        let standing = bags::standing(version, bags::count_holds(&rows));
        let dossier = self.dossier_of(&mut tx, case).await?;
        tx.commit().await.map_err(StoreError::from)?;

        let papers = papers_of(&rows).ok_or_else(|| {
            let why = "the case names a document that isn't registered: see `casebind verify`";
            Flaw::new(&format!("{number}/{RECORD}"), Why::Contradicts(why.into()))
        })?;
        for paper in &papers {
            if bag.adopt(&format!("{number}/{}", paper.path), &paper.digest, paper.bytes)? {
                continue;
            }
            let mut original = self.originals.open_verified(&paper.digest, paper.bytes).await?.into_reader();
            let mut file = bag.file(&format!("{number}/{}", paper.path))?;
            let mut piece = vec![0; PIECE];
            loop {
                let read = original.read(&mut piece).await;
                match read.map_err(|error| BagTrouble::Folder(paper.path.clone(), error))? {
                    0 => break,
                    count => file.write(&piece[..count])?,
                }
            }
            file.end()?;
        }
        let readable = self.readable(&dossier, &papers).await?;
        bag.add(&format!("{number}/{READABLE}"), &readable)?;
        let record = CaseFile {
            format: FORMAT.into(),
            version: VERSION,
            number: number.to_owned(),
            papers,
            tables: rows,
        };
        let json = serde_json::to_vec_pretty(&record).expect("rows are plain data");
        bag.add(&format!("{number}/{RECORD}"), &json)?;
        let custody = self.custody_of(&id, number, &record.tables).await?;
        bag.add(&format!("{number}/{CUSTODY}"), &custody)?;
        Ok(standing)
    }

    async fn readable(&self, dossier: &Dossier, papers: &[Paper]) -> Result<Vec<u8>, BagTrouble> {
        let data = self.readable_data(dossier, papers);
        let ident = format!("casebind case {} {}", dossier.case.number, dossier.case.version);
        let at = jiff::Timestamp::from_millisecond(self.world.now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let printer = self.printer.clone();
        let printed = tokio::task::spawn_blocking(move || printer.print_case_file(&data, &ident, at)).await;
        let printed =
            printed.map_err(|error| BagTrouble::Folder(READABLE.into(), std::io::Error::other(error)))?;
        Ok(printed.map_err(StepError::from)?)
    }

    fn info(&self, identifier: &str, cases: i64) -> Vec<(&'static str, String)> {
        vec![
            ("Source-Organization", self.organisation.clone()),
            ("Bagging-Date", self.today().to_string()),
            ("Bag-Software-Agent", format!("Casebind {}", env!("CARGO_PKG_VERSION"))),
            ("External-Identifier", identifier.to_owned()),
            (CASES, cases.to_string()),
        ]
    }
}

impl Exported {
    fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Written(_) => &mut self.written,
            Outcome::Kept => &mut self.kept,
            Outcome::Flawed(_) | Outcome::Outdated | Outcome::Failed(_) => &mut self.wanting,
        } += 1;
    }
}

/// Ends a bag: the schema of what is in it goes along.
fn finish(mut bag: BagWriter, info: &[(&str, String)]) -> Result<Written, BagTrouble> {
    bag.tag(SCHEMA_PATH, SCHEMA.as_bytes())?;
    Ok(bag.finish(info)?)
}

/// What is wrong with one case is told of its bag.
fn outcome(made: Result<Written, BagTrouble>) -> Result<Outcome, BagTrouble> {
    match made {
        Ok(written) => Ok(Outcome::Written(written)),
        Err(trouble) if trouble.is_everybodys() => Err(trouble),
        Err(other) => Ok(Outcome::Failed(other)),
    }
}

fn is_there(to: &Path, name: &str) -> bool {
    to.join(name).symlink_metadata().is_ok()
}

/// What is said of a bag that is there; it is as new as its cases when it says `version` under that label.
fn kept(to: &Path, name: &str, (label, version): (&str, &str)) -> Outcome {
    match Bag::check(&to.join(name), &mut |_| {}) {
        Err(flaws) => Outcome::Flawed(flaws),
        Ok(bag) if bag.info(label).next() == Some(version) => Outcome::Kept,
        Ok(_) => Outcome::Outdated,
    }
}

/// Which cases a bag of many has, at which versions.
#[derive(Default)]
struct Versions(sha2::Sha256);

impl Versions {
    fn add(&mut self, number: &str, version: &str) {
        self.0.update(format!("{number} {version}\n"));
    }

    fn digest(self) -> String {
        Digest::from_bytes(self.0.finalize().into()).to_string()
    }
}

/// One export at a time writes into a folder: another would clear its half bag away.
fn turn(to: &Path) -> Result<File, BagTrouble> {
    let failed = |error| BagTrouble::Folder(to.display().to_string(), error);
    fs::create_dir_all(to).map_err(failed)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(to.join(".casebind-export"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BagTrouble::Busy(to.display().to_string())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
