//! Many forms printed at once: what was chosen, how far it is, and what came of each case.

use sqlx::FromRow;

use crate::case::ids::{Digest, Revision};
use crate::case::state::State;

use super::cases::Scope;
use super::{Db, StoreError, parsed, sealed};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Chosen; the person is looking at what would be printed.
    Chosen,
    /// Being printed.
    Printing,
    /// Broken off by a failure; what was printed stays, the rest can go on.
    Stopped,
    /// Nothing waits any more.
    Done,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Printing => "printing",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Chosen, Self::Printing, Self::Stopped, Self::Done];
        all.into_iter().find(|stage| stage.as_str() == text).ok_or_else(|| format!("no such stage: {text:?}"))
    }
}

/// What came, or is to come, of one chosen case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To be printed: this revision, a new one if `fresh`.
    Waiting {
        /// The revision.
        revision: Revision,
        /// Whether it doesn't exist yet.
        fresh: bool,
    },
    /// Printed: this revision, which was new if `fresh`.
    Printed {
        /// The revision.
        revision: Revision,
        /// Whether it was made by this printing.
        fresh: bool,
    },
    /// Not printed; why, and what to do, in words.
    Refused(String),
}

/// A printing of many.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// The identifier.
    pub id: String,
    /// How far it is.
    pub stage: Stage,
    /// When the cases were chosen, epoch milliseconds.
    pub created_at: i64,
    /// The last sign of life while printing, epoch milliseconds.
    pub beat_at: i64,
    /// Who prints it, or printed it last; empty: nobody yet.
    pub worker: String,
}

/// How many of the chosen cases are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// To be printed.
    pub waiting: i64,
    /// Printed.
    pub printed: i64,
    /// Not to be printed.
    pub refused: i64,
}

/// A new printing: the cases by id, in order, each with what is to come of it. Older ones of the same person
/// that aren't under way are forgotten; one under way stays, and starting this one will have to wait.
///
/// # Errors
/// When the database fails.
pub async fn choose(
    db: &mut Db,
    id: &str,
    person: &str,
    cases: &[(String, Outcome)],
    now: i64,
) -> Result<(), StoreError> {
    const OLD: &str = "SELECT id FROM bulk_prints WHERE person_id = $1 AND state <> 'printing'";
    let forget = [
        format!("DELETE FROM bulk_print_cases WHERE bulk_id IN ({OLD})"),
        "DELETE FROM bulk_prints WHERE person_id = $1 AND state <> 'printing'".to_owned(),
    ];
    for sql in forget {
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(person).execute(&mut **db).await?;
    }
    sqlx::query(
        "INSERT INTO bulk_prints (id, person_id, state, created_at, beat_at) VALUES ($1, $2, 'chosen', $3, $3)",
    )
    .bind(id)
    .bind(person)
    .bind(now)
    .execute(&mut **db)
    .await?;
    for (seq, (case, outcome)) in (1_i64..).zip(cases) {
        let (word, revision, fresh, reason) = columns(outcome);
        let reason = db.sealer().seal(&sealed::BULK_REASON, &format!("{id}/{seq}"), reason)?;
        sqlx::query(
            "INSERT INTO bulk_print_cases (bulk_id, seq, case_id, outcome, revision, fresh, reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(seq)
        .bind(case)
        .bind(word)
        .bind(revision)
        .bind(fresh)
        .bind(reason)
        .execute(&mut **db)
        .await?;
    }
    Ok(())
}

fn columns(outcome: &Outcome) -> (&'static str, i64, i64, &str) {
    match outcome {
        Outcome::Waiting { revision, fresh } => ("waiting", i64::from(*revision), i64::from(*fresh), ""),
        Outcome::Printed { revision, fresh } => ("printed", i64::from(*revision), i64::from(*fresh), ""),
        Outcome::Refused(reason) => ("refused", 0, 0, reason),
    }
}

/// The printing with this id, if it is this person's.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut Db, id: &str, person: &str) -> Result<Option<Bulk>, StoreError> {
    let row: Option<(String, String, i64, i64, String)> = sqlx::query_as(
        "SELECT id, state, created_at, beat_at, worker FROM bulk_prints WHERE id = $1 AND person_id = $2",
    )
    .bind(id)
    .bind(person)
    .fetch_optional(&mut **db)
    .await?;
    row.map(|(id, state, created_at, beat_at, worker)| {
        let stage = parsed(&state, "bulk_prints", "state", &id)?;
        Ok(Bulk { id, stage, created_at, beat_at, worker })
    })
    .transpose()
}

