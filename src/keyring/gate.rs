//! What is being sealed just now, and with which generation: none is given up while a file is on its way with it.
//!
//! Where the keys are watched (`store::sealed` says in the database, every few seconds, what this process seals with) a
//! generation seals only after the database knows it ([`Keys::admit`]), and a file is begun and stored only while what was
//! said last holds ([`Keys::confirm`]). A file is under way until it has its name. Where nobody watches, as in a command
//! that stores nothing, every generation that is there counts as known.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Generation, Keyring, Keys};

/// What this process said in the database of its keys holds no longer: nothing is sealed until it is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database hasn't confirmed for a while which keys are in use: nothing was stored; try again")]
pub struct Unconfirmed;

/// What may seal.
#[derive(Debug)]
pub(super) struct Gate {
    /// The newest generation that may.
    newest: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    watched: bool,
    /// Until when what was said holds.
    until: Option<Instant>,
    /// How often it was said again too late.
    lapses: u64,
    /// How many files are under way with a generation.
    under_way: BTreeMap<u32, usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { newest: AtomicU32::new(u32::MAX), state: Mutex::default() }
    }
}

impl Gate {
    /// The generations of a ring that may seal; all where none of them may, so that a ring is never empty.
    pub(super) fn admitted(&self, ring: Keyring) -> Keyring {
        ring.up_to(self.newest.load(Ordering::Acquire))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn holds(&self) -> bool {
        !self.watched || self.until.is_some_and(|until| Instant::now() <= until)
    }
}

/// A file that is being sealed; dropping it says that it has its name, or is given up.
#[derive(Debug)]
pub struct UnderWay {
    keys: Keys,
    generation: u32,
    lapses: u64,
}

impl UnderWay {
    /// Insists that the database knows of this file's generation ever since it was begun: before and after it gets its
    /// name. A process that stood still for too long finds its files given up.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn insist(&self) -> Result<(), Unconfirmed> {
        let state = self.keys.0.gate.state();
        if state.holds() && state.lapses == self.lapses { Ok(()) } else { Err(Unconfirmed) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.keys.0.gate.state();
        if let Some(files) = state.under_way.get_mut(&self.generation) {
            *files -= 1;
            if *files == 0 {
                state.under_way.remove(&self.generation);
            }
        }
    }
}

impl Keys {
    /// The generation that a file is to be sealed with now, and the note that one is.
    ///
    /// # Errors
    /// When what this process said of its keys holds no longer.
    pub fn begin(&self) -> Result<(Generation, UnderWay), Unconfirmed> {
        let all = self.all();
        let gate = &self.0.gate;
        let mut state = gate.state();
        if !state.holds() {
            return Err(Unconfirmed);
        }
        let generation = gate.admitted(all).newest().clone();
        *state.under_way.entry(generation.number()).or_default() += 1;
        let under_way =
            UnderWay { keys: self.clone(), generation: generation.number(), lapses: state.lapses };
        Ok((generation, under_way))
    }

    /// Lets generations up to this one seal, which the database knows now; the keys count as watched from then on, and no
    /// file is begun before [`Self::confirm`]. Returns the oldest generation that a file is under way with, or this one.
    #[must_use]
    pub fn admit(&self, newest: u32) -> u32 {
        let gate = &self.0.gate;
        let mut state = gate.state();
        state.watched = true;
        gate.newest.store(newest, Ordering::Release);
        state.under_way.keys().next().map_or(newest, |oldest| newest.min(*oldest))
    }

    /// What was said in the database holds until then. When what was said before has ended already, somebody may have
    /// gone by it: files that were begun before are given up.
    pub fn confirm(&self, until: Instant) {
        let mut state = self.0.gate.state();
        if state.until.is_some_and(|before| before < Instant::now()) {
            state.lapses += 1;
        }
        state.until = Some(until);
    }

    /// The oldest generation that a file is under way with, if one is.
    #[must_use]
    pub fn oldest_under_way(&self) -> Option<u32> {
        self.0.gate.state().under_way.keys().next().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::add;
    use super::*;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_generation_seals_when_the_database_knows_it_and_opens_before() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path()).unwrap();
        let keys = Keys::of_folder(folder.path()).unwrap();
        assert_eq!(keys.admit(1), 1);
        keys.confirm(later());
        add(folder.path()).unwrap();
        assert!(keys.ring_with(2).get(2).is_some(), "it opens what others sealed with it");
        assert_eq!(keys.ring().newest().number(), 1, "and doesn't seal");
        assert_eq!(keys.begin().unwrap().0.number(), 1);
        assert_eq!(keys.admit(2), 2);
        keys.confirm(later());
        assert_eq!((keys.ring().newest().number(), keys.begin().unwrap().0.number()), (2, 2));
    }

    #[test]
    fn a_generation_is_told_for_as_long_as_a_file_is_under_way_with_it() {
        let ring = Keyring::new(vec![Generation::generate(1), Generation::generate(2)]).unwrap();
        let keys = Keys::given(ring);
        assert_eq!(keys.admit(1), 1);
        keys.confirm(later());
        let (_, one) = keys.begin().unwrap();
        assert_eq!(keys.admit(2), 1, "one is begun with the first still");
        keys.confirm(later());
        let (_, two) = keys.begin().unwrap();
        assert_eq!(keys.oldest_under_way(), Some(1));
        one.insist().unwrap();
        drop(one);
        assert_eq!(keys.admit(2), 2);
        drop(two);
        assert_eq!(keys.oldest_under_way(), None);
    }

    #[test]
    fn nothing_is_stored_on_what_holds_no_longer() {
        let keys = Keys::given(Keyring::new(vec![Generation::generate(1)]).unwrap());
        let (_, before) = keys.begin().unwrap();
        before.insist().unwrap();
        assert_eq!(keys.admit(1), 1);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed, "not before it was said");
        keys.confirm(later());
        let (_, begun) = keys.begin().unwrap();
        begun.insist().unwrap();
        keys.confirm(Instant::now() - Duration::from_millis(1));
        assert!(keys.begin().is_err() && begun.insist().is_err());
        keys.confirm(later());
        assert_eq!(begun.insist().unwrap_err(), Unconfirmed, "it was begun before the gap");
        keys.begin().unwrap().1.insist().unwrap();
    }
}
