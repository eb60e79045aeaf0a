//! What a case is found by when somebody types a word.

use super::fields::{Value, Values};
use super::subject;

/// Number, school, applicant, all of the content, and of the subject name, romanised name, number and parent:
/// a line each, in small letters.
#[must_use]
pub fn keywords(
    number: &str,
    school: &str,
    applicant: &str,
    content: &Values,
    subject: Option<&Values>,
) -> String {
    let mut lines = vec![number.to_owned(), school.to_owned(), applicant.to_owned()];
    lines.extend(content.values().map(Value::display));
    if let Some(answers) = subject {
        lines
            .extend(["name", "roman", "id_number", "parent"].map(|id| subject::text(answers, id).to_owned()));
    }
    lines.join("\n").to_lowercase()
}
