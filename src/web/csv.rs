//! Tables as files that spreadsheets open: UTF-8 with a byte order mark (else Excel guesses), commas, CRLF
//! (RFC 4180). A cell that a spreadsheet would run as a formula is made text by an apostrophe before it.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::documents::content_disposition;
use super::trouble::WebError;

/// The mark that tells UTF-8.
pub const MARK: &str = "\u{feff}";

/// One line of cells.
#[must_use]
pub fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let mut line = cells.iter().map(|text| cell(text.as_ref())).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A cell: quoted where it must be, and never a formula (OWASP, CSV injection).
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    // A plain number may begin with a minus.
    let text = if formula && text.parse::<f64>().is_err() { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A whole table as a download.
///
/// # Errors
/// When the name can't be a header.
pub fn download(name: &str, rows: &[Vec<String>]) -> Result<Response, WebError> {
    let mut body = String::from(MARK);
    body.extend(rows.iter().map(|row| line(row)));
    let name = HeaderValue::from_str(&content_disposition("attachment", name));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(|error| WebError::internal(&error))?);
    Ok((headers, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(line(&["a", "b,c", "d\"e", "f\ng"]), "a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n");
        for formula in ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\n=1", "＝1"] {
            assert!(cell(formula).trim_start_matches('"').starts_with('\''), "{formula:?}");
        }
        assert_eq!((cell("-1.5"), cell("3")), ("-1.5".into(), "3".into()));
        assert_eq!(cell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
    }
}
