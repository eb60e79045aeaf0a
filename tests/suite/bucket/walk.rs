//! A whole walk with originals in a bucket: nothing of them lies on this machine, and everything that is asked of them
//! works there too.

use casebind::case::ids::Digest;
use casebind::steps::fixity::check::Scope;

use crate::crash::Server;
use crate::fixity::verify;
use crate::support::bucket::run;
use crate::support::command;
use crate::support::{Bucket, Case, Database, House};

/// Files below a folder, if there is one.
fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

async fn a_case_walks_to_its_provable_original(house: House, bucket: Bucket) {
    let browser = house.applicant().await;
    let case = Case::submitted(&house, &browser).await;
    let dossier = case.dossier(&house).await;
    assert_eq!(dossier.state().as_str(), "submitted");
    let mut documents = vec![
        (format!("/prints/{}/form.pdf", dossier.prints[0].revision), dossier.prints[0].digest),
        (
            format!("/scans/{}/original", dossier.bound_scan().unwrap().id),
            dossier.bound_scan().unwrap().digest,
        ),
    ];
    for attachment in &dossier.attachments {
        documents.push((format!("/attachments/{}", attachment.id), attachment.digest));
    }
    let names = bucket.names().await;
    for (below, digest) in &documents {
        let page = case.get(below).await.expect(200);
        assert_eq!(Digest::of(&page.body), *digest);
        assert_eq!(page.header("content-length"), page.body.len().to_string());
        assert!(names.contains(&digest.to_string()));
    }
    assert_eq!(names.len() as i64, house.number("SELECT COUNT(*) FROM documents").await);
    for folder in ["originals", "tmp"] {
        assert_eq!(files_below(&house.data_dir().join(folder)), 0, "{folder}");
    }
    assert!(
        house
            .office()
            .readiness()
            .await
            .iter()
            .filter(|check| check.name == "originals")
            .all(|check| check.well)
    );

    let (found, summary) = verify(&house, Scope::ALL).await;
    assert_eq!((found, summary.originals as usize), (vec![], names.len()));

    // One of them is damaged there: it is named, and not one byte of it goes out.
    let (below, digest) = &documents[1];
    let good = bucket.stored(digest).await;
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    bucket.overwrite(digest, &bad).await;
    let page = case.get(below).await.expect(500);
    assert!(page.html().contains("與存入時的內容不符"));
    let (found, _) = verify(&house, Scope::ALL).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].digest, Some(*digest));
    bucket.lose(digest).await;
    assert!(case.get(below).await.expect(500).html().contains("找不到這份原始檔案"));
    bucket.overwrite(digest, &good).await;
    case.get(below).await.expect(200);
    assert_eq!(verify(&house, Scope::ALL).await.0, []);
}

#[test]
fn on_postgres() {
    run(Database::Postgres, module_path!(), a_case_walks_to_its_provable_original);
}

#[test]
fn on_sqlite() {
    run(Database::Sqlite, concat!(module_path!(), " embedded"), a_case_walks_to_its_provable_original);
}

#[test]
fn the_program_itself_serves_and_checks_a_bucket() {
    run(Database::Postgres, concat!(module_path!(), " served"), |house, bucket| async move {
        let case = Case::ready(&house.applicant().await).await;
        let installation = super::killed::installation(&house, &bucket.settings(house.data_dir()));
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        assert_eq!(server.get("/readyz").0, 200);
        let letter = crate::support::paper::letter("by the program");
        assert_eq!(server.attach(&case.path("/attachments"), "other", &letter).0, 303);
        assert_eq!(server.post(&case.path("/print"), "").0, 303);
        assert!(server.stop().success());
        assert!(bucket.names().await.contains(&Digest::of(&letter).to_string()));

        let verified = installation.run(&["verify", "--json"]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
        let bags = tempfile::tempdir().unwrap();
        installation.run(&["export", "--all", "--to", &bags.path().display().to_string()]).expect(0);
        let bag = bags.path().join(format!("casebind-{}", case.number));
        let manifest = std::fs::read_to_string(bag.join("manifest-sha256.txt")).unwrap();
        assert!(manifest.contains(&Digest::of(&letter).to_string()), "{manifest}");

        bucket.lose(&Digest::of(&letter)).await;
        let verified = installation.run(&["verify", "--json"]).expect(2).json();
        assert_eq!(verified[0]["finding"]["kind"], "missing", "{verified:?}");

        // Without its keys nothing is called missing.
        std::fs::write(house.data_dir().join("s3.keys"), "").unwrap();
        let refused = installation.run(&["verify", "--json"]).expect(1);
        refused.says(&["s3.keys", "CASEBIND_S3_ACCESS_KEY_ID"]);
        // They may come from the environment instead.
        let text = std::fs::read_to_string(installation.config()).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("keys_file")).collect();
        std::fs::write(installation.config(), lines.join("\n")).unwrap();
        let given = command::casebind(&installation.arguments(&["verify", "--json"]))
            .env("CASEBIND_S3_ACCESS_KEY_ID", &bucket.place.access_key_id)
            .env("CASEBIND_S3_SECRET_ACCESS_KEY", &bucket.place.secret_access_key)
            .output()
            .unwrap();
        command::Answer::from(given).expect(2);
    });
}
