//! 查閱紀錄: the words for what people did with personal data.
//!
//! The names stand in the database for years: none is ever given another meaning.

/// Every action that leaves a trace, and what pages call it.
pub const ACTIONS: [(&str, &str); 52] = [
    ("view-case", "檢視案件"),
    ("list-cases", "檢視案件列表"),
    ("search-cases", "搜尋案件"),
    ("export-cases", "匯出案件清單"),
    ("export-case", "匯出案件封存包"),
    ("import-case", "匯入案件封存包"),
    ("place-hold", "設定法律保留"),
    ("lift-hold", "解除法律保留"),
    ("propose-disposal", "提請銷毀"),
    ("refuse-disposal", "不核准或撤回銷毀"),
    ("approve-disposal", "核准銷毀"),
    ("replay-disposal", "還原後重做銷毀"),
    ("let-stack-go", "移除無所屬案件的整疊掃描檔"),
    ("view-disposal", "檢視銷毀"),
    ("download-disposal-certificate", "下載銷毀證明"),
    ("view-print", "開啟申請單"),
    ("view-picture", "檢視頁面影像"),
    ("download-scan", "下載簽核申請單"),
    ("download-attachment", "下載檢附資料"),
    ("download-stack", "下載整疊掃描檔"),
    ("download-record-file", "下載服務紀錄的檔案"),
    ("state-purpose", "說明調閱目的"),
    ("retrieve-original", "調閱原件"),
    ("retrieve-stack", "調閱整疊掃描檔"),
    ("print-slip", "開立驗證單"),
    ("examine-file", "查驗檔案"),
    ("view-traces", "查看查閱紀錄"),
    ("view-custody", "查看保管鏈"),
    ("choose-bulk-print", "選擇要列印的案件"),
    ("bulk-print", "列印所選案件"),
    ("view-bulk-print", "檢視列印所選案件"),
    ("upload-stack", "整疊上傳"),
    ("view-stack", "檢視整疊上傳"),
    ("claim-stack", "將整疊的頁面放進案件"),
    ("invite-phone", "產生手機拍照連結"),
    ("open-phone", "開啟手機拍照連結"),
    ("bind-school", "綁定服務學校"),
    ("edit-zones", "修改分區"),
    ("reset-second-factor", "重設兩步驟驗證"),
    ("view-registrations", "檢視待啟用帳號"),
    ("list-accounts", "檢視帳號列表"),
    ("view-account", "檢視帳號"),
    ("view-changes", "檢視異動紀錄"),
    ("view-mails", "檢視郵件寄送"),
    ("activate-account", "啟用帳號"),
    ("refuse-account", "不啟用帳號"),
    ("reset-password", "以連結設定新密碼"),
    ("ask-address-change", "申請變更信箱"),
    ("change-address", "變更信箱"),
    ("retry-mail", "再次寄送郵件"),
    ("confirmed-checksum", "確認證件字號無誤"),
    ("refused", "嘗試不能進行的步驟"),
];

/// What pages call an action; an unknown one by its own name, because a trace is never left out.
#[must_use]
pub fn label(action: &str) -> &str {
    ACTIONS.iter().find(|(name, _)| *name == action).map_or(action, |(_, label)| label)
}
