//! The mail job: gathers notices into mails, sends what is due, and puts off what fails.
//!
//! 1. [`Office::gather_mails`]: what somebody was told becomes one mail once the oldest of it has waited a
//!    little, so that several notices within a short time are one mail.
//! 2. [`Office::send_mails`]: each due mail is claimed, written from its notices, sent, and settled. A process
//!    that dies in between leaves a claim that lapses; the mail is sent again under the same Message-ID.
//!
//! Nothing of it happens inside a request. What can't be sent is for the administrator to see and to retry.

use tokio::sync::watch;

use crate::case::holder::Administrator;
use crate::case::mail_kind::MailKind;
use crate::case::notify::{self, Topic};
use crate::identity::limits::Rates;
use crate::mail::{Delivery, Failure, Letter, Letterhead, Line, Post, next_try};
use crate::store::mails::{self, Claimed, Queued, Stage, Tally};
use crate::store::notices::{self, Notice};
use crate::store::people;
use crate::store::traces::{self, Trace};

use super::office::Origin;
use super::{Office, StepError};

/// How long a claim holds: longer than any mail takes.
const LEASE: i64 = 5 * 60_000;
/// Mails and people of one round at most.
const ROUND: i64 = 100;
/// The administrator sees what was sent in the last day.
const DAY: i64 = 24 * 60 * 60_000;
/// Mails on one page of the administrator's.
const PAGE: i64 = 50;

/// Everything that the mail job needs beside the office.
#[derive(Debug)]
pub struct MailRoom {
    /// The way out.
    pub post: Post,
    /// What every letter has.
    pub head: Letterhead,
    /// How long the oldest notice waits for others to go along, in milliseconds.
    pub gather_millis: i64,
    /// How many mails strangers may cause at one account.
    pub rates: Rates,
    /// Becomes true when the process is told to stop: the mail on its way is finished, no other begun.
    pub stopping: watch::Receiver<bool>,
}

/// What came of one round of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Sent.
    pub sent: usize,
    /// Failed; put off or given up.
    pub failed: usize,
    /// Ended without being sent: nothing was left to say, or nobody to say it to.
    pub dropped: usize,
}

/// The outbox as the administrator sees it.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// How many mails stand how; sent: in the last day.
    pub tally: Tally,
    /// Mails that wait or were given up, newest first.
    pub mails: Vec<Queued>,
    /// The mail before which the next page begins.
    pub older: Option<String>,
}

