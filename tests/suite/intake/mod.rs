//! Files as they are handed in: judged in the child process, refused in words, or accepted.

mod inspect;
mod stacks;
mod structure;

use std::path::PathBuf;
use std::sync::LazyLock;

use casebind::case::ids::Revision;
use casebind::intake::{ExpectedPrint, How, Judge, Judgement, Limits, MacState, Purpose, Request};
use casebind::paper::Verdict;

use crate::scans::form::Recipe;
use crate::scans::{Look, Mark, PrintedForm, Scanner, Sheet};

/// The program under test.
pub fn exe() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_casebind"))
}

/// A printed form with its sheets.
pub struct Paper {
    pub recipe: Recipe,
    pub printed: PrintedForm,
    pub sheets: Vec<Sheet>,
}

impl Paper {
    fn of(recipe: Recipe) -> Self {
        let printed = recipe.print();
        let sheets = Sheet::print(&printed);
        Self { recipe, printed, sheets }
    }

    fn expected(&self, newest: bool) -> ExpectedPrint {
        ExpectedPrint {
            reference: self.recipe.reference(),
            revision: Revision::try_from(self.recipe.revision).expect("a revision"),
            pages: self.recipe.pages,
            newest,
            form: newest.then(|| (self.printed.pdf.clone(), self.printed.layout.clone())),
            texts: Vec::new(),
        }
    }
}

/// Revision 2 of the case, unsigned.
pub static NEWEST: LazyLock<Paper> = LazyLock::new(|| Paper::of(Recipe::new("the case").revision(2)));
static OLDER: LazyLock<Paper> = LazyLock::new(|| Paper::of(Recipe::new("the case").revision(1)));
static OTHER: LazyLock<Paper> = LazyLock::new(|| Paper::of(Recipe::new("another case").revision(2)));

/// A clean scan of these sheets.
pub fn scan(sheets: &[&Sheet]) -> Vec<u8> {
    Scanner::new(150.0).scan(sheets, Look::CLEAN)
}

/// Revision 2 with all boxes sealed.
pub static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut last = NEWEST.sheets[1].clone();
    last.sign(Mark::RedSquare, 1);
    scan(&[&NEWEST.sheets[0], &last])
});

async fn judge(bytes: &[u8], by_hand: Option<i64>) -> Judgement {
    let expected = [OLDER.expected(false), NEWEST.expected(true)];
    let request = Request {
        bytes,
        purpose: Purpose::SignedForm,
        expected: &expected,
        key: Some(&NEWEST.recipe.key),
        by_hand: by_hand.map(|n| Revision::try_from(n).expect("a revision")),
    };
    Judge::new(exe(), Limits::default()).judge(request).await.expect("the child runs")
}

fn codes(judgement: &Judgement) -> Vec<&str> {
    judgement.refusals.iter().map(|r| r.code.as_str()).collect()
}

#[tokio::test]
async fn a_signed_form_is_accepted_with_its_marks() {
    let judgement = judge(&SIGNED, None).await;
    assert!(judgement.accepted() && judgement.complete && !judgement.needs_manual, "{:?}", judgement.reasons);
    assert_eq!(judgement.pages.len(), 2);
    for (page, at) in judgement.pages.iter().zip(1..) {
        assert_eq!(
            (page.page, page.pages, page.mac, page.how),
            (Some(at), Some(2), MacState::Valid, How::Code)
        );
        assert!(page.ours && image::load_from_memory(&page.thumbnail).is_ok());
    }
    let seen: Vec<_> = judgement.boxes().map(|b| (b.id.as_str(), b.label.as_str(), b.verdict)).collect();
    assert_eq!(
        seen,
        [
            ("handler", "承辦人", Verdict::Marked),
            ("director", "輔導主任", Verdict::Marked),
            ("principal", "校長", Verdict::Marked)
        ]
    );
    assert!(!judgement.all_boxes_empty());
}

#[tokio::test]
async fn an_unsigned_form_is_accepted_and_says_that_all_boxes_are_empty() {
    let all: Vec<&Sheet> = NEWEST.sheets.iter().collect();
    let judgement = judge(&scan(&all), None).await;
    assert!(judgement.accepted() && judgement.all_boxes_empty());
    let black_and_white = Scanner::new(200.0).colours(crate::scans::Colours::Bilevel).scan(&all, Look::CLEAN);
    assert!(judge(&black_and_white, None).await.all_boxes_empty());
}

#[tokio::test]
async fn pages_may_come_in_any_order_turned_with_blank_backs() {
    let blank = Sheet::blank();
    let sheets = [&NEWEST.sheets[1], &blank, &NEWEST.sheets[0], &blank];
    let looks = [Look::turned(180), Look::CLEAN, Look::turned(90), Look::CLEAN];
    let judgement = judge(&Scanner::new(150.0).scan_each(&sheets, &looks), None).await;
    assert!(judgement.accepted(), "{:?}", judgement.reasons);
    assert_eq!(judgement.pages.iter().map(|p| p.turn).collect::<Vec<_>>(), [180, 0, 90, 0]);
    assert_eq!(judgement.pages.iter().map(|p| p.blank).collect::<Vec<_>>(), [false, true, false, true]);
}

