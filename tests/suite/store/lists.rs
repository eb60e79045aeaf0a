//! Lists over thousands of made-up cases: every way to come by them finds what a plain look at all of them finds,
//! and none of its questions, nor those of queues, duties and notices, makes a database read through all cases.

use std::collections::{BTreeMap, BTreeSet};

use casebind::case::fields::Values;
use casebind::case::state::State;
use casebind::case::subject;
use casebind::case::wait::Wait;
use casebind::clock::Entropy;
use casebind::store::Store;
use casebind::store::cases::Scope;
use casebind::store::duties::{self, List, Turn};
use casebind::store::list::{self, Filter, Place, Sort, Sought, Wanted};
use casebind::store::notices::{self, From};
use casebind::store::queue::{self, Side};
use casebind::store::{gaps, reminders, sealed, staff, supplements, zones};
use sqlx::Row as _;

use crate::support::command::Installation;
use crate::support::house::{Database, keys_of, postgres_schema};
use crate::support::log;

/// More than are gathered, so that lists are walked too.
const CASES: usize = 3_000;
/// Pages that are turned of each list.
const PAGES: usize = 4;

/// A case as a plain look finds it.
struct Plain {
    id: String,
    number: String,
    service: String,
    state: State,
    school: String,
    school_name: String,
    district: String,
    zone: String,
    applicant: String,
    submitted: bool,
    keywords: String,
    opened_at: i64,
    changed_at: i64,
    state_at: i64,
    subject: Option<(String, String)>,
    staff: BTreeSet<String>,
}

/// An installation with made-up cases.
struct Seeded {
    store: Store,
    cases: Vec<Plain>,
    installation: Installation,
}

impl Seeded {
    async fn new(database: Database, name: &str) -> Self {
        log::listen();
        let (more, url) = match database {
            Database::Sqlite => (String::new(), None),
            Database::Postgres => {
                let url = postgres_schema(name).await;
                (format!("database.url = {url:?}\n"), Some(url))
            }
        };
        let installation = Installation::new(&more);
        let count = CASES.to_string();
        let told = installation.run(&["seed", "--cases", &count]).expect(0);
        assert!(told.out.contains("everyone's password: "), "{}", told.out);
        let file = installation.data().join("casebind.sqlite");
        let url = url.unwrap_or_else(|| format!("sqlite://{}?mode=rwc", file.display()));
        let keys = keys_of(&installation.data());
        let store = Store::connect(&url).await.unwrap().with_keys(keys, Entropy::system());
        store.migrate().await.unwrap();
        let cases = plain(&store).await;
        assert_eq!(cases.len(), CASES);
        Self { store, cases, installation }
    }

    /// The ids that a plain look finds, in the list's order.
    fn expected(&self, scope: &Scope, filter: &Filter, sort: Sort) -> Vec<&str> {
        let mut found: Vec<&Plain> =
            self.cases.iter().filter(|case| seen(case, scope) && fits(case, filter, sort)).collect();
        found.sort_by_key(|case| match sort {
            Sort::Change => (-case.changed_at, String::new()),
            Sort::Waiting => (case.state_at, String::new()),
            Sort::Opening => (-case.opened_at, String::new()),
            Sort::Number => (-case.number.parse::<i64>().unwrap(), String::new()),
        });
        found.into_iter().map(|case| case.id.as_str()).collect()
    }

