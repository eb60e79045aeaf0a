//! 統計: what a centre reports, counted over the cases that a person answers for.
//!
//! Case managers see every zone, supervisors their own. Counting takes a moment where there are many cases, so what
//! was counted is kept for [`KEPT_MILLIS`] by each node; it is a cache and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::case::event::Event;
use crate::case::months::{Month, Period};
use crate::case::role::{Actor, Role};
use crate::case::stage::SchoolStage;
use crate::case::state::State;
use crate::store::statistics::{self, COUNTED, Wait};

use super::{Office, StepError};

/// How long a report is shown again without counting anew.
pub const KEPT_MILLIS: i64 = 10 * 60 * 1000;

/// Reports kept at most; the oldest go first.
const KEPT: usize = 64;

/// Whose cases are counted: a zone's, or all.
pub type Reach = Option<String>;

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When, epoch milliseconds.
    pub at: i64,
    /// Over which months.
    pub period: Period,
    /// The zone's name; none where all are counted.
    pub zone: Option<String>,
    /// Cases by month of their first event of a kind.
    pub months: Vec<MonthCounts>,
    /// Cases submitted for the first time in the period.
    pub total: i64,
    /// Those by service item's id.
    pub services: BTreeMap<String, i64>,
    /// Those by the school's stage, youngest first.
    pub stages: Vec<(SchoolStage, i64)>,
    /// Those by the school's district, most first.
    pub districts: Vec<(String, i64)>,
    /// Those by where they stand now.
    pub states: Vec<(State, i64)>,
    /// Waiting times.
    pub waits: Vec<Waited>,
}

/// A month's cases by event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthCounts {
    /// The month.
    pub month: Month,
    counts: [i64; COUNTED.len()],
}

impl MonthCounts {
    /// How many cases had this event for the first time in the month.
    #[must_use]
    pub fn of(&self, event: Event) -> i64 {
        COUNTED.iter().position(|counted| *counted == event).map_or(0, |at| self.counts[at])
    }
}

/// How long something took, over the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// What.
    pub wait: Wait,
    /// How many waits ended in the period.
    pub cases: i64,
    /// The whole hours within which half of them ended; none without any.
    pub median_hours: Option<i64>,
    /// The whole hours within which nine of ten ended.
    pub most_hours: Option<i64>,
}

/// Reports by whose cases they count, and over which months.
type Reports = HashMap<(Reach, Period), Arc<Report>>;

/// Reports that were counted a moment ago.
#[derive(Clone, Debug, Default)]
pub struct Cache(Arc<Mutex<Reports>>);

impl Cache {
    fn find(&self, key: &(Reach, Period), now: i64) -> Option<Arc<Report>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|report| now - report.at < KEPT_MILLIS).cloned()
    }

    fn keep(&self, key: (Reach, Period), report: &Arc<Report>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, other| report.at - other.at < KEPT_MILLIS);
        if kept.len() >= KEPT {
            let oldest = kept.iter().min_by_key(|(_, report)| report.at).map(|(key, _)| key.clone());
            oldest.map(|key| kept.remove(&key));
        }
        kept.insert(key, report.clone());
    }
}

/// Whose cases this person may count; nothing for whoever reports nothing.
#[must_use]
pub fn reach(actor: &Actor) -> Option<Reach> {
    if actor.is(Role::CaseManager) {
        return Some(None);
    }
    actor.zone.clone().filter(|_| actor.is(Role::Supervisor)).map(Some)
}

impl Office {
    /// The twelve months up to now.
    #[must_use]
    pub fn this_year(&self) -> Period {
        Period::year_to(Month::of(self.world.now(), &self.time_zone))
    }

    /// The report over a period.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for whoever reports nothing; a failure of the database.
    pub async fn statistics(&self, actor: &Actor, period: Period) -> Result<Arc<Report>, StepError> {
        let key = (reach(actor).ok_or(StepError::NotFound)?, period);
        if let Some(report) = self.statistics.find(&key, self.world.now()) {
            return Ok(report);
        }
        let report = Arc::new(self.count(key.0.as_deref(), period).await?);
        self.statistics.keep(key, &report);
        Ok(report)
    }

