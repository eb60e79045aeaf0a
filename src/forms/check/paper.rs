//! Prints a template's sample in every way that the paper can come out, and looks at the pages.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use typst::syntax::Span;
use typst_layout::PagedDocument;

use super::ink::{self, Ink};
use super::sample::no_glyph;
use super::source::{Place, Reading, own_file};
use crate::case::fields::{FieldKind, FieldSpec};
use crate::case::ids::{CaseReference, Revision};
use crate::case::service::SubjectNeed;
use crate::case::stage::SchoolStage;
use crate::case::subject;
use crate::forms::code::CodeKey;
use crate::forms::marks::{About, Marks};
use crate::forms::print::{PageCount, faults};
use crate::forms::templates::form_toml::FormToml;
use crate::forms::templates::{Template, TemplateFault, line_in};
use crate::forms::{PrintError, PrintRequest, Printer};

/// A frame's own line may reach this far into a box, and rounding into a quiet zone.
const SLACK_MM: f64 = 0.3;
/// A line of a long answer has this many characters, and then breaks.
const LINE_CHARACTERS: usize = 60;

/// The template's sample as a request. The codes of such a print are no installation's.
pub(super) fn request<'a>(template: &'a Template, record: &'a Value, key: &'a CodeKey) -> PrintRequest<'a> {
    PrintRequest {
        template: &template.spec.id,
        snapshot: record,
        case_label: "sample".into(),
        reference: CaseReference::standing_for("sample"),
        revision: Revision::try_from(1).expect("the first revision"),
        key,
        printed_at: Timestamp::UNIX_EPOCH,
    }
}

/// The key of prints that bind nothing.
pub(super) fn no_key() -> CodeKey {
    CodeKey::from_bytes([0; 32])
}

/// Lays a record out.
pub(super) fn lay_out(
    printer: &Printer,
    template: &Template,
    record: &Value,
) -> Result<PagedDocument, Vec<TemplateFault>> {
    let key = no_key();
    let world = printer.world(template, &request(template, record, &key), PageCount::Any);
    let document = typst::compile(&world).output;
    // What typst remembers of one record helps no other.
    comemo::evict(0);
    document.map_err(|errors| match faults(&world, template, &errors) {
        PrintError::Template(faults) => faults,
        other => vec![fault(template, "form.typ", None, other.to_string())],
    })
}

/// The sample with the seals of each stage that has its own, and the stage's name; the sample's own first.
pub(super) fn by_stage(template: &Template) -> Vec<(&'static str, Value)> {
    let own = template.sample["school"]["stage"].as_str().and_then(|stage| stage.parse().ok());
    let mut stages: Vec<SchoolStage> = own.into_iter().chain(SchoolStage::ALL).collect();
    let mut seen = Vec::new();
    stages.retain(|stage| {
        let boxes = template.spec.seal_boxes(*stage);
        let new = !seen.contains(&boxes);
        seen.push(boxes);
        new
    });
    let with = |stage: SchoolStage| {
        let mut record = template.sample.clone();
        record["school"]["stage"] = stage.as_str().into();
        record["school"]["stage_label"] = stage.label().into();
        record["seals"] = json!(template.spec.seal_boxes(stage));
        (stage.as_str(), record)
    };
    stages.into_iter().map(with).collect()
}

/// Everything that is wrong with the template's paper. `told` are characters that another check named.
pub(super) fn look(
    printer: &Printer,
    template: &Template,
    reading: &Reading,
    told: &BTreeSet<char>,
) -> Vec<TemplateFault> {
    let mut desk = Desk { printer, template, reading, told, found: Vec::new(), keys: BTreeSet::new() };
    for (at, (stage, record)) in by_stage(template).into_iter().enumerate() {
        // The sample's own stage needs no telling.
        let (as_is, long_texts) = match at {
            0 => (String::new(), "with long texts".to_owned()),
            _ => (format!("with the seals of {stage}"), format!("with long texts and the seals of {stage}")),
        };
        desk.judge(&record, &as_is);
        desk.judge(&long(template, &record), &long_texts);
        if at == 0 {
            desk.judge(&bare(template, &record), "with only what is required");
        }
    }
    desk.unprinted();
    desk.found
}

fn fault(template: &Template, file: &str, line: Option<usize>, message: String) -> TemplateFault {
    TemplateFault { folder: template.spec.id.clone(), file: file.into(), line, message }
}