    /// Turns every page forward to the list's end or for a while, and back again.
    async fn turn(&self, scope: &Scope, filter: &Filter, sort: Sort) {
        let expected = self.expected(scope, filter, sort);
        let mut db = self.store.read().await.unwrap();
        let mut wanted = Wanted { filter: filter.clone(), sort, place: Place::First };
        let mut pages = Vec::new();
        loop {
            let page = list::page(&mut db, scope, &wanted).await.unwrap();
            let least = usize::try_from(page.total.count).unwrap();
            if page.total.more {
                assert!(expected.len() > least, "{filter:?} {sort:?}: {least} of {}", expected.len());
            } else {
                assert_eq!(least, expected.len(), "{scope:?} {filter:?} {sort:?}");
            }
            pages.push(page.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>());
            let (Some(next), true) = (page.next, pages.len() < PAGES) else { break };
            wanted.place = next;
        }
        let found: Vec<&str> = pages.iter().flatten().map(String::as_str).collect();
        let as_many = found.len();
        assert!(
            as_many == expected.len() || pages.len() == PAGES,
            "{as_many} of {}: {filter:?}",
            expected.len()
        );
        // The order among equals is free; every key stands where it must.
        assert_eq!(
            self.keys(&found, sort),
            self.keys(&expected[..as_many], sort),
            "{scope:?} {filter:?} {sort:?}"
        );
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), as_many, "none is shown twice");
        let mut back = pages.len() - 1;
        while back > 0 {
            let page = list::page(&mut db, scope, &wanted).await.unwrap();
            wanted.place = page.previous.unwrap();
            back -= 1;
            let page = list::page(&mut db, scope, &wanted).await.unwrap();
            assert_eq!(
                page.cases.iter().map(|case| &case.id).collect::<Vec<_>>(),
                pages[back].iter().collect::<Vec<_>>()
            );
        }
    }

    fn keys(&self, ids: &[&str], sort: Sort) -> Vec<i64> {
        let by_id: BTreeMap<&str, &Plain> = self.cases.iter().map(|case| (case.id.as_str(), case)).collect();
        let key = |case: &Plain| match sort {
            Sort::Change => case.changed_at,
            Sort::Waiting => case.state_at,
            Sort::Opening => case.opened_at,
            Sort::Number => case.number.parse().unwrap(),
        };
        ids.iter().map(|id| key(by_id[id])).collect()
    }

    fn newest(&self, fits: impl Fn(&Plain) -> bool) -> &Plain {
        self.cases.iter().filter(|case| fits(case)).max_by_key(|case| &case.number).unwrap()
    }
}

fn seen(case: &Plain, scope: &Scope) -> bool {
    scope.all
        || scope.own.as_ref() == Some(&case.applicant)
        || scope.assigned.as_ref().is_some_and(|person| case.staff.contains(person))
        || scope.zone.as_ref() == Some(&case.zone)
            && !matches!(case.state, State::Draft | State::Sealing)
            && (case.state != State::Withdrawn || case.submitted)
        || scope.archived && !matches!(case.state, State::Draft | State::Sealing)
}

fn fits(case: &Plain, filter: &Filter, sort: Sort) -> bool {
    let ended = matches!(case.state, State::Closed | State::Declined | State::Withdrawn);
    let name = case.subject.as_ref().map_or("", |(name, _)| name);
    let number = case.subject.as_ref().map_or("", |(_, number)| number);
    filter.service.as_ref().is_none_or(|service| *service == case.service)
        && filter.state.map_or(sort != Sort::Waiting || !ended, |state| state == case.state)
        && filter.keyword.to_lowercase().split_whitespace().take(5).all(|word| case.keywords.contains(word))
        && filter.opened_from.is_none_or(|from| case.opened_at >= from)
        && filter.opened_before.is_none_or(|before| case.opened_at < before)
        && filter.school.as_ref().is_none_or(|s| *s == case.school || case.school_name.contains(s))
        && filter.district.as_ref().is_none_or(|district| *district == case.district)
        && filter.zone.as_ref().is_none_or(|zone| *zone == case.zone)
        && filter.professional.as_ref().is_none_or(|person| case.staff.contains(person))
        && match &filter.subject {
            None => true,
            Some(Sought::Name(sought)) => case.subject.is_some() && name.contains(sought.as_str()),
            Some(Sought::Number(sought)) => number == sought,
            Some(Sought::Kept(_)) => unreachable!("nobody asks so"),
        }
}

