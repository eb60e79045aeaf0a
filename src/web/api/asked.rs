//! What can be asked to happen: one variant for each event, with what it takes.

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::case::review::Target;
use crate::case::supplement::Place;
use crate::steps::review::Judged;
use crate::web::trouble::{Fault, WebError};

use super::answers::Answers;
use super::names;
use super::records::Session;

/// What shall happen. `version` is the one of the case that was decided upon; if it was changed since, nothing
/// happens. The steps without a version look for themselves, and twice the same is done once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Asked {
    /// 列印申請單: a new revision, or the newest once more when nothing has changed since.
    Print,
    /// 送件 with a scan that was handed in.
    Submit {
        /// The scan's identifier.
        scan: String,
        /// The form is sealed although every box looks empty.
        #[serde(default)]
        confirm_empty: bool,
    },
    /// 退回核章.
    Return {
        version: i64,
        #[serde(default)]
        reason: String,
    },
    /// 補件: only what is named reopens.
    AskSupplement {
        version: i64,
        /// 補件說明.
        #[serde(default)]
        reason: String,
        #[serde(default)]
        items: Vec<Reopened>,
    },
    /// 送出審核, with a new scan where something printed changed.
    Resubmit {
        /// The scan's identifier.
        #[serde(default)]
        scan: Option<String>,
        /// The form is sealed although every box looks empty.
        #[serde(default)]
        confirm_empty: bool,
    },
    /// 核閱: all of these verdicts or none.
    Review {
        version: i64,
        #[serde(default)]
        verdicts: Vec<VerdictGiven>,
    },
    /// 收件.
    Receive { version: i64 },
    /// 不開案.
    Decline {
        version: i64,
        #[serde(default)]
        reason: String,
    },
    /// 派案. A reason is needed where nobody has a profession that the case asks for.
    Dispatch {
        version: i64,
        /// Accounts of professionals.
        #[serde(default)]
        professionals: Vec<String>,
        #[serde(default)]
        reason: String,
    },
    /// 改派: these professionals and nobody else.
    Reassign {
        version: i64,
        /// Accounts of professionals.
        #[serde(default)]
        professionals: Vec<String>,
        #[serde(default)]
        reason: String,
    },
    /// 服務紀錄. With the header `Idempotency-Key` twice the same is written once.
    Record(Session),
    /// 申請結案.
    ProposeClosing {
        version: i64,
        /// Why.
        #[schema(schema_with = names::closing_reasons)]
        #[serde(default)]
        closing: String,
        /// The text of 其他.
        #[serde(default)]
        reason: String,
        #[serde(default)]
        summary: String,
    },
    /// 退回結案申請.
    SendClosingBack {
        version: i64,
        #[serde(default)]
        reason: String,
    },
    /// 結案: approves the proposal.
    Close { version: i64 },
    /// 重新開案. Professionals are needed where none of those who served the case can any more.
    Reopen {
        version: i64,
        /// Accounts of professionals.
        #[serde(default)]
        professionals: Vec<String>,
        #[serde(default)]
        reason: String,
    },
    /// 撤案.
    Withdraw {
        version: i64,
        #[serde(default)]
        reason: String,
    },
    /// 更正: `content`, `subject` or both, each whole where it is sent: a field that isn't in it is emptied. What
    /// isn't sent at all stays.
    Correct {
        version: i64,
        #[serde(default)]
        reason: String,
        #[serde(default)]
        content: Option<Answers>,
        #[serde(default)]
        subject: Option<Answers>,
        /// The form must be signed again.
        #[serde(default)]
        seal_anew: bool,
        /// An identity number with a wrong checksum is right all the same.
        #[serde(default)]
        confirmed: bool,
    },
    /// 移交 to a colleague of the same school.
    HandOver {
        version: i64,
        /// The colleague's account.
        #[serde(default)]
        colleague: String,
    },
}

/// Something that reopens.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Reopened {
    /// Where it lies.
    #[schema(schema_with = names::places)]
    place: String,
    /// The field's or category's id; empty for the signed form.
    #[serde(default)]
    id: String,
}

/// A verdict.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VerdictGiven {
    /// As the record's `review` names it.
    target: String,
    /// What was found.
    #[schema(schema_with = names::verdicts)]
    verdict: String,
    /// In words.
    #[serde(default)]
    remark: String,
}

impl Reopened {
    /// Where it lies, and its id.
    ///
    /// # Errors
    /// For a place that there isn't.
    pub fn read(self) -> Result<(Place, String), WebError> {
        Ok((word(&self.place, "items")?, self.id))
    }
}

impl VerdictGiven {
    /// As the step takes it.
    ///
    /// # Errors
    /// For a target or verdict that there isn't.
    pub fn read(self) -> Result<Judged, WebError> {
        let target: Target = word(&self.target, "verdicts")?;
        Ok(Judged { target, verdict: word(&self.verdict, "verdicts")?, remark: self.remark })
    }
}

/// A word that the document lists.
///
/// # Errors
/// For any other.
pub fn word<T: std::str::FromStr>(text: &str, field: &str) -> Result<T, WebError> {
    text.parse().map_err(|_| WebError {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "invalid-fields",
        faults: vec![Fault {
            field: field.to_owned(),
            reason: Some("unknown-word"),
            words: "這個值不在文件所列的選項之中。".into(),
        }],
        ..WebError::bad_request("送來的資料中有系統不認得的值。")
    })
}
