//! One error type and one error page: what happened, what stayed safe, the way forward, a number.
//!
//! The source is logged once, here, and never shown. The API tells the same errors as problem documents
//! ([`super::api::problem`]).

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use askama::Template;

use crate::case::refusal::{Refused, Why};
use crate::case::validate::FieldError;
use crate::forms::PrintError;
use crate::intake::Reason;
use crate::steps::bulk::BulkRefused;
use crate::steps::{Dossier, StepError};

use super::app::{App, Signed};
use super::pages::frame::Here;
use super::pages::parts::Link;
use super::pages::trouble::ErrorPage;
use super::visitor::Visitor;

/// What a handler can't answer with a page of its own.
#[derive(Clone, Debug)]
pub struct WebError {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable name for programs.
    pub code: &'static str,
    /// The page's title.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What stayed safe.
    pub safe: Option<String>,
    /// What to do.
    pub todo: Vec<String>,
    /// The source, for the log; never shown.
    pub source: Option<String>,
    /// The refused step, for the traces.
    pub refused: Option<Refused>,
    /// The case to go back to.
    pub case: Option<String>,
    /// What is wrong with what was sent, one by one.
    pub faults: Vec<Fault>,
    /// Seconds after which it may be asked again.
    pub retry_after: Option<i64>,
}

/// One thing to mend in what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: String,
    /// A stable name of what is wrong, where there is one.
    pub reason: Option<&'static str>,
    /// What is wrong and what to do.
    pub words: String,
}

impl From<&FieldError> for Fault {
    fn from(error: &FieldError) -> Self {
        Self { field: error.field.clone(), reason: None, words: error.words.clone() }
    }
}

impl From<&Reason> for Fault {
    fn from(reason: &Reason) -> Self {
        Self { field: "file".into(), reason: Some(reason.code()), words: reason.words() }
    }
}

/// Keeps a trace of a refused step whose form comes back: no error leaves one then.
///
/// # Errors
/// When the database fails.
pub async fn came_back(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refused: &Refused,
) -> Result<(), WebError> {
    Ok(app.office.trace_refused(&visitor.origin, &visitor.actor, Some(&dossier.case.id), refused).await?)
}

/// The code of what an archivist is refused before saying for what.
const PURPOSE_NEEDED: &str = "purpose-needed";

impl WebError {
    /// The same, with the case that the address names as the way back, where the trouble was with a step.
    #[must_use]
    pub fn about(mut self, path: &str) -> Self {
        if self.status == StatusCode::CONFLICT || self.code == PURPOSE_NEEDED {
            self.case = case_in(path).map(str::to_owned);
        }
        self
    }

