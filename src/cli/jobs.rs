//! What runs beside the requests: mail, reminders, forgetting old drafts, the look for unused accounts, the custody chain,
//! the check of originals, the removal of what was disposed of, backups, and once the sealing of what was kept in clear.
//! Every process may run them; one has each job at a time, by a lease in the database, and another takes it over when that
//! one has gone. Its own pictures of what was disposed of each process clears by itself.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::archive::Checkpoints;
use crate::archive::backup::{DISPOSALS, SealKey};
use crate::case::patience::Patience;
use crate::clock::World;
use crate::config::{Config, DataDir, DataDirError, KeptKeys};
use crate::mail::{Letterhead, Post};
use crate::steps::custody::{CustodyRoom, When};
use crate::steps::fixity::round::Pace;
use crate::steps::outbox::MailRoom;
use crate::steps::{Office, StepError};
use crate::store::fixity::Done;

use super::house::{Trouble, rates};
use super::migrate_store::was_moved;

/// How often the mail job looks whether something is due.
const MAIL: Duration = Duration::from_secs(10);
/// How often the reminding job looks whether its hour has come.
const REMINDERS: Duration = Duration::from_secs(60);
/// How often the job of accounts looks whether its hour has come.
const ACCOUNTS: Duration = Duration::from_secs(300);
/// How often what was written is linked, and it is looked whether a checkpoint is due.
const CUSTODY: Duration = Duration::from_secs(5);
/// How often the check of originals looks whether something is due.
const FIXITY: Duration = Duration::from_secs(60);
/// How long the check rests after each original, however small.
const REST: Duration = Duration::from_millis(100);
/// How often the files of what was disposed of are looked for.
const DISPOSAL: Duration = Duration::from_secs(10);
/// How often it is looked whether a backup is due.
const BACKUP: Duration = Duration::from_secs(60);
/// How often it is looked whether what was kept in clear is sealed, until it is.
const SEALING: Duration = Duration::from_secs(30);
/// How often a job that goes well notes so.
const NOTED: Duration = Duration::from_secs(60);
/// How long a job may take to finish what it has begun when the process is told to stop.
const PARTING: Duration = Duration::from_secs(30);
/// How long a job's lease holds beyond the next time that it comes: a process that was killed is waited for so long.
const GRACE: Duration = Duration::from_secs(50);
/// How often the lease of a job that is at work is prolonged.
const PROLONGED: Duration = Duration::from_secs(15);

/// The job that comes most often: by its lease others see that the installation is served.
pub(super) const SERVED: &str = "custody";

/// Says that the installation is served, unless another process says so already.
///
/// # Errors
/// When the database fails.
pub(super) async fn say_served(office: &Office) -> Result<(), StepError> {
    office.hold_job(SERVED, lease(CUSTODY)).await?;
    Ok(())
}

/// How long the lease of a job holds that comes so often, in milliseconds.
fn lease(every: Duration) -> i64 {
    i64::try_from((every + GRACE).as_millis()).unwrap_or(i64::MAX)
}

/// What the jobs need, checked before anything is served.
#[derive(Debug)]
pub struct Jobs {
    mail: MailRoom,
    patience: Patience,
    custody: CustodyRoom,
    pace: Pace,
    backup: Option<Scheduled>,
    stop: watch::Sender<bool>,
}

/// Backups that the service makes itself.
#[derive(Clone, Debug)]
struct Scheduled {
    config: Box<Config>,
    folder: PathBuf,
    every_millis: i64,
    /// What the disposals beside them are sealed with.
    seal: SealKey,
}

/// What checkpoints of the custody chain are made with; the key is made where there is none.
///
/// # Errors
/// When the key can't be read or made.
pub fn custody_room(config: &Config, data: &DataDir, world: &World) -> Result<CustodyRoom, DataDirError> {
    let custody = &config.custody;
    let folder = custody.checkpoint_dir.clone().unwrap_or_else(|| data.checkpoints());
    Ok(CustodyRoom {
        origin: custody.origin(&config.public_url),
        key: data.custody_key(custody.key_file.as_deref(), &world.entropy)?,
        folder: Checkpoints::at(&folder),
        every_millis: i64::from(custody.checkpoint_minutes) * 60_000,
    })
}

