//! A bag that takes long to write: nobody can say meanwhile which keys are in use, and the next one comes in all the same.

use casebind::steps::bags::import::{Outcome, Told};
use casebind::store::bags::Selection;
use casebind::store::sealed;

use super::{empty, export};
use crate::support::Case;

both! {
    async fn the_next_bag_comes_in_after_one_that_took_long(house) {
        let browser = house.applicant().await;
        for _ in 0..2 {
            Case::stale(&browser).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let (exported, _) = export(&house, Selection::All, folder.path()).await;
        assert_eq!(exported.written, 2);

        let target = empty(house.database(), "the installation of long bags").await;
        let office = target.office();
        let (store, now) = (office.store.clone(), office.world.now());
        sealed::say(&store, "importing", now).await.unwrap().unwrap();
        let mut done = 0;
        let mut tell = |told: Told<'_>| {
            assert!(matches!(told.outcome, Outcome::Taken { cases: 1 }), "{told:?}");
            done = told.done;
            // As if its transaction had had the writer all the time: what was said has ended, and is said again now.
            target.wait(i64::try_from(sealed::HOLDS.as_millis()).unwrap());
            let (store, now) = (store.clone(), target.office().world.now());
            tokio::spawn(async move { sealed::say(&store, "importing", now).await });
        };
        let taken = office.import_bags(folder.path(), &[], &mut tell).await.unwrap();
        assert_eq!((taken.cases, taken.refused, done), (2, 0, 2));
        assert_eq!(target.originals(), house.originals());
    }
}
