//! Programs that are not ours, asked for a second opinion on a print.

use std::process::Command;

/// What `program` says about this PDF, with `arguments` around the file.
pub(super) fn ask(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let file = tempfile::Builder::new().suffix(".pdf").tempfile().expect("a file");
    std::fs::write(file.path(), pdf).expect("written");
    let output = Command::new(program).args(before).arg(file.path()).args(after).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} can't be run ({error}): install qpdf and poppler-utils, as tests/run does")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} found fault with the print: {said}{errors}");
    said
}

/// The print's text without any white space.
pub(super) fn text(pdf: &[u8]) -> String {
    squeezed(&ask("pdftotext", &["-raw", "-enc", "UTF-8"], pdf, &["-"]))
}

/// A text without white space, as `text` gives a print back.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
