//! The life cycle's table over HTTP: every state, event and role is answered as the table says.

use std::collections::BTreeMap;

use axum::http::Method;
use casebind::case::event::Event;
use casebind::case::lifecycle::{TABLE, To};
use casebind::case::role::Role;
use casebind::case::state::State;
use serde_json::{Value, json};

use crate::support::{Browser, Case, House, Page, Who};

use super::{content, find_everything_good, happen, path};

/// Somebody of each role who has to do with the case.
const PEOPLE: [(Role, Who); 6] = [
    (Role::Applicant, Who::Applicant),
    (Role::CaseManager, Who::Manager),
    (Role::Supervisor, Who::Supervisor),
    (Role::Professional, Who::Professional),
    (Role::Archivist, Who::Archivist),
    (Role::Administrator, Who::Administrator),
];

/// A case that is put into one state after the other.
struct Stage {
    case: Case,
    id: String,
    scan: String,
    content: String,
}

impl Stage {
    async fn set(house: &House) -> Self {
        let case = Case::submitted(house, &house.applicant().await).await;
        find_everything_good(&house.sign_in(Who::Manager).await, &case).await;
        let dossier = case.dossier(house).await;
        Self {
            id: dossier.case.id,
            scan: dossier.scans[0].id.clone(),
            content: house.texts("SELECT content FROM cases").await.remove(0),
            case,
        }
    }

    /// The case in this state, with everything that the event needs of it.
    async fn put(&self, house: &House, state: State, event: Event) {
        let Self { id, scan, content, .. } = self;
        let supplements = "SELECT id FROM supplements";
        // Corrections are for good; here each attempt begins without the one before it.
        house.unguard("corrections").await;
        for leftover in [
            "corrections",
            "closings",
            "assignments",
            &format!("supplement_items WHERE supplement_id IN ({supplements})"),
            "supplements",
            "prints WHERE revision > 1",
        ] {
            house.sql(&format!("DELETE FROM {leftover}")).await;
        }
        let bound = if sealed(state) { format!("'{scan}'") } else { "NULL".into() };
        house
            .sql(&format!(
                "UPDATE cases SET state = '{}', bound_scan_id = {bound}, applicant_id = 'applicant', content = '{content}'",
                state.as_str()
            ))
            .await;
        // Before 送件 the scan is one that was never bound, and came after whatever was returned.
        let bound_at = if sealed(state) { "1" } else { "NULL" };
        let now = house.office().world.now();
        house.sql(&format!("UPDATE scans SET bound_at = {bound_at}, uploaded_at = {now}")).await;
        house.assign(&self.case.number, Who::Professional).await;
        if state == State::Supplement {
            house
                .sql(&format!("INSERT INTO supplements VALUES ('s', '{id}', '請說明', 'manager', 1, NULL)"))
                .await;
            house
                .sql("INSERT INTO supplement_items VALUES ('s', 1, 'content', 'note', '備註', '', '無')")
                .await;
        }
        if matches!(event, Event::Close | Event::SendClosingBack) {
            house
                .sql(&format!(
                    "INSERT INTO closings VALUES \
                     ('c', '{id}', 'improved', '', '摘要', 'otherprofessional', 1, 'open', NULL, NULL, '')"
                ))
                .await;
        }
    }

    /// Tries an event with everything that it takes.
    async fn attempt(&self, house: &House, browser: &Browser, event: Event) -> Page {
        let version = house.number("SELECT version FROM cases").await;
        if event == Event::Edit {
            let body = json!({ "version": version, "content": content("又改了") });
            return browser.send_json(Method::PUT, &path(&self.case, "/content"), &body).await;
        }
        let mut body = json!({ "event": event.as_str(), "version": version, "reason": "因為" });
        let more = match event {
            Event::Submit => json!({ "scan": self.scan }),
            Event::AskSupplement => json!({ "items": [{ "place": "content", "id": "phone" }] }),
            Event::Review => json!({
                "verdicts": [{ "target": "seal:principal", "verdict": "reviewed", "remark": version.to_string() }]
            }),
            Event::Dispatch | Event::Reassign => json!({ "professionals": ["professional"] }),
            Event::Record => json!({
                "held_on": "2026-11-20", "kind": "individual", "minutes": 50,
                "participants": "學生", "summary": "晤談",
            }),
            Event::ProposeClosing => json!({ "closing": "improved", "summary": "情緒穩定" }),
            Event::Correct => json!({ "content": content("更正") }),
            Event::HandOver => json!({ "colleague": "colleague" }),
            _ => json!({}),
        };
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        happen(browser, &self.case, body).await
    }
}

