//! Scope and filter as conditions of SQL on a case `c`.

use crate::case::state::State;
use crate::store::cases::Scope;
use crate::store::words;

use super::{Filter, Key, Place, Sort, Sought};
use crate::store::sql::Sql;

/// What decides which index the database goes by: a column in an expression of no effect can't be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The narrowest that there is.
    Narrowest,
    /// The list's order, in the state if one is asked for.
    Order(Sort),
}

impl By {
    fn text(self, column: &str) -> String {
        match self {
            Self::Narrowest => column.to_owned(),
            Self::Order(_) => format!("({column} || '')"),
        }
    }

    fn state(self) -> String {
        match self {
            Self::Narrowest | Self::Order(Sort::Change | Sort::Waiting) => "c.state".into(),
            Self::Order(Sort::Opening | Sort::Number) => self.text("c.state"),
        }
    }

    fn opened(self) -> &'static str {
        match self {
            Self::Narrowest | Self::Order(Sort::Opening) => "c.opened_at",
            Self::Order(_) => "(c.opened_at + 0)",
        }
    }
}

/// One reason why someone may see a case; together they are a [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason<'a> {
    All,
    Own(&'a str),
    Serves(&'a str),
    Zone(&'a str),
    Archived,
}

/// The reasons of a scope; none see nothing.
pub(super) fn reasons(scope: &Scope) -> Vec<Reason<'_>> {
    if scope.all {
        return vec![Reason::All];
    }
    let own = scope.own.as_deref().map(Reason::Own);
    let serves = scope.assigned.as_deref().map(Reason::Serves);
    let zone = scope.zone.as_deref().map(Reason::Zone);
    own.into_iter().chain(serves).chain(zone).chain(scope.archived.then_some(Reason::Archived)).collect()
}

impl Reason<'_> {
    /// The condition that every case fits.
    pub const EVERY: &'static str = "1 = 1";

    /// [`Self::Archived`] among the cases of one of [`ARCHIVED`].
    pub fn archived_in(state: State) -> String {
        format!("c.state = '{state}'")
    }

    /// The reason as a condition.
    pub fn condition(self, sql: &mut Sql, by: By) -> String {
        match self {
            Self::All => Self::EVERY.into(),
            Self::Own(person) => format!("c.applicant_id = {}", sql.text(person)),
            Self::Serves(person) => serves(sql, "c.id", person),
            Self::Zone(zone) => {
                let schools = schools(sql, by, "zone_id", zone);
                format!(
                    "{schools} AND c.state NOT IN ('draft', 'sealing') \
                     AND (c.state <> 'withdrawn' OR c.submitted_at IS NOT NULL)"
                )
            }
            // State by state: the index of these is gone into and not read through.
            Self::Archived if by == By::Narrowest => format!("c.state IN ({})", quoted(&ARCHIVED)),
            Self::Archived => "c.state NOT IN ('draft', 'sealing')".into(),
        }
    }
}

/// States whose originals nobody exchanges by themselves any more: 送件 and what comes after it, and what has ended.
pub(super) const ARCHIVED: [State; 7] = [
    State::Submitted,
    State::Supplement,
    State::Received,
    State::InService,
    State::Closed,
    State::Declined,
    State::Withdrawn,
];
/// States in which a case waits for somebody.
const OPEN: [State; 6] =
    [State::Draft, State::Sealing, State::Submitted, State::Supplement, State::Received, State::InService];

fn quoted(states: &[State]) -> String {
    states.iter().map(|state| format!("'{state}'")).collect::<Vec<_>>().join(", ")
}

fn serves(sql: &mut Sql, case: &str, person: &str) -> String {
    let person = sql.text(person);
    format!(
        "{case} IN (SELECT a.case_id FROM assignments a WHERE a.person_id = {person} AND a.until IS NULL)"
    )
}

fn schools(sql: &mut Sql, by: By, column: &str, value: &str) -> String {
    let (school, value) = (by.text("c.school_code"), sql.text(value));
    format!("{school} IN (SELECT k.code FROM schools k WHERE k.{column} = {value})")
}

