//! Pages for when something can't go on as asked: errors, conflicts, and questions before harm.

use askama::Template;

use super::field::{Field, Summary};
use super::frame::Frame;
use super::parts::{Action, Fact, Link};

/// The one error page: what happened, what stayed safe, the way forward.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
pub struct ErrorPage {
    /// Around the page.
    pub frame: Frame,
    /// The HTTP status.
    pub status: u16,
    /// Such as 找不到這一頁.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What stayed safe.
    pub safe: Option<String>,
    /// What to do, one sentence each.
    pub todo: Vec<String>,
    /// Where to go on; the first one is the usual way.
    pub ways: Vec<Link>,
    /// The error's number in the log.
    pub number: Option<String>,
}

/// 409: someone was quicker. What was typed is kept and shown beside what is there now.
#[derive(Debug, Template)]
#[template(path = "conflict.html")]
pub struct ConflictPage {
    /// Around the page.
    pub frame: Frame,
    /// Such as 這個案件剛才有了變動.
    pub title: String,
    /// Who changed what, and when.
    pub what: String,
    /// What the others did meanwhile, one sentence each.
    pub happened: Vec<String>,
    /// That nothing was overwritten and nothing typed is lost.
    pub safe: String,
    /// The fields on which both sides differ.
    pub rows: Vec<ConflictRow>,
    /// What was typed and can't be sent any more, to be copied.
    pub kept: Vec<Fact>,
    /// Sends what was typed again, with the new version; `None` where the state forbids it.
    pub resubmit: Option<Action>,
    /// Forgets the draft of it, where one lies there.
    pub discard: Option<Action>,
    /// The way to the newest state.
    pub back: Link,
}

/// One field on which both sides differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictRow {
    /// The field's label.
    pub label: String,
    /// What is in the system.
    pub theirs: String,
    /// What was typed.
    pub yours: String,
}

/// A question before something is deleted or ended.
#[derive(Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// Around the page.
    pub frame: Frame,
    /// The question, such as 要刪除這位服務對象嗎？
    pub title: String,
    /// What will happen, and whether it can be undone.
    pub what: String,
    /// What it concerns.
    pub facts: Vec<Fact>,
    /// The reason, where one is needed (`reason`).
    pub reason: Option<Field>,
    /// The form's address.
    pub action: String,
    /// Hidden fields: `version`, `token`.
    pub hidden: Vec<(String, String)>,
    /// The button's words, such as 刪除.
    pub button: String,
    /// The way back.
    pub cancel: String,
}

impl ConfirmPage {
    fn summary(&self) -> Summary<'_> {
        Summary::of_fields(self.reason.iter())
    }
}

#[cfg(test)]
impl ErrorPage {
    pub(crate) fn sample_missing() -> Self {
        Self {
            frame: Frame { here: super::frame::Here::Elsewhere, ..Frame::sample() },
            status: 404,
            title: "找不到這一頁".into(),
            what: "網址可能輸入錯誤，或這個案件不在您的申請案件之中。".into(),
            safe: None,
            todo: vec!["請從「我的申請案件」找到案件再開啟。".into()],
            ways: vec![Link { label: "回我的申請案件".into(), href: "/cases".into() }],
            number: None,
        }
    }

    pub(crate) fn sample_forbidden() -> Self {
        Self {
            status: 403,
            title: "您不能開啟這一頁".into(),
            what: "這一頁屬於其他角色的工作，您的帳號沒有開啟它的權限。".into(),
            safe: Some("沒有任何資料被更動。".into()),
            todo: vec!["如果您認為應該看得到，請來電學諮中心個管組。".into()],
            ..Self::sample_missing()
        }
    }

    pub(crate) fn sample_failure() -> Self {
        Self {
            status: 500,
            title: "系統暫時無法完成這個動作".into(),
            what: "處理到一半時發生了系統內部的錯誤，已留下紀錄。".into(),
            safe: Some("先前已回報成功的資料都還在；這一次的動作沒有生效。".into()),
            todo: vec![
                "請稍等一分鐘再試一次。".into(),
                "如果又看到這一頁，請來電並告知下方的錯誤編號。".into(),
            ],
            number: Some("0199-7C41-2B".into()),
            ..Self::sample_missing()
        }
    }
}

