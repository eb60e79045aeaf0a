//! What is being sealed just now, and with which generation: none is given up while a file is on its way with it.
//!
//! Where the keys are watched (`store::sealed` says in the database, every few seconds, what this process seals with) a
//! generation seals only after the database knows it ([`Keys::admit`]), and a file is begun and stored only while what was
//! said last holds ([`Keys::confirm`]), by both clocks of the machine: one that was suspended meanwhile doesn't take its word
//! for fresh. A file is under way until it has its name. Where nobody watches, as in a command that stores nothing, every
//! generation that is there counts as known.
//!
//! While somebody writes for long (a bag's one transaction, a rewriting of the whole file) nothing can be said in an
//! embedded database, and what was said may end. That lets go of files that are under way and of nothing else: rows are
//! held against the database when they are committed. Whoever begins a file afterwards waits until it is said again
//! ([`Keys::begin_within`]).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clocks, Moment};

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
    clocks: Clocks,
    state: Mutex<State>,
    /// Told whenever something was said.
    said: Condvar,
}

#[derive(Debug, Default)]
struct State {
    watched: bool,
    /// When something was said last, and how long it holds.
    said: Option<(Moment, Duration)>,
    /// How often it was said again too late.
    lapses: u64,
    /// How many files are under way with a generation.
    under_way: BTreeMap<u32, usize>,
}

impl Gate {
    /// One at which nobody watches.
    pub(super) fn new(clocks: Clocks) -> Self {
        Self { newest: AtomicU32::new(u32::MAX), clocks, state: Mutex::default(), said: Condvar::new() }
    }

