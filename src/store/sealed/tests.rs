//! What is sealed opens in its place and nowhere else.

use super::*;
use crate::keyring::Generation;

fn sealer(generations: &[Generation]) -> Sealer {
    let ring = Keyring::new(generations.to_vec()).unwrap();
    Sealer::new(Keys::given(ring), Entropy::seeded(1))
}

#[test]
fn a_value_opens_in_its_own_place_and_no_other() {
    let sealer = sealer(&[Generation::generate(1)]);
    let value = sealer.seal(&CONTENT, "case-1", "{\"name\":\"王小明\"}").unwrap();
    assert!(value.starts_with("~s1.1.") && value.is_ascii(), "{value}");
    assert_eq!(sealer.open(&CONTENT, "case-1", value.clone()).unwrap(), "{\"name\":\"王小明\"}");
    assert_ne!(
        sealer.seal(&CONTENT, "case-1", "{\"name\":\"王小明\"}").unwrap(),
        value,
        "a nonce of its own"
    );
    for (place, row) in [(&CONTENT, "case-2"), (&KEYWORDS, "case-1"), (&ANSWERS, "case-1")] {
        let error = sealer.open(place, row, value.clone()).unwrap_err().to_string();
        assert!(error.contains(&place.name()) && error.contains(row), "{error}");
        assert!(!error.contains("王小明") && !error.contains(&value), "{error}");
    }
    let mut broken = value.clone();
    broken.replace_range(value.len() - 2.., if value.ends_with("AA") { "BB" } else { "AA" });
    assert!(sealer.open(&CONTENT, "case-1", broken.clone()).is_err());
    assert_eq!(sealer.open_or_keep(&CONTENT, "case-1", broken.clone()).unwrap(), broken);
    assert!(sealer.open(&CONTENT, "case-1", format!("{MARK}nonsense")).is_err());
}

#[test]
fn older_generations_open_and_the_newest_seals() {
    let (one, two) = (Generation::generate(1), Generation::generate(2));
    let old = sealer(std::slice::from_ref(&one));
    let value = old.seal(&CONTENT, "c", "words").unwrap();
    let both = sealer(&[one, two.clone()]);
    assert_eq!(both.open(&CONTENT, "c", value.clone()).unwrap(), "words");
    assert_eq!(generation_of(&both.seal(&CONTENT, "c", "words").unwrap()), Some(2));
    let without = sealer(&[two]);
    for error in [
        without.open(&CONTENT, "c", value.clone()).unwrap_err(),
        without.open_or_keep(&CONTENT, "c", value.clone()).unwrap_err(),
        Sealer::default().open(&CONTENT, "c", value.clone()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("generation 1, whose key isn't here"), "{error}");
    }
}

#[test]
fn what_was_kept_before_there_were_keys_reads_as_it_stands() {
    let sealer = sealer(&[Generation::generate(1)]);
    for plain in ["", "{}", "[]", "s1.1.AAAA", "~", "1150000001\n王小明"] {
        assert_eq!(sealer.open(&KEYWORDS, "c", plain.into()).unwrap(), plain);
    }
    assert_eq!(sealer.seal(&KEYWORDS, "c", "").unwrap(), "", "nothing stays nothing");
    assert!(Sealer::default().seal(&KEYWORDS, "c", "words").is_err(), "without keys nothing is written");
    // A text that looks like a sealed one is sealed as any other.
    let nasty = format!("{MARK}1.AAAA");
    let value = sealer.seal(&DRAFT, "p/f", &nasty).unwrap();
    assert_eq!(sealer.open(&DRAFT, "p/f", value).unwrap(), nasty);
}

#[test]
fn a_whole_text_is_looked_up_by_its_hashes() {
    let (one, two) = (Generation::generate(1), Generation::generate(2));
    let old = sealer(std::slice::from_ref(&one)).look_up(&ID_KEY, "A123456789").unwrap();
    let both = sealer(&[one, two]);
    let new = both.look_up(&ID_KEY, "A123456789").unwrap();
    assert!(old.starts_with("k1.") && new.starts_with("k2.") && !new.contains("A123456789"));
    assert_eq!(both.look_ups(&ID_KEY, "A123456789"), ["A123456789".to_owned(), old, new.clone()]);
    assert_ne!(both.look_up(&NAME_KEY, "A123456789").unwrap(), new, "each column has hashes of its own");
    assert_eq!(both.look_up(&ID_KEY, "").unwrap(), "");
}

#[test]
fn every_place_is_listed_once() {
    let names: std::collections::BTreeSet<String> = ALL.iter().map(|place| place.name()).collect();
    assert_eq!(names.len(), ALL.len());
    assert_eq!(place("cases", "content"), Some(&CONTENT));
    assert_eq!(place("cases", "number"), None);
}
