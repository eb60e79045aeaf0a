//! Reads settings one by one from a TOML table and the environment, and collects what can't be used.
//!
//! A key is a path such as `limits.pages`; the environment overrides it as `CASEBIND_LIMITS_PAGES`
//! (and `data_dir` as `CASEBIND_DATA`).
//! It must not know what a setting is for: [`super::Config`] says that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;

use crate::mail::Mailbox;

use super::setting::{Mark, is_secret, may_be_secret};
use super::{Config, ConfigError, Database, Problem, Setting, Settings, Source};

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "CASEBIND_";
/// Variables with that prefix that others read: the command line and the tests.
const ELSEWHERE: [&str; 2] = ["CASEBIND_CONFIG", "CASEBIND_TEST_"];

/// The settings that are still to be read, and what was wrong with those that were.
pub(super) struct Reader<'a> {
    file: PathBuf,
    base: PathBuf,
    table: Table,
    environment: &'a BTreeMap<String, String>,
    known: BTreeSet<String>,
    settings: Settings,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

/// A value as found, and where.
struct Found {
    key: String,
    value: Value,
    from_environment: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        text: &str,
        file: &Path,
        base: &Path,
        environment: &'a BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let table = text.parse::<Table>().map_err(|error| ConfigError::Syntax {
            file: file.to_owned(),
            message: syntax_message(&error, text),
        })?;
        Ok(Self {
            file: file.to_owned(),
            base: base.to_owned(),
            table,
            environment,
            known: BTreeSet::new(),
            settings: Settings::default(),
            problems: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// Sets a key as if the file had it.
    pub(super) fn preset(&mut self, key: &str, value: &str) {
        let (table, name) = match key.split_once('.') {
            Some((section, name)) => {
                let section = self.table.entry(section).or_insert_with(|| Table::new().into());
                (section.as_table_mut().expect("presets are given before anything else"), name)
            }
            None => (&mut self.table, key),
        };
        table.insert(name.into(), value.into());
    }

    /// The configuration, unless something was wrong with it.
    pub(super) fn finish(mut self, config: Config) -> Result<Config, ConfigError> {
        self.report_unknown();
        if self.problems.is_empty() {
            Ok(Config { warnings: self.warnings, settings: self.settings, ..config })
        } else {
            Err(ConfigError::Settings { file: self.file, problems: self.problems })
        }
    }

    pub(super) fn problem(&mut self, key: &str, value: Option<impl Display>, allowed: impl Into<String>) {
        let value = value.map(|v| v.to_string());
        self.problems.push(Problem { key: key.into(), value, allowed: allowed.into() });
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// A text; may be empty.
    pub(super) fn text(&mut self, key: &str, default: &str) -> String {
        let text = self.parsed(key, "a text in quotes", |text| Some(text.into()));
        self.settings.default_of(key, default);
        text.unwrap_or_else(|| default.into())
    }

    /// A text that must be there. `meaning` is told when it isn't.
    pub(super) fn required(&mut self, key: &str, meaning: &str) -> String {
        match self.take(key) {
            Some(Found { value: Value::String(text), .. }) if !text.trim().is_empty() => text,
            Some(found) => {
                self.wrong(&found, &format!("a text in quotes: {meaning}"));
                String::new()
            }
            None => {
                self.problem(key, None::<&str>, meaning);
                String::new()
            }
        }
    }

    /// A path that must be there, counted from the file's own folder.
    pub(super) fn required_path(&mut self, key: &str, meaning: &str) -> PathBuf {
        let path = self.required(key, meaning);
        self.base.join(path)
    }

    /// A path that may be absent.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let base = self.base.clone();
        self.parsed(key, "a path in quotes", |text| (!text.is_empty()).then(|| base.join(text)))
    }

    /// A list of paths; in the environment they are separated by colons.
    pub(super) fn paths(&mut self, key: &str) -> Vec<PathBuf> {
        let Some(found) = self.take(key) else { return vec![] };
        let texts: Option<Vec<String>> = match &found.value {
            Value::String(text) if found.from_environment => {
                Some(text.split(':').filter(|t| !t.is_empty()).map(Into::into).collect())
            }
            Value::Array(values) => values.iter().map(|v| v.as_str().map(Into::into)).collect(),
            _ => None,
        };
        match texts {
            Some(texts) => texts.iter().map(|text| self.base.join(text)).collect(),
            None => {
                self.wrong(&found, r#"a list of paths, such as ["fonts", "/usr/share/fonts"]"#);
                vec![]
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn number<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Display + Copy,
    {
        let Some(found) = self.take(key) else {
            self.settings.default_of(key, &default.to_string());
            return default;
        };
        let number = match &found.value {
            Value::Integer(number) => Some(*number),
            Value::String(text) if found.from_environment => text.trim().parse().ok(),
            _ => None,
        };
        match number.and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n)) {
            Some(number) => number,
            None => {
                self.wrong(&found, &format!("a whole number from {} to {}", range.start(), range.end()));
                default
            }
        }
    }

    /// One of a few words; the first is the default.
    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
        let choice = self.parsed(key, &words.join(" or "), |text| {
            choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
        });
        self.settings.default_of(key, choices[0].0);
        choice.unwrap_or(choices[0].1)
    }

    /// An address with a port.
    pub(super) fn address(&mut self, key: &str, default: SocketAddr) -> SocketAddr {
        let address =
            self.parsed(key, "an IP address and a port, such as 127.0.0.1:8080", |text| text.parse().ok());
        self.settings.default_of(key, &default.to_string());
        address.unwrap_or(default)
    }

    /// A machine's name or address; may be absent.
    pub(super) fn host(&mut self, key: &str) -> Option<String> {
        self.parsed(key, "a machine's name or address without a port, such as mail.example.org", |text| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
            (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
        })
    }

    /// A secret; may be absent. The environment alone may hold it, so that it never lies in a file that others
    /// read, and it is never shown.
    pub(super) fn secret_of_environment(&mut self, key: &str) -> Option<String> {
        let found = self.take(key)?;
        match found.value {
            Value::String(text) if found.from_environment => Some(text).filter(|text| !text.is_empty()),
            _ => {
                let allowed = format!("a text in the environment variable {}, not in a file", variable(key));
                self.problem(key, Some("\"…\""), allowed);
                None
            }
        }
    }

    /// A mail address, with or without a name before it; may be absent unless it is `needed`.
    pub(super) fn mailbox(&mut self, key: &str, needed: bool) -> Option<Mailbox> {
        let allowed = "a mail address, such as notices@example.org or 通知 <notices@example.org>";
        let found = self.take(key);
        if found.is_none() && needed {
            self.missing(key, allowed);
        }
        let found = found?;
        let parsed = found.value.as_str().and_then(Mailbox::parse);
        if parsed.is_none() {
            self.wrong(&found, allowed);
        }
        parsed
    }

    /// Notes that a key is missing which others make necessary.
    pub(super) fn missing(&mut self, key: &str, meaning: &str) {
        self.problem(key, None::<&str>, meaning);
    }

    /// A list of days; in the environment they are separated by commas.
    pub(super) fn dates(&mut self, key: &str) -> Vec<Date> {
        let Some(found) = self.take(key) else { return vec![] };
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let days: Option<Vec<Date>> = match &found.value {
            Value::String(text) if found.from_environment => {
                text.split(',').filter(|t| !t.trim().is_empty()).map(day).collect()
            }
            Value::Array(values) => values.iter().map(|v| v.as_str().and_then(day)).collect(),
            _ => None,
        };
        days.unwrap_or_else(|| {
            self.wrong(&found, r#"a list of days, such as ["2027-01-01", "2027-02-28"]"#);
            vec![]
        })
    }

    /// A list of texts that `parse` understands; in the environment they are separated by commas.
    pub(super) fn list<T>(&mut self, key: &str, allowed: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        self.list_or(key, allowed, parse).unwrap_or_default()
    }

    /// The same; `None` when it is absent, or wrong and noted.
    pub(super) fn list_or<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let found = self.take(key)?;
        let items: Option<Vec<T>> = match &found.value {
            Value::String(text) if found.from_environment => {
                text.split(',').filter(|t| !t.trim().is_empty()).map(|t| parse(t.trim())).collect()
            }
            Value::Array(values) => values.iter().map(|v| v.as_str().and_then(&parse)).collect(),
            _ => None,
        };
        if items.is_none() {
            self.wrong(&found, allowed);
        }
        items
    }

    /// A web address without a path, for links.
    pub(super) fn url(&mut self, key: &str, default: &str) -> String {
        let allowed = "an address without a path, such as https://casebind.example.org";
        let url = self.parsed(key, allowed, |text| {
            let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
            let host = host.strip_suffix('/').unwrap_or(host);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            (!host.is_empty() && host.chars().all(plain)).then(|| text.trim_end_matches('/').into())
        });
        self.settings.default_of(key, default);
        url.unwrap_or_else(|| default.into())
    }

    /// A time zone of the IANA database.
    pub(super) fn time_zone(&mut self, key: &str, default: &str) -> TimeZone {
        let zone = self.parsed(key, "a name of the IANA time zone database, such as Asia/Taipei", |text| {
            TimeZone::get(text).ok()
        });
        self.settings.default_of(key, default);
        zone.unwrap_or_else(|| TimeZone::get(default).expect("the database is built in and has the default"))
    }

    /// A log filter.
    pub(super) fn filter(&mut self, key: &str, default: &str) -> String {
        let filter = self.parsed(
            key,
            "a level (error, warn, info, debug, trace) or a filter such as casebind=debug,warn",
            |text| EnvFilter::try_new(text).is_ok().then(|| text.into()),
        );
        self.settings.default_of(key, default);
        filter.unwrap_or_else(|| default.into())
    }

    /// A database's URL. A wrong one is told without what may be a password.
    pub(super) fn database(&mut self, key: &str, default: &Path) -> Database {
        let Some(found) = self.take(key) else { return Database::Sqlite(default.into()) };
        let text = found.value.as_str().unwrap_or_default().to_owned();
        let (scheme, rest) = text.split_once(':').unwrap_or(("", ""));
        match scheme {
            "postgres" | "postgresql" if rest.starts_with("//") => return Database::Postgres(text),
            "sqlite" if !rest.trim_start_matches('/').is_empty() => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                return Database::Sqlite(self.base.join(path));
            }
            _ => {}
        }
        self.wrong(&found, "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE");
        Database::Sqlite(default.into())
    }

    /// A text that nobody is to see, not even when it is wrong.
    pub(super) fn secret(&mut self, key: &str) -> Option<String> {
        let found = self.take(key)?;
        let secret = found.value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if secret.is_none() {
            self.problem(&found.key, Some("…"), "a text in quotes");
        }
        secret
    }

    /// A text that `parse` understands; `None` when it is absent, or wrong and noted.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.take(key)?;
        let parsed = found.value.as_str().and_then(parse);
        if parsed.is_none() {
            self.wrong(&found, allowed);
        }
        parsed
    }

    fn wrong(&mut self, found: &Found, allowed: &str) {
        self.problem(&found.key, Some(shown(&found.value)), allowed);
    }

    /// Takes a key's value out of the table; the environment's comes first.
    fn take(&mut self, key: &str) -> Option<Found> {
        self.known.insert(key.into());
        let of_file = match key.split_once('.') {
            Some((section, name)) => {
                self.table.get_mut(section).and_then(Value::as_table_mut).and_then(|t| t.remove(name))
            }
            None => self.table.remove(key),
        };
        let variable = variable(key);
        let note = |value: Option<&Value>, source| Setting {
            key: key.into(),
            value: value.map(|value| match is_secret(key) {
                true => "…".to_owned(),
                false => shown(value).trim_matches('"').to_owned(),
            }),
            source,
            variable: variable.clone(),
            mark: value
                .filter(|value| is_secret(key) || shown(value) != value.to_string())
                .map(|value| Mark::of(&value.to_string())),
        };
        if let Some(text) = self.environment.get(&variable) {
            let value = Value::String(text.clone());
            self.settings.note(note(Some(&value), Source::Environment));
            let key = format!("{key} (from {variable})");
            return Some(Found { key, value, from_environment: true });
        }
        self.settings.note(match &of_file {
            Some(value) => note(Some(value), Source::File),
            None => note(None, Source::Default),
        });
        of_file.map(|value| Found { key: key.into(), value, from_environment: false })
    }

    /// Whatever is still in the table is unknown. An unknown variable is only a warning: where
    /// services run in containers, variables such as CASEBIND_PORT appear by themselves.
    fn report_unknown(&mut self) {
        let sections: BTreeSet<&str> =
            self.known.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
        let mut unknown = Vec::new();
        for (key, value) in &self.table {
            match value {
                Value::Table(section) if sections.contains(key.as_str()) => {
                    unknown
                        .extend(section.iter().map(|(name, value)| (format!("{key}.{name}"), shown(value))));
                }
                value if sections.contains(key.as_str()) => {
                    let allowed = format!("a section: [{key}]");
                    self.problems.push(Problem { key: key.clone(), value: Some(shown(value)), allowed });
                }
                value => unknown.push((key.clone(), shown(value))),
            }
        }
        for (key, value) in unknown {
            let allowed = self.allowed_beside(&key);
            let value = if may_be_secret(&key) { "…".to_owned() } else { value };
            self.problems.push(Problem { key: format!("unknown key {key}"), value: Some(value), allowed });
        }
        for name in self.environment.keys().filter(|n| !ELSEWHERE.iter().any(|e| n.starts_with(e))) {
            if !self.known.iter().any(|key| variable(key) == *name) {
                self.warnings.push(format!("the environment variable {name} is no setting of casebind's"));
            }
        }
    }

    /// The keys that could have been meant: those of the same section, else the top ones.
    fn allowed_beside(&self, unknown: &str) -> String {
        let section = unknown.split_once('.').map(|(section, _)| section);
        let mut keys = BTreeSet::new();
        for key in &self.known {
            match (key.split_once('.'), section) {
                (Some((of, _)), Some(section)) if of == section => keys.insert(key.clone()),
                (Some((of, _)), None) => keys.insert(format!("[{of}]")),
                (None, None) => keys.insert(key.clone()),
                _ => false,
            };
        }
        keys.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// A value for a message. An address may hold a password before its `@` or among its parameters, so only its scheme is
/// shown.
fn shown(value: &Value) -> String {
    match value {
        Value::Table(_) => "a section".into(),
        Value::String(text) if text.contains('@') || text.contains("://") && text.contains('=') => {
            match text.split_once("://") {
                Some((scheme, _)) => format!("\"{scheme}://…\""),
                None => "\"…@…\"".into(),
            }
        }
        value => value.to_string(),
    }
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    match key {
        // The one that the command line reads too, under its shorter name.
        "data_dir" => format!("{PREFIX}DATA"),
        key => format!("{PREFIX}{}", key.replace('.', "_").to_uppercase()),
    }
}

/// Where the mistake is and what was expected; the line itself is left out, it may hold a password.
fn syntax_message(error: &toml::de::Error, text: &str) -> String {
    let Some(span) = error.span() else { return error.message().into() };
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message())
}
