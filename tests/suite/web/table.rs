//! The life cycle's table on pages: in each state each role is offered exactly what the table grants, and whatever else
//! is sent all the same is refused and changes nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use casebind::case::event::Event;
use casebind::case::lifecycle::TABLE;
use casebind::case::role::Role;
use casebind::case::state::State;

use crate::review::correct_to_seal;
use crate::support::cases::{CONTENT, with};
use crate::support::table::{PEOPLE, Stage, expected, refusals, sealed, sees};
use crate::support::{Browser, House, Page, Who};

/// The event that an address below a case is for; nothing of a page that only shows, and of what is no event.
fn event_at(below: &str, sends: bool) -> Option<Event> {
    let parts: Vec<&str> = below.split('/').skip(1).collect();
    Some(match (parts.as_slice(), sends) {
        (["content"] | ["subject", ..] | ["attachments", _, "delete"] | ["supplement", "items", _], _)
        | (["attachments"], true) => Event::Edit,
        (["print"], true) => Event::Print,
        (["scans", "new"], _) | (["submit"], true) => Event::Submit,
        (["resubmit"], true) => Event::Resubmit,
        (["review"], false) | (["review", "verdicts"], true) => Event::Review,
        (["receive"], true) => Event::Receive,
        (["return"], _) => Event::Return,
        (["supplement"], _) => Event::AskSupplement,
        (["decline"], _) => Event::Decline,
        (["correct"], _) => Event::Correct,
        (["dispatch"], _) => Event::Dispatch,
        (["reassign"], _) => Event::Reassign,
        (["records", "new"], _) | (["records", _, "edit"], _) => Event::Record,
        (["close"], _) => Event::ProposeClosing,
        (["closing", "approve"], true) => Event::Close,
        (["closing", "back"], true) => Event::SendClosingBack,
        (["reopen"], _) => Event::Reopen,
        (["withdraw"], _) => Event::Withdraw,
        (["hand-over"], _) => Event::HandOver,
        _ => return None,
    })
}

/// Whether the pages of a case go on there: what shows the case, or a part of it.
fn goes_on(below: &str) -> bool {
    let parts: Vec<&str> = below.split('/').skip(1).collect();
    matches!(parts.as_slice(), ["attachments"] | ["closing"] | ["review"]) || is_scan(&parts)
}

fn is_scan(parts: &[&str]) -> bool {
    matches!(parts, ["scans", id] if *id != "new")
}

/// The events that the pages of a case offer this person: by links to their forms, and by forms.
async fn offered(stage: &Stage, browser: &Browser, state: State) -> BTreeSet<Event> {
    let root = stage.case.path("");
    let tabs = ["", "?tab=subject", "?tab=records", "?tab=flow"];
    let mut waiting: VecDeque<String> = tabs.iter().map(|tab| stage.case.path(tab)).collect();
    let mut opened: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut found = BTreeSet::new();
    while let Some(address) = waiting.pop_front() {
        let page = browser.get(&address).await;
        if page.status != 200 {
            assert_ne!(address, root, "the page of the case opens");
            continue;
        }
        let below = |address: &str| {
            let rest = address.strip_prefix(&root)?;
            Some(rest.split(['?', '#']).next().unwrap_or_default().to_owned())
        };
        for action in page.attributes("main form[method=post]", "action") {
            found.extend(below(&action).and_then(|below| event_at(&below, true)));
        }
        for href in page.attributes("main a[href]", "href") {
            let Some(below) = below(&href) else { continue };
            found.extend(event_at(&below, false));
            if goes_on(&below) && opened.insert(below.clone()) {
                waiting.push_back(format!("{root}{below}"));
            }
        }
    }
    // In 補件 a new scan is uploaded by the same page, and handed in by 送出審核.
    if state == State::Supplement && found.remove(&Event::Submit) {
        found.insert(Event::Resubmit);
    }
    found
}

/// What the table grants and no page offers, because a need is known to be unmet.
fn needless(state: State, role: Role, proposed: bool) -> Vec<Event> {
    match (state, role) {
        // All items are answered and nothing printed has changed: to hand in again is all there is to do.
        (State::Supplement, Role::Applicant) => vec![Event::Print],
        (State::InService, Role::Professional) if proposed => vec![Event::ProposeClosing],
        (State::InService, Role::Supervisor) if !proposed => vec![Event::Close, Event::SendClosingBack],
        _ => Vec::new(),
    }
}

/// People of two roles, and whom the second one is given to.
const BOTH: [(Role, Role, Who); 6] = [
    (Role::CaseManager, Role::Supervisor, Who::Manager),
    (Role::Applicant, Role::CaseManager, Who::Applicant),
    (Role::Applicant, Role::Supervisor, Who::Applicant),
    (Role::Professional, Role::Supervisor, Who::Professional),
    (Role::Professional, Role::CaseManager, Who::Professional),
    (Role::Applicant, Role::Professional, Who::Applicant),
];

