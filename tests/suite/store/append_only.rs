//! What is only ever added stays: the database itself refuses.

use casebind::case::role::Role;
use casebind::store::traces::{self, Trace};

use crate::support::{Case, House, Who};

/// Runs SQL that should fail, and tells how it failed.
async fn refused(house: &House, sql: &str) -> String {
    let mut tx = house.office().store.write().await.unwrap();
    let answer = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut **tx).await;
    answer.err().map_or_else(|| panic!("{sql} was done"), |error| error.to_string())
}

both! {
    async fn flow_and_traces_can_not_be_changed_or_deleted(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        case.page().await;
        for sql in [
            "UPDATE flow SET reason = 'x'",
            "UPDATE traces SET person_id = 'nobody'",
            "DELETE FROM flow",
            "DELETE FROM traces",
            "DELETE FROM traces WHERE action = 'view-case'",
        ] {
            assert!(refused(&house, sql).await.contains("is append-only"), "{sql}");
        }
        if house.office().store.backend() == casebind::store::Backend::Postgres {
            assert!(refused(&house, "TRUNCATE traces CASCADE").await.contains("is append-only"));
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM flow").await, 1);
    }

    async fn no_table_that_is_only_added_to_lets_a_row_be_changed_or_taken(house) {
        let applicant = house.applicant().await;
        Case::submitted(&house, &applicant).await;
        applicant.get("/cases").await.expect(200);
        let admin = house.sign_in(Who::Administrator).await;
        admin.post("/admin/accounts/colleague/disable", &[("reason", "離職")]).await.leads_to("/admin/accounts");
        // What proves something later, with a column of each; those without a row here have their own tests.
        for (table, column) in [
            ("changes", "new_value"),
            ("changes", "actor_id"),
            ("flow", "reason"),
            ("traces", "person_id"),
            ("trace_cases", "case_id"),
            ("collection_notices", "body"),
            ("acceptances", "person_id"),
        ] {
            assert!(house.number(&format!("SELECT COUNT(*) FROM {table}")).await > 0, "{table} has a row");
            for sql in [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")] {
                let told = refused(&house, &sql).await;
                assert!(told.contains(&format!("{table} is append-only")), "{sql}: {told}");
            }
            if house.office().store.backend() == casebind::store::Backend::Postgres {
                let told = refused(&house, &format!("TRUNCATE {table} CASCADE")).await;
                assert!(told.contains("is append-only"), "{table}: {told}");
            }
        }
        let told = house.texts("SELECT new_value FROM changes WHERE subject_id = 'colleague'").await;
        assert_eq!(told, ["停用"]);
    }

    async fn the_guard_is_put_back_at_each_start_and_two_starts_do_not_disturb_each_other(house) {
        let store = &house.office().store;
        house.unguard("flow").await;
        let (one, two) = tokio::join!(store.migrate(), store.migrate());
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        Case::opened(&house.applicant().await).await;
        assert!(refused(&house, "DELETE FROM flow").await.contains("is append-only"));
    }

    async fn traces_older_than_five_years_may_go(house) {
        // The database asks its own clock, not the test's.
        let now = casebind::clock::World::system().now();
        let year = 365 * 24 * 60 * 60 * 1000;
        let case = Case::opened(&house.applicant().await).await.id(&house).await;
        let mut tx = house.office().store.write().await.unwrap();
        for (id, at) in [("young", now - 4 * year), ("old", now - 6 * year)] {
            let trace = Trace { action: "export-cases", cases: &[&case], ..Trace::default() };
            traces::add(&mut tx, id, at, &trace).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(refused(&house, "DELETE FROM trace_cases WHERE trace_id = 'young'").await.contains("is append-only"));
        assert!(refused(&house, "UPDATE trace_cases SET case_id = 'x'").await.contains("is append-only"));
        assert!(refused(&house, "DELETE FROM traces WHERE id = 'young'").await.contains("is append-only"));
        house.sql("DELETE FROM traces WHERE id = 'old'").await;
        assert_eq!(house.texts("SELECT id FROM traces WHERE id IN ('old', 'young')").await, ["young"]);
        assert_eq!(house.texts("SELECT trace_id FROM trace_cases").await, ["young"], "the cases go with their trace");
    }

    async fn a_trace_keeps_the_name_and_the_roles_of_its_moment(house) {
        let case = Case::opened(&house.applicant().await).await;
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('manager', 'archivist', 1)").await;
        house.sign_in(Who::Manager).await.get(&case.path("")).await.expect(200);
        house.sql("DELETE FROM roles WHERE person_id = 'manager'").await;
        house.sql("UPDATE people SET name = '改名' WHERE id = 'manager'").await;
        let id = case.id(&house).await;
        let mut db = house.office().store.read().await.unwrap();
        let page = traces::page(&mut db, &id, &traces::Narrow::default(), &traces::Turn::First).await.unwrap();
        let newest = &page.traces[0];
        assert_eq!((newest.name.as_str(), newest.action.as_str()), ("陳個管", "view-case"));
        assert_eq!(newest.roles, [Role::Archivist, Role::CaseManager]);
        assert_eq!(newest.remote, crate::support::browser::ADDRESS);
        assert!(!newest.request.is_empty());
    }
}
