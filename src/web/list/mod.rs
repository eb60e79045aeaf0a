//! 我的申請案件 and 案件查詢: twenty a page, filters in the address.

mod asked;
mod card;
mod export;
mod filters;
mod panel;

use axum::extract::{Query, State};
use axum::response::Response;

use crate::case::lifecycle;
use crate::case::role::Role;
use crate::steps::bulk;
use crate::store::list::{self, PAGE, Total};

use super::app::App;
use super::pages::case_list::{BulkBar, CaseListPage};
use super::pages::frame::Here;
use super::pages::parts::Pager;
use super::trouble::{WebError, html};
use super::visitor::Settled;

pub use asked::{Asked, below};
pub use export::export;
pub use filters::{forget, save};

/// The list.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let scope = asked.scope(&visitor);
    let (wanted, mistakes) = asked.wanted(office);
    let mut db = office.store.read().await?;
    let page = list::page(&mut db, &scope, &wanted).await?;
    let states = list::states(&mut db, &scope).await?;
    let filter = panel::filter(&app, &mut db, &visitor, &asked, &mistakes).await?;
    let saved = panel::saved(&mut db, &visitor, &asked).await?;
    let mut dossiers = office.dossiers_of(&mut db, page.cases).await?;
    dossiers.iter_mut().for_each(|dossier| dossier.keep_from(&visitor.actor));
    drop(db);
    let numbers: Vec<_> = dossiers.iter().map(|dossier| dossier.case.number.as_str()).collect();
    office.trace_list(&visitor.actor, &visitor.origin, asked.searches(), &numbers).await?;
    let now = office.world.now();
    let cards: Vec<_> = dossiers
        .iter()
        .map(|dossier| card::card(dossier, &visitor.actor, office.printer.fonts(), now))
        .collect();
    let own = asked.is_own(&visitor);
    let here = if own { Here::Mine } else { Here::All };
    Ok(html(&CaseListPage {
        frame: visitor.frame_at(&app, here, asked.said.as_deref()),
        title: if own { "我的申請案件" } else { "案件查詢" }.into(),
        states: panel::states(&asked, states),
        filter,
        can_create: lifecycle::may_open(&visitor.actor).is_ok(),
        own,
        tally: panel::tally(page.total),
        bulk: (own && visitor.actor.is(Role::Applicant) && !cards.is_empty())
            .then(|| bulk_bar(&asked, page.total, mistakes.is_empty())),
        views: (!own).then(|| panel::views(&asked)),
        export: (!cards.is_empty() && mistakes.is_empty()).then(|| export::link(&asked)),
        saved,
        cards,
        pager: Pager {
            previous: page.previous.map(|place| asked.address_at(&place)),
            next: page.next.map(|place| asked.address_at(&place)),
        },
    }))
}

/// `read`: all of the filter could be read, so that all that was found can be chosen.
fn bulk_bar(asked: &Asked, total: Total, read: bool) -> BulkBar {
    let too_many = total.more || total.count > i64::try_from(bulk::MOST).unwrap_or(i64::MAX);
    let several = total.count > i64::try_from(PAGE).unwrap_or(0);
    BulkBar {
        hidden: asked.pairs().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        all: u64::try_from(total.count).ok().filter(|_| several && !too_many && read),
        too_many,
        most: bulk::MOST,
    }
}
