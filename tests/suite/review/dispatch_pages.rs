//! 派案, 改派 and 不開案 on their pages: who sees what, several cases at once, and what is refused in words.

use casebind::case::event::Event;
use casebind::case::holder::{Holder as _, Supervisor};
use casebind::steps::dispatch::{Outcome, Pick};
use casebind::steps::office::Origin;

use crate::support::cases::{CONTENT, with};
use crate::support::{Case, House, Who};

use super::{find_everything_good, in_service, received, version};

/// In 收件, asking for this profession.
async fn asking_for(house: &House, need: &str) -> Case {
    let browser = house.applicant().await;
    let case = Case::ready_with(&browser, &with(&CONTENT, &[("needs", need)])).await;
    case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
    let scan = case.signed_scan(house).await;
    let check = case.browser.follow(&case.hand_in(&scan).await).await.expect(200);
    case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
    find_everything_good(house, &case).await;
    let at = version(house, &case).await;
    house.office().receive(&Who::Manager.actor(), &case.number, at).await.expect("received");
    case
}

/// The value with which a case is ticked.
async fn tick(house: &House, case: &Case) -> String {
    format!("{}.{}", case.number, version(house, case).await)
}

fn id(who: Who) -> String {
    who.login()
}

both! {
    async fn a_supervisor_sees_who_of_the_zone_waits_longest_first(house) {
        let first = received(&house).await;
        house.wait(60 * crate::support::house::MINUTE);
        let second = asking_for(&house, "社工師").await;
        let page = house.sign_in(Who::Supervisor).await.get("/dispatch").await.expect(200);
        let duties = page.all(".duty");
        assert_eq!(duties.len(), 2);
        assert!(duties[0].contains(&first.number), "{duties:?}");
        assert!(duties[0].contains("三民區 測試國小") && duties[0].contains("經常請假"), "{duties:?}");
        assert!(duties[1].contains("社工師") && duties[1].contains(&second.number), "{duties:?}");
        assert!(page.one(".duty__tabs [aria-current]").contains('2'));
        // Professionals with their load, in words, and how they fit.
        let people = page.all(".person");
        assert!(people.iter().any(|one| one.contains("張心理") && one.contains("服務中 0 件")), "{people:?}");
        assert!(people[0].contains("本頁 1 件有這項需求"), "{people:?}");

        let other = house.sign_in(Who::OtherSupervisor).await.get("/dispatch").await.expect(200);
        assert!(other.all(".duty").is_empty());
        for who in [Who::Applicant, Who::Manager, Who::Professional, Who::Archivist, Who::Administrator] {
            house.sign_in(who).await.get("/dispatch").await.expect(404);
        }
        house.sql("UPDATE people SET zone_id = NULL WHERE id = 'supervisor'").await;
        let page = house.sign_in(Who::Supervisor).await.get("/dispatch").await.expect(200);
        assert!(page.one("main h2").contains("還沒有督導分區"));
    }

    async fn several_are_dispatched_each_on_its_own(house) {
        let (fits, unfit, stale) = (received(&house).await, asking_for(&house, "社工師").await, received(&house).await);
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get("/dispatch").await.expect(200);
        let (one, two, three) = (tick(&house, &fits).await, tick(&house, &unfit).await, tick(&house, &stale).await);
        house.sql(&format!("UPDATE cases SET version = version + 1 WHERE number = '{}'", stale.number)).await;
        let person = id(Who::Professional);
        let chosen = [("case", one.as_str()), ("case", &two), ("case", &three), ("person", &person)];
        let result = supervisor.press(&page, "派案", &chosen).await.expect(200);
        assert!(result.one("h1").contains("已派案 1 件，2 件沒有派案"), "{}", result.one("h1"));
        let refused = result.all(".bulk__case--refused");
        assert_eq!(refused.len(), 2);
        assert!(refused[0].contains(&unfit.number) && refused[0].contains("轉介需求（社工師）不符"), "{refused:?}");
        assert!(refused[1].contains(&stale.number) && refused[1].contains("剛才已被修改"), "{refused:?}");
        assert_eq!((fits.state().await.as_str(), unfit.state().await.as_str()), ("服務中", "收件"));
        assert_eq!(stale.state().await, "收件");
        assert!(house.traces(&unfit.id(&house).await).await.contains(&"refused".to_owned()));

        // The same once more, with a reason: what is done stays done, what was unfit is dispatched.
        let chosen = [("case", one.as_str()), ("case", &two), ("person", &person), ("reason", "社工師員額不足")];
        let result = supervisor.press(&page, "派案", &chosen).await.expect(200);
        assert!(result.one("h1").contains("2 件都已派案"), "{}", result.one("h1"));
        assert!(result.html().contains("先前已派給相同的人員"));
        assert_eq!(unfit.state().await, "服務中");
        assert_eq!(fits.dossier(&house).await.flow.iter().filter(|row| row.event == Event::Dispatch).count(), 1);
    }

    async fn a_failure_of_one_holds_up_none_of_the_others(house) {
        let (one, two, three) = (received(&house).await, received(&house).await, received(&house).await);
        let picks = [
            Pick { number: one.number.clone(), version: version(&house, &one).await },
            Pick { number: two.number.clone(), version: version(&house, &two).await },
            Pick { number: three.number.clone(), version: version(&house, &three).await },
        ];
        house.sql(&format!("UPDATE cases SET state = 'submitted' WHERE number = '{}'", two.number)).await;
        // The trace of the refusal can't be kept.
        house.sql("ALTER TABLE traces RENAME TO traces_away").await;
        let supervisor = Supervisor::of(&Who::Supervisor.actor()).unwrap();
        let (origin, people) = (Origin::default(), [id(Who::Professional)]);
        let outcomes = house.office().dispatch_several(&supervisor, &origin, picks.into(), &people, "").await.unwrap();
        let done: Vec<_> = outcomes.iter().map(|(_, outcome)| matches!(outcome, Outcome::Dispatched)).collect();
        assert_eq!(done, [true, false, true], "{outcomes:?}");
    }

    async fn a_tick_on_the_second_page_stays(house) {
        let case = received(&house).await;
        case.copied(&house, 30).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let first = supervisor.get("/dispatch").await.expect(200);
        let second = supervisor.get(&first.link("下一頁")).await.expect(200);
        let values = second.attributes("input[name=case]", "value");
        let again = supervisor.press(&second, "派案", &[("case", &values[0])]).await.expect(422);
        assert_eq!(again.attributes("input[name=case]", "value"), values, "the same page of the list");
        assert_eq!(again.attributes("input[name=case][checked]", "value"), values[..1]);
        assert!(again.one(".summary[role=alert][data-focus]").contains("至少選擇一位"));
        assert_eq!(again.attributes("input[name=person]", "aria-invalid")[0], "true");
    }

    async fn nothing_happens_without_a_case_or_a_person(house) {
        let case = received(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get("/dispatch").await.expect(200);
        let value = tick(&house, &case).await;
        let again = supervisor.press(&page, "派案", &[("case", &value), ("reason", "寫到一半")]).await.expect(422);
        assert!(again.one("#people-error").contains("至少選擇一位"));
        assert_eq!(again.attributes("input[name=case][checked]", "value"), [value]);
        assert_eq!(again.value("reason").trim(), "寫到一半");
        let again = supervisor.press(&page, "派案", &[("person", &id(Who::Professional))]).await.expect(422);
        assert!(again.one(".summary").contains("至少勾選一件"));
        supervisor.press(&page, "派案", &[("case", "x.y"), ("person", "p")]).await.expect(400);
        for who in [Who::Manager, Who::Professional, Who::Administrator] {
            house.sign_in(who).await.post("/dispatch", &[("case", "1.1"), ("person", "p")]).await.expect(404);
        }
        assert_eq!(case.state().await, "收件");
    }

    async fn what_was_typed_stays_where_the_cases_left_the_list(house) {
        let case = received(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get("/dispatch").await.expect(200);
        let (value, person, long) = (tick(&house, &case).await, id(Who::Professional), "長".repeat(1_001));
        house.sql(&format!("UPDATE cases SET state = 'submitted' WHERE number = '{}'", case.number)).await;
        let typed = [("case", value.as_str()), ("person", &person), ("reason", &long)];
        let again = supervisor.press(&page, "派案", &typed).await.expect(422);
        assert!(again.error_of("reason").contains("最多 1000 字，目前 1001 字"), "{}", again.error_of("reason"));
        assert_eq!(again.value("reason").trim(), long);
        assert!(!again.has("input[name=case]") && again.one(".dispatch__cases").contains("目前沒有等待派案的案件"));
        let typed = [("case", value.as_str()), ("reason", "寫到一半")];
        let again = supervisor.press(&page, "派案", &typed).await.expect(422);
        assert!(again.one("#people-error").contains("至少選擇一位"));
        assert_eq!(again.value("reason").trim(), "寫到一半");
        let empty = supervisor.get("/dispatch").await.expect(200);
        assert!(!empty.has("form.dispatch") && empty.one(".empty").contains("目前沒有等待派案的案件"));
    }

    async fn one_case_is_dispatched_on_its_page(house) {
        let case = received(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let shown = supervisor.get(&case.path("")).await.expect(200);
        assert_eq!(shown.one(".next .button--primary"), "派案");
        let page = supervisor.get(&case.path("/dispatch")).await.expect(200);
        let people = page.all(".person");
        assert!(people[0].contains("張心理") && people[0].contains("符合轉介需求"), "who fits comes first: {people:?}");
        assert!(people[1].contains("吳社工") && people[1].contains("轉介需求沒有這一項"), "{people:?}");

        let again = supervisor.press(&page, "派案", &[]).await.expect(422);
        assert!(again.one("#people-error").contains("至少選擇一位"));
        let worker = id(Who::OtherProfessional);
        let again = supervisor.press(&page, "派案", &[("person", &worker)]).await.expect(422);
        assert!(again.error_of("reason").contains("與轉介需求不符"), "{}", again.error_of("reason"));
        assert_eq!(again.attributes("input[name=person][checked]", "value"), [worker.clone()]);
        let good = [("person", worker.as_str()), ("reason", "學校希望先由社工師訪視")];
        supervisor.press(&again, "派案", &good).await.leads_to(&case.path("?said=dispatched"));
        supervisor.press(&again, "派案", &good).await.leads_to(&case.path("?said=dispatched"));

        let page = supervisor.get(&case.path("?tab=flow")).await.expect(200);
        assert!(page.one(".case__about").contains("服務人員 吳社工 (社工師)"), "{}", page.one(".case__about"));
        let newest = page.all(".flow li").remove(0);
        assert!(newest.contains("派案：吳社工 (社工師)") && newest.contains("先由社工師訪視"), "{newest}");
        assert!(supervisor.get("/cases").await.expect(200).one(".card").contains("吳社工 (社工師)"));
        assert_eq!(case.dossier(&house).await.flow.iter().filter(|row| row.event == Event::Dispatch).count(), 1);
        supervisor.get(&case.path("/dispatch")).await.expect(409);
    }

    async fn only_the_zones_supervisor_dispatches_what_is_received(house) {
        let case = received(&house).await;
        let good = [("version", "1"), ("person", "professional")];
        for (who, status) in [(Who::OtherSupervisor, 404), (Who::Manager, 409), (Who::Applicant, 409), (Who::Professional, 404)] {
            let other = house.sign_in(who).await;
            other.get(&case.path("/dispatch")).await.expect(status);
            other.post(&case.path("/dispatch"), &good).await.expect(status);
        }
        // A page that knew an older version.
        house.sign_in(Who::Supervisor).await.post(&case.path("/dispatch"), &good).await.expect(409);
        assert_eq!(case.state().await, "收件");
    }

    async fn others_take_over_with_a_reason(house) {
        let case = in_service(&house).await;
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/reassign")).await.expect(200);
        assert_eq!(page.attributes("input[name=person][checked]", "value"), [id(Who::Professional)]);
        let both = [("person", id(Who::Professional)), ("person", id(Who::OtherProfessional))];
        let both: Vec<_> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = supervisor.press(&page, "改派", &both).await.expect(422);
        assert_eq!(again.error_of("reason"), "錯誤：請填寫原因。");
        let with_reason: Vec<_> = both.iter().copied().chain([("reason", "需要家庭訪視")]).collect();
        supervisor.press(&page, "改派", &with_reason).await.leads_to(&case.path("?said=reassigned"));
        supervisor.press(&page, "改派", &with_reason).await.leads_to(&case.path("?said=reassigned"));
        assert_eq!(case.dossier(&house).await.staff.len(), 2);
        house.sign_in(Who::OtherProfessional).await.get(&case.path("")).await.expect(200);
        house.sign_in(Who::OtherSupervisor).await.get(&case.path("/reassign")).await.expect(404);
        house.sign_in(Who::Professional).await.get(&case.path("/reassign")).await.expect(409);
        let stale = [("version", "1"), ("person", "professional"), ("reason", "又改")];
        supervisor.post(&case.path("/reassign"), &stale).await.expect(409);
    }

    async fn a_supervisor_declines_with_a_reason(house) {
        let case = received(&house).await;
        house.sign_in(Who::OtherSupervisor).await.get(&case.path("/decline")).await.expect(404);
        house.sign_in(Who::Archivist).await.get(&case.path("/decline")).await.expect(409);
        let supervisor = house.sign_in(Who::Supervisor).await;
        let page = supervisor.get(&case.path("/decline")).await.expect(200);
        let again = supervisor.press(&page, "不開案", &[]).await.expect(422);
        assert!(again.error_of("reason").contains("請填寫不開案原因"));
        let reason = [("reason", "非本中心服務範圍")];
        supervisor.press(&page, "不開案", &reason).await.leads_to(&case.path("?said=declined"));
        supervisor.press(&page, "不開案", &reason).await.leads_to(&case.path("?said=declined"));
        assert_eq!(case.state().await, "不開案");
        assert!(case.page().await.html().contains("非本中心服務範圍"), "the applicant reads why");
    }
}
