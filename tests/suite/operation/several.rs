//! Two processes over one PostgreSQL and one data folder: what one knows the other knows, what is done once is done
//! once, and when one is killed the other goes on with nothing missing.

use std::sync::atomic::{AtomicUsize, Ordering};

use casebind::archive::Originals;

use super::{installation, until, value};
use crate::crash::{Server, ask, uploads};
use crate::support::command::run as command;
use crate::support::{Case, Database, paper, run};

/// Two processes that start at the same moment.
fn two(installation: &crate::support::command::Installation) -> [Server; 2] {
    std::thread::scope(|scope| {
        let starting = [(); 2].map(|()| scope.spawn(|| Server::start(installation)));
        starting.map(|server| server.join().expect("it starts"))
    })
}

#[test]
fn a_session_is_one_in_both_and_so_is_its_end() {
    run(Database::Postgres, module_path!(), |house| async move {
        let case = Case::opened(&house.applicant().await).await;
        let [mut one, mut two] = two(&installation(&house, ""));
        one.log_in("applicant");
        two.come_with(one.cookie());
        assert_eq!(two.get("/cases").0, 200);
        assert_eq!(two.attach(&case.path("/attachments"), "other", &paper::letter("at the other")).0, 303);
        assert!(one.get(&case.path("/attachments")).1.contains("x.pdf"), "both see the same case");
        assert_eq!(two.post("/logout", "").0, 303);
        assert_eq!(one.get("/cases").0, 303, "the end counts in both");
        assert_eq!(two.get("/cases").0, 303);
        assert!(one.stop().success() && two.stop().success());
    });
}

#[test]
fn a_link_is_good_once_in_all_and_failures_are_counted_together() {
    run(Database::Postgres, module_path!(), |house| async move {
        let case = Case::printed(&house.applicant().await).await;
        let [mut one, two] = two(&installation(&house, ""));
        one.log_in("applicant");
        let (status, page) = one.post(&case.path("/phone"), "");
        assert_eq!(status, 200);
        let plain = |secret: &str| secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let links = page.split("/phone/").skip(1).filter_map(|part| part.split_once("/open"));
        let secret = links.map(|(secret, _)| secret).find(|secret| plain(secret)).expect("a link");
        let path = format!("/phone/{secret}/open");
        let opened = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for at in 0..8 {
                let (server, path, opened) = (if at % 2 == 0 { &one } else { &two }, &path, &opened);
                scope.spawn(move || match server.post(path, "").0 {
                    303 => _ = opened.fetch_add(1, Ordering::Relaxed),
                    status => assert_eq!(status, 404),
                });
            }
        });
        assert_eq!(opened.load(Ordering::Relaxed), 1, "eight at once, at both: one comes in");

        // Five failures lock, wherever they were made.
        let wrong = |server: &Server| server.post("/login", "account=colleague&password=wrong").0;
        assert_eq!([wrong(&one), wrong(&two), wrong(&one), wrong(&two), wrong(&one)], [422; 5]);
        let right = "account=colleague&password=correct+horse+battery";
        for server in [&one, &two] {
            let (status, page) = server.post("/login", right);
            assert_eq!(status, 422);
            assert!(page.contains("15 分鐘後再試"), "{page}");
        }
        assert!(one.stop().success() && two.stop().success());
    });
}

#[test]
fn what_a_network_may_ask_for_is_counted_together() {
    run(Database::Postgres, module_path!(), |house| async move {
        let servers = two(&installation(&house, "[requests]\nlogin = 6\n"));
        let asked =
            |at: usize| servers[at % 2].post("/login", &format!("account=nobody{at}&password=wrong")).0;
        assert_eq!((0..6).map(asked).collect::<Vec<_>>(), [422; 6]);
        assert_eq!([asked(6), asked(7)], [429; 2]);
    });
}

#[test]
fn what_an_account_may_ask_for_is_counted_together() {
    run(Database::Postgres, module_path!(), |house| async move {
        let [mut one, mut two] = two(&installation(&house, "[requests]\nsigned_in = 12\n"));
        one.log_in("applicant");
        two.come_with(one.cookie());
        let servers = [&one, &two];
        let statuses: Vec<u16> = (0..24).map(|at| servers[at % 2].get("/cases").0).collect();
        let answered = statuses.iter().filter(|status| **status == 200).count();
        assert!((6..=12).contains(&answered), "{statuses:?}");
        assert_eq!(statuses[22..], [429; 2], "at both");
    });
}

