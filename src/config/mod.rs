//! The configuration: one TOML file, overridden by the environment, checked whole before anything runs.
//!
//! Every wrong, unknown or missing value is collected and told with its key, its value and what is
//! allowed. It must not open databases or folders; [`DataDir`] does the latter when asked.

mod accounts;
mod backup;
mod custody;
mod data_dir;
mod encryption;
mod entrance;
mod error;
mod fixity;
mod kept_keys;
mod mail;
mod network;
mod originals;
mod reader;
mod setting;
mod sign_on;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::case::patience::Patience;
use crate::identity::doors::{Rules, StaffFactor};

pub use accounts::Accounts;
pub use backup::Backup;
pub use custody::Custody;
pub use data_dir::{DataDir, DataDirError, archive_keys_elsewhere};
pub use encryption::Encryption;
pub use entrance::{CaptchaAtLogin, Entrance, Requests};
pub use error::{ConfigError, Problem};
pub use fixity::Fixity;
pub use kept_keys::{KeptKeys, Restoring};
pub use mail::Mail;
pub use network::{Proxy, ProxyHeader, Shutdown, Tls};
pub use originals::{Bucket, BucketKeys};
pub use setting::{Mark, Setting, Settings, Source};
pub use sign_on::{AuthMethod, ClientSecret, SignOn};

use reader::Reader;

/// Everything that an installation decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database and the originals (unless they are elsewhere) and the keys lie.
    pub data_dir: PathBuf,
    /// The address to listen on, loopback by default.
    pub listen: SocketAddr,
    /// The certificate to serve HTTPS with; plain HTTP without it.
    pub tls: Option<Tls>,
    /// Which proxies are believed.
    pub proxy: Proxy,
    /// Where whoever watches the service asks, if anybody does.
    pub metrics: Option<SocketAddr>,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// How people reach it, without a slash at the end, such as `https://casebind.example.org`.
    pub public_url: String,
    /// The time zone of dates on pages and forms.
    pub time_zone: TimeZone,
    /// Where the records are.
    pub database: Database,
    /// The bucket in which originals lie; in the data directory without one.
    pub originals: Option<Bucket>,
    /// Who runs it, as printed on forms.
    pub organisation: Organisation,
    /// How large an upload may be.
    pub limits: Limits,
    /// What the child process that opens untrusted files may use.
    pub child: ChildLimits,
    /// How long a sign-in lasts.
    pub session: SessionLimits,
    /// What is decided about coming in.
    pub doors: Rules,
    /// What strangers meet.
    pub entrance: Entrance,
    /// How passwords are hashed.
    pub argon2: Argon2,
    /// How people sign on by another service; by local accounts alone without it.
    pub sign_on: Option<SignOn>,
    /// Where forms and fonts of the installation's own lie.
    pub forms: FormPaths,
    /// The installation's own collection notice.
    pub notice: Option<PathBuf>,
    /// How people are told by mail of what waits for them.
    pub mail: Mail,
    /// When people are reminded of what waits for them.
    pub reminders: Patience,
    /// When accounts are looked at again, and disabled.
    pub accounts: Accounts,
    /// Where checkpoints of the custody chain go.
    pub custody: Custody,
    /// Where the keys of what is encrypted at rest come from.
    pub encryption: Encryption,
    /// How often originals are read again, and how gently.
    pub fixity: Fixity,
    /// Backups that the service makes itself.
    pub backup: Backup,
    /// What is logged, and how.
    pub log: Log,
    /// Every key with what it is set to, and where.
    pub settings: Settings,
    /// What was accepted and should still be looked at; for the log.
    pub warnings: Vec<String>,
}

/// Which database holds the records.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded one, in a file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its URL, which may hold a password.
    Postgres(String),
}

/// Who runs the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The name, as printed on forms and pages.
    pub name: String,
    /// Whom to call, as shown on pages; may be empty.
    pub phone: String,
}

/// Limits on what people send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest attachment or scan, in bytes.
    pub upload_bytes: u64,
    /// The most pages of a scan.
    pub pages: u32,
    /// The largest stack (整疊上傳), in bytes.
    pub stack_bytes: u64,
    /// The most pages of a stack.
    pub stack_pages: u32,
}

