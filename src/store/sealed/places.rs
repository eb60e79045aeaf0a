//! The columns that are sealed: every one that may hold words about a child, wherever people type them.
//!
//! Beside them what a sign-on leaves behind: the last token, which names its person, and the secrets of one under way.
//!
//! Not here, because they tell of no child: accounts and their changes, schools, mails (case numbers alone), identifiers,
//! digests, states, times and numbers. A test walks through an installation with known names and looks for them in a copy.

use crate::store::StoreError;

/// A sealed column.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The columns that name a row.
    pub key: &'static [Key],
    /// Whether the database refuses to change rows of this table but for a disposal or for sealing anew.
    pub added_only: bool,
}

/// A column that names a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Key {
    /// A text.
    Text(&'static str),
    /// A number.
    Number(&'static str),
}

impl Key {
    /// The column.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self {
            Self::Text(column) | Self::Number(column) => column,
        }
    }
}

impl Place {
    /// Table and column.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// What a value of a row is bound to.
    pub(super) fn bound_to(&self, row: &str) -> Vec<u8> {
        format!("casebind sealed 1\n{}.{}\n{row}", self.table, self.column).into_bytes()
    }

    pub(super) fn impossible(&self, row: &str, why: &str) -> StoreError {
        StoreError::Impossible {
            table: self.table,
            column: self.column,
            row: row.to_owned(),
            why: why.to_owned(),
        }
    }
}

const ID: &[Key] = &[Key::Text("id")];

const fn of(table: &'static str, column: &'static str) -> Place {
    Place { table, column, key: ID, added_only: false }
}

const fn by(table: &'static str, column: &'static str, key: &'static [Key]) -> Place {
    Place { table, column, key, added_only: false }
}

const fn added(table: &'static str, column: &'static str, key: &'static [Key]) -> Place {
    Place { table, column, key, added_only: true }
}

const ITEM: &[Key] = &[Key::Text("supplement_id"), Key::Number("seq")];
const REVISION: &[Key] = &[Key::Text("record_id"), Key::Number("revision")];
const ATTEMPT: &[Key] = &[Key::Text("state_hash")];
const LINKED: &[Key] = &[Key::Text("row_id"), Key::Text("kind")];

pub(crate) const CONTENT: Place = of("cases", "content");
pub(crate) const KEYWORDS: Place = of("cases", "keywords");
pub(crate) const ANSWERS: Place = of("subjects", "answers");
pub(crate) const ATTACHMENT_NAME: Place = of("attachments", "file_name");
pub(crate) const ATTACHMENT_REMARK: Place = of("attachments", "remark");
pub(crate) const SNAPSHOT: Place = of("prints", "snapshot");
pub(crate) const SCAN_NAME: Place = of("scans", "file_name");
pub(crate) const REPORT: Place = of("scans", "report");
pub(crate) const STACK_NAME: Place = of("stacks", "file_name");
pub(crate) const STACK_CASE_REASON: Place =
    by("stack_cases", "reason", &[Key::Text("stack_id"), Key::Text("case_id")]);
pub(crate) const STACK_PAGE_REASON: Place =
    by("stack_pages", "reason", &[Key::Text("stack_id"), Key::Number("page")]);
pub(crate) const BULK_REASON: Place =
    by("bulk_print_cases", "reason", &[Key::Text("bulk_id"), Key::Number("seq")]);
