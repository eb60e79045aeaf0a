//! A backup is taken while people upload: whoever was answered before it began is in it.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use casebind::archive::Originals;
use casebind::case::ids::Digest;
use casebind::store::{Store, documents};

use super::{back_up, check, generation, installed, kinds, restore, summary};
use crate::crash::Server;
use crate::support::command::{Answer, casebind};
use crate::support::house::postgres_schema;
use crate::support::{Case, Database, paper};

/// Uploads that are answered before the backup begins.
const BEFORE: usize = 6;

both! {
    async fn every_upload_that_was_answered_before_the_backup_is_in_it(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");

        let (answered, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
        let upload = |at: usize| {
            let file = paper::letter(&format!("file {at}"));
            let (status, page) = server.attach(&case.path("/attachments"), "other", &file);
            assert_eq!(status, 303, "{page}");
            answered.lock().unwrap().push((Digest::of(&file), file.len()));
        };
        let (before, taken): (Vec<(Digest, usize)>, Answer) = thread::scope(|threads| {
            let uploads = threads.spawn(|| (0..).take_while(|_| !stop.load(Ordering::SeqCst)).for_each(upload));
            let wait_for = |many: usize| {
                while answered.lock().unwrap().len() < many {
                    assert!(!uploads.is_finished(), "an upload was refused");
                    thread::yield_now();
                }
            };
            wait_for(BEFORE);
            let before = answered.lock().unwrap().clone();
            let taken = back_up(&installation, &folder, &[]);
            // Uploads went on meanwhile, and go on afterwards.
            let so_far = answered.lock().unwrap().len();
            wait_for(so_far + 2);
            stop.store(true, Ordering::SeqCst);
            (before, taken)
        });
        let taken = taken.expect(0);
        assert!(server.stop().success());
        assert!(summary(&taken)["originals"]["copied"].as_u64().unwrap() >= BEFORE as u64);
        check(&folder, house.data_dir()).expect(0);

        let new = place.path().join("new");
        let url = match house.database() {
            Database::Sqlite => format!("sqlite://{}", new.join("casebind.sqlite").display()),
            Database::Postgres => postgres_schema("a backup comes back").await,
        };
        let more: &[&str] = if url.starts_with("postgres") { &["--database-url", &url] } else { &[] };
        restore(&folder, &new, &house.data_dir().join("keys"), more).expect(0);
        let store = Store::connect(&url).await.unwrap();
        let originals = Originals::for_check(&new, &house.vault());
        for (digest, bytes) in &before {
            let row = documents::find(&mut store.read().await.unwrap(), digest).await.unwrap().unwrap();
            assert_eq!(usize::try_from(row.bytes).unwrap(), *bytes);
            originals.open_verified(digest, *bytes as u64).await.unwrap();
        }
        let named = format!(
            "SELECT COUNT(DISTINCT digest) FROM attachments WHERE digest IN ({})",
            before.iter().map(|(digest, _)| format!("'{digest}'")).collect::<Vec<_>>().join(", ")
        );
        let mut db = store.read().await.unwrap();
        let bound: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(named)).fetch_one(&mut **db).await.unwrap();
        assert_eq!(usize::try_from(bound).unwrap(), before.len(), "each is bound to its case");
        drop(db);
        store.close().await;
        let restored = installed(&new, Some(&url));
        let verified = restored.run(&["verify", "--json"]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
        // What is restored is an installation: people sign in, and go on where they were.
        let mut server = Server::start(&restored);
        server.log_in("applicant");
        assert_eq!(server.get(&case.path("")).0, 200);
        assert_eq!(server.attach(&case.path("/attachments"), "other", &paper::letter("afterwards")).0, 303);
        assert!(server.stop().success());
    }

    async fn a_run_that_is_killed_leaves_what_the_next_goes_on_with(house) {
        let browser = house.applicant().await;
        Case::submitted(&house, &browser).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        let told = folder.display().to_string();
        // Tables are read in the order of their names: at the first, in the middle, at the last.
        for table in ["acceptances", "flow", "zones"] {
            let mut run = casebind(&installation.arguments(&["backup", "--to", &told]));
            let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let rows = generation(&folder, 1).join(format!("rows/{table}.jsonl"));
            while !rows.exists() && run.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            run.kill().unwrap();
            run.wait().unwrap();
            let found = kinds(&check(&folder, house.data_dir()));
            let broken_off = ["no-generation", "unfinished"];
            assert!(found.iter().all(|kind| broken_off.contains(&kind.as_str())), "{found:?}");
        }
        let told = summary(&back_up(&installation, &folder, &[]).expect(0));
        assert_eq!(told["originals"]["named"], house.originals().len());
        check(&folder, house.data_dir()).expect(0);
    }

    async fn a_second_backup_copies_what_is_new_alone(house) {
        let browser = house.applicant().await;
        Case::submitted(&house, &browser).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        let first = summary(&back_up(&installation, &folder, &[]).expect(0));
        let all = first["originals"]["named"].as_u64().unwrap();
        assert_eq!((first["generation"].as_u64(), first["originals"]["copied"].as_u64()), (Some(1), Some(all)));
        let case = Case::ready(&browser).await;
        let second = summary(&back_up(&installation, &folder, &[]).expect(0));
        assert_eq!(second["generation"], 2);
        assert_eq!(second["originals"]["named"], all + 2, "{}", case.number);
        assert_eq!(second["originals"]["copied"], 2);
        let third = summary(&back_up(&installation, &folder, &["--keep", "1"]).expect(0));
        assert_eq!((&third["removed"]["generations"], &third["removed"]["originals"]), (&2.into(), &0.into()));
        let checked = check(&folder, house.data_dir()).expect(0);
        let told = summary(&checked);
        assert_eq!((&told["generation"], &told["originals"]), (&3.into(), &(all + 2).into()));
        assert_eq!((&told["tables"]["cases"], &told["seal"]), (&2.into(), &"checked".into()));
        assert_eq!(told["schema"], told["schema_now"]);
        assert!(told["tables"]["flow"].as_u64().unwrap() > 3);
    }
}
