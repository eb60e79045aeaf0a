//! The life cycle: every state, event and role, and every refusal.

use casebind::case::event::Event;
use casebind::case::ids::Revision;
use casebind::case::lifecycle::{Need, TABLE, To, apply, may_open, offered};
use casebind::case::refusal::Why;
use casebind::case::request::{CaseFacts, Chosen, ClosingReason, Request, ScanFacts};
use casebind::case::role::{Actor, Role};
use casebind::case::service::SubjectNeed;
use casebind::case::state::State;

/// The table as the specification has it, written down a second time by hand:
/// event | role | from -> to.
const EXPECTED: &str = "
edit | applicant | draft -> draft
edit | applicant | sealing -> sealing
edit | applicant | supplement -> supplement
correct | case-manager | submitted -> submitted
correct | case-manager | received -> received
print | applicant | draft -> sealing
print | applicant | sealing -> sealing
print | applicant | supplement -> supplement
submit | applicant | sealing -> submitted
return | case-manager | submitted -> sealing
ask_supplement | case-manager | submitted -> supplement
ask_supplement | case-manager | received -> supplement
resubmit | applicant | supplement -> submitted
review | case-manager | submitted -> submitted
review | case-manager | received -> received
receive | case-manager | submitted -> received
decline | case-manager | submitted -> declined
decline | case-manager | received -> declined
decline | supervisor | submitted -> declined
decline | supervisor | received -> declined
dispatch | supervisor | received -> in_service
reassign | supervisor | in_service -> in_service
record | professional | in_service -> in_service
propose_closing | professional | in_service -> in_service
send_closing_back | supervisor | in_service -> in_service
close | supervisor | in_service -> closed
reopen | supervisor | closed -> in_service
withdraw | applicant | draft -> withdrawn
withdraw | applicant | sealing -> withdrawn
withdraw | case-manager | draft -> withdrawn
withdraw | case-manager | sealing -> withdrawn
withdraw | case-manager | submitted -> withdrawn
withdraw | case-manager | supplement -> withdrawn
withdraw | case-manager | received -> withdrawn
hand_over | case-manager | draft -> draft
hand_over | case-manager | sealing -> sealing
hand_over | case-manager | submitted -> submitted
hand_over | case-manager | supplement -> supplement
hand_over | case-manager | received -> received
hand_over | case-manager | in_service -> in_service
";

fn actor(role: Role) -> Actor {
    Actor {
        id: format!("person-{role}"),
        name: "測試人員".into(),
        roles: vec![role],
        school: Some("123456".into()),
        zone: Some("north".into()),
    }
}

/// A case in which every need is met.
fn facts(state: State) -> CaseFacts {
    let newest = Revision::try_from(2).ok();
    CaseFacts {
        state,
        applicant: actor(Role::Applicant).id,
        zone: Some("north".into()),
        missing_fields: Vec::new(),
        subject_need: SubjectNeed::Required,
        subjects: 1,
        missing_attachments: Vec::new(),
        newest,
        changed_since_print: Vec::new(),
        sealed_revision: newest,
        unreviewed_attachments: 0,
        seal_anew: false,
        form_verdict: true,
        unanswered: Vec::new(),
        professions: vec!["心理師".into()],
        assigned: vec![actor(Role::Professional).id],
        closing_proposed_by: Some("person-professional".into()),
    }
}

/// A request that brings along everything that any event needs.
fn request(event: Event) -> Request {
    Request {
        scan: Some(scan(2)),
        reopen: vec!["連絡電話".into()],
        professionals: vec![Chosen { id: "p".into(), profession: "心理師".into() }],
        closing: Some(ClosingReason::Improved),
        summary: Some("摘要".into()),
        colleague_fits: true,
        ..Request::new(event).because("原因")
    }
}

fn scan(revision: i64) -> ScanFacts {
    let revision = Revision::try_from(revision).expect("in range");
    ScanFacts { revision, all_empty: false, confirmed: false }
}

