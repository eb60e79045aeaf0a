//! Everything is found at each moment while keys change: beside a rotation that somebody has begun twice, and after one
//! that was broken off, also when a further key comes before it has ended.

use casebind::case::fields::{Value, Values};
use casebind::case::ids::{CaseReference, Digest};
use casebind::clock::Entropy;
use casebind::keyring::{self, Keyring, Keys};
use casebind::store::cases::Scope;
use casebind::store::documents::{self, Document};
use casebind::store::list::{self, Filter, Sought, Wanted};
use casebind::store::seed::{Cell, Rows, Table};
use casebind::store::{Store, StoreError, retrievals, sealed};

use super::changes::{named, seen};
use super::given_up::opened;
use crate::support::people::SCHOOL;
use crate::support::{House, Who};

/// More cases than a list gathers, so that words are looked for in their index.
const CASES: i64 = 2_200;
/// One of so many is about somebody.
const ONE_OF: i64 = 11;
/// How many are.
const WRITTEN: usize = 200;
/// Some of those, from the first to the last.
const SOME: [i64; 4] = [11, 803, 1_397, 2_200];

fn number(at: i64) -> String {
    format!("{}", 1_140_000_000 + at)
}

fn name(at: i64) -> String {
    format!("王小明{at:04}")
}

fn document(at: i64) -> String {
    format!("A10000{at:04}")
}

/// Cases without a word, and between them some with a subject and a file.
async fn filled(house: &House) {
    let (office, person) = (house.office(), Who::Applicant.login());
    let now = office.world.now();
    house
        .sql(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CASES}) \
             INSERT INTO cases (id, number, reference, open_token, service, school_code, applicant_id, state, content, \
             keywords, opened_at, changed_at, state_at, version) \
             SELECT 'bare-' || CAST(i AS TEXT), CAST(1140000000 + i AS TEXT), 'bare-' || CAST(i AS TEXT), \
             'bare-' || CAST(i AS TEXT), 'referral', '{SCHOOL}', '{person}', 'draft', '{{}}', '', {now}, {now}, {now}, 1 \
             FROM n WHERE i % {ONE_OF} <> 0"
        ))
        .await;
    let digest = Digest::of(b"a file");
    let mut rows = Rows::default();
    for at in (1..=CASES).filter(|at| at % ONE_OF == 0) {
        add(&mut rows, at, &person, &digest, now);
    }
    let mut tx = office.store.write().await.unwrap();
    let file = Document { digest, bytes: 6, kind: "application/pdf".into() };
    documents::register(&mut tx, &file, now).await.unwrap();
    rows.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    // The index is made of them as at a start.
    house.sql("DELETE FROM search_index").await;
    office.store.migrate().await.unwrap();
}

fn add(rows: &mut Rows, at: i64, person: &str, digest: &Digest, now: i64) {
    let (id, name, document) = (format!("case-{at}"), name(at), document(at));
    let reference = CaseReference::from_bytes(Digest::of(id.as_bytes()).as_bytes()[..5].try_into().unwrap());
    let keywords = format!("{}\n{name}\n{}\n轉學後適應困難", number(at), document.to_lowercase());
    let answers: Values = [("name", &name), ("id_number", &document)]
        .map(|(id, text)| (id.to_owned(), Value::Text(text.clone())))
        .into();
    rows.add(
        Table::Cases,
        vec![
            id.as_str().into(),
            number(at).into(),
            reference.to_string().into(),
            id.as_str().into(),
            "referral".into(),
            SCHOOL.into(),
            person.into(),
            "draft".into(),
            "{}".into(),
            keywords.into(),
            Cell::Text(None),
            now.into(),
            now.into(),
            now.into(),
            1_i64.into(),
        ],
    );
    rows.add(
        Table::Subjects,
        vec![
            format!("subject-{at}").into(),
            id.as_str().into(),
            serde_json::to_string(&answers).unwrap().into(),
            now.into(),
            now.into(),
            name.into(),
            document.into(),
        ],
    );
    rows.add(
        Table::Attachments,
        vec![
            format!("file-{at}").into(),
            id.into(),
            "other".into(),
            format!("聯絡簿{at:04}.pdf").into(),
            digest.to_string().into(),
            "unreviewed".into(),
            "".into(),
            person.into(),
            now.into(),
        ],
    );
}

fn about(sought: &str) -> Filter {
    Filter { subject: Sought::new(sought), ..Filter::default() }
}

fn with(keyword: &str) -> Filter {
    Filter { keyword: keyword.into(), ..Filter::default() }
}

async fn found(store: &Store, filter: Filter) -> Vec<String> {
    let (scope, wanted) = (Scope { all: true, ..Scope::default() }, Wanted { filter, ..Wanted::default() });
    let mut db = store.read().await.unwrap();
    let keys = list::keys(&mut db, &scope, &wanted, 2 * WRITTEN).await.unwrap();
    keys.into_iter().map(|key| key.id).collect()
}

