//! What a check can find, each with what was expected, what is there, and how to repair it.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::Named;
use crate::archive::error::absent;
use crate::archive::{Broken, Originals};
use crate::case::ids::Digest;

/// Something that is wrong in the archive, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The same for the same trouble in every check, such as `damaged-ba7816bf8f01`.
    pub id: String,
    /// What kind of trouble it is.
    pub kind: Kind,
    /// Where it was seen. Looking there again tells whether it is mended.
    #[serde(skip)]
    pub place: Place,
    /// The original that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// The rows that name it.
    pub rows: Vec<String>,
    /// The way to put it right.
    pub repair: String,
}

/// Where something can be wrong: what is looked at in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// An original that a row names.
    Original(Digest),
    /// The folder of originals whose digest begins with this byte: what lies there unnamed.
    Part(u8),
    /// The folder of arriving files, and that of originals itself.
    Arriving,
    /// What records say of bound originals.
    Bindings,
    /// The kept counts of cases.
    Counts,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(digest) => write!(f, "original-{digest}"),
            Self::Part(part) => write!(f, "part-{part:02x}"),
            Self::Arriving => f.write_str("arriving"),
            Self::Bindings => f.write_str("bindings"),
            Self::Counts => f.write_str("counts"),
        }
    }
}

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A row names a file that isn't there.
    Missing,
    /// The file is there and has no bytes.
    Empty,
    /// The file ends too early.
    Truncated,
    /// The file's bytes are others than those that were stored.
    Damaged,
    /// Two originals stand under each other's name.
    Swapped,
    /// The file can't be read.
    Unreadable,
    /// The file is sealed with a key that isn't here. Nothing is known to be wrong with it.
    Locked,
    /// The file is right, and a row names another size.
    WrongSize,
    /// A record names a bound original that isn't its own.
    BadlyBound,
    /// The database keeps other counts of cases than there are.
    Miscounted,
    /// No row names the file.
    Orphan,
    /// A file that arrived and was never put or removed.
    StrayTemporary,
    /// Something that isn't an original, or doesn't lie where its digest belongs.
    Foreign,
    /// The folder of originals itself isn't there.
    NoFolder,
}

impl Kind {
    /// The name, as in ids and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::Swapped => "swapped",
            Self::Unreadable => "unreadable",
            Self::Locked => "locked",
            Self::WrongSize => "wrong-size",
            Self::BadlyBound => "badly-bound",
            Self::Miscounted => "miscounted",
            Self::Orphan => "orphan",
            Self::StrayTemporary => "stray-temporary",
            Self::Foreign => "foreign",
            Self::NoFolder => "no-folder",
        }
    }
}

impl Finding {
    /// What a file that no row names is called.
    #[must_use]
    pub fn orphan_id(digest: &Digest) -> String {
        format!("{}-{}", Kind::Orphan.as_str(), digest.short())
    }

    /// A finding about a stored original; the caller fills in what differs.
    fn about(
        kind: Kind,
        digest: Digest,
        rows: &[Named],
        expected: String,
        actual: String,
        repair: String,
    ) -> Self {
        Self {
            id: format!("{}-{}", kind.as_str(), digest.short()),
            kind,
            place: Place::Original(digest),
            digest: Some(digest),
            expected,
            actual,
            rows: rows.iter().map(|row| row.row.clone()).collect(),
            repair,
        }
    }

