//! What each kind of trouble says, for pages and for programs.

use axum::http::StatusCode;

use crate::case::refusal::Why;

use super::WebError;

impl WebError {
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