/// The printing of this person's that is under way: its id, its last sign of life, and who prints it.
///
/// # Errors
/// When the database fails.
pub async fn under_way(db: &mut Db, person: &str) -> Result<Option<(String, i64, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, beat_at, worker FROM bulk_prints WHERE person_id = $1 AND state = 'printing'",
    )
    .bind(person)
    .fetch_optional(&mut **db)
    .await?)
}

/// `worker` begins to print, in place of `before`. False: it isn't at `from` any more, or somebody else was faster.
///
/// # Errors
/// When the database fails, or the person has another one under way (a unique violation).
pub async fn begin(
    db: &mut Db,
    id: &str,
    from: Stage,
    before: &str,
    worker: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE bulk_prints SET state = 'printing', worker = $4, beat_at = $5 \
         WHERE id = $1 AND state = $2 AND worker = $3",
    )
    .bind(id)
    .bind(from.as_str())
    .bind(before)
    .bind(worker)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `worker` moves a printing on from `from`, with a sign of life. False: it wasn't there any more, or somebody else
/// has gone on with it.
///
/// # Errors
/// When the database fails.
pub async fn move_on(
    db: &mut Db,
    id: &str,
    worker: &str,
    from: Stage,
    to: Stage,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE bulk_prints SET state = $4, beat_at = $5 WHERE id = $1 AND worker = $2 AND state = $3",
    )
    .bind(id)
    .bind(worker)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many of the chosen cases are where.
///
/// # Errors
/// When the database fails.
pub async fn tally(db: &mut Db, id: &str) -> Result<Tally, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT outcome, COUNT(*) FROM bulk_print_cases WHERE bulk_id = $1 GROUP BY outcome")
            .bind(id)
            .fetch_all(&mut **db)
            .await?;
    let of = |word: &str| rows.iter().find(|(outcome, _)| outcome == word).map_or(0, |(_, count)| *count);
    Ok(Tally { waiting: of("waiting"), printed: of("printed"), refused: of("refused") })
}

/// The cases that still wait, by place and case number, in order.
///
/// # Errors
/// When the database fails.
pub async fn waiting(db: &mut Db, id: &str) -> Result<Vec<(i64, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT b.seq, c.number FROM bulk_print_cases b JOIN cases c ON c.id = b.case_id \
         WHERE b.bulk_id = $1 AND b.outcome = 'waiting' ORDER BY b.seq",
    )
    .bind(id)
    .fetch_all(&mut **db)
    .await?)
}

