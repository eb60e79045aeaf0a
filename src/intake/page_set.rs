//! The set of pages against the prints of a case: whose each page is, and whether the form is whole.
//!
//! Pure: what was read, the prints and the key come in; identities and reasons go out. Only here do
//! codes become trusted, by their MAC.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::case::ids::{CaseReference, Revision};
use crate::forms::code::{CodeKey, PageCode, UnverifiedCode};
use crate::paper::Obstacle;

/// Whether a code is genuine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MacState {
    /// Made with the key.
    Valid,
    /// Not made with the key.
    Invalid,
    /// There was no key to check with, or no code to check.
    Unchecked,
}

/// How a page was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By its printed code.
    Code,
    /// By the short code that a person typed: to be checked by hand.
    ShortCode,
    /// Not at all.
    None,
}

/// Whose a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A page of the newest print of the case (or, without prints, of the file's one form).
    Ours,
    /// A page of an older or unknown print of the case.
    OtherRevision,
    /// A page of another case.
    OtherCase,
    /// A code that isn't genuine, or codes that contradict each other.
    Untrusted,
    /// No code.
    Unidentified,
    /// An empty back.
    Blank,
}

/// A page as identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the page is, where that is trusted.
    pub code: Option<PageCode>,
    /// Whether its code is genuine.
    pub mac: MacState,
    /// How it was identified.
    pub how: How,
    /// Whose it is.
    pub standing: Standing,
}

/// A page as read.
#[derive(Clone, Debug)]
pub struct ReadPage {
    /// The texts of its codes.
    pub codes: Vec<String>,
    /// Whether it is empty.
    pub blank: bool,
    /// The page of the form that a page without codes looks like.
    pub looks_like: Option<u8>,
    /// The page of the form that its boxes were judged against.
    pub taken_as: Option<u8>,
    /// Why no code may have been readable.
    pub obstacles: Vec<Obstacle>,
}

/// One print of the case, as far as the set of pages is concerned.
#[derive(Clone, Copy, Debug)]
pub struct KnownPrint {
    /// The case.
    pub reference: CaseReference,
    /// The print.
    pub revision: Revision,
    /// How many pages it has.
    pub pages: u8,
    /// Whether a signed form has to be this one.
    pub newest: bool,
}

/// What the pages are together.
#[derive(Clone, Debug)]
pub struct PageSet {
    /// In the order of the file.
    pub identities: Vec<Identity>,
    /// Why the file can't be bound, in the order of the pages.
    pub reasons: Vec<Reason>,
    /// Whether every page of the form is there.
    pub complete: bool,
    /// Whether a person has to check that the pages are what they were taken for.
    pub needs_manual: bool,
}

/// Judges the pages of a file. `prints` are all prints of the case that is asked about; without any,
/// the file is judged by itself. `by_hand` is the revision of a short code that a person typed.
#[must_use]
pub fn judge(
    pages: &[ReadPage],
    prints: &[KnownPrint],
    key: Option<&CodeKey>,
    by_hand: Option<Revision>,
) -> PageSet {
    let newest =
        prints.iter().find(|p| p.newest).or_else(|| prints.iter().max_by_key(|p| p.revision)).copied();
    let mut set = Gathering { read: pages, identities: Vec::new(), reasons: Vec::new(), needs_manual: false };
    for (at, page) in pages.iter().enumerate() {
        set.identify(number(at), page, prints, newest, key);
    }
    let form = match newest {
        Some(print) => Some((print.reference, print.revision, print.pages)),
        None => set.only_form(),
    };
    let complete = match form {
        Some((reference, revision, count)) => {
            set.complete(reference, revision, count, newest.is_some(), by_hand)
        }
        None => {
            set.report_unidentified(no_code);
            false
        }
    };
    if set.reasons.is_empty() && !complete {
        set.reasons.push(Reason::NoCode { page: 1, looks_like: None, obstacles: Vec::new() });
    }
    PageSet { identities: set.identities, reasons: set.reasons, complete, needs_manual: set.needs_manual }
}

