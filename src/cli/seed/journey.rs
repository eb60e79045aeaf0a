//! How a made-up case came to where it stands: its events in the order of the life cycle, spread over its days.

use crate::case::event::Event;
use crate::case::state::State;

use super::dice::Dice;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Who does an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doer {
    Applicant,
    Manager,
    Supervisor,
    Professional,
}

/// One event of a journey.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// What happened.
    pub event: Event,
    /// Where the case stood before.
    pub from: Option<State>,
    /// Where it stood afterwards.
    pub to: State,
    /// Who did it.
    pub by: Doer,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// A state for a case of this age: what is old has ended, what is new waits.
pub fn state(dice: &mut Dice, age: i64) -> State {
    use State::{Closed, Declined, Draft, InService, Received, Sealing, Submitted, Supplement, Withdrawn};
    match age / DAY {
        0..3 => dice.weighed(&[(Draft, 40), (Sealing, 20), (Submitted, 36), (Withdrawn, 4)]),
        3..21 => dice.weighed(&[
            (Draft, 8),
            (Sealing, 12),
            (Submitted, 26),
            (Supplement, 10),
            (Received, 18),
            (InService, 20),
            (Declined, 3),
            (Withdrawn, 3),
        ]),
        21..200 => dice.weighed(&[
            (Draft, 1),
            (Sealing, 1),
            (Supplement, 1),
            (InService, 62),
            (Closed, 28),
            (Declined, 4),
            (Withdrawn, 3),
        ]),
        _ => dice.weighed(&[(InService, 1), (Closed, 90), (Declined, 4), (Withdrawn, 5)]),
    }
}

/// The events of a case that was opened at `opened` and stands in `state` now. `scanned`: a withdrawn one was
/// submitted before.
pub fn journey(dice: &mut Dice, state: State, scanned: bool, opened: i64, now: i64) -> Vec<Passed> {
    use Doer::{Applicant, Manager, Professional, Supervisor};
    use Event::{
        AskSupplement, Close, Decline, Dispatch, Edit, Open, Print, ProposeClosing, Receive, Submit, Withdraw,
    };
    let mut steps = vec![(Open, State::Draft, Applicant, 0, 0)];
    let mut go = |event, to, by, least: i64, most: i64| steps.push((event, to, by, least, most));
    go(Edit, State::Draft, Applicant, HOUR / 6, HOUR);
    if !(state == State::Draft || state == State::Withdrawn && !scanned) {
        go(Print, State::Sealing, Applicant, HOUR / 6, 2 * DAY);
    }
    if !matches!(state, State::Draft | State::Sealing) && (state != State::Withdrawn || scanned) {
        go(Submit, State::Submitted, Applicant, 4 * HOUR, 6 * DAY);
    }
    match state {
        State::Draft | State::Sealing | State::Submitted => {}
        State::Supplement => go(AskSupplement, state, Manager, 4 * HOUR, 5 * DAY),
        State::Declined => go(Decline, state, Manager, DAY, 12 * DAY),
        State::Withdrawn if scanned => go(Withdraw, state, Manager, DAY, 20 * DAY),
        State::Withdrawn => go(Withdraw, state, Applicant, DAY, 20 * DAY),
        State::Received | State::InService | State::Closed => {
            go(Receive, State::Received, Manager, 4 * HOUR, 8 * DAY);
            if state != State::Received {
                go(Dispatch, State::InService, Supervisor, 4 * HOUR, 9 * DAY);
            }
            if state == State::Closed {
                go(ProposeClosing, State::InService, Professional, 20 * DAY, 150 * DAY);
                go(Close, State::Closed, Supervisor, 4 * HOUR, 9 * DAY);
            }
        }
    }
    let gaps: Vec<i64> = steps.iter().map(|(_, _, _, least, most)| dice.between(*least, *most)).collect();
    // A journey that is longer than the case is old was a quick one.
    let (whole, room) = (gaps.iter().sum::<i64>().max(1), (now - opened) / 100 * 98);
    let mut at = opened;
    let mut from = None;
    let mut passed = Vec::with_capacity(steps.len());
    for ((event, to, by, _, _), gap) in steps.into_iter().zip(gaps) {
        at += if whole > room { gap / 1000 * room / whole * 1000 } else { gap };
        passed.push(Passed { event, from, to, by, at });
        from = Some(to);
    }
    passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_ends_in_its_state_and_before_now() {
        let mut dice = Dice::new(3);
        for state in State::ALL {
            for (scanned, age) in [(true, HOUR), (false, HOUR), (true, 400 * DAY), (false, 400 * DAY)] {
                let passed = journey(&mut dice, state, scanned, 0, age);
                assert_eq!(passed.last().map(|last| last.to), Some(state));
                assert!(passed.iter().all(|one| one.at <= age), "{state} {age}");
                assert!(passed.is_sorted_by_key(|one| one.at));
            }
        }
    }
}
