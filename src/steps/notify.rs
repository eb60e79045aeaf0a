//! Tells people of what happened, in the transaction in which it happened.
//!
//! Whom an event concerns stands in [`crate::case::notify`]; here they are found. Whoever did it isn't told,
//! and nobody twice.

use std::collections::BTreeSet;

use crate::case::notify::{self, Audience, Topic};
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
    /// The case, or the registration.
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
