//! Which rows belong to a case: table by table, in the order in which foreign keys let them be written.
//!
//! `steps/bags/case-1.schema.json` says the same to others; a test holds the two together.

use serde_json::Value;

use super::Row;
use crate::store::to_json;

/// A table of which a case has rows.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whose the rows are.
    pub keeps: Keeps,
    /// Columns that an import fills by itself, and with what.
    pub(super) also: Option<(&'static str, &'static str)>,
    /// The condition by which the case `$1` has them.
    pub(super) of_case: &'static str,
    /// Their order.
    pub(super) order: &'static str,
    /// The columns that bags hold.
    pub columns: &'static [Column],
}

/// Whose rows they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// The case's alone.
    Own,
    /// Other cases may have the same, by this key: what is there already stays.
    Shared(&'static str),
    /// The same of places, which depend on where people belong at the moment.
    Around(&'static str),
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text, or nothing.
    MaybeText,
    /// A whole number.
    Number,
    /// A whole number, or nothing.
    MaybeNumber,
}

impl Kind {
    /// Whether it is a text, if it is anything.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::MaybeText)
    }
}

impl Column {
    /// Whether the column can hold this.
    pub(super) fn takes(&self, value: Option<&Value>) -> bool {
        match (self.kind, value) {
            (Kind::MaybeText | Kind::MaybeNumber, Some(Value::Null)) => true,
            // PostgreSQL has no text with a null character.
            (Kind::Text | Kind::MaybeText, Some(Value::String(text))) => !text.contains('\0'),
            (Kind::Number | Kind::MaybeNumber, Some(value)) => value.is_i64(),
            _ => false,
        }
    }
}

impl Table {
    /// The columns, for a statement.
    pub(super) fn column_names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

impl Keeps {
    /// Whether what was read back is what was written. Of shared rows only the keys count: they may have been there
    /// before, as they were at another moment.
    pub(super) fn same(self, written: &[Row], back: &[Row]) -> bool {
        match self {
            Self::Own => sorted(written, to_json) == sorted(back, to_json),
            Self::Shared(key) => {
                let key = |row: &Row| row[key].to_string();
                sorted(written, key) == sorted(back, key)
            }
            Self::Around(_) => true,
        }
    }
}

/// Rows as texts in one order: databases sort in different ways.
fn sorted(rows: &[Row], told: impl Fn(&Row) -> String) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(told).collect();
    texts.sort();
    texts
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn maybe_text(name: &'static str) -> Column {
    Column { name, kind: Kind::MaybeText }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number }
}

const fn maybe_number(name: &'static str) -> Column {
    Column { name, kind: Kind::MaybeNumber }
}

/// Everybody whom a row of the case names.
macro_rules! people {
    () => {
        "SELECT applicant_id FROM cases WHERE id = $1 \
         UNION SELECT person_id FROM assignments WHERE case_id = $1 \
         UNION SELECT uploaded_by FROM attachments WHERE case_id = $1 \
         UNION SELECT printed_by FROM prints WHERE case_id = $1 \
         UNION SELECT uploaded_by FROM scans WHERE case_id = $1 \
         UNION SELECT actor_id FROM flow WHERE case_id = $1 \
         UNION SELECT person_id FROM verdicts WHERE case_id = $1 \
         UNION SELECT asked_by FROM supplements WHERE case_id = $1 \
         UNION SELECT person_id FROM corrections WHERE case_id = $1 \
         UNION SELECT proposed_by FROM closings WHERE case_id = $1 \
         UNION SELECT decided_by FROM closings WHERE case_id = $1 \
         UNION SELECT created_by FROM service_records WHERE case_id = $1 \
         UNION SELECT placed_by FROM holds WHERE case_id = $1 \
         UNION SELECT lifted_by FROM holds WHERE case_id = $1 \
         UNION SELECT v.written_by FROM record_revisions v JOIN service_records r ON r.id = v.record_id WHERE r.case_id = $1 \
         UNION SELECT f.uploaded_by FROM record_files f JOIN service_records r ON r.id = f.record_id WHERE r.case_id = $1"
    };
}

