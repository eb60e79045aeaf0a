//! What a sign-on leaves behind is sealed as well: the last token, and the secrets of one under way.

use casebind::store::identities::{self, NewAttempt, Seen};

use crate::support::{House, Who};

const ISSUER: &str = "https://id.example.org/tenant";

/// Somebody who signed on once, and is under way again.
pub async fn begun(house: &House) {
    let (office, person) = (house.office(), Who::Applicant.login());
    let now = office.world.now();
    let mut tx = office.store.write().await.unwrap();
    identities::link(&mut tx, ISSUER, "person-1", &person, now).await.unwrap();
    let seen = Seen { schools: &[], id_token: "a token with a name", at: now };
    identities::seen(&mut tx, ISSUER, "person-1", &seen).await.unwrap();
    let attempt = NewAttempt {
        state_hash: "state",
        browser_hash: "browser",
        nonce: "a nonce",
        verifier: "a verifier",
        next: "/cases?q=%E7%8E%8B%E5%B0%8F%E6%98%8E",
        expires_at: now + 600_000,
    };
    identities::begin(&mut tx, &attempt, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// The values that nobody sealed.
async fn plain(house: &House) -> Vec<String> {
    let mut all = Vec::new();
    for (table, column) in [
        ("identities", "id_token"),
        ("sign_on_attempts", "nonce"),
        ("sign_on_attempts", "verifier"),
        ("sign_on_attempts", "next"),
    ] {
        let kept = house.texts(&format!("SELECT {column} FROM {table}")).await;
        assert_eq!(kept.len(), 1, "{table}.{column}");
        all.extend(kept.into_iter().filter(|value| !value.starts_with("~s1.")));
    }
    all
}

both! {
    async fn tokens_and_secrets_from_before_are_read_and_sealed(house) {
        begun(&house).await;
        assert_eq!(plain(&house).await, [""; 0]);
        house.sql("UPDATE identities SET id_token = 'a token from before'").await;
        house.sql("UPDATE sign_on_attempts SET nonce = 'a nonce from before', verifier = 'one from before'").await;
        assert_eq!(plain(&house).await.len(), 3);
        // As the migration leaves it.
        house.sql("UPDATE sealing SET generation = 0").await;
        assert!(house.office().seal_what_is_plain().await.unwrap().unwrap() >= 3);
        assert_eq!(plain(&house).await, [""; 0]);
        let mut tx = house.office().store.write().await.unwrap();
        let attempt = identities::take(&mut tx, "state", "browser").await.unwrap().unwrap();
        assert_eq!((attempt.nonce.as_str(), attempt.verifier.as_str()), ("a nonce from before", "one from before"));
        let token = identities::take_id_token(&mut tx, ISSUER, &Who::Applicant.login()).await.unwrap();
        assert_eq!(token.as_deref(), Some("a token from before"));
    }
}
