//! People who hand in files at two processes at once, of which one goes away: what was answered is bound once, and whole.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use casebind::archive::Originals;
use casebind::case::ids::Digest;

use super::Server;
use crate::support::{Browser, Case, House, paper};

/// How many people there are, each with a case.
const PEOPLE: usize = 4;

/// Their cases.
pub async fn cases(browser: &Browser) -> Vec<Case> {
    let mut cases = Vec::new();
    for _ in 0..PEOPLE {
        cases.push(Case::opened(browser).await);
    }
    cases
}

/// Everybody hands in so many files; every other one begins at the second process. `upload` does it as a person does, or
/// a proxy: at the one or else at the other. When `enough` were answered, `goes_away` lets one of them go. Returns what
/// was answered, and of which case.
pub fn hand_in(
    cases: &[Case],
    files: usize,
    [one, two]: [&Server; 2],
    upload: impl Fn([&Server; 2], &str, &[u8]) + Sync,
    (enough, goes_away): (usize, impl FnOnce() + Send),
) -> Vec<(usize, Digest)> {
    let answered = AtomicUsize::new(0);
    let kept: Mutex<Vec<(usize, Digest)>> = Mutex::default();
    std::thread::scope(|scope| {
        for (at, case) in cases.iter().enumerate() {
            let (kept, answered, upload) = (&kept, &answered, &upload);
            scope.spawn(move || {
                for file in 0..files {
                    let letter = paper::letter(&format!("{at} {file}"));
                    let servers = if at % 2 == 0 { [one, two] } else { [two, one] };
                    upload(servers, &case.path("/attachments"), &letter);
                    kept.lock().unwrap().push((at, Digest::of(&letter)));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let answered = &answered;
        scope.spawn(move || {
            let end = Instant::now() + Duration::from_secs(120);
            while answered.load(Ordering::Relaxed) < enough {
                assert!(Instant::now() < end, "some are through within two minutes");
                std::thread::sleep(Duration::from_millis(10));
            }
            goes_away();
        });
    });
    let kept = kept.into_inner().unwrap();
    assert_eq!(kept.len(), cases.len() * files);
    kept
}

/// Insists that all that was answered is bound once, whole, and shown by whoever is left.
pub async fn all_is_kept(
    house: &House,
    cases: &[Case],
    kept: &[(usize, Digest)],
    (left, originals): (&Server, &Originals),
) {
    for (at, case) in cases.iter().enumerate() {
        let dossier = case.dossier(house).await;
        let (status, page) = left.get(&case.path("/attachments"));
        assert_eq!(status, 200, "the other serves on");
        for (_, digest) in kept.iter().filter(|(of, _)| *of == at) {
            let bound: Vec<_> = dossier.attachments.iter().filter(|a| a.digest == *digest).collect();
            assert_eq!(bound.len(), 1, "bound once");
            let bytes = u64::try_from(bound[0].bytes).unwrap();
            let opened = originals.open_verified(digest, bytes).await.unwrap();
            assert_eq!(Digest::of(&opened.read_all().await.unwrap()), *digest);
            assert!(page.contains(&digest.to_string()), "and it is shown");
        }
    }
}
