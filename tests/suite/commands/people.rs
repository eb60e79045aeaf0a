//! `user …` and `school import`: the same steps as on the administrators' pages.

use std::fs;

use casebind::config::DataDir;
use casebind::store::Store;

use crate::support::command::{Answer, Installation, run_with_input};

const LIST: &str = "代碼,學校名稱,公/私立,縣市名稱,地址\n\
    013601,市立示範國小,公立,[12]高雄市,[807]高雄市三民區示範路1號\n\
    01361X,市立新設國小,公立,[12]高雄市,[813]高雄市左營區示範路2號\n\
    12,壞代碼,公立,[12]高雄市,[807]高雄市三民區\n";

fn administrator() -> Installation {
    let installation = Installation::new("");
    let arguments = ["user", "add", "--login", "admin", "--name", "管理員", "--role", "administrator"];
    installation.run(&arguments).expect(0);
    installation
}

fn user(installation: &Installation, command: &str, more: &[&str]) -> Answer {
    installation.run(&[&["user", command][..], more].concat())
}

/// Runs SQL on the installation's database; the texts of the one column that it answers.
fn texts(installation: &Installation, sql: &str) -> Vec<String> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let file = installation.data().join(DataDir::DATABASE);
        let store = Store::connect(&format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
        let mut db = store.read().await.unwrap();
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()));
        let found = query.fetch_all(&mut **db).await.expect(sql);
        drop(db);
        store.close().await;
        found
    })
}

/// What the command line changed, as it was written down.
fn written(installation: &Installation, kinds: &str) -> Vec<String> {
    let sql = format!(
        "SELECT source || ' ' || actor_name || ' ' || kind || ' ' || subject_name || ' ' || field || ': ' || new_value \
         || CASE WHEN reason = '' THEN '' ELSE ' (' || reason || ')' END FROM changes \
         WHERE {kinds} AND subject_name <> 'admin' ORDER BY kind, subject_name, field"
    );
    texts(installation, &sql)
}

#[test]
fn a_setting_that_differs_from_the_start_before_stands_among_the_changes() {
    let house = administrator();
    let started = |text: &str| {
        fs::write(house.config(), text).unwrap();
        assert!(crate::crash::Server::start(&house).stop().success());
        texts(
            &house,
            "SELECT source || ' ' || subject_id || ' ' || field || ': ' || old_value || ' -> ' || new_value \
             FROM changes WHERE kind = 'setting' ORDER BY id",
        )
    };
    let first = fs::read_to_string(house.config()).unwrap();
    assert!(started(&first).is_empty(), "nothing was there before");
    assert!(started(&first).is_empty(), "nothing has changed");
    // Said in the file what was so by itself.
    assert!(started(&format!("limits.pages = 50\n{first}")).is_empty());
    let told = started(&format!("limits.pages = 9\n{first}"));
    assert_eq!(told, ["job limits.pages value: 50 -> 9"]);
    let told = started(&first);
    assert_eq!(told[1..], ["job limits.pages value: 9 -> 50"]);
}

#[test]
fn registrations_are_listed_activated_and_refused() {
    let house = administrator();
    let file = house.path("e1_new.csv");
    fs::write(&file, LIST).unwrap();
    house.run(&["school", "import", &file.display().to_string(), "--apply"]).expect(2);
    texts(
        &house,
        "INSERT INTO collection_notices (digest, body, at) VALUES ('notice', 'text', 1) RETURNING digest",
    );
    for (id, email) in [("r1", "one@example.org"), ("r2", "two@example.org"), ("r3", "admin@example.org")] {
        texts(
            &house,
            &format!(
                "INSERT INTO registrations (id, email, name, school_code, password_hash, notice_digest, remote, \
                 request_id, state, created_at, confirmed_at, reason) VALUES ('{id}', '{email}', '許園長', '013601', \
                 '$argon2id$', 'notice', '192.0.2.7', 'request', 'pending', 1, 1766124180000, '') RETURNING id"
            ),
        );
    }
    let registration = |more: &[&str]| house.run(&[&["registration"][..], more].concat());
    let list = registration(&["list"]).expect(0);
    assert!(list.out.starts_with("r1\t2025-12-19\t013601\tone@example.org\t許園長\nr2\t"), "{}", list.out);
    let told = registration(&["list", "--json"]).expect(0).json();
    assert_eq!((told.len(), told[1]["email"].as_str()), (3, Some("two@example.org")));
    assert_eq!(
        (told[0]["school_name"].as_str(), told[0]["accounts_at_school"].as_i64()),
        (Some("市立示範國小"), Some(0))
    );

    assert_eq!(registration(&["activate", "--id", "r1"]).expect(0).out, "registration r1 activated\n");
    registration(&["activate", "--id", "r1"]).expect(1).says(&["--id r1", "doesn't wait any more"]);
    registration(&["activate", "--id", "nobody"]).expect(1).says(&["there is no such registration"]);
    registration(&["refuse", "--id", "r2"]).expect(1).says(&["--reason"]);
    registration(&["refuse", "--id", "r2", "--reason", " "]).expect(1).says(&["--reason is needed"]);
    registration(&["refuse", "--id", "r2", "--reason", "why not"])
        .expect(1)
        .says(&["one of out-of-scope, sign-on"]);
    let refuse = |reason: &str, note: &str| {
        registration(&["refuse", "--id", "r2", "--reason", reason, "--note", note])
    };
    refuse("other", " ").expect(1).says(&["--note", "`--reason other`"]);
    refuse("sign-on", &"x".repeat(201)).expect(1).says(&["200 characters"]);
    let refused = refuse("sign-on", "told by telephone").expect(0);
    assert_eq!(refused.out, "registration r2 refused\n");
    // An address that somebody has by now makes no second account of it.
    user(&house, "set", &["--login", "admin", "--email", "Admin@example.org"]).expect(0);
    registration(&["activate", "--id", "r3"]).expect(1).says(&["has an account by now"]);
    assert!(registration(&["list"]).expect(0).out.starts_with("r3\t"));

    let shown = user(&house, "show", &["--login", "one@example.org", "--json"]).expect(0).json();
    assert_eq!(
        (shown[0]["school"].as_str(), shown[0]["has_password"].as_bool()),
        (Some("013601"), Some(true))
    );
    assert_eq!(
        written(&house, "kind IN ('account', 'registration')"),
        [
            "command casebind account one@example.org made: 許園長 (啟用註冊)",
            "command casebind account one@example.org roles: 申請人 (啟用註冊)",
            "command casebind account one@example.org school: 013601 (啟用註冊)",
            "command casebind registration 013601 refused:  (請改用單一登入)",
        ]
    );
    assert_eq!(texts(&house, "SELECT kind FROM mails ORDER BY kind"), ["activated", "refused"]);
    assert_eq!(texts(&house, "SELECT password_hash FROM registrations WHERE state <> 'pending'"), ["", ""]);
}

