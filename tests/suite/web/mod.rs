//! What every page keeps to: headers, requests from elsewhere, drafts, glyphs, lists, errors.

mod drafts;
mod list;
mod safety;
