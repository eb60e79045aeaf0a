//! An installation in a temporary folder, with a clock that a test moves and random numbers that
//! repeat, on either database.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::Router;
use casebind::archive::{Originals, Renditions, Vault};
use casebind::case::ids::Digest;
use casebind::clock::{Clocks, Entropy, World};
use casebind::config::{DataDir, Encryption};
use casebind::forms::Printer;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::identity::captcha::AtLogin;
use casebind::identity::collection::CollectionNotice;
use casebind::identity::doors::{Doors, Rules, StaffFactor};
use casebind::identity::keys::DoorKey;
use casebind::identity::limits::Rates;
use casebind::identity::passwords::Passwords;
use casebind::identity::sessions::Limits as SessionLimits;
use casebind::intake::{Judge, Limits};
use casebind::keyring::Keys;
use casebind::steps::Office;
use casebind::store::{Store, sealed};
use casebind::web::app::Entrance;
use casebind::web::pages::frame::Organisation;
use casebind::web::{self, App};
use sqlx::{Column as _, Row as _};
use tempfile::TempDir;

use super::people;
use super::{Browser, Who, log};

/// The binary that is tested.
pub const CASEBIND: &str = env!("CARGO_BIN_EXE_casebind");

/// Where every clock starts: a Monday, ten in the morning in Taiwan.
pub const START: &str = "2026-11-23T02:00:00Z";

/// One minute in the unit of clocks.
pub const MINUTE: i64 = 60_000;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// An open installation with schools and people.
pub struct House {
    /// What handlers share.
    pub app: App,
    /// All routes.
    pub router: Router,
    /// The URL of the database.
    pub database_url: String,
    data: TempDir,
}

/// Runs a test in an installation of its own.
pub fn run<F: Future<Output = ()>>(database: Database, name: &str, test: impl FnOnce(House) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let house = House::build(database, name, |_| {}).await;
        test(house).await;
    });
}

impl House {
    /// Builds an installation; `change` adjusts it before it opens. `name` is the seed of its numbers.
    pub async fn build(database: Database, name: &str, change: impl FnOnce(&mut App)) -> Self {
        log::listen();
        let data = tempfile::tempdir().expect("a temporary folder");
        let database_url = match database {
            Database::Sqlite => {
                format!("sqlite://{}?mode=rwc", data.path().join(DataDir::DATABASE).display())
            }
            Database::Postgres => postgres_schema(name).await,
        };
        let world = World::seeded(seed(&format!("{name} on {database:?}")), start());
        let app = Self::open(&data, &database_url, world, change).await;
        people::settle(&app).await;
        Self { router: web::router(app.clone()), app, database_url, data }
    }

    /// An installation over a folder that has a database of SQLite already, with its people.
    pub async fn over(data: TempDir) -> Self {
        let database_url = format!("sqlite://{}?mode=rwc", data.path().join(DataDir::DATABASE).display());
        let world = World::seeded(seed(&database_url), start());
        let app = Self::open(&data, &database_url, world, |_| {}).await;
        Self { router: web::router(app.clone()), app, database_url, data }
    }

    async fn open(data: &TempDir, database_url: &str, world: World, change: impl FnOnce(&mut App)) -> App {
        let dir = DataDir::open(data.path(), &world.entropy).expect("a new data directory");
        let keys = dir.archive_keys(&Encryption::default()).expect("keys of the archive");
        let keys = keys.with_clocks(Clocks::of(world.clock.clone()));
        let store = Store::connect(database_url).await.expect("the database");
        let vault = Vault::new(keys.clone());
        let store = store.with_keys(keys, Entropy::system());
        store.migrate().await.expect("an empty database");
        let metrics = casebind::metrics::Metrics::default();
        let office = Office {
            store,
            originals: Originals::open(dir.root(), &vault, &world.clock).expect("a folder of originals"),
            renditions: Renditions::open(dir.root(), &vault).expect("a folder of renditions"),
            printer: Arc::new(Printer::new(Templates::load(None), Fonts::installed())),
            judge: Judge::new(CASEBIND.into(), limits()).counted_by(&metrics),
            key: dir.page_code_key().expect("a key"),
            world,
            time_zone: jiff::tz::TimeZone::get("Asia/Taipei").expect("a time zone"),
            organisation: "示範學生輔導諮商中心".into(),
            notice: Arc::new(
                CollectionNotice::load(None, "示範學生輔導諮商中心", "").expect("the built-in notice"),
            ),
            max_upload_bytes: limits().max_bytes,
            max_stack_bytes: limits().stack_bytes,
            accounts: casebind::steps::accounts::Rules::default(),
            fixity: casebind::steps::fixity::Rules::default(),
            backups: casebind::steps::backups::Rules::default(),
            patience: Arc::default(),
            statistics: casebind::steps::statistics::Cache::default(),
            metrics,
            process: casebind::steps::process::Process::new("house"),
        };
        let mut app = App {
            office,
            passwords: Arc::new(passwords().clone()),
            limits: SessionLimits { idle: 15 * MINUTE, absolute: 8 * 60 * MINUTE },
            entrance: Entrance { captcha: AtLogin::Never, rates: Rates::default() },
            doors: Arc::new(doors(StaffFactor::Offered)),
            organisation: Arc::new(Organisation {
                name: "示範學生輔導諮商中心".into(),
                latin: None,
                contact: Some("07-1234567".into()),
            }),
            secure: false,
            public_url: "http://127.0.0.1".into(),
            settings: Arc::default(),
            sign_on: None,
            proxies: casebind::web::proxies::Proxies::default(),
            hurry: Default::default(),
            patience: Default::default(),
            health: Default::default(),
        };
        change(&mut app);
        app
    }