async fn plain(store: &Store) -> Vec<Plain> {
    let mut db = store.read().await.unwrap();
    let mut staff: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in sqlx::query("SELECT case_id, person_id FROM assignments WHERE until IS NULL")
        .fetch_all(&mut **db)
        .await
        .unwrap()
    {
        staff.entry(row.get(0)).or_default().insert(row.get(1));
    }
    let sql = "SELECT c.id, c.number, c.service, c.state, c.school_code, s.name, s.district, COALESCE(s.zone_id, ''), \
               c.applicant_id, c.keywords, c.opened_at, c.changed_at, c.state_at, \
               COALESCE(x.id, ''), COALESCE(x.answers, ''), COALESCE(c.submitted_at, 0) FROM cases c JOIN schools s ON s.code = c.school_code \
               LEFT JOIN subjects x ON x.case_id = c.id AND x.deleted_at IS NULL";
    let rows = sqlx::query(sql).fetch_all(&mut **db).await.unwrap();
    let open = |table: &str, column: &str, id: &str, value: String| {
        store.sealer().open(sealed::place(table, column).unwrap(), id, value).unwrap()
    };
    rows.iter()
        .map(|row| {
            let text = |at: usize| row.get::<String, _>(at);
            let answers = open("subjects", "answers", &text(13), text(14));
            let answers: Option<Values> =
                (!answers.is_empty()).then(|| serde_json::from_str(&answers).unwrap());
            let answer = |answers: &Values, id: &str| subject::text(answers, id).to_owned();
            Plain {
                id: text(0),
                number: text(1),
                service: text(2),
                state: text(3).parse().unwrap(),
                school: text(4),
                school_name: text(5),
                district: text(6),
                zone: text(7),
                applicant: text(8),
                submitted: row.get::<i64, _>(15) > 0,
                keywords: open("cases", "keywords", &text(0), text(9)),
                opened_at: row.get(10),
                changed_at: row.get(11),
                state_at: row.get(12),
                subject: answers.map(|all| {
                    (answer(&all, "name").to_lowercase(), answer(&all, "id_number").to_uppercase())
                }),
                staff: staff.get(&text(0)).cloned().unwrap_or_default(),
            }
        })
        .collect()
}

fn everything() -> Scope {
    Scope { all: true, ..Scope::default() }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Whose cases are listed: one person of each role, and one who holds several.
fn scopes(seeded: &Seeded) -> Vec<Scope> {
    let applicant = &seeded.newest(|case| case.state == State::Draft).applicant;
    vec![
        Scope::default(),
        everything(),
        Scope { own: some(applicant), ..Scope::default() },
        Scope { assigned: some("professional-07"), ..Scope::default() },
        Scope { zone: some("zone-2"), ..Scope::default() },
        Scope { archived: true, ..Scope::default() },
        Scope {
            own: some(applicant),
            assigned: some("professional-07"),
            zone: some("zone-2"),
            archived: true,
            all: false,
        },
    ]
}

/// Filters of every kind, rare and frequent.
fn filters(seeded: &Seeded) -> Vec<Filter> {
    let subject = seeded.newest(|case| case.subject.is_some());
    let (name, number) = subject.subject.clone().unwrap();
    let middle = seeded.cases.iter().map(|case| case.opened_at).sum::<i64>() / i64::try_from(CASES).unwrap();
    let word = |keyword: &str| Filter { keyword: keyword.into(), ..Filter::default() };
    let all = || Filter::default();
    vec![
        all(),
        Filter { service: some("referral"), ..all() },
        Filter { service: some("group"), ..all() },
        Filter { service: some("nothing"), ..all() },
        Filter { state: Some(State::Submitted), ..all() },
        Filter { state: Some(State::Closed), ..all() },
        Filter { state: Some(State::Closed), service: some("referral"), ..all() },
        Filter { opened_from: Some(middle), ..all() },
        Filter { opened_before: Some(middle), state: Some(State::Withdrawn), ..all() },
        Filter { opened_from: Some(middle), opened_before: Some(middle + 3_000_000_000), ..all() },
        Filter { school: some("900001"), ..all() },
        Filter { school: some("國小"), ..all() },
        Filter { school: some("%"), ..all() },
        Filter { district: some(&subject.district), ..all() },
        Filter { zone: some("zone-3"), ..all() },
        Filter { professional: some("professional-11"), ..all() },
        Filter { professional: some("professional-11"), state: Some(State::InService), ..all() },
        Filter { subject: Sought::new(&number), ..all() },
        Filter { subject: Sought::new(&name), ..all() },
        Filter { subject: Sought::new("明"), ..all() },
        // In every case's words, and in no subject's name: looked for along the whole list, then found to be nowhere.
        Filter { subject: Sought::new("學"), ..all() },
        word(&name),
        word(&name[..name.len() - 3]),
        word(&number),
        word(&subject.number[3..]),
        word("學"),
        word("07-"),
        word("希望"),
        word("個別心理諮商"),
        word("上台 國小"),
        word("理諮"),
        word("商諮"),
        word("%"),
        Filter { state: Some(State::InService), ..word("學") },
        Filter { state: Some(State::Closed), ..word("07-") },
        Filter { state: Some(State::Closed), district: some(&subject.district), ..word("希望") },
    ]
}

macro_rules! seeded {
    ($($name:ident)+) => { $(
        mod $name {
            use super::*;

            fn run(database: Database) {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                runtime.block_on(async { super::$name(&Seeded::new(database, module_path!()).await, database).await });
            }

            #[test]
            fn sqlite() {
                run(Database::Sqlite);
            }

            #[test]
            fn postgres() {
                run(Database::Postgres);
            }
        }
    )+ };
}

seeded!(every_list_is_what_a_plain_look_finds no_list_reads_through_all_cases);

async fn every_list_is_what_a_plain_look_finds(seeded: &Seeded, _: Database) {
    // Made-up cases are whole ones, and are never mixed with others.
    seeded.installation.run(&["verify"]).expect(0);
    seeded.installation.run(&["seed", "--cases", "1"]).expect(1).says(&["people already"]);
    let apart = zones::districts(&mut seeded.store.read().await.unwrap()).await.unwrap();
    assert_eq!(apart.len(), 30);
    assert!(apart.iter().all(|one| one.zone.is_some() && one.apart == 0), "schools follow their districts");
    for scope in scopes(seeded) {
        for filter in filters(seeded) {
            seeded.turn(&scope, &filter, Sort::Change).await;
        }
        for sort in [Sort::Waiting, Sort::Opening, Sort::Number] {
            for filter in filters(seeded).iter().step_by(5) {
                seeded.turn(&scope, filter, sort).await;
            }
        }
        let mut db = seeded.store.read().await.unwrap();
        let counts = list::states(&mut db, &scope).await.unwrap();
        for state in State::ALL {
            let expected =
                seeded.cases.iter().filter(|case| case.state == state && seen(case, &scope)).count();
            let counted = counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, total)| total.count);
            assert_eq!(usize::try_from(counted).unwrap(), expected, "{state} {scope:?}");
        }
    }
}

