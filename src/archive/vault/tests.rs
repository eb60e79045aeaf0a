//! Files sealed and opened, each way in which they can be wrong, and keys that come and go.

use super::*;
use crate::keyring::Keyring;

/// A vault with these keys.
pub(in crate::archive) fn of(generations: &[&Generation]) -> Vault {
    let generations = generations.iter().map(|one| (*one).clone()).collect();
    Vault::new(Keys::given(Keyring::new(generations).unwrap()))
}

/// A vault with one key of its own.
pub(in crate::archive) fn vault() -> Vault {
    of(&[&Generation::generate(1)])
}

fn file(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    file
}

fn look(vault: &Vault, stored: &[u8], named: &[u8]) -> Content {
    vault.look(&file(stored), &Digest::of(named)).unwrap()
}

fn is_right(vault: &Vault, stored: &[u8], plain: &[u8]) -> bool {
    let (expected, length) = (Digest::of(plain), plain.len() as u64);
    matches!(look(vault, stored, plain), Content::Bytes { digest, bytes, .. } if digest == expected && bytes == length)
}

/// Bytes of which no two chunks are alike.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at / 65_536) as u8).collect()
}

const CHUNK: usize = 65_536;
/// Empty, small, and on both sides of each border of a chunk.
const LENGTHS: [usize; 9] = [0, 1, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK + 17];

#[test]
fn what_is_sealed_opens_to_what_it_was_and_its_length_is_known_without_a_key() {
    let vault = vault();
    for length in LENGTHS {
        let plain = content(length);
        let sealed = vault.seal_bytes(&plain).unwrap();
        assert!(length < 32 || !sealed.windows(32).any(|window| window == &plain[..32]), "{length}");
        assert!(is_right(&vault, &sealed, &plain), "{length}");
        assert_eq!(vault.form(&file(&sealed)).unwrap(), Ok(Form::Sealed(1)));
        let nobody = Vault::without_keys();
        assert_eq!(nobody.plain_bytes(&file(&sealed)).unwrap(), Some(length as u64));
        let locked = Shut::Locked { generation: Some(1), bytes: Some(length as u64) };
        assert_eq!(look(&nobody, &sealed, &plain), Content::Shut(locked));
        assert_eq!(vault.open_bytes(sealed).unwrap().unwrap(), (plain, Form::Sealed(1)));
    }
    assert!(Vault::without_keys().seal_bytes(b"x").is_err());
}

#[test]
fn a_flipped_bit_is_damage_wherever_it_is() {
    let vault = vault();
    let plain = content(CHUNK + 100);
    let sealed = vault.seal_bytes(&plain).unwrap();
    let body = sealed.len() - (CHUNK + 100 + 32);
    // All of the head and the nonce, and some places of both chunks and their tags.
    let places =
        (0..body).chain([body, body + CHUNK / 2, body + CHUNK + 15, body + CHUNK + 16, sealed.len() - 1]);
    for at in places {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        match look(&vault, &flipped, &plain) {
            Content::Shut(Shut::Broken(broken)) => {
                assert_eq!(broken.stored, sealed.len() as u64);
                let whole = if at < body + CHUNK + 16 { 0 } else { CHUNK as u64 };
                assert_eq!(broken.whole, whole, "byte {at}");
            }
            // The format isn't known any more: bytes that aren't the original's.
            Content::Bytes { digest, form: Form::Plain, .. } => {
                assert!(at < 22, "byte {at}");
                assert_eq!(digest, Digest::of(&flipped));
            }
            // The mark alone says that the key isn't here; but then the key that is here opens it.
            found => panic!("byte {at}: {found:?}"),
        }
    }
}

#[test]
fn a_file_that_was_cut_or_grew_is_damage_and_its_length_tells_it() {
    let vault = vault();
    let plain = content(2 * CHUNK + 100);
    let sealed = vault.seal_bytes(&plain).unwrap();
    let head = sealed.len() - (2 * CHUNK + 100 + 3 * 16);
    let cut = |length: usize| match look(&vault, &sealed[..length], &plain) {
        Content::Shut(Shut::Broken(broken)) => (broken.bytes, broken.whole),
        found => panic!("cut at {length}: {found:?}"),
    };
    assert_eq!(cut(sealed.len() - 1), (Some(plain.len() as u64 - 1), 2 * CHUNK as u64));
    // At a chunk's border: all that is there is right, and the end isn't.
    assert_eq!(cut(head + 2 * (CHUNK + 16)), (Some(2 * CHUNK as u64), 2 * CHUNK as u64));
    assert_eq!(cut(head + CHUNK + 16), (Some(CHUNK as u64), CHUNK as u64));
    // Within a tag, the nonce, the head.
    assert_eq!(cut(head + CHUNK + 16 + 7).0, None);
    assert_eq!(cut(head - 1), (None, 0));
    assert_eq!(cut(60), (None, 0));
    assert!(
        matches!(look(&vault, b"", &plain), Content::Bytes { bytes: 0, .. }),
        "an empty file is a plain one"
    );

    let mut grown = sealed.clone();
    grown.push(0);
    assert!(matches!(look(&vault, &grown, &plain), Content::Shut(Shut::Broken(_))));
    for length in [CHUNK, 2 * CHUNK] {
        let plain = content(length);
        let mut grown = vault.seal_bytes(&plain).unwrap();
        grown.extend_from_slice(&[0; 40]);
        assert!(matches!(look(&vault, &grown, &plain), Content::Shut(Shut::Broken(_))), "{length}");
    }
}

