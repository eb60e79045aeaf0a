//! What is missing, unknown or wrong is refused, all at once, and without telling secrets.

use insta::assert_snapshot;

use super::*;

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
