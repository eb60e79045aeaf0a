//! The process dies while a phone hands its photos in, while a stack is taken in, read and bound, and while many forms are
//! printed: what was answered is there, the same again goes on where it was, and each case gets its own once.

use std::collections::BTreeSet;
use std::time::Duration;

use casebind::clock::World;
use casebind::fault::Point;
use casebind::paper::packed::Plain;
use casebind::steps::traces::Origin;

use super::killed::installation;
use super::points::{repair, sound};
use crate::crash::Server;
use crate::support::command::Installation;
use crate::support::{Browser, Case, House, Who, paper};

const PHONE: [Point; 3] = [Point::ScanWritten, Point::PhoneWritten, Point::ScanCommitted];
const STACK: [Point; 5] =
    [Point::StackWritten, Point::StackCommitted, Point::StackRead, Point::StackBound, Point::StackSettled];
const BULK: [Point; 3] = [Point::BulkBegun, Point::BulkWritten, Point::BulkCommitted];

/// The points that no single step passes.
pub const POINTS: [Point; 9] = [
    Point::PhoneWritten,
    Point::StackWritten,
    Point::StackCommitted,
    Point::StackRead,
    Point::StackBound,
    Point::StackSettled,
    Point::BulkBegun,
    Point::BulkWritten,
    Point::BulkCommitted,
];

/// Whoever dies and comes again.
struct Desk<'a> {
    house: &'a House,
    installation: Installation,
    applicant: Browser,
    cookie: String,
}

impl<'a> Desk<'a> {
    async fn open(house: &'a House) -> Self {
        catch_up(house);
        let installation = installation(house);
        let mut server = Server::start(&installation);
        server.log_in(&Who::Applicant.login());
        let cookie = server.cookie().to_owned();
        server.kill();
        Self { house, installation, applicant: house.applicant().await, cookie }
    }

    fn doomed(&self, point: Point) -> Server {
        let mut server = Server::doomed(&self.installation, point, 1);
        server.come_with(&self.cookie);
        server
    }

    fn again(&self) -> Server {
        let mut server = Server::start(&self.installation);
        server.come_with(&self.cookie);
        server
    }

    async fn number(&self, of: &str, case: &Case) -> i64 {
        self.house
            .number(&of.replace("CASE", &format!("(SELECT id FROM cases WHERE number = '{}')", case.number)))
            .await
    }

    /// Waits until nothing is under way in a table.
    async fn until_done(&self, table: &str) {
        for _ in 0..6000 {
            let left =
                self.house.number(&format!("SELECT COUNT(*) FROM {table} WHERE state <> 'done'")).await;
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "{table}: not done within two minutes: {:?}",
            self.house.texts(&format!("SELECT state FROM {table}")).await
        );
    }
}

/// The servers go by the time of the day.
fn catch_up(house: &House) {
    house.wait(World::system().now() - house.office().world.now());
}

const SCANS: &str = "SELECT COUNT(*) FROM scans WHERE case_id = CASE";

