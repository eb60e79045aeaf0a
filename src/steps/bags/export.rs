//! Export: chosen cases become bags in a folder, one after the other, file after file.
//!
//! A bag has its name only when it is whole, so an export that broke off is simply run again: whole bags are checked and
//! kept, the half one is made anew. Each case that goes out leaves a trace before its first byte does.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use tokio::io::AsyncReadExt as _;

use crate::archive::bag::{Bag, BagWriter, Flaw, Why, Written};
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
    /// It was there, and the case has changed since.
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
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let page = bags::page(&mut *self.store.read().await?, &asked.selection, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(exported) };
            after.clone_from(&last.id);
            for case in &page {
                let name = format!("casebind-{}", case.number);
                let outcome = self.one(asked.to, &name, case).await?;
                exported.count(&outcome);
                done += 1;
                tell(Told { done, of, name: &name, outcome: Some(&outcome) });
            }
        }
    }

    async fn one(&self, to: &Path, name: &str, case: &Selected) -> Result<Outcome, BagTrouble> {
        if let Some(outcome) = kept(to, name, Some(case.version)) {
            return Ok(outcome);
        }
        let made = async {
            let mut bag = BagWriter::begin(to, name)?;
            let version = self.add_case(&mut bag, &case.number, name).await?;
            let mut info = self.info(&case.number, 1);
            info.push((CASE_VERSION, version.to_string()));
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
        if let Some(outcome) = kept(asked.to, name, None) {
            return Ok(outcome);
        }
        let made = async {
            let mut bag = BagWriter::begin(asked.to, name)?;
            let (mut after, mut cases) = (String::new(), 0);
            loop {
                let page = bags::page(&mut *self.store.read().await?, &asked.selection, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.id);
                for case in &page {
                    self.add_case(&mut bag, &case.number, name).await?;
                    cases += 1;
                    tell(Told { done: cases, of, name, outcome: None });
                }
            }
            finish(bag, &self.info(name, cases))
        };
        outcome(made.await)
    }

    /// Adds a case: its rows as they stand at one moment, and its papers. Returns the version of that moment.
    async fn add_case(&self, bag: &mut BagWriter, number: &str, name: &str) -> Result<i64, BagTrouble> {
        let mut tx = self.store.write().await?;
        cases::lock(&mut tx, number).await?;
        let all = Scope { all: true, ..Scope::default() };
        let case = cases::find(&mut tx, number, &all).await?.ok_or(StepError::NotFound)?;
        self.insist_on(&mut tx, &case).await?;
        let (id, version) = (case.id.clone(), case.version);
        let trace = Trace { action: "export-case", case: Some(&id), detail: name, ..Trace::default() };
        self.trace_in(&mut tx, &origin(), trace).await?;
        let rows = bags::rows_of(&mut tx, &id).await?;
        let dossier = self.dossier_of(&mut tx, case).await?;
        tx.commit().await.map_err(StoreError::from)?;

        let papers = papers_of(&rows).ok_or_else(|| {
            let why = "the case names a document that isn't registered: see `casebind verify`";
            Flaw::new(&format!("{number}/{RECORD}"), Why::Contradicts(why.into()))
        })?;
        for paper in &papers {
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
        Ok(version)
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

/// What is wrong with one case is told of its bag; a full disk or a lost database ends the export.
fn outcome(made: Result<Written, BagTrouble>) -> Result<Outcome, BagTrouble> {
    match made {
        Ok(written) => Ok(Outcome::Written(written)),
        Err(BagTrouble::Archive(error)) if !error.is_alert() => Err(error.into()),
        Err(BagTrouble::Store(error)) => Err(error.into()),
        Err(other) => Ok(Outcome::Failed(other)),
    }
}

/// What is said of a bag that is there; none: there is none. `version`: of its one case.
fn kept(to: &Path, name: &str, version: Option<i64>) -> Option<Outcome> {
    let root = to.join(name);
    root.symlink_metadata().ok()?;
    Some(match Bag::check(&root, &mut |_| {}) {
        Err(flaws) => Outcome::Flawed(flaws),
        Ok(bag) => {
            let told = bag.info(CASE_VERSION).next().map(str::to_owned);
            if told == version.map(|version| version.to_string()) { Outcome::Kept } else { Outcome::Outdated }
        }
    })
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