/// Where an event is asked about before it is sent.
fn question(event: Event) -> Option<&'static str> {
    Some(match event {
        Event::Edit => "/content",
        Event::Correct => "/correct?part=content",
        Event::Submit => "/scans/new",
        Event::Return => "/return",
        Event::AskSupplement => "/supplement",
        Event::Decline => "/decline",
        Event::Dispatch => "/dispatch",
        Event::Reassign => "/reassign",
        Event::Record => "/records/new",
        Event::ProposeClosing => "/close",
        Event::Reopen => "/reopen",
        Event::Withdraw => "/withdraw",
        Event::HandOver => "/hand-over",
        _ => return None,
    })
}

/// Sends the form of an event with everything that it takes.
async fn attempt(stage: &Stage, house: &House, browser: &Browser, state: State, event: Event) -> Page {
    let version = house.number("SELECT version FROM cases").await.to_string();
    let content = with(&CONTENT, &[("note", "又改了")]);
    let (below, more): (&str, Vec<(&str, &str)>) = match event {
        Event::Edit => ("/content", content),
        Event::Correct => {
            let about = [("part", "content"), ("correction_reason", "來電更正")];
            ("/correct", content.into_iter().chain(about).collect())
        }
        Event::Print => ("/print", vec![]),
        // The bound scan once more is a second press, which leads to the receipt.
        Event::Submit if sealed(state) => ("/submit", vec![("scan", "another")]),
        Event::Submit => ("/submit", vec![("scan", stage.scan.as_str())]),
        Event::Resubmit => ("/resubmit", vec![]),
        Event::Review => {
            let verdict =
                [("target", "seal:principal"), ("verdict", "reviewed"), ("remark", version.as_str())];
            ("/review/verdicts", verdict.into())
        }
        Event::Receive => ("/receive", vec![]),
        Event::Return => ("/return", vec![]),
        Event::AskSupplement => ("/supplement", vec![("item", "content:phone")]),
        Event::Decline => ("/decline", vec![]),
        Event::Dispatch => ("/dispatch", vec![("person", "professional")]),
        Event::Reassign => ("/reassign", vec![("person", "professional")]),
        Event::Record => {
            let session = [
                ("token", version.as_str()),
                ("held_on", "2026/11/20"),
                ("kind", "individual"),
                ("minutes", "50"),
                ("participants", "學生"),
                ("summary", "晤談"),
            ];
            ("/records/new", session.into())
        }
        Event::ProposeClosing => ("/close", vec![("closing", "improved"), ("summary", "情緒穩定")]),
        Event::SendClosingBack => ("/closing/back", vec![]),
        Event::Close => ("/closing/approve", vec![]),
        Event::Reopen => ("/reopen", vec![]),
        Event::Withdraw => ("/withdraw", vec![]),
        Event::HandOver => ("/hand-over", vec![("colleague", "colleague")]),
        Event::Open => unreachable!("a case is opened only once"),
    };
    let mut fields = vec![("version", version.as_str())];
    if !matches!(event, Event::Edit | Event::Correct | Event::ProposeClosing) {
        fields.push(("reason", "因為"));
    }
    fields.extend(more);
    browser.post(&stage.case.path(below), &fields).await
}

/// State and version of the only case.
async fn stands(house: &House) -> (String, i64) {
    (house.texts("SELECT state FROM cases").await.remove(0), house.number("SELECT version FROM cases").await)
}

