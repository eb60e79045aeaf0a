//! Which columns name originals: the schema and a full case are read for any that the repair would overlook.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use casebind::case::ids::Digest;
use casebind::store::Backend;
use casebind::store::referred::{COLUMNS, TEXTS, referred};

use crate::review;
use crate::support::{House, Who};

/// Columns that hold digests of something else: the texts of collection notices.
const OTHERS: [(&str, &str); 5] = [
    ("collection_notices", "digest"),
    ("acceptances", "digest"),
    ("registrations", "notice_digest"),
    ("fixity_findings", "digest"),
    ("guards", "digest"),
];

/// Every column of the schema, by table.
async fn columns(house: &House) -> BTreeMap<String, Vec<String>> {
    let sql = match house.office().store.backend() {
        Backend::Sqlite => {
            "SELECT m.name || ' ' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'case_tokens%' AND m.name NOT LIKE 'sqlite%'"
        }
        Backend::Postgres => {
            "SELECT CAST(table_name AS TEXT) || ' ' || CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name NOT LIKE 'case_tokens%'"
        }
    };
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in house.texts(sql).await {
        let (table, column) = pair.split_once(' ').unwrap();
        columns.entry(table.to_owned()).or_default().push(column.to_owned());
    }
    assert!(columns.len() > 30, "this test reads the wrong schema: {columns:?}");
    columns
}

fn pairs(listed: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    listed.iter().map(|(table, column)| ((*table).to_owned(), (*column).to_owned())).collect()
}

async fn asked(house: &House, digests: &[Digest]) -> HashSet<Digest> {
    referred(&mut house.office().store.read().await.unwrap(), digests).await.unwrap()
}

both! {
    async fn every_column_that_is_called_a_digest_is_known(house) {
        let columns = columns(&house).await;
        let called: BTreeSet<_> = columns
            .into_iter()
            .flat_map(|(table, columns)| columns.into_iter().map(move |column| (table.clone(), column)))
            .filter(|(_, column)| column.contains("digest"))
            .collect();
        assert_eq!(called, pairs(&[&COLUMNS[..], &OTHERS].concat()));
    }

    async fn every_column_that_holds_the_digest_of_a_document_is_known(house) {
        let case = review::received(&house).await;
        let manager = house.sign_in(Who::Manager).await;
        let attachment = case.dossier(&house).await.attachments[0].id.clone();
        manager.get(&case.path(&format!("/attachments/{attachment}"))).await.expect(200);
        let digests = house.texts("SELECT digest FROM documents").await;
        assert_eq!(digests.len(), 4, "two attachments, the form and its scan");
        let mut holding = BTreeSet::new();
        for (table, columns) in columns(&house).await {
            for column in columns {
                let hits: Vec<_> = digests
                    .iter()
                    .map(|digest| format!("CAST(\"{column}\" AS TEXT) LIKE '%{digest}%'"))
                    .collect();
                let sql = format!("SELECT COUNT(*) FROM \"{table}\" WHERE {}", hits.join(" OR "));
                if house.number(&sql).await > 0 {
                    holding.insert((table.clone(), column));
                }
            }
        }
        let known = pairs(&[&COLUMNS[..], &TEXTS].concat());
        let unknown: Vec<_> = holding.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for (table, column) in [("documents", "digest"), ("traces", "digest"), ("flow", "evidence")] {
            assert!(holding.contains(&(table.to_owned(), column.to_owned())), "{table}.{column} was not looked at");
        }
    }

    async fn what_any_row_names_is_referred_to(house) {
        review::received(&house).await;
        let documents: Vec<Digest> =
            house.texts("SELECT digest FROM documents").await.iter().map(|digest| digest.parse().unwrap()).collect();
        let nobodys = Digest::of(b"nobody's");
        let (of_trace, of_flow) = (Digest::of(b"of a trace"), Digest::of(b"of the flow"));
        let all = [&documents[..], &[nobodys, of_trace, of_flow]].concat();
        assert_eq!(asked(&house, &all).await, documents.iter().copied().collect::<HashSet<_>>());
        assert_eq!(asked(&house, &[nobodys]).await, HashSet::new());
        assert_eq!(asked(&house, &[]).await, HashSet::new());

        // What only a history tells of was lost by the database, and is nobody's orphan.
        house.unguard("traces").await;
        house.sql(&format!("UPDATE traces SET digest = '{of_trace}' WHERE id = (SELECT MIN(id) FROM traces)")).await;
        house.unguard("flow").await;
        let evidence = format!(r#"[{{"kind":"scan","revision":1,"digest":"{of_flow}"}}]"#);
        house.sql(&format!("UPDATE flow SET evidence = '{evidence}' WHERE seq = 1")).await;
        let found = asked(&house, &[nobodys, of_trace, of_flow]).await;
        assert_eq!(found, HashSet::from([of_trace, of_flow]));
    }
}