/// Where a database sorts as people of a language do, signs stand elsewhere among letters and digits than in bytes:
/// the default of most installations of PostgreSQL.
#[test]
fn a_database_that_sorts_by_language_lists_the_same() {
    // The guard of custody_links names its columns, which therefore can't be altered; no list reads it. What the index of
    // words is hashed with was asked for already, and that statement is kept prepared.
    const COLLATE: &str = "DO $$ DECLARE one record; BEGIN \
         FOR one IN SELECT c.table_name, c.column_name FROM information_schema.columns c \
         JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = current_schema() AND c.data_type = 'text' AND t.table_type = 'BASE TABLE' \
         AND t.table_name NOT IN ('custody_links', 'search_index') LOOP \
         EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE TEXT COLLATE \"und-x-icu\"', \
         one.table_name, one.column_name); END LOOP; END $$";
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let seeded = Seeded::new(Database::Postgres, module_path!()).await;
        let mut db = seeded.store.read().await.unwrap();
        sqlx::raw_sql(COLLATE).execute(&mut **db).await.expect("another order");
        let sql = "SELECT COUNT(*) FROM cases WHERE number < ':'";
        let before: i64 = sqlx::query_scalar(sql).fetch_one(&mut **db).await.unwrap();
        assert_eq!(before, 0, "no number stands before a colon here");
        drop(db);
        // Who sees most, and who sees by several reasons: what walks along the order of numbers.
        for scope in scopes(&seeded).into_iter().filter(|scope| scope.all || scope.archived) {
            for sort in [Sort::Number, Sort::Change, Sort::Waiting, Sort::Opening] {
                for filter in filters(&seeded).iter().step_by(if sort == Sort::Number { 3 } else { 9 }) {
                    seeded.turn(&scope, filter, sort).await;
                }
            }
        }
    });
}

