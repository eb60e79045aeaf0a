//! What a file may be, and what becomes of files that mean harm: the server goes on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use casebind::intake::{FileKind, Judge, JudgeFailure, Judgement, Limits, Purpose, Reason, Request};

use super::{NEWEST, SIGNED, exe, scan};
use crate::scans::bad;
use crate::support::paper;
use crate::support::soon::soon;

fn small() -> Vec<u8> {
    NEWEST.printed.pdf.clone()
}

async fn judge_as(bytes: &[u8], purpose: Purpose, limits: Limits) -> Judgement {
    let request = Request { bytes, purpose, expected: &[], key: None, by_hand: None };
    Judge::new(exe(), limits).judge(request).await.expect("the child runs")
}

async fn code(bytes: &[u8], purpose: Purpose) -> String {
    let judgement = judge_as(bytes, purpose, Limits::default()).await;
    judgement.refusals.first().map_or_else(|| "accepted".into(), |r| r.code.clone())
}

#[tokio::test]
async fn files_that_act_or_carry_others_are_refused_for_every_purpose() {
    let good = small();
    for (name, bytes, wanted) in [
        ("script", bad::script(&good), "active-content"),
        ("launch", bad::launch(&good), "active-content"),
        ("xfa", bad::xfa(&good), "active-content"),
        ("page action", bad::page_action(&good), "active-content"),
        ("attached file", bad::attached_file(&good), "embedded-files"),
        ("paper clip", bad::paper_clip(&good), "embedded-files"),
        ("encrypted", bad::encrypted(&good), "encrypted"),
        ("cut off", bad::cut_off(&SIGNED), "damaged"),
        ("cut tail", bad::cut_tail(&good), "damaged"),
        ("many pages", bad::many_pages(61), "too-many-pages"),
        ("no pages", bad::many_pages(0), "damaged"),
        ("wide page", bad::page_of_size(20_000.0, 800.0), "page-size"),
        ("thin page", bad::page_of_size(595.0, 3.0), "page-size"),
        ("huge image", bad::huge_image(), "image-too-large"),
        ("bomb", bad::bomb(), "image-too-large"),
    ] {
        assert_eq!(code(&bytes, Purpose::Attachment).await, wanted, "{name} as an attachment");
        assert_eq!(code(&bytes, Purpose::SignedForm).await, wanted, "{name} as a form");
    }
    assert_eq!(code(&bad::harmless_actions(&good), Purpose::Attachment).await, "accepted");
    assert_eq!(code(&bad::harmless_actions(&good), Purpose::SignedForm).await, "accepted");
}

#[tokio::test]
async fn kinds_are_told_by_content() {
    let mut png = Vec::new();
    image::GrayImage::new(40, 30)
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .expect("encodes");
    assert_eq!(code(&png, Purpose::Attachment).await, "accepted");
    assert_eq!(code(&png, Purpose::SignedForm).await, "not-a-pdf");
    assert_eq!(code(&png[..png.len() - 20], Purpose::Attachment).await, "damaged");
    assert_eq!(code(bad::TEXT, Purpose::SignedForm).await, "not-a-pdf");
    assert_eq!(code(bad::HTML, Purpose::SignedForm).await, "not-a-pdf");
    assert_eq!(code(bad::HTML, Purpose::Attachment).await, "wrong-kind");
    assert_eq!(code(b"", Purpose::Attachment).await, "empty-file");
    let judgement = judge_as(&png, Purpose::Attachment, Limits::default()).await;
    assert_eq!((judgement.kind, judgement.page_count), (Ok(FileKind::Png), 1));
}

#[tokio::test]
async fn limits_come_from_the_caller() {
    let limits = Limits { max_bytes: 1000, ..Limits::default() };
    assert_eq!(judge_as(&SIGNED, Purpose::SignedForm, limits).await.refusals[0].code, "too-big");
    let limits = Limits { max_pages: 1, ..Limits::default() };
    assert_eq!(judge_as(&SIGNED, Purpose::SignedForm, limits).await.refusals[0].code, "too-many-pages");
    let limits = Limits { max_image_pixels: 100_000, ..Limits::default() };
    assert_eq!(judge_as(&SIGNED, Purpose::SignedForm, limits).await.refusals[0].code, "image-too-large");
    let limits = Limits { max_report_bytes: 1000, ..Limits::default() };
    assert_eq!(judge_as(&SIGNED, Purpose::SignedForm, limits).await.refusals[0].code, "crashed");
}

