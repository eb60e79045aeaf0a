//! A case as its card or its row in the table shows it.

use crate::case::role::{Actor, Role};
use crate::case::state::State as CaseState;
use crate::case::subject;
use crate::forms::fonts::Fonts;
use crate::steps::Dossier;
use crate::web::next;
use crate::web::pages::case_list::CaseCard;
use crate::web::pages::parts::{CaseNumberText, Weight};
use crate::web::pages::words::Moment;
use crate::web::records;
use crate::web::view;

/// The card of a case.
pub fn card(dossier: &Dossier, actor: &Actor, fonts: &Fonts, now: i64) -> CaseCard {
    let case = &dossier.case;
    let text =
        |id: &str| dossier.service.field(id).map(|f| view::shown(f, &case.content)).unwrap_or_default();
    let state = dossier.state();
    let mut flow = dossier.flow.iter().map(|row| view::flow_row(dossier, row, now));
    let subject = dossier.subject();
    CaseCard {
        number: CaseNumberText::new(&case.number),
        // Of a case that was disposed of there is nothing to print.
        pick: actor.is(Role::Applicant) && case.disposed_at.is_none(),
        href: view::path(&case.number, ""),
        service: dossier.service.title.clone(),
        state: view::state_badge(state),
        school: format!("{} {}", case.school.district, case.school.name),
        stage: case.school.stage.label().into(),
        opened: Moment::at(case.opened_at, now),
        applicant: case.applicant_name.clone(),
        phone: text("phone"),
        email: case.applicant_email.clone(),
        problem: text("problem"),
        needs: text("needs"),
        expectation: text("expectation"),
        note: text("note"),
        subject: subject.map(|subject| format!("1. {}", subject::text(&subject.answers, "name"))),
        attachments: view::attachments_badge(&dossier.attachments),
        staff: records::staff(dossier),
        since: Moment::at(case.state_at, now),
        newest: flow.next(),
        older: flow.collect(),
        waiting: waiting(state),
        stale: state == CaseState::Sealing && !dossier.changed_since_print().is_empty(),
        action: next::next(dossier, actor, fonts).primary.map(|action| action.weighing(Weight::Plain)),
        menu: next::menu(dossier, actor),
    }
}

/// What the case waits for, in the manual's words.
fn waiting(state: CaseState) -> Option<String> {
    let words = match state {
        CaseState::Submitted => "核閱案件中...",
        CaseState::Received => "派案中...",
        CaseState::InService => "服務中...",
        CaseState::Draft
        | CaseState::Sealing
        | CaseState::Supplement
        | CaseState::Closed
        | CaseState::Declined
        | CaseState::Withdrawn => return None,
    };
    Some(words.into())
}
