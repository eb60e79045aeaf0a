//! The store on both databases: every query, the migrations, and rows that can't be.

mod append_only;
mod counted;
mod lists;
mod referred;

use std::collections::BTreeSet;

use casebind::case::event::Event;
use casebind::case::fields::{Value, Values};
use casebind::case::ids::{CaseReference, Digest, Revision};
use casebind::case::role::Role;
use casebind::case::state::State;
use casebind::clock::Entropy;
use casebind::forms::layout::Layout;
use casebind::store::cases::{self, Change, NewCase, ScanId, Scope, Standing, Unbound};
use casebind::store::documents::{self, Document};
use casebind::store::flow::{self, Evidence, Happened};
use casebind::store::list::{self, Filter, Wanted};
use casebind::store::papers::{self, NewAttachment, NewPrint, NewScan};
use casebind::store::people::{self, Person};
use casebind::store::schools;
use casebind::store::sessions::{self, NewSession};
use casebind::store::traces::{self, Trace};
use casebind::store::{Store, StoreError, Tx, drafts, events, throttles};

use crate::support::house::postgres_schema;
use crate::support::people::SCHOOL;
use crate::support::{Case, House, Who};

const NOW: i64 = 1_790_000_000_000;

fn values(problem: &str) -> Values {
    Values::from([("problem".to_owned(), Value::Text(problem.to_owned()))])
}

async fn write(house: &House) -> Tx {
    house.office().store.write().await.expect("a transaction")
}

fn new_case<'a>(id: &'a str, token: &'a str, content: &'a Values) -> NewCase<'a> {
    NewCase {
        id,
        reference: CaseReference::from_bytes(Digest::of(id.as_bytes()).as_bytes()[..5].try_into().unwrap()),
        token,
        service: "referral",
        school: SCHOOL,
        applicant: "applicant",
        content,
        keywords: "問題",
        roc_year: 115,
        now: NOW,
    }
}

fn everything() -> Scope {
    Scope { all: true, ..Scope::default() }
}

