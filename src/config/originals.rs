//! The settings of where originals lie: the data directory's own folder, or a bucket of an S3-compatible store.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;

/// The variables that hold the keys, also as lines of a file of keys.
const VARIABLES: [&str; 2] = ["CASEBIND_S3_ACCESS_KEY_ID", "CASEBIND_S3_SECRET_ACCESS_KEY"];

/// A bucket for originals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The store's address; none: Amazon's, by the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// What all names begin with; may be empty.
    pub prefix: String,
    /// Whether the bucket's name stands in the path of addresses, and not before the host.
    pub path_style: bool,
    /// How long one request may take.
    pub timeout: Duration,
    /// The keys to it.
    pub keys: BucketKeys,
}

/// Where the keys to a bucket are.
#[derive(Clone, PartialEq, Eq)]
pub enum BucketKeys {
    /// In the environment: the name of the key, and the key.
    Given(String, String),
    /// In a file of their own.
    InFile(PathBuf),
}

impl std::fmt::Debug for BucketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(..) => f.write_str("Given(redacted)"),
            Self::InFile(path) => f.debug_tuple("InFile").field(path).finish(),
        }
    }
}

impl BucketKeys {
    /// Reads the keys where they are: the name of the key, and the key.
    ///
    /// # Errors
    /// When the file can't be read or lacks one; the message names the file and what it should hold.
    pub fn read(&self) -> Result<(String, String), String> {
        let path = match self {
            Self::Given(id, secret) => return Ok((id.clone(), secret.clone())),
            Self::InFile(path) => path,
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("originals.keys_file {}: {error}", path.display()))?;
        let [id, secret] = VARIABLES.map(|variable| {
            let lines = text.lines().filter_map(|line| line.trim().split_once('='));
            let value = lines.filter(|(name, _)| name.trim() == variable).map(|(_, value)| value).next_back();
            value.map(|value| value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
        });
        id.zip(secret).ok_or_else(|| {
            format!("{}: it holds two lines, {}=… and {}=…", path.display(), VARIABLES[0], VARIABLES[1])
        })
    }
}

impl Bucket {
    /// None where no bucket is named: then originals lie in the data directory.
    pub(super) fn read(r: &mut Reader) -> Option<Self> {
        let allowed = "a bucket's name: 3 to 63 small letters, digits, dots and hyphens";
        let name = r.parsed("originals.bucket", allowed, bucket_name);
        let allowed = "an https:// address without a path (http:// on this machine only)";
        let endpoint = r.parsed("originals.endpoint", allowed, endpoint);
        let region = r.text("originals.region", "us-east-1");
        let allowed = "letters, digits and . _ - / only, such as centre/originals";
        let prefix = r.parsed("originals.prefix", allowed, prefix).unwrap_or_default();
        let path_style = r.choice("originals.addressing", &[("path", true), ("virtual", false)]);
        let timeout = Duration::from_secs(r.number("originals.timeout_seconds", 30, 1..=600));
        let file = r.path("originals.keys_file");
        let id = r.secret_of_environment("s3.access_key_id");
        let secret = r.secret_of_environment("s3.secret_access_key");
        let name = name?;
        let keys = match (file, id, secret) {
            (Some(path), ..) => BucketKeys::InFile(path),
            (None, Some(id), Some(secret)) => BucketKeys::Given(id, secret),
            (None, ..) => {
                let meaning = format!(
                    "the file of the keys to the bucket; or set {} and {}",
                    VARIABLES[0], VARIABLES[1]
                );
                r.problem("originals.keys_file", None::<&str>, meaning);
                BucketKeys::Given(String::new(), String::new())
            }
        };
        Some(Self { name, endpoint, region, prefix, path_style, timeout, keys })
    }
}

fn bucket_name(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    ((3..=63).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

fn prefix(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let level = |level: &str| !level.is_empty() && level != "." && level != ".." && level.bytes().all(plain);
    let inner = text.trim_matches('/');
    (inner.is_empty() || inner.split('/').all(level)).then(|| inner.to_owned())
}

/// The address of a store: what goes there is sealed by TLS, or doesn't leave this machine.
fn endpoint(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if authority.is_empty() || !authority.chars().all(plain) {
        return None;
    }
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    (scheme == "https" || scheme == "http" && here).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_sealed_or_of_this_machine() {
        for good in [
            "https://s3.example.org",
            "https://s3.example.org:3900/",
            "http://127.0.0.1:3900",
            "http://[::1]:3900",
            "http://localhost:3900",
        ] {
            assert_eq!(endpoint(good).as_deref(), Some(good.trim_end_matches('/')));
        }
        for bad in [
            "",
            "s3.example.org",
            "http://s3.example.org",
            "http://10.0.0.7:3900",
            "http://127.0.0.1.example.org",
            "ftp://localhost",
            "https://user:word@s3.example.org",
            "https://s3.example.org/bucket",
            "https://",
        ] {
            assert_eq!(endpoint(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_lead_nowhere_else() {
        assert_eq!(prefix("/centre/a-1/").as_deref(), Some("centre/a-1"));
        assert_eq!(prefix("").as_deref(), Some(""));
        for bad in ["../other", "a//b", "a b", "a/./b", "ä"] {
            assert_eq!(prefix(bad), None, "{bad}");
        }
        assert!(bucket_name("casebind-originals").is_some());
        for bad in ["ab", "Casebind", "case/bind", ""] {
            assert_eq!(bucket_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_are_read_from_their_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3.keys");
        let keys = BucketKeys::InFile(path.clone());
        assert!(keys.read().unwrap_err().contains("s3.keys"));
        std::fs::write(&path, "CASEBIND_S3_ACCESS_KEY_ID=GK1\n").unwrap();
        let said = keys.read().unwrap_err();
        assert!(said.ends_with("CASEBIND_S3_ACCESS_KEY_ID=… and CASEBIND_S3_SECRET_ACCESS_KEY=…"), "{said}");
        let text = "# the keys\nCASEBIND_S3_ACCESS_KEY_ID=GK1\nCASEBIND_S3_SECRET_ACCESS_KEY=\"a=b\"\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(keys.read().unwrap(), ("GK1".to_owned(), "a=b".to_owned()));
        let given = BucketKeys::Given("GK1".into(), "of ours".into());
        assert!(!format!("{given:?}").contains("of ours"));
    }
}
