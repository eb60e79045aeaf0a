//! Every name prints: rare, private, foreign, long; and where the font is lacking, it is said which.

use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::forms::{PrintError, Printer};

use super::{SERVICES, ask, embedded_fonts, pdf_a, print, print_by, put, sample, squeezed, text};

/// Extension B, its last planes, the three outside of Big5, a character that only 全字庫 knows, Latin.
const NAMES: [&str; 9] = [
    "𠮷野家明",
    "游𤧟",
    "王堃",
    "陳詠喆",
    "犇犇牛",
    "林\u{f0000}明",
    "Siobhán O’Brien-Łukasz",
    "Anne-Marie D’Arcy",
    "Nguyễn Thị Ánh-Tuyết",
];

#[test]
fn every_name_prints_in_every_field_that_holds_one() {
    for service in SERVICES {
        let mut record = sample(service);
        let mut wanted = Vec::new();
        let names = ["/applicant/name", "/school/name", "/subject/name", "/subject/roman", "/subject/parent"];
        let more = ["/subject/counsellor", "/subject/tutor", "/content/chair", "/content/client_name"];
        for (at, path) in names.iter().chain(&more).enumerate() {
            if record.pointer(path).is_some() {
                put(&mut record, path, NAMES[at]);
                wanted.push(NAMES[at].to_owned());
            }
        }
        put(&mut record, "/content/problem", &NAMES.join("\n"));
        put(&mut record, "/content/note", &"堃𠮷\u{f0000}喆犇".repeat(10));
        wanted.extend(NAMES.map(str::to_owned));
        wanted.push("堃𠮷\u{f0000}喆犇".repeat(10));
        let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
        let text = text(&printed.pdf);
        for name in &wanted {
            assert!(text.contains(&squeezed(name)), "{service}: {name} is not in {text}");
        }
        let fonts = embedded_fonts(&printed.pdf);
        for font in ["CasebindKai", "TW-Kai-Ext-B-98_1", "TW-Kai-Plus-98_1"] {
            assert_eq!(
                fonts.iter().filter(|name| *name == font).count(),
                1,
                "{service}: {font} in {fonts:?}"
            );
        }
    }
}

#[test]
fn the_fonts_are_asked_in_their_order() {
    // 堃 is in the shipped font and in the base, a syllable of Yi in the base alone.
    for (name, expected) in [
        ("王堃", vec!["CasebindKai"]),
        ("王\u{a000}", vec!["CasebindKai", "TW-Kai-98_1"]),
        ("王𠮷", vec!["CasebindKai", "TW-Kai-Ext-B-98_1"]),
        ("王\u{f0000}", vec!["CasebindKai", "TW-Kai-Plus-98_1"]),
    ] {
        let mut record = sample("referral");
        put(&mut record, "/subject/name", name);
        let mut fonts = embedded_fonts(&print("referral", &record).unwrap().pdf);
        fonts.sort_by_key(|font| font.len());
        assert_eq!(fonts, expected, "{name}");
    }
}

#[test]
fn a_character_of_private_use_lowers_the_promise_of_its_own_print_only() {
    let level = |name: &str| {
        let mut record = sample("referral");
        put(&mut record, "/subject/name", name);
        pdf_a(&print("referral", &record).unwrap().pdf)
    };
    assert_eq!(level("王𠮷明"), ("2".into(), "A".into()));
    // 2a asks for a meaning in Unicode, which such a character has not; 2u doesn't.
    assert_eq!(level("王\u{f0000}明"), ("2".into(), "U".into()));
    assert_eq!(level("王小明"), ("2".into(), "A".into()));
}

#[test]
fn what_no_font_prints_is_refused_and_named() {
    let shipped = Printer::new(Templates::load(None), Fonts::shipped());
    for service in SERVICES {
        for (printer, name, code) in [
            (&shipped, "王𠮷明", "U+20BB7"),
            (&shipped, "王\u{f0000}明", "U+F0000"),
            (super::printer(), "王\u{12000}明", "U+12000"),
            (super::printer(), "王\u{f8ff}明", "U+F8FF"),
            // 全字庫 keeps a place for it and has no drawing: it would print as nothing.
            (super::printer(), "王\u{fb625}明", "U+FB625"),
        ] {
            let mut record = sample(service);
            put(&mut record, "/content/problem", name);
            let error = print_by(printer, service, &record).expect_err(service);
            assert!(
                matches!(&error, PrintError::MissingGlyph(fields) if fields.len() == 1),
                "{service}: {error}"
            );
            let said = error.for_people();
            assert!(said.contains("「問題簡述」") && said.contains(code), "{service}: {said}");
            assert!(!said.contains('王'), "{service}: {said}");
            assert!(said.contains("安裝含有這個字的字型"), "{service}: {said}");
        }
    }
}

#[test]
fn a_name_of_fifty_characters_prints_whole_and_inside_its_cell() {
    let cjk: String = "𠮷堃喆犇明".repeat(10);
    let latin = "Wolfeschlegelsteinhausenbergerdorff-O’Brien-Łukasz";
    assert_eq!((cjk.chars().count(), latin.chars().count()), (50, 50));
    for service in SERVICES {
        for name in [cjk.as_str(), latin] {
            let mut record = sample(service);
            put(&mut record, "/applicant/name", name);
            if record.pointer("/subject/name").is_some() {
                put(&mut record, "/subject/name", name);
                put(&mut record, "/subject/parent", name);
            }
            let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
            assert!(text(&printed.pdf).contains(name), "{service}: {name}");
        }
    }
}

/// The ink of a print, in dark pixels at 72 dpi.
fn ink(pdf: &[u8]) -> usize {
    let picture = ask("pdftoppm", &["-gray", "-r", "72"], pdf, &[]);
    picture.chars().filter(|tone| *tone < '\u{80}').count()
}

#[test]
fn spaces_that_text_brings_from_elsewhere_print_as_nothing() {
    let print = |text: &str| {
        let mut record = sample("other");
        put(&mut record, "/content/problem", text);
        print("other", &record).unwrap().pdf
    };
    // TW-Kai draws each of them as a box with its name in it.
    let spaces = ['\u{a0}', '\u{2002}', '\u{2003}', '\u{2007}', '\u{2009}', '\u{202f}'];
    let with: String = spaces.iter().flat_map(|space| ['王', *space]).collect();
    let (with, without) = (ink(&print(&format!("{with}明"))), ink(&print("王 王 王 王 王 王 明")));
    // Letters that lie a fraction of a pixel elsewhere make a pixel or two.
    assert!(with.abs_diff(without) < 20, "{with} dark pixels, and {without} with plain spaces");
}
