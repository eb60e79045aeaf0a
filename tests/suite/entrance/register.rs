//! 註冊帳號: nobody learns who has an account; a case manager lets people in.

use casebind::case::not_activated::NotActivated;
use casebind::steps::StepError;
use casebind::steps::register::Decider;

use crate::support::people::{KINDERGARTEN, SCHOOL};
use crate::support::{House, Page, Who};

use super::{asked, fill, only_mail, post};

const ADDRESS: &str = "director@kindergarten.example.org";
const PASSWORD: &str = "green apples on a blue table";

fn typed<'a>(house: &'a House, email: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("email", email),
        ("name", "許園長"),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("school", KINDERGARTEN),
        ("notice", &house.office().notice.digest),
    ]
}

/// Registers at the kindergarten with this address.
pub async fn register(house: &House, email: &str) -> Page {
    let browser = house.stranger();
    let page = browser.get("/register").await.expect(200);
    fill(house, &browser, &page, "註冊", &typed(house, email)).await
}

/// A registration whose address is confirmed.
async fn confirmed(house: &House, email: &str) {
    register(house, email).await.leads_to("/register/sent");
    let browser = house.stranger();
    let page = browser.get(&only_mail(house).await.link()).await.expect(200);
    browser.press(&page, "確認信箱", &[("password", PASSWORD)]).await.expect(200);
}

