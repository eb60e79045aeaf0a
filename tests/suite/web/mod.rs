//! What every page keeps to: headers, requests from elsewhere, drafts, glyphs, lists, errors, traces; statistics.

mod drafts;
mod export;
mod headers;
mod list;
mod safety;
mod statistics;
mod traces;
