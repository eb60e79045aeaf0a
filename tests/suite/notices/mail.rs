//! Mail, into the outbox folder: gathered, written without personal data, sent once, put off when it fails, and seen by the
//! administrator. Time is the clock's; nothing waits.

use std::collections::BTreeSet;

use casebind::mail::Failure;
use casebind::steps::outbox::Sent;
use casebind::store::mails;
use data_encoding::BASE64;

use crate::review::{in_service, version};
use crate::support::house::MINUTE;
use crate::support::{Case, House, Who, log};

use super::{block, folder_room, only};

const HOUR: i64 = 60 * MINUTE;

/// What was written into the outbox folder, sorted by name.
fn outbox(house: &House) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(house.data_dir().join("outbox")) else { return vec![] };
    let mut files: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// A header of a mail, its encoded words read.
pub(super) fn header(mail: &str, name: &str) -> String {
    let head = mail.split("\r\n\r\n").next().unwrap().split("\n\n").next().unwrap();
    let unfolded = head.replace('\r', "").replace("\n ", " ");
    let line = unfolded.lines().find(|line| line.starts_with(&format!("{name}: ")));
    let value = line.unwrap_or_else(|| panic!("no {name} in {head}"))[name.len() + 2..].to_owned();
    let words = value.split(' ').map(|word| {
        let inner = word.strip_prefix("=?utf-8?B?").and_then(|rest| rest.strip_suffix("?="));
        inner.map_or(word.to_owned(), decoded)
    });
    words.collect()
}

/// The text of a mail.
pub(super) fn body(mail: &str) -> String {
    let mail = mail.replace('\r', "");
    let (_, body) = mail.split_once("\n\n").unwrap();
    assert_eq!(header(&mail, "Content-Transfer-Encoding"), "base64");
    decoded(&body.replace('\n', "")).replace("\r\n", "\n")
}

fn decoded(text: &str) -> String {
    String::from_utf8(BASE64.decode(text.as_bytes()).unwrap()).unwrap()
}

/// One round of the mail job.
pub(super) async fn round(house: &House, room: &casebind::steps::outbox::MailRoom) -> Sent {
    house.office().gather_mails(room).await.unwrap();
    house.office().send_mails(room).await.unwrap()
}

pub(super) const fn sent(sent: usize) -> Sent {
    Sent { sent, failed: 0, dropped: 0 }
}

pub(super) const FAILED: Sent = Sent { sent: 0, failed: 1, dropped: 0 };
pub(super) const NOTHING: Sent = sent(0);

/// A case that is submitted, and nobody but the manager has an address.
pub(super) async fn submitted(house: &House) -> Case {
    only(house, &[Who::Manager]).await;
    Case::submitted(house, &house.applicant().await).await
}

/// Everything about the sample case that no mail and no log line may hold.
pub(super) const PERSONAL: [&str; 9] =
    ["王小明", "A123456789", "07-1234567", "0912345678", "王家長", "王輔導", "三民區", "情緒低落", "陳個管"];

