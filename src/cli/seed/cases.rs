//! Made-up cases: the rows of one after the other, their papers shared with a model that was really printed.

use std::collections::BTreeMap;

use crate::case::dates;
use crate::case::event::Event;
use crate::case::fields::{FieldKind, FieldSpec, Value, Values};
use crate::case::ids::{CaseReference, Digest};
use crate::case::keywords::keywords;
use crate::case::role::Actor;
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::snapshot::{AttachmentLine, CaseHead, Organisation, Person, SchoolHead, Snapshot};
use crate::case::state::State;
use crate::store::flow::Evidence;
use crate::store::schools::School;
use crate::store::seed::{Rows, Table};

use super::dice::Dice;
use super::journey::{Doer, Passed, journey, state};
use super::places::Settled;
use super::words;

/// Years over which cases were opened.
const YEARS: i64 = 9;
const YEAR: i64 = 365 * 24 * 3_600_000;

/// The papers of a case that went through all steps: every made-up case shows these.
pub struct Model {
    pub attachment: Digest,
    pub attachment_bytes: i64,
    pub print: Digest,
    pub layout: String,
    pub pages: i64,
    pub scan: Digest,
    pub report: String,
}

/// Makes cases.
pub struct Maker<'a> {
    pub settled: &'a Settled,
    pub services: Vec<ServiceSpec>,
    pub model: Model,
    pub organisation: String,
    pub zone: jiff::tz::TimeZone,
    pub now: i64,
    /// The last number given in each year of the Republic.
    pub numbers: BTreeMap<i16, i64>,
    pub dice: Dice,
}

/// What is known of a case while its rows are made.
struct Made<'a> {
    id: String,
    number: String,
    school: &'a School,
    applicant: &'a Actor,
    service: usize,
    state: State,
    content: Values,
    subject: Option<Values>,
    /// Categories.
    attachments: Vec<String>,
    passed: Vec<Passed>,
    manager: &'a Actor,
    supervisor: &'a Actor,
    professional: &'a Actor,
}

impl<'a> Maker<'a> {
    /// The rows of case `at` of `all`, the oldest first.
    pub fn make(&mut self, rows: &mut Rows, at: i64, all: i64) {
        let made = self.think(at, all);
        let time = |event| made.passed.iter().find(|one| one.event == event).map(|one| one.at);
        let print = time(Event::Print).map(|at| self.print(rows, &made, at));
        let scan = time(Event::Submit).zip(print).map(|(at, print)| self.scan(rows, &made, print, at));
        self.case(rows, &made, scan);
        self.around(rows, &made);
        self.happened(rows, &made);
    }

