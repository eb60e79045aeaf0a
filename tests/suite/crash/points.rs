//! The process dies at every named point of an upload, a print, a submission and a review, and starts again on the
//! same data: what it answered is there, what it hadn't committed isn't, and the same press again does it once.
//!
//! A pass goes through all points of all steps. More of them: `CASEBIND_FAULT_ROUNDS=1000`.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use casebind::case::ids::Digest;
use casebind::case::review::{Target, Verdict};
use casebind::clock::World;
use casebind::fault::Point;
use casebind::steps::review::Judged;

use super::killed::installation;
use crate::crash::Server;
use crate::support::browser::Chosen;
use crate::support::command::{Installation, run};
use crate::support::{Browser, Case, House, Who, paper};

/// What people do, in the order of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Attach,
    Print,
    Scan,
    Submit,
    Review,
    Receive,
}

impl Step {
    const ALL: [Self; 6] = [Self::Attach, Self::Print, Self::Scan, Self::Submit, Self::Review, Self::Receive];

    /// The points that it passes, in their order.
    fn points(self) -> Vec<Point> {
        let original = [Point::Arrived, Point::Synced, Point::Named, Point::Durable];
        let own = match self {
            Self::Attach => [Point::AttachWritten, Point::AttachCommitted],
            Self::Print => [Point::PrintWritten, Point::PrintCommitted],
            Self::Scan => [Point::ScanWritten, Point::ScanCommitted],
            Self::Submit => [Point::SubmitWritten, Point::SubmitCommitted],
            Self::Review => [Point::ReviewWritten, Point::ReviewCommitted],
            Self::Receive => [Point::MoveWritten, Point::MoveCommitted],
        };
        let puts = matches!(self, Self::Attach | Self::Print | Self::Scan);
        let mut points = if puts { original.to_vec() } else { Vec::new() };
        points.extend(own);
        points.push(Point::Answering);
        points
    }
}

/// Whether a step that died here is done.
fn is_done(point: Point) -> bool {
    matches!(
        point,
        Point::AttachCommitted
            | Point::PrintCommitted
            | Point::ScanCommitted
            | Point::SubmitCommitted
            | Point::ReviewCommitted
            | Point::MoveCommitted
            | Point::Answering
    )
}

/// Rounds of one pass.
fn rounds_of_a_pass() -> usize {
    Step::ALL.into_iter().map(|step| step.points().len()).sum()
}

fn passes() -> usize {
    let wanted = std::env::var("CASEBIND_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    wanted.unwrap_or(1_usize).div_ceil(rounds_of_a_pass()).max(1)
}

/// A pass under way.
struct Walk<'a> {
    house: &'a House,
    installation: &'a Installation,
    applicant: Browser,
    manager: Browser,
    /// Sessions at the servers.
    cookies: [String; 2],
    cases: Vec<Case>,
    /// The scan of each case, once it was taken in.
    scans: Vec<String>,
}

impl<'a> Walk<'a> {
    async fn begin(house: &'a House, installation: &'a Installation) -> Self {
        // The servers go by the time of the day, and end what looks old to them.
        house.wait(World::system().now() - house.office().world.now());
        let applicant = house.applicant().await;
        let manager = house.sign_in(Who::Manager).await;
        let mut cases = Vec::new();
        for _ in 0..Step::Attach.points().len() {
            cases.push(Case::ready(&applicant).await);
        }
        let mut server = Server::start(installation);
        let cookies = [Who::Applicant, Who::Manager].map(|who| {
            server.come_with("");
            server.log_in(&who.login());
            server.cookie().to_owned()
        });
        server.kill();
        let scans = vec![String::new(); cases.len()];
        Self { house, installation, applicant, manager, cookies, cases, scans }
    }

    fn doomed(&self, step: Step, point: Point, pass: u32) -> Server {
        let mut server = Server::doomed(self.installation, point, pass);
        let reviews = matches!(step, Step::Review | Step::Receive);
        server.come_with(&self.cookies[usize::from(reviews)]);
        server
    }

