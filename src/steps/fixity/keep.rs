//! Keeps what a check found: which originals were read, what is wrong, and what is wrong no longer.

use std::collections::HashSet;

use crate::archive::verify::{Finding, Place, Report};
use crate::case::ids::Digest;
use crate::store::fixity::{self, Found};
use crate::store::{StoreError, Tx};

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

    /// Keeps it in the caller's transaction, and is empty again. `open` are the places where something stood.
    pub async fn keep(&mut self, tx: &mut Tx, open: &HashSet<String>, now: i64) -> Result<(), StoreError> {
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
            fixity::settle(tx, &name, &found, now).await?;
        }
        self.looked.clear();
        self.found.clear();
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
