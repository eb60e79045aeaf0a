//! The documents that the case rests on.

use crate::store::flow::Evidence;
use crate::store::papers::Scan;

use super::Dossier;

impl Dossier {
    /// The documents that the case rests on now: the bound scan with its photos, its print, the attachments.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        self.evidence_of(self.bound_scan())
    }

    /// The same with a scan that is about to be bound.
    pub(in crate::steps) fn evidence_with(&self, scan: &Scan) -> Vec<Evidence> {
        self.evidence_of(Some(scan))
    }

    fn evidence_of(&self, scan: Option<&Scan>) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        evidence.extend(scan.map(|scan| Evidence {
            kind: "scan".into(),
            revision: Some(scan.revision.get()),
            digest: scan.digest,
        }));
        if let Some(scan) = scan {
            evidence.extend(scan.photos.iter().map(|photo| Evidence {
                kind: "photo".into(),
                revision: Some(scan.revision.get()),
                digest: photo.digest,
            }));
        }
        let shown = |scan: &Scan| self.prints.iter().find(|print| print.id == scan.print_id);
        evidence.extend(scan.and_then(shown).map(|print| Evidence {
            kind: "print".into(),
            revision: Some(print.revision.get()),
            digest: print.digest,
        }));
        evidence.extend(self.attachments.iter().map(|attachment| Evidence {
            kind: "attachment".into(),
            revision: None,
            digest: attachment.digest,
        }));
        evidence
    }
}
