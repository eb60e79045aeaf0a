//! A store that is slow or fails: people are told so, nothing is there by halves, what was answered with success is
//! there, and once the store is well everything goes on, without a restart.

use std::time::Duration;

use casebind::archive::verify::{self, Named};
use casebind::case::ids::Digest;

use super::proxy::{Mood, Proxy};
use crate::support::browser::Chosen;
use crate::support::{Bucket, Case, Database, House, Page, paper, run};

/// A house whose originals lie behind a proxy.
async fn behind(house: House, name: &str) -> (House, Bucket, Proxy) {
    let bucket = Bucket::new(name);
    let proxy = Proxy::before(bucket.place.endpoint.as_deref().unwrap()).await;
    let mut place = bucket.by(&proxy.endpoint());
    place.timeout = Duration::from_secs(2);
    (house.in_bucket(&place).await, bucket, proxy)
}

async fn attach(case: &Case, file: &[u8]) -> Page {
    let file = Chosen::pdf("x.pdf", file);
    case.browser.upload(&case.path("/attachments"), &[("category", "other")], file).await
}

/// Insists that a page says that the store can't be reached, what stayed safe, and a number to name.
#[track_caller]
fn told(page: Page) {
    let text = page.expect(503).html();
    for words in ["連不上存放檔案的儲存服務", "案件與先前已上傳的檔案都沒有改變。", "錯誤編號"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

async fn is_ready(house: &House) -> bool {
    house.office().readiness().await.iter().find(|check| check.name == "originals").unwrap().well
}

#[test]
fn whatever_the_store_does_is_told_and_forgotten() {
    run(Database::Postgres, module_path!(), |house| async move {
        let (house, bucket, proxy) = behind(house, module_path!()).await;
        let case = Case::ready(&house.applicant().await).await;
        let mut expected = 2;
        for mood in [Mood::Away, Mood::Refusing, Mood::Deaf, Mood::Cutting(20)] {
            assert!(is_ready(&house).await, "{mood:?}");
            let before = house.record().await.rows;
            proxy.become_so(mood);
            let file = paper::letter(&format!("{mood:?}"));
            told(attach(&case, &file).await);
            told(case.post("/print", &[]).await);
            let attachment = case.dossier(&house).await.attachments[0].clone();
            let download = format!("/attachments/{}", attachment.id);
            told(case.get(&download).await);
            assert!(!is_ready(&house).await, "{mood:?}");
            assert_eq!(house.record().await.rows, before, "{mood:?}: nothing is there by halves");

            proxy.become_so(Mood::Well);
            attach(&case, &file).await.leads_to(&case.path("/attachments"));
            expected += 1;
            let back = case.get(&download).await.expect(200);
            assert_eq!(Digest::of(&back.body), attachment.digest);
        }
        case.post("/print", &[]).await.leads_to(&case.path("/prints/1/form.pdf"));
        assert_eq!(case.dossier(&house).await.attachments.len(), expected);
        all_is_there(&house, &bucket).await;
    });
}

#[test]
fn a_slow_store_is_waited_for() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let (house, bucket, proxy) = behind(house, module_path!()).await;
        proxy.become_so(Mood::Slow(Duration::from_millis(60)));
        let case = Case::ready(&house.applicant().await).await;
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        case.form(&house).await;
        all_is_there(&house, &bucket).await;
    });
}

#[test]
fn an_original_that_was_written_without_an_answer_is_relied_on_when_it_was_read_back() {
    run(Database::Postgres, module_path!(), |house| async move {
        let (house, bucket, proxy) = behind(house, module_path!()).await;
        let case = Case::opened(&house.applicant().await).await;
        proxy.become_so(Mood::Forgetful);
        let file = paper::letter("forgotten");
        told(attach(&case, &file).await);
        assert!(case.dossier(&house).await.attachments.is_empty(), "nobody was told that it is there");
        assert_eq!(bucket.names().await, [Digest::of(&file).to_string()], "it is an orphan");
        proxy.become_so(Mood::Well);
        attach(&case, &file).await.leads_to(&case.path("/attachments"));
        assert_eq!(bucket.names().await, [Digest::of(&file).to_string()]);
        all_is_there(&house, &bucket).await;
    });
}

#[test]
fn an_answer_that_is_cut_off_is_gone_on_with_or_told_and_never_sent_by_halves() {
    run(Database::Sqlite, module_path!(), |house| async move {
        let (house, bucket, proxy) = behind(house, module_path!()).await;
        let case = Case::ready(&house.applicant().await).await;
        case.print().await.leads_to(&case.path("/prints/1/form.pdf"));
        let print = case.newest(&house).await;
        let stored = bucket.stored(&print.digest).await.len() as u64;
        assert!(stored > 20_000, "{stored}");
        // A third of it comes at a time: what is there is gone on with.
        proxy.become_so(Mood::Cutting(stored / 3 + 1000));
        let whole = case.get("/prints/1/form.pdf").await.expect(200);
        assert_eq!(Digest::of(&whole.body), print.digest);
        // So little that it isn't worth while.
        proxy.become_so(Mood::Cutting(1000));
        let page = case.get("/prints/1/form.pdf").await;
        assert!(page.header("content-type").starts_with("text/html"));
        told(page);
        proxy.become_so(Mood::Well);
        all_is_there(&house, &bucket).await;
    });
}

/// Insists that every original that a row names is there and right.
async fn all_is_there(house: &House, bucket: &Bucket) {
    let names = bucket.names().await;
    for digest in house.texts("SELECT digest FROM documents").await {
        let bytes = house.number(&format!("SELECT bytes FROM documents WHERE digest = '{digest}'")).await;
        assert!(names.contains(&digest));
        let row =
            Named { digest: digest.parse().unwrap(), bytes: bytes as u64, row: digest.clone(), due: true };
        let one = verify::one(&house.office().originals, digest.parse().unwrap(), &[row]).await.unwrap();
        assert_eq!((one.findings, one.bytes), (vec![], Some(bytes as u64)), "{digest}");
    }
}
