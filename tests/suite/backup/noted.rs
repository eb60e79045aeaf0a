//! The installation knows when it was backed up, whether a drill has read that, and makes backups itself where it is told
//! to.

use std::fs;

use super::{back_up, installed, summary};
use crate::crash::Server;
use crate::support::command::{Installation, run};
use crate::support::{Case, House, Page, Who};

const DAY: i64 = 24 * 60 * 60_000;

async fn page(house: &House) -> Page {
    house.sign_in(Who::Administrator).await.get("/admin/jobs").await.expect(200)
}

/// Moves the clock of a house to the machine's, by which the command goes.
fn catch_up(house: &House) {
    house.wait(casebind::clock::World::system().now() - house.office().world.now());
}

/// Asks again and again until there is one.
async fn until(house: &House, count: &str) {
    for _ in 0..4500 {
        if house.number(count).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not within a minute and a half: {count}");
}

both! {
    async fn the_page_tells_the_newest_backup_and_warns_of_an_old_one(house) {
        assert!(page(&house).await.one(".notice--bad").contains("還沒有備份"));
        let settings = house.sign_in(Who::Administrator).await.get("/admin/settings").await.expect(200);
        assert_eq!(settings.one(".tabs__count"), "1", "it is told on the page beside, too");
        Case::submitted(&house, &house.applicant().await).await;
        catch_up(&house);
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        let taken = summary(&back_up(&installation, &folder, &[]).expect(0));
        catch_up(&house);
        let told = page(&house).await;
        assert!(!told.has(".notice--bad"), "{}", told.one("main"));
        let facts = told.all(".facts dd");
        let originals = format!("{} 個原件", taken["originals"]["named"]);
        assert!(facts[1].contains("由指令備份，第 1 份"), "{facts:?}");
        assert!(facts[2].contains(&originals) && facts[3].contains(&originals), "{facts:?}");
        assert_eq!((facts[5].as_str(), facts[6].as_str()), ("完整", "還沒有演練"));

        // A drill is noted where it is told the installation.
        let drill = |config: &str| {
            let (folder, keys) = (folder.display().to_string(), house.data_dir().join("keys").display().to_string());
            run(&["restore", &folder, "--check", "--keys", &keys, "--config", config]).expect(0)
        };
        drill(&installation.config().display().to_string());
        assert!(page(&house).await.all(".facts dd")[6].starts_with("無誤"));
        let other = Installation::new("");
        run(&["migrate", "--config", &other.config().display().to_string()]).expect(0);
        drill(&other.config().display().to_string()).says(&["knows of no such backup"]);

        // The next one copies nothing, and isn't drilled yet: the one that was is told beside.
        back_up(&installation, &folder, &[]).expect(0);
        catch_up(&house);
        let facts = page(&house).await.all(".facts dd");
        assert!(facts[3].starts_with("0 個原件"), "{facts:?}");
        assert_eq!((facts.len(), facts[6].as_str()), (8, "還沒有演練"));
        house.wait(9 * DAY);
        let told = page(&house).await;
        assert!(told.one(".notice--bad").contains("最近一次備份是 9 天前，超過 7 天"), "{}", told.one("main"));
        house.sql("UPDATE backups SET found = 2, checked_at = taken_at WHERE generation = 2").await;
        assert!(page(&house).await.all(".notice--bad")[1].contains("演練發現"));
    }

    async fn one_process_makes_the_backup_that_is_due(house) {
        let office = house.office();
        assert!(office.begin_backup(DAY).await.unwrap(), "there is none");
        assert!(!office.begin_backup(DAY).await.unwrap(), "somebody is at it");
        house.wait(31 * 60_000);
        assert!(office.begin_backup(DAY).await.unwrap(), "it was broken off");
        house.sql(&format!(
            "INSERT INTO backups (id, generation, scheduled, taken_at, began_at, ended_at, row_count, originals, bytes, \
             copied, copied_bytes, findings) VALUES ('b', 1, 1, {now}, {now}, {now}, 1, 0, 0, 0, 0, 0)",
            now = office.world.now()
        )).await;
        house.wait(DAY - 1);
        assert!(!office.begin_backup(DAY).await.unwrap());
        house.wait(1);
        assert!(office.begin_backup(DAY).await.unwrap());
    }

    async fn a_serving_process_backs_up_where_it_is_told_to(house) {
        Case::submitted(&house, &house.applicant().await).await;
        let installation = installed(house.data_dir(), Some(&house.database_url));
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("backup");
        let config = fs::read_to_string(installation.config()).unwrap();
        let more = format!("[backup]\nfolder = \"{}\"\nkeep = 2\n", folder.display());
        fs::write(installation.config(), format!("{config}{more}")).unwrap();
        let server = Server::start(&installation);
        let noted = "SELECT COUNT(*) FROM backups WHERE scheduled = 1 AND findings = 0";
        until(&house, noted).await;
        until(&house, "SELECT COUNT(*) FROM job_runs WHERE name = 'backup' AND detail <> ''").await;
        let detail = house.texts("SELECT outcome || ' ' || detail FROM job_runs WHERE name = 'backup'").await;
        assert!(detail[0].starts_with("done 第 1 份"), "{detail:?}");
        assert!(server.stop().success());
        super::check(&folder, house.data_dir()).expect(0);
        assert!(page(&house).await.all(".table tbody tr").iter().any(|row| row.starts_with("備份")));
    }
}
