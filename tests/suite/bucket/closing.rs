//! Whoever writes to an installation while its move ends, or serves it afterwards, is noticed: nothing is left behind unsaid.

use std::time::{Duration, Instant};

use casebind::store::{Tx, traces};
use tokio::task::JoinHandle;

use super::killed::installation;
use super::moved::{arguments, elsewhere, migrate};
use crate::crash::{Server, ask};
use crate::support::command::{Answer, Installation, casebind};
use crate::support::{Case, Database, House, run};

/// For ever, as far as leases go.
const FOR_EVER: i64 = 9_000_000_000_000_000;

/// A move that nobody waits for yet.
fn begin(from: &Installation, to: &Installation) -> JoinHandle<Answer> {
    let arguments = arguments(from, to);
    tokio::task::spawn_blocking(move || casebind(&arguments).output().unwrap().into())
}

/// Somebody in the middle of a step: what is written isn't committed. On PostgreSQL nobody sees it, and nobody writes
/// alone meanwhile.
async fn in_the_middle(house: &House) -> Tx {
    let case = Case::opened(&house.applicant().await).await.id(house).await;
    let mut tx = house.office().store.write().await.unwrap();
    let trace = traces::Trace { case: Some(&case), action: "view-case", ..Default::default() };
    traces::add(&mut tx, "a-trace-of-this-test", 1, &trace).await.unwrap();
    tx
}

/// Waits until the rows are compared, and the last look waits for that step.
async fn until_it_waits(house: &House) {
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND mode = 'ShareRowExclusiveLock' AND relation IN \
                 (SELECT t.oid FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace \
                 WHERE n.nspname = current_schema())";
    let end = Instant::now() + Duration::from_secs(90);
    while house.number(waits).await == 0 {
        assert!(Instant::now() < end, "it looks once more, while nobody else writes");
        tokio::task::yield_now().await;
    }
}

#[test]
fn what_was_written_after_the_rows_were_compared_is_told() {
    run(Database::Postgres, module_path!(), |house| async move {
        let place = tempfile::tempdir().unwrap();
        let from = installation(&house, "");
        let to = elsewhere(&place.path().join("new"), None, "");
        let tx = in_the_middle(&house).await;
        let moving = begin(&from, &to);
        until_it_waits(&house).await;
        tx.commit().await.unwrap();
        let told = moving.await.unwrap().expect(1);
        told.says(&["isn't the same in both databases", "name an empty database"]);
        assert!(!told.out.contains("summary"), "it isn't called done: {}", told.out);
        from.run(&["user", "list"]).expect(0);
        // With all of it.
        let to = elsewhere(&place.path().join("newer"), None, "");
        migrate(&from, &to).expect(0);
        from.run(&["user", "list"]).expect(1).says(&["was moved"]);
    });
}

#[test]
fn whoever_begins_to_serve_meanwhile_is_told() {
    run(Database::Postgres, module_path!(), |house| async move {
        let place = tempfile::tempdir().unwrap();
        let from = installation(&house, "");
        let to = elsewhere(&place.path().join("new"), None, "");
        let tx = in_the_middle(&house).await;
        let moving = begin(&from, &to);
        until_it_waits(&house).await;
        let serves =
            format!("INSERT INTO leases (name, holder, until) VALUES ('job/custody', 'another', {FOR_EVER})");
        house.sql(&serves).await;
        tx.rollback().await.unwrap();
        moving.await.unwrap().expect(1).says(&["somebody has begun to serve", "stop every process"]);
        house.sql("UPDATE leases SET until = 0 WHERE name = 'job/custody'").await;
        // Nothing was written: the same goes on.
        migrate(&from, &to).expect(0);
    });
}

both! {
    async fn whoever_still_serves_what_was_moved_ends(house) {
        let server = Server::start(&installation(&house, ""));
        let moved = format!("INSERT INTO leases (name, holder, until) VALUES ('moved', 'moved', {FOR_EVER})");
        house.sql(&moved).await;
        let end = Instant::now() + Duration::from_secs(90);
        while ask(server.address(), "/readyz").is_some() {
            assert!(Instant::now() < end, "it ends by itself");
            tokio::task::yield_now().await;
        }
        assert!(server.wait().success());
    }
}
