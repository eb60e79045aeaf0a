//! An account is made, and what it says is changed.

use crate::case::account::{Draft, Fault};
use crate::case::mail_kind::MailKind;
use crate::case::role::Role;
use crate::identity::credentials;
use crate::steps::{Office, StepError};
use crate::store::accounts::{self, Account};
use crate::store::changes::Change;
use crate::store::{StoreError, Tx, schools};

use super::{Hand, insist_on_another};

impl Office {
    /// Makes an account that has no password yet. Returns its identifier.
    ///
    /// # Errors
    /// [`StepError::Account`] for what won't do.
    pub async fn make_account(&self, hand: Hand<'_>, draft: Draft) -> Result<String, StepError> {
        let mut tx = self.store.write().await?;
        let id = self.make_account_in(&mut tx, hand, draft).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The same inside a transaction.
    ///
    /// # Errors
    /// As [`Self::make_account`].
    pub async fn make_account_in(
        &self,
        tx: &mut Tx,
        hand: Hand<'_>,
        draft: Draft,
    ) -> Result<String, StepError> {
        let draft = sound(tx, draft, None).await?;
        let id = self.world.new_id();
        accounts::add(tx, &id, &draft, self.world.now()).await.map_err(taken)?;
        let roles = labels(&draft.roles);
        let change =
            Change { kind: "account", subject: &id, name: &draft.login, field: "made", ..Change::default() };
        self.changed(tx, &hand, Change { new: &draft.name, ..change }).await?;
        self.changed(tx, &hand, Change { field: "roles", new: &roles, ..change }).await?;
        Ok(id)
    }

    /// Changes what an account says. `mark` is the account's as the page knew it; none: as it stands.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there, [`StepError::Conflict`] where somebody else was
    /// faster, [`StepError::Account`] for what won't do.
    pub async fn change_account(
        &self,
        hand: Hand<'_>,
        id: &str,
        mark: Option<&str>,
        draft: Draft,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let before = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if mark.is_some_and(|mark| mark != before.draft.mark()) {
            return Err(StepError::Conflict);
        }
        let draft = sound(&mut tx, draft, Some(&before)).await?;
        let roles_differ = draft.roles != before.draft.roles;
        if hand.is(id) && reach(&draft) != reach(&before.draft) {
            return Err(StepError::Account(vec![Fault::OwnRoles]));
        }
        if !draft.roles.contains(&Role::Administrator) {
            insist_on_another(&mut tx, &before).await?;
        }
        let now = self.world.now();
        accounts::set(&mut tx, id, &draft, now).await.map_err(taken)?;
        if roles_differ {
            accounts::set_roles(&mut tx, id, &draft.roles, now).await?;
        }
        // Who may do or see something else from now on proves afresh who they are.
        if reach(&draft) != reach(&before.draft) {
            credentials::end_all(&mut tx, &self.world, id, None).await?;
        }
        if draft.email != before.draft.email {
            credentials::end_ways_by_mail(&mut tx, id).await?;
            // Who had the address is told there: it may not be the owner's doing.
            let old = before.draft.email.trim();
            if !old.is_empty() {
                self.post_letter(&mut tx, MailKind::AddressChanged, None, old, id).await?;
            }
        }
        for (field, old, new) in differences(&before.draft, &draft) {
            let change = Change {
                kind: "account",
                subject: id,
                name: &before.draft.login,
                field,
                old: &old,
                new: &new,
                reason: "",
            };
            self.changed(&mut tx, &hand, change).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What decides whose cases somebody sees and what they may.
fn reach(draft: &Draft) -> (&[Role], [&str; 3]) {
    (&draft.roles, [&draft.school, &draft.zone, &draft.profession].map(String::as_str))
}

/// What won't do, found by looks at the draft and into the database; what stays as it is isn't looked at again.
async fn sound(tx: &mut Tx, draft: Draft, before: Option<&Account>) -> Result<Draft, StepError> {
    let (draft, mut faults) = draft.read();
    let kept = |now: &str, was: fn(&Draft) -> &String| before.is_some_and(|b| was(&b.draft) == now);
    if !draft.school.is_empty() && !kept(&draft.school, |d| &d.school) {
        match schools::standing(tx, &draft.school).await? {
            None => faults.push(Fault::SchoolUnknown),
            Some(standing) if standing.closed_at.is_some() => faults.push(Fault::SchoolClosed),
            Some(_) => {}
        }
    }
    if !draft.zone.is_empty() && schools::zone_name(tx, &draft.zone).await?.is_none() {
        faults.push(Fault::ZoneUnknown);
    }
    if !kept(&draft.login, |d| &d.login) && accounts::by_login(tx, &draft.login).await?.is_some() {
        faults.push(Fault::LoginTaken);
    }
    if faults.is_empty() { Ok(draft) } else { Err(StepError::Account(faults)) }
}

/// A login that somebody took between the look and the write.
fn taken(error: StoreError) -> StepError {
    if error.is_taken() { StepError::Account(vec![Fault::LoginTaken]) } else { error.into() }
}

fn labels(roles: &[Role]) -> String {
    roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")
}

/// The fields that differ, with both values.
fn differences(before: &Draft, after: &Draft) -> Vec<(&'static str, String, String)> {
    let fields = [
        ("login", before.login.clone(), after.login.clone()),
        ("name", before.name.clone(), after.name.clone()),
        ("email", before.email.clone(), after.email.clone()),
        ("roles", labels(&before.roles), labels(&after.roles)),
        ("school", before.school.clone(), after.school.clone()),
        ("zone", before.zone.clone(), after.zone.clone()),
        ("profession", before.profession.clone(), after.profession.clone()),
    ];
    fields.into_iter().filter(|(_, old, new)| old != new).collect()
}