    /// Dies at a point of a step on the case at `at`, looks at what is there, and does the step again.
    async fn round(&mut self, step: Step, point: Point, at: usize) {
        let case = self.cases[at].clone();
        let about = format!("{step:?} at {point} on case {}", case.number);
        match step {
            Step::Attach => self.attach(point, &case, &about).await,
            Step::Print => {
                let server = self.doomed(step, point, 1);
                assert!(server.dies_of_post(&case.path("/print"), ""), "{about}: it didn't die");
                assert_eq!(self.rows("prints", &case, "").await, i64::from(is_done(point)), "{about}");
                case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
                assert_eq!(self.rows("prints", &case, "").await, 1, "{about}");
            }
            Step::Scan => {
                let scan = case.signed_scan(self.house).await;
                let server = self.doomed(step, point, 1);
                assert!(server.dies_of_upload(&case.path("/scans"), "", &scan), "{about}: it didn't die");
                assert_eq!(self.rows("scans", &case, "").await, i64::from(is_done(point)), "{about}");
                let file = Chosen::pdf("x.pdf", &scan);
                let taken = self.applicant.upload(&case.path("/scans"), &[], file).await;
                taken.leads_to(&case.path("/scans/"));
                self.scans[at] = taken.location().rsplit('/').next().unwrap().to_owned();
                assert_eq!(self.rows("scans", &case, "").await, 1, "{about}");
            }
            Step::Submit => {
                let scan = self.scans[at].clone();
                let server = self.doomed(step, point, 1);
                let fields = format!("scan={scan}");
                assert!(server.dies_of_post(&case.path("/submit"), &fields), "{about}: it didn't die");
                self.happened("submit", &case, point, &about).await;
                case.post("/submit", &[("scan", &scan)]).await.leads_to(&case.path("/receipt"));
                assert_eq!(self.rows("flow", &case, "t.event = 'submit'").await, 1, "{about}");
            }
            Step::Review => {
                let version = case.dossier(self.house).await.case.version.to_string();
                let server = self.doomed(step, point, 1);
                let fields = format!("version={version}&target=seal%3Aprincipal&verdict=reviewed&remark=");
                assert!(
                    server.dies_of_post(&case.path("/review/verdicts"), &fields),
                    "{about}: it didn't die"
                );
                assert_eq!(self.rows("verdicts", &case, "").await, i64::from(is_done(point)), "{about}");
                let fields = [
                    ("version", &*version),
                    ("target", "seal:principal"),
                    ("verdict", "reviewed"),
                    ("remark", ""),
                ];
                self.manager.post(&case.path("/review/verdicts"), &fields).await.expect(303);
                assert_eq!(self.rows("verdicts", &case, "").await, 1, "{about}");
            }
            Step::Receive => {
                self.find_the_rest_good(&case).await;
                let version = case.dossier(self.house).await.case.version.to_string();
                let server = self.doomed(step, point, 1);
                let fields = format!("version={version}");
                assert!(server.dies_of_post(&case.path("/receive"), &fields), "{about}: it didn't die");
                self.happened("receive", &case, point, &about).await;
                self.manager.post(&case.path("/receive"), &[("version", &version)]).await.expect(303);
                assert_eq!(self.rows("flow", &case, "t.event = 'receive'").await, 1, "{about}");
            }
        }
        sound(self.house, &about).await;
    }

    /// One file is answered, and the process dies of the next.
    async fn attach(&self, point: Point, case: &Case, about: &str) {
        let path = case.path("/attachments");
        let [answered, fatal] =
            ["answered", "fatal"].map(|which| paper::letter(&format!("{which}: {about}")));
        let server = self.doomed(Step::Attach, point, 2);
        assert_eq!(server.attach(&path, "other", &answered).0, 303, "{about}");
        assert!(server.dies_of_upload(&path, "other", &fatal), "{about}: it didn't die");
        let of = |file: &[u8]| format!("t.digest = '{}'", Digest::of(file));
        assert_eq!(self.rows("attachments", case, &of(&answered)).await, 1, "{about}");
        assert_eq!(self.rows("attachments", case, &of(&fatal)).await, i64::from(is_done(point)), "{about}");
        // Some people give up: theirs stay orphans.
        if !matches!(point, Point::Named | Point::AttachWritten) {
            let file = Chosen::pdf("x.pdf", &fatal);
            self.applicant.upload(&path, &[("category", "other")], file).await.leads_to(&path);
            assert_eq!(self.rows("attachments", case, &of(&fatal)).await, 1, "{about}");
        }
    }

    /// Verdicts one by one, so that each counts as one change of the case.
    async fn find_the_rest_good(&self, case: &Case) {
        let dossier = case.dossier(self.house).await;
        let mut targets: Vec<Target> = dossier.form_items().into_iter().map(|item| item.target).collect();
        targets.extend(dossier.attachments.iter().map(|a| Target::Attachment(a.id.clone())));
        let mut version = dossier.case.version;
        for target in targets {
            let good = [Judged { target, verdict: Verdict::Reviewed, remark: String::new() }];
            let office = self.house.office();
            version = office.judge_papers(&Who::Manager.actor(), &case.number, version, &good).await.unwrap();
        }
    }

    async fn happened(&self, event: &str, case: &Case, point: Point, about: &str) {
        let events = self.rows("flow", case, &format!("t.event = '{event}'")).await;
        assert_eq!(events, i64::from(is_done(point)), "{about}");
    }

    /// How many rows of a table are of this case.
    async fn rows(&self, table: &str, case: &Case, and: &str) -> i64 {
        let and = if and.is_empty() { String::new() } else { format!(" AND {and}") };
        let number = &case.number;
        let sql = format!(
            "SELECT COUNT(*) FROM {table} t JOIN cases c ON c.id = t.case_id WHERE c.number = '{number}'{and}"
        );
        self.house.number(&sql).await
    }
}

