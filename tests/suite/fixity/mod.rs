//! Originals are what they were: damaged archives, the schedule that reads them, and the page that tells.

mod damage;
mod schedule;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use casebind::archive::verify::{Finding, Summary};
use casebind::case::ids::Digest;
use casebind::steps::fixity::check::{self, Scope};

use crate::support::house::{MINUTE, start};
use crate::support::{Case, House};

/// Two submitted cases; returns the digests of all originals.
pub async fn archive(house: &House) -> Vec<Digest> {
    let applicant = house.applicant().await;
    for _ in 0..2 {
        Case::submitted(house, &applicant).await;
        house.wait(MINUTE);
    }
    let digests = house.texts("SELECT digest FROM documents ORDER BY digest").await;
    assert!(digests.len() >= 8, "{digests:?}");
    digests.iter().map(|digest| digest.parse().unwrap()).collect()
}

/// Checks within `scope` as the command does.
pub async fn verify(house: &House, scope: Scope) -> (Vec<Finding>, Summary) {
    let office = house.office();
    let mut found = Vec::new();
    let mut tell = |finding: &Finding| found.push(finding.clone());
    let summary =
        check::check(&office.store, &office.originals, &office.world, scope, &mut tell).await.unwrap();
    assert_eq!(summary.findings, found.len() as u64);
    (found, summary)
}

/// Writes over an original, which its owner may not do by accident.
pub fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A file at the place of its digest that nobody registered, as if it had been there for a month.
pub fn orphan(house: &House, content: &[u8]) -> Digest {
    let digest = Digest::of(content);
    let path = house.original(&digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    let then = u64::try_from(start()).unwrap() - 30 * 24 * 3_600_000;
    let then = SystemTime::UNIX_EPOCH + Duration::from_millis(then);
    File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    digest
}