/// Limits of the child process that opens untrusted files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildLimits {
    /// Processor and wall-clock time of one file each.
    pub time: Duration,
    /// Wall-clock time of one page.
    pub page_time: Duration,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Pixels of one picture, in a PDF or by itself.
    pub page_pixels: u64,
    /// How many may run at once; 0: as many as there are cores.
    pub at_once: u32,
}

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

/// Parameters of argon2id (RFC 9106); never below 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2 {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Folders of the installation's own, beside what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormPaths {
    /// A folder of form templates that is used instead of those built in.
    pub template_dir: Option<PathBuf>,
    /// Folders of fonts beside the one that is built in.
    pub font_dirs: Vec<PathBuf>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// A filter such as `info` or `casebind=debug,warn`.
    pub filter: String,
    /// Lines for people or JSON for machines.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The environment variables that matter, as they were found.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's own variables that begin with `CASEBIND_`.
    #[must_use]
    pub fn of_process() -> Self {
        Self::from_pairs(
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// Any pairs; those that don't begin with `CASEBIND_` are left out.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(k, v)| (k.into(), v.into()));
        Self(pairs.filter(|(key, _)| key.starts_with(reader::PREFIX)).collect())
    }
}

impl Config {
    /// Reads `file` and lets the environment override it.
    ///
    /// # Errors
    /// When the file can't be read or isn't TOML; else every setting that can't be used, all at once.
    pub fn load(file: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        let base = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, file, base, environment)
    }

    /// Reads the text of a configuration. `file` is for messages; relative paths start from `base`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(
        text: &str,
        file: &Path,
        base: &Path,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(text, file, base, &environment.0)?;
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    /// The configuration of a demonstration in `data_dir`: all defaults, nothing from outside.
    #[must_use]
    pub fn demo(data_dir: &Path) -> Self {
        let environment = BTreeMap::new();
        let mut reader = Reader::new("", Path::new("demo"), Path::new(""), &environment)
            .expect("an empty configuration is TOML");
        reader.preset("data_dir", &data_dir.to_string_lossy());
        reader.preset("organisation.name", "示範學生輔導諮商中心");
        reader.preset("organisation.phone", "個管組：07-000-0000");
        // So that whoever tries it, and the tests, log in with a password alone.
        reader.preset("captcha.login", "never");
        // Whoever tries it out has no phone at hand.
        reader.preset("second_factor.staff", "offered");
        let mut config = Self::read(&mut reader);
        data_dir.clone_into(&mut config.data_dir);
        config.database = Database::Sqlite(data_dir.join(DataDir::DATABASE));
        reader.finish(config).expect("the demonstration's settings can be used")
    }

    /// All keys, in the order in which a file would have them. A required value that is missing is
    /// noted in the reader, and stands here as an empty one.
    fn read(r: &mut Reader) -> Self {
        let data_dir = r.required_path("data_dir", "the folder for the database, the originals and the keys");
        let listen = r.address("listen", SocketAddr::from(([127, 0, 0, 1], 8080)));
        let tls = Tls::read(r);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let config = Self {
            public_url: r.url("public_url", &format!("{scheme}://{listen}")),
            proxy: Proxy::read(r),
            metrics: network::metrics(r),
            shutdown: Shutdown::read(r),
            time_zone: r.time_zone("time_zone", "Asia/Taipei"),
            database: r.database("database.url", &data_dir.join(DataDir::DATABASE)),
            originals: Bucket::read(r),
            organisation: Organisation {
                name: r.required("organisation.name", "the organisation's name, as printed on forms"),
                phone: r.text("organisation.phone", ""),
            },
            limits: Limits {
                upload_bytes: r.number("limits.upload_megabytes", 20, 1..=1024) * 1024 * 1024,
                pages: r.number("limits.pages", 50, 1..=255),
                stack_bytes: r.number("limits.stack_megabytes", 200, 1..=1024) * 1024 * 1024,
                stack_pages: r.number("limits.stack_pages", 200, 1..=1000),
            },
            child: ChildLimits {
                time: Duration::from_secs(r.number("child.seconds", 60, 1..=3600)),
                page_time: Duration::from_secs(r.number("child.page_seconds", 20, 1..=3600)),
                memory_bytes: r.number("child.memory_megabytes", 1024, 128..=65_536) * 1024 * 1024,
                page_pixels: r.number("child.page_megapixels", 80, 4..=1000) * 1_000_000,
                at_once: r.number("child.at_once", 0, 0..=256),
            },
            session: SessionLimits {
                idle: Duration::from_secs(60 * r.number::<u64>("session.idle_minutes", 15, 1..=24 * 60)),
                absolute: Duration::from_secs(
                    60 * r.number::<u64>("session.absolute_minutes", 480, 1..=7 * 24 * 60),
                ),
            },
            doors: doors(r),
            entrance: Entrance::read(r),
            argon2: Argon2 {
                memory_kib: r.number("argon2.memory_kib", 19_456, 19_456..=4_194_304),
                passes: r.number("argon2.passes", 2, 2..=100),
                lanes: r.number("argon2.lanes", 1, 1..=64),
            },
            sign_on: SignOn::read(r),
            forms: FormPaths {
                template_dir: r.path("forms.template_dir"),
                font_dirs: r.paths("forms.font_dirs"),
            },
            notice: r.path("notice.file"),
            mail: Mail::read(r),
            reminders: mail::patience(r),
            accounts: Accounts::read(r),
            custody: Custody::read(r),
            encryption: Encryption::read(r),
            fixity: Fixity::read(r),
            backup: Backup::read(r),
            log: Log {
                filter: r.filter("log.filter", "info"),
                format: r.choice("log.format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]),
            },
            settings: Settings::default(),
            warnings: Vec::new(),
            data_dir,
            listen,
            tls,
        };
        if config.tls.is_some() && config.public_url.starts_with("http://") {
            r.problem(
                "public_url",
                Some(&config.public_url),
                "an https:// address, now that there is a [tls]",
            );
        }
        if config.session.idle > config.session.absolute {
            r.problem(
                "session.idle_minutes",
                Some(config.session.idle.as_secs() / 60),
                "at most session.absolute_minutes",
            );
        }
        if !config.listen.ip().is_loopback() && config.public_url.starts_with("http://") {
            r.warn(format!(
                "listen = {} is reached from other machines without encryption: set [tls], or put a reverse \
                 proxy with TLS before a loopback address and set public_url to its https:// address",
                config.listen
            ));
        }
        if config.originals.is_some() && config.custody.checkpoint_dir.is_none() {
            r.warn(
                "[originals] bucket is for several machines, and custody.checkpoint_dir isn't set: each machine keeps the \
                 checkpoints of the custody chain in its own data directory, and holds the chain against its own ones \
                 alone; name a folder that all of them share"
                    .to_owned(),
            );
        }
        config
    }
}

/// What is decided about coming in.
fn doors(r: &mut Reader) -> Rules {
    const MINUTE: i64 = 60_000;
    let staff = [("required", StaffFactor::Required), ("offered", StaffFactor::Offered)];
    Rules {
        staff: r.choice("second_factor.staff", &staff),
        fresh: MINUTE * r.number::<i64>("second_factor.fresh_minutes", 10, 1..=60),
        remember: 24 * 60 * MINUTE * r.number::<i64>("session.remember_days", 30, 0..=90),
        network_failures: r.number("login.network_failures", 100, 10..=100_000),
    }
}

impl Database {
    /// The URL as sqlx takes it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Postgres(url) => url.clone(),
            Self::Sqlite(path) => {
                let mut url = String::from("sqlite://");
                for c in path.to_string_lossy().chars() {
                    match c {
                        '%' => url.push_str("%25"),
                        '?' => url.push_str("%3F"),
                        '#' => url.push_str("%23"),
                        other => url.push(other),
                    }
                }
                url
            }
        }
    }
}

/// A URL may hold a password, so it is never shown.
impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(redacted)"),
        }
    }
}

#[cfg(test)]
mod tests;
