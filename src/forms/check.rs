//! Tells the author of a template everything that is wrong with it: `casebind template check`.
//!
//! What can be read is judged by reading (form.toml, sample.json, the fields that form.typ names); the
//! rest by printing the sample: as it stands, with every stage's seals, with texts as long as their
//! fields allow, and with only what is required. All findings are collected, each with file and line.

mod ink;
mod paper;
mod places;
mod sample;
mod source;

use std::collections::BTreeSet;

use typst_pdf::PdfOptions;

use super::marks::Marks;
use super::templates::form_toml::FormToml;
use super::templates::{Template, TemplateFault, Templates};
use super::{PrintError, Printer};
use source::Reading;

/// Everything that is wrong with the folder of this name among the printer's templates, in the order of
/// files and lines. Prints the sample several times: some tenths of a second.
#[must_use]
pub fn check(printer: &Printer, folder: &str) -> Vec<TemplateFault> {
    let mut faults: Vec<TemplateFault> =
        printer.templates().faults().iter().filter(|fault| fault.folder == folder).cloned().collect();
    if let Some(template) = printer.templates().draft(folder) {
        let unreadable = faults.iter().any(|fault| fault.file.ends_with(".typ"));
        look(printer, template, unreadable, &mut faults);
    }
    // One line is named once for one reason: what was found by reading, printing finds again.
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert((fault.file.clone(), fault.line, fault.message.clone())));
    faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    faults
}

fn look(printer: &Printer, template: &Template, unreadable: bool, faults: &mut Vec<TemplateFault>) {
    let folder = &template.spec.id;
    let mut tell = |file: &str, line: Option<usize>, message: String| {
        faults.push(TemplateFault { folder: folder.clone(), file: file.into(), line, message });
    };
    let mut told = BTreeSet::new();
    let toml = FormToml::parse(&template.texts.form_toml);
    for (path, text) in toml.printed_texts() {
        for c in printer.fonts().missing_glyphs(&text) {
            told.insert(c);
            tell("form.toml", Some(toml.line(&path)), sample::no_glyph(c, &path));
        }
    }
    let has_sample = template.sample.is_object();
    if has_sample {
        let found = sample::faults(&template.spec, &template.sample, &template.texts.sample, printer.fonts());
        found.into_iter().for_each(|(line, message)| tell("sample.json", Some(line), message));
        let unprintable = super::record::unprintable(&template.sample, &template.spec, printer.fonts());
        told.extend(unprintable.into_iter().flat_map(|field| field.characters));
    } else if !template.texts.sample.trim().is_empty() {
        tell("sample.json", Some(1), "a record is a JSON object: { \"case\": .. }".into());
    }
    let reading = Reading::of(template);
    let unknown = unknown_fields(template, &reading, &mut tell);
    if unreadable || !has_sample || template.texts.form_toml.is_empty() {
        return;
    }
    let found = paper::look(printer, template, &reading, &told);
    faults.extend(found.into_iter().filter(|fault| {
        // The base stops at the first field that isn't there; reading has named them all.
        !fault.message.contains("form.toml has no field with the")
            || !unknown.iter().any(|name| fault.message.contains(name))
    }));
    // What only the export finds, such as what PDF/A doesn't allow.
    if faults.is_empty() {
        let key = paper::no_key();
        if let Err(error) = printer.print(&paper::request(template, &template.sample, &key)) {
            match error {
                PrintError::Template(found) => faults.extend(found),
                other => faults.push(TemplateFault {
                    folder: folder.clone(),
                    file: "form.typ".into(),
                    line: None,
                    message: other.to_string(),
                }),
            }
        }
    }
}

/// Tells the fields and headings that form.typ names and form.toml doesn't have; their names, in quotation
/// marks, as the base would name them.
fn unknown_fields(
    template: &Template,
    reading: &Reading,
    tell: &mut dyn FnMut(&str, Option<usize>, String),
) -> Vec<String> {
    let mut unknown = Vec::new();
    for one in &reading.uses {
        let (owner, fields) = match one.part {
            "content" => ("form.toml", template.spec.fields.as_slice()),
            _ => ("a subject", crate::case::subject::FIELDS.as_slice()),
        };
        if !fields.iter().any(|field| field.id == one.id) {
            let known: Vec<_> = fields.iter().map(|field| field.id.as_str()).collect();
            let message =
                format!("{owner} has no field with the id {:?}; there are {}", one.id, known.join(", "));
            tell(&one.file, one.line, message);
            unknown.push(format!("{:?}", one.id));
        }
    }
    for (heading, (file, line)) in &reading.sections {
        if !template.spec.fields.iter().any(|field| field.section.as_ref() == Some(heading)) {
            tell(file, *line, format!("form.toml has no field with the section {heading:?}"));
            unknown.push(format!("{heading:?}"));
        }
    }
    unknown
}

/// The sample as a PDF to look at, also where the print would be refused for what is wrong with its boxes
/// or codes. Its codes bind nothing.
///
/// # Errors
/// Why it can't be laid out at all.
pub fn draft(printer: &Printer, folder: &str) -> Result<Vec<u8>, Vec<TemplateFault>> {
    let Some(template) = printer.templates().draft(folder) else { return Err(Vec::new()) };
    let faults = || printer.templates().faults().iter().filter(|fault| fault.folder == folder).cloned();
    let document = paper::lay_out(printer, template, &template.sample)
        .map_err(|found| faults().chain(found).collect::<Vec<_>>())?;
    let key = paper::no_key();
    let request = paper::request(template, &template.sample, &key);
    let pages = u8::try_from(document.pages().len()).unwrap_or(u8::MAX);
    let (document, _) = Marks::survey(&document).0.draw(&document, |page, corner| {
        let (reference, revision) = (request.reference, request.revision);
        super::code::PageCode { reference, revision, page, pages, corner }.digits(&key)
    });
    let pdf = typst_pdf::pdf(&document, &PdfOptions::default());
    comemo::evict(0);
    pdf.map_err(|errors| {
        let message = errors.iter().map(|error| error.message.to_string()).collect::<Vec<_>>().join("; ");
        vec![TemplateFault { folder: folder.into(), file: "form.typ".into(), line: None, message }]
    })
}

/// Exchanges a printer's templates: its fonts are kept, which take longest to read.
pub fn reload(printer: &mut Printer, templates: Templates) {
    *printer.templates_mut() = templates;
}

/// Leaves out every template that can't print its own sample with each stage's seals, and returns what is
/// wrong with those. A server does this at its start: the others keep working.
pub fn leave_out_broken(printer: &mut Printer) -> Vec<TemplateFault> {
    let mut all = Vec::new();
    let ids: Vec<String> = printer.templates().iter().map(|template| template.spec.id.clone()).collect();
    for id in ids {
        let faults = unprintable(printer, &id);
        if !faults.is_empty() {
            all.extend(faults.iter().cloned());
            printer.templates_mut().leave_out(&id, faults);
        }
    }
    all
}

/// What keeps a template from printing.
fn unprintable(printer: &Printer, id: &str) -> Vec<TemplateFault> {
    let Some(template) = printer.templates().get(id) else { return Vec::new() };
    let key = paper::no_key();
    for (_, record) in paper::by_stage(template) {
        // A sample that isn't whole is the author's affair; only a template that fails is broken.
        if let Err(PrintError::Template(faults)) = printer.print(&paper::request(template, &record, &key)) {
            return faults;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