impl Office {
    /// Gathers what people were told into mails. Returns how many mails that made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gather_mails(&self, room: &MailRoom) -> Result<usize, StepError> {
        let before = self.world.now() - room.gather_millis;
        let ripe = mails::ripe(&mut *self.store.read().await?, before, ROUND).await?;
        if ripe.is_empty() {
            return Ok(0);
        }
        let mut made = 0;
        let mut tx = self.store.write().await?;
        let now = self.world.now();
        for id in ripe {
            let person = people::by_id(&mut tx, &id).await?;
            if person.is_none_or(|person| !person.active || person.email.trim().is_empty()) {
                mails::gather(&mut tx, &id, None, now).await?;
                continue;
            }
            let mail = self.world.new_id();
            mails::add(&mut tx, &mail, &id, now).await?;
            if mails::gather(&mut tx, &id, Some(&mail), now).await? == 0 {
                // Another process was faster.
                mails::remove(&mut tx, &mail).await?;
            } else {
                made += 1;
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    /// Sends what is due.
    ///
    /// # Errors
    /// When the database fails; a mail whose sending fails is no error here.
    pub async fn send_mails(&self, room: &MailRoom) -> Result<Sent, StepError> {
        let due = mails::due(&mut *self.store.read().await?, self.world.now(), ROUND).await?;
        let mut round = Sent::default();
        for id in due {
            if *room.stopping.borrow() {
                break;
            }
            let sender = self.world.new_id();
            let now = self.world.now();
            let mut tx = self.store.write().await?;
            let claimed = mails::claim(&mut tx, &id, &sender, now, now + LEASE).await?;
            tx.commit().await?;
            let Some(claimed) = claimed else { continue };
            let outcome = match self.letter(room, &id, &claimed).await {
                // Its failure is its own: the mails behind it don't wait, and it ends one day.
                Err(error) => {
                    tracing::error!(mail = id, %error, "a mail can't be written");
                    Err(Failure::Letter)
                }
                Ok(None) => Ok(Stage::Dropped),
                Ok(Some((to, letter))) => {
                    let delivery = Delivery { id: &id, to: &to, at: self.world.now(), letter: &letter };
                    room.post.send(&delivery).await.map(|()| Stage::Sent)
                }
            };
            match outcome {
                Ok(Stage::Dropped) => round.dropped += 1,
                Ok(_) => round.sent += 1,
                Err(_) => round.failed += 1,
            }
            self.settle_mail(&id, &sender, &claimed, outcome).await?;
        }
        Ok(round)
    }

    /// The address and the letter; nothing if there is nobody to write to, or nothing to say any more.
    async fn letter(
        &self,
        room: &MailRoom,
        id: &str,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        if claimed.kind != MailKind::Notices {
            return self.account_letter(room, claimed).await;
        }
        let Some(owner) = &claimed.person else { return Ok(None) };
        let mut db = self.store.read().await?;
        let Some(person) = people::by_id(&mut db, owner).await?.filter(|person| person.active) else {
            return Ok(None);
        };
        let scope = Self::scope(&person.actor());
        let told = notices::of_mail(&mut db, id, &person.id, &scope).await?;
        if told.is_empty() || person.email.trim().is_empty() {
            return Ok(None);
        }
        let lines: Vec<Line> = told.iter().map(line).collect();
        Ok(Some((person.email, Letter::new(&room.head, &lines))))
    }

    async fn settle_mail(
        &self,
        id: &str,
        sender: &str,
        claimed: &Claimed,
        outcome: Result<Stage, Failure>,
    ) -> Result<(), StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        let held = match outcome {
            Ok(stage) => mails::end(&mut tx, id, sender, stage, "", now).await?,
            Err(failure) => match next_try(claimed.attempts, claimed.first_at, now) {
                Some(due) if !failure.is_final() => {
                    mails::put_off(&mut tx, id, sender, failure.as_str(), due).await?
                }
                _ => {
                    let ended =
                        mails::end(&mut tx, id, sender, Stage::GivenUp, failure.as_str(), now).await?;
                    if ended {
                        // Once until they have looked, so that a mail about mails begins no chain.
                        self.tell_house(&mut tx, Topic::Mail, i64::MAX).await?;
                    }
                    ended
                }
            },
        };
        tx.commit().await?;
        match outcome {
            _ if !held => tracing::warn!(mail = id, "a mail's claim lapsed while it was being sent"),
            Ok(stage) => tracing::info!(mail = id, ?stage, "mail ended"),
            Err(failure) => tracing::info!(mail = id, %failure, attempt = claimed.attempts, "mail failed"),
        }
        Ok(())
    }

    /// The outbox, for administrators. Whoever looks has read what they were told of it, and leaves a trace of which
    /// mails: they tell to whom they go.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox(
        &self,
        who: &Administrator,
        origin: &Origin,
        before: Option<&str>,
    ) -> Result<Outbox, StepError> {
        let mut db = self.store.read().await?;
        let tally = mails::tally(&mut db, self.world.now() - DAY).await?;
        let mut queued = mails::queue(&mut db, before, PAGE + 1).await?;
        let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = queued.len() > size;
        queued.truncate(size);
        drop(db);
        let older = queued.last().filter(|_| more).map(|mail| mail.id.clone());
        let shown: Vec<&str> = queued.iter().map(|mail| mail.id.as_str()).collect();
        let detail = shown.join(" ");
        let trace =
            Trace { person: Some(&who.id), action: "view-mails", detail: &detail, ..Trace::default() };
        self.trace(origin, trace).await?;
        self.saw(&who.id, &[Topic::Mail]).await?;
        Ok(Outbox { tally, mails: queued, older })
    }

    /// 再試一次: one mail, or all that failed. Returns how many it were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_mails(
        &self,
        who: &Administrator,
        origin: &Origin,
        id: Option<&str>,
    ) -> Result<u64, StepError> {
        let mut tx = self.store.write().await?;
        let now = self.world.now();
        let count = mails::retry(&mut tx, id, now).await?;
        let trace = Trace {
            person: Some(&who.id),
            action: "retry-mail",
            detail: id.unwrap_or("all"),
            remote: &origin.remote,
            request: &origin.request,
            salt: &self.world.new_salt(),
            ..Trace::default()
        };
        traces::add(&mut tx, &self.world.new_id(), now, &trace).await?;
        tx.commit().await?;
        Ok(count)
    }
}

fn line(notice: &Notice) -> Line {
    Line {
        number: notice.number.clone(),
        label: notice.topic.label(),
        words: notify::row(notice.topic, notice.audience).map_or_else(String::new, |row| row.words.into()),
        at: notice.at,
        opens: notice.opens,
        place: notice.topic.place(notice.number.as_deref()),
    }
}
