//! Words of a child where nobody thinks of them: pages of stacks, forms that are held for others, and kept filters.

use crate::support::{Case, House};

use super::{dispose_of, small};

/// A form that is held for somebody.
async fn held(house: &House, id: &str, address: &str, body: &str) {
    let now = house.office().world.now();
    house
        .sql(&format!(
            "INSERT INTO held_forms (id, person_id, address, back, body, at) \
             VALUES ('{id}', 'manager', '{address}', '/cases', '{body}', {now})"
        ))
        .await;
}

both! {
    async fn pages_that_were_nobodys_in_a_stack_of_the_case_tell_nothing(house) {
        let case = small(&house).await;
        let stored = house.office().originals.put_bytes(b"%PDF-1.7 a stack").await.unwrap();
        house.sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ('{}', {}, 'application/pdf', 1)",
            stored.digest, stored.bytes
        )).await;
        let other = house.office().originals.put_bytes(b"%PDF-1.7 another stack").await.unwrap();
        house.sql(&format!(
            "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ('{}', {}, 'application/pdf', 1)",
            other.digest, other.bytes
        )).await;
        for (id, digest) in [("again", stored.digest), ("its", stored.digest), ("other", other.digest)] {
            house.sql(&format!(
                "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
                 VALUES ('{id}', 'applicant', 'a.pdf', '{digest}', 2, 'done', 1, 1)"
            )).await;
            house.sql(&format!(
                "INSERT INTO stack_pages (stack_id, page, kind, reason) VALUES ('{id}', 2, 'stray', '王小明的信')"
            )).await;
        }
        house.sql(&format!(
            "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
             VALUES ('its', 1, '{}', '[1]', '[]', 'refused', NULL, '')",
            case.id(&house).await
        )).await;
        dispose_of(&house, &case).await;
        let reasons = house.texts("SELECT reason FROM stack_pages ORDER BY stack_id").await;
        assert_eq!(reasons, ["", "", "王小明的信"], "of the same file, of its own, and of a file that stays");
    }

    async fn a_held_form_goes_with_the_case_that_its_words_name(house) {
        let (case, other) = (small(&house).await, Case::opened(&house.applicant().await).await);
        let number = &case.number;
        held(&house, "by-address", &format!("/cases/{number}/content"), "problem=a").await;
        held(&house, "by-body", "/cases/several/assign", &format!("case={}&case={number}", other.number)).await;
        held(&house, "of-another", "/cases/several/assign", &format!("case={}", other.number)).await;
        dispose_of(&house, &case).await;
        assert_eq!(house.texts("SELECT id FROM held_forms").await, ["of-another"]);
    }

    async fn forms_are_held_for_a_day_whether_or_not_anybody_holds_another(house) {
        held(&house, "old", "/cases", "problem=a").await;
        house.wait(casebind::store::held::HELD_MILLIS);
        assert_eq!(house.office().sweep_drafts().await.unwrap(), Some(0), "a day isn't over");
        house.wait(60 * 60_000);
        assert_eq!(house.office().sweep_drafts().await.unwrap(), Some(1));
        assert_eq!(house.number("SELECT COUNT(*) FROM held_forms").await, 0);
    }

    async fn filters_go_that_find_the_child_by_a_part_of_a_name(house) {
        let case = small(&house).await;
        let queries = [
            ("part", "q=%E5%B0%8F%E6%98%8E"),
            ("subject", "subject=%E7%8E%8B%E5%B0%8F"),
            ("digits", "q=456789"),
            ("one-character", "q=%E7%8E%8B"),
            ("somebody-else", "q=%E9%99%B3%E5%A4%A7%E6%96%87"),
            ("no-keyword", "state=submitted"),
        ];
        for (id, query) in queries {
            house.sql(&format!(
                "INSERT INTO saved_filters (id, person_id, name, query, created_at) \
                 VALUES ('{id}', 'manager', '{id}', '{query}', 1)"
            )).await;
        }
        dispose_of(&house, &case).await;
        let left = house.texts("SELECT id FROM saved_filters ORDER BY id").await;
        assert_eq!(left, ["no-keyword", "one-character", "somebody-else"]);
    }
}