both! {
    async fn a_kindergarten_registers_confirms_waits_and_comes_in(house) {
        let answer = register(&house, " Director@Kindergarten.example.org ").await;
        answer.leads_to("/register/sent");
        let said = house.stranger().get("/register/sent").await.expect(200);
        assert_eq!(said.one("h1"), "請到信箱收信");
        let mail = only_mail(&house).await;
        assert_eq!(mail.to, ADDRESS);
        assert!(!mail.text.contains("許園長") && !mail.text.contains("幼兒園"), "{}", mail.text);
        let link = mail.link();
        let secret = link.strip_prefix("/register/").unwrap().to_owned();
        let hashes = house.texts("SELECT secret_hash FROM one_time_links").await;
        assert_eq!(hashes, [casebind::case::ids::Digest::of(secret.as_bytes()).to_string()]);
        // The password can't be used before, and the case managers see nobody yet.
        let browser = house.stranger();
        browser.log_in(ADDRESS, PASSWORD).await.expect(422);
        let manager = house.sign_in(Who::Manager).await;
        assert!(manager.get("/accounts/waiting").await.expect(200).has(".empty"));

        // Looking uses the link up as little as a wrong password does.
        browser.get(&link).await.expect(200);
        let page = browser.get(&link).await.expect(200);
        let wrong = browser.press(&page, "確認信箱", &[("password", "chosen by somebody else")]).await.expect(422);
        assert!(wrong.error_of("password").contains("不是註冊時設定的密碼"));
        let done = browser.press(&page, "確認信箱", &[("password", PASSWORD)]).await.expect(200);
        assert_eq!(done.one("h1"), "信箱已確認");
        browser.get(&link).await.expect(404);
        browser.press(&page, "確認信箱", &[("password", PASSWORD)]).await.expect(404);
        browser.log_in(ADDRESS, PASSWORD).await.expect(422);

        let list = manager.get("/accounts/waiting").await.expect(200);
        assert_eq!(list.one(".top__nav a[href='/accounts/waiting'] .count"), "1");
        let row = list.one(".newcomer");
        for part in ["許園長", "新興區 測試幼兒園", "幼兒園", ADDRESS, "1 個"] {
            assert!(row.contains(part), "{part}: {row}");
        }
        manager.press(&list, "啟用", &[]).await.leads_to("/accounts/waiting?said=account-activated");
        let mail = only_mail(&house).await;
        assert_eq!((mail.to.as_str(), mail.link().as_str()), (ADDRESS, "/login"));
        // The notice was accepted at registering, and is kept with the account.
        browser.log_in(ADDRESS, PASSWORD).await.leads_to("/cases");
        let cases = browser.get("/cases").await.expect(200);
        assert_eq!(cases.one("h1"), "我的申請案件");
        let facts = browser.get("/account").await.expect(200).all(".facts dd");
        assert!(facts.contains(&"新興區 測試幼兒園".to_owned()) && facts.contains(&"申請人".to_owned()), "{facts:?}");
        let hashes = house.texts("SELECT password_hash FROM registrations").await;
        assert_eq!(hashes, [""], "the registration keeps no password");
        let changes = "SELECT actor_id || ' ' || field || ' ' || new_value FROM changes ORDER BY field";
        let made = ["manager made 許園長".to_owned(), "manager roles 申請人".into(), format!("manager school {KINDERGARTEN}")];
        assert_eq!(house.texts(changes).await, made);
    }

    async fn everybody_who_waits_is_reached_page_by_page(house) {
        confirmed(&house, ADDRESS).await;
        for at in 0..110 {
            house
                .sql(&format!(
                    "INSERT INTO registrations (id, email, name, school_code, password_hash, notice_digest, remote, \
                     request_id, state, created_at, confirmed_at, reason) \
                     SELECT 'r{at:03}', 'r{at}@example.org', 'r{at}', school_code, password_hash, notice_digest, remote, \
                     request_id, state, created_at, confirmed_at + {at} / 2, reason FROM registrations WHERE email = '{ADDRESS}'"
                ))
                .await;
        }
        let manager = house.sign_in(Who::Manager).await;
        let (mut seen, mut address) = (Vec::new(), "/accounts/waiting".to_owned());
        loop {
            let page = manager.get(&address).await.expect(200);
            let names = page.all(".newcomer__name");
            assert!(names.len() <= 50, "{}", names.len());
            seen.extend(names);
            let Some(next) = page.attributes("nav a[href*='after=']", "href").pop() else { break };
            assert!(page.one("nav[aria-label='分頁']").contains("共 111 筆"));
            address = next;
        }
        let found = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), found), (111, 111));
        // Also the last one is activated.
        manager.post("/accounts/waiting/r109/activate", &[]).await.leads_to("/accounts/waiting");
        manager.get("/accounts/waiting/r108/refuse").await.expect(200);
        manager.get("/accounts/waiting/r109/refuse").await.expect(404);
        // An address that nobody made leads to the first page.
        assert_eq!(manager.get("/accounts/waiting?after=nonsense").await.expect(200).all(".newcomer").len(), 50);
    }

    async fn whoever_has_an_account_is_told_by_mail_and_nobody_else(house) {
        let known = register(&house, "applicant@example.org").await;
        let unknown = register(&house, "unknown@example.org").await;
        assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
        let (_, mails) = post(&house).await;
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["applicant@example.org", "unknown@example.org"]);
        assert!(mails[0].text.contains("已經有帳號了"), "{}", mails[0].text);
        assert_eq!(mails[0].link(), "/forgotten");
        assert!(mails[1].link().starts_with("/register/"));
        // Staff and disabled accounts, too.
        for email in ["MANAGER@example.org", "disabled@example.org"] {
            register(&house, email).await.leads_to("/register/sent");
            assert!(only_mail(&house).await.text.contains("已經有帳號了"), "{email}");
        }
        // And one who waits already.
        confirmed(&house, ADDRESS).await;
        register(&house, ADDRESS).await.leads_to("/register/sent");
        assert!(only_mail(&house).await.text.contains("已在等待個管組審核"));
    }

    async fn nobody_confirms_what_somebody_else_chose(house) {
        // A stranger registers with the address of somebody else, who registers as well.
        register(&house, ADDRESS).await.leads_to("/register/sent");
        let theirs = only_mail(&house).await.link();
        let browser = house.stranger();
        let page = browser.get("/register").await.expect(200);
        let own = "my own words are longer than theirs";
        let mut fields = typed(&house, ADDRESS);
        fields.retain(|(name, _)| !["password", "again"].contains(name));
        fields.extend([("password", own), ("again", own)]);
        fill(&house, &browser, &page, "註冊", &fields).await.leads_to("/register/sent");
        let mine = only_mail(&house).await.link();
        let page = browser.get(&theirs).await.expect(200);
        browser.press(&page, "確認信箱", &[("password", own)]).await.expect(422);
        let page = browser.get(&mine).await.expect(200);
        browser.press(&page, "確認信箱", &[("password", own)]).await.expect(200);
        browser.get(&theirs).await.expect(404);
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations").await, 1);
    }

    async fn a_link_is_good_for_a_day(house) {
        register(&house, ADDRESS).await.leads_to("/register/sent");
        let link = only_mail(&house).await.link();
        house.wait(24 * 60 * 60_000 + 1);
        house.stranger().get(&link).await.expect(404);
        // And what was never confirmed is forgotten.
        register(&house, "other@example.org").await.leads_to("/register/sent");
        assert_eq!(house.texts("SELECT email FROM registrations").await, ["other@example.org"]);
    }

    async fn what_will_not_do_is_told_field_by_field(house) {
        let browser = house.stranger();
        let page = browser.get("/register").await.expect(200);
        let refused = browser.press(&page, "註冊", &[("email", "director@"), ("name", " "), ("password", "short"), ("again", "short")]).await.expect(422);
        assert!(refused.error_of("email").contains("完整的信箱"));
        assert!(refused.error_of("name").contains("姓名"));
        assert!(!refused.error_of("password").is_empty());
        assert!(refused.error_of("school").contains("學校"));
        assert!(refused.error_of("notice").contains("告知事項"));
        assert_eq!(refused.value("email"), "director@");
        assert_eq!(refused.value("password"), "");
        assert_ne!(refused.value("captcha_id"), page.value("captcha_id"));
        let mut fields = typed(&house, ADDRESS);
        fields.retain(|(name, _)| *name != "again");
        fields.push(("again", "green apples on a blue chair"));
        let refused = fill(&house, &browser, &page, "註冊", &fields).await.expect(422);
        assert!(refused.error_of("again").contains("不一樣"));
        assert_eq!(refused.value("school"), KINDERGARTEN);
        // Wrong digits, none at all, and digits that were used.
        let page = browser.get("/register").await.expect(200);
        let (id, digits) = super::answered(&house, &browser, &page).await;
        let mut fields = typed(&house, ADDRESS);
        fields.extend([("captcha_id", id.as_str()), ("captcha", "0000")]);
        let refused = browser.press(&page, "註冊", &fields).await.expect(422);
        assert!(refused.error_of("captcha").contains("驗證碼不正確"));
        fields.retain(|(name, _)| *name != "captcha");
        fields.push(("captcha", digits.as_str()));
        browser.press(&page, "註冊", &fields).await.expect(422);
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations").await, 0);
        assert_eq!(house.number("SELECT COUNT(*) FROM mails").await, 0);
    }

    async fn the_button_for_other_digits_keeps_what_was_typed(house) {
        let browser = house.stranger();
        let page = browser.get("/register").await.expect(200);
        let mut fields = typed(&house, ADDRESS);
        fields.push(("captcha_again", "1"));
        let again = browser.press(&page, "更換驗證碼", &fields).await.expect(200);
        assert_eq!((again.value("email"), again.value("name"), again.value("school")), (ADDRESS.into(), "許園長".into(), KINDERGARTEN.into()));
        assert_ne!(again.value("captcha_id"), page.value("captcha_id"));
        assert!(again.all(".summary").is_empty());
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations").await, 0);
    }

    async fn one_address_gets_only_so_many_mails(house) {
        for _ in 0..5 {
            register(&house, ADDRESS).await.leads_to("/register/sent");
        }
        assert_eq!(post(&house).await.1.len(), 3);
        house.wait(15 * 60_000);
        register(&house, ADDRESS).await.leads_to("/register/sent");
        assert_eq!(post(&house).await.1.len(), 1);
    }

    async fn a_case_manager_activates_or_refuses(house) {
        confirmed(&house, ADDRESS).await;
        confirmed(&house, "other@example.org").await;
        for who in [Who::Applicant, Who::Supervisor, Who::Professional, Who::Archivist, Who::Administrator] {
            let other = house.sign_in(who).await;
            other.get("/accounts/waiting").await.expect(404);
            let id = house.texts("SELECT id FROM registrations ORDER BY id").await.remove(0);
            other.post(&format!("/accounts/waiting/{id}/activate"), &[]).await.expect(404);
            other.get(&format!("/accounts/waiting/{id}/refuse")).await.expect(404);
            other.post(&format!("/accounts/waiting/{id}/refuse"), &[("reason", "x")]).await.expect(404);
            assert!(!other.get("/account").await.expect(200).html().contains("待啟用帳號"), "{who:?}");
        }
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/accounts/waiting").await.expect(200);
        assert_eq!(list.all(".newcomer").len(), 2);
        let traced = house.texts("SELECT person_id FROM traces WHERE action = 'view-registrations'").await;
        assert_eq!(traced, ["manager"]);
        let page = manager.get(&list.link("不啟用")).await.expect(200);
        assert!(page.html().contains("請勿填寫個人資料"));
        let unsaid = manager.press(&page, "不啟用", &[("note", "已電話說明改用單一登入")]).await.expect(422);
        assert!(unsaid.error_of("why").contains("請選擇原因"));
        assert_eq!(unsaid.value("note"), "已電話說明改用單一登入");
        let other = manager.press(&page, "不啟用", &[("why", "other"), ("note", " ")]).await.expect(422);
        assert!(other.error_of("note").contains("選「其他」時一定要填寫"));
        assert_eq!(other.attributes("input[name=why][checked]", "value"), ["other"]);
        let typed = [("why", "sign-on"), ("note", "已電話說明改用單一登入")];
        manager.press(&page, "不啟用", &typed).await.leads_to("/accounts/waiting?said=account-refused");
        // The reason goes out, in our own words; what was typed stays inside.
        let mail = only_mail(&house).await;
        assert_eq!(mail.to, ADDRESS);
        assert!(mail.text.contains("您的學校請改用單一登入") && mail.text.contains("/login"), "{}", mail.text);
        assert!(!mail.text.contains("已電話說明"), "{}", mail.text);
        let written = "SELECT actor_name || ' ' || kind || ' ' || subject_name || ' ' || reason FROM changes";
        assert_eq!(house.texts(written).await, [format!("陳個管 registration {KINDERGARTEN} 請改用單一登入")], "no note");
        // Twice is once.
        manager.press(&page, "不啟用", &[("why", "incomplete")]).await.expect(409);
        let list = manager.get("/accounts/waiting").await.expect(200);
        manager.press(&list, "啟用", &[]).await.leads_to("/accounts/waiting");
        manager.press(&list, "啟用", &[]).await.expect(409);
        assert_eq!(house.texts("SELECT login FROM people WHERE login LIKE '%@%'").await, ["other@example.org"]);
        let traced = house.texts("SELECT action FROM traces WHERE action LIKE '%-account' ORDER BY at, id").await;
        assert_eq!(traced, ["refuse-account", "activate-account"]);
        assert_eq!(only_mail(&house).await.to, "other@example.org");
        // Whoever was refused may register again.
        confirmed(&house, ADDRESS).await;
    }

    async fn the_command_line_decides_by_the_same_steps(house) {
        confirmed(&house, ADDRESS).await;
        confirmed(&house, "other@example.org").await;
        let office = house.office();
        let waiting = office.waiting_list(Decider::Command, None).await.unwrap().waiting;
        let ids: Vec<_> = waiting.iter().map(|one| one.registration.id.clone()).collect();
        let long = "長".repeat(201);
        for note in ["", " ", &long, "響\u{7}鈴"] {
            let refused = office.refuse_account(Decider::Command, &ids[0], NotActivated::Other, note).await;
            assert!(matches!(refused, Err(StepError::Account(_))), "{note:?}: {refused:?}");
        }
        let (why, note) = (NotActivated::Incomplete, " 姓名似非本名 ");
        office.refuse_account(Decider::Command, &ids[0], why, note).await.unwrap();
        let mail = only_mail(&house).await;
        assert!(mail.to == ADDRESS && mail.text.contains("請重新註冊。\n") && !mail.text.contains("本名"), "{mail:?}");
        office.activate_account(Decider::Command, &ids[1]).await.unwrap();
        let twice = office.activate_account(Decider::Command, &ids[1]).await;
        assert!(matches!(twice, Err(StepError::Conflict)), "{twice:?}");
        house.stranger().log_in("other@example.org", PASSWORD).await.leads_to("/cases");
        let written = "SELECT actor_name || ' ' || source || ' ' || kind || ' ' || field FROM changes ORDER BY kind, field";
        let expected = ["account made", "account roles", "account school", "registration refused"];
        assert_eq!(house.texts(written).await, expected.map(|change| format!("casebind command {change}")));
        let traced = house.texts("SELECT action FROM traces WHERE person_id IS NULL ORDER BY action").await;
        assert_eq!(traced, ["activate-account", "refuse-account", "view-registrations"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations WHERE decided_by IS NOT NULL").await, 0);
        // On the administrators' page they stand with what was done.
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/changes?kind=registration").await.expect(200);
        let rows = page.all(".table tbody tr");
        assert!(rows.len() == 1 && rows[0].contains("命令列") && rows[0].contains("不啟用"), "{rows:?}");
    }

    async fn known_and_unknown_addresses_ask_the_database_the_same(house) {
        confirmed(&house, ADDRESS).await;
        let of = async |email: &str| asked(&house, "/register", "註冊", &typed(&house, email)).await;
        let nobody = of("nobody@example.org").await;
        assert!(nobody.iter().any(|sql| sql.contains("INTO registrations")), "{nobody:#?}");
        // An account, a disabled one, and a registration that waits.
        for email in ["applicant@example.org", "disabled@example.org", ADDRESS] {
            assert_eq!(of(email).await, nobody, "{email}");
        }
    }

    async fn nobody_is_activated_for_a_school_that_was_closed_meanwhile(house) {
        confirmed(&house, ADDRESS).await;
        house.sql(&format!("UPDATE schools SET closed_at = 1 WHERE code = '{KINDERGARTEN}'")).await;
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/accounts/waiting").await.expect(200);
        let refused = manager.press(&list, "啟用", &[]).await.expect(422);
        assert!(refused.one("main").contains("學校已停辦"), "{}", refused.one("main"));
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations WHERE state = 'pending'").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM people WHERE login LIKE '%@%'").await, 0);
        // It can be refused all the same.
        let page = manager.get(&list.link("不啟用")).await.expect(200);
        manager.press(&page, "不啟用", &[("why", "out-of-scope")]).await.leads_to("/accounts/waiting");
    }

    async fn an_activated_address_may_have_been_taken_meanwhile(house) {
        confirmed(&house, ADDRESS).await;
        house.sql(&format!("UPDATE people SET email = '{ADDRESS}' WHERE id = 'colleague'")).await;
        let manager = house.sign_in(Who::Manager).await;
        let list = manager.get("/accounts/waiting").await.expect(200);
        manager.press(&list, "啟用", &[]).await.expect(409);
        assert_eq!(house.number("SELECT COUNT(*) FROM registrations WHERE state = 'pending'").await, 1);
        assert_eq!(house.number(&format!("SELECT COUNT(*) FROM people WHERE school_code = '{SCHOOL}' AND login LIKE '%@%'")).await, 0);
    }
}
