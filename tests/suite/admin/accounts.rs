//! Accounts on the administrators' pages: made, changed, disabled; and what nobody may do.

use std::path::Path;

use casebind::case::account::{Draft, Fault};
use casebind::case::role::Role;
use casebind::config::{Config, Environment};
use casebind::steps::StepError;
use casebind::steps::accounts::Hand;
use casebind::store::started::Started;

use super::{administrator, changes, origin};
use crate::support::people::{OTHER_SCHOOL, SCHOOL};
use crate::support::{Case, House, Page, Who};

/// Good answers to the form.
const WANG: [(&str, &str); 5] = [
    ("login", " Wang.Min "),
    ("name", "王敏"),
    ("email", "wang@example.org"),
    ("role", "case-manager"),
    ("role", "applicant"),
];

/// A configuration with a secret in each place where there is one.
const SETTINGS: &str = r#"
    data_dir = "data"
    public_url = "https://forms.example.org"
    [organisation]
    name = "示範學生輔導諮商中心"
    [database]
    url = "postgres://casebind:secret-of-database@db/casebind"
    [session]
    idle_minutes = 5
    [mail]
    host = "mail.example.org"
    from = "notices@example.org"
    user = "casebind"
    [sign_on]
    issuer = "https://id.example.org/tenant"
    client_id = "casebind"
    client_secret = "secret-of-sign-on"
"#;

async fn id(house: &House, login: &str) -> String {
    house.texts(&format!("SELECT id FROM people WHERE login = '{login}'")).await.remove(0)
}

async fn roles(house: &House, id: &str) -> Vec<String> {
    house.texts(&format!("SELECT role FROM roles WHERE person_id = '{id}' ORDER BY role")).await
}

