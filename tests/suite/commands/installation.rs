//! `serve`, `migrate`, `user add`, `demo`, and what a configuration or a data directory can have wrong.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use crate::support::command::{Answer, Installation, casebind, run, run_with_input};
use crate::support::house::CASEBIND;

fn add(installation: &Installation, more: &[&str], password: &str) -> Answer {
    let mut arguments = vec!["user", "add", "--name", "管理員", "--password-stdin"];
    arguments.extend(more);
    run_with_input(&installation.arguments(&arguments), password)
}

#[test]
fn the_first_administrator_is_made_on_the_command_line() {
    let installation = Installation::new("");
    installation.run(&["migrate"]).expect(0);
    installation.run(&["migrate"]).expect(0);
    let admin = ["--login", "Admin", "--role", "administrator"];
    add(&installation, &admin, "too short\n").expect(1).says(&["at least 15 characters"]);
    add(&installation, &admin, "a password that is long\n").expect(0);
    add(&installation, &admin, "a password that is long\n").expect(1).says(&["admin", "taken"]);
    add(&installation, &["--login", "x", "--role", "king"], "a password that is long\n")
        .expect(1)
        .says(&["king"]);
    add(&installation, &["--login", "two words", "--role", "archivist"], "a password that is long\n")
        .expect(1)
        .says(&["one word"]);
    add(
        &installation,
        &["--login", "x", "--role", "applicant", "--school", "999999"],
        "a password that is long\n",
    )
    .expect(1)
    .says(&["999999", "no school"]);
    add(
        &installation,
        &["--login", "x", "--role", "supervisor", "--zone", "nowhere"],
        "a password that is long\n",
    )
    .expect(1)
    .says(&["zone"]);
    let made_up = installation
        .run(&[
            "user",
            "add",
            "--name",
            "檔案",
            "--login",
            "archivist",
            "--role",
            "archivist",
            "--role",
            "case-manager",
        ])
        .expect(0);
    assert!(made_up.out.contains("password (shown once):"), "{}", made_up.out);
    // What was made before the first start is an installation already.
    installation.run(&["verify"]).expect(0);
    // Nobody was made by what failed.
    let database = installation.data().join("casebind.sqlite");
    assert!(database.exists());
}

#[test]
fn a_configuration_that_will_not_do_names_key_value_and_what_is_allowed() {
    for (more, parts) in [
        ("time_zone = \"Mars/Olympus\"", ["time_zone", "Mars/Olympus", "allowed"].as_slice()),
        ("[limits]\npages = 0", &["limits.pages = 0", "1", "255"]),
        ("[argon2]\nmemory_kib = 1", &["argon2.memory_kib = 1", "19456"]),
        ("[log]\nformat = \"xml\"", &["log.format", "xml", "text", "json"]),
        ("colour = \"red\"", &["colour"]),
        (
            "[limits]\nupload_megabytes = \"many\"\npages = -1",
            &["upload_megabytes", "limits.pages", "2 settings"],
        ),
    ] {
        let installation = Installation::new(more);
        installation.run(&["serve"]).expect(1).says(&[&["casebind.toml"], parts].concat());
        assert!(!installation.data().exists(), "nothing is made by a configuration that won't do");
    }
    let installation = Installation::new("");
    fs::write(installation.config(), "listen = \"127.0.0.1:0\"\n").unwrap();
    installation.run(&["serve"]).expect(1).says(&["data_dir is missing", "organisation.name is missing"]);
    fs::write(installation.config(), "listen = \n").unwrap();
    installation.run(&["serve"]).expect(1).says(&["not TOML"]);
    run(&["serve", "--config", "/nowhere/casebind.toml"])
        .expect(1)
        .says(&["/nowhere/casebind.toml", "--config"]);
    run(&["serve"]).expect(1).says(&["--config"]);
}

#[test]
fn a_data_directory_of_a_newer_version_is_left_alone() {
    let installation = Installation::new("");
    fs::create_dir(installation.data()).unwrap();
    fs::write(installation.data().join("VERSION"), "2\n").unwrap();
    let answer = installation.run(&["serve"]).expect(1);
    answer.says(&["data", "has version 2", "use the newer casebind"]);
    assert_eq!(fs::read_dir(installation.data()).unwrap().count(), 1);
    installation.run(&["verify"]).expect(1).says(&["has version 2"]);
}

