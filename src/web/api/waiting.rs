//! What a case waits for, as JSON: answers to a supplement, a decision about closing, verdicts, the next event.

use serde::Serialize;
use utoipa::ToSchema;

use crate::case::event::Event;
use crate::case::lifecycle;
use crate::case::refusal::Why;
use crate::case::request::Request;
use crate::case::review::{Target, Verdict};
use crate::case::role::Actor;
use crate::steps::Dossier;

use super::names::{self, Named, moment};

/// 補件.
#[derive(Debug, Serialize, ToSchema)]
pub struct Supplement {
    /// 補件說明.
    reason: String,
    /// Who asked, by name.
    asked_by: String,
    /// When.
    #[schema(format = DateTime)]
    asked_at: String,
    /// What reopened.
    items: Vec<SupplementItem>,
}

/// One item that may change.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplementItem {
    /// From 1.
    seq: i64,
    /// Where it lies.
    #[schema(schema_with = names::places)]
    place: &'static str,
    /// The field's or category's id; empty for the signed form.
    id: String,
    /// The label.
    label: String,
    /// The applicant's words; may be empty.
    answer: String,
    /// Whether it was changed or explained.
    answered: bool,
}

impl Supplement {
    pub fn of(dossier: &Dossier) -> Option<Self> {
        let open = dossier.supplement()?;
        let items = open.items.iter().map(|item| SupplementItem {
            seq: item.seq,
            place: item.place.as_str(),
            id: item.id.clone(),
            label: item.label.clone(),
            answer: item.answer.clone(),
            answered: item.answered(&dossier.stands_for(item)),
        });
        Some(Self {
            reason: open.reason.clone(),
            asked_by: open.asked_by.clone(),
            asked_at: moment(open.asked_at),
            items: items.collect(),
        })
    }
}

/// A proposal to close.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closing {
    /// Why.
    reason: Named,
    /// The text of 其他; may be empty.
    detail: String,
    /// The summary.
    summary: String,
    /// Who, by name.
    proposed_by: String,
    /// When.
    #[schema(format = DateTime)]
    proposed_at: String,
}

impl Closing {
    pub fn of(dossier: &Dossier) -> Option<Self> {
        let open = dossier.closing()?;
        Some(Self {
            reason: Named::new(open.reason.as_str(), open.reason.label()),
            detail: open.detail.clone(),
            summary: open.summary.clone(),
            proposed_by: open.proposer.clone(),
            proposed_at: moment(open.proposed_at),
        })
    }
}

/// Something to be judged.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewItem {
    /// The target that a verdict names: `seal:ID`, `form` or `attachment:ID`.
    target: String,
    /// The label.
    label: String,
    /// What was found.
    #[schema(schema_with = names::verdicts)]
    verdict: &'static str,
    /// In words; may be empty.
    remark: String,
}

/// What a reviewer judges of a case, with the newest verdicts.
pub fn review(dossier: &Dossier) -> Vec<ReviewItem> {
    let form = dossier.form_items().into_iter().map(|item| (item.target, item.label));
    let attachments =
        dossier.attachments.iter().map(|one| (Target::Attachment(one.id.clone()), one.file_name.clone()));
    form.chain(attachments)
        .map(|(target, label)| {
            let given = dossier.verdict_on(&target);
            ReviewItem {
                verdict: given.map_or(Verdict::Unreviewed, |given| given.verdict).as_str(),
                remark: given.map(|given| given.remark.clone()).unwrap_or_default(),
                target: target.to_string(),
                label,
            }
        })
        .collect()
}

/// An event that the life cycle offers the reader now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offered {
    /// The event.
    #[schema(schema_with = names::events)]
    event: &'static str,
    /// The label of its button.
    label: &'static str,
    /// The first thing that it would lack if it were sent with nothing, such as `no-reason`; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacks: Option<&'static str>,
}

/// The events that the reader may do now, as far as what they bring along allows.
pub fn offered(dossier: &Dossier, actor: &Actor) -> Vec<Offered> {
    let offer = |event: Event| {
        let lacks = dossier.judge(&Request::new(event), actor).err().map(|refused| refused.why);
        // Of someone with several roles, one may fit the state and yet not be what they are to this case.
        let stranger = matches!(lacks, Some(Why::NotOwn | Why::OtherZone | Why::NotAssigned));
        (!stranger).then(|| Offered {
            event: event.as_str(),
            label: event.label(),
            lacks: lacks.as_ref().map(Why::code),
        })
    };
    lifecycle::offered(dossier.state(), actor).into_iter().filter_map(offer).collect()
}