#[test]
fn every_state_event_and_role_is_as_the_specification_says() {
    let mut granted = Vec::new();
    for event in Event::ALL {
        for role in Role::ALL {
            for state in State::ALL {
                let outcome = apply(&facts(state), &request(event), &actor(role));
                match outcome {
                    Ok(step) => {
                        assert_eq!((step.from, step.event, step.role), (state, event, role));
                        granted.push(format!("{event} | {role} | {state} -> {}", step.to));
                    }
                    Err(refused) => {
                        assert_eq!((refused.state, refused.event), (state, event), "a refusal names both");
                        let here = TABLE.iter().any(|row| row.event == event && row.from.contains(&state));
                        let expected = if here { "wrong-role" } else { "wrong-state" };
                        assert_eq!(refused.why.code(), expected, "{event} by {role} in {state}");
                        assert!(
                            refused.words().contains(state.label())
                                && refused.words().contains(event.label())
                        );
                    }
                }
            }
        }
    }
    let expected: Vec<_> = EXPECTED.trim().lines().collect();
    assert_eq!(granted, expected);
}

#[test]
fn the_buttons_offered_are_the_events_granted() {
    for state in State::ALL {
        for role in Role::ALL {
            for event in Event::ALL {
                let granted = apply(&facts(state), &request(event), &actor(role)).is_ok();
                assert_eq!(
                    offered(state, &actor(role)).contains(&event),
                    granted,
                    "{event} by {role} in {state}"
                );
            }
        }
    }
}

#[test]
fn several_roles_are_judged_by_the_one_that_grants() {
    let mut both = actor(Role::Applicant);
    both.roles.push(Role::CaseManager);
    let mut foreign = facts(State::Draft);
    foreign.applicant = "somebody else".into();
    let step = apply(&foreign, &request(Event::Withdraw), &both).expect("as case manager");
    assert_eq!(step.role, Role::CaseManager);
}

#[test]
fn only_bound_applicants_open_cases() {
    assert!(may_open(&actor(Role::Applicant)).is_ok());
    let mut unbound = actor(Role::Applicant);
    unbound.school = None;
    assert_eq!(may_open(&unbound).expect_err("unbound").why, Why::NoSchool);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Applicant) {
        assert_eq!(may_open(&actor(role)).expect_err("no applicant").why.code(), "wrong-role");
    }
}

