//! Prints: one record and one template become one PDF/A and its layout.
//!
//! The same request gives the same bytes on every machine, on every day, on any number of threads.
//! A print with a missing glyph, a missing code or an unfit seal box is never made.

use jiff::Timestamp;
use jiff::tz::Offset;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst::layout::{Frame, FrameItem};
use typst::utils::LazyHash;
use typst::{Library, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::code::{CodeKey, PageCode, ShortCode};
use super::fonts::{self, Fonts};
use super::layout::Layout;
use super::marks::Marks;
use super::record::{self, FieldName, Lack, Longest, Unprintable};
use super::templates::{Template, TemplateFault, Templates, line_in};
use super::world::{FormWorld, library};
use crate::case::ids::{CaseReference, Revision};
use crate::case::stage::SchoolStage;

mod document;

/// More letters than this can't stand on one page, however narrow (see [`record::Longest::room`]): a record
/// with more isn't laid out at all.
const MOST_ROOM_A_PAGE: usize = 12_000;
/// A record that takes no more room than this most often fits on one page, and is first tried so.
const USUAL_ROOM_OF_ONE_PAGE: usize = 4_000;
/// The time zone of dates in a print's metadata: Taiwan has one, without summer time.
const TAIWAN_HOURS: i8 = 8;

/// Prints forms. One serves the whole process and any number of threads.
pub struct Printer {
    templates: Templates,
    fonts: Fonts,
    library: LazyHash<Library>,
    /// PDF/A-2a: preserved, readable aloud, every letter with its meaning.
    standards: PdfStandards,
    /// Where all typesetting happens: as many threads as cores, however many ask. What a thread's memory
    /// once grew to stays with it, so few threads mean little memory.
    workers: ThreadPool,
    /// PDF/A-2u, as well tagged, for a record with characters of private use: their meaning is known to
    /// 全字庫 and not to Unicode, which 2a insists on.
    private_use_standards: PdfStandards,
}

/// What to print.
#[derive(Clone, Debug)]
pub struct PrintRequest<'a> {
    /// The template's id, such as `referral`.
    pub template: &'a str,
    /// The record as the template gets it.
    pub snapshot: &'a Value,
    /// The case as the layout names it.
    pub case_label: String,
    /// The case's opaque reference, for the printed code.
    pub reference: CaseReference,
    /// The revision of the print.
    pub revision: Revision,
    /// The key of the printed codes.
    pub key: &'a CodeKey,
    /// The moment that the PDF's metadata name. Part of the bytes.
    pub printed_at: Timestamp,
}

/// A printed form.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The PDF/A.
    pub pdf: Vec<u8>,
    /// Where its codes and seal boxes lie.
    pub layout: Layout,
    /// How many pages it has.
    pub pages: u8,
}

/// Why a form was not printed. Nothing has been written or changed. `Display` is English, for logs
/// and the command line; [`PrintError::for_people`] is for pages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// There is no such template, or its folder is broken.
    #[error("there is no form template {id:?}; there are: {}", .known.join(", "))]
    UnknownTemplate {
        /// The id that was asked for.
        id: String,
        /// The ids that there are.
        known: Vec<String>,
    },
    /// Parts that the record doesn't have, or has as something that can't be printed.
    #[error("{}", lacks_list(.0))]
    Incomplete(Vec<Lack>),
    /// Characters that no installed font can print, field by field.
    #[error("no installed font can print {}", unprintable_list(.0))]
    MissingGlyph(Vec<Unprintable>),
    /// The record doesn't fit into the pages that the form may have.
    #[error("the form may have {most} pages; {} ({}) has {characters} characters: shorten it", .field.path, .field.label)]
    TooLong {
        /// The longest field.
        field: FieldName,
        /// Its number of characters.
        characters: usize,
        /// The most pages that the form may have.
        most: u8,
    },
    /// The template can't print this record.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Template(Vec<TemplateFault>),
}

