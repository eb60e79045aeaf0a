//! Whether the process lives and is ready: `/healthz` and `/readyz`, for strangers and for whoever watches.

use casebind::intake::Judge;
use casebind::web;

use super::watcher;
use crate::support::house::limits;
use crate::support::{House, Page};

fn is(page: &Page, word: &str) {
    assert_eq!(page.header("content-type"), "application/health+json");
    assert_eq!(page.json(), serde_json::json!({ "status": word }), "strangers learn no more than that");
}

/// The looks that aren't well, as whoever watches is told.
async fn ailing(house: &House) -> Vec<String> {
    let page = watcher(house).get("/readyz").await.expect(503);
    let json = page.json();
    assert_eq!(json["status"], "fail");
    let checks = json["checks"].as_object().unwrap();
    assert_eq!(checks.len(), 5, "{json}");
    checks.iter().filter(|(_, look)| look[0]["status"] == "fail").map(|(name, _)| name.clone()).collect()
}

both! {
    async fn a_process_that_is_well_says_so_and_one_that_leaves_is_not_ready(house) {
        let stranger = house.stranger();
        is(&stranger.get("/healthz").await.expect(200), "pass");
        is(&stranger.get("/readyz").await.expect(200), "pass");
        let detail = watcher(&house).get("/readyz").await.expect(200).json();
        for check in ["serving", "database", "migrations", "originals", "reader"] {
            assert_eq!(detail["checks"][check][0]["status"], "pass", "{detail}");
        }
        house.office().process.leave();
        is(&stranger.get("/readyz").await.expect(503), "fail");
        is(&stranger.get("/healthz").await.expect(200), "pass");
        assert_eq!(ailing(&house).await, ["serving"]);
        stranger.get("/login").await.expect(200);
    }

    async fn a_schema_of_another_program_is_not_ready(house) {
        house.sql("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 43").await;
        is(&house.stranger().get("/readyz").await.expect(503), "fail");
        assert_eq!(ailing(&house).await, ["migrations"]);
    }

    async fn a_database_that_is_gone_is_not_ready_and_the_process_lives(house) {
        house.office().store.close().await;
        let stranger = house.stranger();
        is(&stranger.get("/readyz").await.expect(503), "fail");
        is(&stranger.get("/healthz").await.expect(200), "pass");
        assert_eq!(ailing(&house).await, ["database", "migrations"]);
        let metrics = watcher(&house).get("/metrics").await.expect(200).html();
        assert_eq!(super::value(&metrics, "casebind_database_up"), 0.0, "{metrics}");
        assert!(metrics.contains("casebind_sessions NaN"), "{metrics}");
    }

    async fn originals_that_can_not_be_written_are_not_ready(house) {
        let originals = house.data_dir().join("originals");
        std::fs::rename(&originals, house.data_dir().join("elsewhere")).unwrap();
        is(&house.stranger().get("/readyz").await.expect(503), "fail");
        assert_eq!(ailing(&house).await, ["originals"]);
    }

    async fn a_reader_that_does_not_answer_is_not_ready(house) {
        let mut house = house;
        house.app.office.judge = Judge::new("/bin/false".into(), limits());
        house.router = web::router(house.app.clone());
        is(&house.stranger().get("/readyz").await.expect(503), "fail");
        assert_eq!(ailing(&house).await, ["reader"]);
    }
}
