//! What was typed into a form: fields, and what our forms send along with them.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, RawForm, Request};

use crate::case::fields::{FieldKind, FieldSpec, Value, Values};
use crate::case::validate::{FieldError, Typed};

use super::pages::field::Errors;
use super::trouble::WebError;

/// The fields of a form as they were sent; a field may come several times.
#[derive(Clone, Debug, Default)]
pub struct Sent(pub Typed);

impl Sent {
    /// From the body of a form.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let mut fields: Typed = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            fields.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self(fields)
    }

    /// The first value of a field, empty when it wasn't sent.
    #[must_use]
    pub fn one(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// The version of the case that the page knew.
    ///
    /// # Errors
    /// When the form sent none: no page of ours does that.
    pub fn version(&self) -> Result<i64, WebError> {
        self.one("version").parse().map_err(|_| WebError::bad_request("這個表單缺少案件的版本。"))
    }

    /// Whether a checkbox was ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.one(name) == "1"
    }

    /// What was typed into the fields of a specification, as it was typed: to fill the form again.
    #[must_use]
    pub fn as_typed(&self, specs: &[FieldSpec]) -> Values {
        let mut values = Values::new();
        for spec in specs {
            if let Some(typed) = self.0.get(&spec.id) {
                let value = if spec.kind == FieldKind::Choices {
                    Value::Many(typed.clone())
                } else {
                    Value::Text(typed.first().cloned().unwrap_or_default())
                };
                values.insert(spec.id.clone(), value);
            }
        }
        values
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        let RawForm(body) = RawForm::from_request(request, state)
            .await
            .map_err(|_| WebError::bad_request("這個表單太大，或不是以表單的方式送出。"))?;
        let sent = Self::parse(&body);
        let has_zero = |text: &String| text.contains('\0');
        if sent.0.iter().any(|(name, values)| has_zero(name) || values.iter().any(has_zero)) {
            return Err(zero());
        }
        Ok(sent)
    }
}

/// A zero byte: nobody types one, and not every database takes it.
#[must_use]
pub fn zero() -> WebError {
    WebError::bad_request("送來的內容含有無法使用的字元。")
}

/// Errors by field, for a page.
#[must_use]
pub fn by_field(errors: &[FieldError]) -> Errors {
    errors.iter().map(|error| (error.field.clone(), error.words.clone())).collect()
}
