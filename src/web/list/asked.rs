//! What the address of a list asks for, and addresses that ask for it.
//!
//! Everything that a list is narrowed to, its order and its place stay in the address, so that it can be kept,
//! sent and come back to.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::case::dates;
use crate::case::role::Role;
use crate::steps::Office;
use crate::store::cases::Scope;
use crate::store::list::{Filter, Key, Place, Sort, Sought, Wanted};
use crate::web::trouble::WebError;
use crate::web::typed::Sent;
use crate::web::visitor::Visitor;

/// The fields of the list's form, and its place. Empty ones ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub scope: String,
    pub service: String,
    pub state: String,
    pub q: String,
    pub from: String,
    pub to: String,
    pub school: String,
    pub district: String,
    pub zone: String,
    pub professional: String,
    pub subject: String,
    pub sort: String,
    pub view: String,
    pub after: String,
    pub before: String,
    pub said: Option<String>,
}

/// Fields that can't be read, and why.
pub type Mistakes = BTreeMap<&'static str, String>;

impl Asked {
    /// The same from a form that repeats the list's fields.
    #[must_use]
    pub fn sent(sent: &Sent) -> Self {
        let field = |name| sent.one(name).to_owned();
        Self {
            scope: field("scope"),
            service: field("service"),
            state: field("state"),
            q: field("q"),
            from: field("from"),
            to: field("to"),
            school: field("school"),
            district: field("district"),
            zone: field("zone"),
            professional: field("professional"),
            subject: field("subject"),
            sort: field("sort"),
            view: field("view"),
            ..Self::default()
        }
    }

    /// The same from a query, as saved filters keep it.
    #[must_use]
    pub fn query(query: &str) -> Self {
        Self::sent(&Sent::parse(query.as_bytes()))
    }

    /// Whether the list shows what the person applied for, and not all that they may see: who is an applicant alone
    /// sees nothing beside it, and needs no names of staff to choose from.
    #[must_use]
    pub fn is_own(&self, visitor: &Visitor) -> bool {
        let alone = visitor.actor.roles == [Role::Applicant];
        visitor.actor.is(Role::Applicant) && (alone || self.scope != "all")
    }

    /// Whose cases the list shows.
    #[must_use]
    pub fn scope(&self, visitor: &Visitor) -> Scope {
        let whole = Office::scope(&visitor.actor);
        if self.is_own(visitor) { Scope { own: whole.own, ..Scope::default() } } else { whole }
    }

    /// What is asked for in the store's terms; refused where a field can't be read: what is taken along or printed
    /// must be what was asked for.
    ///
    /// # Errors
    /// In the words of the first mistake.
    pub fn whole(&self, office: &Office) -> Result<Wanted, WebError> {
        let (wanted, mistakes) = self.wanted(office);
        match mistakes.into_values().next() {
            Some(words) => Err(WebError::bad_request(&words)),
            None => Ok(Wanted { place: Place::First, ..wanted }),
        }
    }

    /// What is asked for in the store's terms, and the fields that couldn't be read.
    #[must_use]
    pub fn wanted(&self, office: &Office) -> (Wanted, Mistakes) {
        let mut mistakes = Mistakes::new();
        let mut day = |name: &'static str, typed: &str| match (typed.trim(), dates::parse(typed)) {
            ("", _) => None,
            (_, Some(day)) => Some(day),
            (other, None) => {
                mistakes.insert(name, format!("看不懂「{other}」這個日期，請寫成 2025/12/18 或 114/12/18。"));
                None
            }
        };
        let from = day("from", &self.from);
        let to = day("to", &self.to);
        let state = self.state.trim().parse().ok();
        if state.is_none() && !self.state.trim().is_empty() {
            mistakes.insert("state", "這個案件狀態不是系統認得的，請重新選擇狀態。".to_owned());
        }
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let filter = Filter {
            service: text(&self.service),
            state,
            keyword: self.q.trim().to_owned(),
            opened_from: from.map(|day| office.begin_of(day)),
            opened_before: to.and_then(|day| day.tomorrow().ok()).map(|day| office.begin_of(day)),
            school: text(&self.school),
            district: text(&self.district),
            zone: text(&self.zone),
            professional: text(&self.professional),
            subject: Sought::new(&self.subject),
            among: None,
        };
        (Wanted { filter, sort: self.order(), place: self.place() }, mistakes)
    }

    fn order(&self) -> Sort {
        match self.sort.as_str() {
            "waiting" => Sort::Waiting,
            "opened" => Sort::Opening,
            "number" => Sort::Number,
            _ => Sort::Change,
        }
    }

    /// A key that can't be read begins at the list's head.
    fn place(&self) -> Place {
        let key = |text: &str| text.parse::<Key>().ok();
        match (key(&self.after), key(&self.before)) {
            (Some(key), _) => Place::After(key),
            (None, Some(key)) => Place::Before(key),
            (None, None) => Place::First,
        }
    }

    /// Whether the list is narrowed by more than its scope.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.pairs().iter().any(|(name, _)| !matches!(*name, "scope" | "sort" | "view"))
    }

    /// Whether any field of 進階搜尋 is used.
    #[must_use]
    pub fn is_advanced(&self) -> bool {
        self.pairs().iter().any(|(name, _)| {
            matches!(*name, "from" | "to" | "school" | "district" | "zone" | "professional" | "subject")
        })
    }

    /// Whether a child, or a text about one, is looked for.
    #[must_use]
    pub fn searches(&self) -> bool {
        !self.q.trim().is_empty() || !self.subject.trim().is_empty()
    }

    /// Names and values of everything but the place.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("scope", &self.scope),
            ("service", &self.service),
            ("state", &self.state),
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("school", &self.school),
            ("district", &self.district),
            ("zone", &self.zone),
            ("professional", &self.professional),
            ("subject", &self.subject),
            ("sort", &self.sort),
            ("view", &self.view),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// Everything but the place as a query.
    #[must_use]
    pub fn as_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }

    /// The address of the list's head.
    #[must_use]
    pub fn address(&self) -> String {
        below("/cases", &self.as_query())
    }

    /// The address of this place in the list.
    #[must_use]
    pub fn address_at(&self, place: &Place) -> String {
        let mut query = form_urlencoded::Serializer::new(self.as_query());
        match place {
            Place::First => {}
            Place::After(key) => drop(query.append_pair("after", &key.to_string())),
            Place::Before(key) => drop(query.append_pair("before", &key.to_string())),
        }
        below("/cases", &query.finish())
    }
}

/// A path with a query, if there is any.
#[must_use]
pub fn below(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