fn faults(outcome: Result<(), StepError>) -> Vec<Fault> {
    match outcome {
        Err(StepError::Account(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

fn names(page: &Page) -> Vec<String> {
    page.all(".accounts tbody td:first-child")
}

both! {
    async fn whoever_looks_at_accounts_leaves_a_trace_of_whose(house) {
        // Who looked, at what, and the accounts by their identifiers; never what was searched.
        const TRACES: &str = "SELECT action || ' ' || person_id FROM traces ORDER BY at, id";
        let look = async |who: Who, address: &str| {
            let browser = house.sign_in(who).await;
            let before = house.texts(TRACES).await.len();
            browser.get(address).await.expect(200);
            let detail = house.words("traces", "detail", "ORDER BY at, id").await.split_off(before);
            (house.texts(TRACES).await.split_off(before), detail)
        };
        for (who, address, action, detail) in [
            (Who::Manager, "/applicants?q=%E7%8E%8B%E8%BC%94%E5%B0%8E", "list-accounts", "applicant"),
            (Who::Manager, "/applicants/applicant/school", "view-account", "applicant"),
            (Who::Administrator, "/admin/accounts?q=colleague", "list-accounts", "colleague"),
            (Who::Administrator, "/admin/accounts/applicant", "view-account", "applicant"),
            (Who::Administrator, "/admin/accounts/applicant/edit", "view-account", "applicant"),
            (Who::Administrator, "/admin/accounts/applicant/disable", "view-account", "applicant"),
            (Who::Administrator, "/admin/changes?kind=account&subject=applicant", "view-changes", "applicant"),
            (Who::Administrator, "/admin/mail", "view-mails", ""),
        ] {
            let expected = (vec![format!("{action} {}", who.login())], vec![detail.to_owned()]);
            assert_eq!(look(who, address).await, expected, "{address}");
        }
        let (traced, detail) = look(Who::Administrator, "/admin/review?all=1").await;
        assert_eq!(traced, ["list-accounts administrator"]);
        assert!(detail[0].split(' ').any(|id| id == "applicant"), "{detail:?}");
        // What isn't there shows nobody.
        let admin = house.sign_in(Who::Administrator).await;
        let before = house.texts(TRACES).await;
        admin.get("/admin/accounts/nobody").await.expect(404);
        for empty in ["/admin/accounts/new", "/admin/roles", "/admin/schools"] {
            admin.get(empty).await.expect(200);
        }
        assert_eq!(house.texts(TRACES).await, before);
    }

    async fn an_account_is_made_with_all_that_it_says(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let list = admin.get("/admin/accounts").await.expect(200);
        let form = admin.get(&list.link("新增帳號")).await.expect(200);
        let again = admin.press(&form, "新增帳號", &[("login", "a b"), ("email", "x")]).await.expect(422);
        assert!(again.error_of("login").contains("空白"), "{}", again.error_of("login"));
        assert!(again.error_of("name").contains("姓名") && again.error_of("email").contains("信箱"));
        assert!(again.error_of("role").contains("至少選擇一個角色"));
        assert_eq!(again.value("login"), "a b");
        let made = admin.press(&form, "新增帳號", &WANG).await;
        let wang = id(&house, "wang.min").await;
        made.leads_to(&format!("/admin/accounts/{wang}?said=account-made"));
        let card = admin.follow(&made).await.expect(200);
        assert_eq!(card.one("h1"), "王敏");
        let facts = card.all(".facts dd");
        assert!(facts.contains(&"申請人、個管組".to_owned()) && facts.contains(&"尚未設定".to_owned()), "{facts:?}");
        assert_eq!(roles(&house, &wang).await, ["applicant", "case-manager"]);
        let taken = admin.press(&form, "新增帳號", &WANG).await.expect(422);
        assert!(taken.error_of("login").contains("已有人使用"));
        assert_eq!(
            changes(&house).await,
            ["周系統 page wang.min made:  -> 王敏", "周系統 page wang.min roles:  -> 申請人、個管組"]
        );
        // Without a password nobody comes in.
        house.stranger().log_in("wang.min", "").await.expect(422);
    }

    async fn the_list_is_narrowed_and_turned_by_key(house) {
        let admin = house.sign_in(Who::Administrator).await;
        for number in 0..30 {
            let draft = Draft {
                login: format!("x{number:02}"),
                name: format!("測試{number}"),
                roles: vec![Role::Archivist],
                ..Draft::default()
            };
            house.office().make_account(Hand::Administrator(&administrator(), &origin()), draft).await.unwrap();
        }
        let first = admin.get("/admin/accounts?role=archivist").await.expect(200);
        assert!(first.one(".tally").contains("共 31 筆"));
        assert_eq!(names(&first).len(), 20);
        let second = admin.get(&first.link("下一頁")).await.expect(200);
        assert_eq!(names(&second).len(), 11);
        assert!(names(&first).iter().all(|name| !names(&second).contains(name)));
        assert_eq!(names(&admin.get(&second.link("上一頁")).await.expect(200)), names(&first));
        let found = admin.get("/admin/accounts?q=%E6%B8%AC%E8%A9%A6%E5%9C%8B%E5%B0%8F").await.expect(200);
        assert!(names(&found).iter().any(|name| name.contains("applicant")), "by the school: {:?}", names(&found));
        let disabled = admin.get("/admin/accounts?status=disabled").await.expect(200);
        assert_eq!(names(&disabled), ["前老師 disabled"]);
        let percent = admin.get("/admin/accounts?q=%25").await.expect(200);
        assert!(percent.one(".empty").contains("沒有符合條件的帳號"), "a sign of patterns is a sign");
    }

    async fn an_account_is_changed_with_old_and_new_written_down(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let form = admin.get("/admin/accounts/archivist/edit").await.expect(200);
        let typed = [("name", "吳檔"), ("role", "archivist"), ("role", "professional"), ("profession", "社工師")];
        admin.press(&form, "儲存", &typed).await.leads_to("/admin/accounts/archivist?said=saved");
        assert_eq!(roles(&house, "archivist").await, ["archivist", "professional"]);
        assert_eq!(
            changes(&house).await,
            [
                "周系統 page archivist name: 吳檔案 -> 吳檔",
                "周系統 page archivist profession:  -> 社工師",
                "周系統 page archivist roles: 檔案管理 -> 專業輔導人員、檔案管理"
            ]
        );
        // A page that still knew the old account changes nothing.
        let late = admin.press(&form, "儲存", &[("name", "又改")]).await.expect(409);
        assert!(late.one("h1").contains("這筆資料剛才已被修改"));
        let page = admin.get("/admin/changes?kind=account").await.expect(200);
        let rows = page.all(".table tbody tr");
        assert_eq!(rows.len(), 3);
        let name = rows.iter().find(|row| row.contains("吳檔案")).expect("the old name");
        assert!(name.contains("周系統") && name.contains("192.0.2.7"), "{name}");
        admin.get("/admin/accounts/nobody").await.expect(404);
        admin.post("/admin/accounts/nobody/edit", &WANG).await.expect(404);
    }

    async fn what_an_account_names_must_be_there(house) {
        let office = house.office();
        let draft = |school: &str, zone: &str| Draft {
            login: "new".into(),
            name: "新".into(),
            roles: vec![Role::Applicant],
            school: school.into(),
            zone: zone.into(),
            ..Draft::default()
        };
        let made = async |draft| faults(office.make_account(Hand::Command, draft).await.map(drop));
        assert_eq!(made(draft("999999", "nowhere")).await, [Fault::SchoolUnknown, Fault::ZoneUnknown]);
        house.sql(&format!("UPDATE schools SET closed_at = 1 WHERE code = '{SCHOOL}'")).await;
        assert_eq!(made(draft(SCHOOL, "zone-1")).await, [Fault::SchoolClosed]);
        // Whoever is bound to a school that closed stays so.
        let form = house.sign_in(Who::Administrator).await.get("/admin/accounts/applicant/edit").await.expect(200);
        house.sign_in(Who::Administrator).await.press(&form, "儲存", &[("name", "王輔")]).await.leads_to("/admin/");
    }

    async fn nobody_changes_the_own_roles_or_disables_the_own_account(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let form = admin.get("/admin/accounts/administrator/edit").await.expect(200);
        assert!(form.attributes("[name=role]", "value").is_empty(), "not even asked");
        // Sent all the same, it changes nothing.
        let typed = [("name", "周"), ("role", "case-manager")];
        admin.press(&form, "儲存", &typed).await.leads_to("/admin/accounts/administrator");
        assert_eq!(roles(&house, "administrator").await, ["administrator"]);
        let (who, origin) = (administrator(), origin());
        let hand = Hand::Administrator(&who, &origin);
        let more = Draft {
            login: "administrator".into(),
            name: "周".into(),
            roles: vec![Role::Administrator, Role::CaseManager],
            ..Draft::default()
        };
        let outcome = house.office().change_account(hand, "administrator", None, more).await;
        assert_eq!(faults(outcome), [Fault::OwnRoles]);
        let card = admin.get("/admin/accounts/administrator").await.expect(200);
        assert!(!card.buttons().iter().any(|button| button.starts_with("停用")), "{:?}", card.buttons());
        let own = admin.post("/admin/accounts/administrator/disable", &[("reason", "試試")]).await.expect(422);
        assert!(own.error_of("reason").contains("不能停用自己的帳號"));
        admin.get("/admin/accounts").await.expect(200);
    }

    async fn the_last_administrator_stays_one(house) {
        let office = house.office();
        let disable = async || office.disable_account(Hand::Command, "administrator", "試試").await;
        assert_eq!(faults(disable().await), [Fault::LastAdministrator]);
        let other = Draft { login: "administrator".into(), name: "周".into(), roles: vec![Role::Archivist], ..Draft::default() };
        let outcome = office.change_account(Hand::Command, "administrator", None, other).await;
        assert_eq!(faults(outcome), [Fault::LastAdministrator]);
        // A disabled one doesn't count.
        let second = Draft { login: "second".into(), name: "第二".into(), roles: vec![Role::Administrator], ..Draft::default() };
        let id = office.make_account(Hand::Command, second).await.unwrap();
        office.disable_account(Hand::Command, &id, "試試").await.unwrap();
        assert_eq!(faults(disable().await), [Fault::LastAdministrator]);
        office.enable_account(Hand::Command, &id, "").await.unwrap();
        disable().await.unwrap();
        assert_eq!(faults(office.disable_account(Hand::Command, &id, "試試").await), [Fault::LastAdministrator]);
        let told = changes(&house).await;
        assert!(told.iter().any(|change| change.contains(" command ") && change.contains("第二")), "{told:?}");
    }

    async fn two_administrators_who_disable_each_other_leave_one(house) {
        let office = house.office();
        let second = Draft { login: "second".into(), name: "第二".into(), roles: vec![Role::Administrator], ..Draft::default() };
        let id = office.make_account(Hand::Command, second).await.unwrap();
        let (one, other) = tokio::join!(
            office.disable_account(Hand::Command, "administrator", "同時"),
            office.disable_account(Hand::Command, &id, "同時"),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let left = "SELECT COUNT(*) FROM people p JOIN roles r ON r.person_id = p.id \
            WHERE r.role = 'administrator' AND p.status = 'active'";
        assert_eq!(house.number(left).await, 1);
    }

    async fn a_disabled_account_is_out_and_an_enabled_one_comes_in_again(house) {
        let applicant = house.applicant().await;
        let case = Case::opened(&applicant).await;
        let admin = house.sign_in(Who::Administrator).await;
        let card = admin.get("/admin/accounts/applicant").await.expect(200);
        let ask = admin.get(&card.link("停用")).await.expect(200);
        let missing = admin.press(&ask, "停用", &[]).await.expect(422);
        assert!(missing.error_of("reason").contains("請填寫原因"));
        admin.press(&ask, "停用", &[("reason", "已離職")]).await.leads_to("/admin/accounts/applicant?said=account-disabled");
        assert_eq!(house.number("SELECT COUNT(*) FROM sessions WHERE person_id = 'applicant'").await, 0);
        applicant.get(&case.path("")).await.leads_to("/login");
        house.stranger().log_in_as(Who::Applicant).await.expect(422);
        // The second press changes nothing more.
        admin.press(&ask, "停用", &[("reason", "再一次")]).await.leads_to("/admin/accounts/applicant");
        let card = admin.get("/admin/accounts/applicant").await.expect(200);
        admin.press(&card, "啟用", &[]).await.leads_to("/admin/accounts/applicant?said=account-enabled");
        house.stranger().log_in_as(Who::Applicant).await.leads_to("/cases");
        assert_eq!(
            changes(&house).await,
            ["周系統 page applicant status: 使用中 -> 停用 (已離職)", "周系統 page applicant status: 停用 -> 使用中"]
        );
    }

    async fn what_administrators_see_holds_no_case(house) {
        let case = Case::submitted(&house, &house.applicant().await).await;
        let admin = house.sign_in(Who::Administrator).await;
        for address in [
            "/admin/accounts", "/admin/accounts/applicant", "/admin/review", "/admin/roles", "/admin/changes",
            "/admin/schools", "/admin/settings", "/admin/jobs", "/admin/mail", "/zones",
        ] {
            let page = admin.get(address).await.expect(200);
            assert!(!page.html().contains(&case.number) && !page.html().contains("王小明"), "{address}");
        }
    }

    async fn the_roles_page_is_the_table(house) {
        let page = house.sign_in(Who::Administrator).await.get("/admin/roles").await.expect(200);
        let rows = page.all(".table tbody tr");
        assert_eq!(rows.len(), 6);
        assert!(rows[1].contains("個管組") && rows[1].contains("所有案件") && rows[1].contains("收件"), "{rows:?}");
        assert!(rows[5].contains("看不到任何案件內容") && rows[5].contains("1 人"), "{rows:?}");
    }

    async fn a_sign_in_is_remembered(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let before = admin.get("/admin/accounts/manager").await.expect(200);
        assert!(before.all(".facts dd").contains(&"從未登入".to_owned()));
        house.stranger().log_in_as(Who::Manager).await.leads_to("/cases");
        let after = admin.get("/admin/accounts/manager").await.expect(200);
        assert!(after.all(".facts dd").contains(&"2026/11/23 10:00".to_owned()), "{:?}", after.all(".facts dd"));
    }

    async fn the_settings_tell_what_is_in_effect_and_where_it_comes_from_and_no_secret(house) {
        let environment = Environment::from_pairs([
            ("CASEBIND_MAIL_PASSWORD", "secret-of-mail"),
            ("CASEBIND_LIMITS_PAGES", "7"),
        ]);
        let config = Config::parse(SETTINGS, Path::new("casebind.toml"), Path::new("/etc"), &environment).unwrap();
        let settings = config.settings.clone();
        let house = House::build(house.database(), "settings", |app| app.settings = settings.into()).await;
        let page = house.sign_in(Who::Administrator).await.get("/admin/settings").await.expect(200);
        assert_eq!(page.one("h1"), "設定");
        let rows = page.all(".settings tbody tr");
        assert_eq!(rows.len(), config.settings.0.len(), "every key has its row");
        for row in [
            "public_url https://forms.example.org 設定檔 CASEBIND_PUBLIC_URL",
            "session.idle_minutes 5 設定檔 CASEBIND_SESSION_IDLE_MINUTES",
            "limits.pages 7 環境變數 CASEBIND_LIMITS_PAGES",
            "mail.port 587 預設 CASEBIND_MAIL_PORT",
            "mail.ca_file 未設定 預設 CASEBIND_MAIL_CA_FILE",
            "sign_on.issuer https://id.example.org/tenant 設定檔 CASEBIND_SIGN_ON_ISSUER",
            // Secrets are there, and aren't told.
            "sign_on.client_secret … 設定檔 CASEBIND_SIGN_ON_CLIENT_SECRET",
            "mail.password … 環境變數 CASEBIND_MAIL_PASSWORD",
            "database.url postgres://… 設定檔 CASEBIND_DATABASE_URL",
        ] {
            assert!(rows.iter().any(|told| told == row), "{row}: {rows:#?}");
        }
        assert!(!page.html().contains("secret-of"), "{rows:#?}");
    }

    async fn a_changed_setting_is_among_the_changes_and_of_a_secret_only_that_it_is_another(house) {
        let setting = |name: &str, value: &str, mark: &str| Started {
            name: name.into(),
            value: value.into(),
            mark: mark.into(),
        };
        let (office, admin) = (house.office(), house.sign_in(Who::Administrator).await);
        let first = [setting("limits.pages", "50", ""), setting("mail.password", "…", "one")];
        assert_eq!(office.note_settings(&first).await.unwrap(), 0);
        assert_eq!(office.note_settings(&first).await.unwrap(), 0);
        let second = [setting("limits.pages", "9", ""), setting("mail.password", "…", "two")];
        assert_eq!(office.note_settings(&second).await.unwrap(), 2);
        assert_eq!(office.note_settings(&second).await.unwrap(), 0);
        assert_eq!(
            changes(&house).await,
            [
                "start job limits.pages value: 50 -> 9",
                "start job mail.password value: … -> …（已變更，不顯示內容）",
            ]
        );
        let page = admin.get("/admin/changes?kind=setting").await.expect(200);
        let shown = page.one("main");
        for words in ["系統（啟動時）", "設定 limits.pages", "設定值", "mail.password"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(!page.html().contains("two"));
    }

    async fn a_link_by_mail_sets_a_password_for_whoever_has_an_address(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let card = admin.get("/admin/accounts/archivist").await.expect(200);
        admin.press(&card, "寄送設定密碼的連結", &[]).await.leads_to("/admin/accounts/archivist?said=password-link-sent");
        assert_eq!(house.texts("SELECT kind FROM mails WHERE person_id = 'archivist'").await, ["password"]);
        assert_eq!(changes(&house).await, ["周系統 page archivist password-link:  -> "]);
        // The old password stays until the link is used.
        house.stranger().log_in_as(Who::Archivist).await.leads_to("/cases");
        house.sql("UPDATE people SET email = '' WHERE id = 'archivist'").await;
        let card = admin.get("/admin/accounts/archivist").await.expect(200);
        assert!(!card.buttons().iter().any(|button| button.starts_with("寄送")), "{:?}", card.buttons());
        admin.post("/admin/accounts/archivist/password", &[]).await.expect(422);
        admin.post("/admin/accounts/disabled/password", &[]).await.expect(422);
    }

    async fn a_new_role_asks_for_a_fresh_log_in(house) {
        let person = house.sign_in(Who::Archivist).await;
        let admin = house.sign_in(Who::Administrator).await;
        let form = admin.get("/admin/accounts/archivist/edit").await.expect(200);
        admin.press(&form, "儲存", &[("role", "archivist"), ("role", "case-manager")]).await;
        person.get("/cases").await.leads_to("/login");
        let roles = house.texts("SELECT role FROM roles WHERE person_id = 'archivist' ORDER BY role").await;
        assert_eq!(roles, ["archivist", "case-manager"]);
    }

    async fn another_zone_school_or_profession_asks_for_a_fresh_log_in_and_another_name_does_not(house) {
        let admin = house.sign_in(Who::Administrator).await;
        for (who, field, value) in [
            (Who::Supervisor, "zone", "zone-2"),
            (Who::Professional, "profession", "社工師"),
            (Who::Applicant, "school", OTHER_SCHOOL),
        ] {
            let person = house.sign_in(who).await;
            let card = format!("/admin/accounts/{}", who.login());
            let form = admin.get(&format!("{card}/edit")).await.expect(200);
            admin.press(&form, "儲存", &[("name", "改名")]).await.leads_to(&card);
            person.get("/account").await.expect(200);
            let form = admin.get(&format!("{card}/edit")).await.expect(200);
            admin.press(&form, "儲存", &[(field, value)]).await.leads_to(&card);
            person.get("/account").await.leads_to("/login");
        }
    }

    async fn all_sessions_of_an_account_are_ended_with_a_reason(house) {
        let admin = house.sign_in(Who::Administrator).await;
        let (person, remembered) = (house.sign_in(Who::Archivist).await, house.stranger());
        remembered.remember(Who::Archivist).await;
        let card = admin.get("/admin/accounts/archivist").await.expect(200);
        let ask = admin.get(&card.link("登出所有裝置")).await.expect(200);
        let missing = admin.press(&ask, "登出所有裝置", &[]).await.expect(422);
        assert!(missing.error_of("reason").contains("請填寫原因"));
        person.get("/account").await.expect(200);
        let done = admin.press(&ask, "登出所有裝置", &[("reason", "筆電遭竊")]).await;
        done.leads_to("/admin/accounts/archivist?said=sessions-ended");
        assert!(admin.follow(&done).await.expect(200).one(".notices").contains("所有裝置都已登出"));
        for browser in [&person, &remembered] {
            browser.get("/account").await.leads_to("/login");
            browser.post("/login/remembered", &[("next", "/cases")]).await.leads_to("/login");
        }
        assert_eq!(changes(&house).await, ["周系統 page archivist sessions:  ->  (筆電遭竊)"]);
        // The account is as it was, and its owner reads of it.
        person.log_in_as(Who::Archivist).await.leads_to("/cases");
        assert!(person.get("/account/sessions").await.expect(200).html().contains("系統管理員登出所有裝置"));
        // One's own are ended on one's own page.
        let own = admin.get("/admin/accounts/administrator").await.expect(200);
        assert!(!own.html().contains("/admin/accounts/administrator/sessions"));
        admin.get("/admin/accounts/nobody/sessions").await.expect(404);
    }

    async fn a_request_that_began_before_its_sender_lost_the_role_does_nothing(house) {
        let who = administrator();
        house.sql("DELETE FROM roles WHERE person_id = 'administrator'").await;
        let origin = origin();
        let done = house.office().disable_account(Hand::Administrator(&who, &origin), "archivist", "試").await;
        assert!(matches!(done, Err(StepError::NotFound)), "{done:?}");
        assert_eq!(house.texts("SELECT status FROM people WHERE id = 'archivist'").await, ["active"]);
    }

    async fn a_new_address_ends_what_was_asked_for_by_mail(house) {
        let admin = house.sign_in(Who::Administrator).await;
        house
            .sql(
                "INSERT INTO address_changes (id, person_id, old_email, new_email, old_agreed, new_agreed, state, created_at) \
                 VALUES ('c', 'archivist', 'archivist@example.org', 'thief@example.org', 0, 0, 'open', 1)",
            )
            .await;
        let form = admin.get("/admin/accounts/archivist/edit").await.expect(200);
        admin.press(&form, "儲存", &[("email", "right@example.org")]).await.leads_to("/admin/accounts/archivist");
        assert_ne!(house.texts("SELECT state FROM address_changes").await, ["open"]);
        // Whoever had the address is told there.
        let told = "SELECT kind || ' ' || address FROM mails";
        assert_eq!(house.texts(told).await, ["address-changed archivist@example.org"]);
    }

    async fn a_lost_second_factor_is_reset_with_a_reason(house) {
        let admin = house.sign_in(Who::Administrator).await;
        admin.post("/admin/accounts/archivist/second-factor", &[("reason", "手機遺失")]).await.expect(404);
        house.sql("INSERT INTO second_factors (person_id, state, secret, last_step, created_at) VALUES ('archivist', 'active', 'x', 0, 1)").await;
        let other = house.sign_in(Who::Archivist).await;
        let card = admin.get("/admin/accounts/archivist").await.expect(200);
        assert!(card.all(".facts dd").contains(&"已啟用".to_owned()));
        let ask = admin.get(&card.link("重設第二驗證")).await.expect(200);
        admin.press(&ask, "重設第二驗證", &[]).await.expect(422);
        admin.press(&ask, "重設第二驗證", &[("reason", "手機遺失，已電話確認")]).await.leads_to("/admin/accounts/archivist?said=second-factor-reset");
        assert_eq!(house.number("SELECT COUNT(*) FROM second_factors").await, 0);
        other.get("/cases").await.leads_to("/login");
        assert_eq!(changes(&house).await, ["周系統 page archivist second-factor:  ->  (手機遺失，已電話確認)"]);
        let own = admin.post("/admin/accounts/administrator/second-factor", &[("reason", "試試")]).await.expect(422);
        assert!(own.error_of("reason").contains("不能以這個方式"));
    }
}
