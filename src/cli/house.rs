//! Opens an installation: data directory, database, originals, templates, fonts, and serves it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::archive::{Renditions, Vault};
use crate::clock::World;
use crate::config::{
    self, AuthMethod, CaptchaAtLogin, ClientSecret, Config, DataDir, Database, Proxy, ProxyHeader, Shutdown,
};
use crate::forms::fonts::{Fonts, INSTALLED};
use crate::forms::templates::Templates;
use crate::forms::{Printer, check};
use crate::identity::captcha::AtLogin;
use crate::identity::collection::CollectionNotice;
use crate::identity::doors::Doors;
use crate::identity::limits::Rates;
use crate::identity::passwords::Passwords;
use crate::identity::second_factor;
use crate::identity::sessions::Limits as SessionLimits;
use crate::identity::sign_on::{Places, Settings, SignOn};
use crate::intake::{Judge, Limits};
use crate::metrics::Metrics;
use crate::steps::Office;
use crate::steps::accounts;
use crate::steps::backups;
use crate::steps::fixity;
use crate::steps::process::Process;
use crate::store::started::Started;
use crate::store::{Store, StoreError, people};
use crate::web::app::Entrance;
use crate::web::pages::frame::Organisation;
use crate::web::proxies::{Proxies, Told};
use crate::web::{self, App};

use super::jobs::{self, Jobs};
use super::leaving::Leaving;
use super::migrate_store::refuse_closed;
use super::tls::{self, Tls};
use super::{shelf, vault, watch};

/// Whatever kept an installation from opening, in English, naming the way forward.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// An open installation.
pub struct House {
    /// What handlers share.
    pub app: App,
    jobs: Jobs,
    tls: Option<Tls>,
    metrics: Option<SocketAddr>,
    shutdown: Shutdown,
}

