//! Reads a form.toml: everything that it says wrongly, each with its line, and what it means otherwise.
//!
//! What is wrong is mended for the time of reading (an unknown key left out, a wrong value replaced), so
//! that one reading names all faults, and cases of a broken form can still be shown.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::case::fields::FieldKind;
use crate::case::service::ServiceSpec;

/// More faults than this are another kind of file.
const MOST_FAULTS: usize = 100;
/// Typst's layout of more pages than this takes longer than anybody waits for a form.
const MOST_PAGES: u8 = 50;

/// A fault and its line, where there is one.
pub(super) type Found = (Option<usize>, String);

/// A form.toml and where things stand in it.
pub(in crate::forms) struct FormToml<'t> {
    text: &'t str,
    root: DeValue<'t>,
}

impl<'t> FormToml<'t> {
    /// The file as it stands. What is no TOML is left out.
    pub(in crate::forms) fn parse(text: &'t str) -> Self {
        let (root, _) = DeTable::parse_recoverable(text);
        Self { text, root: DeValue::Table(root.into_inner()) }
    }

    /// The line of what stands at a path such as `fields.2.id`, or of what it would stand in.
    pub(in crate::forms) fn line(&self, path: &str) -> usize {
        let mut here = &self.root;
        let mut found = 0;
        for step in path.split('.') {
            let next = match step.parse::<usize>() {
                Ok(at) => here.get(at),
                Err(_) => here.get(step),
            };
            let Some(next) = next else { break };
            found = next.span().start;
            here = next.get_ref();
        }
        line_at(self.text, found)
    }

    /// Every text that a form may print, with its path: titles, labels, headings and choices.
    pub(in crate::forms) fn printed_texts(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        texts(&self.root, String::new(), &mut found);
        found.retain(|(path, _)| {
            let key = path.split('.').rfind(|step| step.parse::<usize>().is_err());
            matches!(key, Some("title" | "label" | "section" | "choices"))
        });
        found
    }
}

fn texts(value: &DeValue<'_>, path: String, found: &mut Vec<(String, String)>) {
    let below = |step: &dyn std::fmt::Display| {
        if path.is_empty() { step.to_string() } else { format!("{path}.{step}") }
    };
    match value {
        DeValue::String(text) => found.push((path, text.to_string())),
        DeValue::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| texts(item.get_ref(), below(&i), found));
        }
        DeValue::Table(table) => {
            table.iter().for_each(|(key, item)| texts(item.get_ref(), below(key.get_ref()), found));
        }
        _ => {}
    }
}

/// What the form.toml of a folder says, as far as it can be understood, and all its faults.
pub(super) fn read(folder: &str, text: &str) -> (ServiceSpec, Vec<Found>) {
    let mut faults = Vec::new();
    let (mut table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map(|span| line_at(text, span.start));
        faults.push((line, error.message().to_owned()));
    }
    let spec = loop {
        let error = match ServiceSpec::deserialize(toml::de::Deserializer::from(table.clone())) {
            Ok(spec) => break Some(spec),
            Err(error) => error,
        };
        let Some(span) = error.span() else { break None };
        let fault = (Some(line_at(text, span.start)), said(error.message()));
        let again = faults.last() == Some(&fault);
        faults.push(fault);
        if again || faults.len() > MOST_FAULTS || !Mend::of(error.message(), span).in_table(&mut table) {
            break None;
        }
    };
    let mut spec = spec.unwrap_or_else(|| ServiceSpec::stand_in(folder));
    let toml = FormToml::parse(text);
    meaning(folder, &spec, &mut |path, message| faults.push((Some(toml.line(path)), message)));
    folder.clone_into(&mut spec.id);
    // A form that isn't TOML at all lacks everything: the first reason is enough.
    if faults.first().is_some_and(|_| text.trim().is_empty()) {
        faults.truncate(1);
    }
    (spec, faults)
}

