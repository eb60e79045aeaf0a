//! Every table is kept or left out by name, and rows of an older schema are brought up to date.

use casebind::store::Store;
use casebind::store::snapshot::{self, LEFT_OUT, Loading, Snapshot, Unfit};

use crate::support::Database;
use crate::support::house::postgres_schema;

both! {
    async fn every_table_is_kept_or_left_out_by_name(house) {
        let mut snapshot = Snapshot::begin(&house.office().store).await.unwrap();
        let kept: Vec<String> =
            snapshot.tables().await.unwrap().into_iter().map(|table| table.name).collect();
        snapshot.end().await.unwrap();
        for table in ["cases", "flow", "documents", "people", "traces", "changes", "second_factors", "acceptances"] {
            assert!(kept.iter().any(|name| name == table), "{table}");
        }
        assert!(LEFT_OUT.iter().all(|out| !kept.iter().any(|name| name == out)));
    }

    async fn a_snapshot_does_not_see_what_is_written_after_it(house) {
        let mut snapshot = Snapshot::begin(&house.office().store).await.unwrap();
        house.sql("INSERT INTO zones (id, name) VALUES ('late', '遲到區')").await;
        let tables = snapshot.tables().await.unwrap();
        let zones = tables.iter().find(|table| table.name == "zones").unwrap();
        let rows = snapshot.next_rows(&mut snapshot::Reading::new(zones)).await.unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| !row.contains("late")), "{rows:?}");
        snapshot.end().await.unwrap();
    }

    async fn an_older_schema_is_made_first_and_brought_up_to_date(house) {
        let all = snapshot::applied(&mut house.office().store.read().await.unwrap()).await.unwrap();
        let place = tempfile::tempdir().unwrap();
        let url = match house.database() {
            Database::Sqlite => format!("sqlite://{}?mode=rwc", place.path().join("old.sqlite").display()),
            Database::Postgres => postgres_schema("an older schema").await,
        };
        let store = Store::connect(&url).await.unwrap();
        let older = &all[..all.len() - 1];
        let tables = snapshot::prepare(&store, older).await.unwrap();
        let zones = tables.iter().find(|table| table.name == "zones").unwrap();
        let mut loading = Loading::begin(&store, &tables).await.unwrap();
        loading.put(zones, &[r#"{"id":"z","name":"甲區"}"#.to_owned()], 1).await.unwrap();
        loading.commit().await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(snapshot::applied(&mut store.read().await.unwrap()).await.unwrap(), all);

        let mut strange = all.clone();
        strange[0].checksum = vec![0];
        assert!(matches!(snapshot::prepare(&store, &strange).await, Err(Unfit::OtherMigration(1))));
        let taken = snapshot::prepare(&house.office().store, &all).await.unwrap_err();
        assert!(matches!(taken, Unfit::NotEmpty("people")), "{taken}");
        store.close().await;
    }

    async fn a_row_that_names_nobody_stays_out(house) {
        let place = tempfile::tempdir().unwrap();
        let all = snapshot::applied(&mut house.office().store.read().await.unwrap()).await.unwrap();
        let url = match house.database() {
            Database::Sqlite => format!("sqlite://{}?mode=rwc", place.path().join("new.sqlite").display()),
            Database::Postgres => postgres_schema("a dangling row").await,
        };
        let store = Store::connect(&url).await.unwrap();
        let tables = snapshot::prepare(&store, &all).await.unwrap();
        let roles = tables.iter().find(|table| table.name == "roles").unwrap();
        let mut loading = Loading::begin(&store, &tables).await.unwrap();
        let row = r#"{"person_id":"nobody","role":"archivist","granted_at":1}"#.to_owned();
        loading.put(roles, &[row], 1).await.unwrap();
        let refused = loading.commit().await.unwrap_err();
        assert!(matches!(refused, Unfit::Dangling(_)), "{refused}");
        // References are checked at once again, as they were before.
        let mut tx = store.write().await.unwrap();
        let late = sqlx::query("INSERT INTO roles (person_id, role, granted_at) VALUES ('nobody', 'archivist', 1)");
        assert!(late.execute(&mut **tx).await.is_err());
        drop(tx);
        store.close().await;
    }
}
