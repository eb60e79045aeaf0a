//! The outbox: mails that wait, how often each was tried, and who sends it just now.
//!
//! A mail is claimed by a conditional update before it is sent, so that two processes never send the same
//! one; a claim whose process died lapses by time. What a mail says stands in its notices, not here.

use sqlx::{AnyConnection, FromRow};

use crate::case::mail_kind::MailKind;

use super::{StoreError, parsed};

/// How a mail ended, or that it didn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To be sent, now or later.
    Waiting,
    /// Taken by the mail server, or written into the outbox folder.
    Sent,
    /// Nothing was left to say, or nobody to say it to.
    Dropped,
    /// Tried for a day in vain.
    GivenUp,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Dropped, Self::GivenUp];

    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Dropped => "dropped",
            Self::GivenUp => "given_up",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(|| format!("no such stage: {text:?}"))
    }
}

/// The people whose oldest notice that the mail job hasn't looked at is from `before` or earlier.
///
/// # Errors
/// When the database fails.
pub async fn ripe(db: &mut AnyConnection, before: i64, most: i64) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT person_id FROM notices WHERE gathered_at IS NULL GROUP BY person_id HAVING MIN(at) <= $1 \
         ORDER BY person_id LIMIT $2",
    )
    .bind(before)
    .bind(most)
    .fetch_all(db)
    .await?)
}

/// Puts a new mail into the outbox, due at once.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, id: &str, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mails (id, kind, person_id, address, subject, state, created_at, first_at, due_at, attempts, \
         failure) VALUES ($1, 'notices', $2, '', '', 'waiting', $3, $3, $3, 0, '')",
    )
    .bind(id)
    .bind(person)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// A mail about an account, to be written when it is sent.
#[derive(Clone, Copy)]
pub struct NewMail<'a> {
    /// The identifier.
    pub id: &'a str,
    /// What it is about.
    pub kind: MailKind,
    /// The account that it goes to, where there is one for sure.
    pub person: Option<&'a str>,
    /// The address that it goes to, where that isn't the account's own.
    pub address: &'a str,
    /// The registration, change or name that it is about.
    pub subject: &'a str,
}

/// Puts a mail about an account into the outbox, due at once.
///
/// # Errors
/// When the database fails.
pub async fn add_letter(db: &mut AnyConnection, mail: &NewMail<'_>, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mails (id, kind, person_id, address, subject, state, created_at, first_at, due_at, attempts, \
         failure) VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6, $6, 0, '')",
    )
    .bind(mail.id)
    .bind(mail.kind.as_str())
    .bind(mail.person)
    .bind(mail.address)
    .bind(mail.subject)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a mail back that has nothing to say.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM mails WHERE id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Gathers what this person was told into a mail, or notes that none goes out. Returns how many notices.
///
/// # Errors
/// When the database fails.
pub async fn gather(
    db: &mut AnyConnection,
    person: &str,
    mail: Option<&str>,
    now: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE notices SET gathered_at = $3, mail_id = $2 WHERE person_id = $1 AND gathered_at IS NULL",
    )
    .bind(person)
    .bind(mail)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Mails that are due, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub async fn due(db: &mut AnyConnection, now: i64, most: i64) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM mails WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
    )
    .bind(now)
    .bind(most)
    .fetch_all(db)
    .await?)
}

/// A mail that is ours to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Claimed {
    /// What it is about.
    pub kind: MailKind,
    /// To whom, where there is an account.
    pub person: Option<String>,
    /// The address that it goes to, where that isn't the account's own.
    pub address: String,
    /// The registration, change or name that it is about.
    pub subject: String,
    /// When it was put into the outbox, epoch milliseconds.
    pub created_at: i64,
    /// Since when it is tried, epoch milliseconds.
    pub first_at: i64,
    /// The how-manieth attempt this is, from 1.
    pub attempts: i64,
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claimed")
            .field("kind", &self.kind)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct ClaimedRow {
    kind: String,
    person_id: Option<String>,
    address: String,
    subject: String,
    created_at: i64,
    first_at: i64,
    attempts: i64,
}

/// Claims a due mail until `until`. Nothing if somebody else was faster.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &mut AnyConnection,
    id: &str,
    sender: &str,
    now: i64,
    until: i64,
) -> Result<Option<Claimed>, StoreError> {
    let row: Option<ClaimedRow> = sqlx::query_as(
        "UPDATE mails SET sender = $2, due_at = $4, attempts = attempts + 1 \
         WHERE id = $1 AND state = 'waiting' AND due_at <= $3 \
         RETURNING kind, person_id, address, subject, created_at, first_at, attempts",
    )
    .bind(id)
    .bind(sender)
    .bind(now)
    .bind(until)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Claimed {
            kind: parsed(&row.kind, "mails", "kind", id)?,
            person: row.person_id,
            address: row.address,
            subject: row.subject,
            created_at: row.created_at,
            first_at: row.first_at,
            attempts: row.attempts,
        })
    })
    .transpose()
}