/// The error in an author's words.
fn said(message: &str) -> String {
    match message.strip_prefix("missing field ") {
        Some(key) => format!("the key {key} is missing here"),
        None => {
            message.replacen("unknown field ", "unknown key ", 1).replace(", expected one of", "; known are")
        }
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// How the place of one error is changed, so that reading can go on.
struct Mend<'e> {
    span: Range<usize>,
    missing: Option<&'e str>,
    unknown: bool,
}

impl<'e> Mend<'e> {
    fn of(message: &'e str, span: Range<usize>) -> Self {
        let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        Self { span, missing, unknown: message.starts_with("unknown field") }
    }

    /// Whether the place was found and changed.
    fn in_table(&self, table: &mut Spanned<DeTable<'_>>) -> bool {
        let own = table.span();
        let table = table.get_mut();
        self.in_entries(table, &own)
    }

    fn in_entries(&self, table: &mut DeTable<'_>, own: &Range<usize>) -> bool {
        if self.unknown {
            let key = table.keys().find(|key| key.span() == self.span).map(|key| key.get_ref().to_string());
            if let Some(key) = key {
                return table.remove(key.as_str()).is_some();
            }
        }
        let inside = table.iter_mut().any(|(key, value)| self.in_value(key.get_ref(), value));
        if !inside
            && let Some(key) = self.missing
            && *own == self.span
            && let Some(value) = stand_in(key)
        {
            table.insert(Spanned::new(0..0, key.to_owned().into()), value);
            return true;
        }
        inside
    }

    fn in_value(&self, key: &str, value: &mut Spanned<DeValue<'_>>) -> bool {
        let own = value.span();
        let inside = match value.get_mut() {
            DeValue::Table(table) => self.in_entries(table, &own),
            DeValue::Array(items) => {
                let key = if key == "stages" { "stage" } else { "" };
                items.iter_mut().any(|item| self.in_value(key, item))
            }
            _ => false,
        };
        if inside || self.unknown || self.missing.is_some() || own != self.span {
            return inside;
        }
        let Some(other) = stand_in(key) else { return false };
        *value.get_mut() = other.into_inner();
        true
    }
}

/// What stands in for a text that isn't there, as TOML.
const UNKNOWN: &str = "\"?\"";

/// A value that fits the key.
fn stand_in(key: &str) -> Option<Spanned<DeValue<'static>>> {
    let text = match key {
        "version" | "order" | "max_pages" | "max_length" | "min" | "max" => "1",
        "required" | "special" => "false",
        "fields" | "attachments" | "seals" | "boxes" | "stages" | "choices" => "[]",
        "kind" => "\"text\"",
        "subject" => "\"optional\"",
        "stage" => "\"elementary\"",
        _ => UNKNOWN,
    };
    DeValue::parse(text).ok()
}

/// Tells, with its path, what form.toml says wrongly although it can be read.
fn meaning(folder: &str, spec: &ServiceSpec, tell: &mut dyn FnMut(&str, String)) {
    if spec.id != folder && spec.id != UNKNOWN.trim_matches('"') {
        tell("id", format!("id is {:?}, but the folder's name is {folder:?}; make them equal", spec.id));
    }
    if spec.title.trim().is_empty() {
        tell("title", "title is empty: it is what people choose the service by".into());
    }
    if spec.version == 0 {
        tell("version", "version is 0; the first is 1".into());
    }
    if spec.max_pages == 0 || spec.max_pages > MOST_PAGES {
        tell("max_pages", format!("max_pages is {}; a print has 1 to {MOST_PAGES} pages", spec.max_pages));
    }
    fields(spec, tell);
    let mut seen = BTreeSet::new();
    for (i, category) in spec.attachments.iter().enumerate() {
        if !seen.insert(&category.id) {
            tell(&format!("attachments.{i}.id"), format!("two attachments have the id {:?}", category.id));
        }
    }
    seals(spec, tell);
}

