//! Where the codes and the seal boxes of a print lie, in millimetres from each page's top left.
//!
//! The engine asks typst's introspection; nobody measures by hand. The JSON form is a published
//! interface (`casebind render --layout`): keep it exactly.

use serde::{Deserialize, Serialize};

/// The layout of one print.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The case's reference, as given to the print.
    pub case: String,
    /// The revision of the print.
    pub revision: u16,
    /// The template's id.
    pub template: String,
    /// The pages in order.
    pub pages: Vec<PageLayout>,
}

/// One page of a print.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageLayout {
    /// The page's number, from 1.
    pub page: u8,
    /// The page's width in millimetres.
    pub width_mm: f64,
    /// The page's height in millimetres.
    pub height_mm: f64,
    /// The printed codes, quiet zone not included.
    pub codes: Vec<CodePlace>,
    /// The seal boxes.
    pub boxes: Vec<BoxPlace>,
}

/// One printed code on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodePlace {
    /// The 48 digits.
    pub text: String,
    /// Left edge of the modules.
    pub x_mm: f64,
    /// Top edge of the modules.
    pub y_mm: f64,
    /// Side of the square of modules.
    pub size_mm: f64,
}

/// One seal box on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxPlace {
    /// The box's id, such as `principal`.
    pub id: String,
    /// The label, such as 校長.
    pub label: String,
    /// Left edge.
    pub x_mm: f64,
    /// Top edge.
    pub y_mm: f64,
    /// Width.
    pub w_mm: f64,
    /// Height.
    pub h_mm: f64,
}