#[test]
fn accounts_that_are_due_are_told_and_confirmed() {
    let house = administrator();
    user(&house, "add", &["--login", "two", "--name", "二", "--role", "archivist"]).expect(0);
    assert_eq!(user(&house, "review", &[]).expect(0).out, "", "both are new");
    texts(&house, "UPDATE people SET created_at = 1 WHERE login = 'two' RETURNING login");
    assert_eq!(user(&house, "review", &[]).expect(0).out, "two\tactive\tarchivist\tnever\t二\n");
    assert_eq!(user(&house, "review", &["--json"]).expect(0).json()[0]["login"], "two");
    user(&house, "review", &["--confirm", "nobody"]).expect(1).says(&["nobody", "no account"]);
    user(&house, "review", &["--confirm", "two", "--json"]).expect(1).says(&["--json"]);
    let confirmed = user(&house, "review", &["--confirm", "Two", "--confirm", "admin"]).expect(0);
    assert_eq!(confirmed.out, "account two confirmed\naccount admin confirmed\n");
    assert_eq!(user(&house, "review", &[]).expect(0).out, "");
    let shown = user(&house, "show", &["--login", "two"]).expect(0).out;
    assert!(!shown.contains("last review    never"), "{shown}");
    assert_eq!(written(&house, "field = 'reviewed'"), ["command casebind account two reviewed: "]);
}

#[test]
fn accounts_are_listed_shown_and_changed() {
    let house = administrator();
    let add = ["--login", "Wang", "--name", "王敏", "--role", "archivist", "--email", "wang@example.org"];
    user(&house, "add", &add).expect(0);
    let list = user(&house, "list", &[]).expect(0);
    let lines: Vec<_> = list.out.lines().collect();
    assert_eq!(
        lines,
        ["admin\tactive\tadministrator\tnever\t管理員", "wang\tactive\tarchivist\tnever\t王敏"]
    );
    let found = user(&house, "list", &["--role", "archivist", "--json"]).expect(0).json();
    assert_eq!((found.len(), found[0]["login"].as_str()), (1, Some("wang")));
    assert_eq!(user(&house, "list", &["--status", "disabled"]).expect(0).out, "");
    user(&house, "set", &["--login", "wang", "--name", "王敏敏", "--role", "supervisor"])
        .expect(1)
        .says(&["--zone is needed"]);
    user(&house, "set", &["--login", "wang", "--name", "王敏敏", "--email", "", "--new-login", "min"])
        .expect(0);
    let shown = user(&house, "show", &["--login", "min", "--json"]).expect(0).json();
    assert_eq!(shown[0]["name"], "王敏敏");
    assert_eq!(shown[0]["email"], "");
    assert_eq!(shown[0]["has_password"], true);
    let shown = user(&house, "show", &["--login", "min"]).expect(0).out;
    assert!(shown.contains("roles          archivist\n"), "{shown}");
    user(&house, "show", &["--login", "wang"]).expect(1).says(&["wang", "no account"]);
}

