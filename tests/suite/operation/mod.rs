//! What operators need: looks at health, metrics, an end that loses nothing, and several processes at once.

mod claims;
mod deploy;
mod health;
mod keys;
mod metrics;
mod several;
mod stopping;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use casebind::web;

use crate::support::command::Installation;
use crate::support::{Browser, House};

/// An installation over the data and the database of a house, with metrics on a port of its own.
fn installation(house: &House, more: &str) -> Installation {
    let installation = crate::crash::killed::installation(house);
    let mut config = std::fs::read_to_string(installation.config()).unwrap();
    write!(config, "[metrics]\nlisten = \"127.0.0.1:0\"\n{more}").unwrap();
    std::fs::write(installation.config(), config).unwrap();
    installation
}

/// Somebody who watches the house.
fn watcher(house: &House) -> Browser {
    let router = web::watch::router(house.app.clone());
    Browser::new(router, house.app.cookie_name(), house.office().world.clock.clone())
}

/// Asks again and again until it is so.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(90);
    while !so() {
        assert!(Instant::now() < end, "{what}: not within a minute and a half");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The value of a series, as a metrics page has it; 0 where it isn't there.
fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap_or_else(|_| panic!("{series} {value}")))
}
