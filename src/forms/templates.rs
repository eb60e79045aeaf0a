//! Form folders: form.toml, form.typ, sample.json and what else a template uses; and the shared base.
//!
//! Folders come from the binary or from a directory. A broken folder is reported with its file and
//! line and left out; the others keep working. Files are read once, at the start.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use typst::foundations::Bytes;
use typst::syntax::{DiagSpanKind, FileId, RootedPath, Source, VirtualPath, VirtualRoot};

use crate::case::service::ServiceSpec;

/// The folders that the binary carries. In debug builds they are read from the source tree.
#[derive(rust_embed::RustEmbed)]
#[folder = "form-templates"]
pub(super) struct Embedded;

/// The folder that every template may import from.
const BASE: &str = "_base";
/// The kinds of file that a template may use.
const EXTENSIONS: [&str; 6] = ["typ", "svg", "png", "jpg", "json", "toml"];
/// The most bytes that one file of a template may have.
const MOST_BYTES: usize = 4 << 20;

/// What is wrong with a template: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The template's folder.
    pub folder: String,
    /// The file in it (or in the shared base: then with the base's folder).
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong there, and the way forward.
    pub message: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "form-templates/{}/{}", self.folder, self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// One service item's folder, read and checked.
#[derive(Debug)]
pub struct Template {
    /// What form.toml says.
    pub spec: ServiceSpec,
    /// The sample record.
    pub sample: Value,
    pub(super) main: FileId,
    pub(super) files: Arc<Files>,
    pub(super) spec_json: Bytes,
}

/// The files that typst may see: those of one folder and of the base.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) sources: BTreeMap<u16, Source>,
    pub(super) others: BTreeMap<u16, Bytes>,
}

/// All form folders.
#[derive(Debug)]
pub struct Templates {
    templates: Vec<Template>,
    faults: Vec<TemplateFault>,
}

impl Templates {
    /// Reads the folders of `dir`, or those that the binary carries. Faults are kept, not raised:
    /// see [`Templates::faults`].
    #[must_use]
    pub fn load(dir: Option<&Path>) -> Self {
        let mut faults = Vec::new();
        let mut folders = match dir {
            Some(dir) => folders_of(dir, &mut faults),
            None => embedded_folders(),
        };
        let base = folders.remove(BASE).or_else(|| embedded_folders().remove(BASE)).unwrap_or_default();
        let mut templates: Vec<Template> = Vec::new();
        for (folder, files) in folders.into_iter().filter(|(name, _)| !name.starts_with(['_', '.'])) {
            match template(&folder, &files, &base) {
                Ok(template) => templates.push(template),
                Err(found) => faults.extend(found),
            }
        }
        templates.sort_by(|a, b| (a.spec.order, &a.spec.id).cmp(&(b.spec.order, &b.spec.id)));
        Self { templates, faults }
    }

    /// The sound templates, in the order of the list of services.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter()
    }

    /// The template with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.spec.id == id)
    }

    /// What is wrong with the folders that were left out.
    #[must_use]
    pub fn faults(&self) -> &[TemplateFault] {
        &self.faults
    }
}

/// Files of one folder by their path in it.
type Folder = BTreeMap<String, Vec<u8>>;