/// Their schools, and the case's.
macro_rules! schools {
    () => {
        concat!(
            "SELECT school_code FROM cases WHERE id = $1 UNION SELECT school_code FROM people WHERE id IN (",
            people!(),
            ")"
        )
    };
}

const PEOPLE: &str = concat!("id IN (", people!(), ")");

const SCHOOLS: &str = concat!("code IN (", schools!(), ")");

const ZONES: &str = concat!(
    "id IN (SELECT zone_id FROM schools WHERE code IN (",
    schools!(),
    ") UNION SELECT zone_id FROM people WHERE id IN (",
    people!(),
    "))"
);

const DOCUMENTS: &str = "digest IN (SELECT digest FROM attachments WHERE case_id = $1 \
     UNION SELECT digest FROM prints WHERE case_id = $1 UNION SELECT digest FROM scans WHERE case_id = $1 \
     UNION SELECT p.digest FROM scan_photos p JOIN scans s ON s.id = p.scan_id WHERE s.case_id = $1 \
     UNION SELECT f.digest FROM record_files f JOIN service_records r ON r.id = f.record_id WHERE r.case_id = $1)";

/// The tables.
pub const TABLES: [Table; 22] = [
    Table {
        name: "zones",
        keeps: Keeps::Around("id"),
        also: None,
        of_case: ZONES,
        order: "id",
        columns: &[text("id"), text("name")],
    },
    Table {
        name: "schools",
        keeps: Keeps::Around("code"),
        also: None,
        of_case: SCHOOLS,
        order: "code",
        columns: &[
            text("code"),
            text("name"),
            text("district"),
            text("stage"),
            maybe_text("zone_id"),
            number("own_zone"),
            text("city"),
            maybe_number("closed_at"),
        ],
    },
    Table {
        name: "people",
        keeps: Keeps::Shared("id"),
        also: Some((", password_hash, status", ", NULL, 'disabled'")),
        of_case: PEOPLE,
        order: "id",
        columns: &[
            text("id"),
            text("login"),
            text("name"),
            text("email"),
            maybe_text("school_code"),
            maybe_text("zone_id"),
            maybe_text("profession"),
            number("created_at"),
            number("changed_at"),
        ],
    },
    Table {
        name: "documents",
        keeps: Keeps::Shared("digest"),
        also: None,
        of_case: DOCUMENTS,
        order: "digest",
        columns: &[text("digest"), number("bytes"), text("kind"), number("first_at")],
    },
    Table {
        name: "cases",
        keeps: Keeps::Own,
        also: None,
        of_case: "id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("number"),
            text("reference"),
            text("open_token"),
            text("service"),
            text("school_code"),
            text("applicant_id"),
            text("state"),
            text("content"),
            text("keywords"),
            maybe_text("bound_scan_id"),
            number("opened_at"),
            number("changed_at"),
            number("state_at"),
            maybe_number("submitted_at"),
            number("version"),
        ],
    },
    Table {
        name: "subjects",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("answers"),
            number("created_at"),
            number("changed_at"),
            maybe_number("deleted_at"),
            text("name_key"),
            text("id_key"),
        ],
    },
    Table {
        name: "attachments",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("category"),
            text("file_name"),
            text("digest"),
            text("verdict"),
            text("remark"),
            text("uploaded_by"),
            number("uploaded_at"),
            maybe_number("deleted_at"),
        ],
    },
    Table {
        name: "prints",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "revision",
        columns: &[
            text("id"),
            text("case_id"),
            number("revision"),
            number("template_version"),
            text("snapshot"),
            text("layout"),
            number("pages"),
            text("digest"),
            text("printed_by"),
            number("printed_at"),
        ],
    },
    Table {
        name: "scans",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("print_id"),
            text("digest"),
            text("file_name"),
            text("report"),
            number("by_hand"),
            number("all_empty"),
            number("confirmed_empty"),
            text("uploaded_by"),
            number("uploaded_at"),
            maybe_number("bound_at"),
        ],
    },
    Table {
        name: "scan_photos",
        keeps: Keeps::Own,
        also: None,
        of_case: "scan_id IN (SELECT id FROM scans WHERE case_id = $1)",
        order: "scan_id, page",
        columns: &[text("scan_id"), number("page"), text("digest")],
    },
    Table {
        name: "flow",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "seq",
        columns: &[
            text("id"),
            text("case_id"),
            number("seq"),
            number("at"),
            text("actor_id"),
            text("actor_name"),
            text("actor_role"),
            text("event"),
            maybe_text("from_state"),
            text("to_state"),
            text("reason"),
            text("evidence"),
        ],
    },
    Table {
        name: "verdicts",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "seq",
        columns: &[
            text("id"),
            text("case_id"),
            text("target"),
            maybe_text("scan_id"),
            text("item"),
            text("verdict"),
            text("remark"),
            text("person_id"),
            number("at"),
            number("seq"),
        ],
    },
    Table {
        name: "supplements",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("reason"),
            text("asked_by"),
            number("asked_at"),
            maybe_number("answered_at"),
        ],
    },
    Table {
        name: "supplement_items",
        keeps: Keeps::Own,
        also: None,
        of_case: "supplement_id IN (SELECT id FROM supplements WHERE case_id = $1)",
        order: "supplement_id, seq",
        columns: &[
            text("supplement_id"),
            number("seq"),
            text("place"),
            text("item"),
            text("label"),
            text("baseline"),
            text("answer"),
        ],
    },
    Table {
        name: "corrections",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("reason"),
            number("seal_anew"),
            text("changes"),
            text("person_id"),
            number("at"),
        ],
    },
    Table {
        name: "closings",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("reason"),
            text("detail"),
            text("summary"),
            text("proposed_by"),
            number("proposed_at"),
            text("outcome"),
            maybe_text("decided_by"),
            maybe_number("decided_at"),
            text("remark"),
        ],
    },
    Table {
        name: "service_records",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[text("id"), text("case_id"), text("open_token"), text("created_by"), number("created_at")],
    },
    Table {
        name: "record_revisions",
        keeps: Keeps::Own,
        also: None,
        of_case: "record_id IN (SELECT id FROM service_records WHERE case_id = $1)",
        order: "record_id, revision",
        columns: &[
            text("record_id"),
            number("revision"),
            text("held_on"),
            text("kind"),
            number("minutes"),
            text("participants"),
            text("summary"),
            text("written_by"),
            number("written_at"),
        ],
    },
    Table {
        name: "record_files",
        keeps: Keeps::Own,
        also: None,
        of_case: "record_id IN (SELECT id FROM service_records WHERE case_id = $1)",
        order: "id",
        columns: &[
            text("id"),
            text("record_id"),
            text("file_name"),
            text("digest"),
            text("uploaded_by"),
            number("uploaded_at"),
        ],
    },
    Table {
        name: "assignments",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[text("id"), text("case_id"), text("person_id"), number("since"), maybe_number("until")],
    },
    Table {
        name: "holds",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            text("case_id"),
            text("reason"),
            text("placed_by"),
            number("placed_at"),
            maybe_text("lifted_by"),
            maybe_number("lifted_at"),
            text("lifted_why"),
        ],
    },
    Table {
        name: "traces",
        keeps: Keeps::Own,
        also: None,
        of_case: "case_id = $1",
        order: "id",
        columns: &[
            text("id"),
            number("at"),
            maybe_text("person_id"),
            text("action"),
            maybe_text("case_id"),
            maybe_text("digest"),
            text("detail"),
            text("remote"),
            text("request_id"),
            text("person_name"),
            text("roles"),
        ],
    },
];
