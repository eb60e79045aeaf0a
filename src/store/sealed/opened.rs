//! Whether the keys open all that is sealed, before rows go where they would be of no use without them.
//!
//! Of a generation that the database knows its proof says so. One that it doesn't know can have sealed nothing here, unless
//! rows came by other ways than through this program: then each of its values says so itself.

use sqlx::Row as _;

use crate::store::sql::Sql;
use crate::store::{Store, StoreError};

use super::places::{ALL, PROOF, Place};
use super::rotate::{BATCH, Part, beyond, listed, named_by, parts};
use super::{MARK, known};

/// Holds the keys against everything that is sealed, and writes nothing.
///
/// # Errors
/// When there are no keys, one isn't here or is another one: the error names table, column and row. When the database fails.
pub async fn insist_opens(store: &Store) -> Result<(), StoreError> {
    let keys = store.sealer().keys();
    let keys = keys.ok_or_else(|| PROOF.impossible("(all)", "there are no keys"))?;
    let proved = known::proved(store, keys, i64::MAX).await?;
    for place in ALL {
        insist_place_opens(store, place, &proved).await?;
    }
    Ok(())
}

/// Opens the values of one column that none of these generations sealed.
async fn insist_place_opens(store: &Store, place: &Place, proved: &[i64]) -> Result<(), StoreError> {
    let (column, table) = (place.column, place.table);
    let mut after: Option<Vec<Part>> = None;
    loop {
        let mut sql = Sql::default();
        let sealed = sql.text(format!("{MARK}%"));
        let mut not = |number| format!(" AND {column} NOT LIKE {}", sql.text(format!("{MARK}{number}.%")));
        let unknown = proved.iter().map(&mut not).collect::<String>();
        let beyond = beyond(&mut sql, place, after.as_deref());
        let key = listed(place);
        let statement = format!(
            "SELECT {key}, {column} AS sealed FROM {table} WHERE {column} LIKE {sealed}{unknown}{beyond} \
             ORDER BY {key} LIMIT {BATCH}"
        );
        let rows = sql.raw_rows(&mut *store.read().await?, statement).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(parts(place, last)?);
        for row in &rows {
            let name = named_by(&parts(place, row)?);
            store.sealer().open(place, &name, row.try_get("sealed")?)?;
        }
    }
}
