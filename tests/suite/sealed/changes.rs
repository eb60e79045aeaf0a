//! Keys change: rows from before there were keys, a newer generation, and one that isn't there.

use casebind::clock::Entropy;
use casebind::keyring::{self, Generation, Keyring, Keys};
use casebind::store::{Store, sealed};

use super::{tells_nothing, written};
use crate::support::{Case, House, Who, soon};

/// Puts everything back to how it was kept before there were keys.
async fn kept_in_clear(house: &House) {
    for place in sealed::ALL {
        if place.added_only {
            house.unguard(place.table).await;
        }
        let rest = format!("WHERE {} <> ''", place.column);
        let keys: Vec<String> =
            place.key.iter().map(|key| format!("CAST({} AS TEXT)", key.column())).collect();
        let key = keys.join(" || '/' || ");
        let rows = house.texts(&format!("SELECT {key} FROM {} {rest} ORDER BY {key}", place.table)).await;
        let words = house.words(place.table, place.column, &format!("{rest} ORDER BY {key}")).await;
        for (row, words) in rows.iter().zip(words) {
            let words = if place.table == "saved_filters" {
                words.split('\n').nth(1).unwrap().to_owned()
            } else {
                words
            };
            let (words, row) = (words.replace('\'', "''"), row.replace('\'', "''"));
            house
                .sql(&format!(
                    "UPDATE {} SET {} = '{words}' WHERE {key} = '{row}'",
                    place.table, place.column
                ))
                .await;
        }
    }
    house.sql("UPDATE subjects SET name_key = '王小明', id_key = 'A123456789'").await;
    house.sql("UPDATE saved_filters SET name = '王小明'").await;
    house.sql("UPDATE sealing SET generation = 0").await;
    house.sql("DELETE FROM key_generations").await;
    house.sql("UPDATE search_index SET version = 1, generation = 0").await;
    house.office().store.migrate().await.unwrap();
}

/// What still needs a generation.
pub async fn named(house: &House, generation: u32) -> Vec<sealed::Named> {
    sealed::named(&mut house.office().store.read().await.unwrap(), generation).await.unwrap()
}

/// Waits until the house seals with a generation.
pub async fn seen(house: &House, generation: u32) {
    let sealer = house.office().store.sealer();
    soon("the key is found", async || sealer.ring().unwrap().newest().number() >= generation).await;
}

both! {
    async fn what_was_kept_in_clear_is_read_and_sealed(house) {
        let (closed, open) = written(&house).await;
        kept_in_clear(&house).await;
        assert!(!named(&house, 0).await.is_empty());
        // Readable meanwhile, and found.
        let manager = house.sign_in(Who::Manager).await;
        assert!(manager.get(&closed.path("?tab=subject")).await.expect(200).html().contains("王小明"));
        for query in ["subject=A123456789", "q=王小明", "q=經常"] {
            let page = open.browser.get(&format!("/cases?{query}")).await.expect(200);
            assert!(page.html().contains(&open.number), "{query}");
        }
        let rows = house.office().seal_what_is_plain().await.unwrap().unwrap();
        assert!(rows > 50, "{rows} rows");
        assert_eq!(named(&house, 0).await, []);
        assert_eq!(house.office().seal_what_is_plain().await.unwrap(), None, "once");
        house.office().store.let_go().await.unwrap();
        tells_nothing(&house).await;
        for query in ["subject=A123456789", "q=王小明"] {
            let page = open.browser.get(&format!("/cases?{query}")).await.expect(200);
            assert!(page.html().contains(&open.number), "{query}");
        }
        assert!(crate::custody::kinds(&house).await.is_empty(), "the words are the same");
        let refused = "UPDATE flow SET reason = 'x'";
        house.office().store.migrate().await.unwrap();
        let mut tx = house.office().store.write().await.unwrap();
        let answer = sqlx::query(refused).execute(&mut **tx).await;
        assert!(answer.is_err_and(|error| error.to_string().contains("append-only")), "the guard stands again");
    }

    async fn a_newer_generation_takes_over_while_people_write(house) {
        let (closed, open) = written(&house).await;
        keyring::add(&house.data_dir().join("keys")).unwrap();
        seen(&house, 2).await;
        open.edit(&[("problem", "寫在新鑰之後")]).await.leads_to(&open.path(""));
        assert!(!named(&house, 2).await.is_empty(), "what is written from now on uses it");
        let writing = async {
            for at in 0..8 {
                let problem = format!("第 {at} 次修改");
                open.edit(&[("problem", &problem)]).await.leads_to(&open.path(""));
            }
        };
        let mut told = Vec::new();
        let mut tell = |done: sealed::Rotation| told.push(done);
        let (rows, ()) = {
            let office = house.office();
            tokio::join!(sealed::rotate(&office.store, office.world.now(), &mut tell), writing)
        };
        assert!(rows.unwrap() > 50);
        assert!(told.iter().any(|done| done.place == "cases.content" && done.rows > 0), "{told:?}");
        assert_eq!(named(&house, 1).await, [], "nothing needs the old one");
        assert!(open.page().await.html().contains("第 7 次修改"), "nobody's words were lost");
        for query in ["subject=A123456789", "subject=小明", "q=王小明", "q=次修"] {
            let page = open.browser.get(&format!("/cases?{query}")).await.expect(200);
            assert!(page.html().contains(&open.number), "{query}");
        }
        let manager = house.sign_in(Who::Manager).await;
        assert!(manager.get(&closed.path("?tab=subject")).await.expect(200).html().contains("王小明"));
        assert!(crate::custody::kinds(&house).await.is_empty());
        tells_nothing(&house).await;
        // Without the old key everything goes on.
        let newest = house.keys().ring().newest().clone();
        let mut tx = house.office().store.write().await.unwrap();
        sealed::retire(&mut tx, 1).await.unwrap();
        tx.commit().await.unwrap();
        let store = Store::connect(&house.database_url).await.unwrap();
        let store = store.with_keys(Keys::given(Keyring::new(vec![newest]).unwrap()), Entropy::system());
        store.migrate().await.unwrap();
        store.close().await;
    }

    async fn a_key_that_isnt_there_is_told_by_its_number(house) {
        let case = Case::ready(&house.applicant().await).await;
        for (key, why) in [
            (Generation::generate(2), "generation 1, whose key isn't here"),
            (Generation::generate(1), "with another key"),
        ] {
            let store = Store::connect(&house.database_url).await.unwrap();
            let store = store.with_keys(Keys::given(Keyring::new(vec![key]).unwrap()), Entropy::system());
            let error = store.migrate().await.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("AGE-SECRET-KEY"), "{error}");
            store.close().await;
        }
        case.page().await;
    }
}
