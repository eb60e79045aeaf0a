//! 排程: what has happened by itself.

use crate::support::house::MINUTE;
use crate::support::{House, Who};

async fn states(house: &House) -> Vec<String> {
    house.sign_in(Who::Administrator).await.get("/admin/jobs").await.expect(200).all(".table tbody .badge")
}

both! {
    async fn the_last_run_of_each_job_is_told(house) {
        assert_eq!(states(&house).await, ["還沒有執行"; 6]);
        let (office, now) = (house.office(), house.office().world.now());
        office.job_ran("mail", now, &Ok("寄出 3 封，失敗 0 封".into()), now + MINUTE).await.unwrap();
        office.job_ran("reminders", now, &Ok(String::new()), now + MINUTE).await.unwrap();
        office.job_ran("reminders", now + 1, &Err(()), now + MINUTE).await.unwrap();
        assert_eq!(states(&house).await, ["正常", "失敗", "還沒有執行", "還沒有執行", "還沒有執行", "還沒有執行"]);
        let page = house.sign_in(Who::Administrator).await.get("/admin/jobs").await.expect(200);
        let rows = page.all(".table tbody tr");
        assert!(rows[0].contains("寄出 3 封") && rows[1].contains("上次成功 2026/11/23"), "{rows:?}");
        house.wait(12 * MINUTE);
        assert_eq!(states(&house).await[0], "停頓", "it should have come again");
    }
}
