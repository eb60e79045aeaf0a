//! 核閱: what a case manager judges of a submitted case, and the verdicts.

use std::fmt;
use std::str::FromStr;

use super::ids::Malformed;

/// What a reviewer found of a seal box, a signed form or an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 未核閱
    Unreviewed,
    /// 已核閱
    Reviewed,
    /// 需補件
    Wanting,
}

impl Verdict {
    /// All verdicts, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Unreviewed, Self::Reviewed, Self::Wanting];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreviewed => "未核閱",
            Self::Reviewed => "已核閱",
            Self::Wanting => "需補件",
        }
    }

    /// The name in databases, forms and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreviewed => "unreviewed",
            Self::Reviewed => "reviewed",
            Self::Wanting => "wanting",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Verdict {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such verdict: {text:?}")))
    }
}

/// What a verdict is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The seal box with this id on the bound scan.
    Seal(String),
    /// The bound scan as a whole: where there are no boxes, or it was bound by the short code.
    Form,
    /// The attachment with this identifier.
    Attachment(String),
}

impl Target {
    /// The kind of target in databases and forms.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Seal(_) => "seal",
            Self::Form => "form",
            Self::Attachment(_) => "attachment",
        }
    }

    /// Which of its kind; empty for the form.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::Seal(id) | Self::Attachment(id) => id,
            Self::Form => "",
        }
    }

    /// The target of this kind and item.
    #[must_use]
    pub fn of(kind: &str, item: &str) -> Option<Self> {
        match kind {
            "seal" => Some(Self::Seal(item.to_owned())),
            "form" => Some(Self::Form),
            "attachment" => Some(Self::Attachment(item.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("form"),
            Self::Seal(id) | Self::Attachment(id) => write!(f, "{}:{id}", self.kind()),
        }
    }
}

impl FromStr for Target {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (kind, item) = text.split_once(':').unwrap_or((text, ""));
        Self::of(kind, item).ok_or_else(|| Malformed(format!("no such target: {text:?}")))
    }
}
