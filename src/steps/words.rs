//! Free text that people give with a step: trimmed, limited, and printable.

use crate::case::validate::{FieldError, REASON, free};

use super::StepError;

/// What was typed into `field`, trimmed.
///
/// # Errors
/// [`StepError::Invalid`] for text that is too long or holds control characters.
pub(super) fn free_text(field: &str, label: &str, typed: &str, limit: usize) -> Result<String, StepError> {
    free(label, typed, limit)
        .map_err(|words| StepError::Invalid(vec![FieldError { field: field.to_owned(), words }]))
}

/// A reason, which may be empty: whether one is needed is the life cycle's to say.
///
/// # Errors
/// As [`free_text`].
pub(super) fn reason(typed: &str) -> Result<String, StepError> {
    free_text("reason", "原因", typed, REASON)
}
