//! Roles as values: whoever holds one is handed to a step as a [`CaseManager`] or an [`Administrator`], and a step
//! that demands one can't be called for anybody else.
//!
//! What concerns a case is judged by [`super::lifecycle`] beside it; what each role may is in [`super::rights`].

use std::ops::Deref;

use super::role::{Actor, Role};

/// Someone of whom it was seen that they hold a role.
pub trait Holder: Sized + Deref<Target = Actor> {
    /// The role.
    const ROLE: Role;

    /// This person, if they hold it.
    #[must_use]
    fn of(actor: &Actor) -> Option<Self>;
}

macro_rules! holders {
    ($( $(#[$about:meta])* $name:ident )+) => { $(
        $(#[$about])*
        #[derive(Clone, Debug)]
        pub struct $name(Actor);

        impl Holder for $name {
            const ROLE: Role = Role::$name;

            fn of(actor: &Actor) -> Option<Self> {
                actor.is(Self::ROLE).then(|| Self(actor.clone()))
            }
        }

        impl Deref for $name {
            type Target = Actor;

            fn deref(&self) -> &Actor {
                &self.0
            }
        }
    )+ };
}

holders! {
    /// 申請人
    Applicant
    /// 個管組
    CaseManager
    /// 分區督導
    Supervisor
    /// 專業輔導人員
    Professional
    /// 檔案管理
    Archivist
    /// 系統管理
    Administrator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_holds_the_role_becomes_its_holder() {
        let actor = Actor {
            id: "p".into(),
            name: "王".into(),
            roles: vec![Role::CaseManager],
            school: None,
            zone: None,
        };
        assert_eq!(CaseManager::of(&actor).map(|held| held.id.clone()), Some("p".into()));
        assert!(Administrator::of(&actor).is_none());
        assert!(Applicant::of(&actor).is_none());
    }
}
