//! Thin HTTP over the steps.

pub mod assets;
pub mod pages;
