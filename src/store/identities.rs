//! Who someone is elsewhere: identities by issuer and subject, and sign-ons that are under way.

use sqlx::FromRow;

use super::{Db, StoreError, sealed};

/// Links an identity to an account. False: it is linked already, to this or another account.
///
/// # Errors
/// When the database fails.
pub async fn link(
    db: &mut Db,
    issuer: &str,
    subject: &str,
    person: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO identities (issuer, subject, person_id, schools, linked_at) VALUES ($1, $2, $3, '', $4) \
         ON CONFLICT (issuer, subject) DO NOTHING",
    )
    .bind(issuer)
    .bind(subject)
    .bind(person)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an identity from its account. False: there was none.
///
/// # Errors
/// When the database fails.
pub async fn unlink(db: &mut Db, issuer: &str, subject: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM identities WHERE issuer = $1 AND subject = $2")
        .bind(issuer)
        .bind(subject)
        .execute(&mut **db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose identity this is: the account's identifier.
///
/// # Errors
/// When the database fails.
pub async fn person(db: &mut Db, issuer: &str, subject: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT person_id FROM identities WHERE issuer = $1 AND subject = $2")
        .bind(issuer)
        .bind(subject)
        .fetch_optional(&mut **db)
        .await?)
}

/// The identities of an account: issuer, subject, when it was linked and last used (epoch milliseconds).
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    db: &mut Db,
    person: &str,
) -> Result<Vec<(String, String, i64, Option<i64>)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT issuer, subject, linked_at, seen_at FROM identities WHERE person_id = $1 \
         ORDER BY linked_at, issuer, subject",
    )
    .bind(person)
    .fetch_all(&mut **db)
    .await?)
}

/// How the row of an identity is named where a value is bound to it.
fn row(issuer: &str, subject: &str) -> String {
    format!("{issuer}/{subject}")
}

/// What a sign-on told beside who it is.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Codes of the schools that it names.
    pub schools: &'a [String],
    /// The token, for the log-out there.
    pub id_token: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Keeps what the newest sign-on told, its token sealed.
///
/// # Errors
/// When the database fails.
pub async fn seen(db: &mut Db, issuer: &str, subject: &str, told: &Seen<'_>) -> Result<(), StoreError> {
    let id_token = db.sealer().seal(&sealed::ID_TOKEN, &row(issuer, subject), told.id_token)?;
    sqlx::query(
        "UPDATE identities SET schools = $3, id_token = $4, seen_at = $5 WHERE issuer = $1 AND subject = $2",
    )
    .bind(issuer)
    .bind(subject)
    .bind(told.schools.join(" "))
    .bind(id_token)
    .bind(told.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// The schools that an account's newest sign-on named; none where it named none. Ours are among them or not.
///
/// # Errors
/// When the database fails.
pub async fn schools(db: &mut Db, person: &str) -> Result<Vec<String>, StoreError> {
    let codes: Option<String> = sqlx::query_scalar(
        "SELECT schools FROM identities WHERE person_id = $1 AND seen_at IS NOT NULL \
         ORDER BY seen_at DESC, issuer, subject LIMIT 1",
    )
    .bind(person)
    .fetch_optional(&mut **db)
    .await?;
    Ok(codes.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}

/// The newest token of an account at this issuer, for the log-out there: all of the account's are forgotten with it. Empty:
/// it was forgotten before; none: the account hasn't come from there.
///
/// # Errors
/// When the database fails, or the token can't be opened.
pub async fn take_id_token(db: &mut Db, issuer: &str, person: &str) -> Result<Option<String>, StoreError> {
    let found: Option<(String, Option<String>)> = sqlx::query_as(
        "SELECT subject, id_token FROM identities WHERE issuer = $1 AND person_id = $2 AND seen_at IS NOT NULL \
         ORDER BY seen_at DESC, subject LIMIT 1",
    )
    .bind(issuer)
    .bind(person)
    .fetch_optional(&mut **db)
    .await?;
    let Some((subject, token)) = found else { return Ok(None) };
    sqlx::query("UPDATE identities SET id_token = NULL WHERE issuer = $1 AND person_id = $2")
        .bind(issuer)
        .bind(person)
        .execute(&mut **db)
        .await?;
    let token = token.unwrap_or_default();
    Ok(Some(db.sealer().open(&sealed::ID_TOKEN, &row(issuer, &subject), token)?))
}

/// A sign-on that is under way.
#[derive(Debug)]
pub struct NewAttempt<'a> {
    /// The digest of what the service gives back.
    pub state_hash: &'a str,
    /// The digest of the browser's secret.
    pub browser_hash: &'a str,
    /// What the token must name.
    pub nonce: &'a str,
    /// The verifier of PKCE.
    pub verifier: &'a str,
    /// The local path to go on to.
    pub next: &'a str,
    /// Until when it may be finished, epoch milliseconds.
    pub expires_at: i64,
}

/// What was kept of a sign-on that comes back.
#[derive(FromRow)]
pub struct Attempt {
    /// What the token must name.
    pub nonce: String,
    /// The verifier of PKCE.
    pub verifier: String,
    /// The local path to go on to.
    pub next: String,
    /// Until when it may be finished, epoch milliseconds.
    pub expires_at: i64,
}

/// Begins a sign-on, its secrets sealed, and forgets those that are over.
///
/// # Errors
/// When the database fails.
pub async fn begin(db: &mut Db, new: &NewAttempt<'_>, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sign_on_attempts WHERE expires_at <= $1").bind(now).execute(&mut **db).await?;
    let sealer = db.sealer();
    let seal = |place, text| sealer.seal(place, new.state_hash, text);
    let (nonce, verifier) = (seal(&sealed::NONCE, new.nonce)?, seal(&sealed::VERIFIER, new.verifier)?);
    let next = seal(&sealed::NEXT, new.next)?;
    sqlx::query(
        "INSERT INTO sign_on_attempts (state_hash, browser_hash, nonce, verifier, next, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.state_hash)
    .bind(new.browser_hash)
    .bind(nonce)
    .bind(verifier)
    .bind(next)
    .bind(new.expires_at)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Takes a sign-on of this browser out: nobody finishes it a second time. Another browser's stays where it is.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &mut Db, state_hash: &str, browser_hash: &str) -> Result<Option<Attempt>, StoreError> {
    let found: Option<Attempt> = sqlx::query_as(
        "DELETE FROM sign_on_attempts WHERE state_hash = $1 AND browser_hash = $2 \
         RETURNING nonce, verifier, next, expires_at",
    )
    .bind(state_hash)
    .bind(browser_hash)
    .fetch_optional(&mut **db)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let sealer = db.sealer();
    let open = |place, value| sealer.open(place, state_hash, value);
    Ok(Some(Attempt {
        nonce: open(&sealed::NONCE, found.nonce)?,
        verifier: open(&sealed::VERIFIER, found.verifier)?,
        next: open(&sealed::NEXT, found.next)?,
        expires_at: found.expires_at,
    }))
}