/// Each need, unmet: the event and state that ask for it, how it is spoiled, and the refusal.
fn spoiled() -> Vec<(Need, State, Event, Role, CaseFacts, Request, Why)> {
    use Event as E;
    use Role as R;
    use State as S;
    let mut rows = Vec::new();
    let mut row = |need, state, event, role, spoil: &dyn Fn(&mut CaseFacts, &mut Request), why| {
        let (mut case, mut asked) = (facts(state), request(event));
        spoil(&mut case, &mut asked);
        rows.push((need, state, event, role, case, asked, why));
    };
    let two = Revision::try_from(2).ok();
    row(Need::OwnCase, S::Draft, E::Edit, R::Applicant, &|c, _| c.applicant = "x".into(), Why::NotOwn);
    row(
        Need::RequiredFields,
        S::Draft,
        E::Print,
        R::Applicant,
        &|c, _| c.missing_fields = vec!["連絡電話".into()],
        Why::MissingFields(vec!["連絡電話".into()]),
    );
    row(Need::Subject, S::Draft, E::Print, R::Applicant, &|c, _| c.subjects = 0, Why::NoSubject);
    row(Need::Subject, S::Draft, E::Print, R::Applicant, &|c, _| c.subjects = 2, Why::ManySubjects);
    row(
        Need::RequiredAttachments,
        S::Sealing,
        E::Print,
        R::Applicant,
        &|c, _| c.missing_attachments = vec!["家長(監護人)同意書".into()],
        Why::MissingAttachments(vec!["家長(監護人)同意書".into()]),
    );
    let submit = (Need::ScanOfNewest, S::Sealing, E::Submit, R::Applicant);
    let mut submits = |spoil: &dyn Fn(&mut CaseFacts, &mut Request), why| {
        row(submit.0, submit.1, submit.2, submit.3, spoil, why)
    };
    submits(&|c, _| c.newest = None, Why::NotPrinted);
    submits(&|_, r| r.scan = None, Why::NoScan);
    submits(&|_, r| r.scan = Some(scan(1)), Why::OldRevision { scanned: 1, newest: 2 });
    submits(&|c, _| c.changed_since_print = vec!["備註".into()], Why::Stale(vec!["備註".into()]));
    submits(&|_, r| r.scan = Some(ScanFacts { all_empty: true, ..scan(2) }), Why::EmptySealsUnconfirmed);
    row(
        Need::Reason,
        S::Submitted,
        E::Return,
        R::CaseManager,
        &|_, r| r.reason = Some("  ".into()),
        Why::NoReason,
    );
    row(
        Need::ReopenedItems,
        S::Received,
        E::AskSupplement,
        R::CaseManager,
        &|_, r| r.reopen.clear(),
        Why::NothingReopened,
    );
    row(
        Need::ItemsAnswered,
        S::Supplement,
        E::Resubmit,
        R::Applicant,
        &|c, _| c.unanswered = vec!["同意書".into()],
        Why::Unanswered(vec!["同意書".into()]),
    );
    let mut resubmits = |spoil: &dyn Fn(&mut CaseFacts, &mut Request), why| {
        row(Need::FreshSeal, S::Supplement, E::Resubmit, R::Applicant, spoil, why)
    };
    resubmits(&|c, _| c.changed_since_print = vec!["備註".into()], Why::Stale(vec!["備註".into()]));
    resubmits(&|c, _| c.newest = None, Why::NotPrinted);
    resubmits(&|_, r| r.scan = Some(scan(1)), Why::OldRevision { scanned: 1, newest: 2 });
    resubmits(&|_, r| r.scan = Some(ScanFacts { all_empty: true, ..scan(2) }), Why::EmptySealsUnconfirmed);
    // Without a new scan the bound one must be of the newest print.
    let mut without = |spoil: &dyn Fn(&mut CaseFacts), why| {
        let spoil = |c: &mut CaseFacts, r: &mut Request| {
            r.scan = None;
            spoil(c);
        };
        row(Need::FreshSeal, S::Supplement, E::Resubmit, R::Applicant, &spoil, why);
    };
    without(&|c| c.changed_since_print = vec!["備註".into()], Why::Stale(vec!["備註".into()]));
    without(&|c| c.newest = None, Why::NotPrinted);
    without(&|c| c.sealed_revision = None, Why::NoScan);
    without(
        &|c| c.sealed_revision = Revision::try_from(1).ok(),
        Why::OldRevision { scanned: 1, newest: two.map_or(0, Revision::get) },
    );
    row(
        Need::AttachmentsReviewed,
        S::Submitted,
        E::Receive,
        R::CaseManager,
        &|c, _| c.unreviewed_attachments = 1,
        Why::UnreviewedAttachments(1),
    );
    for (state, event, role) in
        [(S::Submitted, E::Receive, R::CaseManager), (S::Received, E::Dispatch, R::Supervisor)]
    {
        row(Need::SealStands, state, event, role, &|c, _| c.seal_anew = true, Why::SealAnew);
    }
    row(
        Need::FormVerdict,
        S::Submitted,
        E::Receive,
        R::CaseManager,
        &|c, _| c.form_verdict = false,
        Why::NoVerdict,
    );
    row(
        Need::OwnZone,
        S::Received,
        E::Dispatch,
        R::Supervisor,
        &|c, _| c.zone = Some("south".into()),
        Why::OtherZone,
    );
    row(Need::OwnZone, S::Closed, E::Reopen, R::Supervisor, &|c, _| c.zone = None, Why::OtherZone);
    row(
        Need::Professionals,
        S::Received,
        E::Dispatch,
        R::Supervisor,
        &|_, r| r.professionals.clear(),
        Why::NoProfessional,
    );
    row(
        Need::Professionals,
        S::Received,
        E::Dispatch,
        R::Supervisor,
        &|_, r| {
            r.professionals[0].profession = "社工師".into();
            r.reason = None;
        },
        Why::ProfessionUnfit,
    );
    row(
        Need::Assigned,
        S::InService,
        E::ProposeClosing,
        R::Professional,
        &|c, _| c.assigned.clear(),
        Why::NotAssigned,
    );
    let mut proposes = |spoil: &dyn Fn(&mut CaseFacts, &mut Request), why| {
        row(Need::ClosingReason, S::InService, E::ProposeClosing, R::Professional, spoil, why);
    };
    proposes(&|_, r| r.closing = None, Why::NoClosingReason);
    proposes(
        &|_, r| {
            r.closing = Some(ClosingReason::Other);
            r.reason = None;
        },
        Why::NoClosingReason,
    );
    proposes(&|_, r| r.summary = None, Why::NoSummary);
    row(
        Need::Proposed,
        S::InService,
        E::SendClosingBack,
        R::Supervisor,
        &|c, _| c.closing_proposed_by = None,
        Why::NotProposed,
    );
    let mut closes = |spoil: &dyn Fn(&mut CaseFacts, &mut Request), why| {
        row(Need::ProposedByAnother, S::InService, E::Close, R::Supervisor, spoil, why);
    };
    closes(&|c, _| c.closing_proposed_by = None, Why::NotProposed);
    closes(&|c, _| c.closing_proposed_by = Some("person-supervisor".into()), Why::SamePerson);
    row(
        Need::Colleague,
        S::Draft,
        E::HandOver,
        R::CaseManager,
        &|_, r| r.colleague_fits = false,
        Why::NoColleague,
    );
    rows
}