async fn no_list_reads_through_all_cases(seeded: &Seeded, database: Database) {
    log::listen_to_statements();
    for scope in scopes(seeded) {
        for filter in filters(seeded) {
            for sort in [Sort::Change, Sort::Waiting, Sort::Opening, Sort::Number] {
                let mut db = seeded.store.read().await.unwrap();
                let mut wanted = Wanted { filter: filter.clone(), sort, place: Place::First };
                let page = list::page(&mut db, &scope, &wanted).await.unwrap();
                if let Some(next) = page.next {
                    wanted.place = next;
                    let page = list::page(&mut db, &scope, &wanted).await.unwrap();
                    wanted.place = page.previous.unwrap();
                    list::page(&mut db, &scope, &wanted).await.unwrap();
                }
            }
        }
        let mut db = seeded.store.read().await.unwrap();
        list::states(&mut db, &scope).await.unwrap();
        notices::unread(&mut db, "manager-1", &scope, 100).await.unwrap();
        for from in [From::Newest, From::Before("x".into()), From::After("x".into())] {
            notices::page(&mut db, "manager-1", &scope, &from, 20).await.unwrap();
        }
    }
    look_through_queues(seeded).await;
    look_through_duties(seeded).await;
    let statements = log::statements();
    assert!(statements.len() > 100, "only {} statements were heard", statements.len());
    for heard in
        ["FROM looks l", "FROM service_records n", "WITH RECURSIVE served", "FROM reminders r", "some_unread"]
    {
        assert!(statements.iter().any(|one| one.contains(heard)), "{heard} wasn't heard");
    }
    let mut db = seeded.store.read().await.unwrap();
    let (mut wrong, mut counted, mut worded) = (Vec::new(), 0, 0);
    for statement in &statements {
        let plan = match database {
            Database::Sqlite => sqlite_plan(&mut db, statement).await,
            Database::Postgres => postgres_plan(&mut db, statement).await,
        };
        // Of each case that somebody serves its state alone is asked for: by an index, and not by its whole row.
        let counts_served = statement.starts_with("SELECT COUNT(*) FROM cases c WHERE c.state =");
        if counts_served && matches!(database, Database::Sqlite) {
            assert!(plan.iter().any(|line| line.contains("COVERING INDEX cases_by_id")), "{plan:?}");
            counted += 1;
        }
        // Words are found by their index, never by looking into each case's tokens along the numbers.
        if statement.contains("@@") {
            assert!(plan.iter().any(|line| line.contains("case_tokens_by_token")), "{statement}\n{plan:?}");
            worded += 1;
        }
        for line in plan.iter().filter(|line| reads_all(line)) {
            wrong.push(format!("{line}\n    {statement}\n{}", plan.join("\n")));
        }
    }
    assert_eq!(worded > 0, matches!(database, Database::Postgres), "{worded} statements look for words");
    assert_eq!(counted, if matches!(database, Database::Sqlite) { 2 } else { 0 }, "服務中 and 結案");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), statements.len(), wrong.join("\n\n"));
}

/// Everything that 待審核 asks.
async fn look_through_queues(seeded: &Seeded) {
    let mut db = seeded.store.read().await.unwrap();
    let watched = [State::Submitted, State::Supplement, State::Received];
    let counts = queue::counts(&mut db, &watched).await.unwrap();
    for (state, counted) in counts {
        let expected = seeded.cases.iter().filter(|case| case.state == state).count();
        assert_eq!(usize::try_from(counted).unwrap(), expected, "{state}");
        let page = queue::page(&mut db, state, &Side::Start).await.unwrap();
        assert_eq!(page.cases.len(), expected.min(queue::PAGE), "{state}");
        let ids: Vec<String> = page.cases.iter().map(|case| case.id.clone()).collect();
        queue::looks(&mut db, &ids, "manager-1", 1).await.unwrap();
        queue::subjects(&mut db, &ids).await.unwrap();
        queue::scan_marks(&mut db, &page.cases).await.unwrap();
        queue::attachments(&mut db, &ids).await.unwrap();
        let Some(last) = page.cases.last().map(queue::Key::of) else { continue };
        queue::next(&mut db, Some(&last), "manager-1", 1).await.unwrap();
        for side in [Side::After(last.clone()), Side::Before(last)] {
            queue::page(&mut db, state, &side).await.unwrap();
        }
    }
}

