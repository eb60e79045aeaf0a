//! The words of the life cycle in the document, and how moments are told. Their one source is [`crate::case`].

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::case::event::Event;
use crate::case::record::Kind;
use crate::case::request::ClosingReason;
use crate::case::review::Verdict;
use crate::case::state::State;
use crate::case::supplement::Place;

/// One of these words.
fn one_of<const N: usize>(words: [&'static str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// Names of states.
pub fn states() -> Object {
    one_of(State::ALL.map(State::as_str))
}

/// Names of events.
pub fn events() -> Object {
    one_of(Event::ALL.map(Event::as_str))
}

/// Names of verdicts.
pub fn verdicts() -> Object {
    one_of(Verdict::ALL.map(Verdict::as_str))
}

/// Names of places that a supplement reopens.
pub fn places() -> Object {
    one_of(Place::ALL.map(Place::as_str))
}

/// Names of closing reasons.
pub fn closing_reasons() -> Object {
    one_of(ClosingReason::ALL.map(ClosingReason::as_str))
}

/// Names of kinds of service records.
pub fn record_kinds() -> Object {
    one_of(Kind::ALL.map(Kind::as_str))
}

/// A state with its words.
#[derive(Debug, Serialize, ToSchema)]
pub struct StateName {
    /// The name.
    #[schema(schema_with = states)]
    name: &'static str,
    /// The label that pages show, such as 送件.
    label: &'static str,
    /// What is going on.
    note: &'static str,
}

impl From<State> for StateName {
    fn from(state: State) -> Self {
        Self { name: state.as_str(), label: state.label(), note: state.note() }
    }
}

/// Something with an identifier and a label.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    /// The identifier.
    pub id: String,
    /// The label that pages show.
    pub label: String,
}

impl Named {
    /// With this identifier and label.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into() }
    }
}

/// Epoch milliseconds as RFC 3339 in UTC.
#[must_use]
pub fn moment(millis: i64) -> String {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
