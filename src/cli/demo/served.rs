//! The demonstration's cases from 收件 on, made by the same steps that people take: three wait for 派案, two are
//! served, one of them with a proposal of closing, and one is closed.

use jiff::ToSpan as _;

use crate::case::request::ClosingReason;
use crate::case::review::{Target, Verdict};
use crate::case::role::Actor;
use crate::cli::house::Trouble;
use crate::steps::review::Judged;
use crate::store::people;
use crate::web::App;

use super::cases::{content, has_cases, ready, submit, typed};

/// Who takes part.
struct Cast {
    teacher: Actor,
    manager: Actor,
    supervisor: Actor,
    psychologist: Actor,
    worker: Actor,
}

/// Makes the cases if their applicant has none yet.
pub async fn make(app: &App) -> Result<(), Trouble> {
    let office = &app.office;
    let cast = Cast {
        teacher: actor(app, "teacher").await?,
        manager: actor(app, "manager").await?,
        supervisor: actor(app, "supervisor").await?,
        psychologist: actor(app, "psychologist").await?,
        worker: actor(app, "worker").await?,
    };
    if has_cases(app, &cast.teacher).await? {
        return Ok(());
    }
    let psychologist = [&cast.psychologist];
    let both = [&cast.psychologist, &cast.worker];
    let closed = in_service(app, &cast, 1, "考試前焦慮、失眠，影響日常作息。", &psychologist).await?;
    session(app, &cast.psychologist, &closed, 40, "phone", "與導師確認近況，學生已能自行調適。").await?;
    propose(app, &cast.psychologist, &closed).await?;
    let version = office.dossier(&cast.supervisor, &closed).await?.case.version;
    office.close_case(&cast.supervisor, &closed, version).await?;

    let proposed = in_service(app, &cast, 2, "父母離異後情緒低落，與同學疏遠。", &both).await?;
    session(app, &cast.worker, &proposed, 20, "home-visit", "訪視家庭，與主要照顧者討論教養分工。").await?;
    session(app, &cast.psychologist, &proposed, 12, "individual", "情緒穩定，願意參加班級活動。").await?;
    propose(app, &cast.worker, &proposed).await?;

    let served = in_service(app, &cast, 3, "與同學衝突頻繁，導師希望有專業人員協助。", &psychologist).await?;
    session(
        app,
        &cast.psychologist,
        &served,
        30,
        "individual",
        "初談，建立關係。學生表示不知道怎麼和同學說話。",
    )
    .await?;
    session(app, &cast.psychologist, &served, 23, "teacher", "與導師討論班級經營與座位安排。").await?;

    for (at, needs, problem) in [
        (4, &["心理師"] as &[&str], "近日情緒低落、不願進教室，輔導老師已啟動校內三級輔導。"),
        (5, &["社工師"], "家中經濟陷入困境，學生放學後需要照顧弟妹。"),
        (6, &["心理師", "社工師"], "長期缺課，家長無法聯繫上。"),
    ] {
        received(app, &cast, at, problem, needs).await?;
    }
    Ok(())
}

async fn actor(app: &App, login: &str) -> Result<Actor, Trouble> {
    let person = people::by_login(&mut *app.office.store.read().await?, login).await?;
    Ok(person.ok_or_else(|| format!("the demonstration has no {login}"))?.actor())
}

/// A case in 收件: everything on it was found good.
async fn received(app: &App, cast: &Cast, at: u8, problem: &str, needs: &[&str]) -> Result<String, Trouble> {
    let office = &app.office;
    let mut answers = content(at, problem);
    answers.insert("needs".into(), needs.iter().map(|&need| need.to_owned()).collect());
    let number = ready(app, &cast.teacher, at, &answers).await?;
    submit(app, &cast.teacher, &number).await?;
    let dossier = office.dossier(&cast.manager, &number).await?;
    let papers = dossier.form_items().into_iter().map(|item| item.target);
    let attachments = dossier.attachments.iter().map(|a| Target::Attachment(a.id.clone()));
    let good = |target| Judged { target, verdict: Verdict::Reviewed, remark: String::new() };
    let judged: Vec<_> = papers.chain(attachments).map(good).collect();
    let version = office.judge_papers(&cast.manager, &number, dossier.case.version, &judged).await?;
    office.receive(&cast.manager, &number, version).await?;
    Ok(number)
}

/// A case in 服務中.
async fn in_service(
    app: &App,
    cast: &Cast,
    at: u8,
    problem: &str,
    staff: &[&Actor],
) -> Result<String, Trouble> {
    let number = received(app, cast, at, problem, &["心理師"]).await?;
    let version = app.office.dossier(&cast.supervisor, &number).await?.case.version;
    let people: Vec<_> = staff.iter().map(|one| one.id.clone()).collect();
    app.office.dispatch(&cast.supervisor, &number, version, &people, "").await?;
    Ok(number)
}

/// A service record of some days ago.
async fn session(
    app: &App,
    who: &Actor,
    number: &str,
    days: i64,
    kind: &str,
    summary: &str,
) -> Result<(), Trouble> {
    let day = app.office.today().checked_sub(days.days())?.to_string();
    let answers = typed(&[
        ("held_on", &day),
        ("kind", kind),
        ("minutes", "50"),
        ("participants", "學生、輔導老師"),
        ("summary", summary),
    ]);
    app.office.add_record(who, number, &app.office.world.new_id(), &answers).await?;
    Ok(())
}

async fn propose(app: &App, who: &Actor, number: &str) -> Result<(), Trouble> {
    let version = app.office.dossier(who, number).await?.case.version;
    let summary = "主訴已改善，情緒穩定、出席正常；建議學校輔導室持續關懷，必要時再轉介。";
    let reason = Some(ClosingReason::Improved);
    Ok(app.office.propose_closing(who, number, version, reason, "", summary).await?)
}
