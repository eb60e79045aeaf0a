//! The canonical encoding: a title, then length-prefixed fields, one a line.

use std::fmt::Write as _;

/// A text that isn't in the canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not in the canonical encoding: {0}")]
pub struct NotCanonical(pub &'static str);

/// Writes a text in the canonical encoding.
#[derive(Clone, Debug)]
pub struct Lines(String);

impl Lines {
    /// A text with this title.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self(format!("{title}\n"))
    }

    /// Another field.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        writeln!(self.0, "{name}={}:{value}", value.len()).expect("a string takes everything");
        self
    }

    /// Another field that may have no value: none is told apart from an empty one.
    #[must_use]
    pub fn maybe(mut self, name: &str, value: Option<&str>) -> Self {
        let Some(value) = value else {
            writeln!(self.0, "{name}=-").expect("a string takes everything");
            return self;
        };
        self.field(name, value)
    }

    /// Another field with a number, in decimal.
    #[must_use]
    pub fn number(self, name: &str, value: i64) -> Self {
        self.field(name, &value.to_string())
    }

    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        self.0
    }
}

/// A field as it was read: its name and its value, if it has one.
pub type Field<'a> = (&'a str, Option<&'a str>);

/// Reads a text with this title.
///
/// # Errors
/// When the title is another, or a line isn't exactly as [`Lines`] writes it.
pub fn read<'a>(title: &str, text: &'a str) -> Result<Vec<Field<'a>>, NotCanonical> {
    let mut rest =
        text.strip_prefix(title).and_then(|rest| rest.strip_prefix('\n')).ok_or(NotCanonical("its title"))?;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(NotCanonical("a line without a name"))?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(NotCanonical("a field's name"));
        }
        if let Some(after) = after.strip_prefix("-\n") {
            fields.push((name, None));
            rest = after;
            continue;
        }
        let (digits, after) = after.split_once(':').ok_or(NotCanonical("a field without a length"))?;
        let length: usize = digits.parse().map_err(|_| NotCanonical("a field's length"))?;
        if length.to_string() != digits {
            return Err(NotCanonical("a field's length"));
        }
        let value = after.get(..length).ok_or(NotCanonical("a value that is cut off"))?;
        rest = after[length..].strip_prefix('\n').ok_or(NotCanonical("a value that is too long"))?;
        fields.push((name, Some(value)));
    }
    Ok(fields)
}

/// The value of a field that must be there once.
///
/// # Errors
/// When it isn't there or has no value.
pub fn value<'a>(fields: &[Field<'a>], name: &'static str) -> Result<&'a str, NotCanonical> {
    fields.iter().find(|(other, _)| *other == name).and_then(|(_, value)| *value).ok_or(NotCanonical(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = Lines::new("title 1").field("a", "x\ny=3:zzz").maybe("b", None).number("c", -7).text();
        assert_eq!(text, "title 1\na=9:x\ny=3:zzz\nb=-\nc=2:-7\n");
        let fields = read("title 1", &text).unwrap();
        assert_eq!(fields, [("a", Some("x\ny=3:zzz")), ("b", None), ("c", Some("-7"))]);
        assert_eq!(value(&fields, "c").unwrap(), "-7");
        assert_eq!(value(&fields, "b"), Err(NotCanonical("b")));
    }

    #[test]
    fn borders_count() {
        let one = Lines::new("t").field("a", "bc").field("d", "").text();
        let other = Lines::new("t").field("a", "b").field("d", "c").text();
        let none = Lines::new("t").field("a", "bc").maybe("d", None).text();
        assert!(one != other && one != none);
    }

    #[test]
    fn whatever_else_is_refused() {
        for text in [
            "",
            "t",
            "other\n",
            "t\nx",
            "t\nx=",
            "t\nx=1",
            "t\nx=1:",
            "t\nx=1:ab\n",
            "t\nx=01:a\n",
            "t\nx=+1:a\n",
            "t\n=1:a\n",
            "t\nX=1:a\n",
            "t\nx=2:a\n",
            "t\nx=1:\u{5b57}\n",
            "t\nx=9999999999999999999999:a\n",
        ] {
            assert!(read("t", text).is_err(), "{text:?}");
        }
        assert_eq!(read("t", "t\n").unwrap(), []);
    }
}
