//! Whoever changes the past with all rights over the database is found.

use casebind::custody::check::Checkpoints;
use casebind::steps::StepError;
use casebind::steps::custody::When;
use casebind::steps::traces::Origin;
use casebind::store::traces::Trace;

use crate::support::{Case, House, Who};

use super::{checked, kinds, room, sign};

/// A chain of some length with a checkpoint, and nothing that guards it.
async fn linked(house: &House) -> i64 {
    let case = Case::printed(&house.applicant().await).await;
    let manager = house.sign_in(Who::Manager).await;
    for _ in 0..3 {
        manager.get(&case.path("")).await.expect(200);
    }
    let size = sign(house).await.unwrap();
    for table in ["flow", "traces", "trace_cases", "custody_links", "custody_tiles", "custody_checkpoints"] {
        house.unguard(table).await;
    }
    i64::try_from(size).unwrap()
}

/// The identifier of one row.
async fn id(house: &House, sql: &str) -> String {
    house.texts(sql).await.remove(0)
}

/// Leaves a trace of a refused step, with words that a disposal erases.
async fn refused(house: &House, case: &str) {
    let manager = Who::Manager.login();
    let trace = Trace {
        person: Some(&manager),
        action: "refused",
        case: Some(case),
        detail: "print in closed: wrong-state",
        ..Trace::default()
    };
    house.office().trace(&Origin::new("198.51.100.23".into(), String::new()), trace).await.unwrap();
}

/// Makes all links anew from the rows as they are now, as somebody would who owns the database.
async fn make_anew(house: &House) {
    for sql in [
        "DELETE FROM custody_links",
        "DELETE FROM custody_tiles",
        "DELETE FROM custody_checkpoints",
        "UPDATE custody_head SET size = 0, hash = NULL, appended = 0",
        "INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT id, 'flow', at, case_id FROM flow",
        "INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT id, 'trace', at, case_id FROM traces",
    ] {
        house.sql(sql).await;
    }
    house.office().chain().await.unwrap();
}

