//! The database is locked, goes away, or loses the answer to a commit: people are told so, nothing is there by
//! halves, and once it is back everything goes on, without a restart.

use casebind::clock::Entropy;
use casebind::store::Store;
use casebind::web;

use super::gate::{Gate, Lost};
use crate::support::browser::Chosen;
use crate::support::{Browser, Case, Database, House, Page, paper, run};

/// Connections of a pool at most.
const CONNECTIONS: usize = 8;

/// An applicant at a house that reaches its database through a gate.
async fn applicant_at(house: &House, gate: &Gate) -> (Browser, Store) {
    let store = Store::connect(gate.url()).await.unwrap().with_keys(house.keys(), Entropy::system());
    let mut app = house.app.clone();
    app.office.store = store.clone();
    (house.applicant().await.at(web::router(app)), store)
}

async fn attach(browser: &Browser, case: &Case, file: &[u8]) -> Page {
    let file = Chosen::pdf("x.pdf", file);
    browser.upload(&case.path("/attachments"), &[("category", "other")], file).await
}

/// Insists that a page says that the database can't be used, and what is safe.
#[track_caller]
fn told(page: Page) {
    let text = page.expect(503).html();
    for words in ["資料庫暫時無法使用", "先前已回報成功的資料與檔案都還在。", "錯誤編號"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_locked_database_is_told_and_forgotten() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        // A connection waits fifteen seconds for a lock; here none does.
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = house.office().store.read().await.unwrap();
            sqlx::query("PRAGMA busy_timeout = 20").execute(&mut **connection).await.unwrap();
            connections.push(connection);
        }
        drop(connections);
        let before = house.record().await.rows;
        let somebody = Store::connect(&house.database_url).await.unwrap();
        let lock = somebody.write().await.unwrap();
        let file = paper::letter("late");
        told(attach(&browser, &case, &file).await);
        told(case.post("/print", &[]).await);
        assert_eq!(house.record().await.rows, before);

        lock.rollback().await.unwrap();
        somebody.close().await;
        attach(&browser, &case, &file).await.leads_to(&case.path("/attachments"));
        case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
    });
}

#[test]
fn a_database_that_goes_and_comes_back_needs_no_restart() {
    run(Database::Postgres, module_path!(), |house| async move {
        let gate = Gate::before(&house.database_url).await;
        let (browser, store) = applicant_at(&house, &gate).await;
        let case = Case::ready(&browser).await;
        let before = house.record().await.rows;
        gate.shut();
        let file = paper::letter("late");
        told(attach(&browser, &case, &file).await);
        told(browser.get(&case.path("")).await);
        told(browser.get("/login").await);
        assert_eq!(house.record().await.rows, before);
        gate.open();
        attach(&browser, &case, &file).await.leads_to(&case.path("/attachments"));

        // The server ends every connection, as at its restart.
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(store.read().await.unwrap());
        }
        for connection in &mut connections {
            let process: i32 =
                sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut ***connection).await.unwrap();
            let ended = format!("SELECT COUNT(*) FROM (SELECT 1 WHERE pg_terminate_backend({process})) t");
            assert_eq!(house.number(&ended).await, 1);
        }
        drop(connections);
        case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(house.number("SELECT COUNT(*) FROM attachments").await, 3);
    });
}

#[test]
fn a_commit_that_is_lost_or_not_heard_of_is_done_once() {
    run(Database::Postgres, module_path!(), |house| async move {
        let gate = Gate::before(&house.database_url).await;
        let case = Case::ready(&house.applicant().await).await;
        let (browser, _) = applicant_at(&house, &gate).await;
        let attachments = "SELECT COUNT(*) FROM attachments";
        let file = paper::letter("late");
        gate.lose_commit_of("INSERT INTO attachments", Lost::Request);
        told(attach(&browser, &case, &file).await);
        assert_eq!(house.number(attachments).await, 2, "nothing of it is there");
        attach(&browser, &case, &file).await.leads_to(&case.path("/attachments"));
        assert_eq!(house.number(attachments).await, 3);

        gate.lose_commit_of("INSERT INTO prints", Lost::Answer);
        told(browser.post(&case.path("/print"), &[]).await);
        assert_eq!(
            house.number("SELECT COUNT(*) FROM prints").await,
            1,
            "it was done, and nobody heard of it"
        );
        browser.post(&case.path("/print"), &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(house.number("SELECT COUNT(*) FROM prints").await, 1);
        assert_eq!(case.state().await, "核章");
    });
}