fn fields(spec: &ServiceSpec, tell: &mut dyn FnMut(&str, String)) {
    let mut seen = BTreeSet::new();
    for (i, field) in spec.fields.iter().enumerate() {
        let (id, at) = (&field.id, |key: &str| format!("fields.{i}.{key}"));
        if !seen.insert(id) {
            tell(&at("id"), format!("two fields have the id {id:?}"));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !id.chars().all(plain) {
            tell(
                &at("id"),
                format!(
                    "the field id {id:?} should be lower-case letters, digits and underscores, a letter first"
                ),
            );
        }
        let chosen = matches!(field.kind, FieldKind::Choice | FieldKind::Choices);
        if chosen && field.choices.is_empty() {
            tell(&at("kind"), format!("the field {id:?} is chosen from choices = [..], which are missing"));
        }
        if !chosen && !field.choices.is_empty() {
            tell(&at("choices"), format!("the field {id:?} has choices; then its kind is choice or choices"));
        }
        let numeric = field.kind == FieldKind::Number;
        if !numeric && (field.min.is_some() || field.max.is_some()) {
            let key = if field.min.is_some() { "min" } else { "max" };
            tell(&at(key), format!("the field {id:?} has {key}; then its kind is number"));
        }
        if let (Some(min), Some(max)) = (field.min, field.max)
            && min > max
        {
            tell(&at("min"), format!("the field {id:?} has min {min} above max {max}"));
        }
        if field.max_length == Some(0) {
            tell(&at("max_length"), format!("the field {id:?} has max_length 0: nothing can be answered"));
        }
    }
}

fn seals(spec: &ServiceSpec, tell: &mut dyn FnMut(&str, String)) {
    if !spec.seals.iter().any(|row| row.stages.is_empty()) {
        tell(
            "seals",
            "a [[seals]] row without stages is missing: it serves every school that no other row names"
                .into(),
        );
    }
    let mut stages = BTreeSet::new();
    for (i, row) in spec.seals.iter().enumerate() {
        if row.boxes.is_empty() {
            tell(&format!("seals.{i}"), "this [[seals]] row has no boxes".into());
        }
        let names = row.stages.iter().map(|stage| stage.as_str());
        // A row without stages counts as one name of its own.
        for stage in names.chain(row.stages.is_empty().then_some("")) {
            if !stages.insert(stage) {
                let what = if stage.is_empty() { "without stages".into() } else { format!("for {stage:?}") };
                tell(
                    &format!("seals.{i}"),
                    format!("this is the second [[seals]] row {what}: it never counts"),
                );
            }
        }
        let mut seen = BTreeSet::new();
        for (j, seal) in row.boxes.iter().enumerate() {
            if !seen.insert(&seal.id) {
                tell(
                    &format!("seals.{i}.boxes.{j}"),
                    format!("two seal boxes of one row have the id {:?}", seal.id),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"id = "visit"
title = "訪視"
version = 1
order = 9
subject = "none"
max_pages = 4
retention = "service"
attachments = []

[[fields]]
id = "people"
label = "人數"
kind = "number"

[[seals]]
boxes = [{ id = "handler", label = "承辦人" }]
"#;

    /// The faults of the sound file after some texts were exchanged.
    fn faults(changes: &[(&str, &str)]) -> Vec<(usize, String)> {
        let text = changes.iter().fold(SOUND.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let (spec, found) = read("visit", &text);
        assert_eq!(spec.id, "visit");
        found.into_iter().map(|(line, said)| (line.expect("a line"), said)).collect()
    }

    #[test]
    fn a_sound_file_has_no_fault() {
        assert_eq!(faults(&[]), []);
    }

    #[test]
    fn all_faults_are_named_in_one_reading() {
        let found = faults(&[
            ("title = \"訪視\"", "title = 3"),
            ("version = 1", "colour = \"red\"\nversion = 1"),
            ("label = \"人數\"\n", "labels = \"人數\"\n"),
            ("kind = \"number\"", "kind = \"numeral\""),
            ("label = \"承辦人\"", "lable = \"承辦人\""),
        ]);
        for (line, part) in [
            (2, "invalid type: integer `3`"),
            (3, "unknown key `colour`"),
            (13, "unknown key `labels`"),
            (14, "unknown variant `numeral`"),
            (17, "unknown key `lable`"),
        ] {
            assert!(
                found.iter().any(|(at, said)| *at == line && said.starts_with(part)),
                "{part}: {found:?}"
            );
        }
        let missing = found.iter().filter(|(_, said)| said == "the key `label` is missing here").count();
        assert_eq!(missing, 2, "{found:?}");
    }

    #[test]
    fn what_can_be_read_but_not_meant_is_named_with_its_line() {
        for (from, to, line, part) in [
            ("\"visit\"", "\"visits\"", 1, "the folder's name is \"visit\""),
            ("max_pages = 4", "max_pages = 0", 6, "1 to 50 pages"),
            ("kind = \"number\"", "kind = \"choice\"", 13, "choices = [..]"),
            ("kind = \"number\"", "kind = \"text\"\nmax = 3", 14, "its kind is number"),
            ("kind = \"number\"", "kind = \"number\"\nmin = 3\nmax = 1", 14, "above max 1"),
            (
                "kind = \"number\"",
                "kind = \"number\"\n[[fields]]\nid = \"people\"\nlabel = \"x\"\nkind = \"text\"",
                15,
                "two fields",
            ),
            ("id = \"people\"", "id = \"People 1\"", 11, "lower-case"),
            ("boxes = [", "stages = [\"kindergarten\"]\nboxes = [", 15, "without stages"),
            ("boxes = [", "boxes = [{ id = \"handler\", label = \"甲\" },", 16, "two seal boxes"),
        ] {
            let found = faults(&[(from, to)]);
            assert!(found.iter().any(|(at, said)| *at == line && said.contains(part)), "{part}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_toml_is_named_and_the_rest_is_kept() {
        let (spec, found) = read("visit", &SOUND.replacen("version = 1", "version = ", 1));
        assert_eq!(found[0].0, Some(3), "{found:?}");
        assert_eq!((spec.title.as_str(), spec.fields.len()), ("訪視", 1));
    }
}
