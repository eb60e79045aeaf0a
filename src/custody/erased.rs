//! What the approval of a disposal says of the rows whose words went with it: which they are, and what each has left.
//!
//! Once its salt is gone a row's entry can't be compared as a whole any more. So the trace that tells of the approval
//! lists every such row, with a hash of who it was and from where, which a trace keeps. That list is the trace's
//! detail: it lies sealed, its own entry in the chain holds it under a salt of its own, and what isn't in it wasn't
//! erased by right.

use std::collections::BTreeMap;

use crate::case::ids::Digest;

use super::entry::{FlowRow, Of, TraceRow};
use super::lines::{self, Lines};

/// The title of the list, with the version of its form.
const TITLE: &str = "casebind custody erased 1";
/// The title of what a row has left.
const REST: &str = "casebind custody rest 1";

/// The rows whose words went with a disposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased(BTreeMap<(Of, String), Digest>);

impl Erased {
    /// One more row, with what it has left.
    pub fn add(&mut self, of: Of, id: &str, rest: Digest) {
        self.0.insert((of, id.to_owned()), rest);
    }

    /// Whether this row is among them, and still has just that left.
    #[must_use]
    pub fn holds(&self, of: Of, id: &str, rest: &Digest) -> bool {
        self.0.get(&(of, id.to_owned())) == Some(rest)
    }

    /// The list as a text; it is never empty, so that it is told apart from none.
    #[must_use]
    pub fn text(&self) -> String {
        let all = self.0.iter();
        all.fold(Lines::new(TITLE), |text, ((of, id), rest)| {
            text.field(of.as_str(), id).field("rest-sha256", &rest.to_string())
        })
        .text()
    }

    /// Reads such a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fields = lines::read(TITLE, text).ok()?;
        let mut erased = Self::default();
        for pair in fields.chunks(2) {
            let [(of, Some(id)), ("rest-sha256", Some(rest))] = pair else { return None };
            erased.add(of.parse().ok()?, id, rest.parse().ok()?);
        }
        Some(erased)
    }
}

/// What a row of the flow has left when its words are gone: none of its hidden fields.
#[must_use]
pub fn rest_of_flow(row: &FlowRow) -> Digest {
    rest(Of::Flow, &row.id, "", "")
}

/// What a trace has left when its words are gone: who it was, and from where.
#[must_use]
pub fn rest_of_trace(row: &TraceRow) -> Digest {
    rest(Of::Trace, &row.id, &row.actor_name, &row.remote)
}

fn rest(of: Of, id: &str, actor_name: &str, remote: &str) -> Digest {
    let text = Lines::new(REST)
        .field("kind", of.as_str())
        .field("id", id)
        .field("actor-name", actor_name)
        .field("remote", remote)
        .text();
    Digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written_and_holds_nothing_else() {
        let mut erased = Erased::default();
        assert_eq!(Erased::parse(&erased.text()), Some(erased.clone()));
        erased.add(Of::Flow, "f1", rest(Of::Flow, "f1", "", ""));
        erased.add(Of::Trace, "t1", rest(Of::Trace, "t1", "王小明", "192.0.2.7"));
        assert_eq!(Erased::parse(&erased.text()), Some(erased.clone()));
        assert!(erased.holds(Of::Trace, "t1", &rest(Of::Trace, "t1", "王小明", "192.0.2.7")));
        for (of, id, name, remote) in [
            (Of::Trace, "t1", "別人", "192.0.2.7"),
            (Of::Trace, "t1", "王小明", "192.0.2.8"),
            (Of::Trace, "t1", "", ""),
            (Of::Trace, "t2", "王小明", "192.0.2.7"),
            (Of::Flow, "t1", "王小明", "192.0.2.7"),
        ] {
            assert!(!erased.holds(of, id, &rest(of, id, name, remote)), "{id} {name} {remote}");
        }
        for text in [
            "",
            "x",
            "casebind custody erased 1\nflow=2:f1\n",
            "casebind custody erased 1\nwho=1:a\nrest-sha256=1:b\n",
        ] {
            assert_eq!(Erased::parse(text), None, "{text}");
        }
    }
}