/// Writes down how a claimed mail ended; what was sent or dropped keeps no address. False: the claim had lapsed.
///
/// # Errors
/// When the database fails.
pub async fn end(
    db: &mut AnyConnection,
    id: &str,
    sender: &str,
    stage: Stage,
    failure: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mails SET state = $3, failure = $4, ended_at = $5, sender = NULL, \
         address = CASE WHEN $3 = 'given_up' THEN address ELSE '' END, \
         subject = CASE WHEN $3 = 'given_up' THEN subject ELSE '' END \
         WHERE id = $1 AND sender = $2 AND state = 'waiting'",
    )
    .bind(id)
    .bind(sender)
    .bind(stage.as_str())
    .bind(failure)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a claimed mail off until `due_at`. False: the claim had lapsed.
///
/// # Errors
/// When the database fails.
pub async fn put_off(
    db: &mut AnyConnection,
    id: &str,
    sender: &str,
    failure: &str,
    due_at: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE mails SET failure = $3, due_at = $4, sender = NULL \
         WHERE id = $1 AND sender = $2 AND state = 'waiting'",
    )
    .bind(id)
    .bind(sender)
    .bind(failure)
    .bind(due_at)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Tries a mail again from the beginning: one that was given up, or that was put off. One that is being sent
/// just now is left alone. Returns how many it were; with no `id`, all of them.
///
/// # Errors
/// When the database fails.
pub async fn retry(db: &mut AnyConnection, id: Option<&str>, now: i64) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE mails SET state = 'waiting', ended_at = NULL, first_at = $2, due_at = $2, attempts = 0 \
         WHERE (id = $1 OR $1 = '') AND (state = 'given_up' OR (state = 'waiting' AND sender IS NULL AND failure <> ''))",
    )
    .bind(id.unwrap_or_default())
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// A mail as the administrator sees it: nothing of any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The identifier.
    pub id: String,
    /// What it is about.
    pub kind: MailKind,
    /// Name and login of the account that it goes to; none for an address that may have no account.
    pub account: Option<(String, String)>,
    /// How it stands.
    pub stage: Stage,
    /// How many notices it holds.
    pub notices: i64,
    /// When it was put into the outbox, epoch milliseconds.
    pub created_at: i64,
    /// When it is tried next, epoch milliseconds.
    pub due_at: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// The class of the last failure; empty: none.
    pub failure: String,
    /// Whether somebody sends it just now.
    pub sending: bool,
}

#[derive(FromRow)]
struct Row {
    id: String,
    kind: String,
    name: Option<String>,
    login: Option<String>,
    state: String,
    notices: i64,
    created_at: i64,
    due_at: i64,
    attempts: i64,
    failure: String,
    sender: Option<String>,
}

/// Mails that wait or were given up, newest first; those before the mail `before` if it is named.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn queue(
    db: &mut AnyConnection,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<Queued>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT m.id, m.kind, p.name, p.login, m.state, m.created_at, m.due_at, m.attempts, m.failure, m.sender, \
         (SELECT COUNT(*) FROM notices n WHERE n.mail_id = m.id) AS notices \
         FROM mails m LEFT JOIN people p ON p.id = m.person_id \
         WHERE m.state IN ('waiting', 'given_up') AND (m.id < $1 OR $1 = '') ORDER BY m.id DESC LIMIT $2",
    )
    .bind(before.unwrap_or_default())
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Queued {
                stage: parsed(&row.state, "mails", "state", &row.id)?,
                sending: row.sender.is_some(),
                kind: parsed(&row.kind, "mails", "kind", &row.id)?,
                id: row.id,
                account: row.name.zip(row.login),
                notices: row.notices,
                created_at: row.created_at,
                due_at: row.due_at,
                attempts: row.attempts,
                failure: row.failure,
            })
        })
        .collect()
}

/// How many mails stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// To be sent, and not failed yet.
    pub waiting: i64,
    /// Failed, and to be tried again.
    pub failing: i64,
    /// Given up.
    pub given_up: i64,
    /// Sent since the moment that was asked for.
    pub sent: i64,
}

/// How many mails were given up.
///
/// # Errors
/// When the database fails.
pub async fn count_given_up(db: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM mails WHERE state = 'given_up'").fetch_one(db).await?)
}

/// Counts mails; those that were sent since `since`.
///
/// # Errors
/// When the database fails.
pub async fn tally(db: &mut AnyConnection, since: i64) -> Result<Tally, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT state, CAST(CASE WHEN failure = '' THEN 0 ELSE 1 END AS BIGINT) AS failed, COUNT(*) FROM mails \
         WHERE state IN ('waiting', 'given_up') GROUP BY state, failed",
    )
    .fetch_all(&mut *db)
    .await?;
    let count = |state: &str, failed: Option<i64>| {
        let fits = |row: &&(String, i64, i64)| row.0 == state && failed.is_none_or(|failed| row.1 == failed);
        rows.iter().filter(fits).map(|row| row.2).sum()
    };
    let sent: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM mails WHERE state = 'sent' AND ended_at >= $1")
        .bind(since)
        .fetch_one(db)
        .await?;
    Ok(Tally {
        waiting: count("waiting", Some(0)),
        failing: count("waiting", Some(1)),
        given_up: count("given_up", None),
        sent,
    })
}
