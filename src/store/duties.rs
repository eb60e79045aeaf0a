//! Lists of those who lead and do the service: what waits for a supervisor, and whom a professional serves.
//! Each page follows from the key of its neighbour's last row, so that nothing is skipped when a case moves.

use std::fmt;
use std::str::FromStr;

use sqlx::FromRow;

use crate::case::fields::Values;

use super::cases::{COLUMNS, Case, Row};
use super::sql::Sql;
use super::{Db, StoreError, sealed};

/// Cases on one page: 每頁 20 筆.
pub const PAGE: usize = 20;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List<'a> {
    /// In 收件 in this zone, whoever waits longest first, but for what is left out.
    ToDispatch(&'a str),
    /// In 服務中 in this zone with an open proposal of closing, the oldest proposal first.
    ToClose(&'a str),
    /// In 服務中, served by this account, the one without a record for longest first.
    Serving(&'a str),
    /// In 結案, served by this account to the end, the newest first.
    Served(&'a str),
}

impl List<'_> {
    /// Whose list it is: a zone or an account.
    fn whose(&self) -> &str {
        match self {
            Self::ToDispatch(whose) | Self::ToClose(whose) | Self::Serving(whose) | Self::Served(whose) => {
                whose
            }
        }
    }

    /// Where it is read from: cases, with their schools where a zone is asked for.
    fn from(self) -> &'static str {
        match self {
            Self::ToDispatch(_) | Self::ToClose(_) => "FROM cases c JOIN schools s ON s.code = c.school_code",
            Self::Serving(_) | Self::Served(_) => "FROM cases c",
        }
    }

    /// Which cases stand in it, `$1` being whose it is.
    fn condition(self) -> &'static str {
        match self {
            Self::ToDispatch(_) => "s.zone_id = $1 AND c.state = 'received'",
            Self::ToClose(_) => {
                "s.zone_id = $1 AND c.state = 'in_service' \
                 AND c.id IN (SELECT q.case_id FROM closings q WHERE q.outcome = 'open')"
            }
            Self::Serving(_) => {
                "c.state = 'in_service' \
                 AND c.id IN (SELECT a.case_id FROM assignments a WHERE a.person_id = $1 AND a.until IS NULL)"
            }
            Self::Served(_) => {
                "c.state = 'closed' \
                 AND c.id IN (SELECT a.case_id FROM assignments a WHERE a.person_id = $1 AND a.until IS NULL)"
            }
        }
    }

    /// What orders it, as a number, the least first.
    fn order(self) -> &'static str {
        match self {
            Self::ToDispatch(_) => "c.state_at",
            Self::ToClose(_) => {
                "(SELECT MAX(q.proposed_at) FROM closings q WHERE q.case_id = c.id AND q.outcome = 'open')"
            }
            Self::Serving(_) => LAST_DAY,
            Self::Served(_) => "(-c.state_at)",
        }
    }
}

/// The day of the last session as a number such as 20261120, 0 where there is none.
pub(super) const LAST_DAY: &str = "COALESCE((SELECT MAX(CAST(REPLACE(v.held_on, '-', '') AS BIGINT)) FROM service_records r \
    JOIN record_revisions v ON v.record_id = r.id WHERE r.case_id = c.id AND v.revision = \
    (SELECT MAX(w.revision) FROM record_revisions w WHERE w.record_id = r.id)), 0)";

/// The condition that leaves these cases out.
fn besides(sql: &mut Sql, left_out: &[String]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    format!(" AND c.id NOT IN ({})", sql.list(left_out.iter().map(String::as_str)))
}

/// A row's place in the order of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What orders it.
    pub at: i64,
    /// The case's identifier: the order among equals.
    pub id: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl FromStr for Key {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { at: at.parse()?, id: id.to_owned() })
    }
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// The first.
    #[default]
    First,
    /// What comes after this row.
    After(Key),
    /// What comes before this row.
    Before(Key),
}

/// One case of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The case.
    pub case: Case,
    /// What it is listed by.
    pub key: Key,
    /// The subject's answers; empty where there is none.
    pub subject: Values,
    /// Service records so far.
    pub sessions: i64,
    /// The day of the last one as a number such as 20261120; 0: none yet.
    pub last_day: i64,
    /// When closing was proposed, if that waits for a decision, epoch milliseconds.
    pub proposed_at: Option<i64>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The cases.
    pub cases: Vec<Listed>,
    /// How many there are in all.
    pub total: i64,
    /// How many were left out.
    pub left_out: usize,
    /// The page before; none on the first.
    pub previous: Option<Turn>,
    /// The page after; none on the last.
    pub next: Option<Turn>,
}