#[tokio::test]
async fn wrong_sets_of_pages_are_refused_and_change_nothing() {
    let (ours, older, other) = (&NEWEST.sheets, &OLDER.sheets, &OTHER.sheets);
    let foreign = Sheet::foreign(8);
    for (sheets, wanted) in [
        (vec![&ours[0]], vec!["page-missing"]),
        (vec![&ours[0], &ours[1], &ours[1]], vec!["page-twice"]),
        (vec![&older[0], &older[1]], vec!["stale-revision", "stale-revision"]),
        (vec![&ours[0], &older[1]], vec!["stale-revision"]),
        (vec![&other[0], &other[1]], vec!["other-case", "other-case"]),
        (vec![&ours[0], &ours[1], &foreign], vec!["foreign-page"]),
    ] {
        let judgement = judge(&scan(&sheets), None).await;
        assert_eq!(codes(&judgement), wanted);
        assert!(judgement.refusals.iter().all(|r| r.words.contains("沒有任何變動")));
        // Another case's reference must not be told: neither in words nor with its boxes.
        let name = OTHER.recipe.reference().to_string();
        assert!(judgement.refusals.iter().all(|r| !r.words.contains(&name) && !r.message.contains(&name)));
        assert!(judgement.pages.iter().all(|p| p.ours || p.boxes.is_empty()));
    }
}

#[tokio::test]
async fn a_form_of_another_installation_is_forged() {
    let mut recipe = Recipe::new("the case").revision(2);
    recipe.key = casebind::forms::code::CodeKey::from_bytes([99; 32]);
    let forged = Paper::of(recipe);
    let judgement = judge(&scan(&forged.sheets.iter().collect::<Vec<_>>()), None).await;
    assert_eq!(codes(&judgement), ["forged-code", "forged-code"]);
    assert!(
        judgement.pages.iter().all(|p| p.mac == MacState::Invalid && p.case.is_none() && p.boxes.is_empty())
    );
}

#[tokio::test]
async fn a_forged_code_beside_genuine_ones_is_refused_whatever_it_claims() {
    let forged = |case, revision| {
        let mut recipe = Recipe::new(case).revision(revision);
        recipe.key = casebind::forms::code::CodeKey::from_bytes([99; 32]);
        Paper::of(recipe).sheets
    };
    let (same, later, other) = (forged("the case", 2), forged("the case", 5), forged("another case", 2));
    // Page, the sheet that codes are cut out of, and which ones.
    let pasted: [(usize, &Sheet, &[usize]); 4] =
        [(0, &same[0], &[1, 2, 3]), (0, &later[0], &[3]), (1, &other[1], &[1, 2]), (1, &same[0], &[0])];
    for (page, from, places) in pasted {
        let mut sheets = NEWEST.sheets.clone();
        sheets[page].paste_codes(from, places);
        let judgement = judge(&scan(&sheets.iter().collect::<Vec<_>>()), None).await;
        assert_eq!(codes(&judgement)[0], "mixed-codes", "page {page}, codes {places:?}");
        let read = &judgement.pages[page];
        assert_eq!((read.mac, read.page, read.case), (MacState::Invalid, None, None));
        assert!(!judgement.complete && !read.ours && read.boxes.is_empty());
        assert!(judgement.refusals[0].words.contains("互相矛盾"), "{}", judgement.refusals[0].words);
    }
}

#[tokio::test]
async fn boxes_of_a_page_that_was_taken_for_another_are_unsure_and_never_none() {
    let mut double = NEWEST.sheets[0].clone();
    double.cover_codes();
    // By hand it is taken for page 2, which is missing; it looks like page 1, where no boxes are.
    let judgement = judge(&scan(&[&NEWEST.sheets[0], &double]), Some(2)).await;
    assert!(judgement.accepted() && judgement.complete && judgement.needs_manual, "{:?}", judgement.reasons);
    let seen: Vec<_> = judgement.boxes().map(|b| (b.id.as_str(), b.verdict, b.crop.is_empty())).collect();
    let unsure = |id| (id, Verdict::Unsure, true);
    assert_eq!(seen, [unsure("handler"), unsure("director"), unsure("principal")]);
    assert!(!judgement.all_boxes_empty());
}

#[tokio::test]
async fn pages_without_codes_need_the_short_code_and_a_person() {
    let mut sheets = NEWEST.sheets.clone();
    sheets[1].sign(Mark::BluePen, 6);
    for sheet in &mut sheets {
        sheet.cover_codes();
    }
    let pdf = scan(&sheets.iter().collect::<Vec<_>>());
    let judgement = judge(&pdf, None).await;
    assert_eq!(codes(&judgement), ["no-code", "no-code"]);
    let judgement = judge(&pdf, Some(2)).await;
    assert!(judgement.accepted() && judgement.complete && judgement.needs_manual, "{:?}", judgement.reasons);
    assert!(judgement.pages.iter().all(|p| p.how == How::ShortCode && p.mac == MacState::Unchecked));
    assert_eq!(judgement.boxes().map(|b| b.verdict).collect::<Vec<_>>(), [Verdict::Marked; 3]);
    assert_eq!(codes(&judge(&pdf, Some(1)).await), ["stale-revision", "stale-revision"]);
}