/// The record with every text as long as its field allows.
fn long(template: &Template, record: &Value) -> Value {
    let mut record = record.clone();
    let mut fill = |part: &str, fields: &[FieldSpec]| {
        let Some(answers) = record[part].as_object_mut() else { return };
        for field in fields {
            let breaks = match field.kind {
                FieldKind::LongText => true,
                FieldKind::Text => false,
                _ => continue,
            };
            let letter = |at: usize| match (at + 1) % LINE_CHARACTERS {
                0 if breaks => '\n',
                _ => '長',
            };
            let text: String = (0..field.limit()).map(letter).collect();
            answers.insert(field.id.clone(), text.into());
        }
    };
    fill("content", &template.spec.fields);
    fill("subject", &subject::FIELDS);
    record
}

/// The record without what may be left unanswered: such fields are absent.
fn bare(template: &Template, record: &Value) -> Value {
    let mut record = record.clone();
    let mut strip = |part: &str, fields: &[FieldSpec]| {
        if let Some(answers) = record[part].as_object_mut() {
            answers.retain(|id, _| fields.iter().any(|field| field.required && field.id == *id));
        }
    };
    strip("content", &template.spec.fields);
    strip("subject", &subject::FIELDS);
    if template.spec.subject == SubjectNeed::Optional {
        record["subject"] = Value::Null;
    }
    if let Some(lines) = record["attachments"].as_array_mut() {
        let required: Vec<_> = template.spec.attachments.iter().filter(|one| one.required).collect();
        lines.retain(|line| required.iter().any(|one| line["category"] == *one.label));
    }
    record["applicant"]["email"] = "".into();
    record
}

struct Desk<'a> {
    printer: &'a Printer,
    template: &'a Template,
    reading: &'a Reading,
    told: &'a BTreeSet<char>,
    found: Vec<TemplateFault>,
    keys: BTreeSet<String>,
}