/// State and flow agree, bindings are single, and every document is there, whole.
pub async fn sound(house: &House, about: &str) {
    for (what, sql) in [
        (
            "the state isn't what the last event made it",
            "SELECT c.number FROM cases c WHERE c.state <> (SELECT f.to_state FROM flow f WHERE f.case_id = c.id \
             ORDER BY f.seq DESC LIMIT 1)",
        ),
        (
            "the version doesn't count the changes",
            "SELECT c.number FROM cases c WHERE c.version <> (SELECT COUNT(*) FROM flow f WHERE f.case_id = c.id) \
             + (SELECT COUNT(*) FROM verdicts v WHERE v.case_id = c.id)",
        ),
        (
            "the flow has a gap",
            "SELECT c.number FROM cases c WHERE (SELECT MAX(f.seq) FROM flow f WHERE f.case_id = c.id) \
             <> (SELECT COUNT(*) FROM flow f WHERE f.case_id = c.id)",
        ),
        (
            "another number of scans is bound than one of a submitted case",
            "SELECT c.number FROM cases c WHERE (SELECT COUNT(*) FROM scans s WHERE s.case_id = c.id \
             AND s.bound_at IS NOT NULL) <> CASE WHEN c.bound_scan_id IS NULL THEN 0 ELSE 1 END",
        ),
    ] {
        assert_eq!(house.texts(sql).await, Vec::<String>::new(), "{about}: {what}");
    }
    for digest in documents(house).await {
        assert!(house.original(&digest).exists(), "{about}: a document isn't there");
        assert_eq!(Digest::of(&house.plain(&digest)), digest, "{about}: a document isn't what it was");
    }
}

async fn documents(house: &House) -> BTreeSet<Digest> {
    let digests = house.texts("SELECT digest FROM documents").await;
    digests.iter().map(|digest| digest.parse().unwrap()).collect()
}

/// The check of the program: its exit code, the kinds and digests of its findings, and what it removed.
fn verify(installation: &Installation, more: &[&str]) -> (i32, Vec<(String, String)>, BTreeSet<String>) {
    let config = installation.config().display().to_string();
    let answer = run(&[&["verify", "--json", "--config", &config][..], more].concat());
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let lines = answer.json();
    let found = lines.iter().map(|line| &line["finding"]).filter(|finding| finding.is_object());
    let found = found.map(|finding| (text(&finding["kind"]), text(&finding["digest"]))).collect();
    let removed = lines.iter().map(|line| text(&line["removed"])).filter(|digest| !digest.is_empty());
    (answer.code, found, removed.collect())
}

/// Makes every orphan look old: at most that is left of all the deaths, and the repair removes it.
pub async fn repair(house: &House, installation: &Installation) {
    let kept = documents(house).await;
    let lying: BTreeSet<Digest> = house.originals().iter().map(|name| name.parse().unwrap()).collect();
    let orphans: BTreeSet<String> = lying
        .difference(&kept)
        .map(|digest| {
            let file = File::open(house.original(digest)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(3600)).unwrap();
            digest.to_string()
        })
        .collect();
    assert!(!orphans.is_empty(), "some uploads were cut off for good");
    let (code, found, _) = verify(installation, &[]);
    let expected: Vec<_> = orphans.iter().map(|digest| ("orphan".to_owned(), digest.clone())).collect();
    assert_eq!((code, found), (2, expected));

    let before = house.record().await.rows;
    let (code, _, removed) = verify(installation, &["--repair"]);
    assert_eq!((code, removed), (0, orphans));
    let standing = "SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NULL";
    assert_eq!(house.number(standing).await, 0, "what was removed stands on no page");
    assert_eq!(house.record().await.rows, before);
    assert_eq!(verify(installation, &[]), (0, Vec::new(), BTreeSet::new()));
    let lying: BTreeSet<Digest> = house.originals().iter().map(|name| name.parse().unwrap()).collect();
    assert_eq!(lying, kept);
}

both! {
    async fn nothing_is_lost_wherever_it_dies(house) {
        let installation = installation(&house);
        for pass in 0..passes() {
            let mut walk = Walk::begin(&house, &installation).await;
            for step in Step::ALL {
                for (at, point) in step.points().into_iter().enumerate() {
                    // Cases go on to the next step in the same order; which point each meets changes with the pass.
                    let turned = if at < 3 { (at + pass) % 3 } else { at };
                    walk.round(step, point, turned).await;
                }
            }
            let mut server = Server::start(&installation);
            server.come_with(&walk.cookies[0]);
            for case in &walk.cases {
                assert_eq!(server.get(&case.path("")).0, 200);
            }
            assert!(server.stop().success());
        }
        repair(&house, &installation).await;
    }
}

#[test]
fn every_point_is_one_that_a_step_dies_at() {
    let mut reached: BTreeSet<Point> = Step::ALL.into_iter().flat_map(Step::points).collect();
    reached.extend(super::batches::POINTS);
    reached.extend(crate::disposal::points::POINTS);
    assert_eq!(reached, BTreeSet::from(Point::ALL));
}
