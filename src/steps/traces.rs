//! Who saw what: the rule of traces, in one place.
//!
//! Every view, print, download and search of personal data leaves a trace: who, with the name and roles of that
//! moment, what, when, from which network address, in which request. It is kept before the first byte goes out;
//! when it can't be kept, nothing is shown. How many:
//!
//! - a page about a case leaves one, whatever pictures are on it. What a handler leaves itself, because it knows
//!   more (a document's digest, whose traces), is enough; for a handler that leaves none, the web room leaves
//!   `view-case`, so that a new page can't be forgotten;
//! - a list leaves one, with the numbers of the cases on it, and never for what was searched;
//! - a list that is taken along as a file leaves one for each part that goes out, which each of its cases tells;
//! - a document leaves one with its digest for each retrieval;
//! - a picture of a whole page leaves one for each document, person and [`COVERED_MILLIS`], with the digest;
//! - a small picture (a thumbnail, a seal box, a change) leaves none when the same person looked at the same case
//!   within that time, which its page did; fetched alone it leaves one;
//! - an answer that shows nobody (how far something is) leaves none, and says so by [`Origin::shows_nobody`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::case::ids::Digest;
use crate::case::refusal::Refused;
use crate::case::role::{Actor, Role};
use crate::store::cases::{self, Case};
use crate::store::notices;
use crate::store::traces::{self, Narrow, Page, Trace, Turn};
use crate::store::{StoreError, Tx};

use super::{Dossier, Office, StepError};

/// As long as browsers keep a picture: within this time it isn't asked for again, and a look covers it.
pub const COVERED_MILLIS: i64 = 5 * 60 * 1000;

/// From where a request came, and whether it has accounted for what it shows.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The network address.
    pub remote: String,
    /// The request's identifier.
    pub request: String,
    accounted: Arc<AtomicBool>,
}

impl Origin {
    /// A request that hasn't shown anything yet.
    #[must_use]
    pub fn new(remote: String, request: String) -> Self {
        Self { remote, request, accounted: Arc::default() }
    }

    /// Says that the answer shows nobody's data, and so leaves no trace.
    pub fn shows_nobody(&self) {
        self.accounted.store(true, Ordering::Relaxed);
    }

    /// Whether a trace was left, or none is needed.
    #[must_use]
    pub fn is_accounted(&self) -> bool {
        self.accounted.load(Ordering::Relaxed)
    }
}

/// How much of a document a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A whole page, large enough to be read.
    Page,
    /// A thumbnail, or a small part that stands on a page of the case.
    Small,
}

/// Where a picture belongs.
#[derive(Clone, Copy, Debug)]
pub struct Pictured<'a> {
    /// The case; none for pages that belong to no case.
    pub case: Option<&'a str>,
    /// The document.
    pub digest: &'a Digest,
    /// How much of it.
    pub picture: Picture,
}

/// One page of who saw a case.
pub struct CaseTraces {
    /// The case.
    pub dossier: Dossier,
    /// The traces.
    pub page: Page,
    /// Who left traces here: identifier and name.
    pub people: Vec<(String, String)>,
    /// What was done here.
    pub actions: Vec<String>,
}

impl Office {
    /// Keeps a trace of something seen or tried.
    ///
    /// # Errors
    /// When the database fails: then nothing is shown either.
    pub async fn trace(&self, origin: &Origin, trace: Trace<'_>) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        self.trace_in(&mut tx, origin, trace).await?;
        Ok(tx.commit().await?)
    }

    /// The same inside a step's transaction.
    pub(super) async fn trace_in(
        &self,
        tx: &mut Tx,
        origin: &Origin,
        trace: Trace<'_>,
    ) -> Result<(), StoreError> {
        let salt = self.world.new_salt();
        let trace = Trace { remote: &origin.remote, request: &origin.request, salt: &salt, ..trace };
        traces::add(tx, &self.world.new_id(), self.world.now(), &trace).await?;
        origin.accounted.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps a trace that somebody looked at a list of cases, or searched it: which cases it showed, by number,
    /// and not for what.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trace_list(
        &self,
        actor: &Actor,
        origin: &Origin,
        searched: bool,
        numbers: &[&str],
    ) -> Result<(), StoreError> {
        let action = if searched { "search-cases" } else { "list-cases" };
        let detail = numbers.join(" ");
        let trace = Trace { person: Some(&actor.id), action, numbers, detail: &detail, ..Trace::default() };
        self.trace(origin, trace).await
    }

