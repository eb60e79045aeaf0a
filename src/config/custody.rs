//! The settings of the custody chain.

use std::path::PathBuf;

use super::reader::Reader;

/// Where checkpoints of the custody chain go, how often, and who signs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// The folder of checkpoints, best on another machine; in the data directory by default.
    pub checkpoint_dir: Option<PathBuf>,
    /// Minutes between two checkpoints.
    pub checkpoint_minutes: u32,
    /// The name of the chain in its checkpoints; by default made of the installation's address.
    pub origin: Option<String>,
    /// The file of the key that signs; in the data directory by default.
    pub key_file: Option<PathBuf>,
}

impl Custody {
    pub(super) fn read(r: &mut Reader) -> Self {
        let origin = r.text("custody.origin", "");
        if origin.contains(|c: char| c.is_whitespace() || c == '+') {
            r.problem("custody.origin", Some(&origin), "a name without spaces and plus signs");
        }
        Self {
            checkpoint_dir: r.path("custody.checkpoint_dir"),
            checkpoint_minutes: r.number("custody.checkpoint_minutes", 60, 1..=1440),
            origin: Some(origin).filter(|origin| !origin.is_empty()),
            key_file: r.path("custody.key_file"),
        }
    }

    /// The name of the chain, for an installation that is reached at `public_url`.
    #[must_use]
    pub fn origin(&self, public_url: &str) -> String {
        let host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
        self.origin.clone().unwrap_or_else(|| format!("{host}/custody"))
    }
}