impl Desk<'_> {
    /// Keeps a fault that wasn't found in another print: one with the same key is the same.
    fn tell(&mut self, key: String, (file, line): Place, message: String, about: &str) {
        if self.keys.insert(key) {
            let message = if about.is_empty() { message } else { format!("{message} ({about})") };
            self.found.push(fault(self.template, &file, line, message));
        }
    }

    /// Lays a record out, and tells what is wrong with its pages.
    fn judge(&mut self, record: &Value, about: &str) {
        let document = match lay_out(self.printer, self.template, record) {
            Ok(document) => document,
            Err(faults) => {
                for found in faults {
                    let key = format!("{} {:?} {}", found.file, found.line, found.message);
                    self.tell(key, (found.file, found.line), found.message, about);
                }
                return;
            }
        };
        let (pages, most) = (document.pages().len(), self.template.spec.max_pages);
        if pages > usize::from(most) {
            let line = FormToml::parse(&self.template.texts.form_toml).line("max_pages");
            let message = format!(
                "the form takes {pages} pages, and max_pages is {most}: raise it, or give long texts a max_length"
            );
            self.tell("pages".into(), ("form.toml".into(), Some(line)), message, about);
        }
        for (c, span) in ink::missing_glyphs(&document) {
            if !self.told.contains(&c) {
                let place = self.own(span).unwrap_or_else(|| ("form.typ".into(), None));
                self.tell(format!("glyph {c} {place:?}"), place, no_glyph(c, "the form's own text"), about);
            }
        }
        let (marks, flaws) = Marks::survey(&document);
        for flaw in flaws {
            let place = self.own(flaw.span).unwrap_or_else(|| self.place_of(&flaw.about));
            let message = format!("page {}: {}", flaw.page, flaw.message);
            self.tell(flaw.message, place, message, about);
        }
        self.seals(&marks, record, about);
        for (number, page) in document.pages().iter().enumerate() {
            self.page(number, &ink::of_page(&page.frame), &marks, about);
            let (width, height) = (page.frame.width().to_mm(), page.frame.height().to_mm());
            let outside = |ink: &&Ink| {
                let [left, top, right, bottom] = ink.edges;
                left < -SLACK_MM || top < -SLACK_MM || right > width + SLACK_MM || bottom > height + SLACK_MM
            };
            if let Some(ink) = ink::of_page(&page.frame).iter().filter(|ink| ink.is_text).find(outside) {
                let place = self.own(ink.span).unwrap_or_else(|| ("form.typ".into(), None));
                let message = format!("page {}: {} leaves the page", number + 1, ink.what);
                self.tell(format!("outside {place:?}"), place, message, about);
            }
        }
    }

    /// Tells what lies in the quiet zone of a code or in a seal box.
    fn page(&mut self, number: usize, inks: &[Ink], marks: &Marks, about: &str) {
        for (mark, area) in marks.reserved(number) {
            let area = [area[0] + SLACK_MM, area[1] + SLACK_MM, area[2] - SLACK_MM, area[3] - SLACK_MM];
            let Some(ink) = inks.iter().find(|ink| overlap(ink.edges, area)) else { continue };
            let place = self.own(ink.span).unwrap_or_else(|| self.place_of(&mark));
            let message = match &mark {
                About::Codes => format!(
                    "page {}: {} lies on a code or in its quiet zone of four modules",
                    number + 1,
                    ink.what
                ),
                About::SealBox(id) => {
                    format!("page {}: {} lies in the seal box {id:?}", number + 1, ink.what)
                }
            };
            self.tell(format!("ink {mark:?} {place:?}"), place, message, about);
        }
    }

    /// Tells of seals that form.toml has and the form doesn't, and the other way round.
    fn seals(&mut self, marks: &Marks, record: &Value, about: &str) {
        let wanted: Vec<_> = record["seals"].as_array().into_iter().flatten().collect();
        let wanted: Vec<&str> = wanted.iter().filter_map(|seal| seal["id"].as_str()).collect();
        let placed = marks.box_ids();
        for id in wanted.iter().filter(|id| !placed.contains(id)) {
            let place = self.reading.seal_box(id);
            let message = format!("form.toml has the seal box {id:?}, and the form doesn't place it");
            self.tell(format!("lacks {id}"), place, message, about);
        }
        for id in placed.iter().filter(|id| !wanted.contains(id)) {
            let place = self.reading.seal_box(id);
            let message = format!("the form places the seal box {id:?}, which form.toml doesn't have");
            self.tell(format!("unknown {id}"), place, message, about);
        }
    }

    /// Tells which fields are asked and never printed: those that form.typ doesn't name, and whose
    /// answer changes nothing on the paper.
    fn unprinted(&mut self) {
        let template = self.template;
        let toml = FormToml::parse(&template.texts.form_toml);
        for (i, field) in template.spec.fields.iter().enumerate() {
            let mut named = self.reading.uses.iter().filter(|one| one.part == "content");
            if named.any(|one| one.id == field.id) {
                continue;
            }
            let text = |answer: Value| {
                let mut record = template.sample.clone();
                record["content"][&field.id] = answer;
                lay_out(self.printer, template, &record).map(|document| ink::text(&document))
            };
            let (one, other) = answers(field);
            if let (Ok(one), Ok(other)) = (text(one), text(other))
                && one == other
            {
                let line = toml.line(&format!("fields.{i}.id"));
                let asked = if field.required { "requires" } else { "asks" };
                let message = format!("form.toml {asked} {:?}, and form.typ never prints it", field.id);
                self.found.push(fault(template, "form.toml", Some(line), message));
            }
        }
    }

    /// The file and line of a place in the template's own sources.
    fn own(&self, span: Span) -> Option<Place> {
        let source = self.template.files.sources.get(&span.id()?.into_raw().get())?;
        Some((own_file(self.template, source)?, line_in(source, span)))
    }

    fn place_of(&self, about: &About) -> Place {
        match about {
            About::Codes => self.reading.paper(),
            About::SealBox(id) => self.reading.seal_box(id),
        }
    }
}

fn overlap([left, top, right, bottom]: [f64; 4], [l, t, r, b]: [f64; 4]) -> bool {
    left < r && right > l && top < b && bottom > t
}

/// Two different answers to a field.
fn answers(field: &FieldSpec) -> (Value, Value) {
    let choice = |at: usize| field.choices.get(at).cloned().unwrap_or_default();
    match field.kind {
        FieldKind::Date => ("2026-01-02".into(), "2027-03-04".into()),
        FieldKind::Number => {
            let least = field.min.unwrap_or(0);
            (least.to_string().into(), (least + 1).to_string().into())
        }
        FieldKind::Choice => (choice(0).into(), choice(1).into()),
        FieldKind::Choices => (json!([choice(0)]), json!([])),
        _ => ("甲乙丙".into(), "丁戊己".into()),
    }
}