    /// Something that the visitor asked for and that isn't there, or isn't theirs.
    #[must_use]
    pub fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "not-found",
            title: "找不到這一頁".into(),
            what: "網址可能輸入錯誤，或這個案件不在您可以查看的案件之中。".into(),
            safe: None,
            todo: vec!["請從案件列表找到案件再開啟。".into()],
            source: None,
            refused: None,
            case: None,
            faults: Vec::new(),
            retry_after: None,
        }
    }

    /// A case that was disposed of.
    #[must_use]
    pub fn gone(what: String) -> Self {
        Self {
            status: StatusCode::GONE,
            code: "disposed",
            title: "案件已依規定銷毀".into(),
            what,
            safe: Some("只保留案件編號、流程的事項與時間、檔案的 SHA-256 與銷毀證明。".into()),
            todo: vec!["需要銷毀證明時，請洽檔案管理人員。".into()],
            ..Self::not_found()
        }
    }

    /// Nobody is signed in, told where no page leads to the log-in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: "signed-out",
            title: "尚未登入".into(),
            ..Self::bad_request("尚未登入，或登入已經逾時。請重新登入後再試一次。")
        }
    }

    /// Someone who has still to give a second factor or a new password, told where no page asks for it.
    #[must_use]
    pub fn still_owing() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "sign-in-unfinished",
            title: "登入還沒有完成".into(),
            ..Self::bad_request("登入還沒有完成：請先在網頁上完成兩步驟驗證，或變更密碼。")
        }
    }

    /// Someone whose last proof is too old for this, told where no page asks for another.
    #[must_use]
    pub fn unproved() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "proof-needed",
            title: "請先確認身分".into(),
            ..Self::bad_request(
                "一次取得超過 20 筆，需要在幾分鐘內重新確認過身分。請先確認身分，或分頁查看。",
            )
        }
    }

    /// Somebody who hasn't accepted the collection notice, told where no page leads to it.
    #[must_use]
    pub fn unaccepted() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "notice-unaccepted",
            title: "尚未閱讀個資告知".into(),
            ..Self::bad_request("請先以瀏覽器登入，閱讀個人資料蒐集告知事項之後再試一次。")
        }
    }

    /// An applicant without a school, told where no page leads to the choice.
    #[must_use]
    pub fn unbound() -> Self {
        let why = Why::NoSchool;
        Self {
            status: StatusCode::FORBIDDEN,
            code: why.code(),
            title: "尚未選擇學校".into(),
            ..Self::bad_request(&why.words())
        }
    }

    /// A step that the life cycle doesn't allow.
    #[must_use]
    pub fn conflict(what: String) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            code: "conflict",
            title: "這個步驟現在不能進行".into(),
            what,
            safe: Some("案件沒有改變。".into()),
            todo: vec!["請回到案件頁，查看目前的狀態與下一步。".into()],
            source: None,
            refused: None,
            case: None,
            faults: Vec::new(),
            retry_after: None,
        }
    }

    /// What the framework refused in words of its own, such as an address with letters for a number.
    /// Nothing if the answer is a page already, or no refusal.
    #[must_use]
    pub fn unworded(response: &Response) -> Option<Self> {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !response.status().is_client_error() || kind.is_some_and(|kind| kind.starts_with("text/html")) {
            return None;
        }
        Some(match response.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            status => {
                let code = match status {
                    StatusCode::METHOD_NOT_ALLOWED => "wrong-method",
                    StatusCode::PAYLOAD_TOO_LARGE => "too-large",
                    _ => "bad-request",
                };
                Self {
                    status, code, ..Self::bad_request("這個網址或表單的內容不是系統認得的。")
                }
            }
        })
    }

    /// A request that no page of ours sends.
    #[must_use]
    pub fn bad_request(what: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "bad-request",
            title: "無法處理這個要求".into(),
            what: what.into(),
            safe: Some("沒有任何資料被更動。".into()),
            todo: vec!["請回到上一頁，重新整理後再試一次。".into()],
            source: None,
            refused: None,
            case: None,
            faults: Vec::new(),
            retry_after: None,
        }
    }

    /// What was sent came too slowly to be waited for.
    #[must_use]
    pub fn too_slow() -> Self {
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            code: "too-slow",
            title: "等候太久，沒有收完整".into(),
            todo: vec!["請確認網路連線後再送出一次；檔案較大時，請換到較快的網路。".into()],
            ..Self::bad_request("資料傳到一半停頓太久，或網路太慢，系統已停止等候。")
        }
    }

    /// A request that another site's page sent.
    #[must_use]
    pub fn foreign_site() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code: "foreign-site",
            title: "沒有處理這個要求".into(),
            todo: vec!["請在本系統的頁面上操作；如果您是按了別處的按鈕來到這裡，請勿再按。".into()],
            ..Self::bad_request("這個要求來自其他網站，沒有處理。")
        }
    }

    /// The same was asked too often; `seconds` until the next time.
    #[must_use]
    pub fn too_often(seconds: i64) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too-often",
            title: "短時間內的次數太多".into(),
            todo: vec![format!("請等 {} 分鐘再試一次。", seconds.div_euclid(60) + 1)],
            retry_after: Some(seconds),
            ..Self::bad_request("從您的網路送來的要求太多，為保護帳號，暫時不再處理。")
        }
    }

    /// An account asked for more than anybody does by hand; `seconds` until the next time.
    #[must_use]
    pub fn too_busy(seconds: i64) -> Self {
        Self {
            what: "這個帳號在短時間內的動作遠超過一般使用，為保護資料，暫時不再處理。".into(),
            ..Self::too_often(seconds)
        }
    }

    /// The database can't be used just now. What was being committed may have been written all the same, and nobody
    /// is told otherwise.
    #[must_use]
    pub fn no_database(source: &dyn std::fmt::Display) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "no-database",
            title: "資料庫暫時無法使用".into(),
            what: "系統目前連不上資料庫，或資料庫暫時不能寫入，已留下紀錄。".into(),
            safe: Some("先前已回報成功的資料與檔案都還在。".into()),
            todo: vec![
                "請稍等一分鐘，先看看剛才的動作是否已經生效，再決定要不要重做。".into(),
                "如果又看到這一頁，請來電並告知下方的錯誤編號。".into(),
            ],
            ..Self::internal(source)
        }
    }

    /// Something broke inside.
    #[must_use]
    pub fn internal(source: &dyn std::fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            title: "系統暫時無法完成這個動作".into(),
            what: "處理到一半時發生了系統內部的錯誤，已留下紀錄。".into(),
            safe: Some("先前已回報成功的資料都還在；這一次的動作沒有生效。".into()),
            todo: vec![
                "請稍等一分鐘再試一次。".into(),
                "如果又看到這一頁，請來電並告知下方的錯誤編號。".into(),
            ],
            source: Some(source.to_string()),
            refused: None,
            case: None,
            faults: Vec::new(),
            retry_after: None,
        }
    }
}

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