#[test]
fn someone_elses_folder_is_left_alone() {
    let installation = Installation::new("");
    fs::create_dir(installation.data()).unwrap();
    fs::write(installation.data().join("thesis.txt"), "").unwrap();
    installation.run(&["serve"]).expect(1).says(&["thesis.txt", "empty or a new directory"]);
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let installation = Installation::new("");
    installation.run(&["migrate"]).expect(0);
    fs::remove_dir_all(installation.data()).unwrap();
    fs::create_dir(installation.data()).unwrap();
    set_mode_below(installation.path("").as_path(), 0o755);
    fs::set_permissions(installation.data(), fs::Permissions::from_mode(0o555)).unwrap();
    let answer = as_nobody(&installation.arguments(&["serve"]), &installation.data());
    answer.expect(1).says(&["no permission for", "data", "give the data directory to the user"]);
    fs::set_permissions(installation.data(), fs::Permissions::from_mode(0o755)).unwrap();
}

fn set_mode_below(folder: &Path, mode: u32) {
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the program as a user whom modes of files bind: root is bound by none.
fn as_nobody(arguments: &[String], folder: &Path) -> Answer {
    let is_root = fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).unwrap() == 0;
    let output = if is_root {
        // The binary may lie where nobody else can reach it.
        let copy = folder.parent().unwrap().join("casebind");
        fs::copy(CASEBIND, &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
        chown(folder, Some(0), Some(0)).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(copy)
            .args(arguments)
            .env_clear();
        command.env("PATH", "/usr/bin:/bin").output().expect("setpriv is in every Debian")
    } else {
        casebind(arguments).output().unwrap()
    };
    output.into()
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let installation = Installation::new("");
    let config = fs::read_to_string(installation.config()).unwrap().replace("127.0.0.1:0", &address);
    fs::write(installation.config(), config).unwrap();
    installation.run(&["serve"]).expect(1).says(&[&address, "`listen`"]);
}

#[test]
fn a_database_that_is_not_there_is_told_with_the_way_forward() {
    let installation = Installation::new("[database]\nurl = \"postgres://nobody@127.0.0.1:1/nothing\"\n");
    let answer = installation.run(&["migrate"]).expect(1);
    answer.says(&["database", "check `database.url`"]);
}

#[test]
fn the_demonstration_makes_its_people_and_cases_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo").display().to_string();
    let arguments = ["demo", "--seed-only", "--port", "0", "--data-dir", &data];
    let first = run(&arguments).expect(0);
    for login in ["counsellor", "newcomer", "manager", "supervisor", "psychologist", "archivist", "admin"] {
        assert!(first.out.contains(login), "{login}");
    }
    assert!(first.out.contains("http://127.0.0.1:"), "{}", first.out);
    let second = run(&arguments).expect(0);
    let password = |out: &str| {
        let line = out.lines().find(|line| line.contains("counsellor ")).unwrap().to_owned();
        line.split_whitespace().last().unwrap().to_owned()
    };
    assert_eq!(password(&first.out).len(), 23);
    assert_ne!(password(&first.out), password(&second.out), "new passwords at each start");
    let verified = run(&["verify", "--data-dir", &data, "--json"]).expect(0).json();
    assert!(verified[0]["summary"]["originals"].as_u64().unwrap() > 8);
}

#[test]
fn an_installation_has_nobody_in_it_and_says_how_to_begin() {
    let installation = Installation::new("");
    let server = crate::crash::Server::start(&installation);
    assert!(
        server.log_so_far().contains("there is no account yet: casebind user add"),
        "{}",
        server.log_so_far()
    );
    assert_eq!(server.get("/health").0, 200);
    let (status, page) = server.get("/login");
    assert_eq!(status, 200);
    assert!(page.contains("帳號登入"));
    assert!(server.stop().success(), "told to stop, it ends well");
}
