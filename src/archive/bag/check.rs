//! The whole check of a bag: all that is wrong, not only the first of it. It reads every byte once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use sha2::Digest as _;

use super::path::{decoded, is_inside};
use super::{
    Bag, CHUNK, DECLARATION, DECLARED, Flaw, INFO, MANIFEST, OXUM, PAYLOAD, TAG_MANIFEST, Why, read_some,
};
use crate::case::ids::Digest;

/// Flaws that are told of one bag; a folder that is no bag at all has thousands.
const MOST_FLAWS: usize = 100;
/// Bytes of a tag file that is read whole.
const MOST_TAG_BYTES: u64 = 1024 * 1024;
/// Bytes of a line of a manifest.
const MOST_LINE: u64 = 8 * 1024;
/// How deep folders may lie.
const MOST_DEPTH: usize = 16;

/// See [`Bag::check`].
pub(super) fn check(root: &Path, read: &mut dyn FnMut(u64)) -> Result<Bag, Vec<Flaw>> {
    let mut check = Check { root, flaws: Vec::new(), files: BTreeMap::new() };
    check.walk("", 0);
    // Nothing below is opened through a link: the walk has found them all.
    check.stop_if_flawed()?;
    check.declaration();
    check.stop_if_flawed()?;
    let tags = check.manifest(TAG_MANIFEST, |path| !path.starts_with("data/"));
    let payload = check.manifest(MANIFEST, |path| path.starts_with("data/"));
    check.compare(&tags, &payload);
    check.hash(&tags, read);
    let info = check.info();
    check.oxum(&info);
    let bytes = check.hash(&payload, read);
    let id = check.digest_of(TAG_MANIFEST, read);
    match id {
        Some(id) if check.flaws.is_empty() => Ok(Bag { root: root.to_owned(), info, payload, id, bytes }),
        _ => Err(check.flaws),
    }
}

struct Check<'a> {
    root: &'a Path,
    flaws: Vec<Flaw>,
    /// Every file that is there, with its size.
    files: BTreeMap<String, u64>,
}

