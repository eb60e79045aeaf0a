//! The documents of one case in the custody chain, and the proof of one of them.

use std::collections::{BTreeMap, HashSet};

use crate::case::ids::Digest;
use crate::case::role::Actor;
use crate::custody::proof::Proof;
use crate::steps::office::Origin;
use crate::steps::traces::may_read;
use crate::steps::{Dossier, Office, StepError};
use crate::store::custody::{self, Signed};
use crate::store::flow::{Evidence, FlowRow};
use crate::store::traces::Trace;

/// A document, and the event that named it first.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The document.
    pub evidence: Evidence,
    /// The event.
    pub event: FlowRow,
    /// The event's link; none: it waits.
    pub link: Option<u64>,
}

/// The documents of a case.
pub struct CaseCustody {
    /// The case.
    pub dossier: Dossier,
    /// Its documents, in the order in which events named them.
    pub documents: Vec<Registered>,
    /// The newest checkpoint.
    pub checkpoint: Option<Signed>,
}

/// One document with its proof.
pub struct DocumentCustody {
    /// The case.
    pub dossier: Dossier,
    /// The document.
    pub document: Registered,
    /// The newest checkpoint.
    pub checkpoint: Option<Signed>,
    /// The proof, once a checkpoint covers the link.
    pub proof: Option<Proof>,
}

impl Office {
    /// Where the documents of a case stand in the chain, for those who may know who saw what.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for whoever may not; a failure of the database.
    pub async fn case_custody(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
    ) -> Result<CaseCustody, StepError> {
        let found = self.find_custody(actor, number).await?;
        self.trace_custody(actor, origin, &found.dossier, None).await?;
        Ok(found)
    }

    /// The proof of one document of a case.
    ///
    /// # Errors
    /// [`StepError::NotFound`], also where no event of the case names the document; a failure of the database.
    pub async fn document_custody(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
        digest: Digest,
    ) -> Result<DocumentCustody, StepError> {
        let CaseCustody { dossier, documents, checkpoint } = self.find_custody(actor, number).await?;
        let document = documents.into_iter().find(|document| document.evidence.digest == digest);
        let document = document.ok_or(StepError::NotFound)?;
        let proof = match (document.link, &checkpoint) {
            (Some(link), Some(signed)) if link < signed.size => self.prove(digest, link, signed).await?,
            _ => None,
        };
        self.trace_custody(actor, origin, &dossier, Some(digest)).await?;
        Ok(DocumentCustody { dossier, document, checkpoint, proof })
    }

    async fn find_custody(&self, actor: &Actor, number: &str) -> Result<CaseCustody, StepError> {
        let dossier = self.dossier(actor, number).await?;
        if !may_read(actor, &dossier.case) {
            return Err(StepError::NotFound);
        }
        let (documents, checkpoint) = self.registered(&dossier).await?;
        Ok(CaseCustody { dossier, documents, checkpoint })
    }

    /// The documents of a case with their links, in the order in which events named them, and the newest checkpoint.
    pub(in crate::steps) async fn registered(
        &self,
        dossier: &Dossier,
    ) -> Result<(Vec<Registered>, Option<Signed>), StepError> {
        let mut db = self.store.read().await?;
        let links: BTreeMap<i64, u64> =
            custody::events(&mut db, &dossier.case.id).await?.into_iter().collect();
        let checkpoint = custody::newest_checkpoint(&mut db).await?;
        let mut known = HashSet::new();
        let mut documents = Vec::new();
        // The flow is told newest first.
        for event in dossier.flow.iter().rev() {
            for evidence in event.evidence.iter().filter(|evidence| known.insert(evidence.digest)) {
                let link = links.get(&event.seq).copied();
                documents.push(Registered { evidence: evidence.clone(), event: event.clone(), link });
            }
        }
        Ok((documents, checkpoint))
    }

    async fn prove(&self, digest: Digest, link: u64, signed: &Signed) -> Result<Option<Proof>, StepError> {
        let mut db = self.store.read().await?;
        let Some(leaf) = custody::one(&mut db, link).await? else { return Ok(None) };
        let mut path = Vec::new();
        for range in crate::custody::tree::path(signed.size, link).unwrap_or_default() {
            path.push(custody::range(&mut db, range).await?);
        }
        let proof = Proof::new(digest, &leaf, &path, &signed.note);
        if proof.is_none() {
            tracing::error!(
                link,
                alert = true,
                "a link doesn't lead to the newest checkpoint: casebind custody verify"
            );
        }
        Ok(proof)
    }

    async fn trace_custody(
        &self,
        actor: &Actor,
        origin: &Origin,
        dossier: &Dossier,
        digest: Option<Digest>,
    ) -> Result<(), StepError> {
        let digest = digest.map(|digest| digest.to_string());
        let trace = Trace {
            person: Some(&actor.id),
            action: "view-custody",
            case: Some(&dossier.case.id),
            digest: digest.as_deref(),
            ..Trace::default()
        };
        Ok(self.trace(origin, trace).await?)
    }
}
