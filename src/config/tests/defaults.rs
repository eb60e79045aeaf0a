//! The configuration of an installation that sets next to nothing: what a file needs at least, and what a demonstration gets.

use std::path::Path;

use insta::assert_snapshot;

use super::{Config, MINIMAL, parse};

#[test]
fn a_minimal_file_has_the_documented_defaults() {
    let config = parse(MINIMAL, &[]).unwrap();
    assert_snapshot!(format!("{config:#?}"), @r#"
    Config {
        data_dir: "/etc/casebind/data",
        listen: 127.0.0.1:8080,
        tls: None,
        proxy: Proxy {
            trusted: [],
            header: XForwarded,
        },
        metrics: None,
        shutdown: Shutdown {
            lead: 0ns,
            limit: 30s,
        },
        public_url: "http://127.0.0.1:8080",
        time_zone: TimeZone(
            TZif(
                "Asia/Taipei",
            ),
        ),
        database: Sqlite(
            "/etc/casebind/data/casebind.sqlite",
        ),
        originals: None,
        organisation: Organisation {
            name: "測試中心",
            phone: "",
        },
        limits: Limits {
            upload_bytes: 20971520,
            pages: 50,
            stack_bytes: 209715200,
            stack_pages: 200,
        },
        child: ChildLimits {
            time: 60s,
            page_time: 20s,
            memory_bytes: 1073741824,
            page_pixels: 80000000,
            at_once: 0,
        },
        session: SessionLimits {
            idle: 900s,
            absolute: 28800s,
        },
        doors: Rules {
            staff: Required,
            fresh: 600000,
            remember: 2592000000,
            network_failures: 100,
        },
        entrance: Entrance {
            captcha_at_login: Always,
            requests: Requests {
                window_minutes: 15,
                login: 300,
                sign_on: 300,
                register: 30,
                password: 30,
                captcha: 600,
                wrong_captcha: 60,
                phone: 120,
                mail: 3,
                signed_in: 6000,
            },
        },
        argon2: Argon2 {
            memory_kib: 19456,
            passes: 2,
            lanes: 1,
        },
        sign_on: None,
        forms: FormPaths {
            template_dir: None,
            font_dirs: [],
        },
        notice: None,
        mail: Mail {
            smtp: None,
            from: Mailbox {
                name: "",
                address: "casebind@localhost",
            },
            gather_minutes: 2,
        },
        reminders: Patience {
            seal: 5,
            supplement: 5,
            review: 3,
            dispatch: 3,
            close: 3,
            account: 3,
            record: 15,
            disposal: 5,
            times: 3,
            calendar: Calendar {
                holidays: {},
            },
        },
        accounts: Accounts {
            disable_unused_days: 180,
            review_days: 180,
        },
        custody: Custody {
            checkpoint_dir: None,
            checkpoint_minutes: 60,
            origin: None,
            key_file: None,
        },
        encryption: Encryption {
            key_dir: None,
            key: None,
        },
        fixity: Fixity {
            days: 90,
            bytes_per_second: 8388608,
        },
        backup: Backup {
            folder: None,
            every_hours: 24,
            keep: 14,
            warn_days: 7,
        },
        log: Log {
            filter: "info",
            format: Text,
        },
        settings: Settings(..),
        warnings: [],
    }
    "#);
}

#[test]
fn a_demonstration_needs_no_file() {
    let config = Config::demo(Path::new("/tmp/demo #1?"));
    assert_eq!(config.data_dir, Path::new("/tmp/demo #1?"));
    assert!(config.listen.ip().is_loopback());
    assert_eq!(config.database.url(), "sqlite:///tmp/demo %231%3F/casebind.sqlite");
    assert_eq!(config.warnings, Vec::<String>::new());
}
