//! The process is told to stop: what is under way is finished, and what is answered stays.

use std::time::{Duration, Instant};

use casebind::case::ids::Digest;

use super::{installation, until, value};
use crate::crash::{Server, ask};
use crate::support::{Case, paper};

/// How many requests are under way.
fn in_flight(watch: &str) -> f64 {
    ask(watch, "/metrics").map_or(0.0, |(_, _, page)| value(&page, "casebind_http_requests_in_flight"))
}

/// The children of a process: each of its threads has its own.
fn children(of: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{of}/task")).expect("its threads");
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children"));
    let all: Vec<String> = threads.flatten().filter_map(|thread| of_thread(thread).ok()).collect();
    all.join(" ").split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    !state.is_empty() && !state.starts_with('Z')
}

both! {
    async fn an_upload_under_way_is_answered_and_kept(house) {
        let case = Case::opened(&house.applicant().await).await;
        let installation = installation(&house, "");
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        let watch = server.watch_address();
        until("readers wait for files", || !children(server.id()).is_empty());
        let children = children(server.id());
        let letter = paper::letter("under way");
        let half = server.begin_attach(&case.path("/attachments"), "other", &letter);
        until("the upload is under way", || in_flight(&watch) >= 1.0);
        server.tell("TERM");
        until("nobody new is let in", || ask(server.address(), "/healthz").is_none());
        assert_eq!(ask(&watch, "/readyz").map(|answer| answer.0), Some(503), "and that is told");
        assert_eq!(half.finish().0, 303);
        let id = server.id();
        assert!(server.wait().success());
        until("the readers have ended", || !children.iter().any(|child| runs(*child)));
        assert!(!runs(id));

        let dossier = case.dossier(&house).await;
        assert_eq!(dossier.attachments.len(), 1);
        assert_eq!(dossier.attachments[0].digest, Digest::of(&letter));
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        let (status, page) = server.get(&case.path("/attachments"));
        assert_eq!(status, 200);
        assert!(page.contains(&Digest::of(&letter).to_string()), "it is there afterwards");
        assert!(server.stop().success());
    }

    async fn before_it_ends_it_says_that_it_is_not_ready(house) {
        let installation = installation(&house, "[shutdown]\nlead_seconds = 300\n");
        let server = Server::start(&installation);
        let ready = || ask(server.address(), "/readyz").map(|answer| answer.0);
        until("it is ready", || ready() == Some(200));
        server.tell("TERM");
        until("it says that it isn't", || ready() == Some(503));
        assert_eq!(server.get("/login").0, 200, "whoever comes all the same is served");
        assert_eq!(server.get("/healthz").0, 200);
        // Whoever tells it twice doesn't want to wait.
        let began = Instant::now();
        server.tell("INT");
        assert!(server.wait().success());
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }

    async fn what_takes_too_long_is_broken_off_and_was_never_there(house) {
        let case = Case::opened(&house.applicant().await).await;
        let installation = installation(&house, "[shutdown]\nlimit_seconds = 1\n");
        let mut server = Server::start(&installation);
        server.log_in("applicant");
        let watch = server.watch_address();
        let half = server.begin_attach(&case.path("/attachments"), "other", &paper::letter("never whole"));
        until("the upload is under way", || in_flight(&watch) >= 1.0);
        server.tell("TERM");
        assert!(server.wait().success(), "it ends well");
        drop(half);
        assert!(case.dossier(&house).await.attachments.is_empty());
        assert_eq!(house.number("SELECT COUNT(*) FROM documents").await, 0);
    }
}
