//! Documents that are no forms: without codes, seals and layout, by the same typesetter, fonts and PDF/A.

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Value, json};
use typst_layout::PagedDocument;

use super::{PrintError, Printer, faults};
use crate::forms::fonts::Fonts;
use crate::forms::record;
use crate::forms::templates::{self, Template};
use crate::forms::world::FormWorld;

/// A whole case, to be read: sections of rows.
static CASE_FILE: OnceLock<Template> = OnceLock::new();
/// 驗證單.
static SLIP: OnceLock<Template> = OnceLock::new();
/// 銷毀證明.
static CERTIFICATE: OnceLock<Template> = OnceLock::new();

impl Printer {
    /// Prints a whole case to be read. `data` has `organisation`, `title`, `note` and `sections`, each with `title`,
    /// `head` (empty: labels and values), `widths` and `rows`. A character that no font has stands there by its code:
    /// what was typed years ago can't be mended now, and is kept beside it as it was.
    ///
    /// `ident` and `at` become part of the bytes. Takes some milliseconds of one core: call it where blocking is allowed.
    ///
    /// # Errors
    /// When typst can't lay it out.
    pub fn print_case_file(&self, data: &Value, ident: &str, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        self.set(CASE_FILE.get_or_init(|| templates::document("_case-file")), data, ident, at)
    }

    /// Prints a verification slip of these values, as [`Self::print_case_file`] prints a case: it is about a file, whatever
    /// its name is.
    ///
    /// # Errors
    /// When the values aren't those that the slip shows.
    pub fn print_slip(&self, data: &Value, ident: &str, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        self.set(SLIP.get_or_init(|| templates::document("_slip")), data, ident, at)
    }

    /// Prints the certificate of a disposal. `data` has the same parts as that of [`Self::print_case_file`].
    ///
    /// # Errors
    /// When typst can't lay it out.
    pub fn print_certificate(&self, data: &Value, ident: &str, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        self.set(CERTIFICATE.get_or_init(|| templates::document("_disposal")), data, ident, at)
    }

    fn set(
        &self,
        template: &Template,
        data: &Value,
        ident: &str,
        at: Timestamp,
    ) -> Result<Vec<u8>, PrintError> {
        self.workers.install(|| {
            let printed = self.typeset(template, data, ident, at);
            comemo::evict(0);
            printed
        })
    }

    fn typeset(
        &self,
        template: &Template,
        values: &Value,
        ident: &str,
        at: Timestamp,
    ) -> Result<Vec<u8>, PrintError> {
        let data = printable(values, &self.fonts);
        let print = json!({ "fonts": self.fonts.families(), "replaced": data != *values });
        let bytes = |value: &Value| serde_json::to_vec(value).expect("a JSON value is plain data");
        let world = FormWorld::new(&self.library, &self.fonts, template, bytes(&data), bytes(&print));
        let document: PagedDocument =
            typst::compile(&world).output.map_err(|errors| faults(&world, template, &errors))?;
        let options = self.options(ident.to_owned(), at, record::has_private_use(&data));
        typst_pdf::pdf(&document, &options).map_err(|errors| faults(&world, template, &errors))
    }
}

/// The same with every character that can't be printed told by its code.
fn printable(value: &Value, fonts: &Fonts) -> Value {
    match value {
        Value::String(text) => {
            let missing = fonts.missing_glyphs(text);
            let told =
                |c: char| if missing.contains(&c) { format!("[U+{:04X}]", u32::from(c)) } else { c.into() };
            if missing.is_empty() {
                text.clone().into()
            } else {
                text.chars().map(told).collect::<String>().into()
            }
        }
        Value::Array(all) => all.iter().map(|one| printable(one, fonts)).collect(),
        Value::Object(all) => all.iter().map(|(key, one)| (key.clone(), printable(one, fonts))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::templates::Templates;

    fn printed(name: &str) -> Vec<u8> {
        let printer = Printer::new(Templates::load(None), Fonts::shipped());
        let data = json!({
            "organisation": "示範學生輔導諮商中心",
            "title": "案件 1150000001",
            "note": "此檔供閱讀。",
            "sections": [
                { "title": "內容", "head": [], "widths": [], "rows": [["姓名", name], ["備註", "第一行\n第二行"]] },
                { "title": "檔案", "head": ["檔案", "SHA-256"], "widths": [1, 2],
                  "rows": [["scans/001.pdf", "0123456789abcdef".repeat(4)]] },
                { "title": "流程", "head": ["日期", "事項"], "widths": [1, 2], "rows": [] },
            ],
        });
        let at = Timestamp::from_millisecond(1_795_000_000_000).unwrap();
        printer.print_case_file(&data, "casebind case 1150000001", at).unwrap()
    }

    #[test]
    fn a_case_to_be_read_is_a_pdf_of_the_same_bytes_each_time() {
        let first = printed("王小明");
        assert!(first.starts_with(b"%PDF-1."));
        assert_eq!(first, printed("王小明"));
        assert_ne!(first, printed("陳小明"));
    }

    #[test]
    fn a_certificate_is_a_pdf_of_the_same_bytes_each_time() {
        let printer = Printer::new(Templates::load(None), Fonts::shipped());
        let data = json!({
            "organisation": "示範學生輔導諮商中心",
            "title": "銷毀證明 1030000001",
            "note": "已依保存年限銷毀。\n檔案依下表處理。",
            "sections": [
                { "title": "案件", "head": [], "widths": [], "rows": [["案件編號", "1030000001"]] },
                { "title": "檔案", "head": ["種類", "SHA-256"], "widths": [1, 2],
                  "rows": [["簽核申請單", "0123456789abcdef".repeat(4)]] },
            ],
        });
        let at = Timestamp::from_millisecond(1_795_000_000_000).unwrap();
        let print = || printer.print_certificate(&data, "casebind disposal 1", at).unwrap();
        assert!(print().starts_with(b"%PDF-1."));
        assert_eq!(print(), print());
    }

    #[test]
    fn a_slip_is_a_pdf_with_the_same_bytes_every_time_whatever_a_file_is_called() {
        let printer = Printer::new(Templates::load(None), Fonts::shipped());
        let data = json!({
            "organisation": "示範學生輔導諮商中心",
            "number": "1150000123",
            "digest": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "checked": "開立前重新讀取並比對，相符。",
            "facts": [{ "label": "檔案名稱", "value": "簽核 #strike[x] \u{1f600}.pdf" }],
            "flow": [{ "when": "2025/12/18 14:03", "who": "王輔導（申請人）", "what": "送件" }],
            "accesses": [],
            "chained": "登記這個檔案的步驟是保管鏈的第 1 筆。",
            "more": false,
        });
        let at = "2025-12-18T06:03:00Z".parse().unwrap();
        let pdf = printer.print_slip(&data, "slip 1", at).unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        assert_eq!(printer.print_slip(&data, "slip 1", at).unwrap(), pdf);
    }

    #[test]
    fn a_character_that_no_font_has_is_told_by_its_code() {
        let fonts = Fonts::shipped();
        let told = printable(&json!({ "a": ["王😀", 1] }), &fonts);
        assert_eq!(told, json!({ "a": ["王[U+1F600]", 1] }));
        assert!(printed("王😀").starts_with(b"%PDF-1."));
    }
}
