//! The navigation: which entries each role sees, in the order of the work, and where someone's work begins.

use crate::case::role::{Actor, Role};
use crate::steps::waiting::Waiting;

use super::pages::frame::{Here, NavLink};

/// One entry, for whom it is, and where it leads.
struct Entry {
    here: Here,
    label: &'static str,
    href: &'static str,
    roles: &'static [Role],
}

const fn entry(here: Here, label: &'static str, href: &'static str, roles: &'static [Role]) -> Entry {
    Entry { here, label, href, roles }
}

/// All entries. The first one that a person sees is where their work begins.
const ENTRIES: &[Entry] = &[
    entry(Here::Dispatch, "派案", "/dispatch", &[Role::Supervisor]),
    entry(Here::Served, "我的服務案件", "/served", &[Role::Professional]),
    entry(Here::Mine, "我的申請案件", "/cases", &[Role::Applicant]),
    entry(Here::Queue, "待審核", "/queue", &[Role::CaseManager]),
    entry(
        Here::All,
        "案件查詢",
        "/cases?scope=all",
        &[Role::CaseManager, Role::Supervisor, Role::Professional, Role::Archivist],
    ),
    entry(Here::Retrieval, "調閱", "/retrieval", &[Role::Archivist]),
    entry(Here::WaitingAccounts, "待啟用帳號", "/accounts/waiting", &[Role::CaseManager]),
    entry(Here::Statistics, "統計", "/statistics", &[Role::CaseManager, Role::Supervisor]),
    entry(Here::Retention, "保存年限", "/retention", &[Role::Archivist]),
    entry(Here::Applicants, "申請人", "/applicants", &[Role::CaseManager]),
    entry(Here::Accounts, "帳號", "/admin/accounts", &[Role::Administrator]),
    entry(Here::Schools, "學校", "/admin/schools", &[Role::Administrator]),
    entry(Here::Zones, "分區", "/zones", &[Role::Administrator]),
    entry(Here::Fixity, "原件檢查", "/fixity", &[Role::Archivist, Role::Administrator]),
    entry(Here::Mail, "郵件寄送", "/admin/mail", &[Role::Administrator]),
    entry(Here::System, "系統", "/admin/settings", &[Role::Administrator]),
];

/// The entries that this person sees, with how much waits behind each.
#[must_use]
pub fn links(actor: &Actor, waiting: Waiting) -> Vec<NavLink> {
    let link = |entry: &Entry| NavLink {
        here: entry.here,
        label: entry.label.into(),
        href: entry.href.into(),
        count: match entry.here {
            Here::WaitingAccounts => waiting.registered,
            Here::Retention => waiting.disposals,
            Here::Fixity => waiting.findings,
            Here::Mail => waiting.mails,
            Here::Accounts => waiting.reviews,
            _ => 0,
        },
    };
    seen(actor).map(link).collect()
}

/// Where this person's work begins.
#[must_use]
pub fn start(actor: &Actor) -> &'static str {
    // Who has no school yet is led from the list to choosing one.
    let begin = if actor.is(Role::Applicant) { "/cases" } else { "/account" };
    seen(actor).next().map_or(begin, |entry| entry.href)
}

fn seen(actor: &Actor) -> impl Iterator<Item = &'static Entry> {
    let settled = |here: Here, role: &Role| match role {
        // Before a school is chosen there is nothing to see in the list.
        Role::Applicant => actor.school.is_some(),
        // What is counted is the own zone.
        Role::Supervisor if here == Here::Statistics => actor.zone.is_some(),
        _ => true,
    };
    let sees =
        move |entry: &&Entry| entry.roles.iter().any(|role| actor.is(*role) && settled(entry.here, role));
    ENTRIES.iter().filter(sees)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(roles: &[Role], school: Option<&str>) -> Actor {
        Actor {
            id: "p".into(),
            name: "王".into(),
            roles: roles.to_vec(),
            school: school.map(str::to_owned),
            zone: None,
        }
    }

    #[test]
    fn everyone_begins_somewhere() {
        assert_eq!(start(&actor(&[Role::Applicant], None)), "/cases");
        assert_eq!(start(&actor(&[Role::Applicant], Some("123602"))), "/cases");
        assert_eq!(start(&actor(&[], None)), "/account");
        assert_eq!(start(&actor(&[Role::Supervisor], None)), "/dispatch");
        assert_eq!(start(&actor(&[Role::Professional], None)), "/served");
        assert_eq!(start(&actor(&[Role::Archivist], None)), "/cases?scope=all");
        assert_eq!(start(&actor(&[Role::Administrator], None)), "/admin/accounts");
    }

    #[test]
    fn a_supervisor_without_a_zone_counts_nothing() {
        let here =
            |actor: &Actor| links(actor, Waiting::default()).iter().any(|link| link.here == Here::Statistics);
        let supervisor = actor(&[Role::Supervisor], None);
        assert!(!here(&supervisor));
        assert!(here(&Actor { zone: Some("zone-1".into()), ..supervisor }));
        assert!(here(&actor(&[Role::Supervisor, Role::CaseManager], None)));
    }

    #[test]
    fn archivists_and_administrators_see_how_much_waits() {
        let waiting = Waiting { registered: 9, disposals: 1, findings: 2, mails: 3, reviews: 4 };
        let counts = |role| {
            let links = links(&actor(&[role], None), waiting);
            let counted = links.into_iter().filter(|link| link.count > 0);
            counted.map(|link| format!("{} {}", link.label, link.count)).collect::<Vec<_>>()
        };
        assert_eq!(counts(Role::Archivist), ["保存年限 1", "原件檢查 2"]);
        assert_eq!(counts(Role::Administrator), ["帳號 4", "原件檢查 2", "郵件寄送 3"]);
        assert!(counts(Role::Professional).is_empty());
    }

    #[test]
    fn an_applicant_without_a_school_has_no_list_yet() {
        assert!(links(&actor(&[Role::Applicant], None), Waiting::default()).is_empty());
        let both = links(
            &actor(&[Role::Applicant, Role::CaseManager], Some("123602")),
            Waiting { registered: 2, ..Waiting::default() },
        );
        assert_eq!(both.iter().map(|link| link.count).sum::<i64>(), 2);
        let here: Vec<_> = both.iter().map(|link| link.here).collect();
        assert!(here.contains(&Here::Mine) && here.contains(&Here::All), "{here:?}");
    }
}
