//! The files of a backup: whether each is there, whole, and nothing beside them.

use std::io;

use super::super::ArchiveError;
use super::finding::ANOTHER;
use super::manifest::Unsound;
use super::{
    BackupFolder, DISPOSALS, Finding, GENERATIONS, Generation, Kind, MANIFEST, MANIFEST_SEAL, MANIFEST_SUM,
    MARKER, Manifest, ROWS, SealKey, TableRows, entries, file, number_of,
};

/// A generation whose manifest is the one that was written.
#[derive(Debug)]
pub struct Sound {
    /// The generation.
    pub generation: Generation,
    /// What it says.
    pub manifest: Manifest,
    /// Whether every file is as the manifest says.
    pub whole: bool,
    /// Whether the list of originals is.
    pub documents: bool,
}

/// Checks what lies in the folder beside originals, and that there is a finished generation.
///
/// # Errors
/// When a folder can't be listed.
pub fn check_places(backup: &BackupFolder, find: &mut dyn FnMut(Finding)) -> Result<(), ArchiveError> {
    const OURS: [&str; 6] = [MARKER, GENERATIONS, DISPOSALS, "originals", "tmp", "lost+found"];
    for entry in entries(&backup.root)? {
        if !OURS.iter().any(|ours| entry.file_name() == *ours) {
            find(Finding::foreign(&entry.path()));
        }
    }
    for entry in entries(&backup.root.join(GENERATIONS))? {
        if number_of(&entry).is_none() {
            find(Finding::foreign(&entry.path()));
        }
    }
    for generation in backup.listed()?.iter().filter(|generation| !generation.is_finished()) {
        find(Finding::new(
            Kind::Unfinished,
            &generation.number.to_string(),
            "a manifest",
            "none: the run was broken off",
            "Run `casebind backup` again: it removes what was broken off, and copies only what isn't there yet.",
        ));
    }
    if backup.finished()?.is_empty() {
        find(Finding::new(
            Kind::NoGeneration,
            "finished",
            "a finished generation",
            "none",
            "Run `casebind backup`.",
        ));
    }
    Ok(())
}

/// Checks the files of a generation. None: its manifest says nothing that can be believed.
///
/// # Errors
/// When the disk fails otherwise than by a missing file.
pub fn check_generation(
    generation: &Generation,
    key: Option<&SealKey>,
    find: &mut dyn FnMut(Finding),
) -> Result<Option<Sound>, ArchiveError> {
    let number = generation.number;
    let manifest = match generation.manifest(key) {
        Ok(manifest) => manifest,
        Err(Unsound::Archive(error)) => return Err(error),
        Err(Unsound::Altered(what)) => {
            find(Finding::new(
                Kind::ManifestAltered,
                &number.to_string(),
                "the manifest as it was written",
                what,
                ANOTHER,
            ));
            return Ok(None);
        }
    };
    let mut damaged = Vec::new();
    for table in &manifest.tables {
        if let Some(finding) = rows_file(generation, table)? {
            find(finding);
            damaged.push(table.name.as_str());
        }
    }
    foreign_files(generation, &manifest, find)?;
    let (whole, documents) = (damaged.is_empty(), !damaged.contains(&"documents"));
    let documents = documents && manifest.tables.iter().any(|table| table.name == "documents");
    Ok(Some(Sound { generation: generation.clone(), whole, documents, manifest }))
}

fn rows_file(generation: &Generation, table: &TableRows) -> Result<Option<Finding>, ArchiveError> {
    let what = format!("{}-{}", generation.number, table.name);
    let held = &table.held;
    let expected = format!("{} bytes, sha256 {}", held.bytes, held.sha256);
    let found = match file::hash(&generation.rows_of(&table.name)) {
        Ok(found) => found,
        Err(ArchiveError::Io { source, .. }) if source.kind() != io::ErrorKind::NotFound => {
            let actual = source.to_string();
            return Ok(Some(Finding::new(Kind::FileDamaged, &what, expected, actual, ANOTHER)));
        }
        Err(error) => return Err(error),
    };
    let Some((digest, bytes)) = found else {
        return Ok(Some(Finding::new(Kind::FileMissing, &what, expected, "no file", ANOTHER)));
    };
    if digest == held.sha256 && bytes == held.bytes {
        return Ok(None);
    }
    let kind = if bytes < held.bytes { Kind::FileTruncated } else { Kind::FileDamaged };
    Ok(Some(Finding::new(kind, &what, expected, format!("{bytes} bytes, sha256 {digest}"), ANOTHER)))
}

fn foreign_files(
    generation: &Generation,
    manifest: &Manifest,
    find: &mut dyn FnMut(Finding),
) -> Result<(), ArchiveError> {
    const OURS: [&str; 4] = [MANIFEST, MANIFEST_SUM, MANIFEST_SEAL, ROWS];
    for entry in entries(&generation.folder)? {
        if !OURS.iter().any(|ours| entry.file_name() == *ours) {
            find(Finding::foreign(&entry.path()));
        }
    }
    for entry in entries(&generation.folder.join(ROWS))? {
        let named = manifest.tables.iter().any(|table| generation.rows_of(&table.name) == entry.path());
        if !named {
            find(Finding::foreign(&entry.path()));
        }
    }
    Ok(())
}