pub(crate) const VERDICT_REMARK: Place = added("verdicts", "remark", ID);
pub(crate) const SUPPLEMENT_REASON: Place = of("supplements", "reason");
pub(crate) const BASELINE: Place = by("supplement_items", "baseline", ITEM);
pub(crate) const ANSWER: Place = by("supplement_items", "answer", ITEM);
pub(crate) const CORRECTION_REASON: Place = added("corrections", "reason", ID);
pub(crate) const CORRECTION_CHANGES: Place = added("corrections", "changes", ID);
pub(crate) const CLOSING_DETAIL: Place = of("closings", "detail");
pub(crate) const CLOSING_SUMMARY: Place = of("closings", "summary");
pub(crate) const CLOSING_REMARK: Place = of("closings", "remark");
pub(crate) const PARTICIPANTS: Place = added("record_revisions", "participants", REVISION);
pub(crate) const SUMMARY: Place = added("record_revisions", "summary", REVISION);
pub(crate) const RECORD_FILE_NAME: Place = of("record_files", "file_name");
pub(crate) const FLOW_REASON: Place = added("flow", "reason", ID);
pub(crate) const TRACE_DETAIL: Place = added("traces", "detail", ID);
pub(crate) const HOLD_REASON: Place = of("holds", "reason");
pub(crate) const LIFTED_WHY: Place = of("holds", "lifted_why");
pub(crate) const PURPOSE: Place = of("retrievals", "purpose");
pub(crate) const STACK_PURPOSE: Place = of("stack_retrievals", "purpose");
pub(crate) const DISPOSAL_REMARK: Place = of("disposals", "remark");
pub(crate) const FILTER: Place = of("saved_filters", "query");
pub(crate) const DRAFT: Place = by("drafts", "body", &[Key::Text("person_id"), Key::Text("form")]);
pub(crate) const HELD_ADDRESS: Place = of("held_forms", "address");
pub(crate) const HELD_BACK: Place = of("held_forms", "back");
pub(crate) const HELD_BODY: Place = of("held_forms", "body");
/// With the salt words could be guessed from the hashes of the chain.
pub(crate) const WAITING_SALT: Place = by("custody_waiting", "salt", LINKED);
pub(crate) const LINK_SALT: Place = by("custody_links", "salt", LINKED);
pub(crate) const IMPORTED_CUSTODY: Place = by("imports", "custody", &[Key::Text("case_id")]);

/// Where somebody who signs on goes on to: an address may hold what was looked for.
pub(crate) const NEXT: Place = by("sign_on_attempts", "next", ATTEMPT);
pub(crate) const NONCE: Place = by("sign_on_attempts", "nonce", ATTEMPT);
pub(crate) const VERIFIER: Place = by("sign_on_attempts", "verifier", ATTEMPT);
/// What the provider said of somebody, with name and address.
pub(crate) const ID_TOKEN: Place = by("identities", "id_token", &[Key::Text("issuer"), Key::Text("subject")]);

/// Every sealed column.
pub const ALL: [&Place; 43] = [
    &CONTENT,
    &KEYWORDS,
    &ANSWERS,
    &ATTACHMENT_NAME,
    &ATTACHMENT_REMARK,
    &SNAPSHOT,
    &SCAN_NAME,
    &REPORT,
    &STACK_NAME,
    &STACK_CASE_REASON,
    &STACK_PAGE_REASON,
    &BULK_REASON,
    &VERDICT_REMARK,
    &SUPPLEMENT_REASON,
    &BASELINE,
    &ANSWER,
    &CORRECTION_REASON,
    &CORRECTION_CHANGES,
    &CLOSING_DETAIL,
    &CLOSING_SUMMARY,
    &CLOSING_REMARK,
    &PARTICIPANTS,
    &SUMMARY,
    &RECORD_FILE_NAME,
    &FLOW_REASON,
    &TRACE_DETAIL,
    &HOLD_REASON,
    &LIFTED_WHY,
    &PURPOSE,
    &STACK_PURPOSE,
    &DISPOSAL_REMARK,
    &FILTER,
    &DRAFT,
    &HELD_ADDRESS,
    &HELD_BACK,
    &HELD_BODY,
    &WAITING_SALT,
    &LINK_SALT,
    &IMPORTED_CUSTODY,
    &NEXT,
    &NONCE,
    &VERIFIER,
    &ID_TOKEN,
];

/// What proves that a generation's key is the one that the database was sealed with.
pub(crate) const PROOF: Place = by("key_generations", "proof", &[Key::Number("number")]);

/// Hashes by which a whole text is looked up. They aren't sealed values, and aren't among [`ALL`].
pub(crate) const NAME_KEY: Place = of("subjects", "name_key");
pub(crate) const ID_KEY: Place = of("subjects", "id_key");
pub(crate) const FILTER_NAME: Place = of("saved_filters", "name");

/// The columns of such hashes.
pub(crate) const LOOK_UPS: [&Place; 3] = [&NAME_KEY, &ID_KEY, &FILTER_NAME];

/// The sealed place of a table's column, if it is one.
#[must_use]
pub fn place(table: &str, column: &str) -> Option<&'static Place> {
    ALL.into_iter().find(|place| place.table == table && place.column == column)
}