impl House {
    /// Opens it, and brings the database's schema up to date.
    ///
    /// # Errors
    /// When data directory, key, database or folders can't be used; the message says which.
    pub async fn open(config: &Config, world: World) -> Result<Self, Trouble> {
        tls::install_provider();
        let tls = match &config.tls {
            Some(files) => Some(Tls::open(files).await?),
            None => None,
        };
        let (data, store) = open_store(config, &world).await?;
        refuse_closed(&store, &world).await?;
        let jobs = Jobs::new(config, &data, &world)?;
        let key = data.page_code_key()?;
        let doors = Doors { key: data.door_key(&world.entropy)?, rules: config.doors };
        second_factor::prove_key(&store, &doors.key).await?;
        // From here on files may be sealed.
        watch::keys(&store, &world).await?;
        let vault = Vault::new(store.sealer().keys().ok_or("there are no keys")?.clone());
        let originals = shelf::open(config, &vault, &world).await?;
        let renditions = Renditions::open(data.root(), &vault)?;
        let printer = printer(config);
        let metrics = Metrics::new(world.now());
        let judge = Judge::new(std::env::current_exe()?, judge_limits(config)).counted_by(&metrics);
        let process = Process::new(&world.new_id());
        let organisation = &config.organisation;
        let notice =
            CollectionNotice::load(config.notice.as_deref(), &organisation.name, &organisation.phone)?;
        let office = Office {
            store,
            originals,
            renditions,
            printer: Arc::new(printer),
            judge,
            key,
            world,
            time_zone: config.time_zone.clone(),
            organisation: organisation.name.clone(),
            notice: Arc::new(notice),
            max_upload_bytes: config.limits.upload_bytes,
            max_stack_bytes: config.limits.stack_bytes,
            accounts: rules(config),
            fixity: fixity::Rules { days: config.fixity.days },
            backups: backups::Rules { warn_days: config.backup.warn_days },
            patience: Arc::new(config.reminders.clone()),
            statistics: crate::steps::statistics::Cache::default(),
            metrics,
            process,
        };
        let argon2 = config.argon2;
        let passwords = Passwords::new(argon2.memory_kib, argon2.passes, argon2.lanes)?;
        let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        let contact = Some(config.organisation.phone.clone()).filter(|phone| !phone.is_empty());
        let app = App {
            office,
            passwords: Arc::new(passwords),
            limits: SessionLimits {
                idle: millis(config.session.idle),
                absolute: millis(config.session.absolute),
            },
            entrance: entrance(config.entrance),
            doors: Arc::new(doors),
            organisation: Arc::new(Organisation {
                name: config.organisation.name.clone(),
                latin: None,
                contact,
            }),
            secure: config.public_url.starts_with("https://"),
            public_url: config.public_url.as_str().into(),
            settings: Arc::new(config.settings.clone()),
            sign_on: sign_on(config)?,
            proxies: proxies(&config.proxy),
            hurry: Default::default(),
            patience: Default::default(),
            health: Default::default(),
        };
        Ok(Self { app, jobs, tls, metrics: config.metrics, shutdown: config.shutdown })
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people(&self) -> Result<i64, StoreError> {
        people::count(&mut *self.app.office.store.read().await?).await
    }

    /// Serves until SIGINT or SIGTERM; what is under way is finished.
    ///
    /// # Errors
    /// When somebody moves the installation just now, or has, and when the listener fails.
    pub async fn serve(self, listener: TcpListener) -> Result<(), Trouble> {
        let office = self.app.office.clone();
        begin_to_serve(&office).await?;
        note_settings(&self.app).await?;
        let leaving = Leaving::listen(&office.process, self.shutdown);
        let watched = match self.metrics {
            Some(address) => Some(watched(listen(address, "metrics.listen").await?, &self.app)?),
            None => None,
        };
        let jobs = self.jobs.start(&office);
        office.judge.warm_up();
        if let Some(sign_on) = &self.app.sign_on {
            sign_on.look(self.app.office.world.now());
        }
        let service = web::router(self.app).into_make_service_with_connect_info::<SocketAddr>();
        tracing::info!(address = %listener.local_addr()?, tls = self.tls.is_some(), "serving");
        let serving = async {
            let served = match self.tls {
                Some(tls) => tls.serve(listener, service, &leaving).await,
                None => tls::serve_plainly(listener, service, &leaving).await,
            };
            // Also where the listener failed.
            office.process.end();
            served
        };
        let jobs = async {
            office.process.told_to_end().await;
            tokio::select! {
                biased;
                () = jobs.end() => {}
                () = leaving.clone().over() => tracing::warn!("jobs weren't finished in time; they are done again later"),
            }
        };
        let (served, ()) = tokio::join!(serving, jobs);
        tokio::select! {
            biased;
            () = office.process.ended() => {}
            () = leaving.clone().over() => tracing::warn!("work wasn't finished in time and is broken off; it can go on"),
        }
        office.judge.end().await;
        if let Some(watched) = watched {
            watched.abort();
        }
        // Whoever was broken off may hold a connection still.
        if tokio::time::timeout(LETTING_GO, office.store.close()).await.is_err() {
            tracing::warn!("connections to the database were still in use");
        }
        tracing::info!("stopped");
        served
    }
}

/// Holds the settings against those of the start before. What isn't shown is told apart by a hash with the key of the
/// doors, which isn't in the database.
async fn note_settings(app: &App) -> Result<(), Trouble> {
    let key = &app.doors.key;
    let mark = |setting: &config::Setting| {
        let parts = |mark: config::Mark| key.mac("setting", &[&setting.key, &mark.text()]);
        setting.mark.map_or_else(String::new, |mark| HEXLOWER.encode(&parts(mark)))
    };
    let started: Vec<Started> = app
        .settings
        .0
        .iter()
        .map(|setting| Started {
            name: setting.key.clone(),
            value: setting.value.clone().unwrap_or_default(),
            mark: mark(setting),
        })
        .collect();
    let changed = app.office.note_settings(&started).await?;
    if changed > 0 {
        tracing::info!(changed, "settings differ from those of the last start");
    }
    Ok(())
}

/// Says that the installation is served, and refuses one that somebody has closed since it was opened. Whoever closes it
/// asks whether it is served, so that one of the two sees the other.
async fn begin_to_serve(office: &Office) -> Result<(), Trouble> {
    jobs::say_served(office).await?;
    let refused = refuse_closed(&office.store, &office.world).await;
    if refused.is_err() {
        office.give_back_job(jobs::SERVED).await?;
    }
    refused
}

/// How long connections to the database are waited for at the end.
const LETTING_GO: Duration = Duration::from_secs(5);

/// Serves metrics and looks until the process ends.
fn watched(listener: TcpListener, app: &App) -> Result<JoinHandle<()>, Trouble> {
    tracing::info!(watch = %listener.local_addr()?, "metrics");
    let router = web::watch::router(app.clone());
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    }))
}

