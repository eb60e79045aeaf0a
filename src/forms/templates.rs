//! Form folders: form.toml, form.typ, sample.json and what else a template uses; and the shared base.
//!
//! Folders come from the binary or from a directory. A broken folder is reported with its file and
//! line and left out; the others keep working. Files are read once, at the start.

pub(super) mod folder;
pub(super) mod form_toml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use typst::foundations::Bytes;
use typst::syntax::{DiagSpanKind, FileId, RootedPath, Source, VirtualPath, VirtualRoot};

use crate::case::service::ServiceSpec;
use folder::Folder;

/// The folders that the binary carries. In debug builds they are read from the source tree.
#[derive(rust_embed::RustEmbed)]
#[folder = "form-templates"]
pub(super) struct Embedded;

/// The folder that every template may import from.
const BASE: &str = "_base";
/// The folder that a new template is copied from.
const SCAFFOLD: &str = "_new";

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

/// One service item's folder, as it was read.
#[derive(Debug)]
pub struct Template {
    /// What form.toml says.
    pub spec: ServiceSpec,
    /// The sample record.
    pub sample: Value,
    pub(super) main: FileId,
    pub(super) files: Arc<Files>,
    pub(super) spec_json: Bytes,
    pub(super) texts: Texts,
}

/// The files that typst may see: those of one folder and of the base.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) sources: BTreeMap<u16, Source>,
    pub(super) others: BTreeMap<u16, Bytes>,
}

/// The files that a check names lines of, as they were read.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) form_toml: String,
    pub(super) sample: String,
}

/// All form folders.
#[derive(Debug, Default)]
pub struct Templates {
    templates: Vec<Template>,
    left_out: Vec<Template>,
    faults: Vec<TemplateFault>,
}

impl Templates {
    /// Reads the folders of `dir`, or those that the binary carries. Faults are kept, not raised:
    /// see [`Templates::faults`].
    #[must_use]
    pub fn load(dir: Option<&Path>) -> Self {
        let mut all = Self::default();
        let folders = match dir.map(folder::all_of) {
            None => folder::embedded().into_iter().map(|(name, files)| (name, Ok(files))).collect(),
            Some(Ok(folders)) => folders,
            Some(Err(error)) => {
                let dir = dir.unwrap_or(Path::new("")).display();
                all.blame("", "", format!("{dir}: the directory of form templates can't be read: {error}"));
                BTreeMap::new()
            }
        };
        let base = all.base(dir);
        for (name, files) in folders.into_iter().filter(|(name, _)| !name.starts_with(['_', '.'])) {
            all.take(&name, files, &base);
        }
        all.templates.sort_by(|a, b| (a.spec.order, &a.spec.id).cmp(&(b.spec.order, &b.spec.id)));
        all
    }

    /// Reads one folder, with the shared base that stands beside it or else the binary's.
    #[must_use]
    pub fn load_folder(folder: &Path) -> Self {
        let mut all = Self::default();
        let base = all.base(folder.parent());
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        all.take(&name, folder::read(folder), &base);
        all
    }

    fn base(&mut self, dir: Option<&Path>) -> Folder {
        folder::base_beside(dir).unwrap_or_else(|(file, message)| {
            self.blame(BASE, &file, message);
            Folder::new()
        })
    }

    fn take(&mut self, name: &str, files: Result<Folder, (String, String)>, base: &Folder) {
        match files {
            Ok(files) => {
                let (template, faults) = template(name, &files, base);
                if faults.is_empty() { &mut self.templates } else { &mut self.left_out }.push(template);
                self.faults.extend(faults);
            }
            Err((file, message)) => self.blame(name, &file, message),
        }
    }

