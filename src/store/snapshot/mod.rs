//! Whole tables, row by row, as they are: read out of one database at one moment, and written into an empty one.
//!
//! Which tables there are is asked of the database, so that a table that a migration adds is never forgotten; what is
//! left out has to be named in [`LEFT_OUT`]. Rows are neutral (text, numbers, nothing), and fit either database.

mod agree;
pub mod alone;
mod catalogue;
mod load;
mod read;

use serde_json::{Map, Value};

pub use agree::{dangling, out_of_step};
pub use catalogue::{Applied, Column, Kind, LEFT_OUT, Table, applied, has_table};
pub use load::{Loading, Unfit, prepare};
pub use read::{Reading, Snapshot};

/// A row: its columns by name.
pub type Row = Map<String, Value>;