/// Looks for a case by all that is known of it, and for what all have.
async fn finds(store: &Store, at: i64) {
    let (id, name) = (format!("case-{at}"), name(at));
    for (by, filter) in [
        ("a keyword", with(&name)),
        ("a part of a keyword", with(&format!("明{at:04}"))),
        ("two keywords", with(&format!("{name} 困難"))),
        ("the case's number", with(&number(at))),
        ("the document's whole number", about(&document(at))),
        ("the name", about(&name)),
        ("a part of the name", about(&format!("小明{at:04}"))),
    ] {
        assert_eq!(found(store, filter).await, [id.as_str()], "{at} by {by}");
    }
    let mut db = store.read().await.unwrap();
    let files = retrievals::cases_by_file(&mut db, &format!("簿{at:04}.PDF"), 10).await.unwrap();
    assert_eq!(files, [id], "by a file's name");
    drop(db);
    assert_eq!(found(store, with("適應困難")).await.len(), WRITTEN);
    assert_eq!(found(store, with("困難適應")).await, Vec::<String>::new());
}

async fn finds_everything(store: &Store) {
    for at in SOME {
        finds(store, at).await;
    }
}

/// Adds the generation of this number.
async fn another_key(house: &House, generation: u32) {
    keyring::add(&house.data_dir().join("keys")).unwrap();
    seen(house, generation).await;
}

async fn rotated(house: &House) -> Result<u64, StoreError> {
    let office = house.office();
    sealed::rotate(&office.store, office.world.now(), &mut |_| {}).await
}

/// Rotates the keys until the index of words comes to this case, which can't be read for once.
async fn broken_off_at(house: &House, at: i64, newest: u32) {
    let keywords = format!("'{}{newest}.AAAA'", sealed::MARK);
    house.sql(&format!("UPDATE cases SET keywords = {keywords} WHERE number = '{}'", number(at))).await;
    let error = rotated(house).await.unwrap_err().to_string();
    assert!(error.contains("cases.keywords") && error.contains(&format!("bare-{at}")), "{error}");
    house.sql(&format!("UPDATE cases SET keywords = '' WHERE number = '{}'", number(at))).await;
}

/// The generation of the index, the one before, and how far it has come.
async fn index(house: &House) -> String {
    let state = "SELECT CAST(generation AS TEXT) || ' after ' || COALESCE(CAST(previous AS TEXT), 'none') || ' ' || reached \
                 FROM search_index";
    house.texts(state).await.remove(0)
}

both! {
    async fn everything_is_found_beside_a_rotation_that_was_begun_twice(house) {
        filled(&house).await;
        let (store, now) = (house.office().store.clone(), house.office().world.now());
        finds_everything(&store).await;
        another_key(&house, 2).await;
        let rotating = || {
            let store = store.clone();
            tokio::spawn(async move { sealed::rotate(&store, now, &mut |_| {}).await })
        };
        let (one, other) = (rotating(), rotating());
        let mut looks = 0;
        while !(one.is_finished() && other.is_finished()) {
            finds(&store, SOME[looks % SOME.len()]).await;
            looks += 1;
        }
        let (one, other) = (one.await.unwrap().unwrap(), other.await.unwrap().unwrap());
        assert!(one + other >= u64::try_from(CASES).unwrap(), "{one} and {other} rows");
        assert!(looks > 1, "it was looked while it went on");
        assert_eq!(index(&house).await, "2 after none ");
        assert_eq!(named(&house, 1).await, []);
        finds_everything(&store).await;
    }

    async fn a_rotation_that_was_broken_off_ends_before_one_with_a_further_key(house) {
        filled(&house).await;
        let (store, now) = (house.office().store.clone(), house.office().world.now());
        another_key(&house, 2).await;
        broken_off_at(&house, 1_000, 2).await;
        assert_eq!(index(&house).await, "2 after 1 1140000800");
        finds_everything(&store).await;
        // It goes on where it was, some cases at a time, with the key that it was begun with.
        another_key(&house, 3).await;
        finds_everything(&store).await;
        broken_off_at(&house, 1_400, 3).await;
        assert_eq!(index(&house).await, "2 after 1 1140001200");
        finds_everything(&store).await;
        let mut tx = store.write().await.unwrap();
        opened(&mut tx, "meanwhile", "王小明轉銜", now).await;
        tx.commit().await.unwrap();
        assert_eq!(found(&store, with("轉銜")).await, ["meanwhile"]);
        // Only then it begins anew with the newest.
        broken_off_at(&house, 600, 3).await;
        assert_eq!(index(&house).await, "3 after 2 1140000400");
        assert_eq!(named(&house, 1).await, [], "the first is needed no longer");
        finds_everything(&store).await;
        assert_eq!(found(&store, with("轉銜")).await, ["meanwhile"]);
        assert!(rotated(&house).await.unwrap() > 1_800, "each of the rest");
        assert_eq!(index(&house).await, "3 after none ");
        assert_eq!(named(&house, 2).await, []);
        assert_eq!(rotated(&house).await.unwrap(), 0, "there is nothing left to do");
        let newest = house.keys().all().get(3).unwrap().clone();
        let alone = Keys::given(Keyring::new(vec![newest]).unwrap());
        let alone = Store::connect(&house.database_url).await.unwrap().with_keys(alone, Entropy::system());
        finds_everything(&alone).await;
        assert_eq!(found(&alone, with("轉銜")).await, ["meanwhile"]);
        alone.close().await;
    }
}