impl Jobs {
    /// Sets them up.
    ///
    /// # Errors
    /// When the mail server's settings can't be used, or the key of the custody chain; the message names it.
    pub fn new(config: &Config, data: &DataDir, world: &World) -> Result<Self, Trouble> {
        let from = config.mail.from.clone();
        let post = match &config.mail.smtp {
            Some(smtp) => Post::smtp(smtp, from)?,
            None => Post::folder(&data.outbox(), from),
        };
        let head = Letterhead {
            organisation: config.organisation.name.clone(),
            public_url: config.public_url.clone(),
            time_zone: config.time_zone.clone(),
        };
        let gather_millis = i64::from(config.mail.gather_minutes) * 60_000;
        let (stop, stopping) = watch::channel(false);
        let bytes_per_second = config.fixity.bytes_per_second;
        let pace = Pace { pause: REST, bytes_per_second, stopping: stopping.clone() };
        let mail = MailRoom { post, head, gather_millis, rates: rates(config.entrance), stopping };
        let custody = custody_room(config, data, world)?;
        let backup = match config.backup.folder.clone() {
            Some(folder) => Some(Scheduled {
                config: Box::new(config.clone()),
                folder,
                every_millis: i64::from(config.backup.every_hours) * 60 * 60_000,
                seal: SealKey::of(KeptKeys::of(data)?.first().ok_or("the data directory has no keys")?),
            }),
            None => None,
        };
        Ok(Self { mail, patience: config.reminders.clone(), custody, pace, backup, stop })
    }

    /// Starts them.
    #[must_use]
    pub fn start(self, office: &Office) -> Running {
        let Self { mail, patience, custody, pace, backup, stop } = self;
        let (mut noted, mut ticks) = (Noted::new(office, "mail", MAIL), Ticks::new(MAIL, &stop));
        let mails = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let began = noted.office.world.now();
                let round = mail_round(&noted.office, &mail).await;
                noted.note(began, round).await;
            }
        });
        let mut noted = Noted::new(office, "reminders", REMINDERS);
        let mut ticks = Ticks::new(REMINDERS, &stop);
        let reminders = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let began = noted.office.world.now();
                let round = noted.office.remind(&patience).await;
                noted.note(began, round.map(|count| count.map(|n| format!("提醒 {n} 件")))).await;
                if let Err(error) = noted.office.sweep_drafts().await {
                    tracing::error!(%error, "old drafts weren't forgotten; it is tried again");
                }
            }
        });
        let mut noted = Noted::new(office, "accounts", ACCOUNTS);
        let mut ticks = Ticks::new(ACCOUNTS, &stop);
        let accounts = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let began = noted.office.world.now();
                let round = noted.office.disable_unused().await;
                noted.note(began, round.map(|count| count.map(|n| format!("停用 {n} 個帳號")))).await;
            }
        });
        let (mut noted, mut ticks) = (Noted::new(office, SERVED, CUSTODY), Ticks::new(CUSTODY, &stop));
        let chain = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                if matches!(was_moved(&noted.office.store, &noted.office.world).await, Ok(true)) {
                    tracing::error!(
                        alert = true,
                        "this installation was moved to another database: this process ends"
                    );
                    noted.office.process.end();
                    continue;
                }
                let began = noted.office.world.now();
                let round = custody_round(&noted.office, &custody).await;
                noted.note(began, round).await;
            }
        });
        let mut noted = Noted::new(office, "fixity", FIXITY);
        let mut ticks = Ticks::new(FIXITY, &stop);
        let originals = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let began = noted.office.world.now();
                let round = noted.office.fixity_round(&pace).await;
                let words =
                    |done: Done| format!("檢查 {} 個原件，發現 {} 個問題", done.originals, done.findings);
                noted.note(began, round.map(|done| done.map(words))).await;
            }
        });
        let mut noted = Noted::new(office, "disposal", DISPOSAL);
        let mut ticks = Ticks::new(DISPOSAL, &stop);
        let ledger = backup.as_ref().map(|backup| (backup.folder.join(DISPOSALS), backup.seal.clone()));
        let mut since = None;
        let disposal = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let began = noted.office.world.now();
                let round = noted.office.remove_disposed().await;
                noted.note(began, round.map(|count| count.map(|n| format!("移除 {n} 個檔案")))).await;
                if let Some((ledger, seal)) = &ledger
                    && let Err(error) = noted.office.keep_ledger(ledger, seal, &mut since).await
                {
                    tracing::error!(alert = true, %error, "disposals aren't beside the backups; it is tried again");
                }
            }
        });
        let (own, mut ticks) = (office.clone(), Ticks::new(DISPOSAL, &stop));
        // Without a lease: each process has pictures of its own.
        let pictures = tokio::spawn(async move {
            let mut since = 0;
            while ticks.tick().await {
                if let Err(error) = own.clear_pictures(&mut since).await {
                    tracing::error!(%error, "pictures of what was disposed of aren't all gone; it is tried again");
                }
            }
        });
        let (mut noted, mut ticks) = (Noted::new(office, "sealing", SEALING), Ticks::new(SEALING, &stop));
        let sealing = tokio::spawn(async move {
            while noted.turn(&mut ticks).await {
                let sealed = noted.office.seal_what_is_plain().await;
                noted.prolonging = None;
                match sealed {
                    Ok(_) => break,
                    Err(error) => {
                        tracing::error!(%error, "what is kept in clear wasn't sealed; it is tried again")
                    }
                }
            }
            if let Err(error) = noted.office.give_back_job("sealing").await {
                tracing::warn!(%error, "the sealing wasn't given back; another process waits for it");
            }
        });
        let mut jobs = vec![mails, reminders, accounts, chain, originals, disposal, pictures, sealing];
        if let Some(backup) = backup {
            let (mut noted, mut ticks) = (Noted::new(office, "backup", BACKUP), Ticks::new(BACKUP, &stop));
            let mut stopping = stop.subscribe();
            jobs.push(tokio::spawn(async move {
                while noted.turn(&mut ticks).await {
                    let began = noted.office.world.now();
                    let round = backup_round(&noted.office, &backup, &mut stopping).await;
                    noted.note(began, round).await;
                }
            }));
        }
        Running { stop, jobs }
    }
}

