//! A generation is given up only when nobody can write with it any more: also not who was under way, in this process or
//! in another one.

use casebind::archive::{ArchiveError, rotate};
use casebind::case::fields::Values;
use casebind::case::ids::{CaseReference, Digest};
use casebind::clock::{Clocks, Entropy};
use casebind::keyring::{self, Generation, Keyring, Keys};
use casebind::store::cases::{self, NewCase, Scope};
use casebind::store::list::{self, Filter, Wanted};
use casebind::store::{Store, StoreError, Tx, drafts, sealed};

use super::changes::{named, seen};
use crate::support::people::SCHOOL;
use crate::support::{Case, Database, House, Who, soon};

/// Another process of the installation, with these keys.
async fn process(house: &House, keys: Keys) -> Store {
    let keys = keys.with_clocks(Clocks::of(house.office().world.clock.clone()));
    Store::connect(&house.database_url).await.unwrap().with_keys(keys, Entropy::system())
}

/// One that looked at the keys before there was a second generation, and doesn't look again.
async fn process_of_before(house: &House) -> Store {
    let first = house.keys().all().get(1).unwrap().clone();
    process(house, Keys::given(Keyring::new(vec![first]).unwrap())).await
}

/// One that looks at the folder itself.
async fn process_that_looks(house: &House) -> Store {
    process(house, Keys::of_folder(&house.data_dir().join("keys")).unwrap()).await
}

/// Adds a second generation, and waits until the house has found its file.
async fn second_generation(house: &House) {
    keyring::add(&house.data_dir().join("keys")).unwrap();
    let keys = house.office().store.sealer().keys().unwrap().clone();
    soon("the key is found", async || keys.all().newest().number() >= 2).await;
}

async fn rotated(house: &House) -> u64 {
    let office = house.office();
    sealed::rotate(&office.store, office.world.now(), &mut |_| {}).await.unwrap()
}

async fn typed(tx: &mut Tx, form: &str, now: i64) {
    drafts::keep(tx, &Who::Applicant.login(), form, "problem=王小明經常請假", now).await.unwrap();
}

/// Opens a case that is found by these words.
pub(super) async fn opened(tx: &mut Tx, id: &str, keywords: &str, now: i64) {
    let content = Values::new();
    let new = NewCase {
        id,
        reference: CaseReference::from_bytes(Digest::of(id.as_bytes()).as_bytes()[..5].try_into().unwrap()),
        token: id,
        service: "referral",
        school: SCHOOL,
        applicant: &Who::Applicant.login(),
        content: &content,
        keywords,
        roc_year: 115,
        now,
    };
    cases::open(tx, &new).await.unwrap();
}

async fn found(house: &House, keyword: &str) -> i64 {
    let scope = Scope { all: true, ..Scope::default() };
    let filter = Filter { keyword: keyword.into(), ..Filter::default() };
    let wanted = Wanted { filter, ..Wanted::default() };
    let mut db = house.office().store.read().await.unwrap();
    list::page(&mut db, &scope, &wanted).await.unwrap().total.count
}

