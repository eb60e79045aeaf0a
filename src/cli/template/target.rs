//! Which form folders a command is about, and the fonts that they are printed with.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::forms::Printer;
use crate::forms::check;
use crate::forms::fonts::{Fonts, INSTALLED};
use crate::forms::templates::{TemplateFault, Templates};

/// Where form folders lie when nobody says.
pub(super) const USUAL_DIR: &str = "form-templates";

/// Where folders and fonts lie.
#[derive(Args)]
pub(super) struct Places {
    /// The directory of form folders [default: form-templates here, else the built-in forms]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// A directory of fonts to ask after the built-in one; may be repeated [default: an installed TW-Kai]
    #[arg(long, value_name = "DIR")]
    font_dirs: Vec<PathBuf>,
}

/// One form folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A folder on disk.
    Folder(PathBuf),
    /// One that the program carries.
    BuiltIn(String),
}

impl Places {
    /// The fonts.
    pub(super) fn fonts(&self) -> Result<Fonts, String> {
        if self.font_dirs.is_empty() {
            return Ok(Fonts::installed());
        }
        if let Some(dir) = self.font_dirs.iter().find(|dir| !dir.is_dir()) {
            return Err(format!("--font-dirs {}: no such directory", dir.display()));
        }
        let mut dirs = self.font_dirs.clone();
        dirs.push(INSTALLED.into());
        let fonts = Fonts::with_dirs(&dirs);
        for skipped in fonts.skipped() {
            eprintln!("casebind template: left out: {skipped}");
        }
        Ok(fonts)
    }

    fn dir(&self) -> Result<Option<PathBuf>, String> {
        match &self.dir {
            Some(dir) if dir.is_dir() => Ok(Some(dir.clone())),
            Some(dir) => Err(format!("--dir {}: no such directory", dir.display())),
            None => Ok(Some(PathBuf::from(USUAL_DIR)).filter(|dir| dir.is_dir())),
        }
    }

    /// The folder that an argument names: an id, or a path.
    pub(super) fn target(&self, named: &str) -> Result<Target, String> {
        let dir = self.dir()?;
        let is_path = named.contains('/') || named == ".";
        if !is_path {
            match dir.as_ref().map(|dir| dir.join(named)) {
                Some(folder) if folder.is_dir() => return Ok(Target::Folder(folder)),
                None if built_in().iter().any(|id| id == named) => {
                    return Ok(Target::BuiltIn(named.to_owned()));
                }
                _ => {}
            }
        }
        // The last part of `.` or `a/..` is no name.
        match Path::new(named).canonicalize().ok().filter(|path| path.is_dir()) {
            Some(path) if Path::new(named).file_name().is_none() => Ok(Target::Folder(path)),
            Some(_) => Ok(Target::Folder(named.into())),
            None => Err(match dir {
                Some(dir) => format!("{named}: no such folder, here or in {}", dir.display()),
                None => format!("{named}: no such folder; built in are {}", built_in().join(", ")),
            }),
        }
    }

    /// All form folders.
    pub(super) fn all(&self) -> Result<Vec<Target>, String> {
        let Some(dir) = self.dir()? else {
            return Ok(built_in().into_iter().map(Target::BuiltIn).collect());
        };
        let entries = std::fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let mut folders: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with(['_', '.']))
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        if folders.is_empty() {
            return Err(format!("{}: there is no form folder in it", dir.display()));
        }
        Ok(folders.into_iter().map(Target::Folder).collect())
    }
}

fn built_in() -> Vec<String> {
    Templates::load(None).folders().into_iter().map(str::to_owned).collect()
}

impl Target {
    /// The folder's name: the form's id.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Folder(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::BuiltIn(id) => id.clone(),
        }
    }

    /// Lets a printer have this folder, as it is now, and no other.
    pub(super) fn load(&self, printer: &mut Printer) {
        let templates = match self {
            Self::Folder(path) => Templates::load_folder(path),
            Self::BuiltIn(_) => Templates::load(None),
        };
        check::reload(printer, templates);
    }

    /// Where a fault is, as compilers print it: path, and line where it is known.
    pub(super) fn place(&self, fault: &TemplateFault) -> String {
        let folder = match self {
            Self::Folder(path) => path.clone(),
            Self::BuiltIn(id) => Path::new(USUAL_DIR).join(id),
        };
        let path = match fault.file.strip_prefix("../") {
            Some(beside) => folder.parent().unwrap_or(Path::new("")).join(beside),
            None => folder.join(&fault.file),
        };
        match fault.line {
            Some(line) => format!("{}:{line}", path.display()),
            None => path.display().to_string(),
        }
    }
}