/// Opens the data directory, making it where there is none, and the database, its schema up to date.
///
/// # Errors
/// When one of them can't be used, or the database is lost; the message says which.
pub async fn open_store(config: &Config, world: &World) -> Result<(DataDir, Store), Trouble> {
    let data = DataDir::open(&config.data_dir, &world.entropy)?;
    refuse_lost_database(config).await?;
    let store = Store::connect(&database_url(config)).await.map_err(database_trouble)?;
    store.update_schema().await.map_err(database_trouble)?;
    let keys = match vault::existing_keys(config, &data, &store).await? {
        Some(keys) => keys,
        None => data.archive_keys(&config.encryption)?,
    };
    let store = store.with_keys(keys, world.entropy.clone());
    store.migrate().await.map_err(database_trouble)?;
    Ok((data, store))
}

/// An embedded database that is gone while its originals are there was lost, not never made: a new one
/// would call every original an orphan.
async fn refuse_lost_database(config: &Config) -> Result<(), Trouble> {
    let Database::Sqlite(file) = &config.database else { return Ok(()) };
    if file.exists() {
        return Ok(());
    }
    let originals = shelf::for_check(config, &Vault::without_keys())?;
    if originals.holds_some().await? {
        return Err(format!(
            "{} is gone, but {} holds originals: restore the database from a backup",
            file.display(),
            originals.place().display()
        )
        .into());
    }
    Ok(())
}

/// Listens on an address that is set by `key`.
///
/// # Errors
/// When it is taken or not ours; the message names it.
pub async fn listen(address: SocketAddr, key: &str) -> Result<TcpListener, Trouble> {
    TcpListener::bind(address)
        .await
        .map_err(|error| format!("can't listen on {address}: {error}; set `{key}` to another port").into())
}

/// What the configuration decides about accounts.
#[must_use]
pub fn rules(config: &Config) -> accounts::Rules {
    let crate::config::Accounts { disable_unused_days, review_days } = config.accounts;
    accounts::Rules { disable_unused_days, review_days }
}

/// The database's URL; an embedded one is made when it isn't there.
#[must_use]
pub fn database_url(config: &Config) -> String {
    let url = config.database.url();
    if url.starts_with("sqlite:") { format!("{url}?mode=rwc") } else { url }
}

/// The printer with the installation's templates and fonts; faulty templates are logged and left out.
#[must_use]
pub fn printer(config: &Config) -> Printer {
    let templates = Templates::load(config.forms.template_dir.as_deref());
    let fonts = if config.forms.font_dirs.is_empty() {
        Fonts::installed()
    } else {
        let mut dirs = config.forms.font_dirs.clone();
        dirs.push(INSTALLED.into());
        Fonts::with_dirs(&dirs)
    };
    let mut printer = Printer::new(templates, fonts);
    // The built-in forms are held sound by tests; an installation's own are tried before anybody needs them.
    if config.forms.template_dir.is_some() {
        check::leave_out_broken(&mut printer);
    }
    for fault in printer.templates().faults() {
        tracing::error!(%fault, "a form template is left out; see `casebind template check`");
    }
    printer
}

fn entrance(config: config::Entrance) -> Entrance {
    Entrance {
        captcha: match config.captcha_at_login {
            CaptchaAtLogin::Always => AtLogin::Always,
            CaptchaAtLogin::AfterFailure => AtLogin::AfterFailure,
            CaptchaAtLogin::Never => AtLogin::Never,
        },
        rates: rates(config),
    }
}

/// How often strangers may ask.
pub fn rates(config: config::Entrance) -> Rates {
    let requests = config.requests;
    Rates {
        window: requests.window_minutes * 60_000,
        login: requests.login,
        register: requests.register,
        password: requests.password,
        captcha: requests.captcha,
        wrong_captcha: requests.wrong_captcha,
        sign_on: requests.sign_on,
        phone: requests.phone,
        mail: requests.mail,
        signed_in: requests.signed_in,
    }
}

