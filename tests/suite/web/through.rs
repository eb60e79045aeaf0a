//! Tries every door with every kind of person: the table in [`super::doors`] is what the service does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use axum::http::Method;
use casebind::steps::scan::change_key;
use serde_json::json;

use crate::review::{in_service, received};
use crate::support::browser::Chosen;
use crate::support::command::repository;
use crate::support::house::{MINUTE, Record};
use crate::support::{Browser, Case, House, Page, Who};

use super::doors::{DOORS, Door, Stage};
use super::things::{self, Things};

/// The kinds of people, in the order of a row's letters; none: nobody signed in.
const PEOPLE: [Option<Who>; 14] = [
    None,
    Some(Who::Unbound),
    Some(Who::Disabled),
    Some(Who::Applicant),
    Some(Who::Colleague),
    Some(Who::OtherApplicant),
    Some(Who::Manager),
    Some(Who::Supervisor),
    Some(Who::OtherSupervisor),
    Some(Who::Professional),
    Some(Who::OtherProfessional),
    Some(Who::Archivist),
    Some(Who::Administrator),
    Some(TWO_ROLES),
];

/// An applicant of the kindergarten who also supervises the zone of the case.
const TWO_ROLES: Who = Who::KindergartenApplicant;

/// Why somebody who sees a case may not do a step.
const REFUSED: [&str; 7] =
    ["wrong-role", "wrong-state", "not-own-case", "other-zone", "not-assigned", "no-school", "same-person"];

/// What watches the service has a listener of its own, and these doors alone; operation/metrics.rs tries them.
const WATCHED: [&str; 3] = ["METRICS", "ALIVE", "READY"];

/// Routes as the source declares them: method and address.
fn declared() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    let mut folders = vec![repository("src/web")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("pages/tests.rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                for other in [".route_service(", ".nest_service(", ".fallback_service("] {
                    assert!(!text.contains(other), "{}: this test doesn't read {other}", path.display());
                }
                let declared = text.split(".route(").skip(1);
                if path.ends_with("web/watch.rs") {
                    let names: Vec<_> = declared.filter_map(|part| part.split(',').next()).collect();
                    assert_eq!(names, WATCHED, "a new door of the listener for those who watch");
                    continue;
                }
                routes.extend(declared.flat_map(routed));
                routes.extend(text.split("utoipa::path(").skip(1).map(described));
            }
        }
    }
    routes
}

