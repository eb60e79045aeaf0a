//! What stands above a list: counts per state, the filter with 進階搜尋, saved filters, and how it is shown.

use crate::case::state::State as CaseState;
use crate::steps::Office;
use crate::store::filters;
use crate::store::list::{self, Filter as Filters, PAGE, Sort, Total, Wanted};
use crate::store::{Db, schools, staff};
use crate::web::app::App;
use crate::web::pages::case_list::{
    Advanced, DateField, Filter, Saved, SavedFilter, Staff, StateCount, Views,
};
use crate::web::pages::field::Choice;
use crate::web::pages::words;
use crate::web::trouble::WebError;
use crate::web::view;
use crate::web::visitor::Visitor;

use super::asked::{Asked, Mistakes, below};

const SORTS: [(&str, &str); 4] =
    [("", "最近異動"), ("waiting", "等待最久"), ("opened", "最近開案"), ("number", "案件編號")];

/// 每頁 20 筆共 N 筆.
pub fn tally(total: Total) -> String {
    format!("每頁 {PAGE} 筆共 {}", counted(total))
}

/// How many cases a list holds: where nothing narrows it, those of all its states, which were counted one by one and so
/// reach further than a count of the whole.
pub fn total(wanted: &Wanted, found: Total, states: &[(CaseState, Total)]) -> Total {
    if wanted.filter != Filters::default() {
        return found;
    }
    let ended = |state| matches!(state, CaseState::Closed | CaseState::Declined | CaseState::Withdrawn);
    let listed = states.iter().filter(|(state, _)| wanted.sort != Sort::Waiting || !ended(*state));
    listed.fold(Total::default(), |sum, (_, total)| Total {
        count: sum.count + total.count,
        more: sum.more || total.more,
    })
}

/// `1,234 筆`, or `10,000 筆以上` where counting stopped.
fn counted(total: Total) -> String {
    let or_more = if total.more { "以上" } else { "" };
    format!("{} 筆{or_more}", words::thousands(total.count))
}

/// A row of counts; each leads to the list of its state.
pub fn states(asked: &Asked, counts: Vec<(CaseState, Total)>) -> Vec<StateCount> {
    let scope = Asked { scope: asked.scope.clone(), view: asked.view.clone(), ..Asked::default() };
    let links = counts.into_iter().map(|(state, total)| StateCount {
        state: view::state_badge(state),
        count: format!("{}{}", words::thousands(total.count), if total.more { "+" } else { "" }),
        words: counted(total),
        href: Asked { state: state.as_str().into(), ..scope.clone() }.address(),
        current: asked.state == state.as_str(),
    });
    links.collect()
}

/// The same of all that somebody may see, for the page where their work begins.
///
/// # Errors
/// When the database fails.
pub async fn counts(app: &App, visitor: &Visitor) -> Result<Vec<StateCount>, WebError> {
    let scope = Office::scope(&visitor.actor);
    let counts = list::states(&mut *app.office.store.read().await?, &scope).await?;
    Ok(states(&Asked { scope: "all".into(), ..Asked::default() }, counts))
}

/// The filter, with what is chosen in it.
pub async fn filter(
    app: &App,
    db: &mut Db,
    visitor: &Visitor,
    asked: &Asked,
    mistakes: &Mistakes,
) -> Result<Filter, WebError> {
    let mut services = vec![Choice::labelled("", "全部服務", asked.service.is_empty())];
    services.extend(app.office.services().map(|s| Choice::labelled(&s.id, &s.title, s.id == asked.service)));
    let mut states = vec![Choice::labelled("", "全部狀態", asked.state.is_empty())];
    states.extend(CaseState::ALL.map(|s| Choice::labelled(s.as_str(), s.label(), s.as_str() == asked.state)));
    let date = |name: &'static str, typed: &str| DateField {
        value: typed.to_owned(),
        error: mistakes.get(name).cloned(),
    };
    let own = asked.is_own(visitor);
    let advanced = Advanced {
        open: asked.is_advanced(),
        from: date("from", &asked.from),
        to: date("to", &asked.to),
        subject: asked.subject.clone(),
        staff: if own { None } else { Some(of_staff(db, asked).await?) },
    };
    let clear = Asked { scope: asked.scope.clone(), view: asked.view.clone(), ..Asked::default() };
    Ok(Filter {
        scope: asked.scope.clone(),
        view: asked.view.clone(),
        services,
        states,
        sorts: SORTS.map(|(value, label)| Choice::labelled(value, label, value == asked.sort)).into(),
        waiting: asked.sort == "waiting" && asked.state.is_empty(),
        keyword: asked.q.clone(),
        narrowed: asked.narrows(),
        advanced,
        clear: clear.address(),
    })
}

/// What only those need who see more than their own.
async fn of_staff(db: &mut Db, asked: &Asked) -> Result<Staff, WebError> {
    let choices = |all: &str, rows: Vec<(String, String)>, chosen: &str| {
        let mut choices = vec![Choice::labelled("", all, chosen.is_empty())];
        choices
            .extend(rows.into_iter().map(|(value, label)| Choice::labelled(&value, &label, value == chosen)));
        choices
    };
    let districts = schools::districts(db).await?.into_iter().map(|name| (name.clone(), name)).collect();
    let professionals = staff::names(db).await?;
    Ok(Staff {
        school: asked.school.clone(),
        districts: choices("全部行政區", districts, &asked.district),
        zones: choices("全部分區", schools::zones(db).await?, &asked.zone),
        professionals: choices("全部服務人員", professionals, &asked.professional),
    })
}

/// The saved filters, and what would be saved now.
pub async fn saved(db: &mut Db, visitor: &Visitor, asked: &Asked) -> Result<Saved, WebError> {
    let kept = filters::of_person(db, &visitor.actor.id).await?;
    let query = asked.as_query();
    let filters = kept.into_iter().map(|filter| SavedFilter {
        current: filter.query == query,
        href: below("/cases", &filter.query),
        forget: format!("/cases/filters/{}/delete", filter.id),
        name: filter.name,
    });
    let filters: Vec<_> = filters.collect();
    let savable = asked.narrows() && filters.iter().all(|filter| !filter.current);
    Ok(Saved { filters, query: savable.then_some(query) })
}

/// Cards or a table.
pub fn views(asked: &Asked) -> Views {
    Views {
        table: asked.view == "table",
        cards: Asked { view: String::new(), ..asked.clone() }.address(),
        rows: Asked { view: "table".into(), ..asked.clone() }.address(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_narrows_is_counted_by_its_states() {
        let of = |count, more| Total { count, more };
        let states = [
            (CaseState::Draft, of(9_000, false)),
            (CaseState::Received, of(4_500, false)),
            (CaseState::Closed, of(10_000, true)),
        ];
        let bound = of(10_000, true);
        let wanted = |sort, keyword: &str| Wanted {
            filter: Filters { keyword: keyword.into(), ..Filters::default() },
            sort,
            ..Wanted::default()
        };
        assert_eq!(tally(total(&wanted(Sort::Change, ""), bound, &states)), "每頁 20 筆共 23,500 筆以上");
        assert_eq!(tally(total(&wanted(Sort::Waiting, ""), bound, &states)), "每頁 20 筆共 13,500 筆");
        assert_eq!(tally(total(&wanted(Sort::Change, "明"), bound, &states)), "每頁 20 筆共 10,000 筆以上");
        assert_eq!(tally(total(&wanted(Sort::Number, ""), of(0, false), &[])), "每頁 20 筆共 0 筆");
    }
}
