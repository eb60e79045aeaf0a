//! 學制: the stage of a school.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::Malformed;

/// The stage of a school 學制.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchoolStage {
    /// 幼兒園
    Kindergarten,
    /// 國小
    Elementary,
    /// 國中
    JuniorHigh,
    /// 高中職
    SeniorHigh,
    /// 非學校型態實驗教育
    NonSchool,
}

impl SchoolStage {
    /// All stages, youngest first.
    pub const ALL: [Self; 5] =
        [Self::Kindergarten, Self::Elementary, Self::JuniorHigh, Self::SeniorHigh, Self::NonSchool];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Kindergarten => "幼兒園",
            Self::Elementary => "國小",
            Self::JuniorHigh => "國中",
            Self::SeniorHigh => "高中職",
            Self::NonSchool => "非學校型態實驗教育",
        }
    }

    /// The name in databases and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kindergarten => "kindergarten",
            Self::Elementary => "elementary",
            Self::JuniorHigh => "junior-high",
            Self::SeniorHigh => "senior-high",
            Self::NonSchool => "non-school",
        }
    }
}

impl fmt::Display for SchoolStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for SchoolStage {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|stage| stage.as_str()).collect();
            Malformed(format!("a school's stage is one of {}, not {text:?}", names.join(", ")))
        })
    }
}
