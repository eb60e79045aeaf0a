//! What the configuration says of values that are right, wrong, unknown and missing.

use insta::assert_snapshot;

use crate::case::working_days::Calendar;
use crate::mail::{Login, Mailbox, Smtp, Tls as Way};

use super::*;

const MINIMAL: &str = "data_dir = \"data\"\norganisation.name = \"測試中心\"\n";

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = Environment::from_pairs(environment.iter().copied());
    Config::parse(text, Path::new("casebind.toml"), Path::new("/etc/casebind"), &environment)
}

fn refused(text: &str, environment: &[(&str, &str)]) -> String {
    parse(text, environment).unwrap_err().to_string()
}

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

#[test]
fn keys_to_a_bucket_come_from_the_environment_or_a_file_of_their_own() {
    let text = format!("{MINIMAL}originals.bucket = \"casebind\"\n");
    let said = refused(&text, &[]);
    assert!(
        said.contains("originals.keys_file is missing") && said.contains("CASEBIND_S3_ACCESS_KEY_ID"),
        "{said}"
    );
    let keys = [("CASEBIND_S3_ACCESS_KEY_ID", "GK1"), ("CASEBIND_S3_SECRET_ACCESS_KEY", "of ours")];
    let config = parse(&text, &keys).unwrap();
    let bucket = config.originals.clone().unwrap();
    assert_eq!(bucket.keys, BucketKeys::Given("GK1".into(), "of ours".into()));
    assert!(bucket.path_style && bucket.endpoint.is_none());
    assert!(!format!("{config:?}").contains("of ours"));
    let shown = |key: &str| config.settings.0.iter().find(|one| one.key == key).unwrap().value.clone();
    assert_eq!(shown("s3.secret_access_key").as_deref(), Some("…"));
    assert_eq!(shown("s3.access_key_id").as_deref(), Some("…"));
    let said = refused(&format!("{text}s3.secret_access_key = \"of ours\"\n"), &keys[..1]);
    assert!(said.contains("not in a file") && !said.contains("of ours"), "{said}");
    let said = refused(&format!("{text}originals.endpoint = \"http://10.0.0.7:3900\"\n"), &keys);
    assert!(said.contains("http:// on this machine only"), "{said}");
}

