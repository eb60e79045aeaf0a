//! Reminders: after working days alone, to whom it waits for, a few times for each wait, by one
//! process at a time.

use casebind::case::holder::{CaseManager, Holder as _};
use casebind::case::not_activated::NotActivated;
use casebind::case::patience::Patience;
use casebind::case::request::ClosingReason;
use casebind::case::role::Role;
use casebind::case::wait::Wait;
use casebind::case::working_days::Calendar;
use casebind::steps::office::Origin;
use casebind::steps::register::Decider;
use casebind::store::reminders;
use jiff::civil::date;

use crate::review::{correct_to_seal, find_everything_good, in_service, received, version};
use crate::support::house::MINUTE;
use crate::support::{Case, House, Who};

use super::mail::{body, header};
use super::{add, folder_room, only, registered, told};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The clock starts on Monday, 2026-11-23, at ten; the Thursday of that week is off.
fn patience() -> Patience {
    let calendar = Calendar { holidays: [date(2026, 11, 26)].into() };
    Patience {
        seal: 2,
        supplement: 2,
        review: 2,
        dispatch: 1,
        close: 2,
        account: 2,
        record: 0,
        disposal: 2,
        times: 2,
        calendar,
    }
}

async fn remind(house: &House) -> Option<usize> {
    house.office().remind(&patience()).await.unwrap()
}

/// The case manager as such.
fn manager_holder() -> CaseManager {
    CaseManager::of(&Who::Manager.actor()).expect("a case manager")
}