both! {
    async fn what_an_older_generation_sealed_comes_no_more_after_a_newer_took_over(house) {
        let now = house.office().world.now();
        let before = process_of_before(&house).await;
        let mut tx = before.write().await.unwrap();
        typed(&mut tx, "in time", now).await;
        tx.commit().await.unwrap();
        second_generation(&house).await;
        seen(&house, 2).await;
        assert!(rotated(&house).await > 0);
        let mut tx = before.write().await.unwrap();
        typed(&mut tx, "too late", now).await;
        let error = StoreError::from(tx.commit().await.unwrap_err());
        assert!(matches!(error, StoreError::Rekeyed { generation: 1 }), "{error}");
        assert!(error.is_outage(), "whoever typed it is asked to try again");
        assert_eq!(named(&house, 1).await, []);
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts WHERE form = 'too late'").await, 0);
        // What isn't sealed is written as before, and what is sealed with the newest.
        let mut tx = before.write().await.unwrap();
        drafts::forget(&mut tx, &Who::Applicant.login(), "in time").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = house.office().store.write().await.unwrap();
        typed(&mut tx, "now", now).await;
        tx.commit().await.unwrap();
        before.close().await;
    }

    async fn a_case_that_was_being_opened_meanwhile_is_found_by_the_newer_key(house) {
        let office = house.office();
        let (store, now) = (office.store.clone(), office.world.now());
        let mut tx = store.write().await.unwrap();
        opened(&mut tx, "under-way", "轉學後適應困難", now).await;
        second_generation(&house).await;
        seen(&house, 2).await;
        let rotating = tokio::spawn({
            let store = store.clone();
            async move { sealed::rotate(&store, now, &mut |_| {}).await }
        });
        if house.database() == Database::Postgres {
            // It has come as far as it can.
            let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            soon("it waits", async || rotating.is_finished() || house.number(waiting).await > 0).await;
        }
        tx.commit().await.unwrap();
        rotating.await.unwrap().unwrap();
        assert_eq!(named(&house, 1).await, [], "nothing needs the old one");
        assert_eq!(found(&house, "適應").await, 1);
        assert_eq!(found(&house, "應適").await, 0);
        let mut tx = store.write().await.unwrap();
        opened(&mut tx, "afterwards", "適應得很好", now).await;
        tx.commit().await.unwrap();
        assert_eq!(found(&house, "適應").await, 2);
    }

    async fn the_database_knows_a_key_before_anything_that_it_sealed_is_there(house) {
        let case = Case::ready(&house.applicant().await).await;
        let second = "SELECT COUNT(*) FROM key_generations WHERE number = 2";
        second_generation(&house).await;
        seen(&house, 2).await;
        case.edit(&[("problem", "寫在新鑰之後")]).await.leads_to(&case.path(""));
        assert_eq!(house.number(second).await, 1, "it is made known by whoever uses it first");
        // A process with another key of that number may not write beside it.
        let first = house.keys().all().get(1).unwrap().clone();
        let ring = Keyring::new(vec![first, Generation::generate(2)]).unwrap();
        let stranger = process(&house, Keys::given(ring)).await;
        let mut tx = stranger.write().await.unwrap();
        typed(&mut tx, "strange", house.office().world.now()).await;
        let error = tx.commit().await.unwrap_err().to_string();
        assert!(error.contains("key_generations.proof") && error.contains("with another key"), "{error}");
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts WHERE form = 'strange'").await, 0);
        stranger.close().await;
    }

    async fn a_generation_waits_for_a_file_that_is_on_its_way(house) {
        let office = house.office();
        let (store, now) = (&office.store, office.world.now());
        sealed::say(store, "serving", now).await.unwrap().unwrap();
        let mut staging = office.originals.stage(100).await.unwrap();
        staging.write(b"under way").await.unwrap();
        second_generation(&house).await;
        assert_eq!(store.sealer().ring().unwrap().newest().number(), 1, "the database doesn't know it yet");
        let other = process_that_looks(&house).await;
        let error = sealed::close_older(&other, now).await.unwrap_err();
        assert!(matches!(error, StoreError::Lagging { processes: 1, generation: 2 }), "{error}");

        let said = sealed::say(store, "serving", now).await.unwrap().unwrap();
        assert_eq!(store.sealer().ring().unwrap().newest().number(), 2);
        assert_eq!(sealed::close_older(&other, now).await.unwrap(), Some(2));
        let sealing = async || {
            let mut db = other.read().await.unwrap();
            sealed::sealing_with(&mut db, 1, now).await.unwrap()
        };
        assert_eq!(sealing().await, 1, "its head names the first still");
        assert!(!sealed::is_due(store, &said));
        office.originals.put(staging.finish().await.unwrap()).await.unwrap();
        assert!(sealed::is_due(store, &said), "it has its name");
        sealed::say(store, "serving", now).await.unwrap();
        assert_eq!(sealing().await, 0);
        let counted = rotate::count(&office.originals, &office.renditions).await.unwrap();
        assert_eq!(counted.get(&Some(1)), Some(&1), "and is counted, so that it is sealed anew first");
        office.originals.put_bytes(b"afterwards").await.unwrap();
        let counted = rotate::count(&office.originals, &office.renditions).await.unwrap();
        assert_eq!(counted.get(&Some(2)), Some(&1));
        other.close().await;
    }

    async fn a_machine_that_was_suspended_says_its_keys_anew_before_it_stores(house) {
        let office = house.office();
        let (store, originals, now) = (&office.store, &office.originals, office.world.now());
        let said = sealed::say(store, "serving", now).await.unwrap().unwrap();
        let mut before = originals.stage(100).await.unwrap();
        before.write(b"under way").await.unwrap();
        let before = before.finish().await.unwrap();
        assert!(!sealed::is_due(store, &said));
        // The time of the day goes on, and nothing else does.
        let holds = i64::try_from(sealed::HOLDS.as_millis()).unwrap();
        house.wait(holds);
        let now = office.world.now();
        assert_eq!(sealed::sealing_with(&mut store.read().await.unwrap(), 1, now).await.unwrap(), 0);
        assert!(sealed::is_due(store, &said), "as soon as it wakes");
        let error = originals.put(before).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Away { .. }), "others don't count with it any more: {error}");
        let error = originals.put_bytes(b"afterwards").await.unwrap_err();
        assert!(matches!(error, ArchiveError::Away { .. }), "{error}");
        assert_eq!(house.originals(), Vec::<String>::new());
        sealed::say(store, "serving", now).await.unwrap().unwrap();
        originals.put_bytes(b"afterwards").await.unwrap();
        // A clock that is set back by more than that doesn't hold anybody up.
        let said = sealed::say(store, "serving", now).await.unwrap().unwrap();
        house.wait(-2 * holds);
        originals.put_bytes(b"set back").await.unwrap();
        assert!(!sealed::is_due(store, &said));
    }

    async fn whoever_writes_for_long_gives_up_what_is_under_way_and_nothing_that_comes_after(house) {
        let office = house.office();
        let (store, now) = (office.store.clone(), office.world.now());
        sealed::say(&store, "importing", now).await.unwrap().unwrap();
        let mut staging = office.originals.stage(100).await.unwrap();
        staging.write(b"under way").await.unwrap();
        let mut tx = store.write().await.unwrap();
        typed(&mut tx, "long", now).await;
        // Nobody could say it meanwhile, and it has ended.
        house.wait(i64::try_from(sealed::HOLDS.as_millis()).unwrap());
        let now = office.world.now();
        tx.commit().await.unwrap();
        let storing = tokio::spawn({
            let originals = office.originals.clone();
            async move { originals.put_bytes(b"the next").await }
        });
        sealed::say(&store, "importing", now).await.unwrap().unwrap();
        let stored = storing.await.unwrap().expect("it is waited for");
        assert_eq!(stored.digest, Digest::of(b"the next"));
        let error = office.originals.put(staging.finish().await.unwrap()).await.unwrap_err();
        assert!(error.is_away(), "its generation may have been given up in the gap: {error}");
        assert_eq!(house.number("SELECT COUNT(*) FROM drafts WHERE form = 'long'").await, 1);
    }

    async fn a_process_that_ends_says_so_and_one_that_died_is_waited_for(house) {
        let now = house.office().world.now();
        let said = "SELECT COUNT(*) FROM sealers";
        let (one, other) = (process_that_looks(&house).await, process_that_looks(&house).await);
        sealed::say(&one, "ends", now).await.unwrap();
        sealed::say(&other, "dies", now).await.unwrap();
        assert_eq!(house.number(said).await, 2);
        one.close().await;
        assert_eq!(house.number(said).await, 1);
        let holds = i64::try_from(sealed::HOLDS.as_millis()).unwrap();
        let mut db = house.office().store.read().await.unwrap();
        assert_eq!(sealed::sealing_with(&mut db, 1, now + holds - 1).await.unwrap(), 1);
        assert_eq!(sealed::sealing_with(&mut db, 1, now + holds).await.unwrap(), 0);
    }

    async fn a_generation_that_may_still_be_written_with_isnt_given_up(house) {
        second_generation(&house).await;
        seen(&house, 2).await;
        let store = &house.office().store;
        let mut tx = store.write().await.unwrap();
        let error = sealed::retire(&mut tx, 1).await.unwrap_err().to_string();
        assert!(error.contains("generation 1 may still be written with"), "{error}");
        tx.rollback().await.unwrap();
        // One that lacks the newest key keeps the others from giving up its own while it lives, and says nothing afterwards.
        let (before, now) = (process_of_before(&house).await, house.office().world.now());
        sealed::say(&before, "before", now).await.unwrap();
        let error = sealed::rotate(store, now, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, StoreError::Lagging { processes: 1, generation: 2 }), "{error}");
        house.wait(i64::try_from(sealed::HOLDS.as_millis()).unwrap() + 1);
        rotated(&house).await;
        let error = sealed::say(&before, "before", house.office().world.now()).await.unwrap_err().to_string();
        assert!(error.contains("generation 2, whose key isn't here"), "{error}");
        before.close().await;
    }
}