    /// The generations of a ring that may seal; all where none of them may, so that a ring is never empty.
    pub(super) fn admitted(&self, ring: Keyring) -> Keyring {
        ring.up_to(self.newest.load(Ordering::Acquire))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn holds(&self, clocks: &Clocks) -> bool {
        self.holds_for(clocks, Duration::ZERO)
    }

    /// Whether it will hold for so long from now on.
    fn holds_for(&self, clocks: &Clocks, time: Duration) -> bool {
        !self.watched || self.said.is_some_and(|(at, lasts)| clocks.since(at) + time <= lasts)
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
        let gate = &self.keys.0.gate;
        let state = gate.state();
        if state.holds(&gate.clocks) && state.lapses == self.lapses { Ok(()) } else { Err(Unconfirmed) }
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
        if !state.holds(&gate.clocks) {
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
        let waited = gate
            .said
            .wait_timeout_while(gate.state(), patience, |state| !state.holds_for(&gate.clocks, SCARCE));
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

    /// The clocks by which it is judged how long something holds.
    #[must_use]
    pub fn clocks(&self) -> &Clocks {
        &self.0.gate.clocks
    }

    /// What was said in the database at a moment holds for so long. When what was said before has ended already, somebody
    /// may have gone by it: files that were begun before are given up.
    pub fn confirm(&self, at: Moment, lasts: Duration) {
        let gate = &self.0.gate;
        let mut state = gate.state();
        if state.said.is_some_and(|(before, lasted)| gate.clocks.since(before) > lasted) {
            state.lapses += 1;
        }
        state.said = Some((at, lasts));
        drop(state);
        gate.said.notify_all();
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
    use crate::clock::Clock;

    /// How long what is said holds here.
    const HOLDS: Duration = Duration::from_secs(30);
    const SECOND: i64 = 1_000;

    /// Keys of one generation, with both clocks.
    fn watched() -> (Keys, Clocks, Clock) {
        let day = Clock::manual(1_000_000);
        let clocks = Clocks::manual(day.clone());
        let keys = Keys::given(Keyring::new(vec![Generation::generate(1)]).unwrap());
        (keys.with_clocks(clocks.clone()), clocks, day)
    }

    /// Says it now, by the machine's clocks where no others were given.
    fn confirm(keys: &Keys, day: &Clock) {
        keys.confirm(keys.clocks().at(day.now_millis()), HOLDS);
    }

    #[test]
    fn a_generation_seals_when_the_database_knows_it_and_opens_before() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path()).unwrap();
        let keys = Keys::of_folder(folder.path()).unwrap();
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &Clock::System);
        add(folder.path()).unwrap();
        assert!(keys.ring_with(2).get(2).is_some(), "it opens what others sealed with it");
        assert_eq!(keys.ring().newest().number(), 1, "and doesn't seal");
        assert_eq!(keys.begin().unwrap().0.number(), 1);
        assert_eq!(keys.admit(2), 2);
        confirm(&keys, &Clock::System);
        assert_eq!((keys.ring().newest().number(), keys.begin().unwrap().0.number()), (2, 2));
    }

    #[test]
    fn a_generation_is_told_for_as_long_as_a_file_is_under_way_with_it() {
        let ring = Keyring::new(vec![Generation::generate(1), Generation::generate(2)]).unwrap();
        let keys = Keys::given(ring);
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &Clock::System);
        let (_, one) = keys.begin().unwrap();
        assert_eq!(keys.admit(2), 1, "one is begun with the first still");
        confirm(&keys, &Clock::System);
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
        let (keys, clocks, day) = watched();
        let (_, before) = keys.begin().unwrap();
        before.insist().unwrap();
        assert_eq!(keys.admit(1), 1);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed, "not before it was said");
        confirm(&keys, &day);
        let (_, begun) = keys.begin().unwrap();
        clocks.run(30_000);
        day.advance(30 * SECOND);
        begun.insist().unwrap();
        clocks.run(1);
        assert!(keys.begin().is_err() && begun.insist().is_err());
        confirm(&keys, &day);
        assert_eq!(begun.insist().unwrap_err(), Unconfirmed, "it was begun before the gap");
        keys.begin().unwrap().1.insist().unwrap();
    }

    #[test]
    fn a_machine_that_was_suspended_doesnt_take_its_word_for_fresh() {
        let (keys, clocks, day) = watched();
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &day);
        let (_, begun) = keys.begin().unwrap();
        // The steady clock stands still meanwhile, and goes on.
        day.advance(31 * SECOND);
        clocks.run(1_000);
        assert_eq!(begun.insist().unwrap_err(), Unconfirmed);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed);
        confirm(&keys, &day);
        assert_eq!(begun.insist().unwrap_err(), Unconfirmed, "others may have gone by its silence");
        keys.begin().unwrap().1.insist().unwrap();
    }

    #[test]
    fn what_was_said_before_a_machine_was_suspended_is_no_fresher_for_being_answered_after_it() {
        let (keys, _, day) = watched();
        assert_eq!(keys.admit(1), 1);
        let at = keys.clocks().at(day.now_millis());
        day.advance(31 * SECOND);
        keys.confirm(at, HOLDS);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed);
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_nothing() {
        let (keys, clocks, day) = watched();
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &day);
        let (_, begun) = keys.begin().unwrap();
        day.advance(-3_600 * SECOND);
        clocks.run(30_000);
        begun.insist().unwrap();
        clocks.run(1);
        assert_eq!(begun.insist().unwrap_err(), Unconfirmed);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed);
    }

    #[test]
    fn a_clock_that_is_set_forward_has_it_said_anew() {
        let (keys, clocks, day) = watched();
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &day);
        day.advance(20 * SECOND);
        keys.begin().unwrap().1.insist().unwrap();
        day.advance(3_600 * SECOND);
        assert_eq!(keys.begin().unwrap_err(), Unconfirmed);
        confirm(&keys, &day);
        let (_, begun) = keys.begin().unwrap();
        clocks.run(30_000);
        begun.insist().unwrap();
    }

    #[test]
    fn whoever_begins_waits_until_it_is_said_again_and_not_for_ever() {
        let (keys, _, day) = watched();
        assert_eq!(keys.admit(1), 1);
        confirm(&keys, &day);
        let (_, begun) = keys.begin_within(Duration::ZERO).unwrap();
        keys.confirm(keys.clocks().at(day.now_millis()), SCARCE / 2);
        keys.begin_within(Duration::from_millis(1)).unwrap().1.insist().unwrap();
        day.advance(31 * SECOND);
        assert_eq!(keys.begin_within(Duration::from_millis(1)).unwrap_err(), Unconfirmed);
        let waiting = {
            let keys = keys.clone();
            thread::spawn(move || keys.begin_within(PATIENCE).map(|(generation, _)| generation.number()))
        };
        confirm(&keys, &day);
        assert_eq!(waiting.join().unwrap(), Ok(1));
        assert!(begun.insist().is_err(), "what was begun before is given up all the same");
    }
}