/// Everything that 派案 and 我的服務案件 ask, and the job of reminders.
async fn look_through_duties(seeded: &Seeded) {
    let mut db = seeded.store.read().await.unwrap();
    for list in [
        List::ToDispatch("zone-2"),
        List::ToClose("zone-2"),
        List::Serving("professional-07"),
        List::Served("professional-07"),
    ] {
        let page = duties::page(&mut db, list, &[], &Turn::First).await.unwrap();
        let key = duties::Key { at: 1, id: "x".into() };
        for turn in page.next.into_iter().chain([Turn::After(key.clone()), Turn::Before(key)]) {
            duties::page(&mut db, list, &[], &turn).await.unwrap();
        }
        // Whatever is left out of what is to be dispatched is neither listed nor counted.
        if matches!(list, List::ToDispatch(_)) {
            let first: Vec<String> = page.cases.iter().take(1).map(|one| one.case.id.clone()).collect();
            let without = duties::page(&mut db, list, &first, &Turn::First).await.unwrap();
            assert_eq!(without.total + i64::try_from(first.len()).unwrap(), page.total);
            assert!(without.cases.iter().all(|one| !first.contains(&one.case.id)));
        }
    }
    for zone in [Some("zone-2"), None] {
        supplements::to_seal(&mut db, zone).await.unwrap();
    }
    let load: i64 = staff::professionals(&mut db).await.unwrap().iter().map(|one| one.load).sum();
    let serving = seeded.cases.iter().filter(|case| case.state == State::InService);
    assert_eq!(load, serving.map(|case| i64::try_from(case.staff.len()).unwrap()).sum::<i64>());
    assert!(!staff::names(&mut db).await.unwrap().is_empty());
    let served = seeded.cases.iter().filter(|case| case.state == State::InService).count();
    let long = gaps::due(&mut db, i64::MAX, 99_999_999, "", 20).await.unwrap();
    assert_eq!(long.len(), served.min(20));
    for wait in Wait::ALL {
        let due = reminders::due(&mut db, wait, i64::MAX, 3, None, 20).await.unwrap();
        reminders::due(&mut db, wait, i64::MAX, 3, due.last(), 20).await.unwrap();
    }
}

/// Whether a line of a plan says that a big table, or an index of it, is read from its beginning to its end.
fn reads_all(line: &str) -> bool {
    const SQLITE: [&str; 14] = [
        "SCAN c",
        "SCAN j",
        "SCAN cases",
        "SCAN subjects",
        "SCAN flow",
        "SCAN assignments",
        "SCAN a",
        "SCAN b",
        "SCAN l",
        "SCAN n",
        "SCAN q",
        "SCAN r",
        "SCAN v",
        "SCAN w",
    ];
    const POSTGRES: [&str; 15] = [
        "cases",
        "subjects",
        "flow",
        "case_tokens",
        "assignments",
        "closings",
        "service_records",
        "record_revisions",
        "looks",
        "scans",
        "attachments",
        "notices",
        "reminders",
        "roles",
        "people",
    ];
    // Of the proposals to close or to destroy it holds those that wait alone.
    const OPEN: [&str; 3] = ["open_closings", "one_closing", "open_disposals"];
    if OPEN.iter().any(|index| line.contains(index)) {
        return false;
    }
    let scans = |table: &str| line == table || line.starts_with(&format!("{table} "));
    SQLITE.iter().any(|table| scans(table) && !line.contains("VIRTUAL"))
        || POSTGRES.iter().any(|table| line.contains(&format!("Seq Scan on {table}")))
}

async fn sqlite_plan(db: &mut sqlx::AnyConnection, statement: &str) -> Vec<String> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
    rows.fetch_all(db).await.unwrap().iter().map(|row| row.get::<String, _>("detail")).collect()
}

/// The plan for values that aren't known, as for a statement that is kept prepared; reading all is made dear, as
/// it is where there are many more cases than here.
async fn postgres_plan(db: &mut sqlx::AnyConnection, statement: &str) -> Vec<String> {
    let mut run = async |sql: &str| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *db).await.expect(sql);
    };
    run("SET enable_seqscan = off").await;
    run("SET plan_cache_mode = force_generic_plan").await;
    run(&format!("PREPARE heard AS {statement}")).await;
    let parameters = (1..).take_while(|at| statement.contains(&format!("${at}"))).map(|_| "NULL");
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    let explain = format!("EXPLAIN EXECUTE heard({parameters})").replace("()", "");
    let rows = sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *db).await.unwrap();
    let plan = rows.iter().map(|row| row.get::<String, _>(0)).collect();
    sqlx::raw_sql("DEALLOCATE heard").execute(db).await.unwrap();
    plan
}
