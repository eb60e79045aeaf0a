//! Reads the files of form folders, from the binary or from a directory.

use std::collections::BTreeMap;
use std::path::Path;

use super::{BASE, Embedded};

/// The kinds of file that a template may use.
const EXTENSIONS: [&str; 6] = ["typ", "svg", "png", "jpg", "json", "toml"];
/// The most bytes that one file of a template may have.
const MOST_BYTES: usize = 4 << 20;
/// How deep folders may lie in a template's folder.
const MOST_DEPTH: usize = 4;

/// Files of one folder by their path in it.
pub(in crate::forms) type Folder = BTreeMap<String, Vec<u8>>;

/// A file (or none: the folder itself) and why it can't be read.
pub(super) type Unreadable = (String, String);

/// All folders that the binary carries.
pub(super) fn embedded() -> BTreeMap<String, Folder> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for path in Embedded::iter() {
        let Some((folder, file)) = path.split_once('/') else { continue };
        if is_template_file(file)
            && let Some(embedded) = Embedded::get(&path)
        {
            folders.entry(folder.into()).or_default().insert(file.into(), embedded.data.into_owned());
        }
    }
    folders
}

/// The folders of a directory by name, each read or not.
pub(super) fn all_of(dir: &Path) -> std::io::Result<BTreeMap<String, Result<Folder, Unreadable>>> {
    let mut folders = BTreeMap::new();
    for entry in std::fs::read_dir(dir)?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.insert(entry.file_name().to_string_lossy().into_owned(), read(&entry.path()));
        }
    }
    Ok(folders)
}

/// The files of one folder. Links are not followed, so that nothing outside gets in.
pub(super) fn read(dir: &Path) -> Result<Folder, Unreadable> {
    let mut files = Folder::new();
    read_below(dir, "", &mut files)?;
    Ok(files)
}

/// The shared base that stands beside `folders`, or the binary's.
pub(super) fn base_beside(dir: Option<&Path>) -> Result<Folder, Unreadable> {
    match dir.map(|dir| dir.join(BASE)).filter(|base| base.is_dir()) {
        Some(base) => read(&base),
        None => Ok(embedded().remove(BASE).unwrap_or_default()),
    }
}

fn read_below(dir: &Path, prefix: &str, files: &mut Folder) -> Result<(), Unreadable> {
    let entries = std::fs::read_dir(dir).map_err(|error| (prefix.to_owned(), error.to_string()))?;
    for entry in entries.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && prefix.matches('/').count() < MOST_DEPTH {
            read_below(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() && is_template_file(&name) {
            let bytes = std::fs::read(entry.path()).map_err(|error| (name.clone(), error.to_string()))?;
            if bytes.len() > MOST_BYTES {
                return Err((
                    name,
                    format!("{} bytes; a template's file may have {MOST_BYTES}", bytes.len()),
                ));
            }
            files.insert(name, bytes);
        }
    }
    Ok(())
}

/// Whether a template may use this file.
pub(in crate::forms) fn is_template_file(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}
