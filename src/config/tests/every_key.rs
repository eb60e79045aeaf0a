//! Every key of the configuration, set to something else than its default.

use crate::case::working_days::Calendar;
use crate::mail::{Login, Mailbox, Smtp, Tls as Way};

use super::*;

#[test]
fn every_key_can_be_set() {
    let text = r#"
        data_dir = "/var/lib/casebind"
        listen = "[::1]:9000"
        public_url = "https://forms.example.org/"
        time_zone = "UTC"
        [database]
        url = "postgres://casebind:secret@db/casebind"
        [originals]
        bucket = "casebind"
        endpoint = "https://s3.example.org"
        region = "garage"
        prefix = "centre/"
        addressing = "virtual"
        timeout_seconds = 20
        keys_file = "s3.keys"
        [organisation]
        name = "測試中心"
        phone = "07-1234567"
        [limits]
        upload_megabytes = 5
        stack_megabytes = 80
        stack_pages = 90
        pages = 4
        [child]
        seconds = 10
        page_seconds = 4
        memory_megabytes = 256
        page_megapixels = 20
        at_once = 1
        [session]
        idle_minutes = 5
        absolute_minutes = 60
        remember_days = 0
        [login]
        network_failures = 50
        [second_factor]
        staff = "offered"
        fresh_minutes = 5
        [argon2]
        memory_kib = 65536
        passes = 3
        lanes = 2
        [captcha]
        login = "after-failure"
        [requests]
        window_minutes = 5
        login = 50
        sign_on = 40
        register = 4
        password = 6
        captcha = 70
        wrong_captcha = 8
        phone = 90
        mail = 1
        signed_in = 700
        [notice]
        file = "notice.toml"
        [forms]
        template_dir = "forms"
        font_dirs = ["fonts", "/usr/share/fonts"]
        [mail]
        host = "mail.example.org"
        port = 2465
        tls = "tls"
        user = "casebind"
        ca_file = "own-authority.pem"
        answer_seconds = 5
        from = "通知 <notices@example.org>"
        gather_minutes = 10
        [reminders]
        seal_days = 7
        supplement_days = 6
        review_days = 2
        dispatch_days = 0
        close_days = 4
        account_days = 1
        record_days = 10
        disposal_days = 8
        times = 1
        holidays = ["2027-01-01", "2027-02-28"]
        [accounts]
        disable_unused_days = 0
        review_days = 90
        [custody]
        checkpoint_dir = "/mnt/elsewhere"
        checkpoint_minutes = 10
        origin = "centre.example.org/chain"
        key_file = "custody.pem"
        [encryption]
        key_dir = "archive-keys"
        [fixity]
        days = 30
        megabytes_per_second = 2
        [backup]
        folder = "/mnt/backup"
        every_hours = 6
        keep = 30
        warn_days = 2
        [log]
        filter = "casebind=debug,warn"
        format = "json"
        [tls]
        certificate = "tls/chain.pem"
        key = "/etc/ssl/key.pem"
        [sign_on]
        issuer = "https://id.example.org/tenant"
        client_id = "casebind"
        client_secret = "a secret of ours"
        auth_method = "client_secret_post"
        label = "教育局單一登入"
        scopes = ["email"]
        timeout_seconds = 9
        second_factor_amr = []
        second_factor_acr = ["urn:example:2fa"]
        student_titles = ["學生", "家長"]
        [proxy]
        trusted = ["127.0.0.1/32", "10.1.0.0/16", "2001:db8::7"]
        header = "forwarded"
    "#;
    let config = parse(text, &[("CASEBIND_MAIL_PASSWORD", "secret of mail")]).unwrap();
    assert_eq!(config.listen, SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9000)));
    assert_eq!(config.public_url, "https://forms.example.org");
    assert_eq!(config.database.url(), "postgres://casebind:secret@db/casebind");
    let bucket = Bucket {
        name: "casebind".into(),
        endpoint: Some("https://s3.example.org".into()),
        region: "garage".into(),
        prefix: "centre".into(),
        path_style: false,
        timeout: Duration::from_secs(20),
        keys: BucketKeys::InFile("/etc/casebind/s3.keys".into()),
    };
    assert_eq!(config.originals, Some(bucket));
    assert_eq!(
        config.limits,
        Limits { upload_bytes: 5 * 1024 * 1024, pages: 4, stack_bytes: 80 * 1024 * 1024, stack_pages: 90 }
    );
    assert_eq!(config.child.memory_bytes, 256 * 1024 * 1024);
    assert_eq!((config.child.page_time, config.child.at_once), (Duration::from_secs(4), 1));
    assert_eq!(config.session.idle, Duration::from_secs(300));
    assert_eq!(config.argon2, Argon2 { memory_kib: 65536, passes: 3, lanes: 2 });
    let rules = Rules { staff: StaffFactor::Offered, fresh: 300_000, remember: 0, network_failures: 50 };
    assert_eq!(config.doors, rules);
    let requests = Requests {
        window_minutes: 5,
        login: 50,
        sign_on: 40,
        register: 4,
        password: 6,
        captcha: 70,
        wrong_captcha: 8,
        phone: 90,
        mail: 1,
        signed_in: 700,
    };
    assert_eq!(config.entrance, Entrance { captcha_at_login: CaptchaAtLogin::AfterFailure, requests });
    assert_eq!(config.notice.as_deref(), Some(Path::new("/etc/casebind/notice.toml")));
    assert_eq!(config.forms.template_dir.as_deref(), Some(Path::new("/etc/casebind/forms")));
    assert_eq!(config.forms.font_dirs, [Path::new("/etc/casebind/fonts"), Path::new("/usr/share/fonts")]);
    let from = Mailbox::parse("通知 <notices@example.org>").unwrap();
    let smtp = Smtp {
        host: "mail.example.org".into(),
        port: 2465,
        tls: Way::FromStart,
        login: Some(Login { user: "casebind".into(), password: "secret of mail".into() }),
        ca_file: Some("/etc/casebind/own-authority.pem".into()),
        answer: Duration::from_secs(5),
    };
    assert_eq!(config.mail, Mail { smtp: Some(smtp), from, gather_minutes: 10 });
    let holidays = [jiff::civil::date(2027, 1, 1), jiff::civil::date(2027, 2, 28)].into();
    let calendar = Calendar { holidays };
    assert_eq!(
        config.reminders,
        Patience {
            seal: 7,
            supplement: 6,
            review: 2,
            dispatch: 0,
            close: 4,
            account: 1,
            record: 10,
            disposal: 8,
            times: 1,
            calendar,
        }
    );
    assert_eq!(config.accounts, Accounts { disable_unused_days: 0, review_days: 90 });
    let custody = Custody {
        checkpoint_dir: Some("/mnt/elsewhere".into()),
        checkpoint_minutes: 10,
        origin: Some("centre.example.org/chain".into()),
        key_file: Some("/etc/casebind/custody.pem".into()),
    };
    assert_eq!(config.custody, custody);
    let encryption = Encryption { key_dir: Some("/etc/casebind/archive-keys".into()), key: None };
    assert_eq!(config.encryption, encryption);
    assert_eq!(config.custody.origin(&config.public_url), "centre.example.org/chain");
    assert_eq!(config.fixity, Fixity { days: 30, bytes_per_second: 2 * 1024 * 1024 });
    let folder = Some("/mnt/backup".into());
    assert_eq!(config.backup, Backup { folder, every_hours: 6, keep: 30, warn_days: 2 });
    assert_eq!(config.log, Log { filter: "casebind=debug,warn".into(), format: LogFormat::Json });
    let sign_on = config.sign_on.clone().unwrap();
    assert_eq!(sign_on.issuer, "https://id.example.org/tenant");
    assert_eq!(sign_on.client_secret, ClientSecret::Given("a secret of ours".into()));
    assert_eq!((sign_on.auth_method, sign_on.timeout), (AuthMethod::Post, Duration::from_secs(9)));
    assert_eq!(
        (sign_on.scopes, sign_on.student_titles),
        (vec!["email".into()], vec!["學生".into(), "家長".into()])
    );
    assert_eq!(
        (sign_on.second_factor_amr, sign_on.second_factor_acr),
        (vec![], vec!["urn:example:2fa".into()])
    );
    let tls = Tls { certificate: "/etc/casebind/tls/chain.pem".into(), key: "/etc/ssl/key.pem".into() };
    assert_eq!(config.tls, Some(tls));
    let trusted = ["127.0.0.1/32", "10.1.0.0/16", "2001:db8::7/128"].map(|network| network.parse().unwrap());
    assert_eq!(config.proxy, Proxy { trusted: trusted.into(), header: ProxyHeader::Forwarded });
    let told = format!("{config:?}");
    assert!(!told.contains("casebind:secret") && !told.contains("of ours"));
}