/// Whether a case in this state rests on a bound scan.
fn sealed(state: State) -> bool {
    !matches!(state, State::Draft | State::Sealing)
}

/// Whether somebody of this role sees the case at all.
fn sees(role: Role, state: State) -> bool {
    match role {
        Role::Applicant | Role::CaseManager | Role::Professional => true,
        Role::Supervisor | Role::Archivist => sealed(state),
        Role::Administrator => false,
    }
}

/// What the table says: the state after, or the reason of the refusal.
fn expected(state: State, event: Event, role: Role) -> Result<State, &'static str> {
    let here: Vec<_> = TABLE.iter().filter(|row| row.event == event && row.from.contains(&state)).collect();
    match here.iter().find(|row| row.role == role) {
        Some(row) => Ok(if let To::State(to) = row.to { to } else { state }),
        None if here.is_empty() => Err("wrong-state"),
        None => Err("wrong-role"),
    }
}

async fn refusals(house: &House) -> i64 {
    house.number("SELECT COUNT(*) FROM traces WHERE action = 'refused'").await
}

both! {
    async fn every_state_event_and_role_is_answered_as_the_table_says(house) {
        let stage = Stage::set(&house).await;
        let mut people = Vec::new();
        for (role, who) in PEOPLE {
            people.push((role, house.sign_in(who).await));
        }
        let (mut seen, mut refused) = (BTreeMap::new(), refusals(&house).await);
        for state in State::ALL {
            for event in Event::ALL.into_iter().filter(|event| *event != Event::Open) {
                stage.put(&house, state, event).await;
                for (role, browser) in &people {
                    let what = format!("{event} by {role} in {state}");
                    let answer = stage.attempt(&house, browser, event).await;
                    let said = answer.json();
                    *seen.entry(answer.status.as_u16()).or_insert(0) += 1;
                    if !sees(*role, state) {
                        assert_eq!(answer.status, 404, "{what}: {said}");
                        continue;
                    }
                    match expected(state, event, *role) {
                        Ok(to) => {
                            assert_eq!(answer.status, 200, "{what}: {said}");
                            assert_eq!(said["state"]["name"], to.as_str(), "{what}");
                            assert_eq!(said["version"], house.number("SELECT version FROM cases").await, "{what}");
                            stage.put(&house, state, event).await;
                        }
                        Err(reason) => {
                            assert_eq!(answer.status, 409, "{what}: {said}");
                            assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
                            assert_eq!(said["type"], format!("urn:casebind:problem:{reason}"), "{what}");
                            let named = ["state", "event", "reason"].map(|name| said[name].as_str().unwrap());
                            assert_eq!(named, [state.as_str(), event.as_str(), reason], "{what}");
                            refused += 1;
                            assert_eq!(refusals(&house).await, refused, "{what} is traced");
                        }
                    }
                }
            }
        }
        // A table that grants nothing would pass as well.
        let granted: usize = TABLE.iter().map(|row| row.from.len()).sum();
        assert_eq!(seen.get(&200), Some(&granted), "{seen:?}");
        assert_eq!(seen.values().sum::<usize>(), 9 * 19 * 6);
    }

    async fn the_record_offers_what_the_table_grants(house) {
        let stage = Stage::set(&house).await;
        for (role, who) in PEOPLE {
            let browser = house.sign_in(who).await;
            for state in State::ALL.into_iter().filter(|state| sees(role, *state)) {
                stage.put(&house, state, Event::Edit).await;
                let record = browser.get(&path(&stage.case, "")).await.expect(200).json();
                let named = |offer: &Value| offer["event"].as_str().unwrap().to_owned();
                let mut offered: Vec<_> = record["events"].as_array().unwrap().iter().map(named).collect();
                let granted = |event: &Event| expected(state, *event, role).is_ok();
                let mut expected: Vec<_> =
                    Event::ALL.into_iter().filter(granted).map(|event| event.as_str().to_owned()).collect();
                offered.sort();
                expected.sort();
                assert_eq!(offered, expected, "{role} in {state}");
            }
        }
    }
}
