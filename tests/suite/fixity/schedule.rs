//! The schedule: a slice a day, the oldest reading first, one process at a time, and a page that tells.

use std::fs;
use std::time::Duration;

use casebind::steps::Office;
use casebind::steps::fixity::DAY;
use casebind::steps::fixity::round::Pace;
use casebind::store::leases;
use tokio::sync::watch;

use crate::support::house::MINUTE;
use crate::support::{House, Who, log};

use super::{archive, orphan, overwrite};

/// As fast as it can; `stop`: told to stop.
fn pace(stop: bool) -> Pace {
    Pace { pause: Duration::ZERO, bytes_per_second: u64::MAX, stopping: watch::channel(stop).1 }
}

/// The same installation with another number of days.
fn within(house: &House, days: u32) -> Office {
    let mut office = house.office().clone();
    office.fixity.days = days;
    office
}

/// How many originals a round reads, and how many folders it lists.
async fn round(office: &Office) -> (i64, i64) {
    let done = office.fixity_round(&pace(false)).await.unwrap().unwrap_or_default();
    (done.originals, done.folders)
}

both! {
    async fn all_are_read_within_the_days_the_oldest_first(house) {
        let all = i64::try_from(archive(&house).await.len()).unwrap();
        let office = within(&house, 4);
        let oldest = house.texts("SELECT digest FROM documents ORDER BY read_at, digest").await;
        let share = (all + 3) / 4;
        assert_eq!(round(&office).await, (share, 64));
        let read = house.texts(&format!(
            "SELECT digest FROM documents WHERE read_at = {} ORDER BY digest", office.world.now()
        )).await;
        let mut first = oldest[..usize::try_from(share).unwrap()].to_vec();
        first.sort();
        assert_eq!(read, first);
        house.wait(5 * MINUTE);
        assert_eq!(round(&office).await, (0, 0), "the day's share is done");
        let mut left = all - share;
        for _ in 0..3 {
            house.wait(DAY);
            let (originals, folders) = round(&office).await;
            assert_eq!(folders, 64);
            left -= originals;
        }
        assert!(left <= 0, "{left} of {all} weren't read within four days");
        assert_eq!(house.number("SELECT COUNT(*) FROM fixity_passes WHERE ended_at IS NOT NULL").await, 1);
        assert_eq!(house.number("SELECT COUNT(*) FROM fixity_findings").await, 0, "nothing healthy is named");
        house.wait(DAY);
        round(&office).await;
        assert_eq!(house.number("SELECT COUNT(*) FROM fixity_passes").await, 2, "the next one has begun");
    }

    async fn one_process_at_a_time_and_a_stop_loses_nothing(house) {
        let all = i64::try_from(archive(&house).await.len()).unwrap();
        let office = within(&house, 1);
        let now = office.world.now();
        let mut tx = office.store.write().await.unwrap();
        assert!(leases::take(&mut tx, "fixity", now, now + MINUTE).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(round(&office).await, (0, 0), "another process has it");
        house.wait(2 * MINUTE);
        assert!(office.fixity_round(&pace(true)).await.unwrap().is_none(), "it was told to stop");
        // As after a restart: all that is known is in the database.
        assert_eq!(round(&within(&house, 1)).await, (all, 256));
        house.wait(MINUTE);
        assert_eq!(round(&office).await, (0, 0));
    }

    async fn what_is_found_is_kept_told_and_logged_until_it_is_mended(house) {
        let digests = archive(&house).await;
        let office = within(&house, 1);
        let path = house.original(&digests[2]);
        let whole = fs::read(&path).unwrap();
        overwrite(&path, b"");
        let stranger = orphan(&house, b"nobody knows me");
        round(&office).await;
        let id = format!("empty-{}", digests[2].short());
        assert_eq!(log::lines(&["ERROR", "alert=true", &id]).len(), 1);

        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get("/fixity").await.expect(200);
        assert_eq!(page.all(".finding .badge"), ["待處理", "待處理"]);
        let text = page.one("main");
        for part in [&id, &format!("orphan-{}", stranger.short()), "檔案是空的", "Replace ", " of case "] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let administrator = house.sign_in(Who::Administrator).await;
        let page = administrator.get("/fixity").await.expect(200);
        assert!(page.one("main").contains(&id));
        assert!(!page.one("main").contains(" of case "), "administrators learn of no case");
        house.sign_in(Who::Manager).await.get("/fixity").await.expect(404);

        overwrite(&path, &whole);
        fs::remove_file(house.original(&stranger)).unwrap();
        house.wait(DAY);
        round(&office).await;
        let page = house.sign_in(Who::Archivist).await.get("/fixity").await.expect(200);
        assert_eq!(page.all(".finding .badge"), ["已修復", "已修復"]);
        assert_eq!(house.number("SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NULL").await, 0);
    }

    async fn a_lost_folder_is_one_finding_and_no_original_is_called_missing(house) {
        archive(&house).await;
        let office = within(&house, 1);
        let (folder, aside) = (house.data_dir().join("originals"), house.data_dir().join("elsewhere"));
        fs::rename(&folder, &aside).unwrap();
        round(&office).await;
        house.wait(MINUTE);
        round(&office).await;
        assert_eq!(house.texts("SELECT kind FROM fixity_findings").await, ["no-folder"]);
        fs::rename(&aside, &folder).unwrap();
        house.wait(MINUTE);
        assert!(round(&office).await.0 > 0, "it goes on by itself");
        assert_eq!(house.number("SELECT COUNT(*) FROM fixity_findings WHERE gone_at IS NULL").await, 0);
    }
}
