//! 驗證單: a page of its own beside the forms, through the same typesetting. No code, no seal boxes, no record.

use jiff::Timestamp;
use serde_json::{Value, json};
use typst_layout::PagedDocument;

use super::{PrintError, Printer, fault, faults, lacks_glyph};
use crate::forms::fonts::Fonts;
use crate::forms::record;
use crate::forms::world::FormWorld;

impl Printer {
    /// Prints a verification slip of these values as PDF/A. Characters that no font has are shown as `?`: the slip
    /// is about a file, whatever its name is. `ident` and `at` become part of the bytes.
    ///
    /// # Errors
    /// [`PrintError::Template`] when the values aren't those that the slip shows.
    pub fn slip(&self, values: &Value, ident: &str, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        self.workers.install(|| {
            let printed = self.lay_slip_out(values, ident, at);
            comemo::evict(0);
            printed
        })
    }

    fn lay_slip_out(&self, values: &Value, ident: &str, at: Timestamp) -> Result<Vec<u8>, PrintError> {
        let mut values = values.clone();
        let replaced = make_printable(&mut values, &self.fonts);
        if let Value::Object(map) = &mut values {
            map.insert("fonts".into(), json!(self.fonts.families()));
            map.insert("replaced".into(), json!(replaced));
        }
        let bytes = serde_json::to_vec(&values).expect("a JSON value is plain data");
        let world = FormWorld::new(&self.library, &self.fonts, &self.slip, bytes, b"{}".to_vec());
        let laid_out = typst::compile(&world).output;
        let document: PagedDocument = laid_out.map_err(|errors| faults(&world, &self.slip, &errors))?;
        if document.pages().iter().any(|page| lacks_glyph(&page.frame)) {
            return Err(fault(&self.slip, "the slip's own text has a character that no font has".into()));
        }
        let options = self.options_of(ident.to_owned(), at, record::has_private_use(&values));
        typst_pdf::pdf(&document, &options).map_err(|errors| faults(&world, &self.slip, &errors))
    }
}

/// Exchanges characters that no font has for `?`; whether there were any.
fn make_printable(value: &mut Value, fonts: &Fonts) -> bool {
    match value {
        Value::String(text) => {
            let missing = fonts.missing_glyphs(text);
            if missing.is_empty() {
                return false;
            }
            *text = text.chars().map(|c| if missing.contains(&c) { '?' } else { c }).collect();
            true
        }
        // Each is made printable, also after the first that had to be.
        Value::Array(values) => values.iter_mut().fold(false, |any, one| make_printable(one, fonts) || any),
        Value::Object(map) => map.values_mut().fold(false, |any, one| make_printable(one, fonts) || any),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::templates::Templates;

    fn values() -> Value {
        json!({
            "organisation": "示範學生輔導諮商中心",
            "number": "1150000123",
            "digest": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "checked": "開立前重新讀取並比對，相符。",
            "facts": [{ "label": "檔案名稱", "value": "簽核 #strike[x] \u{1f600}.pdf" }],
            "flow": [{ "when": "2025/12/18 14:03", "who": "王輔導（申請人）", "what": "送件" }],
            "accesses": [],
            "more": false,
        })
    }

    #[test]
    fn a_slip_is_a_pdf_with_the_same_bytes_every_time_whatever_a_file_is_called() {
        let printer = Printer::new(Templates::load(None), Fonts::shipped());
        let at = "2025-12-18T06:03:00Z".parse().expect("a moment");
        let pdf = printer.slip(&values(), "slip 1", at).expect("printed");
        assert!(pdf.starts_with(b"%PDF-"));
        assert_eq!(printer.slip(&values(), "slip 1", at), Ok(pdf));
    }

    #[test]
    fn what_no_font_has_is_shown_and_said() {
        let mut shown = values();
        assert!(make_printable(&mut shown, &Fonts::shipped()));
        assert_eq!(shown["facts"][0]["value"], "簽核 #strike[x] ?.pdf");
        assert!(!make_printable(&mut shown, &Fonts::shipped()));
    }
}
