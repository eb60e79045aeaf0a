//! One database, or one place of originals, under two names is known for what it is: nothing is moved onto itself.

use std::os::unix::fs::symlink;

use casebind::config::DataDir;

use super::killed::installation;
use super::moved::{elsewhere, migrate};
use crate::support::bucket::settings;
use crate::support::{Bucket, Case, Database, run};

both! {
    async fn a_database_by_another_name_is_left_alone(house) {
        let bucket = Bucket::new(module_path!());
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("link");
        symlink(house.data_dir(), &link).unwrap();
        let url = match house.database_url.strip_prefix("postgres") {
            Some(rest) => format!("postgres{rest}&application_name=another"),
            None => format!("sqlite:{}", link.join(DataDir::DATABASE).display()),
        };
        let from = installation(&house, "");
        let to = elsewhere(house.data_dir(), Some(&url), &bucket.settings(place.path()));
        migrate(&from, &to).expect(1).says(&["one database, in two ways", "the same way in both files"]);
        assert!(bucket.names().await.is_empty());
        // It isn't closed.
        from.run(&["user", "list"]).expect(0);
    }
}

#[test]
fn a_place_of_originals_by_another_name_is_left_alone() {
    run(Database::Postgres, module_path!(), |house| async move {
        Case::ready(&house.applicant().await).await;
        let before = house.record().await;
        let refused = ["one place of originals, in two ways", "the same way in both files"];
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("link");
        symlink(house.data_dir(), &link).unwrap();
        let from = installation(&house, "");
        migrate(&from, &elsewhere(&link, Some(&house.database_url), "")).expect(1).says(&refused);
        assert_eq!(house.record().await, before, "no mark stays there");

        let bucket = Bucket::new(module_path!());
        let endpoint = bucket.place.endpoint.clone().unwrap();
        assert!(endpoint.contains("127.0.0.1"), "{endpoint}");
        let named = bucket.by(&endpoint.replace("127.0.0.1", "localhost"));
        let [from, to] =
            [&bucket.place, &named].map(|one| installation(&house, &settings(one, house.data_dir())));
        migrate(&from, &to).expect(1).says(&refused);
        assert!(bucket.names().await.is_empty());
        from.run(&["user", "list"]).expect(0);
    });
}
