//! Tells people of what happened, in the transaction in which it happened.
//!
//! Whom an event concerns stands in [`crate::case::notify`]; here they are found. Whoever did it isn't told,
//! and nobody twice.

use std::collections::BTreeSet;

use crate::case::notify::{self, Audience, Topic};
use crate::clock::World;
use crate::store::notices::{self, About, NewNotice};
use crate::store::{StoreError, Tx};

use super::Office;

/// Who began or ended to serve a case with an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved<'a> {
    /// Those who serve it from now on, and didn't before.
    pub joined: &'a [String],
    /// Those who don't any more.
    pub left: &'a [String],
}

/// What people are told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct News<'a> {
    /// The case, the registration, or the house.
    pub about: About<'a>,
    /// What.
    pub topic: Topic,
    /// Who did it, and so isn't told; nobody of most reminders.
    pub by: Option<&'a str>,
    /// Who began or ended to serve it with that.
    pub moved: Moved<'a>,
    /// When, epoch milliseconds.
    pub at: i64,
}

impl Office {
    /// Writes a notice for everyone whom it concerns. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn tell(&self, tx: &mut Tx, news: News<'_>) -> Result<usize, StoreError> {
        let mut told: BTreeSet<String> = BTreeSet::new();
        for row in notify::of(news.topic) {
            for person in people(tx, row.audience, &news).await? {
                if news.by == Some(person.as_str()) || !told.insert(person.clone()) {
                    continue;
                }
                let notice = NewNotice {
                    id: &self.world.new_id(),
                    person: &person,
                    about: news.about,
                    topic: news.topic,
                    audience: row.audience,
                    at: news.at,
                };
                notices::add(tx, &notice).await?;
            }
        }
        Ok(told.len())
    }
}

impl Office {
    /// Tells the audiences of a topic about the house, once until they have looked, and not anew where they were told
    /// at `since` or later. Returns how many were told.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn tell_house(
        &self,
        tx: &mut Tx,
        topic: Topic,
        since: i64,
    ) -> Result<usize, StoreError> {
        tell_house(&self.world, tx, topic, since).await
    }

    /// Notes that this person has seen the page on which a topic is dealt with.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn saw(&self, person: &str, topics: &[Topic]) -> Result<(), StoreError> {
        for topic in topics {
            let mut db = self.store.read().await?;
            let unread = notices::any_unread(&mut db, person, *topic).await?;
            drop(db);
            if unread {
                let mut tx = self.store.write().await?;
                notices::read_topic(&mut tx, person, *topic, self.world.now()).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}

/// [`Office::tell_house`] where there is no office yet: from the command line.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell_house(
    world: &World,
    tx: &mut Tx,
    topic: Topic,
    since: i64,
) -> Result<usize, StoreError> {
    let (mut told, at) = (BTreeSet::new(), world.now());
    let mut written = 0;
    for row in notify::of(topic) {
        for person in notices::audience(tx, row.audience, "").await? {
            if !told.insert(person.clone()) {
                continue;
            }
            let id = world.new_id();
            let (about, audience) = (About::House, row.audience);
            let notice = NewNotice { id: &id, person: &person, about, topic, audience, at };
            written += usize::from(notices::add_once(tx, &notice, since).await?);
        }
    }
    Ok(written)
}

async fn people(tx: &mut Tx, audience: Audience, news: &News<'_>) -> Result<Vec<String>, StoreError> {
    let named = match audience {
        Audience::Joined => news.moved.joined,
        Audience::Left => news.moved.left,
        _ => return notices::audience(tx, audience, news.about.case().unwrap_or_default()).await,
    };
    let mut active = Vec::with_capacity(named.len());
    for person in named {
        if notices::is_active(tx, person).await? {
            active.push(person.clone());
        }
    }
    Ok(active)
}