#[test]
fn a_key_that_is_not_here_is_no_damage() {
    let (first, second) = (Generation::generate(1), Generation::generate(2));
    let plain = content(1000);
    let both = of(&[&first, &second]);
    let one = of(&[&first]).seal_bytes(&plain).unwrap();
    let two = both.seal_bytes(&plain).unwrap();
    assert_eq!(both.newest(), Some(2));
    for (sealed, number) in [(&one, 1), (&two, 2)] {
        assert_eq!(both.form(&file(sealed)).unwrap(), Ok(Form::Sealed(number)));
        assert!(is_right(&both, sealed, &plain));
    }
    let locked = Content::Shut(Shut::Locked { generation: Some(1), bytes: Some(1000) });
    assert_eq!(look(&of(&[&second]), &one, &plain), locked);
    assert!(is_right(&of(&[&second]), &two, &plain));
    // Another key of the same number isn't the one.
    let another = of(&[&Generation::generate(1), &second]);
    assert_eq!(look(&another, &one, &plain), locked);
    assert!(!format!("{both:?}").contains("AGE-SECRET-KEY"));
}

#[test]
fn a_new_generation_is_found_while_the_vault_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    crate::keyring::add(folder.path()).unwrap();
    let (vault, elsewhere) = (Keys::of_folder(folder.path()), Keys::of_folder(folder.path()));
    let (vault, elsewhere) = (Vault::new(vault.unwrap()), Vault::new(elsewhere.unwrap()));
    let one = vault.seal_bytes(b"form").unwrap();
    crate::keyring::add(folder.path()).unwrap();
    let two = Vault::new(Keys::of_folder(folder.path()).unwrap()).seal_bytes(b"form").unwrap();
    // The head names it, so that it is looked for at once.
    assert_eq!(elsewhere.form(&file(&two)).unwrap(), Ok(Form::Sealed(2)));
    assert_eq!(elsewhere.newest(), Some(2));
    assert!(is_right(&elsewhere, &one, b"form"));
}

#[test]
fn a_plain_file_is_read_as_it_is_even_if_it_begins_like_a_sealed_one() {
    let (vault, other) = (vault(), self::vault());
    for plain in [b"%PDF-1.7".to_vec(), other.seal_bytes(b"sealed elsewhere").unwrap()] {
        let found = look(&vault, &plain, &plain);
        let bytes = plain.len() as u64;
        assert_eq!(found, Content::Bytes { digest: Digest::of(&plain), bytes, form: Form::Plain });
    }
}

#[test]
fn a_head_without_an_end_is_not_read_further() {
    let vault = vault();
    let mut endless = vault.seal_bytes(b"form").unwrap();
    endless.truncate(40);
    endless.resize(1 << 20, 0);
    let broken = Broken { stored: 1 << 20, bytes: None, whole: 0 };
    assert_eq!(look(&vault, &endless, b"form"), Content::Shut(Shut::Broken(broken)));
}

/// Sealed for a key of ours by another program, which names no generation.
#[test]
fn what_another_program_sealed_for_our_key_opens_too() {
    let generation = Generation::generate(1);
    let vault = of(&[&generation]);
    let identity: x25519::Identity = generation.identity().parse().unwrap();
    let recipient = identity.to_public();
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let mut writer = encryptor.wrap_output(Vec::new()).unwrap();
    writer.write_all(b"form").unwrap();
    let sealed = writer.finish().unwrap();
    assert!(is_right(&vault, &sealed, b"form"));
    let locked = Shut::Locked { generation: None, bytes: Some(4) };
    assert_eq!(look(&self::vault(), &sealed, b"form"), Content::Shut(locked));
    assert_eq!(vault.form(&file(&sealed)).unwrap(), Ok(Form::Sealed(1)));
}
