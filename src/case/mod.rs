//! The record, its life cycle and its rules: pure, no IO at all.

pub mod fields;
pub mod ids;
pub mod service;
pub mod stage;