/// The form's pages as they lie in a file, where that isn't their order. A hint and no more: each page is known by
/// its code.
pub fn out_of_order(pages: impl IntoIterator<Item = u8>) -> Option<Vec<u8>> {
    let order: Vec<u8> = pages.into_iter().collect();
    (!order.is_sorted()).then_some(order)
}

fn no_code(page: u32, read: &ReadPage) -> Reason {
    Reason::NoCode { page, looks_like: read.looks_like, obstacles: read.obstacles.clone() }
}

fn number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

/// What a page's codes say together, before whose it is.
pub(super) enum Said {
    Nothing,
    Forged,
    Contradiction,
    This(PageCode, MacState),
}

pub(super) fn said(codes: &[String], key: Option<&CodeKey>) -> Said {
    let read: Vec<UnverifiedCode> = codes.iter().filter_map(|text| PageCode::read(text)).collect();
    let (trusted, mac): (Vec<_>, _) = match key {
        Some(key) => (read.iter().filter(|code| code.verify(key)).collect(), MacState::Valid),
        None => (read.iter().collect(), MacState::Unchecked),
    };
    let Some(first) = trusted.first() else {
        return if read.is_empty() { Said::Nothing } else { Said::Forged };
    };
    let same = |code: &PageCode| {
        let first = &first.code;
        (code.reference, code.revision, code.page, code.pages)
            == (first.reference, first.revision, first.page, first.pages)
    };
    if trusted.iter().all(|code| same(&code.code)) {
        Said::This(first.code, mac)
    } else {
        Said::Contradiction
    }
}

struct Gathering<'r> {
    read: &'r [ReadPage],
    identities: Vec<Identity>,
    reasons: Vec<Reason>,
    needs_manual: bool,
}