#[test]
fn the_environment_comes_first() {
    let config = parse(
        MINIMAL,
        &[
            ("CASEBIND_DATA", "/srv/casebind"),
            ("CASEBIND_DATABASE_URL", "sqlite:/srv/other.sqlite"),
            ("CASEBIND_LIMITS_PAGES", "7"),
            ("CASEBIND_FORMS_FONT_DIRS", "/a:/b"),
            ("CASEBIND_TEST_POSTGRES", "of the tests"),
            ("CASEBIND_PORT", "tcp://10.0.0.1:80"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.data_dir, Path::new("/srv/casebind"));
    assert_eq!(config.database, Database::Sqlite("/srv/other.sqlite".into()));
    assert_eq!(config.limits.pages, 7);
    assert_eq!(config.forms.font_dirs, [Path::new("/a"), Path::new("/b")]);
    assert_eq!(config.warnings, ["the environment variable CASEBIND_PORT is no setting of casebind's"]);
}

#[test]
fn metrics_are_off_by_default_and_warned_of_where_others_reach_them() {
    let config = parse(&format!("{MINIMAL}[shutdown]\nlead_seconds = 10\nlimit_seconds = 5\n"), &[]).unwrap();
    assert_eq!((config.metrics, config.shutdown.lead.as_secs()), (None, 10));
    assert_eq!(config.shutdown.limit.as_secs(), 5);
    let here = parse(&format!("{MINIMAL}[metrics]\nlisten = \"127.0.0.1:9464\"\n"), &[]).unwrap();
    assert_eq!(here.metrics, Some(SocketAddr::from(([127, 0, 0, 1], 9464))));
    assert!(here.warnings.is_empty(), "{:?}", here.warnings);
    let open = parse(MINIMAL, &[("CASEBIND_METRICS_LISTEN", "0.0.0.0:9464")]).unwrap();
    assert!(open.warnings[0].starts_with("metrics.listen = 0.0.0.0:9464"), "{:?}", open.warnings);
}

#[test]
fn missing_and_unknown_keys_are_named_with_what_is_allowed() {
    let text = "dat_dir = \"data\"\nurl = \"postgres://u:secret@db\"\n[limits]\nmax_pages = 3\n[sesion]\nidle_minutes = 1\n";
    assert_snapshot!(refused(text, &[]), @r#"
    configuration casebind.toml: 6 settings can't be used
      data_dir is missing: it is the folder for the database, the originals and the keys
      organisation.name is missing: it is the organisation's name, as printed on forms
      unknown key dat_dir = "data": allowed is [accounts], [argon2], [backup], [captcha], [child], [custody], [database], [encryption], [fixity], [forms], [limits], [log], [login], [mail], [metrics], [notice], [organisation], [originals], [proxy], [reminders], [requests], [s3], [second_factor], [session], [shutdown], [sign_on], [tls], data_dir, listen, public_url, time_zone
      unknown key limits.max_pages = 3: allowed is limits.pages, limits.stack_megabytes, limits.stack_pages, limits.upload_megabytes
      unknown key sesion = a section: allowed is [accounts], [argon2], [backup], [captcha], [child], [custody], [database], [encryption], [fixity], [forms], [limits], [log], [login], [mail], [metrics], [notice], [organisation], [originals], [proxy], [reminders], [requests], [s3], [second_factor], [session], [shutdown], [sign_on], [tls], data_dir, listen, public_url, time_zone
      unknown key url = "postgres://…": allowed is [accounts], [argon2], [backup], [captcha], [child], [custody], [database], [encryption], [fixity], [forms], [limits], [log], [login], [mail], [metrics], [notice], [organisation], [originals], [proxy], [reminders], [requests], [s3], [second_factor], [session], [shutdown], [sign_on], [tls], data_dir, listen, public_url, time_zone
    "#);
    assert_snapshot!(refused("data_dir = \"x\"\norganisation = \"測試中心\"", &[]), @r#"
    configuration casebind.toml: 2 settings can't be used
      organisation.name is missing: it is the organisation's name, as printed on forms
      organisation = "測試中心": allowed is a section: [organisation]
    "#);
}

#[test]
fn wrong_values_are_named_all_at_once() {
    let text = r#"
        data_dir = ""
        listen = "localhost"
        public_url = "forms.example.org"
        time_zone = "Asia/Taipeh"
        [database]
        url = "mysql://root:secret@db/casebind"
        [organisation]
        name = 5
        [limits]
        upload_megabytes = 0
        pages = "many"
        [session]
        idle_minutes = 60
        absolute_minutes = 30
        [argon2]
        memory_kib = 1024
        [forms]
        font_dirs = "fonts"
        [log]
        filter = "casebind=loud"
        format = "xml"
    "#;
    let message = refused(text, &[("CASEBIND_CHILD_SECONDS", "1 minute")]);
    assert!(!message.contains("secret"));
    assert_snapshot!(message, @r#"
    configuration casebind.toml: 14 settings can't be used
      data_dir = "": allowed is a text in quotes: the folder for the database, the originals and the keys
      listen = "localhost": allowed is an IP address and a port, such as 127.0.0.1:8080
      public_url = "forms.example.org": allowed is an address without a path, such as https://casebind.example.org
      time_zone = "Asia/Taipeh": allowed is a name of the IANA time zone database, such as Asia/Taipei
      database.url = "mysql://…": allowed is sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
      organisation.name = 5: allowed is a text in quotes: the organisation's name, as printed on forms
      limits.upload_megabytes = 0: allowed is a whole number from 1 to 1024
      limits.pages = "many": allowed is a whole number from 1 to 255
      child.seconds (from CASEBIND_CHILD_SECONDS) = "1 minute": allowed is a whole number from 1 to 3600
      argon2.memory_kib = 1024: allowed is a whole number from 19456 to 4194304
      forms.font_dirs = "fonts": allowed is a list of paths, such as ["fonts", "/usr/share/fonts"]
      log.filter = "casebind=loud": allowed is a level (error, warn, info, debug, trace) or a filter such as casebind=debug,warn
      log.format = "xml": allowed is "text" or "json"
      session.idle_minutes = 60: allowed is at most session.absolute_minutes
    "#);
}

#[test]
fn mail_and_reminders_name_what_is_allowed() {
    let text = format!(
        "{MINIMAL}[mail]\nfrom = \"nobody\"\n[reminders]\nseal_days = -1\ntimes = 0\nholidays = [\"2027-02-29\"]\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 4 settings can't be used
      mail.from = "nobody": allowed is a mail address, such as notices@example.org or 通知 <notices@example.org>
      reminders.seal_days = -1: allowed is a whole number from 0 to 365
      reminders.times = 0: allowed is a whole number from 1 to 100
      reminders.holidays = ["2027-02-29"]: allowed is a list of days, such as ["2027-01-01", "2027-02-28"]
    "#);
    let days = [("CASEBIND_REMINDERS_HOLIDAYS", "2027-01-01, 2027-02-28,")];
    assert_eq!(parse(MINIMAL, &days).unwrap().reminders.calendar.holidays.len(), 2);
}

#[test]
fn a_mail_server_names_what_it_needs() {
    let text = format!("{MINIMAL}[mail]\nhost = \"mail.example.org\"\ntls = \"none\"\nuser = \"casebind\"\n");
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      mail.from is missing: it is a mail address, such as notices@example.org or 通知 <notices@example.org>
      mail.password is missing: it is the password of mail.user, in the environment variable CASEBIND_MAIL_PASSWORD
      mail.tls = "none": allowed is "starttls" or "tls"; "none" only with a host on this machine, such as localhost
    "#);
    let text = format!(
        "{MINIMAL}[mail]\nhost = \"smtp://x\"\nport = 0\ntls = \"ssl\"\nfrom = \"nobody\"\npassword = \"secret\"\nanswer_seconds = 61\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 6 settings can't be used
      mail.host = "smtp://x": allowed is a machine's name or address without a port, such as mail.example.org
      mail.from = "nobody": allowed is a mail address, such as notices@example.org or 通知 <notices@example.org>
      mail.tls = "ssl": allowed is "starttls" or "tls" or "none"
      mail.port = 0: allowed is a whole number from 1 to 65535
      mail.password = "…": allowed is a text in the environment variable CASEBIND_MAIL_PASSWORD, not in a file
      mail.answer_seconds = 61: allowed is a whole number from 1 to 60
    "#);
    assert_snapshot!(refused(MINIMAL, &[("CASEBIND_MAIL_PASSWORD", "secret")]), @r#"
    configuration casebind.toml: 1 setting can't be used
      mail.user is missing: it is the name that goes with mail.password
    "#);
}

#[test]
fn mail_without_encryption_stays_on_the_machine() {
    for host in ["localhost", "127.0.0.1", "::1"] {
        let text = format!("{MINIMAL}[mail]\nhost = \"{host}\"\ntls = \"none\"\nfrom = \"a@example.org\"\n");
        let smtp = parse(&text, &[]).unwrap().mail.smtp;
        assert_eq!(smtp.map(|smtp| (smtp.port, smtp.tls)), Some((25, Way::None)));
    }
    let usual = format!("{MINIMAL}[mail]\nhost = \"mail.example.org\"\nfrom = \"a@example.org\"\n");
    let smtp = parse(&usual, &[]).unwrap().mail.smtp;
    assert_eq!(smtp.map(|smtp| (smtp.port, smtp.tls)), Some((587, Way::StartTls)));
}

#[test]
fn tls_and_proxies_name_what_is_allowed() {
    let text = format!(
        "public_url = \"http://forms.example.org\"\n{MINIMAL}[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n\
         [proxy]\ntrusted = [\"10.0.0.0/40\"]\nheader = \"both\"\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      proxy.trusted = ["10.0.0.0/40"]: allowed is a list of addresses and networks, such as ["127.0.0.1/32", "10.1.0.0/16"]
      proxy.header = "both": allowed is "x-forwarded-for" or "forwarded"
      public_url = http://forms.example.org: allowed is an https:// address, now that there is a [tls]
    "#);
    assert_snapshot!(refused(&format!("{MINIMAL}[tls]\nkey = \"k.pem\"\n"), &[]), @r#"
    configuration casebind.toml: 1 setting can't be used
      tls.certificate is missing: it is the certificate of tls.key with its chain, PEM
    "#);
    let served = parse(&format!("{MINIMAL}[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n"), &[]).unwrap();
    assert_eq!(served.public_url, "https://127.0.0.1:8080");
    let trusted = [("CASEBIND_PROXY_TRUSTED", "127.0.0.1, 10.0.0.0/8")];
    assert_eq!(parse(MINIMAL, &trusted).unwrap().proxy.trusted.len(), 2);
}

#[test]
fn sign_on_names_what_is_missing_and_keeps_its_secret() {
    let text = format!("{MINIMAL}[sign_on]\nissuer = \"https://id.example.org\"\nclient_secret = 5\n");
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      sign_on.client_secret = …: allowed is a text in quotes
      sign_on.client_id is missing: it is what the provider knows this installation by
      sign_on.client_secret is missing: it is the secret at the provider; or name its file as sign_on.client_secret_file
    "#);
    for (issuer, allowed) in [
        ("https://id.example.org", true),
        ("http://127.0.0.1:4000", true),
        ("http://localhost:4000/oidc", true),
        ("http://[::1]:4000", true),
        ("http://id.example.org", false),
        ("http://127.0.0.1.example.org", false),
        ("http://127.0.0.1@example.org", false),
        ("https://id.example.org?x=1", false),
        ("id.example.org", false),
    ] {
        let text =
            format!("{MINIMAL}[sign_on]\nissuer = \"{issuer}\"\nclient_id = \"c\"\nclient_secret = \"s\"\n");
        assert_eq!(parse(&text, &[]).is_ok(), allowed, "{issuer}");
    }
    let text = format!("{MINIMAL}[sign_on]\nissuer = \"https://id.example.org\"\nclient_id = \"c\"\n");
    let config = parse(&text, &[("CASEBIND_SIGN_ON_CLIENT_SECRET", "secret of the environment")]).unwrap();
    assert!(!format!("{config:?}").contains("secret of"));
    let config = parse(&text, &[("CASEBIND_SIGN_ON_CLIENT_SECRET_FILE", "/run/secrets/sign-on")]).unwrap();
    assert_eq!(config.sign_on.unwrap().client_secret, ClientSecret::InFile("/run/secrets/sign-on".into()));
}

#[test]
fn what_is_not_toml_is_told_by_line_and_without_the_line() {
    let message = refused("data_dir = \"data\"\ndatabase.url = postgres://u:secret@db/x\n", &[]);
    assert!(!message.contains("secret"), "{message}");
    assert_snapshot!(message, @r#"
    configuration casebind.toml is not TOML: line 2, column 16: string values must be quoted, expected literal string
    "#);
    let error = Config::load(Path::new("/nowhere/casebind.toml"), &Environment::default()).unwrap_err();
    assert_snapshot!(error, @r#"
    configuration /nowhere/casebind.toml: No such file or directory (os error 2); name another with --config FILE
    "#);
}

#[test]
fn plain_http_beyond_this_machine_is_a_warning() {
    let text = format!("listen = \"0.0.0.0:80\"\n{MINIMAL}");
    assert_eq!(parse(&text, &[]).unwrap().warnings.len(), 1);
    let text = format!("public_url = \"https://forms.example.org\"\n{text}");
    assert_eq!(parse(&text, &[]).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn checkpoints_of_one_machine_are_a_warning_where_several_may_serve() {
    let bucket = format!("{MINIMAL}[originals]\nbucket = \"casebind\"\n");
    let keys = [("CASEBIND_S3_ACCESS_KEY_ID", "id"), ("CASEBIND_S3_SECRET_ACCESS_KEY", "secret")];
    let warned = parse(&bucket, &keys).unwrap().warnings;
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("custody.checkpoint_dir isn't set"), "{warned:?}");
    let shared = format!("{bucket}[custody]\ncheckpoint_dir = \"/mnt/checkpoints\"\n");
    assert_eq!(parse(&shared, &keys).unwrap().warnings, Vec::<String>::new());
    assert_eq!(parse(MINIMAL, &[]).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn a_demonstration_needs_no_file() {
    let config = Config::demo(Path::new("/tmp/demo #1?"));
    assert_eq!(config.data_dir, Path::new("/tmp/demo #1?"));
    assert!(config.listen.ip().is_loopback());
    assert_eq!(config.database.url(), "sqlite:///tmp/demo %231%3F/casebind.sqlite");
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn every_key_tells_what_it_is_set_to_and_where_but_no_secret() {
    let text = format!(
        "{MINIMAL}[limits]\npages = 9\n[database]\nurl = \"postgres://casebind:seven-of-nine@db/casebind\"\n"
    );
    let config = parse(&text, &[("CASEBIND_LIMITS_STACK_PAGES", "7")]).unwrap();
    let setting = |key: &str| {
        let found = config.settings.0.iter().find(|setting| setting.key == key).unwrap();
        (found.value.clone().unwrap_or_default(), found.source)
    };
    assert_eq!(setting("limits.pages"), ("9".into(), Source::File));
    assert_eq!(setting("limits.stack_pages"), ("7".into(), Source::Environment));
    assert_eq!(setting("session.idle_minutes"), ("15".into(), Source::Default));
    assert_eq!(setting("log.format"), ("text".into(), Source::Default));
    assert_eq!(setting("database.url"), ("postgres://…".into(), Source::File));
    assert!(!format!("{:?}", config.settings.0).contains("seven-of-nine"));
    // Another password behind the same words is another value; what is shown whole needs no mark.
    let mark = |config: &Config, key: &str| {
        config.settings.0.iter().find(|setting| setting.key == key).unwrap().mark
    };
    let other = parse(&text.replace("seven-of-nine", "eight-of-nine"), &[]).unwrap();
    assert_eq!(mark(&config, "database.url"), mark(&parse(&text, &[]).unwrap(), "database.url"));
    assert_ne!(mark(&config, "database.url"), mark(&other, "database.url"));
    assert_eq!(mark(&config, "limits.pages"), None);
    for key in ["sign_on.client_secret", "mail.password", "tls.key", "x.api_token"] {
        assert!(setting::is_secret(key), "{key}");
    }
    assert!(!setting::is_secret("limits.pages") && !setting::is_secret("x.keys_of_people"));
    // A secret of digits is one too, and how often passwords may be forgotten is none.
    let text =
        format!("{MINIMAL}[mail]\nhost = \"localhost\"\nfrom = \"a@example.org\"\nuser = \"casebind\"\n");
    let config = parse(&text, &[("CASEBIND_MAIL_PASSWORD", "20261231"), ("CASEBIND_REQUESTS_PASSWORD", "7")]);
    let settings = config.unwrap().settings.0;
    let value = |key: &str| settings.iter().find(|setting| setting.key == key).unwrap().value.clone();
    assert_eq!(value("mail.password").as_deref(), Some("…"));
    assert_eq!(value("requests.password").as_deref(), Some("7"));
}

#[test]
fn a_secret_under_a_wrong_name_is_not_told() {
    let text =
        format!("{MINIMAL}[mail]\npasword = \"seven-of-nine\"\n[sign_on]\nclientsecret = \"of-nine\"\n");
    let message = refused(&text, &[]);
    assert!(
        message.contains("unknown key mail.pasword = …") && message.contains("sign_on.clientsecret = …"),
        "{message}"
    );
    assert!(!message.contains("of-nine"), "{message}");
}
