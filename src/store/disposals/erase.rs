//! Empties a case: every word that anybody typed about the child, wherever it stands.
//!
//! What stays are identifiers, digests, numbers, the kinds and times of events, and the names of accounts. The custody
//! chain holds hashes of words under a salt each; the salts go with the words, so that nothing can be guessed from the
//! hashes, and the chain stays whole.

use crate::custody::erased::Erased;
use crate::store::sql::Sql;
use crate::store::{Db, StoreError, Tx, custody, filters, sealed, search};

/// Statements about the case `$1`, in their order.
const STATEMENTS: [&str; 27] = [
    "DELETE FROM subjects WHERE case_id = $1",
    "UPDATE attachments SET category = '', file_name = '', remark = '' WHERE case_id = $1",
    "UPDATE prints SET snapshot = '{}' WHERE case_id = $1",
    "UPDATE scans SET file_name = '', report = '{\"pages\":[]}' WHERE case_id = $1",
    "UPDATE verdicts SET remark = '' WHERE case_id = $1 AND remark <> ''",
    "UPDATE supplement_items SET label = '', baseline = '', answer = '' \
     WHERE supplement_id IN (SELECT id FROM supplements WHERE case_id = $1)",
    "UPDATE supplements SET reason = '' WHERE case_id = $1",
    "UPDATE corrections SET reason = '', changes = '[]' WHERE case_id = $1",
    "UPDATE closings SET detail = '', summary = '', remark = '' WHERE case_id = $1",
    "UPDATE record_revisions SET participants = '', summary = '' \
     WHERE record_id IN (SELECT id FROM service_records WHERE case_id = $1)",
    "UPDATE record_files SET file_name = '' \
     WHERE record_id IN (SELECT id FROM service_records WHERE case_id = $1)",
    "UPDATE holds SET reason = '', lifted_why = '' WHERE case_id = $1",
    "UPDATE retrievals SET purpose = '' WHERE case_id = $1",
    "UPDATE disposals SET remark = '' WHERE case_id = $1",
    "UPDATE bulk_print_cases SET reason = '' WHERE case_id = $1",
    "UPDATE stack_cases SET pages = '[]', lent = '[]', reason = '' WHERE case_id = $1",
    "DELETE FROM phone_links WHERE case_id = $1",
    "DELETE FROM looks WHERE case_id = $1",
    "DELETE FROM notices WHERE case_id = $1",
    // The salts first: their rows are told by the words that there still are.
    "UPDATE custody_links SET salt = NULL WHERE case_id = $1 AND kind = 'flow' AND row_id IN \
     (SELECT id FROM flow WHERE case_id = $1 AND reason <> '')",
    "UPDATE custody_links SET salt = NULL WHERE case_id = $1 AND kind = 'trace' AND row_id IN \
     (SELECT id FROM traces WHERE case_id = $1 AND detail <> '')",
    "UPDATE custody_waiting SET salt = NULL WHERE case_id = $1 AND kind = 'flow' AND row_id IN \
     (SELECT id FROM flow WHERE case_id = $1 AND reason <> '')",
    "UPDATE custody_waiting SET salt = NULL WHERE case_id = $1 AND kind = 'trace' AND row_id IN \
     (SELECT id FROM traces WHERE case_id = $1 AND detail <> '')",
    // The proof that came along with a bag has salts too.
    "UPDATE imports SET custody = NULL WHERE case_id = $1",
    "UPDATE flow SET reason = '', actor_name = '' WHERE case_id = $1 AND reason <> ''",
    "UPDATE traces SET detail = '' WHERE case_id = $1 AND detail <> ''",
    // A stack that no case is left in has a name that people gave it.
    "UPDATE stacks SET file_name = '' WHERE id IN (SELECT m.stack_id FROM stack_cases m WHERE m.case_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM stack_cases o JOIN cases c ON c.id = o.case_id \
     WHERE o.stack_id = stacks.id AND c.disposed_at IS NULL AND c.id <> $1)",
];

