//! A service item 服務項目 as data: what its form.toml says. Pages, checks and prints follow it.

use serde::{Deserialize, Serialize};

use super::fields::{FieldKind, FieldSpec, Values};
use super::stage::SchoolStage;

/// What one service item asks, needs and prints (the content of its form.toml).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// The folder's name: lower-case letters, digits and hyphens.
    pub id: String,
    /// The title, as lists and the form show it.
    pub title: String,
    /// What the service is, as the manual says it in brackets.
    #[serde(default)]
    pub hint: Option<String>,
    /// The template's version, from 1; kept with every print.
    pub version: u32,
    /// The place in the list of services.
    pub order: u32,
    /// Whether the case is about one child.
    pub subject: SubjectNeed,
    /// The most pages that a print may have.
    pub max_pages: u8,
    /// Which retention period applies.
    pub retention: String,
    /// What the content tab asks, in order.
    pub fields: Vec<FieldSpec>,
    /// Which attachments it takes, in order.
    pub attachments: Vec<AttachmentSpec>,
    /// Which seals it needs. The first row that names the school's stage counts, else the one without stages.
    pub seals: Vec<SealRow>,
}

/// Whether a service item is about one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectNeed {
    /// Exactly one subject before printing.
    Required,
    /// At most one.
    Optional,
    /// None: the subject tab isn't shown.
    None,
}

/// One category of attachment 檢附資料 that a service item takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentSpec {
    /// The category's id, such as `consent`.
    pub id: String,
    /// The label, such as 家長(監護人)同意書.
    pub label: String,
    /// Whether printing needs one.
    #[serde(default)]
    pub required: bool,
    /// Whether it holds special data (個資法 §6).
    #[serde(default)]
    pub special: bool,
}

/// The seal boxes of one printed form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRow {
    /// The school stages it is for; empty: every other.
    #[serde(default)]
    pub stages: Vec<SchoolStage>,
    /// The boxes, left to right.
    pub boxes: Vec<SealBox>,
}

/// One seal box 核章欄.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealBox {
    /// The box's id, such as `principal`.
    pub id: String,
    /// The label, such as 校長.
    pub label: String,
}

impl ServiceSpec {
    /// What is known of a service item whose form.toml can't be read, or isn't there any more: its id.
    /// Cases of it are shown by this, and nothing new is opened or printed.
    #[must_use]
    pub fn stand_in(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: id.to_owned(),
            hint: None,
            version: 1,
            order: u32::MAX,
            subject: SubjectNeed::Optional,
            max_pages: 1,
            retention: String::new(),
            fields: Vec::new(),
            attachments: Vec::new(),
            seals: Vec::new(),
        }
    }

    /// The same with a field for every answer that it knows no field of, so that no answer is hidden.
    #[must_use]
    pub fn showing(mut self, content: &Values) -> Self {
        for id in content.keys() {
            if self.field(id).is_none() {
                self.fields.push(FieldSpec {
                    id: id.clone(),
                    label: id.clone(),
                    kind: FieldKind::LongText,
                    required: false,
                    max_length: None,
                    min: None,
                    max: None,
                    choices: Vec::new(),
                    hint: None,
                    autocomplete: None,
                    section: None,
                });
            }
        }
        self
    }

    /// The seal boxes for a school of this stage, left to right.
    #[must_use]
    pub fn seal_boxes(&self, stage: SchoolStage) -> &[SealBox] {
        self.seals
            .iter()
            .find(|row| row.stages.contains(&stage))
            .or_else(|| self.seals.iter().find(|row| row.stages.is_empty()))
            .map_or(&[], |row| &row.boxes)
    }

    /// The field with this id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The attachment category with this id.
    #[must_use]
    pub fn attachment(&self, id: &str) -> Option<&AttachmentSpec> {
        self.attachments.iter().find(|category| category.id == id)
    }
}
