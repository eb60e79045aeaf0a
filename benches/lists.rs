//! How fast lists, searches, counts and case pages are over many made-up cases: the time of the whole answer over
//! HTTP from a server of its own, for each role, on either database.
//!
//! `cargo bench --bench lists` fills an embedded database with 200,000 cases first; with
//! `tests/postgres cargo bench --bench lists` a PostgreSQL too, or with `CASEBIND_BENCH_DATABASE=PostgreSQL` that one
//! alone. `CASEBIND_BENCH_CASES` and `CASEBIND_BENCH_TURNS` change the numbers, `CASEBIND_BINARY` the program that is
//! driven.

mod http;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use http::{FORM, ask, encoded, get, session_cookie};

fn main() {
    let number =
        |name: &str, usual: usize| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (cases, turns) = (number("CASEBIND_BENCH_CASES", 200_000), number("CASEBIND_BENCH_TURNS", 200));
    let mut databases = vec![("SQLite", None)];
    if let Ok(url) = std::env::var("CASEBIND_TEST_POSTGRES") {
        databases.push(("PostgreSQL", Some(url)));
    }
    if let Ok(only) = std::env::var("CASEBIND_BENCH_DATABASE") {
        databases.retain(|(name, _)| *name == only);
        assert!(
            !databases.is_empty(),
            "no database called {only}: SQLite, or PostgreSQL beside tests/postgres"
        );
    }
    let mut tables = Vec::new();
    for (name, url) in databases {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let start = Instant::now();
        let house = House::fill(folder.path(), url.as_deref(), cases);
        println!("{name}: {cases} cases made in {:.0} s", start.elapsed().as_secs_f64());
        tables.push((name, house.measure(turns)));
    }
    let names: Vec<_> = tables.iter().map(|(name, _)| format!(" {name} p50 | p99 |")).collect();
    println!("\n| {cases} cases |{}", names.concat());
    println!("| --- |{}", " ---: | ---: |".repeat(tables.len()));
    for at in 0..tables[0].1.len() {
        let (what, _) = &tables[0].1[at];
        let figures = tables.iter().map(|(_, rows)| {
            let times = &rows[at].1;
            format!(" {:.1} ms | {:.1} ms |", quantile(times, 0.5), quantile(times, 0.99))
        });
        println!("| {what} |{}", figures.collect::<String>());
    }
}

fn quantile(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a short list")]
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at].as_secs_f64() * 1000.0
}

fn binary() -> String {
    std::env::var("CASEBIND_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_casebind").to_owned())
}