    /// The folder of everything.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// The keys of what is encrypted at rest.
    pub fn keys(&self) -> Keys {
        keys_of(self.data_dir())
    }

    /// The database that it is on.
    pub fn database(&self) -> Database {
        match self.office().store.backend() {
            casebind::store::Backend::Sqlite => Database::Sqlite,
            casebind::store::Backend::Postgres => Database::Postgres,
        }
    }

    /// Where steps are done.
    pub fn office(&self) -> &Office {
        &self.app.office
    }

    /// Moves the clock.
    pub fn wait(&self, millis: i64) {
        self.office().world.clock.advance(millis);
    }

    /// A browser in which nobody is signed in.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.router.clone(), self.app.cookie_name(), self.office().world.clock.clone())
    }

    /// A browser in which this person is signed in.
    pub async fn sign_in(&self, who: Who) -> Browser {
        let browser = self.stranger();
        browser.become_person(&self.app, who).await;
        browser
    }

    /// Runs SQL that no step of ours runs: for what tests must force or look at.
    pub async fn sql(&self, sql: &str) {
        let mut db = self.office().store.read().await.expect("a connection");
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut **db).await.expect(sql);
    }

    /// Lets the rows of a table that is only ever added to be changed, for what tests must force.
    pub async fn unguard(&self, table: &str) {
        let on = match self.office().store.backend() {
            casebind::store::Backend::Sqlite => String::new(),
            casebind::store::Backend::Postgres => format!(" ON {table}"),
        };
        for guard in ["unchanged", "kept"] {
            self.sql(&format!("DROP TRIGGER IF EXISTS {table}_{guard}{on}")).await;
        }
    }

    /// The one number that a query answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut db = self.office().store.read().await.expect("a connection");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut **db).await.expect(sql)
    }

    /// The texts of the one column that a query answers.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let mut db = self.office().store.read().await.expect("a connection");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(&mut **db).await.expect(sql)
    }

    /// The words of a sealed column, opened; `rest` says which rows, and in which order.
    pub async fn words(&self, table: &str, column: &str, rest: &str) -> Vec<String> {
        let place = sealed::place(table, column).expect("a sealed column");
        let keys: Vec<String> =
            place.key.iter().map(|key| format!("CAST({} AS TEXT)", key.column())).collect();
        let sql = format!("SELECT {}, {column} FROM {table} {rest}", keys.join(" || '/' || "));
        let mut db = self.office().store.read().await.expect("a connection");
        let rows: Vec<(String, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut **db).await.expect(table);
        rows.into_iter().map(|(row, value)| db.sealer().open(place, &row, value).expect(&row)).collect()
    }

    /// The record as it stands: every row of every table that says what cases are, and every original.
    /// Two records are compared to show that nothing has changed.
    pub async fn record(&self) -> Record {
        let mut rows = BTreeMap::new();
        let mut db = self.office().store.read().await.expect("a connection");
        for table in [
            "cases",
            "subjects",
            "assignments",
            "documents",
            "attachments",
            "prints",
            "scans",
            "flow",
            "verdicts",
            "supplements",
            "supplement_items",
            "corrections",
            "closings",
            "service_records",
            "record_revisions",
            "record_files",
        ] {
            // When an original was last read again changes nothing of a case.
            let columns = if table == "documents" { "digest, bytes, kind, first_at" } else { "*" };
            let sql = format!("SELECT {columns} FROM {table}");
            let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut **db).await.expect(table);
            let sealer = db.sealer();
            let mut texts: Vec<String> = found.iter().map(|row| row_text(&sealer, table, row)).collect();
            texts.sort();
            rows.insert(table, texts);
        }
        Record { rows, originals: self.originals() }
    }

    /// The names of all originals on disk.
    pub fn originals(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.data_dir().join("originals")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                match entry.file_type().expect("a type").is_dir() {
                    true => folders.push(entry.path()),
                    false => names.push(entry.file_name().to_string_lossy().into_owned()),
                }
            }
        }
        names.sort();
        names
    }

    /// Where the original of this digest lies.
    pub fn original(&self, digest: &Digest) -> PathBuf {
        self.office().originals.path_of(digest)
    }

    /// The bytes of this original, as another program opens them.
    pub fn plain(&self, digest: &Digest) -> Vec<u8> {
        super::sealed::plain(&self.original(digest), &self.data_dir().join("keys"))
    }

    /// What seals and opens here.
    pub fn vault(&self) -> Vault {
        Vault::new(Keys::of_folder(&self.data_dir().join("keys")).expect("keys"))
    }

    /// The actions that were traced for a case, oldest first.
    pub async fn traces(&self, case: &str) -> Vec<String> {
        let mut db = self.office().store.read().await.expect("a connection");
        let traces = casebind::store::traces::of_case(&mut db, case).await.expect("traces");
        traces.into_iter().map(|(action, _, _)| action).collect()
    }
}

