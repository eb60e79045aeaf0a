//! A case record becomes a printed form: templates, fonts, typst world, printed code, PDF/A.

pub mod code;
pub mod layout;
