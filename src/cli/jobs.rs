//! What runs beside the requests: mail, reminders, and forgetting old drafts. Every process may run them; the database sees to it that
//! each thing happens once.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use crate::case::patience::Patience;
use crate::config::{Config, DataDir};
use crate::mail::{Letterhead, Post, PostError};
use crate::steps::outbox::MailRoom;
use crate::steps::{Office, StepError};

/// How often the mail job looks whether something is due.
const MAIL: Duration = Duration::from_secs(10);
/// How often the reminding job looks whether its hour has come.
const REMINDERS: Duration = Duration::from_secs(60);
/// How long a job may take to finish what it has begun when the process is told to stop.
const PARTING: Duration = Duration::from_secs(30);

/// What the jobs need, checked before anything is served.
#[derive(Debug)]
pub struct Jobs {
    mail: MailRoom,
    patience: Patience,
    stop: watch::Sender<bool>,
}

impl Jobs {
    /// Sets them up.
    ///
    /// # Errors
    /// When the mail server's settings can't be used; the message names the setting.
    pub fn new(config: &Config, data: &DataDir) -> Result<Self, PostError> {
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
        let mail = MailRoom { post, head, gather_millis, stopping };
        Ok(Self { mail, patience: config.reminders.clone(), stop })
    }

    /// Starts them.
    #[must_use]
    pub fn start(self, office: &Office) -> Running {
        let Self { mail, patience, stop } = self;
        let (posting, mut ticks) = (office.clone(), Ticks::new(MAIL, &stop));
        let mails = tokio::spawn(async move {
            while ticks.next().await {
                if let Err(error) = mail_round(&posting, &mail).await {
                    tracing::error!(%error, "the mail job failed; it goes on");
                }
            }
        });
        let (reminding, mut ticks) = (office.clone(), Ticks::new(REMINDERS, &stop));
        let reminders = tokio::spawn(async move {
            while ticks.next().await {
                if let Err(error) = reminding.remind(&patience).await {
                    tracing::error!(%error, "the reminding job failed; it goes on");
                }
                if let Err(error) = reminding.sweep_drafts().await {
                    tracing::error!(%error, "old drafts weren't forgotten; it is tried again");
                }
            }
        });
        Running { stop, jobs: [mails, reminders] }
    }
}

/// Jobs that run.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    jobs: [JoinHandle<()>; 2],
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

async fn mail_round(office: &Office, mail: &MailRoom) -> Result<(), StepError> {
    office.gather_mails(mail).await?;
    office.send_mails(mail).await?;
    Ok(())
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
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interval.tick() => !*self.stop.borrow(),
            _ = self.stop.changed() => false,
        }
    }
}