#[tokio::test]
async fn a_child_that_hangs_dies_or_eats_memory_ends_in_a_refusal() {
    let endless = paper::with_endless_page(&SIGNED, 1);
    let ages = Duration::from_secs(300);
    // It is still reading when its time is over.
    let slow = Limits { wall_time: Duration::from_secs(2), page_time: ages, ..Limits::default() };
    assert_eq!(judge_as(&endless, Purpose::SignedForm, slow).await.refusals[0].code, "time-limit");
    // It has all the time in the world and none of the processor's: the system ends it.
    let busy = Limits { cpu_seconds: 1, wall_time: ages, page_time: ages, ..Limits::default() };
    let began = Instant::now();
    assert_eq!(judge_as(&endless, Purpose::SignedForm, busy).await.refusals[0].code, "time-limit");
    assert!(began.elapsed() < ages, "its processor time wasn't limited");
    // A picture that may be as large as it is, but not in memory that is enough for an ordinary scan.
    let heavy = bad::heavy_image();
    let tight = Limits { max_memory: 96 * 1024 * 1024, ..Limits::default() };
    assert_eq!(judge_as(&heavy, Purpose::SignedForm, tight.clone()).await.refusals[0].code, "memory-limit");
    assert!(judge_as(&SIGNED, Purpose::SignedForm, tight).await.accepted());
    let roomy = Limits { wall_time: ages, page_time: ages, ..Limits::default() };
    assert_eq!(judge_as(&heavy, Purpose::SignedForm, roomy).await.refusals[0].code, "no-code");
    let request =
        || Request { bytes: &SIGNED, purpose: Purpose::SignedForm, expected: &[], key: None, by_hand: None };
    let dying = Judge::new(PathBuf::from("/bin/false"), Limits::default());
    assert_eq!(dying.judge(request()).await.expect("it ran").refusals[0].code, "crashed");
    let absent = Judge::new(PathBuf::from("/nowhere/casebind"), Limits::default());
    assert!(matches!(absent.judge(request()).await, Err(JudgeFailure::Spawn(_))));
    // And the next file is judged as ever.
    let all: Vec<_> = NEWEST.sheets.iter().collect();
    assert!(judge_as(&scan(&all), Purpose::SignedForm, Limits::default()).await.accepted());
}

#[tokio::test]
async fn a_child_has_no_more_of_the_machine_than_it_needs_before_it_reads_a_byte() {
    const MEMORY: u64 = 512 * 1024 * 1024;
    let mut child = std::process::Command::new(exe())
        .args(["judge-child", "--memory", &MEMORY.to_string(), "--cpu", "7"])
        .env_clear()
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let limits = format!("/proc/{}/limits", child.id());
    // What it may have, and what it may raise that to.
    let most = |name: &str| {
        let limits = std::fs::read_to_string(&limits).expect("it waits for its input");
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel's list");
        line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = (MEMORY + (1 << 30)).to_string();
    soon("the child limits itself", async || most("Max address space") == [whole.as_str(); 2]).await;
    assert_eq!(most("Max data size"), [MEMORY.to_string(), MEMORY.to_string()]);
    assert_eq!(most("Max cpu time"), ["7", "8"]);
    assert_eq!(most("Max open files"), ["3", "3"], "it opens nothing");
    assert_eq!(most("Max file size"), ["0", "0"], "it writes nothing");
    assert_eq!(most("Max core file size"), ["0", "0"], "and nothing of a file is left where it falls");
    drop(child.stdin.take());
    assert!(!child.wait().expect("ends").success(), "nothing was asked");
}

#[tokio::test]
async fn a_page_that_takes_for_ever_is_named_and_other_files_are_read() {
    let limits = Limits { page_time: Duration::from_secs(6), ..Limits::default() };
    let judge = Judge::new(exe(), limits);
    let endless = paper::with_endless_page(&SIGNED, 1);
    let request =
        |bytes| Request { bytes, purpose: Purpose::SignedForm, expected: &[], key: None, by_hand: None };
    let (named, other) = tokio::join!(judge.judge(request(&endless)), judge.judge(request(&SIGNED)));
    let named = named.expect("it ran");
    assert_eq!(named.reasons, [Reason::PageTimeLimit { page: 2 }]);
    assert_eq!(named.refusals[0].code, "page-time-limit");
    let words = &named.refusals[0].words;
    assert!(words.contains("第 2 頁") && words.contains("沒有任何變動"), "{words}");
    assert_eq!(named.page_count, 3, "the file itself was opened");
    assert!(other.expect("it ran").accepted());
}

#[tokio::test]
async fn files_that_take_for_ever_keep_nobody_waiting_for_long() {
    let judge = Judge::new(exe(), Limits::default());
    let endless = paper::with_endless_page(&SIGNED, 0);
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (judge, endless) = (judge.clone(), endless.clone());
        hanging.spawn(async move {
            let purpose = Purpose::SignedForm;
            let request = Request { bytes: &endless, purpose, expected: &[], key: None, by_hand: None };
            judge.judge(request).await.map(|judgement| judgement.refusals.len())
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let all: Vec<_> = NEWEST.sheets.iter().collect();
    let good = scan(&all);
    let began = Instant::now();
    let request =
        Request { bytes: &good, purpose: Purpose::SignedForm, expected: &[], key: None, by_hand: None };
    let judgement = judge.judge(request).await.expect("it ran");
    let waited = began.elapsed();
    assert!(judgement.accepted() && judgement.complete, "{:?}", judgement.reasons);
    assert!(waited < Duration::from_secs(40), "{waited:?}: less than one file's longest time");
    hanging.shutdown().await;
}

#[tokio::test]
async fn broken_bytes_anywhere_never_break_the_judge() {
    let mut dice = crate::scans::Dice::new(12);
    let good = small();
    for _ in 0..12 {
        let mut bytes = good.clone();
        for _ in 0..(1 + dice.bits() % 40) {
            let at = (dice.bits() % bytes.len() as u64) as usize;
            bytes[at] = dice.bits() as u8;
        }
        let judgement = judge_as(&bytes, Purpose::SignedForm, Limits::default()).await;
        assert!(judgement.accepted() || !judgement.refusals[0].words.is_empty());
        assert!(judgement.reasons.iter().all(|r| r.code() != "crashed"), "{:?}", judgement.reasons);
    }
}