    fn blame(&mut self, folder: &str, file: &str, message: String) {
        self.faults.push(TemplateFault { folder: folder.into(), file: file.into(), line: None, message });
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

    /// What is known of the service item with this id, also where its folder was left out: enough to
    /// show the cases that there are.
    #[must_use]
    pub fn spec_to_show(&self, id: &str) -> Option<&ServiceSpec> {
        self.draft(id).map(|template| &template.spec)
    }

    /// What is wrong with the folders that were left out.
    #[must_use]
    pub fn faults(&self) -> &[TemplateFault] {
        &self.faults
    }

    /// The names of all folders that could be read, sound or not.
    #[must_use]
    pub fn folders(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.templates.iter().chain(&self.left_out).map(|template| template.spec.id.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The template with this id, sound or not.
    pub(super) fn draft(&self, id: &str) -> Option<&Template> {
        self.templates.iter().chain(&self.left_out).find(|template| template.spec.id == id)
    }

    /// Leaves a template out that turned out to be broken.
    pub(super) fn leave_out(&mut self, id: &str, faults: Vec<TemplateFault>) {
        if let Some(at) = self.templates.iter().position(|template| template.spec.id == id) {
            self.left_out.push(self.templates.remove(at));
            self.faults.extend(faults);
        }
    }
}

/// The shared base that stands beside a folder on disk, where there is one; else the binary's serves it.
#[must_use]
pub fn shared_base_beside(folder: &Path) -> Option<PathBuf> {
    folder.parent().map(|dir| dir.join(BASE)).filter(|base| base.is_dir())
}

/// The files that a new template begins with, by name. They are those of a sound template with the id
/// `new-form`.
#[must_use]
pub fn scaffold() -> BTreeMap<String, String> {
    let files = folder::embedded().remove(SCAFFOLD).unwrap_or_default();
    files.into_iter().filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?))).collect()
}

/// A folder of the binary's that prints a document beside the forms: it has a form.typ and no form.toml, and so is no
/// service item.
pub(super) fn document(folder: &str) -> Template {
    let files = folder::embedded().remove(folder).unwrap_or_default();
    // What is said to be wrong is that it is no service item; that it prints is held by a test.
    template(folder, &files, &Folder::new()).0
}

/// Builds one template as far as it can be read, and says everything that is wrong with it.
fn template(folder: &str, files: &Folder, base: &Folder) -> (Template, Vec<TemplateFault>) {
    let mut faults = Vec::new();
    let mut fault = |file: &str, line: Option<usize>, message: String| {
        faults.push(TemplateFault { folder: folder.into(), file: file.into(), line, message });
    };
    let text_of = |file: &str, fault: &mut dyn FnMut(&str, Option<usize>, String)| {
        match files.get(file).map(|bytes| String::from_utf8(bytes.clone())) {
            Some(Ok(text)) => return Some(text),
            Some(Err(_)) => fault(file, None, "the file isn't UTF-8".into()),
            None => fault(file, None, "the folder lacks this file".into()),
        }
        None
    };
    let form_toml = text_of("form.toml", &mut fault);
    let spec = form_toml.as_ref().map_or_else(
        || ServiceSpec::stand_in(folder),
        |text| {
            let (spec, found) = form_toml::read(folder, text);
            found.into_iter().for_each(|(line, message)| fault("form.toml", line, message));
            spec
        },
    );
    let sample_json = text_of("sample.json", &mut fault);
    let sample = sample_json.as_ref().map_or(Value::Null, |text| {
        serde_json::from_str::<Value>(text).unwrap_or_else(|error| {
            fault("sample.json", Some(error.line()), error.to_string());
            Value::Null
        })
    });
    let texts = Texts { form_toml: form_toml.unwrap_or_default(), sample: sample_json.unwrap_or_default() };
    if !files.contains_key("form.typ") {
        fault("form.typ", None, "the folder lacks this file".into());
    }
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
    let spec_json = Bytes::new(serde_json::to_vec(&spec).expect("a specification is plain data"));
    let main = file_id(&format!("{folder}/form.typ"));
    (Template { spec, sample, main, files: Arc::new(seen), spec_json, texts }, faults)
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
        for (folder, files) in folder::embedded() {
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
