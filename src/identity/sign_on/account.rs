//! The account of somebody who signs on: the one that their identity is linked to, or a new one of an applicant.

use crate::case::ids::Digest;
use crate::case::role::Role;
use crate::clock::World;
use crate::store::changes::{self, By, Change};
use crate::store::identities::{self, Seen};
use crate::store::people::{self, Person};
use crate::store::{Store, StoreError, schools};

use super::claims::Claimed;
use super::trouble::Trouble;

/// Who may come in.
pub struct Admitted {
    /// The account.
    pub person: Person,
    /// It was made just now.
    pub is_new: bool,
    /// Codes of schools of ours that the provider names.
    pub schools: Vec<String>,
}

/// Finds the account, or makes one.
pub async fn admit(
    store: &Store,
    world: &World,
    issuer: &str,
    claimed: &Claimed,
    id_token: &str,
) -> Result<Admitted, Trouble> {
    match try_admit(store, world, issuer, claimed, id_token).await {
        // Two windows of one newcomer: by now the other one's account is there.
        Err(Trouble::Store(error)) if error.is_taken() => {
            try_admit(store, world, issuer, claimed, id_token).await
        }
        other => other,
    }
}

async fn try_admit(
    store: &Store,
    world: &World,
    issuer: &str,
    claimed: &Claimed,
    id_token: &str,
) -> Result<Admitted, Trouble> {
    let now = world.now();
    let mut tx = store.write().await?;
    let known = identities::person(&mut tx, issuer, &claimed.subject).await?;
    let is_new = known.is_none();
    let person = match known {
        Some(id) => people::by_id(&mut tx, &id).await?,
        None => {
            let person = newcomer(world, issuer, claimed);
            // An account that this sign-on had made was unlinked: an administrator decides what becomes of it.
            if people::by_login(&mut tx, &person.login).await?.is_some() {
                return Err(Trouble::Inactive);
            }
            people::add(&mut tx, &person, now).await?;
            identities::link(&mut tx, issuer, &claimed.subject, &person.id, now).await?;
            let by = By { actor: None, name: issuer, source: "sign-on", remote: "", request: "" };
            let (subject, name) = (person.id.as_str(), person.login.as_str());
            let made = Change { kind: "account", subject, name, field: "made", ..Change::default() };
            changes::add(&mut tx, &world.new_id(), now, by, Change { new: &person.name, ..made }).await?;
            let roles = Change { field: "roles", new: Role::Applicant.as_str(), ..made };
            changes::add(&mut tx, &world.new_id(), now, by, roles).await?;
            Some(person)
        }
    };
    let person = person.filter(|person| person.active).ok_or(Trouble::Inactive)?;
    let mut ours = Vec::new();
    for code in &claimed.schools {
        if schools::find_open(&mut tx, code).await?.is_some() {
            ours.push(code.clone());
        }
    }
    let seen = Seen { schools: &ours, id_token, at: now };
    identities::seen(&mut tx, issuer, &claimed.subject, &seen).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Admitted { person, is_new, schools: ours })
}

/// An applicant without a school yet, and without a password: nobody logs in by this login.
fn newcomer(world: &World, issuer: &str, claimed: &Claimed) -> Person {
    let name = if claimed.name.is_empty() { "未提供姓名" } else { &claimed.name };
    Person {
        id: world.new_id(),
        login: format!("sso-{}", Digest::of(format!("{issuer} {}", claimed.subject).as_bytes()).short()),
        name: name.to_owned(),
        email: claimed.email.clone(),
        password_hash: None,
        school: None,
        zone: None,
        profession: None,
        active: true,
        roles: vec![Role::Applicant],
    }
}
