//! From 送件 to 結案, step by step: what each of the people does, and what is refused.

mod answers;
mod away;
mod close;
mod closing_pages;
mod correct;
mod desk;
mod dispatch_pages;
mod ends;
mod flow;
mod late;
mod old_scans;
mod overtaken;
mod queue;
mod receipts;
mod receive;
mod record_pages;
mod secrets;
mod supplement;

use casebind::case::review::{Target, Verdict};
use casebind::case::validate::Typed;
use casebind::steps::StepError;
use casebind::steps::correct::Correction;
use casebind::steps::office::Origin;
use casebind::steps::review::Judged;

use crate::support::cases::{CONTENT, with};
use crate::support::{Case, House, Who};

/// The version of a case as a page would know it now.
pub async fn version(house: &House, case: &Case) -> i64 {
    case.dossier(house).await.case.version
}

/// The code of a refusal.
#[track_caller]
fn refusal<T: std::fmt::Debug>(outcome: Result<T, StepError>) -> &'static str {
    match outcome.expect_err("a refusal") {
        StepError::Refused(refused) => refused.why.code(),
        StepError::Conflict => "conflict",
        StepError::NotFound => "not-found",
        other => panic!("{other}"),
    }
}

/// 已核閱 on everything that is to be judged.
pub async fn find_everything_good(house: &House, case: &Case) {
    let dossier = case.dossier(house).await;
    let mut targets: Vec<Target> = dossier.form_items().into_iter().map(|item| item.target).collect();
    targets.extend(dossier.attachments.iter().map(|a| Target::Attachment(a.id.clone())));
    let judged: Vec<Judged> = targets
        .into_iter()
        .map(|target| Judged { target, verdict: Verdict::Reviewed, remark: String::new() })
        .collect();
    let office = house.office();
    office
        .judge_papers(&Who::Manager.actor(), &case.number, dossier.case.version, &judged)
        .await
        .expect("good");
}

/// In 收件.
pub async fn received(house: &House) -> Case {
    let browser = house.applicant().await;
    let case = Case::submitted(house, &browser).await;
    find_everything_good(house, &case).await;
    let at = version(house, &case).await;
    house.office().receive(&Who::Manager.actor(), &case.number, at).await.expect("received");
    case
}

/// Corrects the phone number of a case in 送件 or 收件, such that its form must be signed again.
pub async fn correct_to_seal(house: &House, case: &Case) {
    let typed = with(&CONTENT, &[("phone", "07-7654321")]);
    let content: Typed = typed.into_iter().map(|(id, text)| (id.to_owned(), vec![text.to_owned()])).collect();
    let correction = Correction {
        content: Some(&content),
        subject: None,
        reason: "學校來電更正",
        seal_anew: true,
        confirmed: false,
        origin: &Origin::default(),
    };
    let at = version(house, case).await;
    house.office().correct(&Who::Manager.actor(), &case.number, at, correction).await.expect("corrected");
}

/// In 服務中, served by the psychologist.
pub async fn in_service(house: &House) -> Case {
    let case = received(house).await;
    let at = version(house, &case).await;
    let people = [Who::Professional.login()];
    house
        .office()
        .dispatch(&Who::Supervisor.actor(), &case.number, at, &people, "")
        .await
        .expect("dispatched");
    case
}