both! {
    async fn many_are_reminded_of_in_one_go_and_none_twice(house) {
        let case = Case::printed(&house.applicant().await).await;
        case.copied(&house, 130).await;
        // Friday, Tuesday, and the Monday after.
        house.wait(4 * DAY);
        assert_eq!(remind(&house).await, Some(131));
        assert_eq!(house.number("SELECT COUNT(*) FROM reminders").await, 131);
        house.wait(4 * DAY);
        assert_eq!(remind(&house).await, Some(131));
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE topic = 'reminder_sealing'").await, 262);
        house.wait(6 * DAY);
        assert_eq!(remind(&house).await, Some(0), "twice is enough");
    }

    async fn a_case_that_moved_on_meanwhile_is_not_reminded_of(house) {
        let case = Case::printed(&house.applicant().await).await;
        house.wait(5 * DAY);
        let (office, now) = (house.office(), house.office().world.now());
        let mut db = office.store.read().await.unwrap();
        let still = reminders::due(&mut db, Wait::Seal, now, 2, None, 50).await.unwrap();
        let beyond = reminders::due(&mut db, Wait::Seal, now, 2, still.last(), 50).await.unwrap();
        assert_eq!((still.len(), beyond.len()), (1, 0), "it goes on after the last");
        drop(db);
        let at = version(&house, &case).await;
        office.withdraw(&Who::Applicant.actor(), &case.number, at, "不需要了").await.unwrap();
        let mut tx = office.store.write().await.unwrap();
        assert!(!reminders::add(&mut tx, Wait::Seal, &still[0], now).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM reminders").await, 0);
    }

    async fn who_reviews_is_reminded_after_working_days_and_not_for_ever(house) {
        Case::submitted(&house, &house.applicant().await).await;
        told(&house).await;
        assert_eq!(remind(&house).await, Some(0), "it was handed in today");
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(0), "Tuesday: one working day");
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1), "Wednesday: two");
        assert_eq!(told(&house).await, ["manager reminder_submitted managers"]);
        house.wait(DAY);
        assert_eq!(remind(&house).await, None, "Thursday is off");
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(0), "Friday: one since the last time");
        house.wait(2 * DAY);
        assert_eq!(remind(&house).await, None, "Sunday");
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1), "Monday: two");
        assert_eq!(told(&house).await, ["manager reminder_submitted managers"]);
        for _ in 0..14 {
            house.wait(DAY);
            assert_ne!(remind(&house).await, Some(1), "twice is enough");
        }
    }

    async fn each_standing_reminds_whom_it_waits_for(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let (office, manager) = (house.office(), Who::Manager.actor());
        house.wait(2 * DAY);
        assert_eq!(remind(&house).await, Some(1));
        office.send_back(&manager, &case.number, version(&house, &case).await, "印文不清").await.unwrap();
        told(&house).await;
        house.wait(6 * DAY);
        assert_eq!(remind(&house).await, Some(1), "a new standing counts from its own beginning");
        assert_eq!(told(&house).await, ["applicant reminder_sealing applicant"]);

        let browser = house.applicant().await;
        let other = Case::submitted(&house, &browser).await;
        find_everything_good(&house, &other).await;
        office.receive(&manager, &other.number, version(&house, &other).await).await.unwrap();
        told(&house).await;
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1));
        assert_eq!(told(&house).await, ["supervisor reminder_received supervisors"]);
        let items = [(casebind::case::supplement::Place::Content, "phone".to_owned())];
        office.ask_supplement(&manager, &other.number, version(&house, &other).await, "請補充", &items).await.unwrap();
        told(&house).await;
        house.wait(2 * DAY);
        assert_eq!(remind(&house).await, Some(2), "the other case for the second time");
        assert_eq!(told(&house).await, ["applicant reminder_sealing applicant", "applicant reminder_supplement applicant"]);
    }

    async fn one_process_reminds_once_an_hour_while_people_work(house) {
        Case::submitted(&house, &house.applicant().await).await;
        house.wait(2 * DAY);
        let offices = [house.office().clone(), house.office().clone()];
        let turns = offices.map(|office| tokio::spawn(async move { office.remind(&patience()).await.unwrap() }));
        let mut came = Vec::new();
        for turn in turns {
            came.push(turn.await.unwrap());
        }
        came.sort();
        assert_eq!(came, [None, Some(1)]);
        house.wait(59 * MINUTE);
        assert_eq!(remind(&house).await, None);
        house.wait(MINUTE);
        assert_eq!(remind(&house).await, Some(0));
        house.wait(8 * HOUR);
        assert_eq!(remind(&house).await, None, "at seven in the evening");
        assert_eq!(house.number("SELECT COUNT(*) FROM reminders").await, 1);
    }

    async fn a_reminder_that_is_switched_off_is_never_sent(house) {
        Case::submitted(&house, &house.applicant().await).await;
        house.wait(7 * DAY);
        let never = Patience { review: 0, ..patience() };
        assert_eq!(house.office().remind(&never).await.unwrap(), Some(0));
    }

    async fn proposals_to_close_that_wait_are_reminded_of(house) {
        add(&house, "second-supervisor", &[Role::Supervisor], Some("zone-1"), true).await;
        add(&house, "far-supervisor", &[Role::Supervisor], Some("zone-2"), true).await;
        let case = in_service(&house).await;
        let (office, supervisor, serving) = (house.office(), Who::Supervisor.actor(), Who::Professional.actor());
        let propose = async || {
            let at = version(&house, &case).await;
            let reason = Some(ClosingReason::Improved);
            office.propose_closing(&serving, &case.number, at, reason, "", "情緒穩定").await.unwrap();
        };
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0), "nobody is reminded of a case that is served");
        propose().await;
        told(&house).await;
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(0), "one working day");
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1));
        assert_eq!(told(&house).await, [
            "second-supervisor reminder_closing supervisors",
            "supervisor reminder_closing supervisors",
        ]);
        house.wait(HOUR);
        assert_eq!(remind(&house).await, Some(0), "once in so many days");
        // Sent back and proposed again, it waits anew; who proposed it isn't reminded.
        office.send_closing_back(&supervisor, &case.number, version(&house, &case).await, "請補上紀錄").await.unwrap();
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0), "nothing waits for a decision");
        propose().await;
        house.sql("UPDATE closings SET proposed_by = 'second-supervisor' WHERE outcome = 'open'").await;
        told(&house).await;
        house.wait(5 * DAY);
        assert_eq!(remind(&house).await, Some(1));
        assert_eq!(told(&house).await, ["supervisor reminder_closing supervisors"]);
        office.close_case(&supervisor, &case.number, version(&house, &case).await).await.unwrap();
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0), "it is closed");
    }

    async fn what_must_be_signed_again_waits_for_those_who_can_ask_for_it(house) {
        let case = received(&house).await;
        correct_to_seal(&house, &case).await;
        told(&house).await;
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1));
        assert_eq!(told(&house).await, ["manager seal_anew managers"], "no supervisor could dispatch it");
        let other = received(&house).await;
        told(&house).await;
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(2));
        let told = told(&house).await;
        assert_eq!(told, ["manager seal_anew managers", "supervisor reminder_received supervisors"], "{}", other.number);
    }

    async fn the_other_case_managers_hear_at_once_that_a_form_must_be_signed_again(house) {
        add(&house, "second-manager", &[Role::CaseManager], None, true).await;
        let case = received(&house).await;
        for (days, reminded) in [(1, 1), (1, 1), (2, 0)] {
            house.wait(days * DAY);
            assert_eq!(remind(&house).await, Some(reminded), "as often as the supervisors are reminded");
        }
        told(&house).await;
        correct_to_seal(&house, &case).await;
        let heard = ["applicant correct applicant", "second-manager seal_anew managers"];
        assert_eq!(told(&house).await, heard, "who corrected it knows");
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0), "no reminder would have come");
        // Before 收件 the case is in their queue anyway.
        let waiting = Case::submitted(&house, &house.applicant().await).await;
        told(&house).await;
        correct_to_seal(&house, &waiting).await;
        assert_eq!(told(&house).await, heard[..1]);
    }

    async fn a_gap_in_the_records_is_reminded_of_once(house) {
        let case = in_service(&house).await;
        told(&house).await;
        let patience = Patience { record: 3, ..patience() };
        let remind = async || house.office().remind(&patience).await.unwrap();
        house.wait(2 * DAY);
        assert_eq!(remind().await, Some(0), "Wednesday: two working days");
        house.wait(2 * DAY);
        assert_eq!(remind().await, Some(1), "Friday: three, and nothing was written down");
        assert_eq!(told(&house).await, ["professional reminder_record serving"]);
        house.wait(10 * DAY);
        assert_eq!(remind().await, Some(0), "once for each gap");
        // Monday, 2026-12-07: a session, and with it the next gap begins.
        let professional = house.sign_in(Who::Professional).await;
        let form = professional.get(&case.path("/records/new")).await.expect(200);
        let record = [
            ("held_on", "2026/12/07"),
            ("kind", "individual"),
            ("minutes", "50"),
            ("participants", "王小明"),
            ("summary", "初談"),
        ];
        professional.press(&form, "新增紀錄", &record).await.leads_to(&case.path("?tab=records"));
        house.wait(2 * DAY);
        assert_eq!(remind().await, Some(0), "Wednesday");
        let professional = house.sign_in(Who::Professional).await;
        assert!(!professional.get("/served").await.expect(200).has(".duty__long"), "the page goes by its own days");
        house.wait(DAY);
        assert_eq!(remind().await, Some(1), "Thursday: three");
        house.wait(5 * DAY);
        assert_eq!(remind().await, Some(0));
        assert_eq!(told(&house).await, ["professional reminder_record serving"]);
        // It marks a gap after three weeks of work, unless the installation says otherwise.
        house.wait(14 * DAY);
        let professional = house.sign_in(Who::Professional).await;
        assert!(professional.get("/served").await.expect(200).has(".duty__long"));
    }

    async fn accounts_that_wait_are_reminded_of_until_somebody_decides(house) {
        add(&house, "gone-manager", &[Role::CaseManager], None, false).await;
        let id = registered(&house, "director@kindergarten.example.org").await;
        assert_eq!(told(&house).await, ["manager account managers"]);
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(0));
        house.wait(DAY);
        assert_eq!(remind(&house).await, Some(1));
        assert_eq!(told(&house).await, ["manager reminder_account managers"]);
        house.wait(HOUR);
        assert_eq!(remind(&house).await, Some(0));
        // Thursday is off; Tuesday is the third working day since.
        house.wait(6 * DAY);
        assert_eq!(remind(&house).await, Some(1));
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0), "twice is enough");
        told(&house).await;
        let other = registered(&house, "other@kindergarten.example.org").await;
        house.office().activate_account(Decider::Manager(&manager_holder(), &Origin::default()), &other).await.unwrap();
        house.office().refuse_account(Decider::Manager(&manager_holder(), &Origin::default()), &id, NotActivated::SignOn, "").await.unwrap();
        house.wait(7 * DAY);
        assert_eq!(remind(&house).await, Some(0));
    }

    async fn an_account_that_waits_is_told_like_a_case_without_a_name(house) {
        only(&house, &[Who::Manager]).await;
        let id = registered(&house, "director@kindergarten.example.org").await;
        let manager = house.sign_in(Who::Manager).await;
        let page = manager.get("/notices").await.expect(200);
        assert_eq!(page.all(".told .badge"), ["註冊帳號"]);
        assert_eq!(page.attributes(".told a", "href"), ["/accounts/waiting"]);
        assert_eq!(page.all(".told--unread").len(), 1);
        assert!(!page.html().contains("許園長") && !page.html().contains("director@"));
        // The mail says as little.
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        house.office().gather_mails(&room).await.unwrap();
        let mails = house.texts("SELECT id FROM mails WHERE kind = 'notices'").await;
        assert_eq!(mails.len(), 1);
        house.sql("DELETE FROM mails WHERE kind <> 'notices'").await;
        assert_eq!(house.office().send_mails(&room).await.unwrap().sent, 1);
        let folder = house.data_dir().join("outbox");
        let file = std::fs::read_dir(folder).unwrap().flatten().next().unwrap().path();
        let mail = std::fs::read_to_string(file).unwrap();
        let text = body(&mail);
        assert_eq!(header(&mail, "Subject"), "【示範學生輔導諮商中心】註冊帳號");
        assert!(text.contains("https://forms.example.org/accounts/waiting\n"), "{text}");
        assert!(!text.contains("許園長") && !text.contains("director@") && !text.contains("幼兒園"), "{text}");
        // Looking reads it; for everybody else there is nothing; once somebody has decided it is gone.
        manager.get("/accounts/waiting").await.expect(200);
        assert!(!manager.get("/notices").await.expect(200).has(".told--unread"));
        assert!(house.sign_in(Who::Supervisor).await.get("/notices").await.expect(200).has(".empty"));
        house.office().activate_account(Decider::Manager(&manager_holder(), &Origin::default()), &id).await.unwrap();
        assert!(manager.get("/notices").await.expect(200).has(".empty"));
    }
}
