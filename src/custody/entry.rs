//! The canonical text of one row of the flow or of the traces.
//!
//! A row of the flow (`casebind custody entry 1`): `kind` = `flow`, `id`, `at` (epoch milliseconds), `case`, `seq`
//! (within the case), `actor`, `role`, `event`, `from`, `to`, `documents` (how many), for each of them `document-kind`,
//! `document-revision` and `document-sha256`, then `evidence-sha256` (of the column as it is kept), `hidden-actor-name`
//! and `hidden-reason`. A trace: `kind` = `trace`, `id`, `at`, `actor`, `roles`, `action`, `case`, `document-sha256`, `request`,
//! `cases` (how many at once) and `cases-sha256`, then `hidden-actor-name`, `hidden-detail` and `hidden-remote`.
//!
//! A field that begins with `hidden-` holds [`hidden`] of words that may be erased.

use serde_json::Value;

use crate::case::ids::Digest;

use super::lines::{self, Field, Lines, NotCanonical};

/// The title of entries, with the version of their encoding.
pub const TITLE: &str = "casebind custody entry 1";
/// The title of what hides words.
const HIDDEN: &str = "casebind custody hidden 1";
/// The title of the list of cases that one trace is about.
const CASES: &str = "casebind custody cases 1";
/// What the names of fields begin with that hide words.
const HIDES: &str = "hidden-";

/// Which table a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Of {
    /// What happened to a case.
    Flow,
    /// Who saw what.
    Trace,
}

impl Of {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Trace => "trace",
        }
    }
}

impl std::str::FromStr for Of {
    type Err = NotCanonical;

    fn from_str(text: &str) -> Result<Self, NotCanonical> {
        match text {
            "flow" => Ok(Self::Flow),
            "trace" => Ok(Self::Trace),
            _ => Err(NotCanonical("kind")),
        }
    }
}

/// A row of the flow, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// The row.
    pub id: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// The case.
    pub case: String,
    /// Its number within the case.
    pub seq: i64,
    /// Whose account.
    pub actor: String,
    /// The name at that moment.
    pub actor_name: String,
    /// The role that allowed it.
    pub role: String,
    /// What happened.
    pub event: String,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: String,
    /// Why.
    pub reason: String,
    /// The documents: JSON, as it is kept.
    pub evidence: String,
}

/// A row of the traces, column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// The row.
    pub id: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Whose account.
    pub actor: Option<String>,
    /// The name at that moment.
    pub actor_name: String,
    /// The roles at that moment.
    pub roles: String,
    /// What was done.
    pub action: String,
    /// The case.
    pub case: Option<String>,
    /// The document.
    pub digest: Option<String>,
    /// More.
    pub detail: String,
    /// The network address.
    pub remote: String,
    /// The request.
    pub request: String,
    /// The cases, where it is about many at once; in any order.
    pub cases: Vec<String>,
}

impl FlowRow {
    /// The canonical text; its words are hidden with this salt.
    #[must_use]
    pub fn entry(&self, salt: &str) -> String {
        let documents = documents(&self.evidence);
        let mut lines = Lines::new(TITLE)
            .field("kind", Of::Flow.as_str())
            .field("id", &self.id)
            .number("at", self.at)
            .field("case", &self.case)
            .number("seq", self.seq)
            .field("actor", &self.actor)
            .field("role", &self.role)
            .field("event", &self.event)
            .maybe("from", self.from.as_deref())
            .field("to", &self.to)
            .field("documents", &documents.len().to_string());
        for (kind, revision, digest) in &documents {
            lines = lines
                .field("document-kind", kind)
                .maybe("document-revision", revision.as_deref())
                .field("document-sha256", digest);
        }
        lines
            .field("evidence-sha256", &Digest::of(self.evidence.as_bytes()).to_string())
            .field("hidden-actor-name", &hidden(salt, "actor-name", &self.actor_name))
            .field("hidden-reason", &hidden(salt, "reason", &self.reason))
            .text()
    }

    /// The hidden fields that have no words, by the names of the words.
    #[must_use]
    pub fn emptied(&self) -> Vec<&'static str> {
        emptied([("actor-name", &self.actor_name), ("reason", &self.reason)])
    }
}

