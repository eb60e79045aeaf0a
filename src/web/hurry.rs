//! How much one account may ask for within a while: far more than anybody does by hand, and too little for a program that
//! takes everything along, or fills the house, in somebody's name.
//!
//! Counted by this process, in memory: a write for each page would cost more than it saves, and of several processes each
//! has a count of its own. What strangers ask is counted in the database ([`crate::identity::limits`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::limits::TooOften;

/// How many accounts are counted before those whose window is over are forgotten.
const SWEPT_AT: usize = 4096;

/// The counts. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Hurry(Arc<Mutex<HashMap<String, Window>>>);

/// What one account asked for since its window began.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: i64,
    asked: i64,
}

impl Hurry {
    /// Counts a request of this account.
    ///
    /// # Errors
    /// When there were `most` within `window` milliseconds already.
    pub fn count(&self, person: &str, now: i64, window: i64, most: i64) -> Result<(), TooOften> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= SWEPT_AT {
            counts.retain(|_, one| one.since > now - window);
        }
        let one = counts.entry(person.to_owned()).or_insert(Window { since: now, asked: 0 });
        if one.since <= now - window {
            *one = Window { since: now, asked: 0 };
        }
        one.asked += 1;
        if one.asked <= most { Ok(()) } else { Err(TooOften { wait: one.since + window - now }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_its_own_window() {
        let hurry = Hurry::default();
        assert!((0..3).all(|at| hurry.count("one", at, 1000, 3).is_ok()));
        assert_eq!(hurry.clone().count("one", 10, 1000, 3), Err(TooOften { wait: 990 }));
        assert_eq!(hurry.count("two", 10, 1000, 3), Ok(()));
        assert_eq!(hurry.count("one", 1000, 1000, 3), Ok(()), "another window");
    }

    #[test]
    fn whoever_came_long_ago_is_forgotten() {
        let hurry = Hurry::default();
        for at in 0..SWEPT_AT {
            assert!(hurry.count(&at.to_string(), 0, 1000, 3).is_ok());
        }
        assert!(hurry.count("late", 1000, 1000, 3).is_ok());
        assert_eq!(hurry.0.lock().unwrap().len(), 1);
    }
}
