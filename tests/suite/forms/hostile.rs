//! No text of a record is ever read as markup or code: it is printed as it stands, or refused by name.

use casebind::forms::PrintError;

use super::{SERVICES, print, put, sample, squeezed, text, written};

/// What would do something if it were read as typst, each on its own.
const MARKUP: [&str; 14] = [
    "#read(\"/etc/passwd\")",
    "#import \"@preview/cetz:0.3.0\"",
    "#{panic()}",
    "$x^2$",
    "*b* _i_",
    "@ref <label>",
    "\\ \\u{41}",
    "// c /* c */",
    "] [ } { )",
    "`raw` ```r```",
    "= h",
    "- l + e",
    "https://a.b ~ -- ... \"q\" 'q'",
    "#set page(width: 1pt)",
];

#[test]
fn markup_is_printed_as_it_stands_in_every_field() {
    for service in SERVICES {
        let paths = written(&sample(service));
        for start in [0, 7] {
            // Every field has each of the texts in one of the rounds, beside its own number.
            let mut record = sample(service);
            let hostile = |at: usize| format!("{at}號{}", MARKUP[(at + start) % MARKUP.len()]);
            paths.iter().enumerate().for_each(|(at, path)| put(&mut record, path, &hostile(at)));
            let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
            let text = text(&printed.pdf);
            for (at, path) in paths.iter().enumerate() {
                assert!(
                    text.contains(&squeezed(&hostile(at))),
                    "{service} {path}: {} is not in {text}",
                    hostile(at)
                );
            }
            assert!(!text.contains("root:"), "{service}");
        }
    }
}

#[test]
fn all_markup_at_once_is_printed_as_it_stands() {
    for service in SERVICES {
        let mut record = sample(service);
        put(&mut record, "/content/problem", &MARKUP.join("\n"));
        let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
        let text = text(&printed.pdf);
        assert!(text.contains(&squeezed(&MARKUP.concat())), "{service}: {text}");
    }
}

#[test]
fn what_paper_cannot_show_is_refused_with_its_field() {
    for service in SERVICES {
        for path in written(&sample(service)) {
            for hidden in
                ['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{ad}', '\u{feff}', '\u{e0041}']
            {
                let mut record = sample(service);
                put(&mut record, &path, &format!("王{hidden}明"));
                let error = print(service, &record).expect_err(&path);
                let PrintError::MissingGlyph(fields) = &error else { panic!("{service} {path}: {error}") };
                assert_eq!(fields.len(), 1, "{service} {path}: {error}");
                assert_eq!(fields[0].field.path, path[1..].replace('/', "."), "{service}");
                assert_eq!(fields[0].characters, [hidden], "{service} {path}");
                let said = error.for_people();
                assert!(said.contains(&format!("「{}」", fields[0].field.label)), "{said}");
                assert!(
                    said.contains(&format!("U+{:04X}", u32::from(hidden))) && said.contains("刪除"),
                    "{said}"
                );
                assert!(!said.contains(hidden), "{service} {path}");
            }
        }
    }
}
