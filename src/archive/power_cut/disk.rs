//! A disk as a power cut may leave it: what was synced is there, of the rest any part may be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Op;

/// Files by path, as they are found after the cut.
pub(super) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// What was done to a disk so far, and how much of it is durable.
pub(super) struct Disk {
    /// Folders that were there, durably, before the first change.
    standing: BTreeSet<PathBuf>,
    files: Vec<Content>,
    names: Vec<Name>,
}

/// The bytes of a file.
struct Content {
    writes: Vec<Vec<u8>>,
    /// How many writes are durable.
    synced: usize,
}

/// A change of one name in a folder.
struct Name {
    path: PathBuf,
    what: What,
    synced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    File(usize),
    Folder,
    Nothing,
}

impl Disk {
    /// A disk with empty folders.
    pub(super) fn new(folders: &[&Path]) -> Self {
        let standing = folders.iter().map(|folder| (*folder).to_owned()).collect();
        Self { standing, files: Vec::new(), names: Vec::new() }
    }

    /// With a file, durably, and the folders above it.
    pub(super) fn with_file(mut self, path: &Path, bytes: &[u8]) -> Self {
        self.standing.extend(path.ancestors().skip(1).map(Path::to_owned));
        self.files.push(Content { writes: vec![bytes.to_vec()], synced: 1 });
        let what = What::File(self.files.len() - 1);
        self.names.push(Name { path: path.to_owned(), what, synced: true });
        self
    }

    /// After these changes.
    pub(super) fn after(mut self, ops: &[Op]) -> Self {
        for op in ops {
            self.apply(op);
        }
        self
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Create(path) => {
                self.files.push(Content { writes: Vec::new(), synced: 0 });
                self.name(path, What::File(self.files.len() - 1));
            }
            Op::Write(path, bytes) => self.file(path).writes.push(bytes.clone()),
            Op::SyncFile(path) => {
                let file = self.file(path);
                file.synced = file.writes.len();
            }
            Op::Folder(path) => self.name(path, What::Folder),
            Op::Rename(from, to) => {
                let file = self.find(from);
                self.name(to, What::File(file));
                self.name(from, What::Nothing);
            }
            Op::Remove(path) => self.name(path, What::Nothing),
            Op::SyncFolder(folder) => {
                for name in self.names.iter_mut().filter(|name| name.path.parent() == Some(folder)) {
                    name.synced = true;
                }
            }
        }
    }

    fn name(&mut self, path: &Path, what: What) {
        self.names.push(Name { path: path.to_owned(), what, synced: false });
    }

    fn find(&self, path: &Path) -> usize {
        match self.names.iter().rev().find(|name| name.path == path).map(|name| name.what) {
            Some(What::File(file)) => file,
            _ => panic!("{} is changed and isn't there", path.display()),
        }
    }

    fn file(&mut self, path: &Path) -> &mut Content {
        let at = self.find(path);
        &mut self.files[at]
    }

    /// The disk as it is found when nothing was lost.
    pub(super) fn whole(&self) -> Tree {
        let bytes: Vec<_> = self.files.iter().map(|file| file.writes.concat()).collect();
        self.tree(|_| true, &bytes)
    }

    /// Every state in which it can be found after a power cut now.
    pub(super) fn found(&self) -> Vec<Tree> {
        let open: Vec<usize> = (0..self.names.len()).filter(|at| !self.names[*at].synced).collect();
        assert!(open.len() < 16, "too many states to try them all");
        let mut states = Vec::new();
        for bytes in self.bytes() {
            for kept in 0..1_u32 << open.len() {
                let is_there =
                    |at: usize| open.iter().position(|o| *o == at).is_none_or(|bit| (kept >> bit) & 1 == 1);
                states.push(self.tree(is_there, &bytes));
            }
        }
        states
    }

    /// The names that are there, with these bytes of each file, as far as a way of folders leads to them.
    fn tree(&self, is_there: impl Fn(usize) -> bool, bytes: &[Vec<u8>]) -> Tree {
        let mut found = BTreeMap::new();
        for (_, name) in self.names.iter().enumerate().filter(|(at, _)| is_there(*at)) {
            found.insert(name.path.as_path(), name.what);
        }
        let is_folder = |path: &Path| self.standing.contains(path) || found.get(path) == Some(&What::Folder);
        let top = self.standing.first().expect("a disk has a folder");
        let reached =
            |path: &Path| path.ancestors().skip(1).take_while(|f| f.starts_with(top)).all(is_folder);
        let files = found.iter().filter(|(path, _)| reached(path));
        files
            .filter_map(|(path, what)| match what {
                What::File(file) => Some((path.to_path_buf(), bytes[*file].clone())),
                What::Folder | What::Nothing => None,
            })
            .collect()
    }

    /// What the bytes of all files can be, in every combination.
    fn bytes(&self) -> Vec<Vec<Vec<u8>>> {
        let mut all = vec![Vec::new()];
        for file in &self.files {
            let choices = file.choices();
            all = all
                .iter()
                .flat_map(|before: &Vec<Vec<u8>>| {
                    choices.iter().map(|choice| {
                        let mut with = before.clone();
                        with.push(choice.clone());
                        with
                    })
                })
                .collect();
        }
        all
    }
}

impl Content {
    /// What it can be found to hold: all; or, from the first write that wasn't synced on, nothing, a part, or zeros.
    fn choices(&self) -> Vec<Vec<u8>> {
        let whole = self.writes.concat();
        let mut choices = vec![whole.clone()];
        for at in self.synced..self.writes.len() {
            let mut cut = self.writes[..at].concat();
            choices.push(cut.clone());
            cut.extend_from_slice(&self.writes[at][..self.writes[at].len() / 2]);
            choices.push(cut);
        }
        if self.synced < self.writes.len() {
            let mut zeros = self.writes[..self.synced].concat();
            zeros.resize(whole.len(), 0);
            choices.push(zeros);
        }
        choices
    }
}