    /// Keeps a trace that somebody looked at a case; what they were told of it is read by that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trace_view(&self, actor: &Actor, origin: &Origin, case: &str) -> Result<(), StoreError> {
        let trace =
            Trace { person: Some(&actor.id), action: "view-case", case: Some(case), ..Trace::default() };
        let mut tx = self.store.write().await?;
        self.trace_in(&mut tx, origin, trace).await?;
        notices::read_case(&mut tx, &actor.id, case, self.world.now()).await?;
        Ok(tx.commit().await?)
    }

    /// The same for a page that left no trace itself, of the case with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trace_forgotten(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
    ) -> Result<(), StoreError> {
        let mut db = self.store.read().await?;
        let case = cases::find(&mut db, number, &Self::scope(actor)).await?;
        drop(db);
        match case {
            Some(case) => self.trace_view(actor, origin, &case.id).await,
            None => Ok(()),
        }
    }

    /// Keeps a trace of a picture, unless a look covers it: see above.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trace_picture(
        &self,
        actor: &Actor,
        origin: &Origin,
        shown: Pictured<'_>,
    ) -> Result<(), StoreError> {
        let digest = shown.digest.to_string();
        let (case, since) = (shown.case.unwrap_or(""), self.world.now() - COVERED_MILLIS);
        let document = if shown.picture == Picture::Page { digest.as_str() } else { "" };
        let mut db = self.store.read().await?;
        let covered = traces::left_since(&mut db, &actor.id, since, case, document).await?;
        drop(db);
        if covered {
            // The look before accounts for it.
            origin.shows_nobody();
            return Ok(());
        }
        let trace = Trace {
            person: Some(&actor.id),
            action: "view-picture",
            case: shown.case,
            digest: Some(&digest),
            ..Trace::default()
        };
        self.trace(origin, trace).await
    }

    /// Keeps a trace of a refused step, and says so in the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trace_refused(
        &self,
        origin: &Origin,
        actor: &Actor,
        case: Option<&str>,
        refused: &Refused,
    ) -> Result<(), StoreError> {
        tracing::info!(event = %refused.event, state = %refused.state, why = refused.why.code(), "step refused");
        let detail = format!("{} in {}: {}", refused.event, refused.state, refused.why.code());
        let trace =
            Trace { person: Some(&actor.id), action: "refused", case, detail: &detail, ..Trace::default() };
        self.trace(origin, trace).await
    }

    /// Who saw a case, newest first; looking leaves a trace as well, which is on the page after.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for whoever may not know; a failure of the database.
    pub async fn case_traces(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
        narrow: &Narrow,
        turn: &Turn,
    ) -> Result<CaseTraces, StepError> {
        let dossier = self.dossier(actor, number).await?;
        if !may_read(actor, &dossier.case) {
            return Err(StepError::NotFound);
        }
        let case = dossier.case.id.clone();
        let mut db = self.store.read().await?;
        let page = traces::page(&mut db, &case, narrow, turn).await?;
        let (people, actions) = traces::choices(&mut db, &case).await?;
        drop(db);
        let trace =
            Trace { person: Some(&actor.id), action: "view-traces", case: Some(&case), ..Trace::default() };
        self.trace(origin, trace).await?;
        Ok(CaseTraces { dossier, page, people, actions })
    }
}

/// Whether this person may know who saw the case: case managers, the supervisors of its zone, archivists.
/// Applicants and professionals don't: the traces tell about the staff who work on it.
#[must_use]
pub fn may_read(actor: &Actor, case: &Case) -> bool {
    let zone = actor.zone.is_some() && actor.zone == case.school.zone;
    actor.is(Role::CaseManager)
        || (actor.is(Role::Supervisor) && zone)
        || (actor.is(Role::Archivist) && case.standing.scan().is_some())
}
