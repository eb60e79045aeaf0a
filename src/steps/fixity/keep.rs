//! Keeps what a check found: which originals were read, what is wrong, and what is wrong no longer.

use std::collections::HashSet;

use crate::archive::verify::{Finding, Place, Report, Slice};
use crate::case::ids::Digest;
use crate::case::notify::Topic;
use crate::clock::World;
use crate::steps::notify::tell_house;
use crate::store::fixity::{self, Found};
use crate::store::{StoreError, Tx, documents};

/// What was looked at and found since it was kept last.
#[derive(Default)]
pub(super) struct Notes {
    looked: Vec<Place>,
    found: Vec<Finding>,
}

impl Notes {
    /// Takes what a check tells; what is wrong is an alert in the log at once.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Finding(finding) => {
                alert(&finding);
                self.found.push(finding);
            }
            Report::Looked(place) => self.looked.push(place),
            Report::Progress(_) => {}
        }
    }

    /// Keeps it in the caller's transaction, and is empty again. `open` are the places where something stood. Archivists
    /// and administrators are told where something was found that didn't stand before.
    pub async fn keep(
        &mut self,
        tx: &mut Tx,
        open: &HashSet<String>,
        world: &World,
    ) -> Result<(), StoreError> {
        let now = world.now();
        let mut news = false;
        let read: Vec<Digest> = self
            .looked
            .iter()
            .filter_map(|place| if let Place::Original(digest) = place { Some(*digest) } else { None })
            .collect();
        fixity::mark_read(tx, &read, now).await?;
        for place in &self.looked {
            let name = place.to_string();
            let here: Vec<&Finding> = self.found.iter().filter(|finding| finding.place == *place).collect();
            if here.is_empty() && !open.contains(&name) {
                continue;
            }
            let digests: Vec<Option<String>> =
                here.iter().map(|finding| finding.digest.map(|digest| digest.to_string())).collect();
            let found: Vec<Found<'_>> = here
                .iter()
                .zip(&digests)
                .map(|(finding, digest)| Found {
                    id: &finding.id,
                    kind: finding.kind.as_str(),
                    digest: digest.as_deref(),
                    expected: &finding.expected,
                    actual: &finding.actual,
                    repair: &finding.repair,
                    rows: &finding.rows,
                })
                .collect();
            news |= fixity::settle(tx, &name, &found, now).await?;
        }
        if news {
            tell_house(world, tx, Topic::Fixity, i64::MAX).await?;
        }
        self.clear();
        Ok(())
    }

    /// Is empty again.
    pub fn clear(&mut self) {
        self.looked.clear();
        self.found.clear();
    }

    /// Whether there is nothing to keep: no original was read, nothing was found, and nothing stood where was looked.
    pub fn is_idle(&self, open: &HashSet<String>) -> bool {
        self.found.is_empty()
            && !self
                .looked
                .iter()
                .any(|place| matches!(place, Place::Original(_)) || open.contains(&place.to_string()))
    }

    /// Originals of `open` places within `slice` that aren't registered any more: nothing can be wrong with them.
    pub async fn forget_unregistered(
        &mut self,
        db: &mut sqlx::AnyConnection,
        open: &HashSet<String>,
        slice: Slice,
    ) -> Result<(), StoreError> {
        for place in open {
            let digest: Option<Digest> = place.strip_prefix("original-").and_then(|hex| hex.parse().ok());
            let Some(digest) = digest else { continue };
            let within = (slice.first()..=slice.last()).contains(&digest.as_bytes()[0]);
            if within && documents::find(db, &digest).await?.is_none() {
                self.looked.push(Place::Original(digest));
            }
        }
        Ok(())
    }

    /// How much was found since it was kept last.
    pub fn findings(&self) -> usize {
        self.found.len()
    }
}

/// One line in the log that somebody is to be woken by.
fn alert(finding: &Finding) {
    tracing::error!(
        alert = true,
        finding = %finding.id,
        kind = finding.kind.as_str(),
        expected = %finding.expected,
        actual = %finding.actual,
        "the check of originals found something; its page says how to repair it"
    );
}