/// See [`House::record`].
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// The rows of each table.
    pub rows: BTreeMap<&'static str, Vec<String>>,
    /// The originals on disk.
    pub originals: Vec<String>,
}

/// A row as one text, its words opened. Hashes for look-ups are others in each installation, and left out.
fn row_text(sealer: &sealed::Sealer, table: &str, row: &sqlx::any::AnyRow) -> String {
    let key = |place: &sealed::Place| {
        let part = |key: &sealed::Key| {
            let text = row.try_get::<String, _>(key.column());
            text.unwrap_or_else(|_| row.get::<i64, _>(key.column()).to_string())
        };
        place.key.iter().map(part).collect::<Vec<_>>().join("/")
    };
    let cell = |column: &<sqlx::Any as sqlx::Database>::Column| {
        let (at, name) = (column.ordinal(), column.name());
        let text = row.try_get::<Option<String>, _>(at).map(|text| text.unwrap_or_else(|| "-".into()));
        let text = text.map(|text| match sealed::place(table, name) {
            Some(place) => sealer.open(place, &key(place), text).expect(name),
            None if matches!(name, "name_key" | "id_key") => String::new(),
            None => text,
        });
        let value = text.or_else(|_| row.try_get::<Option<i64>, _>(at).map(|n| format!("{n:?}")));
        format!("{name}={}", value.expect("a text or a number"))
    };
    row.columns().iter().map(cell).collect::<Vec<_>>().join(" ")
}

/// Limits of the judge: as in production, but for what a test has to reach quickly.
pub fn limits() -> Limits {
    Limits { max_bytes: 4 * 1024 * 1024, max_pages: 20, ..Limits::default() }
}

/// The moment at which every clock starts.
pub fn start() -> i64 {
    START.parse::<jiff::Timestamp>().expect("a moment").as_millisecond()
}

/// What is decided about coming in. Most tests are about something else, and let staff in without a second factor.
pub fn doors(staff: StaffFactor) -> Doors {
    Doors { key: DoorKey::from_bytes([7; 32]), rules: Rules { staff, ..Rules::default() } }
}

/// One hasher a process: making its decoy costs as much as a log-in.
pub fn passwords() -> &'static Passwords {
    static PASSWORDS: OnceLock<Passwords> = OnceLock::new();
    PASSWORDS.get_or_init(|| Passwords::new(19 * 1024, 2, 1).expect("the floor"))
}

fn seed(name: &str) -> u64 {
    let digest = Digest::of(name.as_bytes()).as_bytes();
    u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"))
}

/// The keys of what is encrypted at rest in a data directory.
pub fn keys_of(data: &Path) -> Keys {
    let dir = DataDir::open_existing(data).expect("a data directory");
    dir.archive_keys(&Encryption::default()).expect("its keys")
}

/// The URL of a new schema of its own in the tests' PostgreSQL.
pub async fn postgres_schema(name: &str) -> String {
    const VARIABLE: &str = "CASEBIND_TEST_POSTGRES";
    let Ok(server) = std::env::var(VARIABLE) else {
        panic!(
            "{VARIABLE} is not set: run `tests/run`, or `tests/postgres cargo nextest run`, which start a \
             PostgreSQL for the tests"
        );
    };
    let unique = format!("{name} {} {:?}", std::process::id(), std::thread::current().id());
    let schema = format!("t_{}", Digest::of(unique.as_bytes()).short());
    let store = Store::connect(&server).await.expect("the tests' PostgreSQL");
    let mut db = store.read().await.expect("a connection");
    let sql = format!("CREATE SCHEMA {schema}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **db).await.expect("a new schema");
    drop(db);
    store.close().await;
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}options[search_path]={schema}")
}
