//! Pictures of what was disposed of. Each process clears its own folder of them, whoever has the job of removing files:
//! several machines share database and originals, and each has drawn pictures of its own.

use crate::store::disposals;

use crate::steps::{Office, StepError};

/// Files that are looked for at once.
const BATCH: i64 = 500;
/// How long pictures are swept behind a file that is gone: longer than anybody draws one, and than clocks are apart.
const SWEPT_MILLIS: i64 = 10 * 60_000;

impl Office {
    /// Clears the pictures of what was let go of, as far as it isn't gone since long before `since`, which moves on then;
    /// 0 is the first time, and of all that ever went.
    ///
    /// # Errors
    /// When folder or database fail, the first failure; what could be cleared was, and all of it is tried again.
    pub async fn clear_pictures(&self, since: &mut i64) -> Result<(), StepError> {
        let began = self.world.now();
        let (mut after, mut failed) = (String::new(), None);
        loop {
            let gone = disposals::gone_since(&mut *self.store.read().await?, &after, *since, BATCH).await?;
            let Some(last) = gone.last() else { break };
            after = last.to_string();
            for digest in &gone {
                if let Err(error) = self.renditions.remove_of(digest).await {
                    failed.get_or_insert(error);
                }
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            None => {
                *since = began.saturating_sub(SWEPT_MILLIS);
                Ok(())
            }
        }
    }
}
