//! Keys that don't belong to an installation move nothing of it: what is held against them lies where it always lay, and
//! nothing is written elsewhere.

use std::fs;
use std::path::Path;

use casebind::archive::{Originals, Vault};
use casebind::case::ids::Digest;
use casebind::clock::Clock;
use casebind::keyring::{self, Generation, Keyring, Keys};

use super::killed::installation;
use super::moved::{arguments, elsewhere, migrate};
use crate::support::command::{Answer, Installation, casebind};
use crate::support::house::postgres_schema;
use crate::support::{Case, Database, run};

/// Whoever is refused is told that.
const NOTHING: &str = "nothing was written where it is to be moved";

/// Moves with keys from the environment, which count for both.
fn migrate_with(keys: &str, from: &Installation, to: &Installation) -> Answer {
    let mut command = casebind(&arguments(from, to));
    command.env("CASEBIND_ENCRYPTION_KEY", keys).output().unwrap().into()
}

fn vault_of(generation: Generation) -> Vault {
    Vault::new(Keys::given(Keyring::new(vec![generation]).unwrap()))
}

/// The same bytes, sealed with another key than those of the installation.
async fn sealed_by_another(plain: &[u8], generation: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault_of(Generation::generate(generation));
    let originals = Originals::open(folder.path(), &vault, &Clock::System).unwrap();
    let digest = originals.put_bytes(plain).await.unwrap().digest;
    fs::read(originals.path_of(&digest)).unwrap()
}

fn has_nothing(root: &Path) -> bool {
    !root.exists()
}

both! {
    async fn keys_that_do_not_open_the_rows_move_nothing(house) {
        Case::ready(&house.applicant().await).await;
        let place = tempfile::tempdir().unwrap();
        let new = place.path().join("new");
        let (from, to) = (installation(&house, ""), elsewhere(&new, None, ""));
        let (before, stranger) = (house.record().await, Generation::generate(1));
        let told = migrate_with(stranger.identity(), &from, &to).expect(1);
        told.says(&["key_generations.proof", "with another key", NOTHING]);
        assert!(!told.err.contains(stranger.identity()), "{}", told.err);

        // A database that was never told which keys are its own: what was sealed tells.
        house.sql("DELETE FROM key_generations").await;
        migrate_with(stranger.identity(), &from, &to).expect(1).says(&["cases.content", "with another key", NOTHING]);
        let second = format!("2:{}", stranger.identity());
        migrate_with(&second, &from, &to).expect(1).says(&["generation 1, whose key isn't here", NOTHING]);
        assert!(has_nothing(&new));
        assert_eq!(house.record().await, before);
        assert_eq!(house.number("SELECT COUNT(*) FROM key_generations").await, 0, "it isn't told of a stranger's");

        // It isn't closed, and moves with its own.
        migrate(&from, &to).expect(0);
        to.run(&["verify"]).expect(0);
    }
}

#[test]
fn a_key_that_nothing_was_sealed_with_yet_goes_along() {
    run(Database::Sqlite, module_path!(), |house| async move {
        Case::ready(&house.applicant().await).await;
        keyring::add(&house.data_dir().join("keys")).unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM key_generations").await, 1);
        let place = tempfile::tempdir().unwrap();
        let url = postgres_schema("moved with a new key").await;
        let (from, to) = (installation(&house, ""), elsewhere(&place.path().join("new"), Some(&url), ""));
        migrate(&from, &to).expect(0);
        let listed = to.run(&["keys", "list"]).expect(0);
        assert!(listed.out.contains("\n2: age1"), "{}", listed.out);
        to.run(&["verify"]).expect(0);
    });
}

#[test]
fn an_original_whose_key_is_not_here_keeps_everything_where_it_is() {
    run(Database::Sqlite, module_path!(), |house| async move {
        Case::ready(&house.applicant().await).await;
        let digest: Digest = house.originals()[0].parse().unwrap();
        let (path, plain) = (house.original(&digest), house.plain(&digest));
        let own = fs::read(&path).unwrap();
        crate::fixity::overwrite(&path, &sealed_by_another(&plain, 3).await);
        let place = tempfile::tempdir().unwrap();
        let new = place.path().join("new");
        let (from, to) = (installation(&house, ""), elsewhere(&new, None, ""));
        let name = format!("original {digest} can't be opened");
        migrate(&from, &to).expect(1).says(&[&name, "generation 3", "lost for good", NOTHING]);
        assert!(has_nothing(&new));
        // Put aside it is lacking, and the rest moves.
        fs::rename(&path, place.path().join("aside")).unwrap();
        migrate(&from, &to).expect(2);
        crate::fixity::overwrite(&place.path().join("aside"), &own);
        fs::rename(place.path().join("aside"), &path).unwrap();
        migrate(&from, &to).expect(0);
        to.run(&["verify"]).expect(0);
    });
}

#[test]
fn keys_of_the_new_configuration_are_asked_too() {
    run(Database::Sqlite, module_path!(), |house| async move {
        Case::ready(&house.applicant().await).await;
        let place = tempfile::tempdir().unwrap();
        let (new, folder) = (place.path().join("new"), place.path().join("keys"));
        fs::create_dir(&folder).unwrap();
        let settings = format!("[encryption]\nkey_dir = \"{}\"\n", folder.display());
        let (from, to) = (installation(&house, ""), elsewhere(&new, None, &settings));
        migrate(&from, &to).expect(1).says(&["the new configuration", "no archive-N.key", NOTHING]);
        let key = folder.join(keyring::file_name(1));
        fs::write(&key, Generation::generate(1).to_text()).unwrap();
        migrate(&from, &to).expect(1).says(&["the new configuration", "with another key", NOTHING]);
        assert!(has_nothing(&new));
        fs::copy(house.data_dir().join("keys").join(keyring::file_name(1)), &key).unwrap();
        migrate(&from, &to).expect(0);
        to.run(&["verify"]).expect(0);
    });
}