    fn think(&mut self, at: i64, all: i64) -> Made<'a> {
        let settled = self.settled;
        let step = YEARS * YEAR / all.max(1);
        let opened = self.now - YEARS * YEAR + at * step + self.dice.between(0, (step - 1).max(0));
        let day = self.zone.to_datetime(jiff::Timestamp::from_millisecond(opened).unwrap_or_default()).date();
        let year = dates::roc_year(day);
        let serial = self.numbers.entry(year).or_insert(0);
        *serial += 1;
        let number = format!("{year}{serial:07}");
        let dice = &mut self.dice;
        let at_school = dice.index(settled.schools.len());
        let school = &settled.schools[at_school];
        let applicants = &settled.applicants[at_school];
        let applicant = &applicants[dice.index(applicants.len())];
        let zone = settled.supervisors.iter().find(|one| one.zone == school.zone);
        let service = if dice.happens(70) { 0 } else { dice.index(self.services.len()) };
        let state = state(dice, self.now - opened);
        let scanned = !matches!(state, State::Draft | State::Sealing)
            && (state != State::Withdrawn || dice.happens(40));
        let passed = journey(dice, state, scanned, opened, self.now);
        let spec = &self.services[service];
        let content =
            spec.fields.iter().filter_map(|field| Some((field.id.clone(), answer(dice, field)?))).collect();
        let has_subject = match spec.subject {
            SubjectNeed::None => false,
            SubjectNeed::Required => state != State::Draft || dice.happens(60),
            SubjectNeed::Optional => dice.happens(50),
        };
        let subject = has_subject.then(|| subject(dice, day.year()));
        let required = spec.attachments.iter().filter(|category| category.required);
        let attachments =
            required.map(|category| category.id.clone()).filter(|_| state != State::Draft).collect();
        Made {
            id: id(dice, opened),
            number,
            school,
            applicant,
            service,
            state,
            content,
            subject,
            attachments,
            passed,
            manager: &settled.managers[dice.index(settled.managers.len())],
            supervisor: zone.unwrap_or(&settled.supervisors[0]),
            professional: &settled.professionals[dice.index(settled.professionals.len())].0,
        }
    }

    fn case(&mut self, rows: &mut Rows, made: &Made<'_>, scan: Option<String>) {
        let last = made.passed.last().map_or(self.now, |one| one.at);
        let entered =
            made.passed.iter().rev().find(|one| one.from != Some(one.to)).map_or(last, |one| one.at);
        let opened = made.passed.first().map_or(self.now, |one| one.at);
        // Forty bits that never repeat: the number of cases so far, through a permutation.
        let given: i64 = self.numbers.values().sum();
        let bits = u64::try_from(given).unwrap_or(0).wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xff_ffff_ffff;
        let mut reference = [0; 5];
        reference.copy_from_slice(&bits.to_be_bytes()[3..]);
        let words = keywords(
            &made.number,
            &made.school.name,
            &made.applicant.name,
            &made.content,
            made.subject.as_ref(),
        );
        rows.add(
            Table::Cases,
            vec![
                made.id.as_str().into(),
                made.number.as_str().into(),
                CaseReference::from_bytes(reference).to_string().into(),
                id(&mut self.dice, opened).into(),
                self.services[made.service].id.as_str().into(),
                made.school.code.as_str().into(),
                made.applicant.id.as_str().into(),
                made.state.as_str().into(),
                json(&made.content).into(),
                words.into(),
                scan.into(),
                opened.into(),
                last.into(),
                entered.into(),
                i64::try_from(made.passed.len()).unwrap_or(1).into(),
            ],
        );
        if let Some(answers) = &made.subject {
            let text = |field: &str| crate::case::subject::text(answers, field);
            rows.add(
                Table::Subjects,
                vec![
                    id(&mut self.dice, opened).into(),
                    made.id.as_str().into(),
                    json(answers).into(),
                    opened.into(),
                    opened.into(),
                    text("name").to_lowercase().into(),
                    text("id_number").to_uppercase().into(),
                ],
            );
        }
    }

    /// The printed revision; returns its id.
    fn print(&mut self, rows: &mut Rows, made: &Made<'_>, at: i64) -> String {
        let print = id(&mut self.dice, at);
        let spec = &self.services[made.service];
        let school = made.school;
        let lines = made.attachments.iter().map(|category| AttachmentLine {
            category: spec.attachment(category).map_or_else(|| category.clone(), |one| one.label.clone()),
            name: FILE.into(),
            digest: self.model.attachment.short(),
            bytes: self.model.attachment_bytes,
        });
        let day = self.zone.to_datetime(jiff::Timestamp::from_millisecond(at).unwrap_or_default()).date();
        let snapshot = Snapshot {
            organisation: Organisation { name: self.organisation.clone() },
            case: CaseHead { number: made.number.clone(), service: spec.id.clone() },
            school: SchoolHead {
                code: school.code.clone(),
                name: school.name.clone(),
                district: school.district.clone(),
                stage: school.stage.as_str().into(),
                stage_label: school.stage.label().into(),
            },
            applicant: Person {
                name: made.applicant.name.clone(),
                email: format!("{}@example.org", made.applicant.id),
            },
            printed_on: dates::iso(day),
            content: made.content.clone(),
            subject: made.subject.clone(),
            attachments: lines.collect(),
            seals: spec.seal_boxes(school.stage).to_vec(),
        };
        rows.add(
            Table::Prints,
            vec![
                print.as_str().into(),
                made.id.as_str().into(),
                1.into(),
                i64::from(spec.version).into(),
                json(&snapshot).into(),
                self.model.layout.as_str().into(),
                self.model.pages.into(),
                self.model.print.to_string().into(),
                made.applicant.id.as_str().into(),
                at.into(),
            ],
        );
        print
    }

    /// The bound scan; returns its id.
    fn scan(&mut self, rows: &mut Rows, made: &Made<'_>, print: String, at: i64) -> String {
        let scan = id(&mut self.dice, at);
        rows.add(
            Table::Scans,
            vec![
                scan.as_str().into(),
                made.id.as_str().into(),
                print.into(),
                self.model.scan.to_string().into(),
                "簽核申請單.pdf".into(),
                self.model.report.as_str().into(),
                0.into(),
                0.into(),
                0.into(),
                made.applicant.id.as_str().into(),
                at.into(),
                at.into(),
            ],
        );
        scan
    }

    /// What stands around a case: attachments, who serves it, what is asked for, how it was closed.
    fn around(&mut self, rows: &mut Rows, made: &Made<'_>) {
        let reviewed = matches!(made.state, State::Received | State::InService | State::Closed);
        let opened = made.passed.first().map_or(self.now, |one| one.at);
        for (at, category) in (0..).zip(&made.attachments) {
            let (verdict, remark) = match (made.state, at) {
                _ if reviewed => ("reviewed", ""),
                (State::Supplement, 0) => ("wanting", "請補上簽名"),
                _ => ("unreviewed", ""),
            };
            rows.add(
                Table::Attachments,
                vec![
                    id(&mut self.dice, opened).into(),
                    made.id.as_str().into(),
                    category.as_str().into(),
                    FILE.into(),
                    self.model.attachment.to_string().into(),
                    verdict.into(),
                    remark.into(),
                    made.applicant.id.as_str().into(),
                    // One after the other, as the form lists them.
                    (opened + at).into(),
                ],
            );
        }
        for passed in &made.passed {
            let id = id(&mut self.dice, passed.at);
            let (case, at) = (made.id.as_str(), passed.at);
            match passed.event {
                Event::Dispatch => {
                    rows.add(
                        Table::Assignments,
                        vec![id.into(), case.into(), made.professional.id.as_str().into(), at.into()],
                    );
                }
                Event::AskSupplement => {
                    let asked: (&str, i64) = (made.manager.id.as_str(), at);
                    rows.add(
                        Table::Supplements,
                        vec![
                            id.as_str().into(),
                            case.into(),
                            REASON.into(),
                            asked.0.into(),
                            asked.1.into(),
                            None::<i64>.into(),
                        ],
                    );
                    let item = ["content", "problem", "問題簡述", ""];
                    let mut row = vec![id.into(), 1.into()];
                    row.extend(item.map(Into::into));
                    row.push("".into());
                    rows.add(Table::SupplementItems, row);
                }
                Event::Close => rows.add(
                    Table::Closings,
                    vec![
                        id.into(),
                        case.into(),
                        self.dice
                            .one(&["improved", "back-to-school", "resources-linked", "left-school"])
                            .into(),
                        "".into(),
                        "目標達成，持續由學校追蹤。".into(),
                        made.professional.id.as_str().into(),
                        at.into(),
                        "approved".into(),
                        made.supervisor.id.as_str().into(),
                        at.into(),
                        "".into(),
                    ],
                ),
                _ => {}
            }
        }
    }

    fn happened(&mut self, rows: &mut Rows, made: &Made<'_>) {
        for (seq, passed) in (1..).zip(&made.passed) {
            let actor = match passed.by {
                Doer::Applicant => made.applicant,
                Doer::Manager => made.manager,
                Doer::Supervisor => made.supervisor,
                Doer::Professional => made.professional,
            };
            let evidence = match passed.event {
                Event::Print => vec![("print", self.model.print)],
                Event::Submit => vec![("scan", self.model.scan), ("print", self.model.print)],
                _ => Vec::new(),
            };
            let evidence: Vec<Evidence> = evidence
                .into_iter()
                .map(|(kind, digest)| Evidence { kind: kind.into(), revision: Some(1), digest })
                .collect();
            let reason = match passed.event {
                Event::Edit => "新增服務對象",
                Event::AskSupplement | Event::Decline | Event::Withdraw => REASON,
                _ => "",
            };
            rows.add(
                Table::Flow,
                vec![
                    id(&mut self.dice, passed.at).into(),
                    made.id.as_str().into(),
                    seq.into(),
                    passed.at.into(),
                    actor.id.as_str().into(),
                    actor.name.as_str().into(),
                    passed.event.as_str().into(),
                    passed.from.map(|state| state.as_str().to_owned()).into(),
                    passed.to.as_str().into(),
                    reason.into(),
                    json(&evidence).into(),
                ],
            );
        }
    }
}

