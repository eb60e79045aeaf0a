//! Stored files as other programs open them: with the key files and what the format says, and nothing of ours.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use age::{Decryptor, IdentityFile};

/// How every sealed file begins.
pub const BEGIN: &[u8] = b"age-encryption.org/v1\n";

/// The plain bytes of a stored file, by the keys of a folder. One that isn't sealed holds them as it is.
pub fn plain(file: &Path, keys: &Path) -> Vec<u8> {
    let stored = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if !stored.starts_with(BEGIN) {
        return stored;
    }
    let mut identities = Vec::new();
    for entry in fs::read_dir(keys).expect("a folder of keys").flatten() {
        if entry.file_name().to_string_lossy().starts_with("archive-") {
            let file = IdentityFile::from_file(entry.path().display().to_string()).expect("a key file");
            identities.extend(file.into_identities().expect("identities"));
        }
    }
    let decryptor = Decryptor::new(&stored[..]).expect("a head");
    let mut reader =
        decryptor.decrypt(identities.iter().map(|one| one.as_ref() as _)).expect("one of the keys");
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).expect("whole chunks");
    plain
}