both! {
    async fn an_edited_row_is_found_whatever_was_edited(house) {
        linked(&house).await;
        let trace = id(&house, "SELECT id FROM traces WHERE case_id IS NOT NULL ORDER BY id LIMIT 1").await;
        let flow = id(&house, "SELECT id FROM flow WHERE event = 'print' LIMIT 1").await;
        for (table, row, column, forged) in [
            ("flow", &flow, "actor_name", "'別人'"),
            ("flow", &flow, "reason", "'別的原因'"),
            ("flow", &flow, "event", "'decline'"),
            ("flow", &flow, "to_state", "'closed'"),
            ("flow", &flow, "evidence", "'[]'"),
            ("flow", &flow, "at", "at + 1000"),
            ("traces", &trace, "person_name", "'別人'"),
            ("traces", &trace, "action", "'view-print'"),
            ("traces", &trace, "remote", "'203.0.113.9'"),
            ("traces", &trace, "at", "at - 60000"),
            ("traces", &trace, "case_id", "NULL"),
        ] {
            // The forged value and back again: what stood there is kept beside it.
            house.sql(&format!("CREATE TABLE kept_aside AS SELECT {column} AS value FROM {table} WHERE id = '{row}'")).await;
            house.sql(&format!("UPDATE {table} SET {column} = {forged} WHERE id = '{row}'")).await;
            let found = checked(&house).await.1;
            assert_eq!(found.len(), 1, "{table}.{column}: {found:#?}");
            assert_eq!(found[0].kind.as_str(), "row-edited", "{table}.{column}");
            assert!(found[0].id.contains(row.as_str()) && !found[0].repair.is_empty(), "{:?}", found[0]);
            house.sql(&format!("UPDATE {table} SET {column} = (SELECT value FROM kept_aside) WHERE id = '{row}'")).await;
            house.sql("DROP TABLE kept_aside").await;
        }
        assert!(kinds(&house).await.is_empty(), "and all is well again");
    }

    async fn rows_that_were_swapped_deleted_or_inserted_are_found(house) {
        linked(&house).await;
        let ids = house.texts("SELECT id FROM traces WHERE action = 'view-case' ORDER BY id").await;
        let (one, two) = (&ids[0], &ids[1]);
        for (from, to) in [(one.as_str(), "aside"), (two, one), ("aside", two)] {
            house.sql(&format!("UPDATE traces SET id = '{to}' WHERE id = '{from}'")).await;
        }
        let found = checked(&house).await.1;
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found.iter().all(|finding| finding.kind.as_str() == "row-edited"));
        for (from, to) in [(one.as_str(), "aside"), (two, one), ("aside", two)] {
            house.sql(&format!("UPDATE traces SET id = '{to}' WHERE id = '{from}'")).await;
        }
        assert!(kinds(&house).await.is_empty());
        house.sql(
            "INSERT INTO traces (id, at, action, detail, remote, request_id) VALUES ('forged', 1, 'view-case', '', '', '')",
        )
        .await;
        assert_eq!(kinds(&house).await, ["row-inserted"]);
        house.sql("DELETE FROM traces WHERE id = 'forged'").await;
        house.sql(
            "INSERT INTO flow (id, case_id, seq, at, actor_id, actor_name, actor_role, event, from_state, to_state, \
             reason, evidence) SELECT 'forged', case_id, 99, at, actor_id, actor_name, actor_role, event, from_state, \
             to_state, reason, evidence FROM flow WHERE event = 'print'",
        )
        .await;
        assert_eq!(kinds(&house).await, ["row-inserted"]);
        house.sql("DELETE FROM flow WHERE id = 'forged'").await;
        assert!(kinds(&house).await.is_empty());
        house.sql("DELETE FROM flow WHERE event = 'print'").await;
        assert_eq!(kinds(&house).await, ["row-deleted"]);
        house.sql(&format!("DELETE FROM traces WHERE id = '{one}'")).await;
        let found = checked(&house).await.1;
        assert_eq!(found.iter().filter(|finding| finding.kind.as_str() == "row-deleted").count(), 2, "{found:#?}");
    }

    async fn whom_a_list_showed_can_not_be_changed_unseen(house) {
        let browser = house.applicant().await;
        let (shown, kept) = (Case::printed(&browser).await, Case::printed(&browser).await);
        browser.get("/cases").await.expect(200);
        linked(&house).await;
        let of = |case: &str| format!("DELETE FROM trace_cases WHERE case_id = '{case}'");
        let (shown, kept) = (shown.id(&house).await, kept.id(&house).await);
        assert!(house.number(&format!("SELECT COUNT(*) FROM trace_cases WHERE case_id = '{shown}'")).await > 0);
        house.sql(&of(&shown)).await;
        let found = checked(&house).await.1;
        assert!(!found.is_empty() && found.iter().all(|finding| finding.kind.as_str() == "row-edited"), "{found:#?}");
        let before = found.len();
        house.sql(&of(&kept)).await;
        assert_eq!(checked(&house).await.1.len(), before, "the same traces");
    }

    async fn links_that_were_edited_moved_or_deleted_are_found(house) {
        linked(&house).await;
        for (sql, back, expected) in [
            (
                "UPDATE custody_links SET appended = appended + 1 WHERE seq = 2",
                "UPDATE custody_links SET appended = appended - 1 WHERE seq = 2",
                &["link-edited", "time-backwards"][..],
            ),
            (
                "UPDATE custody_links SET at = at + 1 WHERE seq = 2",
                "UPDATE custody_links SET at = at - 1 WHERE seq = 2",
                &["link-edited"],
            ),
        ] {
            house.sql(sql).await;
            assert_eq!(kinds(&house).await, expected, "{sql}");
            house.sql(back).await;
        }
        for swap in [(2, -1), (3, 2), (-1, 3)] {
            house.sql(&format!("UPDATE custody_links SET seq = {} WHERE seq = {}", swap.1, swap.0)).await;
        }
        assert_eq!(kinds(&house).await, ["link-edited", "recomputed"]);
        for swap in [(2, -1), (3, 2), (-1, 3)] {
            house.sql(&format!("UPDATE custody_links SET seq = {} WHERE seq = {}", swap.1, swap.0)).await;
        }
        assert!(kinds(&house).await.is_empty());
        house.sql("DELETE FROM custody_links WHERE seq = 2").await;
        assert_eq!(kinds(&house).await, ["link-missing", "row-inserted"]);
    }

    async fn a_tail_that_was_cut_off_is_found_by_the_checkpoint_alone(house) {
        let size = linked(&house).await;
        let (cut, last) = (size - 2, size - 3);
        for sql in [
            format!("DELETE FROM traces WHERE id IN (SELECT row_id FROM custody_links WHERE seq >= {cut})"),
            format!("DELETE FROM flow WHERE id IN (SELECT row_id FROM custody_links WHERE seq >= {cut})"),
            format!("DELETE FROM custody_links WHERE seq >= {cut}"),
            format!(
                "UPDATE custody_head SET size = {cut}, hash = (SELECT hash FROM custody_links WHERE seq = {last})"
            ),
            "DELETE FROM custody_checkpoints".to_owned(),
        ] {
            house.sql(&sql).await;
        }
        assert_eq!(kinds(&house).await, ["tail-cut"]);
        let alone = house.office().check_custody(Checkpoints::default(), &mut |finding| panic!("{finding:?}")).await;
        assert_eq!(alone.unwrap().covered, 0, "without a checkpoint nothing is vouched for");
    }

    async fn a_chain_that_was_made_anew_is_found_by_an_older_checkpoint_and_not_signed(house) {
        linked(&house).await;
        house.sql("UPDATE flow SET reason = '別的原因' WHERE event = 'print'").await;
        make_anew(&house).await;
        assert_eq!(kinds(&house).await, ["recomputed"]);
        house.applicant().await.get("/cases").await.expect(200);
        house.office().chain().await.unwrap();
        let error = house.office().checkpoint(&room(&house), When::Now).await.unwrap_err();
        assert!(matches!(error, StepError::Custody(_)), "{error}");
    }

    async fn erased_words_are_told_and_the_chain_stays_whole(house) {
        linked(&house).await;
        let row = id(&house, "SELECT id FROM flow WHERE event = 'print' LIMIT 1").await;
        house.sql(&format!("UPDATE flow SET actor_name = '', reason = '' WHERE id = '{row}'")).await;
        assert_eq!(kinds(&house).await, ["row-edited"], "an edit, as long as the salt is there");
        house.sql(&format!("UPDATE custody_links SET salt = NULL WHERE row_id = '{row}'")).await;
        assert_eq!(kinds(&house).await, ["row-erased"]);
        house.sql(&format!("UPDATE flow SET reason = 'x' WHERE id = '{row}'")).await;
        assert_eq!(kinds(&house).await, ["row-edited"], "words that are there must be those that were linked");
    }

    async fn words_are_gone_by_right_only_where_the_chain_tells_of_the_approval(house) {
        linked(&house).await;
        let row = id(&house, "SELECT id FROM flow WHERE event = 'print' LIMIT 1").await;
        let case = id(&house, &format!("SELECT case_id FROM flow WHERE id = '{row}'")).await;
        house.sql(&format!("UPDATE flow SET actor_name = '', reason = '' WHERE id = '{row}'")).await;
        house.sql(&format!("UPDATE custody_links SET salt = NULL WHERE row_id = '{row}'")).await;
        assert_eq!(kinds(&house).await, ["row-erased"]);
        house.sql(&format!(
            "INSERT INTO disposals (id, case_id, kind, years, kept_until, proposed_by, proposed_at, outcome, \
             decided_by, decided_at, remark, certificate) SELECT 'forged', '{case}', 'counselling', 10, '2020-01-01', \
             '{}', 1, 'approved', '{}', 2, '', MIN(digest) FROM documents",
            Who::Manager.login(), Who::Supervisor.login(),
        )).await;
        assert_eq!(kinds(&house).await, ["row-erased"], "an approval of a case that is still there");
        house.sql(&format!("UPDATE cases SET disposed_at = 2 WHERE id = '{case}'")).await;
        assert_eq!(kinds(&house).await, ["row-erased"], "an approval that no link tells of");
    }

    async fn who_saw_a_case_that_is_gone_can_not_be_changed_unseen(house) {
        let case = crate::disposal::due(&house).await;
        let id = case.id(&house).await;
        refused(&house, &id).await;
        sign(&house).await;
        crate::disposal::dispose_of(&house, &case).await;
        sign(&house).await;
        for table in ["flow", "traces", "custody_links"] {
            house.unguard(table).await;
        }
        assert!(checked(&house).await.1.is_empty(), "a disposal is no finding: {:#?}", checked(&house).await.1);
        let row = async |which: &str| {
            house.texts(&format!(
                "SELECT l.row_id FROM custody_links l JOIN traces t ON t.id = l.row_id WHERE l.case_id = '{id}' \
                 AND l.kind = 'trace' AND t.person_name <> '' AND {which} ORDER BY l.seq"
            )).await.remove(0)
        };
        let (erased, plain) = (row("l.salt IS NULL AND t.remote <> ''").await, row("l.salt IS NOT NULL AND t.detail = ''").await);
        for (column, forged) in [("person_name", "'別人'"), ("person_name", "''"), ("remote", "'203.0.113.9'")] {
            house.sql(&format!("CREATE TABLE kept_aside AS SELECT {column} AS value FROM traces WHERE id = '{erased}'")).await;
            house.sql(&format!("UPDATE traces SET {column} = {forged} WHERE id = '{erased}'")).await;
            let found = checked(&house).await.1;
            assert_eq!(found.len(), 1, "{column} = {forged}: {found:#?}");
            assert!(found[0].id.contains(&erased), "{found:#?}");
            house.sql(&format!("UPDATE traces SET {column} = (SELECT value FROM kept_aside) WHERE id = '{erased}'")).await;
            house.sql("DROP TABLE kept_aside").await;
        }
        assert!(kinds(&house).await.is_empty(), "and all is well again");
        // One whose words never went: without its salt nothing speaks for it.
        house.sql(&format!("UPDATE custody_links SET salt = NULL WHERE row_id = '{plain}'")).await;
        house.sql(&format!("UPDATE traces SET person_name = '別人' WHERE id = '{plain}'")).await;
        assert_eq!(kinds(&house).await, ["row-edited"]);
        house.sql(&format!("UPDATE traces SET person_name = '', remote = '' WHERE id = '{plain}'")).await;
        assert_eq!(kinds(&house).await, ["row-erased"], "no approval lists it");
        // And the approval itself, when somebody changes what it lists.
        let approval = house.texts("SELECT id FROM traces WHERE action = 'approve-disposal'").await.remove(0);
        house.sql(&format!("UPDATE traces SET detail = '' WHERE id = '{approval}'")).await;
        let found = checked(&house).await.1;
        assert!(found.iter().any(|finding| finding.id.contains(&approval)), "{found:#?}");
        assert!(found.iter().any(|finding| finding.id.contains(&erased)), "{found:#?}");
    }
    async fn a_disposal_makes_nothing_right_that_was_changed_before_it(house) {
        let case = crate::disposal::small(&house).await;
        let id = case.id(&house).await;
        refused(&house, &id).await;
        sign(&house).await;
        house.unguard("traces").await;
        house.sql("UPDATE traces SET remote = '203.0.113.9' WHERE remote = '198.51.100.23'").await;
        assert_eq!(kinds(&house).await, ["row-edited"]);
        crate::disposal::dispose_of(&house, &case).await;
        sign(&house).await;
        let found = checked(&house).await.1;
        assert_eq!(found.len(), 1, "{found:#?}");
        let trace = house.texts("SELECT id FROM traces WHERE remote = '203.0.113.9'").await.remove(0);
        assert!(found[0].id.contains(&trace), "{found:#?}");
    }
}