/// Erases a case, and marks it as gone. Returns the rows of the custody chain whose words went.
///
/// # Errors
/// When the database fails.
pub async fn erase(tx: &mut Tx, (case, number): (&str, &str), at: i64) -> Result<Erased, StoreError> {
    // Whoever links what waits has ended before the salts go, or waits until they are gone.
    custody::lock(tx).await?;
    let unsound = custody::unsound(tx, case).await?;
    forget_drafts(tx, case, number).await?;
    sqlx::query("INSERT INTO disposing (case_id) VALUES ($1)").bind(case).execute(&mut ***tx).await?;
    for statement in STATEMENTS {
        sqlx::query(statement).bind(case).execute(&mut ***tx).await?;
    }
    sqlx::query("DELETE FROM disposing WHERE case_id = $1").bind(case).execute(&mut ***tx).await?;
    let keywords = tx.sealer().seal(&sealed::KEYWORDS, case, number)?;
    sqlx::query(
        "UPDATE cases SET content = '{}', keywords = $3, disposed_at = $2, version = version + 1 WHERE id = $1",
    )
    .bind(case)
    .bind(at)
    .bind(keywords)
    .execute(&mut ***tx)
    .await?;
    // What is left is found by its number.
    search::put(tx, number, number).await?;
    custody::erased(tx, case, &unsound).await
}

/// Half-typed forms and held ones, whoever typed them.
async fn forget_drafts(db: &mut Db, case: &str, number: &str) -> Result<(), StoreError> {
    let mut sql = Sql::default();
    let (number_in, case) = (sql.anywhere(number), sql.text(case));
    let statement = format!(
        "DELETE FROM drafts WHERE form LIKE {number_in} ESCAPE '!' OR form IN \
         (SELECT 'subject-' || id FROM subjects WHERE case_id = {case}) OR form IN \
         (SELECT 'record-' || id FROM service_records WHERE case_id = {case})"
    );
    sql.run(db, statement).await?;
    let (sealer, of_case) = (db.sealer(), format!("/{number}"));
    let held: Vec<(String, String, String)> =
        sqlx::query_as("SELECT id, address, back FROM held_forms").fetch_all(&mut **db).await?;
    for (id, address, back) in held {
        let address = sealer.open(&sealed::HELD_ADDRESS, &id, address)?;
        let back = sealer.open(&sealed::HELD_BACK, &id, back)?;
        if address.contains(&of_case) || back.contains(&of_case) {
            sqlx::query("DELETE FROM held_forms WHERE id = $1").bind(id).execute(&mut **db).await?;
        }
    }
    Ok(())
}

/// Forgets saved filters whose name or address has one of these words in it, there as browsers write it.
///
/// # Errors
/// When the database fails or a filter can't be opened.
pub async fn forget_filters(tx: &mut Tx, words: &[String]) -> Result<(), StoreError> {
    let sealer = tx.sealer();
    let words: Vec<&String> = words.iter().filter(|word| word.chars().count() > 1).collect();
    let encoded: Vec<String> = words
        .iter()
        .map(|word| form_urlencoded::byte_serialize(word.as_bytes()).collect::<String>().to_lowercase())
        .collect();
    let mut last = String::new();
    loop {
        let some: Vec<(String, String, String)> =
            sqlx::query_as("SELECT id, name, query FROM saved_filters WHERE id > $1 ORDER BY id LIMIT 500")
                .bind(&last)
                .fetch_all(&mut ***tx)
                .await?;
        let Some((id, ..)) = some.last() else { return Ok(()) };
        last.clone_from(id);
        for (id, name, query) in some {
            let (name, query) = filters::opened(&sealer, &id, &name, query)?;
            let query = query.to_lowercase();
            let named = words.iter().any(|word| name.contains(word.as_str()));
            if named || encoded.iter().any(|word| query.contains(word.as_str())) {
                sqlx::query("DELETE FROM saved_filters WHERE id = $1").bind(id).execute(&mut ***tx).await?;
            }
        }
    }
}
