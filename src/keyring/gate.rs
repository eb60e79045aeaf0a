//! What is being sealed just now, and with which generation: none is given up while a file is on its way with it.
//!
//! Where the keys are watched (`store::sealed` says in the database, every few seconds, what this process seals with) a
//! generation seals only after the database knows it ([`Keys::admit`]), and a file is begun and stored only while what was
//! said last holds ([`Keys::confirm`]). A file is under way until it has its name. Where nobody watches, as in a command
//! that stores nothing, every generation that is there counts as known.
//!
//! While somebody writes for long (a bag's one transaction, a rewriting of the whole file) nothing can be said in an
//! embedded database, and what was said may end. That lets go of files that are under way and of nothing else: rows are
//! held against the database when they are committed. Whoever begins a file afterwards waits until it is said again
//! ([`Keys::begin_within`]).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Generation, Keyring, Keys};

/// How long whoever begins a file waits until it is said again which keys are in use: that is tried every second, and has
/// its turn soon after whoever kept it from being said.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// What holds for less than this should have been said again long ago, and a file that is begun now might come too late.
const SCARCE: Duration = Duration::from_secs(8);

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
    /// Told whenever something was said.
    said: Condvar,
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
        Self { newest: AtomicU32::new(u32::MAX), state: Mutex::default(), said: Condvar::new() }
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
        self.holds_for(Duration::ZERO)
    }

    /// Whether it will hold for so long from now on.
    fn holds_for(&self, time: Duration) -> bool {
        !self.watched || self.until.is_some_and(|until| Instant::now() + time <= until)
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

    /// The same; where it holds no longer, or not for long, it is waited for to be said again, at most for `patience`. It
    /// blocks the thread.
    ///
    /// # Errors
    /// When it holds no longer, and wasn't said again in time.
    pub fn begin_within(&self, patience: Duration) -> Result<(Generation, UnderWay), Unconfirmed> {
        let gate = &self.0.gate;
        let waited = gate.said.wait_timeout_while(gate.state(), patience, |state| !state.holds_for(SCARCE));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.begin()
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
        drop(state);
        self.0.gate.said.notify_all();
    }

    /// The oldest generation that a file is under way with, if one is.
    #[must_use]
    pub fn oldest_under_way(&self) -> Option<u32> {
        self.0.gate.state().under_way.keys().next().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

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

    #[test]
    fn whoever_begins_waits_until_it_is_said_again_and_not_for_ever() {
        let keys = Keys::given(Keyring::new(vec![Generation::generate(1)]).unwrap());
        assert_eq!(keys.admit(1), 1);
        keys.confirm(later());
        let (_, begun) = keys.begin_within(Duration::ZERO).unwrap();
        keys.confirm(Instant::now() + SCARCE / 2);
        keys.begin_within(Duration::from_millis(1)).unwrap().1.insist().unwrap();
        keys.confirm(Instant::now() - Duration::from_millis(1));
        assert_eq!(keys.begin_within(Duration::from_millis(1)).unwrap_err(), Unconfirmed);
        let waiting = {
            let keys = keys.clone();
            thread::spawn(move || keys.begin_within(PATIENCE).map(|(generation, _)| generation.number()))
        };
        keys.confirm(later());
        assert_eq!(waiting.join().unwrap(), Ok(1));
        assert!(begun.insist().is_err(), "what was begun before is given up all the same");
    }
}
