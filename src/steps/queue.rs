//! The case managers' queue: what waits for them, what is new since their last look, who is looking now.

use std::collections::HashMap;

use crate::case::holder::CaseManager;
use crate::case::review::Verdict;
use crate::case::state::State;
use crate::store::cases::Case;
use crate::store::queue::{self, Key, Side};

use super::review::PRESENT;
use super::{Office, StepError};

/// The states that case managers watch, those that they act in first.
pub const WATCHED: [State; 3] = [State::Submitted, State::Supplement, State::Received];

/// What is new about a case to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// 新: never looked at.
    New,
    /// 有更新: changed since the last look.
    Changed,
    /// Nothing.
    Seen,
}

/// One case that waits.
#[derive(Debug)]
pub struct Waiting {
    /// The case.
    pub case: Case,
    /// The subject's name; empty where there is none.
    pub subject: String,
    /// What is new to the person who asks.
    pub news: News,
    /// Who else is looking at it now, by name.
    pub lookers: Vec<String>,
    /// Bound by the short code: 需人工核對.
    pub by_hand: bool,
    /// Every seal box looks empty.
    pub all_empty: bool,
    /// Attachments by verdict.
    pub attachments: Vec<(Verdict, i64)>,
}

/// A page of the queue.
#[derive(Debug)]
pub struct Queue {
    /// The cases, the longest wait first.
    pub waiting: Vec<Waiting>,
    /// Where the page before ends.
    pub before: Option<Key>,
    /// Where the page after begins.
    pub after: Option<Key>,
    /// How many cases stand in each watched state.
    pub counts: Vec<(State, i64)>,
}

impl Office {
    /// A page of the queue of one watched state.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for states that aren't watched.
    pub async fn queue(&self, who: &CaseManager, state: State, side: &Side) -> Result<Queue, StepError> {
        if !WATCHED.contains(&state) {
            return Err(StepError::NotFound);
        }
        let mut db = self.store.read().await?;
        let counts = queue::counts(&mut db, &WATCHED).await?;
        let page = queue::page(&mut db, state, side).await?;
        let ids: Vec<String> = page.cases.iter().map(|case| case.id.clone()).collect();
        let looks = queue::looks(&mut db, &ids, &who.id, self.world.now() - PRESENT).await?;
        let mut subjects: HashMap<_, _> = queue::subjects(&mut db, &ids).await?.into_iter().collect();
        let marks = queue::scan_marks(&mut db, &page.cases).await?;
        let judged = queue::attachments(&mut db, &ids).await?;
        drop(db);
        let before = page.cases.first().filter(|_| page.before).map(Key::of);
        let after = page.cases.last().filter(|_| page.after).map(Key::of);
        let waiting = page.cases.into_iter().map(|case| {
            let mine = looks.iter().find(|look| look.case_id == case.id && look.person_id == who.id);
            let others = looks.iter().filter(|look| look.case_id == case.id && look.person_id != who.id);
            let mark = marks.iter().find(|mark| mark.case_id == case.id);
            let count = |verdict: Verdict| {
                let of = |one: &&queue::Judged| one.case_id == case.id && one.verdict == verdict.as_str();
                judged.iter().find(of).map(|one| (verdict, one.count))
            };
            Waiting {
                news: match mine {
                    None => News::New,
                    Some(look) if look.version < case.version => News::Changed,
                    Some(_) => News::Seen,
                },
                subject: subjects.remove(&case.id).unwrap_or_default(),
                lookers: others.map(|look| look.name.clone()).collect(),
                by_hand: mark.is_some_and(|mark| mark.by_hand != 0),
                all_empty: mark.is_some_and(|mark| mark.all_empty != 0),
                attachments: Verdict::ALL.into_iter().filter_map(count).collect(),
                case,
            }
        });
        Ok(Queue { waiting: waiting.collect(), before, after, counts })
    }

    /// The number of the submitted case that comes after this place in the queue, else the one that has waited
    /// longest; never one that somebody else is looking at, nor `but`. None: nothing else waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_waiting(
        &self,
        who: &CaseManager,
        after: Option<&Key>,
        but: &str,
    ) -> Result<Option<String>, StepError> {
        let mut db = self.store.read().await?;
        let since = self.world.now() - PRESENT;
        if let Some(found) = queue::next(&mut db, after, &who.id, since).await? {
            return Ok(Some(found));
        }
        let first = queue::next(&mut db, None, &who.id, since).await?;
        Ok(first.filter(|number| number != but))
    }
}
