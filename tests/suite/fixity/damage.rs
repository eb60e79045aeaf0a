//! Damaged archives: each kind is found and named with its repair, is kept until it is mended, and nothing healthy is.

use std::collections::BTreeSet;
use std::fs;

use casebind::archive::verify::{Finding, Slice};
use casebind::case::ids::Digest;
use casebind::steps::fixity::check::Scope;

use crate::support::House;

use super::{archive, orphan, overwrite, verify};

fn kinds(found: &[Finding]) -> BTreeSet<&'static str> {
    found.iter().map(|finding| finding.kind.as_str()).collect()
}

/// The digests that findings are about.
fn about(found: &[Finding]) -> BTreeSet<Digest> {
    found.iter().filter_map(|finding| finding.digest).collect()
}

/// What is wrong is `kind` and nothing else, at `digests` and nowhere else, with all that a person needs; and it is
/// kept.
async fn only(house: &House, kind: &'static str, digests: &[Digest]) {
    let (found, _) = verify(house, Scope::ALL).await;
    assert_eq!(kinds(&found), [kind].into(), "{found:#?}");
    assert_eq!(about(&found), digests.iter().copied().collect(), "{kind}");
    for finding in &found {
        assert!(finding.id.starts_with(kind), "{}", finding.id);
        assert!(!finding.expected.is_empty() && !finding.actual.is_empty(), "{}", finding.id);
        assert!(finding.repair.len() > 20, "{}", finding.repair);
    }
    let mut told: Vec<_> = found.into_iter().map(|finding| finding.id).collect();
    told.sort();
    assert_eq!(standing(house).await, told, "{kind}: what is kept");
}

async fn standing(house: &House) -> Vec<String> {
    house.texts("SELECT id FROM fixity_findings WHERE gone_at IS NULL ORDER BY id").await
}

async fn well(house: &House) {
    let (found, summary) = verify(house, Scope::ALL).await;
    assert_eq!(found, []);
    assert_eq!(summary.originals, house.number("SELECT COUNT(*) FROM documents").await as u64);
    assert_eq!(standing(house).await, Vec::<String>::new());
}

both! {
    async fn each_kind_of_damage_is_found_named_and_gone_when_it_is_mended(house) {
        let digests = archive(&house).await;
        well(&house).await;
        let (one, other) = (digests[0], digests[5]);
        let path = house.original(&one);
        let whole = fs::read(&path).unwrap();

        fs::remove_file(&path).unwrap();
        only(&house, "missing", &[one]).await;
        fs::write(&path, &whole).unwrap();
        well(&house).await;

        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        overwrite(&path, &flipped);
        only(&house, "damaged", &[one]).await;

        overwrite(&path, &whole[..whole.len() - 1]);
        only(&house, "truncated", &[one]).await;

        overwrite(&path, b"");
        only(&house, "empty", &[one]).await;
        overwrite(&path, &whole);
        well(&house).await;

        let stranger = orphan(&house, b"nobody knows me");
        only(&house, "orphan", &[stranger]).await;
        fs::remove_file(house.original(&stranger)).unwrap();
        well(&house).await;

        let nowhere = Digest::of(b"registered, and never there");
        house.sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at, read_at) VALUES ('{nowhere}', 5, 'application/pdf', 0, 0)"
        )).await;
        only(&house, "missing", &[nowhere]).await;
        house.sql(&format!("DELETE FROM documents WHERE digest = '{nowhere}'")).await;
        well(&house).await;

        house.sql(&format!("UPDATE documents SET bytes = bytes + 1 WHERE digest = '{one}'")).await;
        only(&house, "wrong-size", &[one]).await;
        house.sql(&format!("UPDATE documents SET bytes = bytes - 1 WHERE digest = '{one}'")).await;
        well(&house).await;

        let aside = house.data_dir().join("aside");
        let exchange = || {
            fs::rename(&path, &aside).unwrap();
            fs::rename(house.original(&other), &path).unwrap();
            fs::rename(&aside, house.original(&other)).unwrap();
        };
        exchange();
        only(&house, "swapped", &[one, other]).await;
        exchange();
        well(&house).await;
    }

    async fn many_damages_at_once_are_each_named(house) {
        let digests = archive(&house).await;
        fs::remove_file(house.original(&digests[0])).unwrap();
        overwrite(&house.original(&digests[1]), b"");
        overwrite(&house.original(&digests[2]), b"other bytes, and fewer");
        let stranger = orphan(&house, b"nobody knows me");
        let (found, summary) = verify(&house, Scope::ALL).await;
        assert_eq!(kinds(&found), ["missing", "empty", "truncated", "orphan"].into());
        assert_eq!(about(&found), [digests[0], digests[1], digests[2], stranger].into());
        assert_eq!(summary.originals as usize, digests.len() - 1, "the missing one alone wasn't read");
        let rows = house.texts("SELECT named_by FROM fixity_findings WHERE kind = 'missing'").await;
        assert!(rows[0].contains(" of case 115"), "the rows that need it: {}", rows[0]);

        // Slices find the same, each its own.
        let mut ids = BTreeSet::new();
        for number in 1..=3 {
            let scope = Scope { slice: Slice::new(number, 3).unwrap(), before: None };
            for finding in verify(&house, scope).await.0 {
                assert!(ids.insert(finding.id.clone()), "{} twice", finding.id);
            }
        }
        assert_eq!(ids, found.into_iter().map(|finding| finding.id).collect());
    }

    async fn what_was_read_lately_is_looked_at_only(house) {
        let digests = archive(&house).await;
        let now = house.office().world.now();
        house.sql(&format!("UPDATE documents SET read_at = 1 WHERE digest = '{}'", digests[3])).await;
        let scope = Scope { before: Some(now - 24 * 3_600_000), ..Scope::ALL };
        let (found, summary) = verify(&house, scope).await;
        assert_eq!((found, summary.originals), (vec![], 1), "the one that is due");
        assert_eq!(summary.not_due as usize, digests.len() - 1);
        let (_, summary) = verify(&house, scope).await;
        assert_eq!(summary.originals, 0, "its reading was kept");
        fs::remove_file(house.original(&digests[4])).unwrap();
        let (found, _) = verify(&house, scope).await;
        assert_eq!((kinds(&found), about(&found)), (["missing"].into(), [digests[4]].into()));
    }

    async fn renditions_are_no_findings(house) {
        archive(&house).await;
        house.office().renditions.put("print/none/page-1.jpg", vec![1, 2, 3]).await.unwrap();
        fs::remove_dir_all(house.data_dir().join("renditions")).unwrap();
        well(&house).await;
    }
}
