//! 通知: what somebody has been told, page by page, and that they have read it.

use crate::case::role::Actor;
use crate::store::notices::{self, From, Notice, PAGE};

use super::{Office, StepError};

/// A page of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePage {
    /// The notices, newest first.
    pub notices: Vec<Notice>,
    /// The notice before which the page with older ones begins.
    pub older: Option<String>,
    /// The notice after which the page with newer ones ends.
    pub newer: Option<String>,
}

impl Office {
    /// What this person has been told of cases in their scope.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notices(&self, actor: &Actor, from: From) -> Result<NoticePage, StepError> {
        let mut db = self.store.read().await?;
        let scope = Self::scope(actor);
        let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let mut from = from;
        let mut found = notices::page(&mut db, &actor.id, &scope, &from, PAGE + 1).await?;
        if matches!(from, From::After(_)) && found.len() <= size {
            // All that is newer fits on the first page, which then is full.
            from = From::Newest;
            found = notices::page(&mut db, &actor.id, &scope, &from, PAGE + 1).await?;
        }
        let more = found.len() > size;
        match from {
            From::After(_) => drop(found.remove(0)),
            From::Newest | From::Before(_) => found.truncate(size),
        }
        let (has_newer, has_older) = match from {
            From::Newest => (false, more),
            From::Before(_) => (true, more),
            From::After(_) => (more, true),
        };
        let id = |notice: Option<&Notice>, wanted: bool| notice.filter(|_| wanted).map(|n| n.id.clone());
        Ok(NoticePage {
            older: id(found.last(), has_older),
            newer: id(found.first(), has_newer),
            notices: found,
        })
    }

    /// 全部標示為已讀, up to the newest one that was on the page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_notices(&self, actor: &Actor, newest: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        notices::read_all(&mut tx, &actor.id, newest, self.world.now()).await?;
        Ok(tx.commit().await?)
    }
}