impl PrintError {
    /// What happened, what stayed safe and what to do, for the person who pressed 列印申請單.
    #[must_use]
    pub fn for_people(&self) -> String {
        match self {
            Self::UnknownTemplate { .. } | Self::Template(_) => {
                "此服務項目的申請單範本有問題，無法列印。您填寫的資料都已保存；請通知系統管理人員。".into()
            }
            Self::Incomplete(lacks) => {
                let labels: Vec<_> = lacks.iter().map(|lack| format!("「{}」", lack.field.label)).collect();
                format!(
                    "案件資料不完整，無法列印：缺少{}。您填寫的資料都已保存；請補齊後再列印。",
                    labels.join("、")
                )
            }
            Self::MissingGlyph(fields) => {
                let named: Vec<_> = fields
                    .iter()
                    .map(|f| format!("「{}」的 {}", f.field.label, fonts::named(&f.characters)))
                    .collect();
                let all: Vec<_> = fields.iter().flat_map(|f| f.characters.iter().copied()).collect();
                format!(
                    "有無法列印的字：{}。您填寫的資料都已保存。{}",
                    named.join("；"),
                    fonts::way_forward(&all)
                )
            }
            Self::TooLong { field, characters, most } => format!(
                "資料太長，申請單超過 {most} 頁的上限。最長的欄位是「{}」（{characters} 字）；請縮短後再列印，其餘詳情可放在檢附資料。您填寫的資料都已保存。",
                field.label
            ),
        }
    }
}

fn lacks_list(lacks: &[Lack]) -> String {
    let named = lacks.iter().map(|lack| {
        let how = if lack.present { "is not" } else { "is missing: it should be" };
        format!("{} ({}) {how} {}", lack.field.path, lack.field.label, lack.wanted)
    });
    named.collect::<Vec<_>>().join("; ")
}

fn unprintable_list(fields: &[Unprintable]) -> String {
    let named = fields.iter().map(|found| {
        let codes: Vec<_> = found.characters.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        format!("{} in {} ({})", codes.join(" "), found.field.path, found.field.label)
    });
    named.collect::<Vec<_>>().join("; ")
}

impl Printer {
    /// A printer for these templates with these fonts.
    #[must_use]
    pub fn new(templates: Templates, fonts: Fonts) -> Self {
        let alone =
            |standard| PdfStandards::new(&[standard]).expect("one standard alone contradicts no other");
        let (standards, private_use_standards) = (alone(PdfStandard::A_2a), alone(PdfStandard::A_2u));
        let workers = ThreadPoolBuilder::new()
            .thread_name(|number| format!("printer-{number}"))
            .build()
            .expect("threads for the printer start where the process itself could");
        let library = LazyHash::new(library());
        Self { templates, fonts, library, standards, workers, private_use_standards }
    }