/// Writes down what came of a chosen case.
///
/// # Errors
/// When the database fails.
pub async fn settle(db: &mut Db, id: &str, seq: i64, outcome: &Outcome) -> Result<(), StoreError> {
    let (word, revision, fresh, reason) = columns(outcome);
    let reason = db.sealer().seal(&sealed::BULK_REASON, &format!("{id}/{seq}"), reason)?;
    sqlx::query(
        "UPDATE bulk_print_cases SET outcome = $3, revision = $4, fresh = $5, reason = $6 \
         WHERE bulk_id = $1 AND seq = $2",
    )
    .bind(id)
    .bind(seq)
    .bind(word)
    .bind(revision)
    .bind(fresh)
    .bind(reason)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// One chosen case as pages show it.
#[derive(Clone, Debug)]
pub struct Line {
    /// 案件編號.
    pub number: String,
    /// The service item's id.
    pub service: String,
    /// Where the case stands now.
    pub state: State,
    /// The subject's answers as JSON, if there is a subject.
    pub subject: Option<String>,
    /// What came, or is to come, of it.
    pub outcome: Outcome,
}

#[derive(FromRow)]
struct LineRow {
    seq: i64,
    number: String,
    service: String,
    state: String,
    subject_id: Option<String>,
    subject: Option<String>,
    outcome: String,
    revision: i64,
    fresh: i64,
    reason: String,
}

/// The chosen cases in order, those in the scope alone.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn lines(db: &mut Db, id: &str, scope: &Scope) -> Result<Vec<Line>, StoreError> {
    let sql = format!(
        "SELECT b.seq, c.number, c.service, c.state, o.id AS subject_id, o.answers AS subject, b.outcome, b.revision, b.fresh, b.reason \
         FROM bulk_print_cases b JOIN cases c ON c.id = b.case_id JOIN schools s ON s.code = c.school_code \
         LEFT JOIN subjects o ON o.case_id = c.id AND o.deleted_at IS NULL \
         WHERE {} AND b.bulk_id = $4 ORDER BY b.seq",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<LineRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(id)
        .fetch_all(&mut **db)
        .await?;
    let sealer = db.sealer();
    rows.into_iter()
        .map(|row| {
            let subject_id = row.subject_id.unwrap_or_default();
            let subject = sealer.open_maybe(&sealed::ANSWERS, &subject_id, row.subject)?;
            let outcome = match row.outcome.as_str() {
                "refused" => {
                    let name = format!("{id}/{}", row.seq);
                    Outcome::Refused(sealer.open(&sealed::BULK_REASON, &name, row.reason)?)
                }
                word => {
                    let revision = revision(row.revision, id)?;
                    let fresh = row.fresh != 0;
                    if word == "waiting" {
                        Outcome::Waiting { revision, fresh }
                    } else {
                        Outcome::Printed { revision, fresh }
                    }
                }
            };
            Ok(Line {
                state: parsed(&row.state, "cases", "state", &row.number)?,
                number: row.number,
                service: row.service,
                subject,
                outcome,
            })
        })
        .collect()
}

/// A printed form of a joined file.
#[derive(Clone, Debug)]
pub struct Form {
    /// The case's identifier.
    pub case: String,
    /// 案件編號.
    pub number: String,
    /// The revision.
    pub revision: Revision,
    /// The digest of its PDF.
    pub digest: Digest,
    /// The size of its PDF.
    pub bytes: i64,
}

/// The printed forms in order, those of cases in the scope alone.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn forms(db: &mut Db, id: &str, scope: &Scope) -> Result<Vec<Form>, StoreError> {
    let sql = format!(
        "SELECT c.id, c.number, r.revision, r.digest, d.bytes FROM bulk_print_cases b \
         JOIN cases c ON c.id = b.case_id JOIN schools s ON s.code = c.school_code \
         JOIN prints r ON r.case_id = b.case_id AND r.revision = b.revision \
         JOIN documents d ON d.digest = r.digest AND d.disposed_at IS NULL \
         WHERE {} AND b.bulk_id = $4 AND b.outcome = 'printed' ORDER BY b.seq",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<(String, String, i64, String, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(id)
        .fetch_all(&mut **db)
        .await?;
    rows.into_iter()
        .map(|(case, number, at, digest, bytes)| {
            let digest = parsed(&digest, "prints", "digest", &case)?;
            Ok(Form { revision: revision(at, id)?, case, number, digest, bytes })
        })
        .collect()
}

fn revision(number: i64, row: &str) -> Result<Revision, StoreError> {
    Revision::try_from(number).map_err(|why| StoreError::Impossible {
        table: "bulk_print_cases",
        column: "revision",
        row: row.to_owned(),
        why: why.to_string(),
    })
}