both! {
    async fn without_a_mail_server_mails_are_written_into_the_outbox_folder(house) {
        let case = submitted(&house).await;
        let room = folder_room(&house);
        assert_eq!(round(&house, &room).await, NOTHING, "others may still go along");
        house.wait(2 * MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        assert_eq!(round(&house, &room).await, NOTHING);
        let mails = outbox(&house);
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        let id = house.texts("SELECT id FROM mails").await.remove(0);
        assert_eq!(header(mail, "Message-ID"), format!("<{id}@example.org>"));
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "To"), "manager@example.org");
        assert_eq!(header(mail, "From"), "通知<notices@example.org>");
        assert!(header(mail, "Date").starts_with("Mon,23Nov202602:02:"), "{}", header(mail, "Date"));
        assert_eq!(header(mail, "Content-Type"), "text/plain;charset=utf-8");
        assert_eq!(header(mail, "Subject"), format!("【示範學生輔導諮商中心】案件{}：送件", case.number).replace("案件", "案件 "));
        let text = body(mail);
        assert!(text.contains(&format!("案件 {}　送件（2026/11/23 10:00）\n申請已送件，等待審核。\n", case.number)), "{text}");
        assert!(text.contains(&format!("https://forms.example.org/cases/{}\n", case.number)));
        for word in PERSONAL {
            assert!(!text.contains(word) && !header(mail, "Subject").contains(word), "{word}");
        }
    }

    async fn several_notices_within_a_short_time_are_one_mail(house) {
        let case = submitted(&house).await;
        let room = folder_room(&house);
        house.wait(MINUTE);
        let other = Case::submitted(&house, &house.applicant().await).await;
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        let mail = outbox(&house).remove(0);
        assert!(header(&mail, "Subject").contains("2 則案件通知"), "{}", header(&mail, "Subject"));
        assert!(body(&mail).contains(&case.path("")) && body(&mail).contains(&other.path("")));
        assert_eq!(house.number("SELECT COUNT(*) FROM mails").await, 1);
    }

    async fn whoever_has_no_address_is_told_in_the_application_alone(house) {
        only(&house, &[]).await;
        Case::submitted(&house, &house.applicant().await).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        assert_eq!(round(&house, &room).await, NOTHING);
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE gathered_at IS NOT NULL AND mail_id IS NULL").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM mails").await, 0);
        // An address that comes later gets what comes later.
        house.sql("UPDATE people SET email = 'manager@example.org' WHERE id = 'manager'").await;
        house.wait(HOUR);
        assert_eq!(round(&house, &room).await, NOTHING);
    }

    async fn a_mail_says_only_what_its_reader_may_still_know(house) {
        only(&house, &[Who::Professional]).await;
        let case = in_service(&house).await;
        let room = folder_room(&house);
        house.wait(2 * MINUTE);
        assert_eq!(house.office().gather_mails(&room).await.unwrap(), 1);
        let at = version(&house, &case).await;
        let other = [Who::OtherProfessional.login()];
        house.office().reassign(&Who::Supervisor.actor(), &case.number, at, &other, "請假").await.unwrap();
        let dropped = Sent { sent: 0, failed: 0, dropped: 1 };
        assert_eq!(house.office().send_mails(&room).await.unwrap(), dropped, "the case isn't theirs any more");
        house.wait(2 * MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        let text = body(&outbox(&house)[0]);
        assert!(text.contains("改派") && !text.contains("/cases/"), "{text}");
        // Nor is anybody written to whose account was closed.
        house.sql("UPDATE people SET email = 'w@example.org' WHERE id = 'otherprofessional'").await;
        house.sql("UPDATE notices SET gathered_at = NULL, mail_id = NULL WHERE person_id = 'otherprofessional'").await;
        assert_eq!(house.office().gather_mails(&room).await.unwrap(), 1);
        house.sql("UPDATE people SET status = 'disabled' WHERE id = 'otherprofessional'").await;
        assert_eq!(house.office().send_mails(&room).await.unwrap(), dropped);
    }

    async fn a_failed_mail_is_put_off_and_delivered_when_the_way_is_free(house) {
        submitted(&house).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        block(&house, true);
        assert_eq!(round(&house, &room).await, FAILED);
        assert_eq!(house.texts("SELECT failure FROM mails").await, [Failure::Folder.as_str()]);
        assert_eq!(round(&house, &room).await, NOTHING, "not before a minute is over");
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, FAILED);
        house.wait(MINUTE);
        block(&house, false);
        assert_eq!(round(&house, &room).await, NOTHING, "nor now before two are");
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        assert!(body(&outbox(&house)[0]).contains("/cases/"));
        assert_eq!(house.texts("SELECT state || failure FROM mails").await, ["sent"]);
        assert_eq!(log::lines(&["@example.org"]), Vec::<String>::new(), "no address in the log");
        for word in PERSONAL {
            assert_eq!(log::lines(&[word]), Vec::<String>::new());
        }
    }

    async fn after_a_day_a_mail_is_given_up_until_the_administrator_tries_again(house) {
        submitted(&house).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        block(&house, true);
        let mut attempts = 0;
        for _ in 0..25 * 60 {
            attempts += round(&house, &room).await.failed;
            house.wait(MINUTE);
        }
        assert_eq!(attempts, 13);
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/mail").await.expect(200);
        assert_eq!(page.all(".counts dd"), ["0", "0", "1", "0"]);
        assert_eq!(page.all(".told .badge"), ["已放棄"]);
        assert!(page.one(".told__words").contains("寄件匣資料夾無法寫入"), "{}", page.one(".told__words"));
        assert!(page.one(".told__case").contains("陳個管（manager）"));
        let number = house.texts("SELECT number FROM cases").await.remove(0);
        assert!(!page.html().contains(&number), "nothing of the case");

        block(&house, false);
        admin.press(&page, "再試一次", &[]).await.leads_to("/admin/mail?said=mail-retried");
        assert_eq!(round(&house, &room).await, sent(1));
        let page = admin.get("/admin/mail").await.expect(200);
        assert_eq!(page.all(".counts dd"), ["0", "0", "0", "1"]);
        assert!(page.has(".empty"));
        let traced = house.texts("SELECT action FROM traces WHERE person_id = 'administrator' ORDER BY at, id").await;
        assert_eq!(traced, ["view-mails", "retry-mail", "view-mails"]);
        let shown = house.words("traces", "detail", "WHERE action = 'view-mails' ORDER BY at, id").await;
        assert_eq!(shown, [house.texts("SELECT id FROM mails").await.remove(0), String::new()], "which mails");
    }

    async fn what_is_put_off_can_be_tried_at_once_but_not_what_is_being_sent(house) {
        submitted(&house).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        block(&house, true);
        assert_eq!(round(&house, &room).await, FAILED);
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/mail").await.expect(200);
        assert_eq!(page.all(".told .badge"), ["稍後再試"]);
        assert!(page.one(".told__words").contains("寄件匣資料夾無法寫入，2026/11/23 10:03 再試"), "{}", page.one(".told__words"));
        admin.press(&page, "失敗的 1 封全部再試一次", &[]).await.leads_to("/admin/mail");
        let id = house.texts("SELECT id FROM mails").await.remove(0);
        let now = house.office().world.now();
        let mut tx = house.office().store.write().await.unwrap();
        assert!(mails::claim(&mut tx, &id, "another process", now, now + 5 * MINUTE).await.unwrap().is_some());
        tx.commit().await.unwrap();
        assert_eq!(admin.get("/admin/mail").await.expect(200).all(".told .badge"), ["寄送中"]);
        admin.post(&format!("/admin/mail/{id}/retry"), &[]).await.leads_to("/admin/mail");
        assert_eq!(round(&house, &room).await, NOTHING, "it is claimed");
    }

    async fn only_administrators_see_the_outbox(house) {
        house.stranger().get("/admin/mail").await.leads_to("/login");
        for who in Who::ALL {
            if matches!(who, Who::Administrator | Who::Disabled) {
                continue;
            }
            let browser = house.sign_in(who).await;
            browser.get("/admin/mail").await.expect(404);
            browser.post("/admin/mail/retry", &[]).await.expect(404);
            browser.post("/admin/mail/x/retry", &[]).await.expect(404);
            assert!(!browser.get("/notices").await.expect(200).html().contains("/admin/mail"), "{who:?}");
        }
        house.sign_in(Who::Administrator).await.get("/admin/mail").await.expect(200);
    }

    async fn two_processes_send_every_mail_once(house) {
        let case = submitted(&house).await;
        let people: Vec<String> = (0..40).map(|n| format!("p{n:02}")).collect();
        for person in &people {
            super::add(&house, person, &[casebind::case::role::Role::CaseManager], None, true).await;
        }
        house.office().send_back(&Who::Manager.actor(), &case.number, version(&house, &case).await, "重蓋").await.unwrap();
        for person in &people {
            house.sql(&format!("INSERT INTO notices (id, person_id, case_id, topic, audience, at) SELECT '{person}', '{person}', id, 'submit', 'managers', opened_at FROM cases")).await;
        }
        house.wait(2 * MINUTE);
        let processes: Vec<_> = (0..2)
            .map(|_| {
                let (office, room) = (house.office().clone(), folder_room(&house));
                tokio::spawn(async move {
                    office.gather_mails(&room).await.unwrap();
                    office.send_mails(&room).await.unwrap().sent
                })
            })
            .collect();
        let mut sent = 0;
        for process in processes {
            sent += process.await.unwrap();
        }
        // What one gathered after the other had looked is due in the next round.
        sent += round(&house, &folder_room(&house)).await.sent;
        let written = outbox(&house);
        let to: BTreeSet<String> = written.iter().map(|mail| header(mail, "To")).collect();
        assert_eq!((sent, written.len(), to.len()), (41, 41, 41));
        assert_eq!(house.number("SELECT COUNT(*) FROM mails WHERE state = 'sent'").await, 41);
        assert_eq!(house.number("SELECT COUNT(*) FROM notices WHERE mail_id IS NULL AND person_id <> 'applicant'").await, 0);
    }

    async fn a_mail_whose_sender_died_is_sent_by_the_next(house) {
        submitted(&house).await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        house.office().gather_mails(&room).await.unwrap();
        let (office, now) = (house.office(), house.office().world.now());
        let id = house.texts("SELECT id FROM mails").await.remove(0);
        let mut tx = office.store.write().await.unwrap();
        mails::claim(&mut tx, &id, "dead", now, now + 5 * MINUTE).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.send_mails(&room).await.unwrap(), NOTHING);
        house.wait(5 * MINUTE);
        assert_eq!(office.send_mails(&room).await.unwrap(), sent(1));
        let mut tx = office.store.write().await.unwrap();
        let late = mails::end(&mut tx, &id, "dead", mails::Stage::GivenUp, "timeout", now).await.unwrap();
        assert!(!late, "who lost the claim settles nothing");
        tx.commit().await.unwrap();
        assert_eq!(outbox(&house).len(), 1);
    }

    async fn a_letter_that_cannot_be_written_holds_up_no_other(house) {
        let case = submitted(&house).await;
        super::add(&house, "second-manager", &[casebind::case::role::Role::CaseManager], None, true).await;
        for person in ["manager", "second-manager"] {
            house.sql(&format!("INSERT INTO notices (id, person_id, case_id, topic, audience, at) SELECT 'n-{person}', '{person}', id, 'submit', 'managers', opened_at FROM cases WHERE number = '{}'", case.number)).await;
        }
        house.sql("UPDATE notices SET topic = 'not_yet' WHERE person_id = 'manager'").await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        assert_eq!(round(&house, &room).await, Sent { sent: 1, failed: 1, dropped: 0 });
        let page = house.sign_in(Who::Administrator).await.get("/admin/mail").await.expect(200);
        assert!(page.one(".told__words").contains("郵件的內容無法讀取"));
        // It is given up one day, as every other.
        for _ in 0..14 {
            house.wait(4 * HOUR);
            round(&house, &room).await;
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM mails WHERE state = 'given_up' AND failure = 'letter'").await, 1);
    }

    async fn an_address_that_is_none_is_told_to_the_administrator(house) {
        submitted(&house).await;
        house.sql("UPDATE people SET email = 'not an address' WHERE id = 'manager'").await;
        house.wait(2 * MINUTE);
        let room = folder_room(&house);
        assert_eq!(round(&house, &room).await, FAILED);
        let page = house.sign_in(Who::Administrator).await.get("/admin/mail").await.expect(200);
        assert!(page.one(".told__words").contains("帳號的信箱格式不正確"));
        house.sql("UPDATE people SET email = 'manager@example.org' WHERE id = 'manager'").await;
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
    }
}