impl TraceRow {
    /// The canonical text; its words are hidden with this salt.
    #[must_use]
    pub fn entry(&self, salt: &str) -> String {
        let mut cases: Vec<&str> = self.cases.iter().map(String::as_str).collect();
        cases.sort_unstable();
        cases.dedup();
        let list = cases.iter().fold(Lines::new(CASES), |lines, case| lines.field("case", case)).text();
        Lines::new(TITLE)
            .field("kind", Of::Trace.as_str())
            .field("id", &self.id)
            .number("at", self.at)
            .maybe("actor", self.actor.as_deref())
            .field("roles", &self.roles)
            .field("action", &self.action)
            .maybe("case", self.case.as_deref())
            .maybe("document-sha256", self.digest.as_deref())
            .field("request", &self.request)
            .field("cases", &cases.len().to_string())
            .field("cases-sha256", &Digest::of(list.as_bytes()).to_string())
            .field("hidden-actor-name", &hidden(salt, "actor-name", &self.actor_name))
            .field("hidden-detail", &hidden(salt, "detail", &self.detail))
            .field("hidden-remote", &hidden(salt, "remote", &self.remote))
            .text()
    }

    /// The hidden fields that have no words, by the names of the words. A disposal empties the detail alone: who it was,
    /// and from where, is kept for as long as the trace is.
    #[must_use]
    pub fn emptied(&self) -> Vec<&'static str> {
        emptied([("actor-name", &self.actor_name), ("detail", &self.detail), ("remote", &self.remote)])
    }
}

