//! Reminders: after working days alone, to whom the case waits for, a few times for each standing, by one
//! process at a time.

use casebind::case::patience::Patience;
use casebind::case::state::State;
use casebind::case::working_days::Calendar;
use casebind::store::reminders;
use jiff::civil::date;

use crate::review::{find_everything_good, version};
use crate::support::house::MINUTE;
use crate::support::{Case, House, Who};

use super::told;

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The clock starts on Monday, 2026-11-23, at ten; the Thursday of that week is off.
fn patience() -> Patience {
    let calendar = Calendar { holidays: [date(2026, 11, 26)].into() };
    Patience { seal: 2, supplement: 2, review: 2, dispatch: 1, times: 2, calendar }
}

async fn remind(house: &House) -> Option<usize> {
    house.office().remind(&patience()).await.unwrap()
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
        let still = reminders::due(&mut db, State::Sealing, now, 2, None, 50).await.unwrap();
        let beyond = reminders::due(&mut db, State::Sealing, now, 2, still.last(), 50).await.unwrap();
        assert_eq!((still.len(), beyond.len()), (1, 0), "it goes on after the last");
        drop(db);
        let at = version(&house, &case).await;
        office.withdraw(&Who::Applicant.actor(), &case.number, at, "不需要了").await.unwrap();
        let mut tx = office.store.write().await.unwrap();
        assert!(!reminders::add(&mut tx, &still[0], now).await.unwrap());
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
}