/// A served installation that is full of cases.
struct House {
    server: Child,
    address: String,
    password: String,
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl House {
    fn fill(folder: &Path, url: Option<&str>, cases: usize) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let address = format!("127.0.0.1:{port}");
        let config = folder.join("casebind.toml");
        let database = url.map(|url| format!("database.url = {url:?}\n")).unwrap_or_default();
        let text = format!(
            "data_dir = {:?}\nlisten = {address:?}\n{database}[organisation]\nname = \"示範中心\"\n[captcha]\nlogin = \"never\"\n[second_factor]\nstaff = \"offered\"\n[log]\nfilter = \"off\"\n",
            folder.join("data")
        );
        std::fs::write(&config, text).expect("written");
        let seed = Command::new(binary())
            .args(["seed", "--cases", &cases.to_string(), "--config"])
            .arg(&config)
            .output();
        let told = String::from_utf8(seed.expect("started").stdout).expect("text");
        let password =
            told.lines().find_map(|line| line.strip_prefix("everyone's password: ")).expect("seeded");
        let server =
            Command::new(binary()).args(["serve", "--config"]).arg(&config).spawn().expect("started");
        let house = Self { server, address, password: password.to_owned() };
        while TcpStream::connect(&house.address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        house
    }

    fn sign_in(&self, login: &str) -> Visitor {
        let body = format!("account={login}&password={}", encoded(&self.password));
        let (status, head) = ask(&self.address, "POST", "/login", &[FORM], body.as_bytes());
        assert_eq!(status, 303, "{head}");
        let cookie = session_cookie(&head).expect("a cookie");
        Visitor { address: self.address.clone(), cookie: format!("Cookie: {cookie}") }
    }

    fn measure(&self, turns: usize) -> Vec<(String, Vec<Duration>)> {
        let people = ["applicant-250a", "manager-1", "supervisor-3", "professional-07", "archivist"];
        let [applicant, manager, supervisor, professional, archivist] =
            people.map(|login| self.sign_in(login));
        let numbers = manager.numbers("/cases?scope=all&sort=waiting");
        let all = |more: &str| format!("/cases?scope=all&{more}");
        let deep = manager.turned(&all(""), 40);
        let mut rows = Vec::new();
        let mut row = |what: &str, visitor: &Visitor, paths: &[String]| {
            // Once for each before, so that the first reading from the disk isn't what is measured.
            paths.iter().for_each(|path| {
                visitor.time(path);
            });
            let times = (0..turns).map(|at| visitor.time(&paths[at % paths.len()])).collect();
            rows.push((what.to_owned(), times));
        };
        row("list, applicant (own cases)", &applicant, &["/cases".into()]);
        row("list, case manager (all)", &manager, &[all("")]);
        row("list, supervisor (own zone)", &supervisor, &[all("")]);
        row("list, professional (own cases)", &professional, &[all("")]);
        row("list, archivist (submitted or ended)", &archivist, &[all("")]);
        row("the 41st page, case manager", &manager, &[deep]);
        row("waiting longest, 送件, case manager", &manager, &[all("state=submitted&sort=waiting")]);
        row("received of own zone, supervisor", &supervisor, &[all("state=received&sort=waiting")]);
        row("closed of own zone, supervisor", &supervisor, &[all("state=closed")]);
        let words = |words: &[&str]| {
            words.iter().map(|word| all(&format!("q={}", encoded(word)))).collect::<Vec<_>>()
        };
        row("a name of three characters", &manager, &words(&["歐陽小明", "陳家豪", "林怡君", "王思齊"]));
        row("two characters", &manager, &words(&["小明", "家豪", "怡君", "思齊"]));
        row("two frequent characters", &manager, &words(&["國小", "情緒", "家長", "希望"]));
        row("one character", &manager, &words(&["明", "校", "林", "七"]));
        row("a case number", &manager, &words(&numbers.iter().map(String::as_str).collect::<Vec<_>>()));
        row("a word that is nowhere", &manager, &words(&["鱷魚", "qqqq", "校學校學"]));
        row("a frequent word in one's own zone", &supervisor, &words(&["情緒", "請假"]));
        let person = encoded("A123456789");
        row("a subject's whole number", &manager, &[all(&format!("subject={person}"))]);
        row("a subject's name", &manager, &[all(&format!("subject={}", encoded("思齊")))]);
        let district = encoded("南二區");
        row(
            "district, service and dates",
            &manager,
            &[
                all(&format!("district={district}&service=group&from=108/1/1&to=112/12/31")),
                all(&format!("district={district}&service=referral&from=108/1/1&to=112/12/31")),
            ],
        );
        row("dates of long ago, newest change first", &manager, &[all("from=108/1/1&to=111/12/31")]);
        row("a professional's cases, case manager", &manager, &[all("professional=professional-07")]);
        row("what waits for review, case manager", &manager, &["/queue".into()]);
        row("what waits for dispatch, supervisor", &supervisor, &["/dispatch".into()]);
        row("what is served, professional", &professional, &["/served".into()]);
        row(
            "case page",
            &manager,
            &numbers.iter().map(|number| format!("/cases/{number}")).collect::<Vec<_>>(),
        );
        rows
    }
}

/// Someone who is signed in.
struct Visitor {
    address: String,
    cookie: String,
}

impl Visitor {
    fn time(&self, path: &str) -> Duration {
        let start = Instant::now();
        let (status, _) = get(&self.address, path, &self.cookie);
        let took = start.elapsed();
        assert_eq!(status, 200, "{path}");
        took
    }

    fn page(&self, path: &str) -> String {
        let (status, body) = get(&self.address, path, &self.cookie);
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body).expect("UTF-8")
    }

    /// The numbers of the cases of a list.
    fn numbers(&self, path: &str) -> Vec<String> {
        let page = self.page(path);
        let links = page.split("href=\"/cases/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut numbers: Vec<String> = links.filter(|link| link.len() == 10).map(str::to_owned).collect();
        numbers.dedup();
        numbers
    }

    /// The address after some turns of the page.
    fn turned(&self, path: &str, turns: usize) -> String {
        let mut path = path.to_owned();
        for _ in 0..turns {
            let page = self.page(&path);
            let next = page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
            path = next.expect("a next page").replace("&#38;", "&").replace("&amp;", "&");
        }
        path
    }
}