/// Jobs that run.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    jobs: Vec<JoinHandle<()>>,
}

impl Running {
    /// Lets them finish what they have begun, for a while.
    pub async fn end(self) {
        self.stop.send_replace(true);
        for job in self.jobs {
            let abort = job.abort_handle();
            if tokio::time::timeout(PARTING, job).await.is_err() {
                abort.abort();
                tracing::warn!("a job didn't end in time; what it had begun is done again later");
            }
        }
    }
}

/// Returns what was done in a few words; nothing if there was nothing to do.
async fn mail_round(office: &Office, mail: &MailRoom) -> Result<Option<String>, StepError> {
    office.gather_mails(mail).await?;
    let sent = office.send_mails(mail).await?;
    let idle = sent.sent + sent.failed == 0;
    Ok((!idle).then(|| format!("寄出 {} 封，失敗 {} 封", sent.sent, sent.failed)))
}

/// The same of the custody chain. Links alone are no news: there are some in every round.
async fn custody_round(office: &Office, room: &CustodyRoom) -> Result<Option<String>, StepError> {
    office.chain().await?;
    let signed = office.checkpoint(room, When::Due).await?;
    Ok(signed.map(|size| format!("簽章 {size} 筆")))
}

/// The same of backups. The copying reads and writes for minutes without giving way: it has a thread of its own, which
/// the end of the process breaks off; then there is no generation, and the next run goes on with what is there.
async fn backup_round(
    office: &Office,
    backup: &Scheduled,
    stopping: &mut watch::Receiver<bool>,
) -> Result<Option<String>, Trouble> {
    if !office.begin_backup(backup.every_millis).await? {
        return Ok(None);
    }
    let (done, told) = oneshot::channel();
    let (config, folder) = (backup.config.clone(), backup.folder.clone());
    std::thread::Builder::new().name("backup".into()).spawn(move || {
        // Whoever waited for it may have gone.
        let _ = done.send(copy(&config, &folder));
    })?;
    tokio::select! {
        told = told => told?.map(Some),
        _ = stopping.wait_for(|stop| *stop) => {
            tracing::info!("a backup is broken off with the process; the next one goes on with what is there");
            Ok(None)
        }
    }
}