const FILE: &str = "附件.pdf";
const REASON: &str = "資料與附件不一致，請確認。";

/// An answer that fits its field.
fn answer(dice: &mut Dice, field: &FieldSpec) -> Option<Value> {
    if !field.required && dice.happens(60) {
        return None;
    }
    let text = match field.kind {
        FieldKind::Tel => words::phone(dice),
        FieldKind::Email => "office@example.org".into(),
        FieldKind::Date => "2025-10-01".into(),
        FieldKind::Number => {
            dice.between(field.min.unwrap_or(1), field.max.unwrap_or(20).min(200)).to_string()
        }
        FieldKind::Choice => field.choices.get(dice.index(field.choices.len()))?.clone(),
        FieldKind::Choices => {
            let from = dice.index(field.choices.len());
            return Some(Value::Many(field.choices.get(from..=from)?.to_vec()));
        }
        FieldKind::LongText if field.id == "problem" => words::problem(dice),
        FieldKind::LongText | FieldKind::Text => words::hope(dice),
    };
    Some(Value::Text(text.chars().take(field.limit()).collect()))
}

fn subject(dice: &mut Dice, year: i16) -> Values {
    let (name, parent) = (words::name(dice), words::name(dice));
    let grade = dice.between(1, 9);
    let pairs = [
        ("id_kind", "身分證".to_owned()),
        ("id_number", words::national_number(dice)),
        ("name", name),
        ("sex", dice.one(&["男", "女"]).to_owned()),
        (
            "birth",
            format!("{}-{:02}-{:02}", i64::from(year) - 6 - grade, dice.between(1, 12), dice.between(1, 28)),
        ),
        ("special_education", dice.one(&["否", "否", "否", "是"]).to_owned()),
        ("background", dice.one(&["一般生", "一般生", "原住民", "新住民"]).to_owned()),
        ("grade", grade.to_string()),
        ("class", dice.between(1, 12).to_string()),
        ("parent", parent),
        ("relation", dice.one(&["母子", "父子", "母女", "父女", "祖孫"]).to_owned()),
        ("mobile", words::mobile(dice)),
        ("address", format!("示範市示範路 {} 號", dice.between(1, 999))),
        ("counsellor", words::name(dice)),
        ("counsellor_phone", words::phone(dice)),
        ("tutor", words::name(dice)),
        ("tutor_phone", words::phone(dice)),
    ];
    pairs.into_iter().map(|(id, text)| (id.to_owned(), Value::Text(text))).collect()
}

/// An identifier of its time, as steps make them.
fn id(dice: &mut Dice, at: i64) -> String {
    let mut chance = [0; 10];
    chance[..8].copy_from_slice(&dice.bits().to_be_bytes());
    chance[8..].copy_from_slice(&dice.bits().to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(at).unwrap_or(0), &chance).into_uuid().to_string()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
