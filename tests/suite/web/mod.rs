//! What every page keeps to: the life cycle's table, headers, requests from elsewhere, drafts, glyphs, lists, errors, panics,
//! traces; statistics. And who comes through which door.

mod doors;
mod drafts;
mod export;
mod headers;
mod list;
mod panics;
mod safety;
mod statistics;
mod table;
mod things;
mod through;
mod traces;
