//! 原件檢查: every original is read again within so many days, the one that was read longest ago first, and what is
//! wrong is kept until it is seen to be mended.
//!
//! [`round`] is the schedule's work, a little at a time and by one process; [`check`] is the whole or a slice at
//! once, for the command line. Both read and judge by [`crate::archive::verify`] and keep what they find in one way.
//! What can be made again (renditions) is not looked at.

pub mod check;
mod keep;
pub mod round;

use crate::case::notify::Topic;
use crate::case::rights::{Right, may};
use crate::case::role::{Actor, Role};
use crate::store::fixity::{self, Day, Kept, Pass, Standing};

use super::{Office, StepError};

/// One day in the unit of clocks.
pub const DAY: i64 = 24 * 60 * 60_000;
/// Folders of originals, by the first byte of their digests.
pub const FOLDERS: i64 = 256;
/// Findings that the page shows at most.
const SHOWN: i64 = 200;
/// Days that the page looks back.
const LOOKED_BACK: i64 = 14;

/// What is decided about fixity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Days within which every original is read.
    pub days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { days: 90 }
    }
}

/// How the originals stand.
#[derive(Clone, Debug)]
pub struct State {
    /// Days within which every original is read.
    pub days: u32,
    /// How many there are, how many of them were read in the pass that goes on, and how many are overdue.
    pub standing: Standing,
    /// The pass that goes on; none: the schedule hasn't begun.
    pub pass: Option<Pass>,
    /// The last pass that is over.
    pub last: Option<Pass>,
    /// The newest days, with what was due and done.
    pub recent: Vec<Day>,
    /// What was found: what stands first.
    pub findings: Vec<Kept>,
    /// How many findings stand.
    pub open: i64,
    /// How many are mended.
    pub mended: i64,
}

impl Office {
    /// How the originals stand, for archivists and administrators. Which cases a finding touches is told to
    /// archivists alone.
    ///
    /// # Errors
    /// [`StepError::NotFound`] without the right; when the database fails.
    pub async fn fixity(&self, actor: &Actor) -> Result<State, StepError> {
        if !may(actor, Right::Fixity) {
            return Err(StepError::NotFound);
        }
        self.saw(&actor.id, &[Topic::Fixity]).await?;
        let mut db = self.store.read().await?;
        let pass = fixity::open_pass(&mut db).await?;
        let overdue = self.world.now() - i64::from(self.fixity.days) * DAY;
        let since = pass.map_or(i64::MAX, |pass| pass.began_at);
        let (open, mended) = fixity::count_findings(&mut db).await?;
        let mut findings = fixity::findings(&mut db, SHOWN).await?;
        if !actor.is(Role::Archivist) {
            for finding in &mut findings {
                finding.rows.clear();
                // Its identifier has the number in it.
                if finding.kind == "badly-bound" {
                    finding.id.clone_from(&finding.kind);
                }
            }
        }
        Ok(State {
            days: self.fixity.days,
            standing: fixity::standing(&mut db, since, overdue).await?,
            pass,
            last: fixity::last_pass(&mut db).await?,
            recent: fixity::days(&mut db, LOOKED_BACK).await?,
            findings,
            open,
            mended,
        })
    }
}