both! {
    async fn pages_offer_exactly_what_the_table_grants(house) {
        let stage = Stage::set(&house).await;
        let mut offers = 0;
        for (role, who) in PEOPLE {
            let browser = house.sign_in(who).await;
            for state in State::ALL {
                for proposed in [false, true] {
                    if proposed && state != State::InService {
                        continue;
                    }
                    stage.put(&house, state, if proposed { Event::Close } else { Event::Edit }).await;
                    if !sees(role, state) {
                        browser.get(&stage.case.path("")).await.expect(404);
                        continue;
                    }
                    let left_out = needless(state, role, proposed);
                    let granted = |event: &Event| expected(state, *event, role).is_ok() && !left_out.contains(event);
                    let granted: BTreeSet<_> = Event::ALL.into_iter().filter(granted).collect();
                    let found = offered(&stage, &browser, state).await;
                    assert_eq!(found, granted, "{role} in {state}, closing proposed: {proposed}");
                    offers += found.len();
                }
            }
        }
        assert!(offers > 40, "only {offers} offers were seen");
    }

    async fn people_of_two_roles_are_offered_what_either_grants(house) {
        let stage = Stage::set(&house).await;
        for (first, second, who) in BOTH {
            let (id, roles) = (who.login(), [first, second]);
            house.sql(&format!("INSERT INTO roles (person_id, role, granted_at) VALUES ('{id}', '{second}', 1)")).await;
            if second == Role::Supervisor {
                house.sql(&format!("UPDATE people SET zone_id = 'zone-1' WHERE id = '{id}'")).await;
            }
            let browser = house.sign_in(who).await;
            for state in State::ALL {
                let proposed = state == State::InService;
                stage.put(&house, state, if proposed { Event::Close } else { Event::Edit }).await;
                // Whoever has the case as a professional is the one who serves it.
                let has = |role: &Role| *role != Role::Professional || who == Who::Professional;
                let granted = |event: &Event| {
                    let by = |role: &Role| {
                        expected(state, *event, *role).is_ok()
                            && !needless(state, *role, proposed).contains(event)
                    };
                    roles.iter().filter(|role| has(role)).any(by)
                };
                let granted: BTreeSet<_> = Event::ALL.into_iter().filter(granted).collect();
                assert_eq!(offered(&stage, &browser, state).await, granted, "{first} and {second} in {state}");
            }
            house.sql(&format!("DELETE FROM roles WHERE person_id = '{id}' AND role = '{second}'")).await;
        }
    }

    async fn a_case_to_be_signed_again_is_offered_for_anything_but_dispatch(house) {
        let stage = Stage::set(&house).await;
        let state = State::Received;
        for (role, who) in PEOPLE.into_iter().filter(|(role, _)| sees(*role, state)) {
            let browser = house.sign_in(who).await;
            stage.put(&house, state, Event::Edit).await;
            correct_to_seal(&house, &stage.case).await;
            let granted = |event: &Event| expected(state, *event, role).is_ok() && *event != Event::Dispatch;
            let granted: BTreeSet<_> = Event::ALL.into_iter().filter(granted).collect();
            assert_eq!(offered(&stage, &browser, state).await, granted, "{role}");
            let before = stands(&house).await;
            let answer = attempt(&stage, &house, &browser, state, Event::Dispatch).await.expect(409);
            assert_eq!(answer.html().contains("資料更正後須重新核章"), role == Role::Supervisor, "{role}");
            assert_eq!(stands(&house).await, before, "{role}");
            for event in &granted {
                stage.put(&house, state, *event).await;
                correct_to_seal(&house, &stage.case).await;
                attempt(&stage, &house, &browser, state, *event).await.expect(303);
            }
        }
    }

    async fn whatever_is_sent_is_answered_as_the_table_says(house) {
        let stage = Stage::set(&house).await;
        let mut people = Vec::new();
        for (role, who) in PEOPLE {
            people.push((role, house.sign_in(who).await));
        }
        let mut seen = BTreeMap::new();
        for state in State::ALL {
            for event in Event::ALL.into_iter().filter(|event| *event != Event::Open) {
                stage.put(&house, state, event).await;
                for (role, browser) in &people {
                    let what = format!("{event} by {role} in {state}");
                    let (before, refused) = (stands(&house).await, refusals(&house).await);
                    let answer = attempt(&stage, &house, browser, state, event).await;
                    *seen.entry(answer.status.as_u16()).or_insert(0) += 1;
                    // The desk isn't there for those who never judge.
                    let hidden = event == Event::Review && *role != Role::CaseManager;
                    match expected(state, event, *role) {
                        Ok(to) if sees(*role, state) => {
                            assert_eq!(answer.status, 303, "{what}: {}", answer.html());
                            assert_eq!(stands(&house).await.0, to.as_str(), "{what}");
                            stage.put(&house, state, event).await;
                            continue;
                        }
                        _ if !sees(*role, state) || hidden => assert_eq!(answer.status, 404, "{what}"),
                        _ => {
                            assert_eq!(answer.status, 409, "{what}: {}", answer.html());
                            assert_eq!(refusals(&house).await, refused + 1, "{what} is traced");
                        }
                    }
                    assert_eq!(stands(&house).await, before, "{what} changes nothing");
                }
            }
        }
        // A table that grants nothing would pass as well.
        let granted: usize = TABLE.iter().map(|row| row.from.len()).sum();
        assert_eq!(seen.get(&303), Some(&granted), "{seen:?}");
        assert_eq!(seen.values().sum::<usize>(), 9 * 19 * 6);
    }

    async fn forms_open_for_those_alone_who_may_send_them(house) {
        let stage = Stage::set(&house).await;
        for (role, who) in PEOPLE {
            let browser = house.sign_in(who).await;
            for state in State::ALL {
                stage.put(&house, state, Event::Edit).await;
                for event in Event::ALL {
                    // In 補件 a new scan is asked for by the same page, and handed in by another event.
                    let other = (state, event) == (State::Supplement, Event::Submit);
                    let Some(below) = question(event).filter(|_| !other) else { continue };
                    let answer = browser.get(&stage.case.path(below)).await;
                    let status = match expected(state, event, role) {
                        _ if !sees(role, state) => 404,
                        Ok(_) => 200,
                        Err(_) => 409,
                    };
                    assert_eq!(answer.status.as_u16(), status, "{event} by {role} in {state}");
                }
            }
        }
    }
}