fn emptied<const N: usize>(fields: [(&'static str, &String); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, words)| words.is_empty()).map(|(name, _)| name).collect()
}

/// What stands for words that may be erased: nobody without the salt can try which words they were.
#[must_use]
pub fn hidden(salt: &str, field: &str, words: &str) -> String {
    let text = Lines::new(HIDDEN).field("salt", salt).field("field", field).field("words", words).text();
    Digest::of(text.as_bytes()).to_string()
}

/// Kind, revision and digest of each document of the column `evidence`; none of what can't be read.
fn documents(evidence: &str) -> Vec<(String, Option<String>, String)> {
    let Ok(Value::Array(all)) = serde_json::from_str(evidence) else { return Vec::new() };
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let revision = |one: &Value| one.get("revision").and_then(Value::as_u64).map(|n| n.to_string());
    all.iter().map(|one| (text(one, "kind"), revision(one), text(one, "digest"))).collect()
}

/// What an entry says of where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The table.
    pub of: Of,
    /// The row.
    pub id: String,
    /// When it happened, epoch milliseconds.
    pub at: i64,
    /// The case, if it is about one.
    pub case: Option<String>,
}

/// Reads where an entry belongs.
///
/// # Errors
/// When it isn't an entry of this version.
pub fn named(entry: &str) -> Result<Named, NotCanonical> {
    let fields = lines::read(TITLE, entry)?;
    Ok(Named {
        of: lines::value(&fields, "kind")?.parse()?,
        id: lines::value(&fields, "id")?.to_owned(),
        at: lines::value(&fields, "at")?.parse().map_err(|_| NotCanonical("at"))?,
        case: lines::value(&fields, "case").ok().map(str::to_owned),
    })
}

/// The action of a trace's entry.
#[must_use]
pub fn action(entry: &str) -> Option<String> {
    let fields = lines::read(TITLE, entry).ok()?;
    lines::value(&fields, "action").ok().map(str::to_owned)
}

/// The names of the fields in which two entries differ, hidden ones by the name of their words. Hidden fields of words
/// that are named in `gone` are not compared.
#[must_use]
pub fn differences(chained: &str, now: &str, gone: &[&str]) -> Vec<String> {
    let (Ok(chained), Ok(now)) = (lines::read(TITLE, chained), lines::read(TITLE, now)) else {
        return vec!["everything".into()];
    };
    let counted =
        |field: &&Field<'_>| !field.0.strip_prefix(HIDES).is_some_and(|words| gone.contains(&words));
    let (chained, now): (Vec<_>, Vec<_>) =
        (chained.iter().filter(counted).collect(), now.iter().filter(counted).collect());
    let mut names: Vec<String> = Vec::new();
    for at in 0..chained.len().max(now.len()) {
        let (one, other) = (chained.get(at), now.get(at));
        if one != other {
            let name = one.or(other).map_or("", |field| field.0);
            names.push(name.strip_prefix(HIDES).unwrap_or(name).to_owned());
        }
    }
    names.dedup();
    names
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn flow() -> FlowRow {
        FlowRow {
            id: "f1".into(),
            at: 1_766_037_780_000,
            case: "c1".into(),
            seq: 3,
            actor: "p1".into(),
            actor_name: "王小明".into(),
            role: "applicant".into(),
            event: "submit".into(),
            from: Some("sealing".into()),
            to: "submitted".into(),
            reason: "母親電話 0900000000".into(),
            evidence: r#"[{"kind":"scan","revision":2,"digest":"ab"},{"kind":"attachment","revision":null,"digest":"cd"}]"#.into(),
        }
    }

    fn trace() -> TraceRow {
        TraceRow {
            id: "t1".into(),
            at: 5,
            actor: None,
            actor_name: String::new(),
            roles: String::new(),
            action: "export-cases".into(),
            case: None,
            digest: Some("ab".into()),
            detail: "2 cases".into(),
            remote: "192.0.2.7".into(),
            request: "r".into(),
            cases: vec!["c2".into(), "c1".into()],
        }
    }

    #[test]
    fn an_entry_reads_as_documented_and_has_no_words_of_people() {
        let entry = flow().entry("00ff");
        let expected = format!(
            "casebind custody entry 1\nkind=4:flow\nid=2:f1\nat=13:1766037780000\ncase=2:c1\nseq=1:3\nactor=2:p1\n\
             role=9:applicant\nevent=6:submit\nfrom=7:sealing\nto=9:submitted\ndocuments=1:2\ndocument-kind=4:scan\n\
             document-revision=1:2\ndocument-sha256=2:ab\ndocument-kind=10:attachment\ndocument-revision=-\n\
             document-sha256=2:cd\nevidence-sha256=64:{}\nhidden-actor-name=64:{}\nhidden-reason=64:{}\n",
            Digest::of(flow().evidence.as_bytes()),
            hidden("00ff", "actor-name", "王小明"),
            hidden("00ff", "reason", "母親電話 0900000000"),
        );
        assert_eq!(entry, expected);
        let of = named(&entry).unwrap();
        assert_eq!(
            (of.of, of.id.as_str(), of.at, of.case.as_deref()),
            (Of::Flow, "f1", 1_766_037_780_000, Some("c1"))
        );
        let trace = trace().entry("00ff");
        for words in ["2 cases", "192.0.2.7"] {
            assert!(!trace.contains(words), "{trace}");
        }
        assert!(trace.is_ascii() && entry.is_ascii());
    }

    #[test]
    fn each_change_is_named() {
        let chained = flow().entry("00ff");
        let named = |change: fn(&mut FlowRow)| {
            let mut row = flow();
            change(&mut row);
            differences(&chained, &row.entry("00ff"), &[]).join(" ")
        };
        assert_eq!(named(|_| {}), "");
        assert_eq!(named(|row| row.at += 1), "at");
        assert_eq!(named(|row| row.reason = "別的".into()), "reason");
        assert_eq!(named(|row| row.actor_name = "別人".into()), "actor-name");
        assert_eq!(named(|row| row.from = None), "from");
        assert_eq!(
            named(|row| row.evidence = row.evidence.replace("ab", "ef")),
            "document-sha256 evidence-sha256"
        );
        assert_eq!(named(|row| row.evidence.push(' ')), "evidence-sha256");
        assert_eq!(differences(&chained, "x", &[]), ["everything"]);
    }

    #[test]
    fn the_order_of_cases_is_nobodys_business_and_their_number_is() {
        let mut other = trace();
        other.cases.reverse();
        assert_eq!(other.entry("s"), trace().entry("s"));
        other.cases.pop();
        assert_eq!(differences(&trace().entry("s"), &other.entry("s"), &[]), ["cases", "cases-sha256"]);
        assert_eq!(action(&trace().entry("s")).as_deref(), Some("export-cases"));
        assert_eq!(action(&flow().entry("s")), None);
    }

    #[test]
    fn erased_words_leave_everything_else_to_be_compared() {
        let chained = flow().entry("00ff");
        let mut row = FlowRow { actor_name: String::new(), reason: String::new(), ..flow() };
        assert_eq!(row.emptied(), ["actor-name", "reason"]);
        assert!(differences(&chained, &row.entry(""), &row.emptied()).is_empty());
        row.event = "decline".into();
        assert_eq!(differences(&chained, &row.entry(""), &row.emptied()), ["event"]);
        row.actor_name = "別人".into();
        assert_eq!(differences(&chained, &row.entry(""), &row.emptied()), ["event", "actor-name"]);
        let trace = TraceRow { detail: String::new(), ..trace() };
        assert_eq!(trace.emptied(), ["actor-name", "detail"], "the address is still there");
    }

    #[test]
    fn the_same_words_are_hidden_differently_by_salt_and_by_field() {
        let all = [hidden("a", "reason", "x"), hidden("b", "reason", "x"), hidden("a", "detail", "x")];
        assert!(all[0] != all[1] && all[0] != all[2]);
    }
}