    /// The templates.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    pub(super) fn templates_mut(&mut self) -> &mut Templates {
        &mut self.templates
    }

    /// The fonts.
    #[must_use]
    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// Prints one form. Takes some milliseconds of one core: call it where blocking is allowed.
    ///
    /// # Errors
    /// See [`PrintError`]. A refused print leaves nothing behind.
    pub fn print(&self, request: &PrintRequest) -> Result<Printed, PrintError> {
        self.workers.install(|| {
            let printed = self.lay_out_and_export(request);
            // What typst remembers of one record helps no other: without this each form costs 1.8 MB for ever.
            comemo::evict(0);
            printed
        })
    }

    fn lay_out_and_export(&self, request: &PrintRequest) -> Result<Printed, PrintError> {
        let template = self.template(request.template)?;
        self.check_record(template, request.snapshot)?;
        let (world, document) = self.lay_out(template, request)?;
        let pages = match u8::try_from(document.pages().len()) {
            Ok(pages) if pages <= template.spec.max_pages => pages,
            _ => return Err(too_long(template, request.snapshot)),
        };
        if document.pages().iter().any(|page| lacks_glyph(&page.frame)) {
            return Err(fault(
                template,
                "the template's own text has a character that the shipped font lacks".into(),
            ));
        }
        let marks = Marks::find(&document).map_err(|message| fault(template, message))?;
        self.check_boxes(template, &world, &marks)?;
        let (document, places) = marks.draw(&document, |page, corner| {
            let code =
                PageCode { reference: request.reference, revision: request.revision, page, pages, corner };
            code.digits(request.key)
        });
        let ident = format!("casebind {} {}", request.reference, request.revision.get());
        let options = self.options(ident, request.printed_at, record::has_private_use(request.snapshot));
        let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| faults(&world, template, &errors))?;
        let layout = Layout {
            case: request.case_label.clone(),
            revision: request.revision.get(),
            template: template.spec.id.clone(),
            pages: places,
        };
        Ok(Printed { pdf, layout, pages })
    }

    /// Lays the form out: once where it is one page, as it most often is. Typst lays out again what says how
    /// many pages there are, so the base is told beforehand, and without the guess when it was wrong.
    fn lay_out<'a>(
        &'a self,
        template: &'a Template,
        request: &PrintRequest,
    ) -> Result<(FormWorld<'a>, PagedDocument), PrintError> {
        let compile = |pages| {
            let world = self.world(template, request, pages);
            let outcome = typst::compile(&world).output;
            let document: PagedDocument = outcome.map_err(|errors| faults(&world, template, &errors))?;
            Ok((world, document))
        };
        let room = record::longest(request.snapshot, &template.spec).room;
        if room <= USUAL_ROOM_OF_ONE_PAGE {
            let (world, document) = compile(PageCount::One)?;
            if document.pages().len() == 1 {
                return Ok((world, document));
            }
        }
        compile(PageCount::Any)
    }

    fn template(&self, id: &str) -> Result<&Template, PrintError> {
        self.templates.get(id).ok_or_else(|| {
            let of_folder = self.templates.faults().iter().filter(|fault| fault.folder == id);
            let faults: Vec<_> = of_folder.cloned().collect();
            if !faults.is_empty() {
                return PrintError::Template(faults);
            }
            let known = self.templates.iter().map(|template| template.spec.id.clone()).collect();
            PrintError::UnknownTemplate { id: id.into(), known }
        })
    }

    /// Refuses what can't be printed before any work is done on it.
    fn check_record(&self, template: &Template, snapshot: &Value) -> Result<(), PrintError> {
        let lacks = record::lacking(snapshot, &template.spec);
        if !lacks.is_empty() {
            return Err(PrintError::Incomplete(lacks));
        }
        let room = record::longest(snapshot, &template.spec).room;
        if room > usize::from(template.spec.max_pages) * MOST_ROOM_A_PAGE {
            return Err(too_long(template, snapshot));
        }
        let unprintable = record::unprintable(snapshot, &template.spec, &self.fonts);
        if unprintable.is_empty() { Ok(()) } else { Err(PrintError::MissingGlyph(unprintable)) }
    }

    pub(super) fn world<'a>(
        &'a self,
        template: &'a Template,
        request: &PrintRequest,
        pages: PageCount,
    ) -> FormWorld<'a> {
        let short = ShortCode { reference: request.reference, revision: request.revision };
        let print = json!({
            "revision": request.revision.get(),
            "short_code": short.text(request.key),
            "fonts": self.fonts.families(),
            "long_runs": record::has_long_run(request.snapshot),
            "one_page": pages == PageCount::One,
        });
        let mut data = request.snapshot.clone();
        if let Value::Object(map) = &mut data
            && !map.contains_key("seals")
        {
            map.insert("seals".into(), default_seals(template, request.snapshot));
        }
        let bytes = |value: &Value| serde_json::to_vec(value).expect("a JSON value is plain data");
        FormWorld::new(&self.library, &self.fonts, template, bytes(&data), bytes(&print))
    }

    /// Every seal that the record asks for has its box.
    fn check_boxes(&self, template: &Template, world: &FormWorld, marks: &Marks) -> Result<(), PrintError> {
        let placed = marks.box_ids();
        for wanted in world.seal_ids() {
            if !placed.contains(&wanted.as_str()) {
                return Err(fault(template, format!("the form has no seal box {wanted:?}")));
            }
        }
        Ok(())
    }

    /// `private_use`: whether a text has characters of private use.
    fn options(&self, ident: String, printed_at: Timestamp, private_use: bool) -> PdfOptions {
        let at = Offset::constant(TAIWAN_HOURS).to_datetime(printed_at);
        let part = |value: i8| u8::try_from(value).unwrap_or(0);
        let datetime = Datetime::from_ymd_hms(
            i32::from(at.year()),
            part(at.month()),
            part(at.day()),
            part(at.hour()),
            part(at.minute()),
            part(at.second()),
        );
        PdfOptions {
            ident: Smart::Custom(ident),
            creator: Smart::Custom(Some("Casebind".into())),
            timestamp: datetime
                .and_then(|at| typst_pdf::Timestamp::new_local(at, i32::from(TAIWAN_HOURS) * 60)),
            page_ranges: None,
            standards: if private_use { self.private_use_standards.clone() } else { self.standards.clone() },
            tagged: true,
            pretty: false,
        }
    }
}

