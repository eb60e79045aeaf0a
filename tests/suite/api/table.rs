//! The life cycle's table over HTTP: every state, event and role is answered as the table says.

use std::collections::BTreeMap;

use axum::http::Method;
use casebind::case::event::Event;
use casebind::case::lifecycle::TABLE;
use casebind::case::state::State;
use serde_json::{Value, json};

use crate::review::correct_to_seal;
use crate::support::table::{PEOPLE, Stage, expected, refusals, sees};
use crate::support::{Browser, House, Page, Who};

use super::{content, happen, path};

/// Tries an event with everything that it takes.
async fn attempt(stage: &Stage, house: &House, browser: &Browser, event: Event) -> Page {
    let version = house.number("SELECT version FROM cases").await;
    if event == Event::Edit {
        let body = json!({ "version": version, "content": content("又改了") });
        return browser.send_json(Method::PUT, &path(&stage.case, "/content"), &body).await;
    }
    let mut body = json!({ "event": event.as_str(), "version": version, "reason": "因為" });
    let more = match event {
        Event::Submit => json!({ "scan": stage.scan }),
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
    happen(browser, &stage.case, body).await
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
                    let answer = attempt(&stage, &house, browser, event).await;
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

    async fn a_case_to_be_signed_again_is_held_up_by_name(house) {
        let stage = Stage::set(&house).await;
        for (state, event, who) in [
            (State::Submitted, Event::Receive, Who::Manager),
            (State::Received, Event::Dispatch, Who::Supervisor),
        ] {
            stage.put(&house, state, event).await;
            correct_to_seal(&house, &stage.case).await;
            let said = attempt(&stage, &house, &house.sign_in(who).await, event).await.expect(409).json();
            assert_eq!((&said["state"], &said["reason"]), (&json!(state.as_str()), &json!("seal-anew")), "{said}");
            assert!(said["detail"].as_str().unwrap().contains("由個管組請申請人補件"), "{said}");
        }
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
