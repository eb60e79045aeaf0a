//! What was backed up comes back: every row, every original, into either database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{back_up, check, files, generation, installed, kinds, restore, rows, summary};
use crate::support::Case;
use crate::support::house::postgres_schema;

both! {
    async fn every_row_comes_back_into_either_database(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        Case::opened(&browser).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        back_up(&installation, &folder, &[]).expect(0);
        let taken = rows(&generation(&folder, 1));
        assert_eq!(taken["cases.jsonl"].len(), 2);
        assert!(!taken.contains_key("sessions.jsonl"), "a backup opens no session");
        let keys = house.data_dir().join("keys");

        let schema = postgres_schema("rows come back").await;
        for (at, url) in [None, Some(schema.as_str())].into_iter().enumerate() {
            let new = place.path().join(format!("new-{at}"));
            let more = url.map_or_else(Vec::new, |url| vec!["--database-url", url]);
            let told = summary(&restore(&folder, &new, &keys, &more).expect(0));
            assert_eq!(told["originals"]["copied"].as_u64().unwrap() as usize, house.originals().len());
            let again = installed(&new, url);
            let second = place.path().join(format!("second-{at}"));
            back_up(&again, &second, &[]).expect(0);
            let back = rows(&generation(&second, 1));
            for (table, lines) in &taken {
                assert_eq!(&back[table], lines, "{table}");
            }
            assert_eq!(back.len(), taken.len());
            check(&second, &new).expect(0);
            let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&new.join("keys/page-code.key")), 0o600);
            assert_eq!(mode(&new), 0o700);
            again.run(&["verify"]).expect(0);

            // Nothing is restored over what is there.
            let over = restore(&folder, &new, &keys, &more).expect(1);
            over.says(&["a data directory already", "an empty or a new directory"]);
            if let Some(url) = url {
                let other = place.path().join("other");
                restore(&folder, &other, &keys, &["--database-url", url]).expect(1).says(&["isn't empty"]);
            }
        }
        assert_eq!(case.dossier(&house).await.state().as_str(), "submitted");
    }
}

#[test]
fn what_is_restored_by_halves_is_no_installation_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let installation = installed(&data, None);
    installation.run(&["migrate"]).expect(0);
    let folder = place.path().join("backup");
    let taken = summary(&back_up(&installation, &folder, &[]).expect(0));
    let new = place.path().join("new");
    restore(&folder, &new, &data.join("keys"), &[]).expect(0);
    // As if the process had been killed before its last step.
    fs::remove_file(new.join("VERSION")).unwrap();
    fs::write(new.join("RESTORING"), format!("generation 1 of {}\n", taken["taken_at"])).unwrap();
    installed(&new, None).run(&["migrate"]).expect(1).says(&["isn't empty"]);
    restore(&folder, &new, &data.join("keys"), &[]).expect(0);
    installed(&new, None).run(&["verify"]).expect(0);
    assert!(!new.join("RESTORING").exists());
}

#[test]
fn keys_are_kept_apart_and_asked_for() {
    let place = tempfile::tempdir().unwrap();
    let (data, folder) = (place.path().join("data"), place.path().join("backup"));
    let installation = installed(&data, None);
    installation.run(&["migrate"]).expect(0);
    let safe = place.path().join("safe").display().to_string();
    back_up(&installation, &folder, &["--keys-to", &safe]).expect(0);
    let key = fs::read_to_string(data.join("keys/page-code.key")).unwrap();
    assert_eq!(fs::read_to_string(place.path().join("safe/page-code.key")).unwrap(), key);
    for file in files(&folder) {
        let content = fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains(key.trim()), "{}", file.display());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
    let inside = folder.join("keys").display().to_string();
    back_up(&installation, &folder, &["--keys-to", &inside]).expect(1).says(&["kept apart"]);
    back_up(&installation, &data.join("backup"), &[]).expect(1).says(&["lost together with it"]);

    let none = place.path().join("none");
    fs::create_dir(&none).unwrap();
    restore(&folder, &place.path().join("new"), &none, &[])
        .expect(1)
        .says(&["page-code.key", "name the folder"]);
    restore(&folder, &folder.join("new"), &data.join("keys"), &[])
        .expect(1)
        .says(&["lies in the folder of backups"]);

    // Another installation's keys don't fit: its seal is another, and nothing is restored.
    let other = place.path().join("other");
    installed(&other, None).run(&["migrate"]).expect(0);
    let new = place.path().join("new");
    let refused = restore(&folder, &new, &other.join("keys"), &[]).expect(2);
    assert_eq!(kinds(&refused), ["manifest-altered"]);
    assert!(!new.exists());
    // Nor do two installations share a folder.
    back_up(&installed(&other, None), &folder, &[]).expect(1).says(&["another installation"]);
}
