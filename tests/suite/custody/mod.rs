//! The custody chain: it grows with what happens, every change of the past is found, and documents have proofs.

mod changes;
mod command;
mod proof;

use casebind::archive;
use casebind::custody::check::{Checkpoints, Summary};
use casebind::custody::finding::Finding;
use casebind::custody::key::CustodyKey;
use casebind::steps::custody::{CustodyRoom, When};

use crate::support::house::MINUTE;
use crate::support::{Case, House, Who};

/// What checkpoints are made with.
pub fn room(house: &House) -> CustodyRoom {
    CustodyRoom {
        origin: "casebind.example.org/custody".into(),
        key: CustodyKey::from_bytes([9; 32]),
        folder: archive::Checkpoints::at(&house.data_dir().join("checkpoints")),
        every_millis: 60 * MINUTE,
    }
}

/// Links everything and signs it. Returns how many links the checkpoint covers; none where it isn't needed.
pub async fn sign(house: &House) -> Option<u64> {
    while house.office().chain().await.unwrap() > 0 {}
    house.office().checkpoint(&room(house), When::Now).await.unwrap()
}

/// Checks everything against the folder of checkpoints.
pub async fn checked(house: &House) -> (Summary, Vec<Finding>) {
    let (room, mut known, mut found) = (room(house), Checkpoints::default(), Vec::new());
    for (name, note) in room.folder.all().unwrap() {
        found.extend(known.take(&name, &note, &[room.key.public(&room.origin)]));
    }
    let summary = house.office().check_custody(known, &mut |finding| found.push(finding)).await.unwrap();
    (summary, found)
}

/// The kinds of what is found, each once, in the order of their names.
pub async fn kinds(house: &House) -> Vec<&'static str> {
    let mut kinds: Vec<_> = checked(house).await.1.iter().map(|finding| finding.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

both! {
    async fn every_event_and_every_access_becomes_a_link_and_all_is_well(house) {
        let case = Case::printed(&house.applicant().await).await;
        house.sign_in(Who::Manager).await.get(&case.path("")).await.expect(200);
        let rows = house.number("SELECT (SELECT COUNT(*) FROM flow) + (SELECT COUNT(*) FROM traces)").await;
        assert_eq!(house.number("SELECT COUNT(*) FROM custody_waiting").await, rows, "written with the rows");
        assert_eq!(sign(&house).await, Some(rows.unsigned_abs()));
        assert_eq!(house.number("SELECT COUNT(*) FROM custody_waiting").await, 0);
        let (summary, found) = checked(&house).await;
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!((summary.links, summary.covered, summary.checkpoints), (rows.unsigned_abs(), rows.unsigned_abs(), 1));
        let hidden = house.texts("SELECT entry FROM custody_links").await.concat();
        assert!(hidden.is_ascii(), "no words of people");
        assert!(!hidden.contains(crate::support::browser::ADDRESS), "no addresses");
    }

    async fn a_checkpoint_comes_when_it_is_due_and_something_is_new(house) {
        let (office, room) = (house.office(), room(&house));
        assert_eq!(office.checkpoint(&room, When::Due).await.unwrap(), None, "nothing is linked yet");
        let browser = house.applicant().await;
        Case::opened(&browser).await;
        let first = sign(&house).await.unwrap();
        Case::opened(&browser).await;
        office.chain().await.unwrap();
        assert_eq!(office.checkpoint(&room, When::Due).await.unwrap(), None, "not yet");
        house.wait(61 * MINUTE);
        assert!(office.checkpoint(&room, When::Due).await.unwrap().unwrap() > first);
        house.wait(61 * MINUTE);
        assert_eq!(office.checkpoint(&room, When::Due).await.unwrap(), None, "nothing is new");
        assert_eq!(room.folder.all().unwrap().len(), 2);
        assert!(kinds(&house).await.is_empty());
    }

    async fn what_was_there_before_the_chain_is_caught_up_with(house) {
        let case = Case::printed(&house.applicant().await).await;
        case.page().await;
        house.sql("UPDATE custody_waiting SET entry = NULL, salt = NULL").await;
        sign(&house).await.unwrap();
        assert!(kinds(&house).await.is_empty());
        assert_eq!(house.number("SELECT COUNT(*) FROM custody_links WHERE salt IS NULL").await, 0);
    }

    async fn two_that_link_at_once_make_one_chain(house) {
        let browser = house.applicant().await;
        for _ in 0..3 {
            Case::opened(&browser).await;
            let office = house.office();
            let (one, two) = tokio::join!(office.chain(), office.chain());
            one.unwrap();
            two.unwrap();
        }
        let room = room(&house);
        let (one, two) =
            tokio::join!(house.office().checkpoint(&room, When::Now), house.office().checkpoint(&room, When::Now));
        assert_eq!([one.unwrap(), two.unwrap()].iter().flatten().count(), 1, "one of them makes it");
        assert!(kinds(&house).await.is_empty());
    }
}
