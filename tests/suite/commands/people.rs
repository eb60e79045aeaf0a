//! `user …` and `school import`: the same steps as on the administrators' pages.

use std::fs;

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
    user(&house, "disable", &["--login", "two"]).expect(1).says(&["--reason"]);
    user(&house, "disable", &["--login", "two", "--reason", " "]).expect(1).says(&["--reason is needed"]);
    user(&house, "disable", &["--login", "two", "--reason", "left"]).expect(0);
    assert!(user(&house, "show", &["--login", "two"]).expect(0).out.contains("status         disabled\n"));
    user(&house, "enable", &["--login", "two"]).expect(0);
    let made_up = user(&house, "reset-password", &["--login", "two"]).expect(0);
    assert!(made_up.out.contains("password (shown once):"), "{}", made_up.out);
    let arguments = house.arguments(&["user", "reset-password", "--login", "two", "--password-stdin"]);
    run_with_input(&arguments, "short\n").expect(1).says(&["at least 15 characters"]);
    let typed = run_with_input(&arguments, "a password that is long\n").expect(0);
    assert!(!typed.out.contains("a password"), "{}", typed.out);
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