#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    case: Row,
    at: i64,
    subject_id: Option<String>,
    subject: Option<String>,
    sessions: i64,
    last_day: i64,
    proposed_at: Option<i64>,
}

impl ListedRow {
    fn opened(self, sealer: &sealed::Sealer) -> Result<Listed, StoreError> {
        let row = self;
        let case = row.case.opened(sealer)?;
        Ok(Listed {
            key: Key { at: row.at, id: case.id.clone() },
            subject: match row.subject {
                Some(answers) => {
                    let subject = row.subject_id.unwrap_or_default();
                    sealer.open_json(&sealed::ANSWERS, &subject, answers)?
                }
                None => Values::new(),
            },
            sessions: row.sessions,
            last_day: row.last_day,
            proposed_at: row.proposed_at,
            case,
        })
    }
}

/// How many cases stand in a list, but for those with these identifiers.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut Db, list: List<'_>, left_out: &[String]) -> Result<i64, StoreError> {
    let mut sql = Sql::default();
    sql.text(list.whose());
    let besides = besides(&mut sql, left_out);
    let statement = format!("SELECT COUNT(*) {} WHERE {}{besides}", list.from(), list.condition());
    let rows: Vec<(i64,)> = sql.rows(db, statement).await?;
    Ok(rows.first().map_or(0, |(count,)| *count))
}

/// A page of a list, but for the cases with these identifiers.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut Db, list: List<'_>, left_out: &[String], turn: &Turn) -> Result<Page, StoreError> {
    let total = count(db, list, left_out).await?;
    let first = Key { at: i64::MIN, id: String::new() };
    let (key, sign, way) = match turn {
        Turn::First => (&first, '>', "ASC"),
        Turn::After(key) => (key, '>', "ASC"),
        Turn::Before(key) => (key, '<', "DESC"),
    };
    let (order, from, condition) = (list.order(), list.from(), list.condition());
    let most = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let mut sql = Sql::default();
    sql.text(list.whose());
    let (at, id, limit) = (sql.number(key.at), sql.text(&key.id), sql.number(most + 1));
    let besides = besides(&mut sql, left_out);
    // All that stand in it are put in order by what an index tells; the rows themselves are read for one page.
    let statement = format!(
        "SELECT {COLUMNS}, y.at, {LAST_DAY} AS last_day, \
         (SELECT b.id FROM subjects b WHERE b.case_id = c.id AND b.deleted_at IS NULL) AS subject_id, \
         (SELECT b.answers FROM subjects b WHERE b.case_id = c.id AND b.deleted_at IS NULL) AS subject, \
         (SELECT COUNT(*) FROM service_records n WHERE n.case_id = c.id) AS sessions, \
         (SELECT MAX(q.proposed_at) FROM closings q WHERE q.case_id = c.id AND q.outcome = 'open') AS proposed_at \
         FROM (SELECT x.found, x.at FROM (SELECT c.id AS found, {order} AS at {from} WHERE {condition}{besides}) x \
         WHERE (x.at, x.found) {sign} ({at}, {id}) ORDER BY x.at {way}, x.found {way} LIMIT {limit}) y \
         JOIN cases c ON c.id = y.found JOIN schools s ON s.code = c.school_code \
         JOIN people p ON p.id = c.applicant_id ORDER BY y.at {way}, y.found {way}"
    );
    let rows: Vec<ListedRow> = sql.rows(db, statement).await?;
    let more = rows.len() > PAGE;
    let sealer = db.sealer();
    let mut cases =
        rows.into_iter().take(PAGE).map(|row| row.opened(&sealer)).collect::<Result<Vec<_>, _>>()?;
    let (before, after) = match turn {
        Turn::First => (false, more),
        Turn::After(_) => (true, more),
        Turn::Before(_) => {
            cases.reverse();
            (more, true)
        }
    };
    let previous = cases.first().filter(|_| before).map(|one| Turn::Before(one.key.clone()));
    let next = cases.last().filter(|_| after).map(|one| Turn::After(one.key.clone()));
    Ok(Page { cases, total, left_out: left_out.len(), previous, next })
}