fn embedded_folders() -> BTreeMap<String, Folder> {
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

fn folders_of(dir: &Path, faults: &mut Vec<TemplateFault>) -> BTreeMap<String, Folder> {
    let mut folders = BTreeMap::new();
    let mut fault = |folder: &str, file: &str, message: String| {
        faults.push(TemplateFault { folder: folder.into(), file: file.into(), line: None, message });
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            fault(
                "",
                "",
                format!("{}: the directory of form templates can't be read: {error}", dir.display()),
            );
            return folders;
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let mut files = Folder::new();
        if let Err((file, message)) = read_folder(&entry.path(), "", &mut files) {
            fault(&name, &file, message);
            continue;
        }
        folders.insert(name, files);
    }
    folders
}

/// Reads a folder's files; links are not followed, so that nothing outside the folder gets in.
fn read_folder(dir: &Path, prefix: &str, files: &mut Folder) -> Result<(), (String, String)> {
    let entries = std::fs::read_dir(dir).map_err(|error| (prefix.to_owned(), error.to_string()))?;
    for entry in entries.flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && prefix.matches('/').count() < 4 {
            read_folder(&entry.path(), &format!("{name}/"), files)?;
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

fn is_template_file(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Builds one template, or says everything that is wrong with it.
fn template(folder: &str, files: &Folder, base: &Folder) -> Result<Template, Vec<TemplateFault>> {
    let mut faults = Vec::new();
    let mut fault = |file: &str, line: Option<usize>, message: String| {
        faults.push(TemplateFault { folder: folder.into(), file: file.into(), line, message });
    };
    let text_of = |file: &str, fault: &mut dyn FnMut(&str, Option<usize>, String)| match files.get(file) {
        None => {
            fault(file, None, "the folder lacks this file".into());
            None
        }
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => {
                fault(file, None, "the file isn't UTF-8".into());
                None
            }
        },
    };
    let spec = text_of("form.toml", &mut fault).and_then(|text| match toml::from_str::<ServiceSpec>(text) {
        Ok(spec) => {
            spec_faults(folder, &spec).into_iter().for_each(|message| fault("form.toml", None, message));
            Some(spec)
        }
        Err(error) => {
            let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
            fault("form.toml", line, error.message().to_owned());
            None
        }
    });
    let sample =
        text_of("sample.json", &mut fault).and_then(|text| match serde_json::from_str::<Value>(text) {
            Ok(sample) => Some(sample),
            Err(error) => {
                fault("sample.json", Some(error.line()), error.to_string());
                None
            }
        });
    text_of("form.typ", &mut fault);
    let mut seen = Files::default();
    for (owner, files) in [(BASE, base), (folder, files)] {
        for (file, bytes) in files {
            let id = file_id(&format!("{owner}/{file}"));
            if !file.ends_with(".typ") {
                seen.others.insert(id.into_raw().get(), Bytes::new(bytes.clone()));
                continue;
            }
            let name = if owner == BASE { format!("../{BASE}/{file}") } else { file.clone() };
            let Ok(text) = String::from_utf8(bytes.clone()) else {
                fault(&name, None, "the file isn't UTF-8".into());
                continue;
            };
            let source = Source::new(id, text);
            for error in source.root().errors_and_warnings().0 {
                fault(&name, line_in(&source, error.span), error.message.to_string());
            }
            seen.sources.insert(id.into_raw().get(), source);
        }
    }
    match (spec, sample) {
        (Some(spec), Some(sample)) if faults.is_empty() => {
            let spec_json = Bytes::new(serde_json::to_vec(&spec).expect("a specification is plain data"));
            Ok(Template {
                spec,
                sample,
                main: file_id(&format!("{folder}/form.typ")),
                files: Arc::new(seen),
                spec_json,
            })
        }
        _ => Err(faults),
    }
}

/// What form.toml says wrongly although it can be read.
fn spec_faults(folder: &str, spec: &ServiceSpec) -> Vec<String> {
    let mut faults = Vec::new();
    if spec.id != folder {
        faults.push(format!("id is {:?}, but the folder's name is {folder:?}; make them equal", spec.id));
    }
    if !spec.seals.iter().any(|row| row.stages.is_empty()) {
        faults.push(
            "a [[seals]] row without stages is missing: it serves every school that no other row names"
                .into(),
        );
    }
    if spec.max_pages == 0 {
        faults.push("max_pages is 0; a print has at least one page".into());
    }
    let doubled = |ids: Vec<&str>| {
        let mut seen = std::collections::BTreeSet::new();
        ids.into_iter().find(|id| !seen.insert(*id)).map(str::to_owned)
    };
    if let Some(id) = doubled(spec.fields.iter().map(|field| field.id.as_str()).collect()) {
        faults.push(format!("two fields have the id {id:?}"));
    }
    for row in &spec.seals {
        if let Some(id) = doubled(row.boxes.iter().map(|seal| seal.id.as_str()).collect()) {
            faults.push(format!("two seal boxes of one row have the id {id:?}"));
        }
    }
    faults
}

/// The id of a file by its path below form-templates. Ids live as long as the process, and the
/// paths are those of the templates' own files: their number is bounded.
pub(super) fn file_id(path: &str) -> FileId {
    let path = VirtualPath::new(path).unwrap_or_else(|_| VirtualPath::new("unnamed").expect("a plain name"));
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// The line of a place in `source`, from 1.
pub(super) fn line_in(source: &Source, span: impl Into<typst::syntax::DiagSpan>) -> Option<usize> {
    let range = match span.into().get() {
        DiagSpanKind::Detached => return None,
        DiagSpanKind::Number { num, sub_range, .. } => source.range(num, sub_range)?,
        DiagSpanKind::Range { range, .. } => range,
    };
    source.lines().byte_to_line(range.start).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy_embedded(dir: &Path) {
        for (folder, files) in embedded_folders() {
            for (file, bytes) in files {
                let path = dir.join(&folder).join(file);
                std::fs::create_dir_all(path.parent().expect("has a folder")).expect("made");
                std::fs::write(path, bytes).expect("written");
            }
        }
    }

    #[test]
    fn every_embedded_folder_is_sound() {
        let templates = Templates::load(None);
        assert_eq!(templates.faults(), []);
        assert!(templates.get("referral").is_some());
    }

    #[test]
    fn a_broken_folder_is_named_and_the_others_keep_working() {
        let dir = tempfile::tempdir().expect("a directory");
        copy_embedded(dir.path());
        for (folder, file, text) in [
            ("bad-toml", "form.toml", "id = \"bad-toml\"\ntitle = 3\n"),
            ("bad-typ", "form.typ", "#let a = 1\n#let b = (\n"),
            ("empty", "notes.json", "{}"),
        ] {
            std::fs::create_dir_all(dir.path().join(folder)).expect("made");
            std::fs::write(dir.path().join(folder).join(file), text).expect("written");
        }
        let templates = Templates::load(Some(dir.path()));
        assert!(templates.get("referral").is_some());
        let said: Vec<_> = templates.faults().iter().map(ToString::to_string).collect();
        for start in [
            "form-templates/bad-toml/form.toml:2: invalid type",
            "form-templates/bad-typ/form.typ:2: unclosed delimiter",
            "form-templates/bad-typ/sample.json: the folder lacks this file",
            "form-templates/empty/form.toml: the folder lacks this file",
        ] {
            assert!(said.iter().any(|fault| fault.starts_with(start)), "{start}: {said:#?}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_a_fault() {
        let templates = Templates::load(Some(Path::new("/nonexistent")));
        assert_eq!(templates.iter().count(), 0);
        assert!(templates.faults()[0].message.contains("/nonexistent"));
    }
}