/// What the base is told of the number of pages while it is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PageCount {
    /// One; wrong when more come out.
    One,
    /// Whatever comes out.
    Any,
}

/// The seals that form.toml asks of a school of the record's stage.
fn default_seals(template: &Template, snapshot: &Value) -> Value {
    let stage = snapshot["school"]["stage"].as_str().and_then(|stage| stage.parse::<SchoolStage>().ok());
    json!(template.spec.seal_boxes(stage.unwrap_or(SchoolStage::Elementary)))
}

fn too_long(template: &Template, snapshot: &Value) -> PrintError {
    let Longest { field, characters, .. } = record::longest(snapshot, &template.spec);
    PrintError::TooLong { field, characters, most: template.spec.max_pages }
}

fn fault(template: &Template, message: String) -> PrintError {
    PrintError::Template(vec![TemplateFault {
        folder: template.spec.id.clone(),
        file: "form.typ".into(),
        line: None,
        message,
    }])
}

/// Typst's errors with file and line.
pub(super) fn faults(world: &FormWorld, template: &Template, errors: &[SourceDiagnostic]) -> PrintError {
    let named = errors.iter().map(|error| {
        // An error in the shared base is the caller's mistake as often as not: the template's line counts.
        let spans = std::iter::once(error.span).chain(error.trace.iter().map(|point| point.span.into()));
        let sources: Vec<_> = spans.filter_map(|span| Some((world.source(span.id()?).ok()?, span))).collect();
        let is_own = |source: &typst::syntax::Source| {
            let id = source.id();
            id.vpath()
                .get_without_slash()
                .strip_prefix(&template.spec.id)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let source = sources.iter().find(|(source, _)| is_own(source)).or(sources.first());
        let (file, line) = match source {
            Some((source, span)) => {
                let path = source.id().vpath().get_without_slash().to_owned();
                let own = path.strip_prefix(&format!("{}/", template.spec.id)).map(str::to_owned);
                (own.unwrap_or(format!("../{path}")), line_in(source, *span))
            }
            None => ("form.typ".into(), None),
        };
        let hints: String = error.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
        TemplateFault {
            folder: template.spec.id.clone(),
            file,
            line,
            message: format!("{}{hints}", error.message),
        }
    });
    PrintError::Template(named.collect())
}

/// Whether any text of the frame has a glyph that the font doesn't have.
fn lacks_glyph(frame: &Frame) -> bool {
    frame.items().any(|(_, item)| match item {
        FrameItem::Group(group) => lacks_glyph(&group.frame),
        FrameItem::Text(text) => text.glyphs.iter().any(|glyph| glyph.id == 0),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
