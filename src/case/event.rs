//! The events of a case's life and the words that buttons and flow rows show for them.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;

/// Something that a person does to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// 新增
    Open,
    /// 編輯: content, subject, attachments.
    Edit,
    /// 更正: a case manager corrects a submitted case.
    Correct,
    /// 列印申請單
    Print,
    /// 上傳簽核申請單, which submits the case.
    Submit,
    /// 退回核章
    Return,
    /// 補件
    AskSupplement,
    /// 送出審核
    Resubmit,
    /// 核閱: verdicts on seal boxes and attachments; kept with them, no row of the flow.
    Review,
    /// 收件
    Receive,
    /// 不開案
    Decline,
    /// 派案
    Dispatch,
    /// 改派
    Reassign,
    /// 紀錄: a service record, kept with its revisions; no row of the flow.
    Record,
    /// 申請結案
    ProposeClosing,
    /// 退回結案申請
    SendClosingBack,
    /// 結案
    Close,
    /// 重新開案
    Reopen,
    /// 撤案
    Withdraw,
    /// 移交: to a colleague of the same school.
    HandOver,
}

impl Event {
    /// All events in the order of the walk.
    pub const ALL: [Self; 20] = [
        Self::Open,
        Self::Edit,
        Self::Correct,
        Self::Print,
        Self::Submit,
        Self::Return,
        Self::AskSupplement,
        Self::Resubmit,
        Self::Review,
        Self::Receive,
        Self::Decline,
        Self::Dispatch,
        Self::Reassign,
        Self::Record,
        Self::ProposeClosing,
        Self::SendClosingBack,
        Self::Close,
        Self::Reopen,
        Self::Withdraw,
        Self::HandOver,
    ];

    /// The label on buttons and in flow rows.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "新增",
            Self::Edit => "編輯",
            Self::Correct => "更正",
            Self::Print => "列印申請單",
            Self::Submit => "上傳簽核申請單",
            Self::Return => "退回核章",
            Self::AskSupplement => "補件",
            Self::Resubmit => "送出審核",
            Self::Review => "核閱",
            Self::Receive => "收件",
            Self::Decline => "不開案",
            Self::Dispatch => "派案",
            Self::Reassign => "改派",
            Self::Record => "服務紀錄",
            Self::ProposeClosing => "申請結案",
            Self::SendClosingBack => "退回結案申請",
            Self::Close => "結案",
            Self::Reopen => "重新開案",
            Self::Withdraw => "撤案",
            Self::HandOver => "移交",
        }
    }

    /// The name in databases, addresses and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Edit => "edit",
            Self::Correct => "correct",
            Self::Print => "print",
            Self::Submit => "submit",
            Self::Return => "return",
            Self::AskSupplement => "ask_supplement",
            Self::Resubmit => "resubmit",
            Self::Review => "review",
            Self::Receive => "receive",
            Self::Decline => "decline",
            Self::Dispatch => "dispatch",
            Self::Reassign => "reassign",
            Self::Record => "record",
            Self::ProposeClosing => "propose_closing",
            Self::SendClosingBack => "send_closing_back",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Withdraw => "withdraw",
            Self::HandOver => "hand_over",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Event {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such event: {text:?}")))
    }
}