    /// A finding about a path that isn't an original's.
    fn at(kind: Kind, place: Place, path: &Path, expected: &str, actual: String, repair: String) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self {
            id: format!("{}-{name}", kind.as_str()),
            kind,
            place,
            digest: None,
            expected: expected.into(),
            actual,
            rows: vec![],
            repair,
        }
    }

    pub(super) fn missing(originals: &Originals, digest: Digest, rows: &[Named]) -> Self {
        let path = originals.path_of(&digest);
        Self::about(
            Kind::Missing,
            digest,
            rows,
            size_on_record(rows),
            "no file".into(),
            format!("Restore {} from a backup. {}", path.display(), whichever(digest)),
        )
    }

    pub(super) fn damaged(
        originals: &Originals,
        digest: Digest,
        actual: Digest,
        bytes: u64,
        rows: &[Named],
    ) -> Self {
        let on_record = rows.first().map_or(bytes, |row| row.bytes);
        let kind = match bytes {
            0 => Kind::Empty,
            fewer if fewer < on_record => Kind::Truncated,
            _ => Kind::Damaged,
        };
        Self::replaceable(originals, kind, digest, rows, format!("{bytes} bytes, sha256 {actual}"))
    }

    /// A sealed file that doesn't open to its end: what is in it can't be hashed.
    pub(super) fn broken(originals: &Originals, digest: Digest, broken: Broken, rows: &[Named]) -> Self {
        Self::replaceable(originals, by_length(broken.bytes, rows), digest, rows, broken.to_string())
    }

    /// A sealed file whose length alone is wrong, as can be seen without its key.
    pub(super) fn cut(originals: &Originals, digest: Digest, bytes: Option<u64>, rows: &[Named]) -> Self {
        let actual = match bytes {
            Some(bytes) => format!("{bytes} bytes by its length; its key isn't here"),
            None => "a sealed file that ends too early; its key isn't here".into(),
        };
        Self::replaceable(originals, by_length(bytes, rows), digest, rows, actual)
    }

    /// A file whose place a good copy can take.
    fn replaceable(
        originals: &Originals,
        kind: Kind,
        digest: Digest,
        rows: &[Named],
        actual: String,
    ) -> Self {
        let path = originals.path_of(&digest);
        Self::about(
            kind,
            digest,
            rows,
            format!("{}, sha256 {digest}", size_on_record(rows)),
            actual,
            format!("Replace {} by the copy in a backup. {}", path.display(), whichever(digest)),
        )
    }

    pub(super) fn locked(digest: Digest, generation: Option<u32>, rows: &[Named]) -> Self {
        Self::about(
            Kind::Locked,
            digest,
            rows,
            format!("{}, sha256 {digest}", size_on_record(rows)),
            format!("a sealed file of the right length; {}", absent(generation)),
            "Put the key file back into the folder of keys, from where keys are kept. The file itself stays as it is."
                .into(),
        )
    }

    pub(super) fn swapped(originals: &Originals, digest: Digest, actual: Digest, rows: &[Named]) -> Self {
        Self::about(
            Kind::Swapped,
            digest,
            rows,
            format!("sha256 {digest}"),
            format!("sha256 {actual}, whose own file holds this one's bytes"),
            format!(
                "Exchange the names of {} and {}.",
                originals.path_of(&digest).display(),
                originals.path_of(&actual).display()
            ),
        )
    }

    pub(super) fn unreadable(
        originals: &Originals,
        digest: Digest,
        rows: &[Named],
        error: &io::Error,
    ) -> Self {
        let path = originals.path_of(&digest);
        let repair = if error.kind() == io::ErrorKind::PermissionDenied {
            format!("Give {} to the user that casebind runs as.", path.display())
        } else {
            format!(
                "Check the disk, then replace {} by the copy in a backup. {}",
                path.display(),
                whichever(digest)
            )
        };
        Self::about(Kind::Unreadable, digest, rows, size_on_record(rows), error.to_string(), repair)
    }

    pub(super) fn wrong_size(digest: Digest, bytes: u64, row: &Named) -> Self {
        let rows = std::slice::from_ref(row);
        let mut finding = Self::about(
            Kind::WrongSize,
            digest,
            rows,
            size_on_record(rows),
            format!("{bytes} bytes, and their sha256 is right"),
            format!(
                "The file is the one that was stored. Restore row {} from a backup of the database.",
                row.row
            ),
        );
        finding.id = format!("{}-{}", finding.id, row.row);
        finding
    }

    pub(super) fn orphan(originals: &Originals, digest: Digest, bytes: u64, age_millis: i64) -> Self {
        let mut finding = Self::about(
            Kind::Orphan,
            digest,
            &[],
            "a row that names it".into(),
            format!("no row; {bytes} bytes, {} old", age(age_millis)),
            format!(
                "An upload that was cut off before it was recorded leaves such a file. If no row is missing \
                 from the database, remove {}.",
                originals.path_of(&digest).display()
            ),
        );
        finding.place = Place::Part(digest.as_bytes()[0]);
        finding
    }

    pub(super) fn stray_temporary(path: &Path, bytes: u64, age_millis: i64) -> Self {
        Self::at(
            Kind::StrayTemporary,
            Place::Arriving,
            path,
            "no file longer than an upload takes",
            format!("{bytes} bytes, {} old", age(age_millis)),
            format!("Nothing refers to it; it goes when casebind next starts. Or remove {}.", path.display()),
        )
    }

    pub(super) fn foreign(path: &Path, part: u8) -> Self {
        Self::at(
            Kind::Foreign,
            Place::Part(part),
            path,
            "only originals, each at its digest's place",
            path.display().to_string(),
            format!("Casebind didn't put it there. Look at {} and move it away.", path.display()),
        )
    }

    pub(super) fn no_folder(path: &Path) -> Self {
        Self::at(
            Kind::NoFolder,
            Place::Arriving,
            path,
            "the folder of originals",
            format!("no folder {}", path.display()),
            "Mount or restore the folder, or correct data_dir in the configuration.".into(),
        )
    }
}

/// What a sealed file that doesn't open is called: cut off, if its length says so.
fn by_length(bytes: Option<u64>, rows: &[Named]) -> Kind {
    match (bytes, rows.first()) {
        (Some(bytes), Some(row)) if bytes >= row.bytes => Kind::Damaged,
        (Some(_), None) => Kind::Damaged,
        _ => Kind::Truncated,
    }
}

fn size_on_record(rows: &[Named]) -> String {
    rows.first().map_or_else(String::new, |row| format!("{} bytes", row.bytes))
}

/// Why the repair needs no trust in where the copy comes from.
fn whichever(digest: Digest) -> String {
    format!(
        "Any file whose sha256sum is {digest}, or that `age -d` opens to it, will do; uploading it again does the same."
    )
}

fn age(millis: i64) -> String {
    const HOUR: i64 = 60 * 60 * 1000;
    match millis / HOUR {
        hours @ ..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}
