//! The record and its rules.

mod lifecycle;