both! {
    async fn cases_and_subjects(house) {
        let content = values("一");
        let mut tx = write(&house).await;
        let number = cases::open(&mut tx, &new_case("c1", "t1", &content)).await.unwrap();
        assert_eq!(number, "1150000001");
        assert_eq!(cases::number_of_token(&mut tx, "t1").await.unwrap(), Some((number.clone(), "applicant".into())));
        assert_eq!(cases::number_of_token(&mut tx, "t2").await.unwrap(), None);
        cases::lock(&mut tx, &number).await.unwrap();
        let case = cases::find(&mut tx, &number, &everything()).await.unwrap().unwrap();
        assert_eq!((case.version, case.standing.state()), (1, State::Draft));
        assert_eq!(case.content, content);
        let changed = values("二");
        let sealing = Standing::Unbound(Unbound::Sealing);
        let change = Change { case: &case, standing: &sealing, content: &changed, keywords: "二", now: NOW + 1 };
        assert!(cases::update(&mut tx, &change).await.unwrap());
        assert!(!cases::update(&mut tx, &change).await.unwrap(), "the version has moved");
        let case = cases::find(&mut tx, &number, &everything()).await.unwrap().unwrap();
        assert_eq!((case.version, case.content, case.changed_at), (2, changed, NOW + 1));

        assert!(cases::subjects(&mut tx, "c1").await.unwrap().is_empty());
        cases::add_subject(&mut tx, "s1", "c1", &values("甲"), NOW).await.unwrap();
        assert!(cases::change_subject(&mut tx, "s1", "c1", &values("乙"), NOW).await.unwrap());
        assert!(!cases::change_subject(&mut tx, "s1", "c2", &values("丙"), NOW).await.unwrap());
        assert!(cases::delete_subject(&mut tx, "s1", "c1", NOW).await.unwrap());
        assert!(!cases::delete_subject(&mut tx, "s1", "c1", NOW).await.unwrap());
        assert!(!cases::change_subject(&mut tx, "s1", "c1", &values("丁"), NOW).await.unwrap());
        cases::add_subject(&mut tx, "s2", "c1", &values("戊"), NOW + 1).await.unwrap();
        let subjects = cases::subjects(&mut tx, "c1").await.unwrap();
        assert_eq!(subjects.iter().map(|s| (s.id.as_str(), s.deleted)).collect::<Vec<_>>(), [("s1", true), ("s2", false)]);
        tx.commit().await.unwrap();
    }

    async fn what_must_be_unique_is(house) {
        let content = values("一");
        let mut tx = write(&house).await;
        cases::open(&mut tx, &new_case("c1", "t1", &content)).await.unwrap();
        cases::add_subject(&mut tx, "s1", "c1", &content, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = write(&house).await;
        assert!(cases::open(&mut tx, &new_case("c2", "t1", &content)).await.unwrap_err().is_taken());
        drop(tx);
        let mut tx = write(&house).await;
        assert!(cases::add_subject(&mut tx, "s2", "c1", &content, NOW).await.unwrap_err().is_taken());
        drop(tx);
        let mut tx = write(&house).await;
        let error = cases::add_subject(&mut tx, "s3", "nowhere", &content, NOW).await.unwrap_err();
        assert!(!error.is_taken(), "a foreign key, not a unique value");
        drop(tx);
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 1);
        assert_eq!(house.number("SELECT value FROM counters").await, 1, "numbers of undone openings are free again");
    }

    async fn scopes_of_every_kind_are_asked(house) {
        let browser = house.applicant().await;
        let submitted = Case::submitted(&house, &browser).await;
        Case::opened(&browser).await;
        house.assign(&submitted.number, Who::Professional).await;
        let mut db = house.office().store.read().await.unwrap();
        let some = |text: &str| Some(text.to_owned());
        for (scope, count) in [
            (Scope::default(), 0),
            (everything(), 2),
            (Scope { own: some("applicant"), ..Scope::default() }, 2),
            (Scope { own: some("colleague"), ..Scope::default() }, 0),
            (Scope { assigned: some("professional"), ..Scope::default() }, 1),
            (Scope { zone: some("zone-1"), ..Scope::default() }, 1),
            (Scope { zone: some("zone-2"), ..Scope::default() }, 0),
            (Scope { archived: true, ..Scope::default() }, 1),
            (Scope { own: some("applicant"), assigned: some("professional"), zone: some("zone-2"), all: false, archived: true }, 2),
        ] {
            let page = list::page(&mut db, &scope, &Wanted::default()).await.unwrap();
            assert_eq!((page.total.count, page.cases.len()), (count, count as usize), "{scope:?}");
            let found = cases::find(&mut db, &submitted.number, &scope).await.unwrap();
            assert_eq!(found.is_some(), count > 0, "{scope:?}");
        }
        let filter = Filter { service: some("referral"), state: Some(State::Submitted), keyword: "小明 情緒 a b c 沒有人看到的第六個".into(), ..Filter::default() };
        let wanted = Wanted { filter: filter.clone(), ..Wanted::default() };
        assert_eq!(list::page(&mut db, &everything(), &wanted).await.unwrap().total.count, 0);
        let filter = Filter { keyword: "小明 情緒 王 國 11".into(), ..filter };
        let wanted = Wanted { filter, ..Wanted::default() };
        assert_eq!(list::page(&mut db, &everything(), &wanted).await.unwrap().total.count, 1);
    }

    async fn papers_documents_and_flow(house) {
        let browser = house.applicant().await;
        let case = Case::printed(&browser).await;
        let dossier = case.dossier(&house).await;
        let id = dossier.case.id.clone();
        let digest = Digest::of(b"another");
        let mut tx = write(&house).await;
        let document = Document { digest, bytes: 7, kind: "application/pdf".into() };
        documents::register(&mut tx, &document, NOW).await.unwrap();
        documents::register(&mut tx, &Document { bytes: 8, ..document.clone() }, NOW).await.unwrap();
        assert_eq!(documents::find(&mut tx, &digest).await.unwrap(), Some(document), "the first stays");
        assert_eq!(documents::find(&mut tx, &Digest::of(b"none")).await.unwrap(), None);
        let all = documents::page(&mut tx, "", 100).await.unwrap();
        assert_eq!(all.len(), 4);
        assert!(all.is_sorted_by_key(|d| d.digest.to_string()));
        let rest = documents::page(&mut tx, &all[1].digest.to_string(), 1).await.unwrap();
        assert_eq!(rest, [all[2].clone()]);

        let new = NewAttachment { id: "a1", case: &id, category: "other", file_name: "x", digest: &digest, by: "applicant", at: NOW };
        papers::add_attachment(&mut tx, &new).await.unwrap();
        assert_eq!(papers::attachments(&mut tx, &id).await.unwrap().len(), 3);
        assert!(!papers::was_deleted(&mut tx, "a1", &id).await.unwrap());
        assert!(papers::delete_attachment(&mut tx, "a1", &id, NOW).await.unwrap());
        assert!(!papers::delete_attachment(&mut tx, "a1", &id, NOW).await.unwrap());
        assert!(papers::was_deleted(&mut tx, "a1", &id).await.unwrap());

        let layout = Layout { case: "x".into(), revision: 2, template: "referral".into(), pages: Vec::new() };
        let snapshot = dossier.snapshot("2026-11-23");
        let second = NewPrint {
            id: "p2",
            case: &id,
            revision: Revision::try_from(2).unwrap(),
            template_version: 1,
            snapshot: &snapshot,
            layout: &layout,
            digest: &digest,
            by: "applicant",
            at: NOW,
        };
        papers::add_print(&mut tx, &second).await.unwrap();
        let prints = papers::prints(&mut tx, &id).await.unwrap();
        assert_eq!(prints.iter().map(|p| p.revision.get()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((prints[0].printed_by.as_str(), prints[0].bytes), ("王輔導", 7));
        let scan = NewScan {
            id: "x1", case: &id, print: "p2", digest: &digest, file_name: "x.pdf", report: "{}", by_hand: true,
            all_empty: false, by: "applicant", at: NOW,
        };
        papers::add_scan(&mut tx, &scan).await.unwrap();
        papers::bind_scan(&mut tx, "x1", true, NOW + 5).await.unwrap();
        let scans = papers::scans(&mut tx, &id).await.unwrap();
        assert_eq!((scans[0].by_hand, scans[0].all_empty, scans[0].bound_at), (true, false, Some(NOW + 5)));

        let evidence = [Evidence { kind: "scan".into(), revision: Some(2), digest }];
        let actor = Who::Manager.actor();
        let happened = Happened {
            id: "f1", case: &id, at: NOW, actor: &actor, role: Role::CaseManager, event: Event::Return, from: None, to: State::Sealing,
            reason: "看不清楚", evidence: &evidence, salt: "",
        };
        flow::add(&mut tx, &happened).await.unwrap();
        let rows = flow::of_case(&mut tx, &id).await.unwrap();
        assert_eq!(rows.len(), 6, "opened, a subject, two attachments, printed, returned");
        assert_eq!((rows[0].event, rows[0].reason.as_str()), (Event::Return, "看不清楚"));
        assert_eq!(rows[0].evidence, evidence);
        drop(tx);
        assert_eq!(case.dossier(&house).await.prints.len(), 1, "nothing of it was committed");
    }

    async fn people_places_sessions_and_drafts(house) {
        let mut tx = write(&house).await;
        assert_eq!(people::count(&mut tx).await.unwrap(), 13);
        let person = Person {
            id: "new".into(), login: "new".into(), name: "新人".into(), email: String::new(), password_hash: None,
            school: None, zone: None, profession: None, active: true, roles: vec![Role::Applicant, Role::Archivist],
        };
        people::add(&mut tx, &person, NOW).await.unwrap();
        people::set_password(&mut tx, "new", "hash", NOW).await.unwrap();
        let found = people::by_login(&mut tx, "new").await.unwrap().unwrap();
        assert_eq!(found.password_hash.as_deref(), Some("hash"));
        assert_eq!(found.roles.iter().collect::<BTreeSet<_>>(), person.roles.iter().collect());
        assert!(people::by_login(&mut tx, "nobody").await.unwrap().is_none());
        assert!(people::by_id(&mut tx, "new").await.unwrap().is_some());
        assert!(people::by_id(&mut tx, "nobody").await.unwrap().is_none());
        assert!(people::bind_school(&mut tx, "new", SCHOOL, NOW).await.unwrap());
        assert!(!people::bind_school(&mut tx, "new", "123304", NOW).await.unwrap());
        assert_eq!(schools::all(&mut tx).await.unwrap().len(), 3);
        let mut school = schools::find(&mut tx, SCHOOL).await.unwrap().unwrap();
        school.name = "改名國小".into();
        schools::put(&mut tx, &school).await.unwrap();
        assert_eq!(schools::find(&mut tx, SCHOOL).await.unwrap(), Some(school));
        assert_eq!(schools::find(&mut tx, "000000").await.unwrap(), None);
        schools::put_zone(&mut tx, "zone-1", "北區").await.unwrap();

        let new = |id, token_hash| NewSession {
            id,
            token_hash,
            person: "new",
            means: "password",
            device: None,
            proved_at: Some(NOW),
            second_at: None,
            owes_password: false,
            address: "192.0.2.7",
            agent: "Chrome",
        };
        sessions::add(&mut tx, new("s1", "h1"), NOW).await.unwrap();
        sessions::touch(&mut tx, "h1", NOW + 9).await.unwrap();
        sessions::touch(&mut tx, "h1", NOW + 3).await.unwrap();
        assert_eq!(sessions::find(&mut tx, "h1").await.unwrap().unwrap().seen_at, NOW + 9);
        sessions::add(&mut tx, new("s2", "h2"), NOW).await.unwrap();
        assert_eq!(sessions::of_person(&mut tx, "new", NOW, NOW).await.unwrap().len(), 2);
        sessions::rise(&mut tx, "s1", "h3", false, true, NOW + 9).await.unwrap();
        let risen = sessions::find(&mut tx, "h3").await.unwrap().unwrap();
        assert_eq!((risen.proved_at, risen.second_at), (Some(NOW), Some(NOW + 9)));
        assert!(sessions::find(&mut tx, "h1").await.unwrap().is_none(), "the old token is good for nothing");
        sessions::rise(&mut tx, "s1", "h1", true, false, NOW + 9).await.unwrap();
        sessions::password_paid(&mut tx, "new").await.unwrap();
        sessions::sweep(&mut tx, NOW + 5, NOW - 5).await.unwrap();
        assert!(sessions::find(&mut tx, "h2").await.unwrap().is_none());
        assert!(!sessions::end_one(&mut tx, "nobody", "s1").await.unwrap());
        assert_eq!(sessions::end_all(&mut tx, "new", Some("s1")).await.unwrap(), 0);
        sessions::end_of_device(&mut tx, "none").await.unwrap();
        assert!(sessions::find(&mut tx, "h1").await.unwrap().is_some());
        assert!(sessions::end_one(&mut tx, "new", "s1").await.unwrap());
        assert!(sessions::find(&mut tx, "h1").await.unwrap().is_none());
        sessions::add(&mut tx, new("s3", "h4"), NOW).await.unwrap();
        sessions::end(&mut tx, "h4").await.unwrap();
        assert!(sessions::find(&mut tx, "h4").await.unwrap().is_none());
        assert!(people::signed_in(&mut tx, "new", None, NOW).await.unwrap());
        assert!(people::signed_in(&mut tx, "new", Some("hash"), NOW).await.unwrap());
        assert!(!people::signed_in(&mut tx, "new", Some("another"), NOW).await.unwrap());
        let event = events::Event {
            kind: "signed-in".into(),
            at: NOW,
            address: "192.0.2.7".into(),
            agent: "Chrome".into(),
            alarming: 1,
        };
        events::add(&mut tx, "e1", "new", &event).await.unwrap();
        assert_eq!(events::newest(&mut tx, "new", 9).await.unwrap()[0].kind, "signed-in");
        events::seen(&mut tx, "new", NOW).await.unwrap();
        events::sweep(&mut tx, "new", NOW + 1).await.unwrap();
        assert!(events::newest(&mut tx, "new", 9).await.unwrap().is_empty());
        assert_eq!(throttles::locked_until(&mut tx, "s").await.unwrap(), 0);
        for _ in 0..2 {
            throttles::count_failure(&mut tx, "s", NOW, 1000, 2).await.unwrap();
        }
        assert_eq!(throttles::locked_until(&mut tx, "s").await.unwrap(), NOW + 1000);
        throttles::forget_failures(&mut tx, "s").await.unwrap();
        assert_eq!(throttles::locked_until(&mut tx, "s").await.unwrap(), 0);
        for _ in 0..2 {
            throttles::count_failure(&mut tx, "s", NOW, 1000, 2).await.unwrap();
        }
        throttles::sweep(&mut tx, NOW + 1000).await.unwrap();
        assert_eq!(throttles::locked_until(&mut tx, "s").await.unwrap(), NOW + 1000, "locked still");
        throttles::sweep(&mut tx, NOW + 1001).await.unwrap();
        assert_eq!(throttles::locked_until(&mut tx, "s").await.unwrap(), 0);

        drafts::keep(&mut tx, "new", "f", "a=1", NOW).await.unwrap();
        drafts::keep(&mut tx, "new", "f", "a=2", NOW + 1).await.unwrap();
        assert_eq!(drafts::find(&mut tx, "new", "f").await.unwrap(), Some(("a=2".into(), NOW + 1)));
        drafts::forget(&mut tx, "new", "f").await.unwrap();
        assert_eq!(drafts::find(&mut tx, "new", "f").await.unwrap(), None);
        traces::add(&mut tx, "t1", NOW, &Trace { action: "x", case: Some("c"), ..Trace::default() }).await.unwrap();
        assert_eq!(traces::of_case(&mut tx, "c").await.unwrap(), [("x".to_owned(), None, String::new())]);
        tx.commit().await.unwrap();
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(house) {
        let content = values("一");
        let mut tx = write(&house).await;
        cases::open(&mut tx, &new_case("c1", "t1", &content)).await.unwrap();
        drop(tx);
        assert_eq!(house.number("SELECT COUNT(*) FROM cases").await, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM counters").await, 0);
    }

    async fn migrating_again_changes_nothing(house) {
        let browser = house.applicant().await;
        Case::opened(&browser).await;
        let before = house.record().await;
        house.office().store.migrate().await.unwrap();
        let again = Store::connect(&house.database_url).await.unwrap();
        let again = again.with_keys(house.keys(), Entropy::system());
        again.migrate().await.unwrap();
        assert_eq!(again.backend(), house.office().store.backend());
        again.close().await;
        assert_eq!(house.record().await, before);
    }

    async fn a_database_of_a_newer_version_is_refused(house) {
        house.sql("UPDATE _sqlx_migrations SET version = 99990101000000 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
        let error = house.office().store.migrate().await.unwrap_err();
        assert!(matches!(error, StoreError::Migrate(_)), "{error}");
        assert!(error.to_string().contains("previously applied but is missing"), "{error}");
    }

    async fn a_state_without_its_evidence_cannot_be_written(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        let mut tx = write(&house).await;
        let found = cases::find(&mut tx, &case.number, &everything()).await.unwrap().unwrap();
        assert_eq!(Standing::of(State::Submitted, None), None);
        drop(tx);
        let mut db = house.office().store.read().await.unwrap();
        for state in ["submitted", "supplement", "received", "in_service", "closed", "declined"] {
            let sql = format!("UPDATE cases SET state = '{state}'");
            assert!(sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **db).await.is_err(), "{state}");
        }
        assert!(sqlx::query("UPDATE cases SET state = 'lost'").execute(&mut **db).await.is_err());
        drop(db);
        let bound = Standing::of(State::Submitted, Some("x".into())).unwrap();
        assert_eq!(bound, Standing::Bound(cases::Bound::Submitted, ScanId("x".into())));
        assert_eq!(found.standing.scan(), None);
    }

    async fn an_impossible_row_names_table_column_and_row(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let id = case.id(&house).await;
        let manager = Who::Manager.actor();
        house.unguard("flow").await;
        for (table, column, value) in [
            ("cases", "content", "'[]'"),
            ("cases", "reference", "'?'"),
            ("subjects", "answers", "'no JSON'"),
            ("prints", "snapshot", "'{}'"),
            ("prints", "layout", "'{}'"),
            ("flow", "event", "'dance'"),
            ("flow", "to_state", "'nowhere'"),
            ("flow", "evidence", "'{}'"),
        ] {
            let key = if table == "cases" { "id" } else { "case_id" };
            let kept = house.texts(&format!("SELECT {column} FROM {table} WHERE {key} = '{id}' ORDER BY id")).await;
            house.sql(&format!("UPDATE {table} SET {column} = {value} WHERE {key} = '{id}'")).await;
            let Err(error) = house.office().dossier(&manager, &case.number).await else { panic!("{table}.{column}") };
            let words = error.to_string();
            assert!(words.contains(&format!("impossible value in {table}.{column} of row ")), "{words}");
            let ids = house.texts(&format!("SELECT id FROM {table} WHERE {key} = '{id}' ORDER BY id")).await;
            assert!(ids.iter().any(|row| words.contains(row)), "{words}");
            for (row, old) in ids.iter().zip(&kept) {
                house.sql(&format!("UPDATE {table} SET {column} = '{}' WHERE id = '{row}'", old.replace('\'', "''"))).await;
            }
        }
        house.office().dossier(&manager, &case.number).await.unwrap();
        house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('colleague', 'king', 1)").await;
        let mut db = house.office().store.read().await.unwrap();
        let error = people::by_login(&mut db, "colleague").await.unwrap_err();
        assert!(error.to_string().starts_with("impossible value in roles.role of row colleague"), "{error}");
    }
}

#[test]
fn both_databases_have_the_same_tables() {
    let columns = |database, name: &'static str| {
        let (send, receive) = std::sync::mpsc::channel();
        crate::support::run(database, name, |house| async move {
            let mut tables = BTreeSet::new();
            for (table, rows) in house.record().await.rows {
                tables.insert((table, rows.len()));
            }
            send.send(tables).unwrap();
        });
        receive.recv().unwrap()
    };
    let sqlite = columns(crate::support::Database::Sqlite, "tables of sqlite");
    assert_eq!(sqlite, columns(crate::support::Database::Postgres, "tables of postgres"));
}

#[tokio::test]
async fn an_empty_postgres_is_migrated_by_two_nodes_at_once() {
    let url = postgres_schema("two nodes").await;
    let (one, two) = (Store::connect(&url).await.unwrap(), Store::connect(&url).await.unwrap());
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    first.unwrap();
    second.unwrap();
    assert_eq!(people::count(&mut one.read().await.unwrap()).await.unwrap(), 0);
}