fn judge_limits(config: &Config) -> Limits {
    let by_cores = Limits::default();
    Limits {
        max_bytes: config.limits.upload_bytes,
        max_pages: config.limits.pages,
        stack_bytes: config.limits.stack_bytes,
        stack_pages: config.limits.stack_pages,
        max_image_pixels: config.child.page_pixels,
        page_time: config.child.page_time,
        wall_time: config.child.time,
        cpu_seconds: config.child.time.as_secs(),
        max_memory: config.child.memory_bytes,
        at_once: match config.child.at_once {
            0 => by_cores.at_once,
            chosen => chosen as usize,
        },
        ..by_cores
    }
}

/// The sign-on, if one is configured; the provider needn't be there yet.
fn sign_on(config: &Config) -> Result<Option<Arc<SignOn>>, Trouble> {
    let Some(chosen) = &config.sign_on else { return Ok(None) };
    let secret = match &chosen.client_secret {
        ClientSecret::Given(secret) => secret.clone(),
        ClientSecret::InFile(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("sign_on.client_secret_file {}: {error}", path.display()))?
            .trim()
            .to_owned(),
    };
    let mut settings = Settings::new(&Places {
        issuer: &chosen.issuer,
        client_id: &chosen.client_id,
        client_secret: &secret,
        secret_in_form: chosen.auth_method == AuthMethod::Post,
        public_url: &config.public_url,
    })?;
    settings.label.clone_from(&chosen.label);
    settings.scopes.clone_from(&chosen.scopes);
    settings.timeout = chosen.timeout;
    settings.second_factor_amr.clone_from(&chosen.second_factor_amr);
    settings.second_factor_acr.clone_from(&chosen.second_factor_acr);
    settings.student_titles.clone_from(&chosen.student_titles);
    Ok(Some(Arc::new(SignOn::new(settings)?)))
}

fn proxies(config: &Proxy) -> Proxies {
    let told = match config.header {
        ProxyHeader::XForwarded => Told::XForwarded,
        ProxyHeader::Forwarded => Told::Forwarded,
    };
    Proxies::new(&config.trusted, told)
}

/// A database failure with the way forward.
#[must_use]
pub fn database_trouble(error: StoreError) -> Trouble {
    let text = error.to_string();
    let help = if text.contains("previously applied but is missing") {
        "the database is of a newer version: use the newer program, or restore a backup"
    } else if ["key_generations", "whose key isn't here", "with another key"]
        .iter()
        .any(|part| text.contains(part))
    {
        "restore the keys of this installation (archive-N.key) from where they are kept"
    } else if text.contains("readonly") || text.contains("read-only") {
        "the database can't be written: check permissions and the disk"
    } else {
        "check `database.url`, that the server runs, and that the disk has room"
    };
    format!("{text}; {help}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::leases;

    #[test]
    fn pictures_may_have_as_many_pixels_as_is_said() {
        // A phone's camera has 48 to 50 million, and `casebind inspect` takes what the server takes.
        let mut config = Config::demo(std::path::Path::new("data"));
        let by_itself = judge_limits(&config).max_image_pixels;
        assert!(by_itself >= 50_000_000 && by_itself == Limits::default().max_image_pixels);
        config.child.page_pixels = 4_000_000;
        assert_eq!(judge_limits(&config).max_image_pixels, 4_000_000);
    }

    #[tokio::test]
    async fn what_was_closed_since_it_was_opened_is_not_served() {
        let root = tempfile::tempdir().unwrap();
        let house = House::open(&Config::demo(root.path()), World::system()).await.unwrap();
        let (store, now) = (house.app.office.store.clone(), house.app.office.world.now());
        let mut tx = store.write().await.unwrap();
        leases::hold(&mut tx, "migrate-store", "another", now, i64::MAX).await.unwrap();
        tx.commit().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = tokio::time::timeout(Duration::from_secs(30), house.serve(listener)).await;
        let refused = served.expect("it doesn't serve").unwrap_err();
        assert!(refused.to_string().contains("is being moved"), "{refused}");
        let serving = leases::holder(&mut store.read().await.unwrap(), "job/custody", now).await.unwrap();
        assert_eq!(serving, None, "and nobody is told that it does");
    }
}