impl Check<'_> {
    fn flaw(&mut self, file: &str, why: Why) {
        if self.flaws.len() < MOST_FLAWS {
            self.flaws.push(Flaw::new(file, why));
        }
    }

    fn stop_if_flawed(&mut self) -> Result<(), Vec<Flaw>> {
        if self.flaws.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.flaws)) }
    }

    /// Finds everything below `folder`, following no link.
    fn walk(&mut self, folder: &str, depth: usize) {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) => return self.flaw(folder, Why::Unreadable(error.to_string())),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.flaw(folder, Why::Unreadable(error.to_string())),
            };
            let name = entry.file_name();
            let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let path = format!("{below}{}", name.to_string_lossy());
            // The metadata are the entry's own: of a link, not of what it leads to.
            match (name.to_str(), entry.metadata()) {
                (None, _) => self.flaw(&path, Why::Malformed("the name isn't UTF-8".into())),
                (_, Err(error)) => self.flaw(&path, Why::Unreadable(error.to_string())),
                (_, Ok(meta)) if meta.is_dir() && depth < MOST_DEPTH => self.walk(&path, depth + 1),
                (_, Ok(meta)) if meta.is_file() => drop(self.files.insert(path, meta.len())),
                _ => self.flaw(&path, Why::Special),
            }
        }
    }

    fn declaration(&mut self) {
        match self.text(DECLARATION) {
            Some(text) if text.replace("\r\n", "\n").trim_end() != DECLARED.trim_end() => {
                self.flaw(DECLARATION, Why::Malformed("not a bag of BagIt 1.0 in UTF-8".into()));
            }
            _ => {}
        }
        if self.files.contains_key("fetch.txt") {
            self.flaw("fetch.txt", Why::Malformed("a bag whose files lie elsewhere isn't taken".into()));
        }
    }

    /// A tag file; none when it isn't there or no text, which is a flaw then.
    fn text(&mut self, file: &str) -> Option<String> {
        match self.files.get(file) {
            None => self.flaw(file, Why::Missing),
            Some(bytes) if *bytes > MOST_TAG_BYTES => self.flaw(file, Why::TooLarge(MOST_TAG_BYTES)),
            Some(_) => match fs::read_to_string(self.root.join(file)) {
                Ok(text) => return Some(text),
                Err(error) => self.flaw(file, Why::Unreadable(error.to_string())),
            },
        }
        None
    }

    /// Reads a manifest line by line: digest, blanks, path.
    fn manifest(&mut self, file: &str, belongs: impl Fn(&str) -> bool) -> BTreeMap<String, Digest> {
        let mut listed = BTreeMap::new();
        if !self.files.contains_key(file) {
            self.flaw(file, Why::Missing);
            return listed;
        }
        let mut lines = match File::open(self.root.join(file)) {
            Ok(opened) => BufReader::new(opened),
            Err(error) => {
                self.flaw(file, Why::Unreadable(error.to_string()));
                return listed;
            }
        };
        for number in 1_u64.. {
            let mut line = String::new();
            match lines.by_ref().take(MOST_LINE).read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    self.flaw(file, Why::Unreadable(error.to_string()));
                    break;
                }
            }
            match entry(line.trim_end_matches(['\n', '\r'])) {
                None => {
                    self.flaw(file, Why::Malformed(format!("line {number} isn't a SHA-256 and a path")));
                    if line.len() as u64 >= MOST_LINE {
                        break;
                    }
                }
                Some((path, _)) if !is_inside(&path) || !belongs(&path) => self.flaw(&path, Why::Unsafe),
                Some((path, digest)) => {
                    if listed.insert(path.clone(), digest).is_some() {
                        self.flaw(&path, Why::Twice);
                    }
                }
            }
        }
        listed
    }

    /// What is there and what is named are the same files. A file that is named and gone is told by its hash.
    fn compare(&mut self, tags: &BTreeMap<String, Digest>, payload: &BTreeMap<String, Digest>) {
        for needed in [DECLARATION, INFO, MANIFEST] {
            if self.files.contains_key(needed) && !tags.contains_key(needed) {
                self.flaw(needed, Why::Unlisted);
            }
        }
        let known = |path: &str| {
            tags.contains_key(path)
                || payload.contains_key(path)
                || [TAG_MANIFEST, DECLARATION, INFO, MANIFEST].contains(&path)
        };
        let unlisted: Vec<String> = self.files.keys().filter(|path| !known(path)).cloned().collect();
        unlisted.iter().for_each(|path| self.flaw(path, Why::Unlisted));
    }

    /// Hashes every file that is named, and returns how many bytes that were.
    fn hash(&mut self, listed: &BTreeMap<String, Digest>, read: &mut dyn FnMut(u64)) -> u64 {
        let mut bytes = 0;
        for (path, expected) in listed {
            if let Some(actual) = self.digest_of(path, read) {
                bytes += self.files.get(path).copied().unwrap_or(0);
                if actual != *expected {
                    self.flaw(path, Why::Damaged { expected: *expected, actual });
                }
            }
        }
        bytes
    }

    fn digest_of(&mut self, path: &str, read: &mut dyn FnMut(u64)) -> Option<Digest> {
        if !self.files.contains_key(path) {
            self.flaw(path, Why::Missing);
            return None;
        }
        let hashed = File::open(self.root.join(path)).and_then(|mut file| {
            let mut hasher = sha2::Sha256::new();
            let mut chunk = vec![0; CHUNK];
            loop {
                match read_some(&mut file, &mut chunk)? {
                    0 => return Ok(Digest::from_bytes(hasher.finalize().into())),
                    count => {
                        hasher.update(&chunk[..count]);
                        read(count as u64);
                    }
                }
            }
        });
        match hashed {
            Ok(digest) => Some(digest),
            Err(error) => {
                self.flaw(path, Why::Unreadable(error.to_string()));
                None
            }
        }
    }

    /// The labels and values of `bag-info.txt`; a line that begins with a blank goes on with the one before.
    fn info(&mut self) -> Vec<(String, String)> {
        let mut info: Vec<(String, String)> = Vec::new();
        for (at, line) in self.text(INFO).unwrap_or_default().lines().enumerate() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = info.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                    continue;
                }
            } else if let Some((label, value)) = line.split_once(':') {
                info.push((label.trim().to_owned(), value.trim().to_owned()));
                continue;
            }
            self.flaw(INFO, Why::Malformed(format!("line {} isn't a label and a value", at + 1)));
        }
        info
    }

    /// The payload weighs what the bag says: found before a byte of it is read.
    fn oxum(&mut self, info: &[(String, String)]) {
        let of_payload = self.files.iter().filter(|(path, _)| path.starts_with(&format!("{PAYLOAD}/")));
        let (bytes, files) = of_payload.fold((0_u64, 0_u64), |(sum, n), (_, bytes)| (sum + bytes, n + 1));
        let actual = format!("{bytes}.{files}");
        let told: Vec<&str> = info
            .iter()
            .filter(|(label, _)| label.eq_ignore_ascii_case(OXUM))
            .map(|(_, v)| v.as_str())
            .collect();
        match told[..] {
            [expected] if expected == actual => {}
            [expected] => {
                let expected = expected.to_owned();
                self.flaw(INFO, Why::Oxum { expected, actual });
            }
            _ => self.flaw(INFO, Why::Malformed(format!("the bag has to say {OXUM} once"))),
        }
    }
}

/// Digest and path of a line. Some tools put a `*` before the path.
fn entry(line: &str) -> Option<(String, Digest)> {
    let (digest, path) = line.split_once([' ', '\t'])?;
    let digest = digest.to_ascii_lowercase().parse().ok()?;
    let path = path.trim_start_matches([' ', '\t']);
    Some((decoded(path.strip_prefix('*').unwrap_or(path))?, digest))
}