/// How often a job ran in each of them.
fn rounds(watch: &[String; 2], job: &str) -> [f64; 2] {
    let series = format!("casebind_job_runs_total{{job=\"{job}\",outcome=\"done\"}}");
    watch.each_ref().map(|address| ask(address, "/metrics").map_or(0.0, |(_, _, page)| value(&page, &series)))
}

#[test]
fn a_job_runs_in_one_and_in_the_other_when_that_one_was_killed() {
    run(Database::Postgres, module_path!(), |house| async move {
        // An account that nobody has used since the epoch, and no other: it is disabled, once.
        house.sql("UPDATE people SET signed_in_at = 32503680000000 WHERE id <> 'colleague'").await;
        house
            .sql("UPDATE people SET created_at = 0, enabled_at = NULL, signed_in_at = NULL WHERE id = 'colleague'")
            .await;
        let changes = house.number("SELECT COUNT(*) FROM changes").await;
        let servers = two(&installation(&house, ""));
        let watch = servers.each_ref().map(Server::watch_address);
        // Mail comes every ten seconds: the second round of one is after the first look of the other.
        until("the mail job has run twice", || rounds(&watch, "mail").iter().sum::<f64>() >= 2.0);
        for job in ["mail", "accounts"] {
            let rounds = rounds(&watch, job);
            assert!(rounds.contains(&0.0) && rounds.iter().sum::<f64>() >= 1.0, "{job}: {rounds:?}");
        }
        let status = "SELECT COUNT(*) FROM people WHERE id = 'colleague' AND status = 'disabled'";
        assert_eq!(house.number(status).await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM changes").await, changes + 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM leases WHERE name = 'job/mail'").await, 1);

        let holder = usize::from(rounds(&watch, "mail")[0] == 0.0);
        servers[holder].tell("KILL");
        let other = 1 - holder;
        // Nobody waits that long in a test: the killed one's time is over.
        house.sql("UPDATE leases SET until = 0 WHERE name = 'job/mail'").await;
        until("the other has the job now", || rounds(&watch, "mail")[other] >= 1.0);
    });
}

/// Files that each uploader hands in.
const FILES: usize = 10;

#[test]
fn one_is_killed_while_people_upload_and_nothing_that_was_answered_is_missing() {
    run(Database::Postgres, module_path!(), |house| async move {
        let cases = uploads::cases(&house.applicant().await).await;
        let installation = installation(&house, "");
        let [mut one, mut two] = two(&installation);
        one.log_in("applicant");
        two.come_with(one.cookie());
        // What has gone away is left for the other, as a proxy does.
        let upload = |servers: [&Server; 2], path: &str, letter: &[u8]| {
            let answer = servers.into_iter().find_map(|server| server.try_attach(path, "other", letter).ok());
            let (status, page) = answer.expect("one of them answers");
            assert_eq!(status, 303, "{page}");
        };
        let killed = (2 * FILES, || one.tell("KILL"));
        let kept = uploads::hand_in(&cases, FILES, [&one, &two], upload, killed);
        let originals =
            Originals::open(house.data_dir(), &house.vault(), &house.office().world.clock).unwrap();
        uploads::all_is_kept(&house, &cases, &kept, (&two, &originals)).await;
        assert!(two.stop().success());
        let config = installation.config().display().to_string();
        let verified = command(&["verify", "--json", "--config", &config]).expect(0).json();
        assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    });
}

#[test]
fn a_process_that_starts_beside_one_that_serves_keeps_nobody_waiting() {
    run(Database::Postgres, module_path!(), |house| async move {
        // Somebody is in the middle of a step: rows of guarded tables are written and not yet committed.
        let case = Case::opened(&house.applicant().await).await;
        let mut tx = house.office().store.write().await.unwrap();
        let id = case.id(&house).await;
        let trace =
            casebind::store::traces::Trace { case: Some(&id), action: "view-case", ..Default::default() };
        casebind::store::traces::add(&mut tx, "a-trace-of-this-test", 1, &trace).await.unwrap();
        let server = Server::start(&installation(&house, ""));
        assert_eq!(server.get("/readyz").0, 200);
        tx.commit().await.unwrap();
        assert!(server.stop().success());
    });
}