/// The filter without what is looked for in texts.
pub(super) fn narrowing(sql: &mut Sql, by: By, filter: &Filter, sort: Sort) -> String {
    let mut terms = String::new();
    let mut and = |term: String| {
        terms.push_str(" AND ");
        terms.push_str(&term);
    };
    if let Some(service) = &filter.service {
        and(format!("{} = {}", by.text("c.service"), sql.text(service)));
    }
    match filter.state {
        Some(state) => and(format!("{} = {}", by.state(), sql.text(state.as_str()))),
        // In the very words of the index that is walked; in others where that index would only mislead.
        None if sort == Sort::Waiting && by == By::Narrowest => {
            and(format!("c.state IN ({})", quoted(&OPEN)));
        }
        None if sort == Sort::Waiting => and("c.state NOT IN ('closed', 'declined', 'withdrawn')".into()),
        None => {}
    }
    if filter.opened_from.is_some() || filter.opened_before.is_some() {
        // Both ends, so that a database takes the days between them for few.
        let from = sql.number(filter.opened_from.unwrap_or(0));
        let before = sql.number(filter.opened_before.unwrap_or(i64::MAX));
        and(format!("{0} >= {from} AND {0} < {before}", by.opened()));
    }
    if let Some(school) = &filter.school {
        let (column, code, name) = (by.text("c.school_code"), sql.text(school), sql.anywhere(school));
        and(format!(
            "{column} IN (SELECT k.code FROM schools k WHERE k.code = {code} OR k.name LIKE {name} ESCAPE '!')"
        ));
    }
    if let Some(district) = &filter.district {
        and(schools(sql, by, "district", district));
    }
    if let Some(zone) = &filter.zone {
        and(schools(sql, by, "zone_id", zone));
    }
    if let Some(professional) = &filter.professional {
        and(serves(sql, &by.text("c.id"), professional));
    }
    if let Some(Sought::Kept(keys)) = &filter.subject {
        let (case, keys) = (by.text("c.id"), sql.list(keys.iter().map(String::as_str)));
        and(format!(
            "{case} IN (SELECT j.case_id FROM subjects j WHERE j.id_key IN ({keys}) AND j.deleted_at IS NULL)"
        ));
    }
    match filter.among.as_deref() {
        None => {}
        Some([]) => and("1 = 0".to_owned()),
        Some(ids) => {
            let case = by.text("c.id");
            and(format!("{case} IN ({})", sql.list(ids.iter().map(String::as_str))));
        }
    }
    terms
}

/// What is looked for in texts.
#[derive(Default)]
pub(super) struct Texts {
    /// Words anywhere in a case's keywords.
    pub words: Vec<String>,
    /// Words of the subject's name.
    pub name: Vec<String>,
}

impl Texts {
    pub fn of(filter: &Filter) -> Self {
        let name = match &filter.subject {
            Some(Sought::Name(name)) => words::sought(name),
            _ => Vec::new(),
        };
        Self { words: words::sought(&filter.keyword), name }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.name.is_empty()
    }

    /// All words: a subject's name is among the keywords too.
    pub fn all(&self) -> Vec<String> {
        self.words.iter().chain(&self.name).cloned().collect()
    }

    /// Whether they are in the texts of a case, which were opened for that: the database can't look into them.
    pub fn are_in(&self, keywords: &str, name: &str) -> bool {
        self.words.iter().all(|word| keywords.contains(word.as_str()))
            && self.name.iter().all(|word| name.contains(word.as_str()))
    }
}

impl Sort {
    /// What the order goes by, as a number.
    pub(super) fn at(self) -> &'static str {
        match self {
            Self::Change => "c.changed_at",
            Self::Waiting => "c.state_at",
            Self::Opening => "c.opened_at",
            Self::Number => "CAST(c.number AS BIGINT)",
        }
    }

    /// Whether the list begins with the least, seen from this place.
    pub(super) fn rises(self, place: &Place) -> bool {
        (self == Self::Waiting) != matches!(place, Place::Before(_))
    }

    /// What lies beyond a place.
    pub(super) fn beyond(self, sql: &mut Sql, place: &Place) -> String {
        let rises = self.rises(place);
        let sign = if rises { '>' } else { '<' };
        if self == Self::Number {
            // Numbers are digits, all of one length: their order as texts is their order, in whatever language a
            // database sorts. Where other characters stand among digits differs, so that no such bound is used.
            return match place {
                Place::First => "c.number >= ''".to_owned(),
                Place::After(key) | Place::Before(key) => {
                    format!("c.number {sign} {}", sql.text(key.at.max(0).to_string()))
                }
            };
        }
        let edge = Key { at: if rises { i64::MIN } else { i64::MAX }, id: String::new() };
        let key = match place {
            Place::First => &edge,
            Place::After(key) | Place::Before(key) => key,
        };
        let (at, id) = (sql.number(key.at), sql.text(&key.id));
        format!("({}, c.id) {sign} ({at}, {id})", self.at())
    }

    /// The order itself, such that its index is walked.
    pub(super) fn walked(self, place: &Place) -> String {
        let way = if self.rises(place) { "ASC" } else { "DESC" };
        match self {
            Self::Number => format!("c.number {way}"),
            other => format!("{} {way}, c.id {way}", other.at()),
        }
    }
}

/// States that someone with this reason never meets.
pub(super) fn unseen(reason: Reason<'_>, state: State) -> bool {
    let early = matches!(state, State::Draft | State::Sealing);
    early && matches!(reason, Reason::Zone(_) | Reason::Archived)
}