/// The doors of one `.route(…)`; one that can't be read is an error, so that none goes unseen. `text` begins after the
/// bracket.
fn routed(text: &str) -> Vec<String> {
    let mut depth = 1;
    let end = text.char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0
    });
    let (end, _) = end.unwrap_or_else(|| panic!("a route without an end: {text:.80}"));
    let (address, handler) =
        text[..end].trim().split_once(',').expect("a route has an address and a handler");
    let address = match address.trim() {
        // The API's own description.
        "&format!(\"{ROOT}/openapi.json\")" => "/api/v1/openapi.json",
        quoted => quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_else(|| {
            panic!("write the address of this route out, or its row goes unasked: {quoted}")
        }),
    };
    let takes = |method: &str| {
        let call = format!("{method}(");
        handler
            .match_indices(&call)
            .any(|(at, _)| !handler[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| takes(method));
    let doors: Vec<_> = methods.map(|method| format!("{} {address}", method.to_uppercase())).collect();
    assert!(!doors.is_empty(), "{address} takes requests in a way that this test doesn't know");
    doors
}

/// The door of one description of the API.
fn described(text: &str) -> String {
    let (method, rest) = text.trim_start().split_once(',').expect("a description begins with its method");
    let path = rest.split("path = \"").nth(1).and_then(|path| path.split('"').next());
    format!("{} /api/v1{}", method.to_uppercase(), path.expect("a description has a path"))
}

#[test]
#[should_panic(expected = "write the address of this route out")]
fn a_route_by_a_name_is_not_overlooked() {
    routed("HIDDEN, get(show))");
}

#[test]
fn every_route_has_its_row() {
    let told: BTreeSet<String> = DOORS.iter().map(|door| format!("{} {}", door.method, door.route)).collect();
    assert_eq!(told.len(), DOORS.len(), "a door stands there twice");
    let declared = declared();
    assert!(declared.len() > 120, "this test reads the routes wrongly: {declared:?}");
    let untold: Vec<_> = declared.difference(&told).collect();
    assert!(untold.is_empty(), "say in tests/suite/web/doors.rs who comes through: {untold:#?}");
    let gone: Vec<_> = told.difference(&declared).collect();
    assert!(gone.is_empty(), "nothing serves these any more: {gone:#?}");
    for door in DOORS {
        let letters = letters(door.people);
        assert_eq!(letters.len(), PEOPLE.len(), "{} {}", door.method, door.route);
        let open = letters.contains(['+', 'r']);
        assert_ne!(
            open,
            door.shut.is_some(),
            "{} {}: somebody comes through or is refused, or it says why nobody does",
            door.method,
            door.route
        );
    }
}

fn letters(people: &str) -> String {
    people.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What the doors are tried with.
struct Walk<'h> {
    house: &'h House,
    cases: BTreeMap<Stage, Case>,
    things: Things,
}

impl<'h> Walk<'h> {
    fn begin(house: &'h House) -> Self {
        Self { house, cases: BTreeMap::new(), things: Things::default() }
    }

    /// A case at this stage; the professional serves it.
    async fn case(&mut self, stage: Stage) -> Case {
        if let Some(case) = self.cases.get(&stage) {
            return case.clone();
        }
        let house = self.house;
        let applicant = house.applicant().await;
        let case = match stage {
            Stage::Nowhere | Stage::Opened => Case::opened(&applicant).await,
            Stage::Printed => {
                let case = Case::printed(&applicant).await;
                case.post("/phone", &[]).await.expect(200);
                case
            }
            Stage::Submitted => {
                let case = Case::submitted(house, &applicant).await;
                // A clean scan shows no change: one is put there.
                let scan = case.dossier(house).await.scans[0].digest.to_string();
                house.office().renditions.put(&change_key(&scan, 1, 1), vec![1]).await.unwrap();
                case.with_photo(house).await;
                case
            }
            Stage::Received => received(house).await,
            Stage::Serving => {
                let case = in_service(house).await;
                things::record(house, &case).await;
                case
            }
        };
        if stage != Stage::Serving {
            house.assign(&case.number, Who::Professional).await;
        }
        self.cases.insert(stage, case.clone());
        case
    }

    /// What comes of one attempt.
    async fn attempt(&mut self, door: &Door, who: Option<Who>) -> char {
        let at = if Things::of_prints(door) { Stage::Printed } else { door.at };
        let case = self.case(at).await;
        self.things.put(self.house, door, &case).await;
        let address = self.things.address(self.house, &case, door).await;
        let browser = match who {
            None => self.house.stranger(),
            Some(who) => self.house.sign_in(who).await,
        };
        // Whoever has a second factor has just given it.
        let own_factor = door.route.starts_with("/account/second-factor/");
        if own_factor {
            self.house.sql("UPDATE sessions SET second_at = proved_at").await;
        }
        let (before, refusals) = (self.standing(door).await, self.refusals().await);
        let page = self.knock(&browser, door, &case, &address).await;
        if own_factor {
            self.house.sql("DELETE FROM second_factors").await;
        }
        let why = self.refusals().await.split_off(refusals.len());
        let letter = letter(&page, door, why.first().map(String::as_str));
        if before != self.standing(door).await {
            assert_eq!(letter, '+', "{} {address} changed something for {who:?}", door.method);
            self.cases.remove(&door.at);
        }
        letter
    }

    /// What stands on record, where a door may change it.
    async fn standing(&self, door: &Door) -> Option<Record> {
        let changes = door.at != Stage::Nowhere && door.leaves.is_none();
        if changes { Some(self.house.record().await) } else { None }
    }

    async fn knock(&self, browser: &Browser, door: &Door, case: &Case, address: &str) -> Page {
        let mut fields = fields(self.house, case).await;
        fields.extend(self.things.field(door));
        knock(browser, door, address, &fields).await
    }

    async fn refusals(&self) -> Vec<String> {
        self.house.words("traces", "detail", "WHERE action = 'refused' ORDER BY at, id").await
    }
}

/// Fields that every form would take, fitting the case.
async fn fields(house: &House, case: &Case) -> Vec<(&'static str, String)> {
    let dossier = case.dossier(house).await;
    let scan = dossier.scans.first().map_or_else(|| "none".to_owned(), |scan| scan.id.clone());
    [
        ("version", dossier.case.version.to_string()),
        ("reason", "試試".to_owned()),
        ("scan", scan),
        ("token", house.office().world.new_id()),
        ("revision", "1".to_owned()),
        ("service", "referral".to_owned()),
    ]
    .into()
}

async fn knock(browser: &Browser, door: &Door, address: &str, fields: &[(&'static str, String)]) -> Page {
    let method: Method = door.method.parse().unwrap();
    let typed: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if method == Method::GET {
        browser.get(address).await
    } else if UPLOADS.iter().any(|ending| address.ends_with(ending)) {
        browser.upload(address, &typed, Chosen::pdf("x.pdf", b"%PDF-1.7")).await
    } else if address.starts_with("/api/") {
        let version: i64 = fields[0].1.parse().unwrap();
        let body = match door.route.rsplit('/').next() {
            Some("events") => json!({ "event": "receive", "version": version }),
            Some("cases") => json!({ "service": "referral", "content": {} }),
            Some("content") => json!({ "version": version, "content": {} }),
            Some("{seq}") => json!({ "answer": "試試" }),
            Some("{id}") if door.route.contains("/records/") => json!({ "revision": 1, "session": {} }),
            _ => json!({ "version": version, "answers": {} }),
        };
        browser.send_json(method, address, &body).await
    } else {
        browser.post(address, &typed).await
    }
}

/// Addresses that take a file.
const UPLOADS: [&str; 7] =
    ["/attachments", "/scans", "/files", "/photos", "/stacks", "/schools", "/retrieval/check"];

/// The letter of an answer; `why` is the refusal that it left.
fn letter(page: &Page, door: &Door, why: Option<&str>) -> char {
    let leads = |to: &str| page.status.is_redirection() && page.location().starts_with(to);
    let told = why.and_then(|detail| detail.rsplit(": ").next());
    let refused = told.is_some_and(|code| REFUSED.contains(&code));
    match page.status.as_u16() {
        401 => 'U',
        403 => 'F',
        404 => 'x',
        409 if door.leaves.is_some() => 'r',
        _ if refused => 'r',
        _ if leads("/login") && door.route != "/logout" => 'L',
        _ if leads("/school") => 'S',
        status => {
            assert!(status < 500, "{} {}: {}", door.method, door.route, page.html());
            '+'
        }
    }
}

/// Who is there beside the people of every test.
async fn people(house: &House) {
    house
        .sql(&format!(
            "INSERT INTO roles (person_id, role, granted_at) VALUES ('{}', 'supervisor', 1)",
            TWO_ROLES.login()
        ))
        .await;
    house.sql(&format!("UPDATE people SET zone_id = 'zone-1' WHERE id = '{}'", TWO_ROLES.login())).await;
    // An account that is changed, disabled and confirmed without anybody's loss.
    house
        .sql(
            "INSERT INTO people (id, login, name, email, school_code, status, created_at, changed_at) \
             SELECT 'spare', 'spare', '備用', 'spare@example.org', school_code, 'active', 1, 1 FROM people WHERE id = 'applicant'",
        )
        .await;
    house.sql("INSERT INTO roles (person_id, role, granted_at) VALUES ('spare', 'applicant', 1)").await;
}

/// Tries some of the doors and tells all rows that say something else.
async fn holds(house: &House, chosen: impl Fn(&Door) -> bool) {
    people(house).await;
    let mut walk = Walk::begin(house);
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for door in DOORS.iter().filter(|door| chosen(door)) {
        let mut seen = String::new();
        for who in PEOPLE {
            seen.push(walk.attempt(door, who).await);
        }
        if seen != letters(door.people) {
            wrong.push(format!("{} {} is {seen}, not {}", door.method, door.route, letters(door.people)));
        }
        tried += 1;
    }
    assert!(tried > 5, "only {tried} doors were tried");
    assert!(wrong.is_empty(), "other people come through:\n{}", wrong.join("\n"));
}

fn at_a_case(door: &Door) -> bool {
    door.route.starts_with("/cases/{number}")
}

both! {
    async fn the_pages_of_a_case_open_to_those_of_the_table(house) {
        holds(&house, |door| at_a_case(door) && door.method == "GET").await;
    }

    async fn the_steps_of_a_case_are_taken_by_those_of_the_table(house) {
        holds(&house, |door| at_a_case(door) && door.method != "GET" && door.at <= Stage::Printed).await;
    }

    async fn the_later_steps_of_a_case_are_taken_by_those_of_the_table(house) {
        holds(&house, |door| at_a_case(door) && door.method != "GET" && door.at > Stage::Printed).await;
    }

    async fn everything_beside_cases_opens_to_those_of_the_table(house) {
        holds(&house, |door| !at_a_case(door) && !door.route.starts_with("/api/")).await;
    }

    async fn the_api_answers_those_of_the_table(house) {
        holds(&house, |door| door.route.starts_with("/api/")).await;
    }

    async fn what_is_delicate_asks_for_a_proof_not_older_than_ten_minutes(house) {
        people(&house).await;
        let mut walk = Walk::begin(&house);
        let mut wrong = Vec::new();
        for door in DOORS {
            let case = walk.case(door.at).await;
            let address = walk.things.address(&house, &case, door).await;
            // The proof is asked for before anybody looks who it is, and this one changes nothing of a case.
            let browser = house.sign_in(Who::Administrator).await;
            house.wait(11 * MINUTE);
            let page = walk.knock(&browser, door, &case, &address).await;
            if (page.status.is_redirection() && page.location().starts_with("/confirm")) != door.fresh {
                wrong.push(format!("{} {} {} {}", door.method, door.route, page.status, page.header("location")));
            }
        }
        assert!(wrong.is_empty(), "mark these rows otherwise, or put `rise::fresh` to the route:\n{}", wrong.join("\n"));
    }
}
