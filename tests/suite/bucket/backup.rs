//! Backup, drill and restore of an installation on PostgreSQL with its originals in a bucket.

use casebind::case::ids::Digest;

use super::killed::installation;
use crate::support::bucket::run;
use crate::support::command;
use crate::support::house::postgres_schema;
use crate::support::{Bucket, Case, Database};

#[test]
fn what_lies_in_a_bucket_is_backed_up_checked_and_restored_into_another() {
    run(Database::Postgres, module_path!(), |house, bucket| async move {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let installation = installation(&house, &bucket.settings(house.data_dir()));
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name).display().to_string();
        let (backup, keys) = (path("backup"), house.data_dir().join("keys").display().to_string());
        let taken = installation.run(&["backup", "--to", &backup, "--json"]).expect(0).json();
        let names = bucket.names().await;
        assert_eq!(taken[0]["summary"]["originals"]["copied"], names.len());
        let again = installation.run(&["backup", "--to", &backup, "--json"]).expect(0).json();
        assert_eq!(again[0]["summary"]["originals"]["copied"], 0);
        let drill =
            command::run(&["restore", &backup, "--check", "--json", "--keys", &keys]).expect(0).json();
        let told = &drill.last().unwrap()["summary"];
        assert_eq!(
            (told["findings"].as_u64(), told["originals"].as_u64()),
            (Some(0), Some(names.len() as u64))
        );

        let other = Bucket::new(concat!(module_path!(), " restored"));
        let new = tempfile::tempdir().unwrap();
        let url = postgres_schema("restored from a bucket").await;
        let settings = other.settings(place.path());
        let target = command::Installation::new("");
        let config = format!(
            "data_dir = \"{}\"\nlisten = \"127.0.0.1:0\"\n[organisation]\nname = \"示範學生輔導諮商中心\"\n\
             [database]\nurl = \"{url}\"\n{settings}",
            new.path().join("data").display()
        );
        std::fs::write(target.config(), config).unwrap();
        let restored = target.run(&["restore", &backup, "--keys", &keys, "--json"]).expect(0).json();
        assert_eq!(restored.last().unwrap()["summary"]["originals"]["copied"], names.len());
        assert_eq!(other.names().await, names);
        target.run(&["verify"]).expect(0);
        assert!(!new.path().join("data/originals").join(&names[0][..2]).exists());

        // What the bucket lacks is told, and the rest is good.
        let scan = case.dossier(&house).await.bound_scan().unwrap().digest;
        other.lose(&scan).await;
        let lacking = target.run(&["backup", "--to", &path("second"), "--json"]).expect(2).json();
        let digest = lacking[0]["finding"]["expected"].as_str().unwrap().rsplit(' ').next().unwrap();
        assert_eq!(digest.parse::<Digest>().unwrap(), scan);
    });
}
