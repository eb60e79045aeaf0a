//! The record beside the paper: what was printed, what has been corrected since, and what was said.

use crate::case::event::Event;
use crate::case::fields::{FieldSpec, Values};
use crate::case::state::State;
use crate::case::subject;
use crate::steps::scan::{out_of_order, seen};
use crate::steps::{Dossier, StepError};

use super::super::pages::desk::{DeskFact, DeskSection};
use super::super::pages::parts::{Tone, Verdict};
use super::super::view;

/// The record, by the form's sections.
pub fn sections(dossier: &Dossier) -> Vec<DeskSection> {
    let print =
        dossier.bound_scan().and_then(|scan| dossier.prints.iter().find(|print| print.id == scan.print_id));
    let printed = print.map(|print| &print.snapshot);
    let mut sections = by_section(
        "內容",
        &dossier.service.fields,
        &dossier.case.content,
        printed.map(|snapshot| &snapshot.content),
    );
    if let Some(subject) = dossier.subject() {
        let printed = printed.and_then(|snapshot| snapshot.subject.as_ref());
        sections.extend(by_section("服務對象", &subject::FIELDS, &subject.answers, printed));
    }
    sections
}

fn by_section(usual: &str, specs: &[FieldSpec], now: &Values, printed: Option<&Values>) -> Vec<DeskSection> {
    let mut sections: Vec<DeskSection> = Vec::new();
    for spec in specs {
        let value = view::shown(spec, now);
        let was = printed.map(|printed| view::shown(spec, printed)).filter(|was| *was != value);
        let fact = DeskFact { label: spec.label.clone(), value, was };
        let heading = spec.section.as_deref().unwrap_or(usual);
        match sections.last_mut() {
            Some(section) if section.heading == heading => section.facts.push(fact),
            _ => sections.push(DeskSection { heading: heading.to_owned(), facts: vec![fact] }),
        }
    }
    sections
}

/// What the reviewer should know first.
///
/// # Errors
/// When what was seen on the scan can't be read.
pub fn remarks(dossier: &Dossier) -> Result<Vec<Verdict>, StepError> {
    let mut remarks = Vec::new();
    if dossier.state() == State::Received && dossier.wants_new_seal() {
        remarks.push(Verdict::new(Tone::Attention, super::TO_SEAL));
    }
    let seen = dossier.bound_scan().map(seen).transpose()?.unwrap_or_default();
    if let Some(order) = out_of_order(&seen) {
        let words = format!("掃描檔裡的頁面順序是 {order}，這裡已依條碼排好");
        remarks.push(Verdict::new(Tone::Plain, words));
    }
    let handed_in = dossier.flow.iter().find(|row| matches!(row.event, Event::Submit | Event::Resubmit));
    if let Some(row) = handed_in.filter(|row| !row.reason.is_empty()) {
        let by_machine = row.event == Event::Submit;
        let tone = if by_machine { Tone::Attention } else { Tone::Plain };
        remarks.push(Verdict::new(tone, row.reason.clone()));
    }
    if let Some(asked) = dossier.supplements.first() {
        let labels: Vec<_> = asked.items.iter().map(|item| item.label.as_str()).collect();
        let words = format!("曾請補件：{}（{}）", asked.reason, labels.join("、"));
        remarks.push(Verdict::new(Tone::Plain, words));
    }
    if let Some(row) = dossier.flow.iter().find(|row| row.event == Event::Return) {
        remarks.push(Verdict::new(Tone::Plain, format!("曾退回核章：{}", row.reason)));
    }
    for correction in &dossier.corrections {
        let labels: Vec<_> = correction.changes.iter().map(|change| change.label.as_str()).collect();
        let words = format!("{} 更正 {}：{}", correction.by, labels.join("、"), correction.reason);
        remarks.push(Verdict::new(Tone::Plain, words));
    }
    Ok(remarks)
}
