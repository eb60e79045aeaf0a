//! One form of the same record and font, by us and by plain typst; part of `benches/compare/run`, which
//! adds WeasyPrint and Chromium to the table.
//!
//! `cargo bench --bench compare -- DIR` also leaves the records as DIR/records.jsonl for the others.

mod records;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use casebind::forms::Printer;
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use serde_json::{Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration as TypstDuration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

const SHIPPED_FONT: &str = "form-templates/_fonts/CasebindKai.ttf";
/// The font that ours is made of, from Debian's package fonts-cns11643-kai.
const WHOLE_FONT: &str = "/usr/share/fonts/truetype/cns11643/TW-Kai-98_1.ttf";
const FORMS: u32 = 240;
const TURN: usize = 24;
const WARM_UP: usize = 4;

fn main() {
    let dir = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let sample = &printer.templates().get("referral").expect("built in").sample;
    let records: Vec<Value> = (0..FORMS).map(|number| records::record(sample, number)).collect();
    if let Some(dir) = dir {
        let mut file = std::fs::File::create(dir.join("records.jsonl")).expect("a file for the records");
        for record in &records {
            writeln!(file, "{record}").expect("written");
        }
    }
    let mut plain = Plain::new(SHIPPED_FONT);
    let mut whole = Path::new(WHOLE_FONT).exists().then(|| Plain::new(WHOLE_FONT));
    let (mut ours, mut theirs, mut theirs_whole) = (Run::default(), Run::default(), Run::default());
    // By turns, so that a noisy neighbour slows both; each turn with nothing remembered of the other's.
    for turn in records.chunks(TURN) {
        ours.turn(turn, |record| casebind(&printer, record));
        theirs.turn(turn, |record| plain.print(record));
        if let Some(whole) = &mut whole {
            theirs_whole.turn(turn, |record| whole.print(record));
        }
    }
    ours.row("Casebind");
    theirs.row("typst, plainly, with our font");
    if whole.is_some() {
        theirs_whole.row("typst, plainly, with TW-Kai as Debian has it");
    }
}

/// Times and sizes of one maker of forms.
#[derive(Default)]
struct Run(Vec<(Duration, usize)>);

impl Run {
    /// Prints the records one by one; the first ones warm up and don't count.
    fn turn(&mut self, records: &[Value], mut print: impl FnMut(&Value) -> usize) {
        comemo::evict(0);
        for (at, record) in records.iter().enumerate() {
            let start = Instant::now();
            let size = print(record);
            if at >= WARM_UP {
                self.0.push((start.elapsed(), size));
            }
        }
    }

    /// A row of the table: p50 and p99 in milliseconds, the middle size in kilobytes.
    fn row(mut self, name: &str) {
        self.0.sort();
        let at =
            |share: f64| self.0[((self.0.len() - 1) as f64 * share).round() as usize].0.as_secs_f64() * 1e3;
        let mut sizes: Vec<usize> = self.0.iter().map(|one| one.1).collect();
        sizes.sort_unstable();
        println!("| {name} | {:.1} | {:.1} | {} |", at(0.5), at(0.99), sizes[sizes.len() / 2] / 1024);
    }
}

fn casebind(printer: &Printer, record: &Value) -> usize {
    let key = CodeKey::from_bytes([7; 32]);
    let printed = printer.print(&records::request(record, &key));
    printed.expect("printed").pdf.len()
}

/// Typst as its documentation shows it: a world, a compilation, an export, the codes as pictures.
struct Plain {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    font: Font,
    record: Bytes,
    codes: [Bytes; 4],
}

impl Plain {
    fn new(font: &str) -> Self {
        let font = std::fs::read(font).expect("the font");
        let font = Font::new(Bytes::new(font), 0).expect("a font");
        let book = FontBook::from_fonts([&font]);
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(book),
            font,
            record: Bytes::new(Vec::new()),
            codes: std::array::from_fn(|_| Bytes::new(Vec::new())),
        }
    }

    fn print(&mut self, record: &Value) -> usize {
        self.record = Bytes::new(record.to_string().into_bytes());
        for corner in 0..4 {
            let text = format!("{:048}", record["case"]["number"].as_str().map_or(0, str::len) + corner);
            let code = qrcode::QrCode::new(text).expect("a code");
            let modules = code.to_colors();
            let dark = modules.iter().enumerate().filter(|(_, one)| **one == qrcode::Color::Dark);
            let path: String =
                dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % code.width(), at / code.width())).collect();
            let side = code.width();
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>"#
            );
            self.codes[corner] = Bytes::new(svg.into_bytes());
        }
        let document: PagedDocument = typst::compile(&*self).output.expect("compiled");
        let pdf = typst_pdf::pdf(&document, &PdfOptions::default()).expect("exported");
        // As its own watch command does; without it the memory grows for ever.
        comemo::evict(10);
        pdf.len()
    }
}

const MAIN: &str = r#"
#set page(foreground: {
  place(top + left, dx: 12mm, dy: 12mm, image("/code-0.svg", width: 18mm))
  place(top + right, dx: -12mm, dy: 12mm, image("/code-1.svg", width: 18mm))
  place(bottom + left, dx: 12mm, dy: -12mm, image("/code-2.svg", width: 18mm))
  place(bottom + right, dx: -12mm, dy: -12mm, image("/code-3.svg", width: 18mm))
})
#include "/referral/form.typ"
"#;

fn id(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("a path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Plain {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        id("main.typ")
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let path = id.vpath().get_without_slash();
        let text = if path == "main.typ" {
            MAIN.to_owned()
        } else {
            std::fs::read_to_string(Path::new("form-templates").join(path))
                .map_err(|error| FileError::from_io(error, Path::new(path)))?
        };
        Ok(Source::new(id, text))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.vpath().get_without_slash();
        Ok(match path {
            "data.json" => self.record.clone(),
            "print.json" => json_bytes(&json!({
                "revision": 1, "short_code": "ABCD-EFGH-JKMN", "fonts": [self.font.info().family],
                "long_runs": false, "one_page": false,
            })),
            "spec.json" => {
                let text = std::fs::read_to_string("form-templates/referral/form.toml").expect("read");
                let spec: Value = toml::from_str(&text).expect("TOML");
                json_bytes(&with_defaults(spec))
            }
            _ => {
                let corner = path.trim_start_matches("code-").trim_end_matches(".svg");
                self.codes[corner.parse::<usize>().map_err(|_| FileError::NotSource)?].clone()
            }
        })
    }

    fn font(&self, _: usize) -> Option<Font> {
        Some(self.font.clone())
    }

    fn today(&self, _: Option<TypstDuration>) -> Option<Datetime> {
        None
    }
}

fn json_bytes(value: &Value) -> Bytes {
    Bytes::new(value.to_string().into_bytes())
}

/// What the service's reader fills in where form.toml says nothing.
fn with_defaults(mut spec: Value) -> Value {
    for field in spec["fields"].as_array_mut().into_iter().flatten() {
        let field = field.as_object_mut().expect("a table");
        field.entry("required").or_insert(false.into());
        field.entry("choices").or_insert(json!([]));
    }
    spec
}
