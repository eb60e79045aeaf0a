//! Many prints on all cores: results come in the order of the jobs, and few of them wait in memory.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Jobs for each worker that are given out ahead of the result that is waited for: enough that one long
/// form doesn't let the others stand idle.
const AHEAD: usize = 4;

/// As many workers as there are cores.
#[must_use]
pub fn workers() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Does `work` on each job, on so many threads, and hands the results to `take` in the order of the jobs,
/// until `take` breaks. At any time at most four jobs for each worker are done or under way, and `jobs` is
/// asked for no more.
pub fn in_order<J: Send, R: Send, B>(
    jobs: impl IntoIterator<Item = J>,
    workers: NonZero<usize>,
    work: impl Fn(J) -> R + Sync,
    mut take: impl FnMut(R) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let most = workers.get() * AHEAD;
    let (give, given) = sync_channel::<(J, SyncSender<R>)>(most);
    let given = Mutex::new(given);
    thread::scope(|scope| {
        for _ in 0..workers.get() {
            scope.spawn(|| {
                while let Some((job, answer)) = next(&given) {
                    // Nobody waits for the answer any more once `take` has broken.
                    let _ = answer.send(work(job));
                }
            });
        }
        let mut jobs = jobs.into_iter();
        let mut waiting = VecDeque::with_capacity(most);
        let ended = loop {
            while waiting.len() < most
                && let Some(job) = jobs.next()
            {
                let (answer, result) = sync_channel(1);
                if give.send((job, answer)).is_err() {
                    break;
                }
                waiting.push_back(result);
            }
            // A worker that panicked answers nothing; the scope passes its panic on.
            let Some(Ok(result)) = waiting.pop_front().map(|result: Receiver<R>| result.recv()) else {
                break ControlFlow::Continue(());
            };
            if let ControlFlow::Break(reason) = take(result) {
                break ControlFlow::Break(reason);
            }
        };
        drop(give);
        ended
    })
}

fn next<T>(given: &Mutex<Receiver<T>>) -> Option<T> {
    given.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn two() -> NonZero<usize> {
        NonZero::new(2).expect("two")
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs_whoever_is_faster() {
        let mut came = Vec::new();
        let slow_first = |job: u64| {
            if job.is_multiple_of(5) {
                thread::sleep(std::time::Duration::from_millis(3));
            }
            job * 2
        };
        let ended = in_order(0..100, two(), slow_first, |result| {
            came.push(result);
            ControlFlow::<()>::Continue(())
        });
        assert_eq!(ended, ControlFlow::Continue(()));
        assert_eq!(came, (0..100).map(|job| job * 2).collect::<Vec<_>>());
    }

    #[test]
    fn few_jobs_are_ahead_and_a_break_ends_it() {
        let asked = AtomicUsize::new(0);
        let jobs = (0..1000).inspect(|_| {
            asked.fetch_add(1, Ordering::SeqCst);
        });
        let mut taken = 0;
        let ended = in_order(
            jobs,
            two(),
            |job| job,
            |job| {
                taken += 1;
                assert!(asked.load(Ordering::SeqCst) <= taken + 2 * AHEAD, "{taken}");
                if job == 20 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(ended, ControlFlow::Break("enough"));
        assert_eq!(taken, 21);
    }
}
