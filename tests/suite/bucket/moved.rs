//! `casebind migrate-store`: from folder to bucket and from SQLite to PostgreSQL, broken off and gone on with, and back.

use std::path::Path;

use casebind::case::ids::Digest;
use casebind::store::custody;
use serde_json::Value;

use super::killed::installation;
use crate::crash::Server;
use crate::support::command::{Answer, Installation, casebind};
use crate::support::house::postgres_schema;
use crate::support::{Bucket, Case, Database, House, run};

/// The configuration of an installation elsewhere.
pub(super) fn elsewhere(data: &Path, database: Option<&str>, more: &str) -> Installation {
    let installation = Installation::new("");
    let mut config = format!(
        "data_dir = \"{}\"\nlisten = \"127.0.0.1:0\"\n[organisation]\nname = \"示範學生輔導諮商中心\"\n",
        data.display()
    );
    if let Some(url) = database {
        config.push_str(&format!("[database]\nurl = \"{url}\"\n"));
    }
    std::fs::write(installation.config(), config + more).unwrap();
    installation
}

/// What moves one installation to the other.
pub(super) fn arguments(from: &Installation, to: &Installation) -> Vec<String> {
    let [from, to] = [from, to].map(|one| one.config().display().to_string());
    ["migrate-store", "--json", "--config", &from, "--to", &to].map(str::to_owned).into()
}

/// Moves one installation to the other.
pub(super) fn migrate(from: &Installation, to: &Installation) -> Answer {
    casebind(&arguments(from, to)).output().unwrap().into()
}

fn summary(answer: &Answer) -> Value {
    answer.json().last().expect("a summary")["summary"].clone()
}

/// The number of links of the house's chain, and its head, all of it linked.
async fn head(house: &House) -> (u64, Digest) {
    while house.office().chain().await.unwrap() > 0 {}
    let mut db = house.office().store.read().await.unwrap();
    let size = custody::links(&mut db).await.unwrap();
    (size, custody::range(&mut db, 0..size).await.unwrap())
}

#[cfg(debug_assertions)]
#[test]
fn an_installation_moves_to_postgres_and_a_bucket_and_back() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        Case::ready(&browser).await;
        let (links, root) = head(&house).await;
        let originals = house.number("SELECT COUNT(*) FROM documents").await as u64;
        let before = house.record().await;
        let bucket = Bucket::new(module_path!());
        let place = tempfile::tempdir().unwrap();
        let (new, url) = (place.path().join("new"), postgres_schema("moved").await);
        let from = installation(&house, "");
        let to = elsewhere(&new, Some(&url), &bucket.settings(place.path()));

        // It dies when the third original is there, and is no installation.
        let died = casebind(&arguments(&from, &to))
            .env("CASEBIND_TEST_FAULT", "archive.durable:3")
            .output()
            .unwrap();
        assert_eq!(Answer::from(died).code, -1);
        assert_eq!(bucket.names().await.len(), 3);
        to.run(&["verify"]).expect(1);
        let told = summary(&migrate(&from, &to).expect(0));
        assert_eq!(told["originals"]["named"], originals);
        assert_eq!(told["originals"]["copied"], originals - 3, "what is there isn't copied again");
        assert_eq!(told["read_again"], originals);
        assert_eq!(told["custody"]["links"], links);
        assert_eq!(told["custody"]["head"], root.to_string());
        assert!(told["rows"].as_u64().unwrap() > 50, "{told}");
        assert_eq!(bucket.names().await, before.originals);
        assert_eq!(house.record().await, before, "nothing of the source is changed");

        // Nobody serves the old one by mistake, and nothing is moved from it twice.
        from.run(&["user", "list"]).expect(1).says(&["was moved", "--reopen"]);
        migrate(&from, &to).expect(1).says(&["was moved"]);

        // The new one is the same: served, checked, and its chain goes on.
        let verified = to.run(&["verify", "--json"]).expect(0).json();
        assert_eq!(verified[0]["summary"]["originals"], originals, "{verified:?}");
        let chain = to.run(&["custody", "verify"]).expect(0);
        assert!(chain.out.contains("0 findings"), "{}", chain.out);
        let mut server = Server::start(&to);
        server.log_in("applicant");
        let scan = case.dossier(&house).await.bound_scan().unwrap().clone();
        assert_eq!(server.get(&case.path(&format!("/scans/{}/original", scan.id))).0, 200);
        assert_eq!(server.get(&case.path("")).0, 200);
        assert!(server.stop().success());

        // And back into a folder and an embedded database.
        let back = elsewhere(&place.path().join("back"), None, "");
        let told = summary(&migrate(&to, &back).expect(0));
        assert_eq!(told["originals"]["copied"], originals);
        let verified = back.run(&["verify", "--json"]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
        assert_eq!(bucket.names().await, before.originals, "nothing is deleted");

        // The first one can be served again, if that is said.
        from.run(&["migrate-store", "--reopen"]).expect(0);
        from.run(&["user", "list"]).expect(0);
    });
}

#[test]
fn originals_alone_move_and_the_database_stays() {
    run(Database::Postgres, module_path!(), |house| async move {
        Case::ready(&house.applicant().await).await;
        let bucket = Bucket::new(module_path!());
        let from = installation(&house, "");
        let to = installation(&house, &bucket.settings(house.data_dir()));
        let told = summary(&migrate(&from, &to).expect(0));
        assert_eq!(told["originals"]["copied"], house.originals().len());
        assert_eq!(bucket.names().await, house.originals());
        to.run(&["verify"]).expect(0);
        let again = summary(&migrate(&from, &to).expect(0));
        assert_eq!(again["originals"]["copied"], 0);

        // A damaged one is named, not carried along.
        let digest: Digest = house.originals()[0].parse().unwrap();
        bucket.lose(&digest).await;
        crate::fixity::overwrite(&house.original(&digest), b"damaged");
        let lacking = migrate(&from, &to).expect(2);
        let kinds: Vec<_> = lacking
            .json()
            .iter()
            .filter_map(|line| line["finding"]["kind"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(kinds, ["lacking", "missing"]);
        migrate(&from, &from).expect(1).says(&["nothing to move"]);
    });
}

#[test]
fn an_installation_that_is_served_or_a_database_that_is_used_is_left_alone() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let bucket = Bucket::new(module_path!());
        let place = tempfile::tempdir().unwrap();
        let from = installation(&house, "");
        let url = postgres_schema("left alone").await;
        let to = elsewhere(&place.path().join("new"), Some(&url), &bucket.settings(place.path()));
        let server = Server::start(&from);
        let served = "SELECT COUNT(*) FROM leases WHERE name = 'job/custody' AND until > 0";
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while house.number(served).await == 0 {
            assert!(std::time::Instant::now() < end, "a server has its jobs within a minute");
            tokio::task::yield_now().await;
        }
        migrate(&from, &to).expect(1).says(&["somebody serves this installation"]);
        assert!(bucket.names().await.is_empty());
        assert!(server.stop().success());

        // Somebody else's rows.
        let other = elsewhere(&place.path().join("other"), Some(&url), "");
        other.run(&["migrate"]).expect(0);
        other.run(&["seed", "--cases", "2"]).expect(0);
        migrate(&from, &to).expect(1).says(&["isn't the same in both databases"]);
        from.run(&["user", "list"]).expect(0);
    });
}