impl IntoResponse for WebError {
    /// The status alone; [`super::visitor::visit`] makes the page, because only there is known for whom.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The number of the case that an address names.
#[must_use]
pub fn case_in(path: &str) -> Option<&str> {
    let below = path.strip_prefix(super::api::ROOT).unwrap_or(path);
    let number = below.strip_prefix("/cases/")?.split('/').next()?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Logs the source of an error, if it has one, under a number that the person can tell.
#[must_use]
pub fn logged(app: &App, error: &WebError) -> Option<String> {
    error.source.as_ref().map(|source| {
        let id = app.office.world.new_id();
        let number = id[id.len() - 12..].to_uppercase();
        tracing::error!(number, source, status = error.status.as_u16(), "an answer failed");
        number
    })
}

/// The error page.
#[must_use]
pub fn page(app: &App, signed: Option<&Signed>, error: WebError) -> Response {
    if error.code == PURPOSE_NEEDED
        && let Some(number) = &error.case
    {
        // Where it is said, and then taken out.
        return Redirect::to(&format!("/retrieval/{number}")).into_response();
    }
    let number = logged(app, &error);
    let way = if let Some(number) = &error.case {
        Link { label: "回案件".into(), href: format!("/cases/{number}") }
    } else if signed.is_some() {
        Link { label: "回案件列表".into(), href: "/cases".into() }
    } else {
        Link { label: "前往登入".into(), href: "/login".into() }
    };
    let page = ErrorPage {
        frame: app.frame(signed, Here::Elsewhere),
        status: error.status.as_u16(),
        title: error.title,
        what: error.what,
        safe: error.safe,
        todo: error.todo,
        ways: vec![way],
        number,
    };
    let mut answer = (error.status, html(&page)).into_response();
    if let Some(seconds) = error.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// A form that came back with what needs mending, 422.
#[must_use]
pub fn mend<T: Template>(page: &T) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// A form that comes back because somebody else changed the case meanwhile, 409.
#[must_use]
pub fn overtaken<T: Template>(page: &T) -> Response {
    (StatusCode::CONFLICT, html(page)).into_response()
}

/// A page as a response. A template that can't be rendered is a defect of the program, told as such.
#[must_use]
pub fn html<T: Template>(page: &T) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