    async fn count(&self, zone: Option<&str>, period: Period) -> Result<Report, StepError> {
        let at = self.world.now();
        let bounds = period.bounds(&self.time_zone);
        let whole = (bounds.first().map_or(0, |first| first.0), bounds.last().map_or(0, |last| last.1));
        let mut db = self.store.read().await?;
        let empty = |month| MonthCounts { month, counts: [0; COUNTED.len()] };
        let mut months: Vec<_> = period.months().into_iter().map(empty).collect();
        for (month, event, cases) in statistics::by_month(&mut db, zone, &bounds).await? {
            if let (Some(month), Some(at)) =
                (months.get_mut(month), COUNTED.iter().position(|counted| *counted == event))
            {
                month.counts[at] = cases;
            }
        }
        let groups = statistics::submitted(&mut db, zone, whole).await?;
        let mut waits = Vec::with_capacity(Wait::ALL.len());
        for wait in Wait::ALL {
            waits.push(waited(wait, &statistics::waits(&mut db, zone, whole, wait).await?));
        }
        let mut services = BTreeMap::new();
        let mut districts = BTreeMap::new();
        for group in &groups {
            *services.entry(group.service.clone()).or_default() += group.cases;
            *districts.entry(group.district.clone()).or_default() += group.cases;
        }
        let mut districts: Vec<(String, i64)> = districts.into_iter().collect();
        districts.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
        let sum = |fits: &dyn Fn(&statistics::Group) -> bool| {
            groups.iter().filter(|group| fits(group)).map(|group| group.cases).sum::<i64>()
        };
        Ok(Report {
            at,
            period,
            zone: match zone {
                Some(zone) => statistics::zone_name(&mut db, zone).await?,
                None => None,
            },
            months,
            total: sum(&|_| true),
            services,
            stages: SchoolStage::ALL.map(|stage| (stage, sum(&|group| group.stage == stage))).into(),
            districts,
            states: State::ALL.map(|state| (state, sum(&|group| group.state == state))).into(),
            waits,
        })
    }
}

/// What can be read off the counts by hour.
fn waited(wait: Wait, hours: &[(i64, i64)]) -> Waited {
    let cases = hours.iter().map(|(_, waits)| waits).sum();
    Waited { wait, cases, median_hours: within(hours, cases, 50), most_hours: within(hours, cases, 90) }
}

/// The hours within which so many of a hundred ended: the nearest rank, a time that somebody did wait.
fn within(hours: &[(i64, i64)], cases: i64, percent: i64) -> Option<i64> {
    let rank = (cases * percent).div_euclid(100) + i64::from((cases * percent) % 100 != 0);
    let mut ended = 0;
    hours.iter().find_map(|(hours, waits)| {
        ended += waits;
        (ended >= rank).then_some(*hours)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_times_that_somebody_waited() {
        assert_eq!(within(&[], 0, 50), None);
        assert_eq!(within(&[(7, 1)], 1, 50), Some(7));
        assert_eq!(within(&[(7, 1)], 1, 90), Some(7));
        let ten: Vec<_> = (1..=10).map(|hours| (hours, 1)).collect();
        assert_eq!((within(&ten, 10, 50), within(&ten, 10, 90)), (Some(5), Some(9)));
        let eleven = [(1, 5), (2, 1), (30, 5)];
        assert_eq!((within(&eleven, 11, 50), within(&eleven, 11, 90)), (Some(2), Some(30)));
    }

    #[test]
    fn reports_are_kept_for_a_while_and_not_for_ever() {
        let month: Month = "2026-11".parse().unwrap();
        let report = |at| Report {
            at,
            period: Period::year_to(month),
            zone: None,
            months: Vec::new(),
            total: 0,
            services: BTreeMap::new(),
            stages: Vec::new(),
            districts: Vec::new(),
            states: Vec::new(),
            waits: Vec::new(),
        };
        let cache = Cache::default();
        let key = |zone: &str| (Some(zone.to_owned()), Period::year_to(month));
        cache.keep(key("1"), &Arc::new(report(0)));
        assert!(cache.find(&key("1"), KEPT_MILLIS - 1).is_some());
        assert!(cache.find(&key("2"), 0).is_none(), "another zone's numbers are another's");
        assert!(cache.find(&key("1"), KEPT_MILLIS).is_none());
        for at in 0..200 {
            cache.keep(key(&at.to_string()), &Arc::new(report(at)));
        }
        assert_eq!(cache.0.lock().unwrap().len(), KEPT);
        assert!(cache.find(&key("199"), 199).is_some());
    }
}