both! {
    async fn photos_are_taken_in_once_wherever_it_dies(house) {
        let desk = Desk::open(&house).await;
        for point in PHONE {
            let about = point.to_string();
            let case = Case::printed(&desk.applicant).await;
            let photos: Vec<Vec<u8>> = paper::sheets(&case.form(&house).await, true).iter().map(png).collect();
            let parts: Vec<_> = photos.iter().map(|photo| ("photo", "image/png", photo.as_slice())).collect();
            let (office, origin) = (house.office(), Origin::default());
            catch_up(&house);
            let link = office.invite_phone(&Who::Applicant.actor(), &origin, &case.number).await.unwrap();
            let phone = office.open_phone(&origin, &link.secret).await.unwrap().unwrap();
            let cookie = format!("{}={}", house.app.phone_cookie_name(), phone.as_text());

            let mut server = Server::doomed(&desk.installation, point, 1);
            server.come_with(&cookie);
            assert_eq!(server.dies_after("/phone/photos", &parts), None, "{about}");
            // Scan, photos and the link's end are there together or not at all.
            let done = "SELECT COUNT(*) FROM phone_links WHERE case_id = CASE AND scan_id IS NOT NULL";
            let kept = "SELECT COUNT(*) FROM scan_photos p JOIN scans s ON s.id = p.scan_id WHERE s.case_id = CASE";
            let there = i64::from(point == Point::ScanCommitted);
            let all = i64::try_from(photos.len()).unwrap();
            let found = (desk.number(SCANS, &case).await, desk.number(done, &case).await, desk.number(kept, &case).await);
            assert_eq!(found, (there, there, there * all), "{about}");

            let mut server = desk.again();
            server.come_with(&cookie);
            let (status, page) = server.send_parts("/phone/photos", &parts);
            assert_eq!(status, 303, "{about}: {page}");
            server.kill();
            assert_eq!((desk.number(SCANS, &case).await, desk.number(done, &case).await), (1, 1), "{about}");
            assert_eq!(desk.number(kept, &case).await, all, "{about}");
            sound(&house, &about).await;
        }
    }

    async fn a_stack_is_bound_once_wherever_it_dies(house) {
        let desk = Desk::open(&house).await;
        for point in STACK {
            let about = point.to_string();
            let cases = [Case::printed(&desk.applicant).await, Case::printed(&desk.applicant).await];
            let mut sheets = Vec::new();
            for case in &cases {
                sheets.extend(paper::sheets(&case.form(&house).await, true));
            }
            let stack = paper::bind(&sheets);
            let parts = [("file", "application/pdf", stack.as_slice())];
            let before = house.number("SELECT COUNT(*) FROM stacks").await;
            let answered = desk.doomed(point).dies_after("/stacks", &parts);
            let there = house.number("SELECT COUNT(*) FROM stacks").await - before;
            assert!(answered.is_none() || (answered, there) == (Some(303), 1), "{about}: {answered:?}, {there}");
            assert_eq!(there, i64::from(point != Point::StackWritten), "{about}");
            let scans = desk.number(SCANS, &cases[0]).await + desk.number(SCANS, &cases[1]).await;
            let some = if matches!(point, Point::StackBound | Point::StackSettled) { 1..=2 } else { 0..=0 };
            assert!(some.contains(&scans), "{about}: {scans}");

            let server = desk.again();
            if there == 0 {
                assert_eq!(server.send_parts("/stacks", &parts).0, 303, "{about}");
            } else {
                // Whoever worked on it has given no sign of life for long.
                house.sql("UPDATE stacks SET beat_at = 0 WHERE state <> 'done'").await;
                let id = house.texts("SELECT id FROM stacks WHERE state <> 'done'").await.remove(0);
                let (status, page) = server.post(&format!("/stacks/{id}/resume"), "");
                assert_eq!(status, 303, "{about}: {page}");
            }
            desk.until_done("stacks").await;
            server.kill();
            for case in &cases {
                assert_eq!(desk.number(SCANS, case).await, 1, "{about}");
                let bound = "SELECT COUNT(*) FROM stack_cases WHERE case_id = CASE AND outcome = 'bound'";
                assert_eq!(desk.number(bound, case).await, 1, "{about}");
                assert_eq!(case.state().await, "核章", "{about}: 送件 is pressed by people");
            }
            sound(&house, &about).await;
        }
    }

    async fn many_are_printed_once_wherever_it_dies(house) {
        let desk = Desk::open(&house).await;
        for point in BULK {
            let about = point.to_string();
            let mut cases = Vec::new();
            for _ in 0..3 {
                cases.push(Case::ready(&desk.applicant).await);
            }
            let numbers: Vec<String> = cases.iter().map(|case| case.number.clone()).collect();
            let (actor, origin) = (Who::Applicant.actor(), Origin::default());
            let id = house.office().choose_bulk(&actor, &origin, &numbers).await.unwrap();
            let path = format!("/bulk/{id}/print");
            let answered = desk.doomed(point).dies_after_post(&path, "");
            assert!(matches!(answered, None | Some(303)), "{about}: {answered:?}");
            let prints = "SELECT COUNT(*) FROM prints WHERE case_id = CASE";
            for case in &cases {
                let expected = i64::from(point == Point::BulkCommitted);
                assert_eq!(desk.number(prints, case).await, expected, "{about}");
            }
            let begun = house.texts("SELECT state FROM bulk_prints").await;
            assert_eq!(begun, ["printing"], "{about}: what was answered is under way");

            let server = desk.again();
            house.sql("UPDATE bulk_prints SET beat_at = 0").await;
            assert_eq!(server.post(&path, "").0, 303, "{about}");
            desk.until_done("bulk_prints").await;
            server.kill();
            for case in &cases {
                assert_eq!(desk.number(prints, case).await, 1, "{about}");
                let events = "SELECT COUNT(*) FROM flow WHERE case_id = CASE AND event = 'print'";
                assert_eq!(desk.number(events, case).await, 1, "{about}");
            }
            assert_eq!(house.number("SELECT COUNT(*) FROM bulk_print_cases WHERE outcome = 'printed'").await, 3, "{about}");
            sound(&house, &about).await;
        }
        // What was set and never kept are orphans at most: none where it was set again to the same bytes.
        let kept: BTreeSet<String> = house.texts("SELECT digest FROM documents").await.into_iter().collect();
        let lying: BTreeSet<String> = house.originals().into_iter().collect();
        assert!(kept.is_subset(&lying), "{kept:?} {lying:?}");
        if lying.len() > kept.len() {
            repair(&house, &desk.installation).await;
        }
    }
}

fn png(sheet: &paper::Sheet) -> Vec<u8> {
    Plain::from(&sheet.0).png().unwrap()
}
