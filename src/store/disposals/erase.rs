//! Empties a case: every word that anybody typed about the child, wherever it stands.
//!
//! What stays are identifiers, digests, numbers, the kinds and times of events, and the names of accounts. The custody
//! chain holds hashes of words under a salt each; the salts go with the words, so that nothing can be guessed from the
//! hashes, and the chain stays whole.

use crate::custody::erased::Erased;
use crate::store::sql::Sql;
use crate::store::words::sought;
use crate::store::{Db, StoreError, Tx, custody, filters, sealed, search};

/// Statements about the case `$1`, in their order.
const STATEMENTS: [&str; 29] = [
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
    "UPDATE stack_retrievals SET purpose = '' WHERE digest IN (SELECT t.digest FROM stacks t \
     JOIN stack_cases m ON m.stack_id = t.id WHERE m.case_id = $1 \
     UNION SELECT t.digest FROM stacks t JOIN stack_pages p ON p.stack_id = t.id WHERE p.case_id = $1)",
    "UPDATE disposals SET remark = '' WHERE case_id = $1",
    "UPDATE bulk_print_cases SET reason = '' WHERE case_id = $1",
    "UPDATE stack_cases SET pages = '[]', lent = '[]', reason = '' WHERE case_id = $1",
    "UPDATE stack_pages SET reason = '' WHERE reason <> '' AND stack_id IN (SELECT s.id FROM stacks s WHERE s.digest IN \
     (SELECT t.digest FROM stacks t JOIN stack_cases m ON m.stack_id = t.id WHERE m.case_id = $1 \
     UNION SELECT t.digest FROM stacks t JOIN stack_pages p ON p.stack_id = t.id WHERE p.case_id = $1))",
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
    // A stack goes with the first of its cases, and the name that people gave it as well.
    "UPDATE stacks SET file_name = '' WHERE digest IN (SELECT t.digest FROM stacks t \
     JOIN stack_cases m ON m.stack_id = t.id WHERE m.case_id = $1 \
     UNION SELECT t.digest FROM stacks t JOIN stack_pages p ON p.stack_id = t.id WHERE p.case_id = $1)",
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
    let held: Vec<(String, String, String, String)> =
        sqlx::query_as("SELECT id, address, back, body FROM held_forms").fetch_all(&mut **db).await?;
    for (id, address, back, body) in held {
        let address = sealer.open(&sealed::HELD_ADDRESS, &id, address)?;
        let back = sealer.open(&sealed::HELD_BACK, &id, back)?;
        let body = sealer.open(&sealed::HELD_BODY, &id, body)?;
        if address.contains(&of_case) || back.contains(&of_case) || body.contains(number) {
            sqlx::query("DELETE FROM held_forms WHERE id = $1").bind(id).execute(&mut **db).await?;
        }
    }
    Ok(())
}

/// Forgets saved filters whose name or address has one of these words in it, there as browsers write it, and those whose
/// keyword is a part by which one of these words is found.
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
            let has = encoded.iter().any(|word| query.contains(word.as_str()));
            if named || has || finds(&query, &words) {
                sqlx::query("DELETE FROM saved_filters WHERE id = $1").bind(id).execute(&mut ***tx).await?;
            }
        }
    }
}

/// Whether the keyword of a filter's address finds one of these words by a part of it. One character of a name, or three of
/// a number, find too many to be about somebody.
fn finds(query: &str, words: &[&String]) -> bool {
    let mut typed =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| matches!(&**name, "q" | "subject"));
    typed.any(|(_, typed)| {
        sought(&typed).iter().any(|part| {
            let least = if part.is_ascii() { 4 } else { 2 };
            part.chars().count() >= least && words.iter().any(|word| word.to_lowercase().contains(part))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_finds_a_word_by_a_part_that_tells_somebody() {
        let (name, number) = ("王小明".to_owned(), "A123456789".to_owned());
        let words = [&name, &number];
        let looks_for = |typed: &str| {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", typed).finish();
            finds(&query.to_lowercase(), &words)
        };
        for typed in ["王小", "小明", "王小明", "國小 小明", "a1234", "6789"] {
            assert!(looks_for(typed), "{typed}");
        }
        for typed in ["", "王", "A12", "王大明", "國小", "1150000001"] {
            assert!(!looks_for(typed), "{typed}");
        }
        let by_name = "subject=%E7%8E%8B%E5%B0%8F";
        assert!(finds(by_name, &words) && finds(&by_name.to_lowercase(), &words));
        assert!(!finds("state=submitted&school=6789", &words), "it is no keyword");
    }
}