fn copy(config: &Config, folder: &Path) -> Result<String, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(super::backup::scheduled(config, folder))
}

/// A job in this process: waits for its turn, and notes how it goes: each failure, each piece of work, and now and then
/// that it is alive.
struct Noted {
    office: Office,
    name: &'static str,
    every: Duration,
    last: Option<Instant>,
    words: String,
    prolonging: Option<Prolonging>,
}

impl Noted {
    fn new(office: &Office, name: &'static str, every: Duration) -> Self {
        Self { office: office.clone(), name, every, last: None, words: String::new(), prolonging: None }
    }

    /// Waits until the job comes again and this process has its lease, which is kept until the next turn or the
    /// note of this one and a while longer. False: there is no next time.
    async fn turn(&mut self, ticks: &mut Ticks) -> bool {
        let lease = lease(self.every);
        while ticks.tick().await {
            match self.office.hold_job(self.name, lease).await {
                Ok(true) => {
                    self.prolonging = Some(Prolonging::begin(&self.office, self.name, lease));
                    return true;
                }
                Ok(false) => self.last = None,
                Err(error) => tracing::error!(%error, job = self.name, "whose turn it is can't be told"),
            }
        }
        self.prolonging = None;
        if let Err(error) = self.office.give_back_job(self.name).await {
            tracing::warn!(%error, job = self.name, "a job wasn't given back; another process waits for it");
        }
        false
    }

    async fn note<E: Display>(&mut self, began: i64, round: Result<Option<String>, E>) {
        self.prolonging = None;
        self.office.metrics.job_ran(self.name, round.is_ok());
        let worked = !matches!(round, Ok(None));
        let outcome = match round {
            Ok(words) => {
                if let Some(words) = words {
                    self.words = words;
                }
                Ok(self.words.clone())
            }
            Err(error) => {
                tracing::error!(%error, job = self.name, "a job failed; it goes on");
                Err(())
            }
        };
        if !worked && self.last.is_some_and(|last| last.elapsed() < NOTED) {
            return;
        }
        self.last = Some(Instant::now());
        let every = i64::try_from(self.every.max(NOTED).as_millis()).unwrap_or(i64::MAX);
        let due = self.office.world.now().saturating_add(every);
        if let Err(error) = self.office.job_ran(self.name, began, &outcome, due).await {
            tracing::error!(%error, job = self.name, "how a job went can't be noted");
        }
    }
}

/// Prolongs the lease of a job while it is at work, until it is dropped.
struct Prolonging(JoinHandle<()>);

impl Prolonging {
    fn begin(office: &Office, name: &'static str, lease: i64) -> Self {
        let office = office.clone();
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROLONGED).await;
                match office.hold_job(name, lease).await {
                    Ok(true) => {}
                    // What jobs write is guarded by itself; it isn't done twice, only looked at twice.
                    Ok(false) => tracing::warn!(job = name, "a job took so long that another process has it"),
                    Err(error) => tracing::warn!(%error, job = name, "a job's lease wasn't prolonged"),
                }
            }
        }))
    }
}

impl Drop for Prolonging {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Comes again and again until it is told to stop.
struct Ticks {
    interval: Interval,
    stop: watch::Receiver<bool>,
}

impl Ticks {
    fn new(every: Duration, stop: &watch::Sender<bool>) -> Self {
        let mut interval = tokio::time::interval(every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval, stop: stop.subscribe() }
    }

    /// Waits for the next time. False: there is none.
    async fn tick(&mut self) -> bool {
        tokio::select! {
            _ = self.interval.tick() => !*self.stop.borrow(),
            _ = self.stop.changed() => false,
        }
    }
}
