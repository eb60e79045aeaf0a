//! How many cases there are: whole numbers where the database keeps count itself ([`counted`]), else counted exactly up
//! to a bound, and honestly "or more" above it.

use crate::case::state::State;
use crate::store::cases::Scope;
use crate::store::{Db, StoreError, counted, parsed};

use super::terms::{ARCHIVED, By, Reason, Texts, narrowing, reasons, unseen};
use super::{Filter, Sort};
use crate::store::sql::Sql;

/// A number of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many; the bound where there are more.
    pub count: i64,
    /// Whether there are more than that.
    pub more: bool,
}

impl Total {
    /// Cases that are counted one by one.
    pub const BOUND: i64 = 10_000;

    /// What a count that stopped one above the bound tells.
    pub(super) fn bounded(counted: i64, bound: i64) -> Self {
        Self { count: counted.min(bound), more: counted > bound }
    }
}

/// How many cases in the scope fit the filter, whatever their texts hold.
pub(super) async fn count(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    bound: i64,
) -> Result<Total, StoreError> {
    let mut sql = Sql::default();
    let reasons = reasons(scope);
    if reasons.is_empty() {
        return Ok(Total::default());
    }
    let union = union(&reasons, bound + 1, |reason| {
        if reason == Reason::Archived && filter.state.is_none() {
            return archived(&narrowing(&mut sql, By::Narrowest, filter, sort));
        }
        let mut terms = reason.condition(&mut sql, By::Narrowest);
        terms.push_str(&narrowing(&mut sql, By::Narrowest, filter, sort));
        if terms == Reason::EVERY {
            // A bound that leaves nothing out: an index is gone into up to the limit, and no table read.
            terms.push_str(" AND c.changed_at >= 0");
        }
        format!("SELECT c.id FROM cases c WHERE {terms}")
    });
    let rows: Vec<(i64,)> = sql.rows(db, format!("SELECT COUNT(*) FROM ({union}) x")).await?;
    Ok(Total::bounded(rows.first().map_or(0, |(n,)| *n), bound))
}

/// How many cases in the scope fit the filter, by state, as the database keeps count of them; none where that isn't
/// known without the cases themselves: of a person's own ones, and by days, people or texts.
pub(super) async fn kept(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
) -> Result<Option<Vec<(State, i64)>>, StoreError> {
    let reasons = reasons(scope);
    let personal = reasons.iter().any(|reason| matches!(reason, Reason::Own(_) | Reason::Serves(_)));
    let dated = filter.opened_from.is_some() || filter.opened_before.is_some();
    let named = filter.professional.is_some() || filter.subject.is_some() || !Texts::of(filter).is_empty();
    if reasons.is_empty() || personal || dated || named {
        return Ok(None);
    }
    let mut sql = Sql::default();
    let seen: Vec<String> =
        reasons.iter().map(|reason| format!("({})", reason.condition(&mut sql, By::Narrowest))).collect();
    let narrowed = narrowing(&mut sql, By::Narrowest, filter, sort);
    let statement = format!(
        "SELECT c.state, CAST(SUM(c.n) AS BIGINT) FROM {} WHERE ({}){narrowed} GROUP BY c.state",
        counted::AS_CASES,
        seen.join(" OR ")
    );
    let rows: Vec<(String, i64)> = sql.rows(db, statement).await?;
    let rows = rows.into_iter().filter(|(_, n)| *n > 0);
    let counts = rows.map(|(name, n)| Ok((parsed(&name, "case_counts", "state", &name)?, n)));
    counts.collect::<Result<_, StoreError>>().map(Some)
}

/// The cases that an archivist finds, state by state: of all these states at once a database takes the whole table
/// for the shorter way, where one after the other is gone into by its index until the bound.
fn archived(narrowed: &str) -> String {
    let part = |state| {
        let reason = Reason::archived_in(state);
        format!("SELECT c.id FROM cases c WHERE {reason}{narrowed}")
    };
    ARCHIVED.map(part).join(" UNION ALL ")
}

/// How many cases of a scope are in each state; states without any are left out.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn states(db: &mut Db, scope: &Scope) -> Result<Vec<(State, Total)>, StoreError> {
    let reasons = reasons(scope);
    if reasons.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(kept) = kept(db, scope, &Filter::default(), Sort::Change).await? {
        let whole = |(state, count)| (state, Total { count, more: false });
        return Ok(in_order(kept.into_iter().map(whole).collect()));
    }
    let mut sql = Sql::default();
    let small = reasons.iter().all(|reason| matches!(reason, Reason::Own(_) | Reason::Serves(_)));
    let statement = if small {
        // A person's own cases are read once, and not once for each state.
        let parts = reasons.iter().map(|reason| {
            format!("SELECT c.id, c.state FROM cases c WHERE {}", reason.condition(&mut sql, By::Narrowest))
        });
        let union = parts.collect::<Vec<_>>().join(" UNION ");
        format!("SELECT x.state, COUNT(*) FROM ({union}) x GROUP BY x.state")
    } else {
        let parts = State::ALL.map(|state| {
            let seen: Vec<_> = reasons.iter().copied().filter(|reason| !unseen(*reason, state)).collect();
            (!seen.is_empty()).then(|| {
                let union = union(&seen, Total::BOUND + 1, |reason| {
                    let reason = reason.condition(&mut sql, By::Narrowest);
                    format!("SELECT c.id FROM cases c WHERE c.state = '{state}' AND {reason}")
                });
                format!("SELECT '{state}' AS state, COUNT(*) FROM ({union}) {state}_cases")
            })
        });
        parts.into_iter().flatten().collect::<Vec<_>>().join(" UNION ALL ")
    };
    let rows: Vec<(String, i64)> = sql.rows(db, statement).await?;
    let mut counts = Vec::new();
    for (name, n) in rows {
        let state: State = parsed(&name, "cases", "state", &name)?;
        if n > 0 {
            counts.push((state, Total::bounded(n, Total::BOUND)));
        }
    }
    Ok(in_order(counts))
}

/// In the order of the walk.
fn in_order(mut counts: Vec<(State, Total)>) -> Vec<(State, Total)> {
    counts.sort_by_key(|(state, _)| State::ALL.iter().position(|other| other == state));
    counts
}

/// What any of the reasons allows, `limit` of it: each reason by an index of its own.
fn union<'a>(reasons: &[Reason<'a>], limit: i64, mut query: impl FnMut(Reason<'a>) -> String) -> String {
    if let [only] = reasons {
        return format!("{} LIMIT {limit}", query(*only));
    }
    let parts = reasons.iter().enumerate();
    let parts = parts.map(|(at, reason)| format!("SELECT id FROM ({} LIMIT {limit}) u{at}", query(*reason)));
    format!("SELECT id FROM ({}) u LIMIT {limit}", parts.collect::<Vec<_>>().join(" UNION "))
}
