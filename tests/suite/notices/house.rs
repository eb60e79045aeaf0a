//! What waits for archivists and administrators: told once until they have looked, counted in the navigation, and
//! without a person's name.

use casebind::case::patience::Patience;
use casebind::case::role::Role;

use crate::disposal::{second_archivist, small};
use crate::fixity::{archive, overwrite, verify};
use crate::support::house::MINUTE;
use crate::support::{Browser, Who};

use super::mail::{PERSONAL, body, round, sent, submitted};
use super::{add, block, folder_room, only, told};

const DAY: i64 = 24 * 60 * MINUTE;

/// What the navigation counts behind this address; empty: nothing.
async fn counted(browser: &Browser, href: &str) -> Vec<String> {
    browser.get("/notices").await.expect(200).all(&format!("nav a[href='{href}'] .count"))
}

/// `label place` of each notice of somebody's page.
async fn listed(browser: &Browser) -> Vec<String> {
    let page = browser.get("/notices").await.expect(200);
    let places = page.attributes(".told a", "href");
    page.all(".told .badge").iter().zip(places).map(|(label, place)| format!("{label} {place}")).collect()
}

both! {
    async fn a_proposed_disposal_is_told_to_the_other_archivists(house) {
        let case = small(&house).await;
        let (archivist, second) = (house.sign_in(Who::Archivist).await, second_archivist(&house).await);
        house.sql("UPDATE people SET email = '' WHERE id <> 'otherprofessional'").await;
        told(&house).await;
        archivist.post("/retention/disposals", &[("number", &case.number)]).await.leads_to("/retention/disposals/");
        assert_eq!(house.texts("SELECT person_id || ' ' || topic FROM notices").await, ["otherprofessional disposal"]);
        assert_eq!(listed(&second).await, ["提請銷毀 /retention"]);
        assert_eq!(counted(&second, "/retention").await, ["1"]);
        assert!(counted(&archivist, "/retention").await.is_empty(), "nobody decides their own");
        // The mail has the number and the page, and nothing of the child or of who proposed it.
        house.wait(3 * MINUTE);
        assert_eq!(round(&house, &folder_room(&house)).await, sent(1));
        let file = std::fs::read_dir(house.data_dir().join("outbox")).unwrap().flatten().next().unwrap().path();
        let text = body(&std::fs::read_to_string(file).unwrap());
        assert!(text.contains(&format!("案件 {}　提請銷毀", case.number)), "{text}");
        assert!(text.contains("https://forms.example.org/retention\n"), "{text}");
        for word in PERSONAL.iter().chain(&["吳檔案"]) {
            assert!(!text.contains(word), "{word}");
        }
        // Looking at it reads it; who is no archivist any more isn't shown it.
        let id = house.texts("SELECT id FROM disposals").await.remove(0);
        second.get(&format!("/retention/disposals/{id}")).await.expect(200);
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE read_at IS NULL").await, 0);
        house.sql("DELETE FROM roles WHERE person_id = 'otherprofessional' AND role = 'archivist'").await;
        assert!(listed(&second).await.is_empty());
        assert!(counted(&second, "/retention").await.is_empty());
    }

    async fn a_disposal_that_waits_is_reminded_of_by_working_days(house) {
        let case = small(&house).await;
        let archivist = house.sign_in(Who::Archivist).await;
        second_archivist(&house).await;
        archivist.post("/retention/disposals", &[("number", &case.number)]).await.leads_to("/retention/disposals/");
        told(&house).await;
        let patience = Patience { disposal: 2, times: 1, ..Patience::default() };
        house.wait(DAY);
        assert_eq!(house.office().remind(&patience).await.unwrap(), Some(0), "one working day");
        house.wait(DAY);
        assert_eq!(house.office().remind(&patience).await.unwrap(), Some(1));
        assert_eq!(told(&house).await, ["otherprofessional reminder_disposal archivists"]);
        house.wait(7 * DAY);
        assert_eq!(house.office().remind(&patience).await.unwrap(), Some(0), "once was asked for");
    }

    async fn a_mail_that_was_given_up_is_told_once_until_somebody_looks(house) {
        let case = submitted(&house).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        block(&house, true);
        for _ in 0..14 {
            round(&house, &room).await;
            house.wait(4 * 60 * MINUTE);
        }
        let of_mails = "SELECT person_id FROM notices WHERE topic = 'mail_given_up'";
        assert_eq!(house.texts(of_mails).await, ["administrator"]);
        let admin = house.sign_in(Who::Administrator).await;
        assert_eq!(listed(&admin).await, ["放棄寄送的郵件 /admin/mail"]);
        assert!(!admin.get("/notices").await.expect(200).html().contains(&case.number), "administrators see no case");
        assert_eq!(counted(&admin, "/admin/mail").await, ["1"]);
        // A second one tells nobody anew before they have looked; a mail about mails begins no chain.
        house.sql("UPDATE people SET email = 'administrator@example.org' WHERE id = 'administrator'").await;
        house.sql("UPDATE notices SET gathered_at = NULL WHERE topic = 'mail_given_up'").await;
        for _ in 0..14 {
            house.wait(4 * 60 * MINUTE);
            round(&house, &room).await;
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM mails WHERE state = 'given_up'").await, 2);
        assert_eq!(house.texts(of_mails).await.len(), 1);
        house.sign_in(Who::Administrator).await.get("/admin/mail").await.expect(200);
        let unread = "SELECT COUNT(*) FROM notices WHERE topic = 'mail_given_up' AND read_at IS NULL";
        assert_eq!(house.number(unread).await, 0);
    }

    async fn accounts_that_are_due_are_told_to_administrators_while_some_are(house) {
        let (office, patience) = (house.office(), Patience::default());
        assert_eq!(office.remind(&patience).await.unwrap(), Some(0));
        assert!(told(&house).await.is_empty(), "nobody is due");
        // Monday, 2027-05-24.
        house.wait(182 * DAY);
        office.remind(&patience).await.unwrap();
        assert_eq!(house.texts("SELECT person_id || ' ' || topic FROM notices").await, ["administrator accounts_due"]);
        let admin = house.sign_in(Who::Administrator).await;
        assert_eq!(listed(&admin).await, ["帳號清查 /admin/review"]);
        assert_eq!(counted(&admin, "/admin/accounts").await, ["12"]);
        admin.get("/admin/review").await.expect(200);
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE read_at IS NULL").await, 0);
        house.wait(DAY);
        office.remind(&patience).await.unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM notices").await, 1, "not each day");
        house.wait(3 * DAY);
        office.remind(&patience).await.unwrap();
        assert_eq!(house.number("SELECT COUNT(*) FROM notices").await, 2, "they are due still");
    }

    async fn a_finding_is_told_to_archivists_and_administrators_once(house) {
        let digests = archive(&house).await;
        only(&house, &[]).await;
        add(&house, "both", &[Role::Archivist, Role::Administrator], None, true).await;
        told(&house).await;
        overwrite(&house.original(&digests[1]), b"");
        verify(&house, casebind::steps::fixity::check::Scope::ALL).await;
        let expected = [
            "administrator fixity administrators",
            "archivist fixity archivists",
            "both fixity archivists",
        ];
        let rows = "SELECT person_id || ' ' || topic || ' ' || audience FROM notices ORDER BY person_id";
        assert_eq!(house.texts(rows).await, expected);
        for (who, href) in [(Who::Archivist, "/fixity"), (Who::Administrator, "/fixity")] {
            let browser = house.sign_in(who).await;
            assert_eq!(listed(&browser).await, ["原件檢查 /fixity"]);
            assert_eq!(counted(&browser, href).await, ["1"]);
            browser.get("/fixity").await.expect(200);
            assert!(!browser.get("/notices").await.expect(200).has(".told--unread"));
        }
        assert!(listed(&house.sign_in(Who::Manager).await).await.iter().all(|one| !one.contains("/fixity")));
        // What stands already is no news.
        verify(&house, casebind::steps::fixity::check::Scope::ALL).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE topic = 'fixity'").await, 3);
    }
}