impl Gathering<'_> {
    fn identify(
        &mut self,
        page: u32,
        read: &ReadPage,
        prints: &[KnownPrint],
        newest: Option<KnownPrint>,
        key: Option<&CodeKey>,
    ) {
        let none = |mac, standing| Identity { code: None, mac, how: How::None, standing };
        let identity = match said(&read.codes, key) {
            Said::Nothing if read.blank => none(MacState::Unchecked, Standing::Blank),
            Said::Nothing => none(MacState::Unchecked, Standing::Unidentified),
            Said::Forged => {
                self.reasons.push(Reason::ForgedCode { page });
                none(MacState::Invalid, Standing::Untrusted)
            }
            Said::Contradiction => {
                self.reasons.push(Reason::MixedCodes { page });
                none(MacState::Unchecked, Standing::Untrusted)
            }
            Said::This(code, mac) => {
                let standing = self.standing(page, &code, prints, newest);
                Identity { code: Some(code), mac, how: How::Code, standing }
            }
        };
        self.identities.push(identity);
    }

    fn standing(
        &mut self,
        page: u32,
        code: &PageCode,
        prints: &[KnownPrint],
        newest: Option<KnownPrint>,
    ) -> Standing {
        let Some(newest) = newest else { return Standing::Ours };
        let revision = code.revision.get();
        if prints.iter().all(|print| print.reference != code.reference) {
            self.reasons.push(Reason::OtherCase { page });
            return Standing::OtherCase;
        }
        if code.revision == newest.revision && code.pages == newest.pages {
            return Standing::Ours;
        }
        self.reasons.push(if code.revision < newest.revision {
            Reason::StaleRevision { page, revision, newest: newest.revision.get() }
        } else {
            Reason::UnknownRevision { page, revision }
        });
        Standing::OtherRevision
    }

    /// Without prints: the one form that the file's pages belong to.
    fn only_form(&mut self) -> Option<(CaseReference, Revision, u8)> {
        let codes: Vec<PageCode> = self.identities.iter().filter_map(|i| i.code).collect();
        let first = codes.first()?;
        if codes.iter().any(|code| code.reference != first.reference) {
            self.reasons.push(Reason::MixedCases);
            return None;
        }
        if codes.iter().any(|code| (code.revision, code.pages) != (first.revision, first.pages)) {
            self.reasons.push(Reason::MixedRevisions);
            return None;
        }
        Some((first.reference, first.revision, first.pages))
    }

    /// Whether pages 1 to `count` are all there; says what is missing, double or foreign.
    fn complete(
        &mut self,
        reference: CaseReference,
        revision: Revision,
        count: u8,
        asked: bool,
        by_hand: Option<Revision>,
    ) -> bool {
        let mut missing: Vec<u8> = (1..=count).filter(|&page| self.times(page) == 0).collect();
        if let Some(typed) = by_hand {
            self.take_by_hand(reference, typed, revision, count, &mut missing);
        }
        for page in (1..=count).filter(|&page| self.times(page) > 1).collect::<Vec<_>>() {
            self.reasons.push(Reason::PageTwice { page });
        }
        let unidentified = self.identities.iter().filter(|i| i.standing == Standing::Unidentified).count();
        if missing.is_empty() {
            self.report_unidentified(|page, _| Reason::ForeignPage { page });
            return true;
        }
        self.report_unidentified(no_code);
        let any_ours = self.identities.iter().any(|i| i.standing == Standing::Ours);
        // Pages without a code may be the missing ones, and an older page stands in its successor's place.
        if unidentified < missing.len() && (any_ours || !asked) {
            let replaced: Vec<u8> = self
                .identities
                .iter()
                .filter(|i| i.standing == Standing::OtherRevision)
                .filter_map(|i| i.code.map(|c| c.page))
                .collect();
            for page in missing.into_iter().filter(|page| !replaced.contains(page)) {
                self.reasons.push(Reason::PageMissing { page, pages: count });
            }
        }
        false
    }

    fn times(&self, page: u8) -> usize {
        let is = |i: &&Identity| i.standing == Standing::Ours && i.code.is_some_and(|c| c.page == page);
        self.identities.iter().filter(is).count()
    }

    /// Takes pages without a code as the missing ones: as what each was compared with, else in order. Those that
    /// seem blank come last: one may be print too pale to be seen.
    fn take_by_hand(
        &mut self,
        reference: CaseReference,
        typed: Revision,
        revision: Revision,
        pages: u8,
        missing: &mut Vec<u8>,
    ) {
        let of = |wanted| {
            let places = self.identities.iter().enumerate().filter(move |(_, i)| i.standing == wanted);
            places.map(|(at, _)| at)
        };
        for at in of(Standing::Unidentified).chain(of(Standing::Blank)).collect::<Vec<_>>() {
            let identity = &mut self.identities[at];
            if typed != revision {
                if identity.standing == Standing::Blank {
                    continue;
                }
                let (page, newest, revision) = (number(at), revision.get(), typed.get());
                self.reasons.push(Reason::StaleRevision { page, revision, newest });
                identity.standing = Standing::OtherRevision;
                continue;
            }
            if missing.is_empty() {
                break;
            }
            let compared = self.read[at].taken_as;
            let place = missing.iter().position(|&page| Some(page) == compared).unwrap_or(0);
            let page = missing.remove(place);
            let corner = crate::forms::code::Corner::TopLeft;
            identity.code = Some(PageCode { reference, revision, page, pages, corner });
            (identity.how, identity.standing) = (How::ShortCode, Standing::Ours);
            self.needs_manual = true;
        }
    }

    fn report_unidentified(&mut self, reason: impl Fn(u32, &ReadPage) -> Reason) {
        let pages = self.identities.iter().zip(self.read).enumerate();
        let unidentified = pages.filter(|(_, (i, _))| i.standing == Standing::Unidentified);
        let reasons: Vec<Reason> = unidentified.map(|(at, (_, read))| reason(number(at), read)).collect();
        self.reasons.extend(reasons);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::code::Corner;

    fn key() -> CodeKey {
        CodeKey::from_bytes([3; 32])
    }

    fn revision(n: i64) -> Revision {
        Revision::try_from(n).expect("in range")
    }

    fn page(case: u8, rev: i64, page: u8) -> ReadPage {
        let code = |corner| PageCode {
            reference: CaseReference::from_bytes([case; 5]),
            revision: revision(rev),
            page,
            pages: 2,
            corner,
        };
        let codes = [Corner::TopLeft, Corner::BottomRight].map(|corner| code(corner).digits(&key())).into();
        ReadPage { codes, ..nothing(false) }
    }

    fn nothing(blank: bool) -> ReadPage {
        ReadPage { codes: Vec::new(), blank, looks_like: None, taken_as: None, obstacles: Vec::new() }
    }

    fn prints() -> Vec<KnownPrint> {
        [1, 2]
            .map(|n| KnownPrint {
                reference: CaseReference::from_bytes([1; 5]),
                revision: revision(n),
                pages: 2,
                newest: n == 2,
            })
            .into()
    }

    fn codes(pages: &[ReadPage]) -> (Vec<String>, bool) {
        let set = judge(pages, &prints(), Some(&key()), None);
        let told = set.reasons.iter().map(|r| match r {
            Reason::PageMissing { page, .. } | Reason::PageTwice { page } => format!("{} {page}", r.code()),
            Reason::NoCode { page, .. } | Reason::ForeignPage { page } | Reason::OtherCase { page } => {
                format!("{} {page}", r.code())
            }
            _ => r.code().to_owned(),
        });
        (told.collect(), set.complete)
    }

    #[test]
    fn a_whole_form_in_any_order_with_blank_backs_is_complete() {
        assert_eq!(codes(&[page(1, 2, 1), page(1, 2, 2)]), (vec![], true));
        assert_eq!(codes(&[page(1, 2, 2), nothing(true), page(1, 2, 1), nothing(true)]), (vec![], true));
    }

    #[test]
    fn an_order_that_isn_t_the_form_s_is_told() {
        assert_eq!(out_of_order([1, 2, 3]), None);
        assert_eq!(out_of_order([]), None);
        assert_eq!(out_of_order([1, 3, 2]), Some(vec![1, 3, 2]));
    }

    #[test]
    fn missing_double_and_foreign_pages_are_named() {
        assert_eq!(codes(&[page(1, 2, 2)]), (vec!["page-missing 1".into()], false));
        assert_eq!(
            codes(&[page(1, 2, 1), page(1, 2, 1)]),
            (vec!["page-twice 1".into(), "page-missing 2".into()], false)
        );
        assert_eq!(
            codes(&[page(1, 2, 1), page(1, 2, 2), page(1, 2, 2)]),
            (vec!["page-twice 2".into()], true)
        );
        assert_eq!(
            codes(&[page(1, 2, 1), page(1, 2, 2), nothing(false)]),
            (vec!["foreign-page 3".into()], true)
        );
    }

    #[test]
    fn pages_without_a_code_may_be_the_missing_ones() {
        assert_eq!(codes(&[page(1, 2, 1), nothing(false)]), (vec!["no-code 2".into()], false));
        assert_eq!(
            codes(&[nothing(false), nothing(false)]),
            (vec!["no-code 1".into(), "no-code 2".into()], false)
        );
        assert_eq!(codes(&[nothing(true)]), (vec!["no-code 1".into()], false));
    }

    #[test]
    fn other_cases_and_older_prints_are_refused() {
        assert_eq!(
            codes(&[page(9, 2, 1), page(9, 2, 2)]),
            (vec!["other-case 1".into(), "other-case 2".into()], false)
        );
        assert_eq!(
            codes(&[page(1, 2, 1), page(9, 2, 2)]),
            (vec!["other-case 2".into(), "page-missing 2".into()], false)
        );
        assert_eq!(codes(&[page(1, 1, 1), page(1, 1, 2)]), (vec!["stale-revision".into(); 2], false));
        assert_eq!(codes(&[page(1, 2, 1), page(1, 1, 2)]), (vec!["stale-revision".into()], false));
        assert_eq!(codes(&[page(1, 3, 1), page(1, 3, 2)]), (vec!["unknown-revision".into(); 2], false));
    }

    #[test]
    fn a_code_of_another_key_is_forged_and_says_nothing() {
        let other = CodeKey::from_bytes([4; 32]);
        let set = judge(&[page(1, 2, 1), page(1, 2, 2)], &prints(), Some(&other), None);
        assert_eq!(set.reasons, [Reason::ForgedCode { page: 1 }, Reason::ForgedCode { page: 2 }]);
        assert!(set.identities.iter().all(|i| i.code.is_none() && i.mac == MacState::Invalid));
        assert!(!set.complete);
    }

    #[test]
    fn contradicting_codes_are_not_chosen_from() {
        let mut both = page(1, 2, 1);
        both.codes.extend(page(1, 2, 2).codes);
        assert_eq!(codes(&[both, page(1, 2, 2)]).0, ["mixed-codes", "page-missing 1"]);
    }

    #[test]
    fn without_prints_the_file_is_judged_by_itself() {
        let judge = |pages: &[ReadPage]| judge(pages, &[], None, None);
        assert!(judge(&[page(7, 4, 1), page(7, 4, 2)]).complete);
        assert_eq!(judge(&[page(7, 4, 1), page(7, 5, 2)]).reasons, [Reason::MixedRevisions]);
        assert_eq!(judge(&[page(7, 4, 1), page(8, 4, 2)]).reasons, [Reason::MixedCases]);
        assert_eq!(judge(&[page(7, 4, 2)]).reasons, [Reason::PageMissing { page: 1, pages: 2 }]);
        assert_eq!(judge(&[nothing(false)]).reasons, [no_code(1, &nothing(false))]);
        assert_eq!(judge(&[page(7, 4, 1), page(7, 4, 2)]).identities[0].mac, MacState::Unchecked);
    }

    #[test]
    fn a_typed_short_code_takes_pages_in_order_for_a_person_to_check() {
        let hand = |pages: &[ReadPage], n| judge(pages, &prints(), Some(&key()), Some(revision(n)));
        let set = hand(&[nothing(false), nothing(true), nothing(false)], 2);
        assert!(set.complete && set.needs_manual && set.reasons.is_empty());
        assert_eq!(set.identities[2].code.map(|c| c.page), Some(2));
        assert_eq!(set.identities[2].how, How::ShortCode);
        assert_eq!(set.identities[1].standing, Standing::Blank);
        let set = hand(&[page(1, 2, 2), nothing(false)], 2);
        assert!(set.complete && set.needs_manual);
        assert_eq!(set.identities[1].code.map(|c| c.page), Some(1));
        let set = hand(&[nothing(false), nothing(false)], 1);
        assert_eq!(set.reasons[0], Reason::StaleRevision { page: 1, revision: 1, newest: 2 });
        let set = hand(&[nothing(false), nothing(false), nothing(false)], 2);
        assert_eq!(set.reasons, [Reason::ForeignPage { page: 3 }]);
        let set = hand(&[page(1, 2, 1), page(1, 2, 2)], 2);
        assert!(set.complete && !set.needs_manual);
    }

    #[test]
    fn a_typed_short_code_takes_what_seems_blank_only_while_pages_are_missing() {
        let hand = |pages: &[ReadPage], n| judge(pages, &prints(), Some(&key()), Some(revision(n)));
        let standings = |set: &PageSet| set.identities.iter().map(|i| i.standing).collect::<Vec<_>>();
        let set = hand(&[page(1, 2, 1), nothing(true), nothing(true)], 2);
        assert!(set.complete && set.needs_manual && set.reasons.is_empty());
        assert_eq!(standings(&set), [Standing::Ours, Standing::Ours, Standing::Blank]);
        assert_eq!(set.identities[1].code.map(|c| c.page), Some(2));
        assert_eq!(set.identities[1].how, How::ShortCode);
        // What isn't blank comes first, wherever it lies.
        let set = hand(&[nothing(true), page(1, 2, 1), nothing(false)], 2);
        assert!(set.complete);
        assert_eq!(standings(&set), [Standing::Blank, Standing::Ours, Standing::Ours]);
        // Of another revision none is taken, and blank ones say nothing.
        let set = hand(&[page(1, 2, 1), nothing(true)], 1);
        assert!(!set.complete);
        assert_eq!(set.reasons, [Reason::PageMissing { page: 2, pages: 2 }]);
    }
}