#[cfg(test)]
impl ConflictPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample(),
            title: "這個案件剛才在別處有了變動".into(),
            what: "測試人員在 2025/12/18 14:03（2 分鐘前）從另一個視窗儲存了這份內容。".into(),
            happened: Vec::new(),
            safe: "沒有任何內容被覆蓋，您剛才填寫的文字都保留在這一頁。".into(),
            rows: vec![
                ConflictRow {
                    label: "問題簡述".into(),
                    theirs: "近一個月常請假，與同學互動減少。".into(),
                    yours: "近一個月常請假，與同學互動減少，導師已家訪一次。".into(),
                },
                ConflictRow {
                    label: "備註".into(), theirs: "請先電洽輔導室。".into(), yours: String::new()
                },
            ],
            kept: Vec::new(),
            resubmit: Some(Action::post(
                "改用我填寫的內容",
                "/cases/1150000123/content",
                &[("version", "8"), ("token", "t"), ("problem", "近一個月常請假")],
            )),
            discard: None,
            back: Link {
                label: "放棄我的修改，看最新內容".into(), href: "/cases/1150000123".into()
            },
        }
    }
}

#[cfg(test)]
impl ConflictPage {
    pub(crate) fn sample_review() -> Self {
        Self {
            frame: Frame::sample_staff(),
            what: "您開啟審核桌之後，其他人也處理了這個案件。".into(),
            happened: vec![
                "14:03 陳個管 核閱「校長」：需補件（印文不清）".into(),
                "14:04 陳個管 退回核章：校長核章不清楚".into(),
            ],
            safe: "沒有任何內容被覆蓋，您剛才的核閱與備註都保留在這一頁。".into(),
            rows: vec![ConflictRow {
                label: "校長".into(),
                theirs: "需補件：印文不清（陳個管 2025/12/18 14:03）".into(),
                yours: "已核閱".into(),
            }],
            resubmit: None,
            ..Self::sample()
        }
    }

    pub(crate) fn sample_late() -> Self {
        Self {
            title: "這個案件剛才有了變動".into(),
            what: "您開啟這一頁之後，案件有了變動，現在不能再送出這份表單。".into(),
            happened: vec![
                "2025/12/18 14:04 周督導 結案".into(),
                "案件狀態為「結案」，無法「新增紀錄」：此步驟只能在「服務中」時進行。".into(),
            ],
            safe: "沒有任何內容被覆蓋，您填寫的內容都保留在這一頁；離開之前，需要的請先複製，再到案件頁看現在可以做什麼。"
                .into(),
            rows: Vec::new(),
            kept: vec![
                Fact::new("服務日期", "2025/12/17"),
                Fact::new("紀錄摘要", "第三次晤談，出席穩定。\n下次邀請導師一起談。"),
            ],
            discard: Some(Action::post(
                "捨棄草稿",
                "/drafts/record-1150000123",
                &[("discard", "1"), ("back", "/cases/1150000123")],
            )),
            ..Self::sample_review()
        }
    }
}

#[cfg(test)]
impl ConfirmPage {
    pub(crate) fn sample_delete() -> Self {
        Self {
            frame: Frame::sample(),
            title: "要刪除這位服務對象嗎？".into(),
            what: "刪除後不再列印在申請單上，仍可在「已刪除」中查看。每個案件只能有一位服務對象。".into(),
            facts: vec![Fact::new("姓名", "王小明（男）"), Fact::new("身分證", "E12****789")],
            reason: None,
            action: "/cases/1150000123/subject/s1/delete".into(),
            hidden: vec![("version".into(), "7".into()), ("token".into(), "t".into())],
            button: "刪除".into(),
            cancel: "/cases/1150000123?tab=subject".into(),
        }
    }

    pub(crate) fn sample_withdraw() -> Self {
        let mut reason = Field::reason("撤案原因", "", None);
        reason.hint = Some("會顯示在案件流程中，請勿填寫與撤案無關的個人資料。".into());
        reason.error = Some("請填寫撤案原因，例如「家長不同意轉介」。".into());
        Self {
            title: "要撤回這個案件嗎？".into(),
            what: "撤案後不能再編輯或送件；如需服務，請另外新增案件。已列印的申請單與紀錄都會保留。".into(),
            facts: vec![Fact::new("案件編號", "1150000123"), Fact::new("服務項目", "轉介申請")],
            reason: Some(reason),
            action: "/cases/1150000123/withdraw".into(),
            button: "撤案".into(),
            cancel: "/cases/1150000123".into(),
            ..Self::sample_delete()
        }
    }
}