#[test]
fn every_need_refuses_when_it_is_unmet() {
    let rows = spoiled();
    for (need, state, event, role, case, asked, why) in &rows {
        let refused = apply(case, asked, &actor(*role)).expect_err(why.code());
        assert_eq!(refused.why, *why, "{need:?}: {event} in {state}");
        assert!(refused.words().ends_with(['。', '」']), "{}", refused.words());
    }
    for needed in TABLE.iter().flat_map(|row| row.needs) {
        assert!(rows.iter().any(|row| row.0 == *needed), "{needed:?} is never tried");
    }
}

#[test]
fn a_form_that_must_be_signed_again_holds_up_what_rests_on_it_alone() {
    let rests = |event| TABLE.iter().any(|row| row.event == event && row.needs.contains(&Need::SealStands));
    let mut held_up = 0;
    for (state, event) in State::ALL.into_iter().flat_map(|state| Event::ALL.map(|event| (state, event))) {
        for role in Role::ALL {
            let usual = apply(&facts(state), &request(event), &actor(role));
            let case = CaseFacts { seal_anew: true, ..facts(state) };
            let outcome = apply(&case, &request(event), &actor(role));
            if rests(event) && usual.is_ok() {
                held_up += 1;
                assert_eq!(outcome.expect_err("held up").why, Why::SealAnew, "{event} by {role} in {state}");
            } else {
                assert_eq!(outcome, usual, "{event} by {role} in {state}");
            }
        }
    }
    assert_eq!(held_up, 2, "收件 and 派案");
}

#[test]
fn wherever_a_seal_must_stand_a_way_leads_to_a_new_one() {
    let prints = |state: State| {
        TABLE.iter().any(|row| row.event == Event::Print && row.from.contains(&state))
            && TABLE.iter().any(|row| {
                row.from.contains(&state)
                    && row.needs.iter().any(|n| matches!(n, Need::ScanOfNewest | Need::FreshSeal))
            })
    };
    for row in TABLE.iter().filter(|row| row.needs.contains(&Need::SealStands)) {
        for state in row.from {
            let way = TABLE.iter().find(|way| {
                way.from.contains(state)
                    && !way.needs.contains(&Need::SealStands)
                    && matches!(way.to, To::State(to) if prints(to))
            });
            assert!(way.is_some(), "{} in {state} waits for ever", row.event);
        }
    }
}

#[test]
fn a_form_with_empty_boxes_is_submitted_when_the_applicant_confirms() {
    let mut asked = request(Event::Submit);
    asked.scan = Some(ScanFacts { all_empty: true, confirmed: true, ..scan(2) });
    assert!(apply(&facts(State::Sealing), &asked, &actor(Role::Applicant)).is_ok());
}

#[test]
fn dispatching_an_unfit_profession_takes_a_reason() {
    let mut asked = request(Event::Dispatch);
    asked.professionals[0].profession = "社工師".into();
    assert!(apply(&facts(State::Received), &asked, &actor(Role::Supervisor)).is_ok());
}
