//! How much one account may ask for within a while: far more than anybody does by hand, and too little for a program that
//! takes everything along, or fills the house, in somebody's name.
//!
//! Counted by this process, in memory: a write for each page would cost more than it saves. At the first request of a
//! window, and each time when a small share of what is allowed has come together, it tells the database, and hears what all
//! processes have counted: an account gets at most one such share more from each. What strangers ask is counted there at
//! once ([`crate::identity::limits`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::limits::TooOften;

/// How many accounts are counted before those whose window is over are forgotten.
const SWEPT_AT: usize = 4096;
/// Which part of what is allowed is counted before it is told.
const SHARE: i64 = 64;

/// The counts. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Hurry(Arc<Mutex<HashMap<String, Window>>>);

/// What one account asked for since its window began.
#[derive(Clone, Copy, Debug)]
struct Window {
    since: i64,
    /// Here, and elsewhere as far as it was heard.
    asked: i64,
    /// Here, and not told yet.
    untold: i64,
}

impl Hurry {
    /// Counts a request of this account. Returns how many are to be told now ([`Self::heard`]); 0: none yet.
    ///
    /// # Errors
    /// When there were `most` within `window` milliseconds already.
    pub fn count(&self, person: &str, now: i64, window: i64, most: i64) -> Result<i64, TooOften> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= SWEPT_AT {
            counts.retain(|_, one| one.since > now - window);
        }
        let new = Window { since: now, asked: 0, untold: 0 };
        let one = counts.entry(person.to_owned()).or_insert(new);
        if one.since <= now - window {
            *one = new;
        }
        let begins = one.asked == 0;
        one.asked += 1;
        one.untold += 1;
        if one.asked > most {
            return Err(TooOften { wait: one.since + window - now });
        }
        Ok(if begins || one.untold >= most / SHARE { std::mem::take(&mut one.untold) } else { 0 })
    }

    /// What all processes have counted of this account since the window of all began.
    ///
    /// # Errors
    /// When these are more than `most` within `window` milliseconds.
    pub fn heard(
        &self,
        person: &str,
        (since, asked): (i64, i64),
        now: i64,
        window: i64,
        most: i64,
    ) -> Result<(), TooOften> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = counts.get_mut(person) {
            let with_own = asked + one.untold;
            // Of two that were told at once the answers may come the other way round.
            one.asked = if one.since == since { one.asked.max(with_own) } else { with_own };
            one.since = since;
        }
        if asked <= most { Ok(()) } else { Err(TooOften { wait: since + window - now }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_its_own_window() {
        let hurry = Hurry::default();
        assert!((0..3).all(|at| hurry.count("one", at, 1000, 3) == Ok(1)));
        assert_eq!(hurry.clone().count("one", 10, 1000, 3), Err(TooOften { wait: 990 }));
        assert_eq!(hurry.count("two", 10, 1000, 3), Ok(1));
        assert_eq!(hurry.count("one", 1000, 1000, 3), Ok(1), "another window");
    }

    #[test]
    fn what_is_counted_is_told_in_shares_and_what_is_heard_counts() {
        let (hurry, most) = (Hurry::default(), 640);
        let told: Vec<i64> = (0..21).map(|at| hurry.count("one", at, 1000, most).unwrap()).collect();
        let times: Vec<usize> = (0..21).filter(|at| told[*at] > 0).collect();
        assert_eq!((times, told.iter().sum::<i64>()), (vec![0, 10, 20], 21), "the first, and each tenth");
        // Elsewhere it has asked for more, in a window that began before.
        assert_eq!(hurry.heard("one", (-500, 638), 30, 1000, most), Ok(()));
        assert_eq!(hurry.count("one", 31, 1000, most), Ok(0));
        assert_eq!(hurry.heard("one", (-500, 600), 32, 1000, most), Ok(()), "an answer that comes late");
        assert_eq!(hurry.count("one", 33, 1000, most), Ok(0));
        assert_eq!(hurry.count("one", 34, 1000, most), Err(TooOften { wait: 466 }));
        assert_eq!(hurry.heard("two", (0, 641), 34, 1000, most), Err(TooOften { wait: 966 }));
        assert_eq!(hurry.count("one", 500, 1000, most), Ok(1), "the window of all is over");
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
