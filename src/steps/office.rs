//! The office in which steps are done: database, originals, printer, judge, clock.

use std::sync::Arc;

use crate::archive::{Originals, Renditions};
use crate::case::rights::{Sees, sees};
use crate::case::role::{Actor, Role};
use crate::case::service::ServiceSpec;
use crate::case::state::State;
use crate::clock::World;
use crate::forms::Printer;
use crate::forms::code::CodeKey;
use crate::identity::collection::CollectionNotice;
use crate::intake::Judge;
use crate::metrics::Metrics;
use crate::store::cases::{Case, Scope};
use crate::store::flow::{self, Evidence, Happened};
use crate::store::notices::About;
use crate::store::{Store, StoreError, Tx};

use crate::case::event::Event;
use crate::case::notify::Topic;

pub use super::traces::Origin;

use super::notify::{Moved, News};
use super::process::Process;

/// Everything that steps need. Cheap to clone.
#[derive(Clone)]
pub struct Office {
    /// The database.
    pub store: Store,
    /// Hashed originals.
    pub originals: Originals,
    /// Page pictures and crops, which can be made again.
    pub renditions: Renditions,
    /// Templates and fonts.
    pub printer: Arc<Printer>,
    /// Reads untrusted files in a child process.
    pub judge: Judge,
    /// The key of printed codes.
    pub key: CodeKey,
    /// Time and randomness.
    pub world: World,
    /// The time zone of dates on forms and of the year in case numbers.
    pub time_zone: jiff::tz::TimeZone,
    /// The name on the form's head.
    pub organisation: String,
    /// The collection notice that everybody accepts.
    pub notice: Arc<CollectionNotice>,
    /// Bytes of one upload at most.
    pub max_upload_bytes: u64,
    /// Bytes of one stack at most.
    pub max_stack_bytes: u64,
    /// What is decided about accounts.
    pub accounts: super::accounts::Rules,
    /// What is decided about fixity.
    pub fixity: super::fixity::Rules,
    /// What is decided about backups.
    pub backups: super::backups::Rules,
    /// What was counted a moment ago.
    pub statistics: super::statistics::Cache,
    /// What is counted for whoever watches the service.
    pub metrics: Metrics,
    /// This process among those that serve the installation.
    pub process: Process,
}

/// What a step writes into the flow.
pub(super) struct Entry<'a> {
    /// What happened.
    pub event: Event,
    /// The role that allowed it.
    pub role: Role,
    /// The state before; none when the case was opened.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// Why, or what was edited; may be empty.
    pub reason: &'a str,
    /// The documents.
    pub evidence: &'a [Evidence],
}

impl Office {
    /// The service item with this id.
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&ServiceSpec> {
        self.printer.templates().get(id).map(|template| &template.spec)
    }

    /// What is known of a case's service item: also where its form is broken or gone, so that no case is
    /// hidden by it. Such a case can be read; its print is refused.
    #[must_use]
    pub fn service_to_show(&self, case: &Case) -> ServiceSpec {
        if let Some(spec) = self.service(&case.service) {
            return spec.clone();
        }
        let known = self.printer.templates().spec_to_show(&case.service).cloned();
        known.unwrap_or_else(|| ServiceSpec::stand_in(&case.service)).showing(&case.content)
    }

    /// All service items, in their order.
    pub fn services(&self) -> impl Iterator<Item = &ServiceSpec> {
        self.printer.templates().iter().map(|template| &template.spec)
    }

    /// Whose cases this person may see.
    #[must_use]
    pub fn scope(actor: &Actor) -> Scope {
        let id = || Some(actor.id.clone());
        Scope {
            own: if sees(actor, Sees::Own) { id() } else { None },
            assigned: if sees(actor, Sees::Assigned) { id() } else { None },
            zone: if sees(actor, Sees::Zone) { actor.zone.clone() } else { None },
            all: sees(actor, Sees::All),
            archived: sees(actor, Sees::Archived),
        }
    }

    /// Writes an event into the case's flow, and tells those whom it concerns.
    pub(super) async fn happened(
        &self,
        tx: &mut Tx,
        case: &str,
        actor: &Actor,
        entry: Entry<'_>,
    ) -> Result<(), StoreError> {
        self.happened_moving(tx, case, actor, entry, Moved::default()).await
    }

    /// The same of an event with which people began or ended to serve the case.
    pub(super) async fn happened_moving(
        &self,
        tx: &mut Tx,
        case: &str,
        actor: &Actor,
        entry: Entry<'_>,
        moved: Moved<'_>,
    ) -> Result<(), StoreError> {
        let (id, salt) = (self.world.new_id(), self.world.new_salt());
        let at = self.world.now();
        let salt = &salt;
        let Entry { event, role, from, to, reason, evidence } = entry;
        flow::add(tx, &Happened { id: &id, case, at, actor, role, event, from, to, reason, evidence, salt })
            .await?;
        let topic = Topic::Event(event);
        let about = About::Case(case);
        self.tell(tx, News { about, topic, by: Some(&actor.id), moved, at }).await?;
        Ok(())
    }
}