#[test]
fn accounts_are_disabled_enabled_and_given_passwords() {
    let house = administrator();
    user(&house, "disable", &["--login", "admin", "--reason", "test"])
        .expect(1)
        .says(&["last administrator"]);
    user(&house, "set", &["--login", "admin", "--role", "archivist"]).expect(1).says(&["last administrator"]);
    user(&house, "add", &["--login", "two", "--name", "二", "--role", "archivist"]).expect(0);
    user(&house, "end-sessions", &["--login", "two", "--reason", " "])
        .expect(1)
        .says(&["--reason is needed"]);
    let ended = user(&house, "end-sessions", &["--login", "two", "--reason", "stolen"]).expect(0);
    assert_eq!(ended.out, "account two: all sessions ended\n");
    assert_eq!(written(&house, "field = 'sessions'"), ["command casebind account two sessions:  (stolen)"]);
    user(&house, "disable", &["--login", "two"]).expect(1).says(&["--reason"]);
    user(&house, "disable", &["--login", "two", "--reason", " "]).expect(1).says(&["--reason is needed"]);
    user(&house, "disable", &["--login", "two", "--reason", "left"]).expect(0);
    assert!(user(&house, "show", &["--login", "two"]).expect(0).out.contains("status         disabled\n"));
    user(&house, "enable", &["--login", "two"]).expect(0);
    let made_up = user(&house, "reset-password", &["--login", "two"]).expect(0);
    assert!(made_up.out.contains("password (shown once):"), "{}", made_up.out);
    assert!(made_up.out.contains("another one is to be chosen at the first log-in"), "{}", made_up.out);
    let given = "SELECT login FROM people WHERE password_given_at IS NOT NULL ORDER BY login";
    assert_eq!(texts(&house, given), ["admin", "two"]);
    let arguments = house.arguments(&["user", "reset-password", "--login", "two", "--password-stdin"]);
    run_with_input(&arguments, "short\n").expect(1).says(&["at least 15 characters"]);
    let typed = run_with_input(&arguments, "a password that is long\n").expect(0);
    assert!(!typed.out.contains("a password"), "{}", typed.out);
    assert_eq!(texts(&house, given), ["admin"], "what was typed isn't made up");
}

#[test]
fn an_identity_elsewhere_is_linked_and_taken_away() {
    let house = administrator();
    user(&house, "add", &["--login", "two", "--name", "二", "--role", "archivist"]).expect(0);
    let at = ["--issuer", "https://id.example.org", "--subject", "person-1"];
    let linked = user(&house, "link", &[&["--login", "two"][..], &at].concat()).expect(0);
    assert_eq!(linked.out, "account two: linked to person-1 at https://id.example.org\n");
    user(&house, "link", &[&["--login", "admin"][..], &at].concat())
        .expect(1)
        .says(&["unlink it there first"]);
    user(&house, "unlink", &[&["--login", "admin"][..], &at].concat())
        .expect(1)
        .says(&["doesn't lead into this account"]);
    user(&house, "link", &["--login", "two", "--subject", "person-2"])
        .expect(1)
        .says(&["--issuer is needed", "[sign_on]"]);
    user(&house, "link", &["--login", "two", "--issuer", "https://id.example.org", "--subject", " "])
        .expect(1)
        .says(&["--subject"]);
    user(&house, "unlink", &[&["--login", "two"][..], &at].concat()).expect(0);
    user(&house, "link", &[&["--login", "admin"][..], &at].concat()).expect(0);
}

#[test]
fn a_list_of_schools_is_told_and_then_applied() {
    let house = administrator();
    let file = house.path("e1_new.csv");
    fs::write(&file, LIST).unwrap();
    let file = file.display().to_string();
    let import = |more: &[&str]| house.run(&[&["school", "import", &file][..], more].concat());
    let told = import(&[]).expect(2);
    assert!(
        told.out.starts_with("高雄市: 2 new, 0 changed, 0 not in the list, 0 as they are\n"),
        "{}",
        told.out
    );
    assert!(told.out.contains("nothing was changed"));
    told.says(&["line 4: 12 壞代碼: the code isn't six letters and digits"]);
    let applied = import(&["--apply"]).expect(2);
    assert!(applied.out.contains("applied: 2 new, 0 changed, 0 closed"), "{}", applied.out);
    fs::write(&file, LIST.lines().take(2).collect::<Vec<_>>().join("\n")).unwrap();
    assert!(import(&[]).expect(0).out.contains("0 new, 0 changed, 1 not in the list, 1 as they are"));
    let closed = import(&["--apply", "--close-missing"]).expect(0);
    assert!(closed.out.contains("applied: 0 new, 0 changed, 1 closed"), "{}", closed.out);
    let add = ["--login", "x", "--name", "x", "--role", "applicant", "--school"];
    user(&house, "add", &[&add[..], &["01361X"]].concat()).expect(1).says(&["closed"]);
    user(&house, "add", &[&add[..], &["013601"]].concat()).expect(0);
    import(&["--city", "臺南市"]).expect(1).says(&["臺南市", "高雄市"]);
    fs::write(&file, "not a list").unwrap();
    import(&[]).expect(1).says(&["e1_new.csv", "no column 代碼"]);
}
