//! After a restore from an older backup what was disposed of since is disposed of again.

use casebind::archive::backup::SealKey;
use casebind::case::ids::Digest;
use casebind::steps::disposal::replay::Replayed;

use crate::crash::killed::installation;
use crate::support::command::run;
use crate::support::{Case, Database, House, Who, run as run_in};

use super::{WORDS, dispose_of, files_left, small, texts};

/// What the disposals of a house are sealed with.
fn seal(house: &House) -> SealKey {
    SealKey::of(&std::fs::read(house.data_dir().join("keys/page-code.key")).unwrap())
}

/// All originals, with their bytes.
fn originals(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let of = |name: &String| {
        let digest = name.parse::<Digest>().unwrap();
        (house.original(&digest), house.plain(&digest))
    };
    house.originals().iter().map(of).collect()
}

both! {
    async fn what_is_exported_is_known_where_it_was_made(house) {
        let case = small(&house).await;
        dispose_of(&house, &case).await;
        let (installation, to) = (installation(&house), house.data_dir().join("outbox"));
        let (config, to) = (installation.config().display().to_string(), to.display().to_string());
        let export = ["disposals", "export", "--config", &config, "--to", &to];
        assert!(run(&export).expect(0).out.contains("1 disposals written"));
        assert!(run(&export).expect(0).out.contains("0 disposals written"));
        let told = std::fs::read_to_string(format!("{to}/{}.json", case.number)).unwrap();
        assert!(told.contains("吳檔案") && WORDS.iter().all(|word| !told.contains(word)), "{told}");
        let (ledger, mut since) = (house.data_dir().join("ledger"), None);
        house.office().keep_ledger(&ledger, &seal(&house), &mut since).await.unwrap();
        assert!(since.is_some() && ledger.join(format!("{}.json", case.number)).exists());
        std::fs::remove_dir_all(&ledger).unwrap();
        house.office().keep_ledger(&ledger, &seal(&house), &mut since).await.unwrap();
        assert!(!ledger.exists(), "nothing was disposed of since");
        let replayed = run(&["disposals", "replay", &to, "--config", &config]).expect(0).out;
        assert!(replayed.contains("0 cases disposed of again, 1 known"), "{replayed}");
        std::fs::write(format!("{to}/{}.pdf", case.number), b"%PDF-1.7 another").unwrap();
        run(&["disposals", "replay", &to, "--config", &config]).expect(1).says(&["isn't the one that it names"]);
    }
}

/// Over a copy of the embedded database's file: what is replayed is the same over another.
#[test]
fn a_case_that_came_back_with_a_backup_goes_again() {
    run_in(Database::Sqlite, module_path!(), |house| async move {
        let case = small(&house).await;
        let id = case.id(&house).await;
        // The backup: every file, and the database as it is now.
        let kept = originals(&house);
        let backup = house.data_dir().join("tmp/backup.sqlite");
        house.sql(&format!("VACUUM INTO '{}'", backup.display())).await;
        dispose_of(&house, &case).await;
        let to = house.data_dir().join("outbox");
        house.office().export_disposals(&to, &seal(&house)).await.unwrap();
        house.office().remove_disposed().await.unwrap();

        // The restore: an installation of its own over the backup.
        let restored = tempfile::tempdir().unwrap();
        std::fs::rename(&backup, restored.path().join(casebind::config::DataDir::DATABASE)).unwrap();
        std::fs::copy(house.data_dir().join("VERSION"), restored.path().join("VERSION")).unwrap();
        std::fs::create_dir(restored.path().join("keys")).unwrap();
        for key in std::fs::read_dir(house.data_dir().join("keys")).unwrap().flatten() {
            std::fs::copy(key.path(), restored.path().join("keys").join(key.file_name())).unwrap();
        }
        let again = House::over(restored).await;
        for (path, bytes) in kept {
            let stored = again.office().originals.put_bytes(&bytes).await.unwrap();
            assert_eq!(
                Some(stored.digest.to_string().as_str()),
                path.file_name().and_then(|name| name.to_str())
            );
        }
        assert_eq!(again.number("SELECT COUNT(*) FROM cases WHERE disposed_at IS NULL").await, 1);
        let done = again.office().replay_disposals(&to, &seal(&house)).await.unwrap();
        assert_eq!(done, Replayed { done: 1, known: 0, absent: 0 });
        let twice = again.office().replay_disposals(&to, &seal(&house)).await.unwrap();
        assert_eq!(twice, Replayed { done: 0, known: 1, absent: 0 });
        again.office().remove_disposed().await.unwrap();
        let left: Vec<_> = texts(&again)
            .await
            .into_iter()
            .filter(|(_, text)| WORDS.iter().any(|word| text.contains(word)))
            .collect();
        assert!(left.is_empty(), "{left:#?}");
        assert!(files_left(&again).await.is_empty());
        assert_eq!(again.originals(), house.originals(), "the certificate alone");
        assert!(again.traces(&id).await.contains(&"replay-disposal".to_owned()));
        let gone: Case = Case { number: case.number.clone(), browser: again.sign_in(Who::Manager).await };
        gone.get("").await.expect(410);
    });
}
