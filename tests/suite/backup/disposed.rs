//! What was disposed of after a backup is disposed of again in what is restored from it, before anybody comes in.

use std::fs;

use casebind::config::DataDir;

use super::{back_up, check, generation, installed, kinds, restore, rows, summary};
use crate::disposal::{WORDS, dispose_of, due, files_left, texts};
use crate::support::{House, Who};

both! {
    async fn what_was_disposed_of_since_the_backup_is_gone_again(house) {
        let case = due(&house).await;
        let id = case.id(&house).await;
        crate::custody::sign(&house).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        back_up(&installation, &folder, &[]).expect(0);
        let ledger = folder.join("disposals");
        assert!(!ledger.exists(), "nothing was disposed of");
        let taken = rows(&generation(&folder, 1));
        assert!(!taken["subjects.jsonl"].is_empty(), "the backup holds the case");
        dispose_of(&house, &case).await;
        house.office().remove_disposed().await.unwrap();
        back_up(&installation, &folder, &[]).expect(0);
        assert!(ledger.join(format!("{}.json", case.number)).exists(), "the ledger lies beside the backups");
        let after = rows(&generation(&folder, 2));
        assert!(after["subjects.jsonl"].is_empty());

        // The drill tells what a restore would do: of the older backup, and of the newer one.
        let keys = house.data_dir().join("keys").display().to_string();
        let told = folder.display().to_string();
        let drill = |more: &[&str]| {
            let arguments = [&["restore", &told, "--check", "--json", "--keys", &keys], more].concat();
            summary(&crate::support::command::run(&arguments).expect(0))["disposals"].clone()
        };
        assert_eq!(drill(&["--generation", "1"])["done"], 1);
        assert_eq!((drill(&[])["done"].clone(), drill(&[])["known"].clone()), (0.into(), 1.into()));

        // Restored by the ledger beside the backups, and by one that was kept elsewhere.
        let elsewhere = place.path().join("elsewhere");
        for way in ["beside", "elsewhere"] {
            let restored = tempfile::tempdir().unwrap();
            let named = elsewhere.display().to_string();
            let mut more = vec!["--generation", "1"];
            if way == "elsewhere" {
                fs::rename(&ledger, &elsewhere).unwrap();
                more.extend(["--disposals", named.as_str()]);
            }
            let done = restore(&folder, restored.path(), &house.data_dir().join("keys"), &more).expect(0);
            assert_eq!(summary(&done)["disposals"], serde_json::json!({ "done": 1, "known": 0, "absent": 0 }));
            assert!(restored.path().join(DataDir::DATABASE).exists());
            assert!(!restored.path().join("DISPOSALS-DUE").exists(), "it is done");
            let again = House::over(restored).await;
            let left: Vec<_> = texts(&again)
                .await
                .into_iter()
                .filter(|(_, text)| WORDS.iter().any(|word| text.contains(word)))
                .collect();
            assert!(left.is_empty(), "{left:#?}");
            assert!(files_left(&again).await.is_empty());
            assert_eq!(again.originals(), house.originals(), "the certificate alone");
            assert_eq!(again.number("SELECT COUNT(*) FROM disposals WHERE outcome = 'approved'").await, 1);
            assert_eq!(again.number("SELECT COUNT(*) FROM flow").await, house.number("SELECT COUNT(*) FROM flow").await);
            assert!(again.traces(&id).await.contains(&"replay-disposal".to_owned()));
            let manager = again.sign_in(Who::Manager).await;
            let gone = manager.get(&case.path("")).await.expect(410);
            assert!(gone.one("main").contains("依保存年限銷毀"), "{}", gone.one("main"));
            crate::custody::sign(&again).await;
            let (_, found) = crate::custody::checked(&again).await;
            assert!(found.is_empty(), "{found:#?}");
        }
    }

    async fn nobody_is_served_before_that(house) {
        let installation = installed(house.data_dir(), Some(&house.database_url));
        // A restore that was broken off after its last row leaves this.
        let due = house.data_dir().join("DISPOSALS-DUE");
        fs::write(&due, "").unwrap();
        installation.run(&["serve"]).expect(1).says(&["casebind disposals replay"]);
        let ledger = tempfile::tempdir().unwrap();
        installation.run(&["disposals", "replay", &ledger.path().display().to_string()]).expect(0);
        assert!(!due.exists());
        crate::crash::Server::start(&installation).kill();
    }

    async fn a_ledger_that_was_changed_is_told_before_anything_is_restored(house) {
        let case = crate::disposal::small(&house).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        back_up(&installation, &folder, &[]).expect(0);
        dispose_of(&house, &case).await;
        back_up(&installation, &folder, &[]).expect(0);
        fs::write(folder.join(format!("disposals/{}.pdf", case.number)), b"%PDF-1.7 another").unwrap();
        assert_eq!(kinds(&check(&folder, house.data_dir())), ["ledger-unfit"]);
        let new = place.path().join("new");
        let refused = || restore(&folder, &new, &house.data_dir().join("keys"), &["--generation", "1"]).expect(1);
        refused().says(&["isn't the one that it names"]);
        // Nobody who can write there has another case destroyed.
        let told = folder.join(format!("disposals/{}.json", case.number));
        let text = fs::read_to_string(&told).unwrap();
        fs::write(&told, text.replace(&case.number, "1150000099")).unwrap();
        refused().says(&["its seal isn't of the installation's key"]);
        assert!(!new.exists());
    }
}
