//! Where each setting comes from, and how it is told to administrators.

use super::*;

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
