//! What people are told of the errors of steps, of the doors and of the store.

use axum::http::StatusCode;

use crate::case::refusal::Why;
use crate::forms::PrintError;
use crate::intake::Reason;
use crate::steps::StepError;
use crate::steps::bulk::BulkRefused;

use super::{Fault, PURPOSE_NEEDED, WebError};

impl From<StepError> for WebError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::NotFound => Self::not_found(),
            StepError::Disposed(gone) => Self::gone(gone.words()),
            StepError::Disposal(refused) => {
                let todo = vec!["請回到保存年限，查看這個案件目前的情形。".into()];
                Self { code: refused.code(), todo, ..Self::conflict(refused.words().into()) }
            }
            StepError::Refused(refused) => Self {
                code: refused.why.code(),
                refused: Some(refused.clone()),
                ..Self::conflict(refused.words())
            },
            StepError::Conflict => Self {
                code: Why::Changed.code(),
                ..Self::conflict("案件剛才已被修改，您的操作沒有生效。".into())
            },
            StepError::Invalid(errors) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "invalid-fields",
                faults: errors.iter().map(Fault::from).collect(),
                ..Self::bad_request(&errors.iter().map(|e| e.words.as_str()).collect::<Vec<_>>().join(""))
            },
            StepError::Confirm(error) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "unconfirmed-field",
                faults: vec![Fault::from(&error)],
                ..Self::bad_request(&error.words)
            },
            StepError::Account(faults) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "invalid-account",
                ..Self::bad_request(&faults.iter().map(|fault| fault.words()).collect::<String>())
            },
            StepError::SchoolList(no_list) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "no-school-list",
                ..Self::bad_request(&no_list.words())
            },
            StepError::Scan(judgement) => Self::from(StepError::File(judgement.reasons)),
            StepError::PurposeNeeded => Self {
                status: StatusCode::FORBIDDEN,
                code: PURPOSE_NEEDED,
                title: "請先說明調閱目的".into(),
                todo: vec!["請到「調閱」找到這個案件，說明調閱目的後再下載。".into()],
                ..Self::bad_request("檔案管理人員下載原件之前，要先說明調閱目的。")
            },
            StepError::File(reasons) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "refused-file",
                title: "沒有收下這個檔案".into(),
                faults: reasons.iter().map(Fault::from).collect(),
                ..Self::bad_request(&reasons.iter().map(Reason::words).collect::<String>())
            },
            StepError::Went => Self {
                code: "removed-meanwhile",
                title: "請再上傳一次".into(),
                todo: vec!["請再上傳一次同一個檔案。".into()],
                ..Self::conflict("這次上傳沒有收下：內容相同的舊檔案剛好在這時依規定移除。".into())
            },
            StepError::Photo { photo, reason } => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "refused-photo",
                title: "沒有收下這些照片".into(),
                faults: vec![Fault::from(&reason)],
                ..Self::bad_request(&format!("第 {photo} 張照片：{}", reason.words()))
            },
            StepError::StackUnderWay(refused) => {
                Self { title: "上一疊還在處理".into(), ..Self::conflict(refused.words().into()) }
            }
            StepError::ShortCode(words) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                code: "wrong-short-code",
                ..Self::bad_request(&words)
            },
            StepError::Print(error @ (PrintError::UnknownTemplate { .. } | PrintError::Template(_))) => {
                Self { what: error.for_people(), ..Self::internal(&error) }
            }
            StepError::Print(error) => Self {
                code: "unprintable-record",
                title: "無法列印申請單".into(),
                ..Self::conflict(error.for_people())
            },
            StepError::TooManyPrints => Self {
                code: "too-many-prints",
                ..Self::conflict("這個案件列印的版次已達上限，請另開新案件。".into())
            },
            StepError::Bulk(BulkRefused::UnderWay) => Self {
                title: "另一批還在列印".into(),
                todo: vec!["請稍等一會兒，再回到這一批按「列印」。".into()],
                ..Self::conflict(BulkRefused::UnderWay.words())
            },
            StepError::Bulk(refused) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                title: "無法列印所選案件".into(),
                todo: Vec::new(),
                ..Self::bad_request(&refused.words())
            },
            StepError::Archive(error) => {
                let words = error.words();
                let (status, code) = match error.is_away() {
                    true => (StatusCode::SERVICE_UNAVAILABLE, "no-originals"),
                    false => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
                };
                Self {
                    status,
                    code,
                    title: "檔案暫時無法處理".into(),
                    what: words.happened.clone(),
                    safe: Some(words.kept.into()),
                    todo: vec![words.next.into()],
                    ..Self::internal(&error)
                }
            }
            StepError::Store(error) => Self::from(error),
            other @ (StepError::Judge(_)
            | StepError::Custody(_)
            | StepError::Fixity(_)
            | StepError::Door(_)
            | StepError::Stopped) => Self::internal(&other),
        }
    }
}

impl From<crate::identity::DoorError> for WebError {
    fn from(error: crate::identity::DoorError) -> Self {
        match error {
            crate::identity::DoorError::Store(error) => Self::from(error),
            other => Self::internal(&other),
        }
    }
}

impl From<crate::store::StoreError> for WebError {
    fn from(error: crate::store::StoreError) -> Self {
        if error.is_outage() { Self::no_database(&error) } else { Self::internal(&error) }
    }
}
