//! The life cycle's table as a generator of tests: a case that is put into each state, somebody of each role, and what
//! the table says of each event. Pages and API are held to it alike.

use casebind::case::event::Event;
use casebind::case::lifecycle::{TABLE, To};
use casebind::case::role::Role;
use casebind::case::state::State;

use crate::review::find_everything_good;

use super::{Case, House, Who};

/// Somebody of each role who has to do with the case.
pub const PEOPLE: [(Role, Who); 6] = [
    (Role::Applicant, Who::Applicant),
    (Role::CaseManager, Who::Manager),
    (Role::Supervisor, Who::Supervisor),
    (Role::Professional, Who::Professional),
    (Role::Archivist, Who::Archivist),
    (Role::Administrator, Who::Administrator),
];

/// A case that is put into one state after the other.
pub struct Stage {
    /// The case.
    pub case: Case,
    /// Its scan.
    pub scan: String,
    id: String,
    content: String,
}

impl Stage {
    /// A case that was submitted, and whose papers were found good.
    pub async fn set(house: &House) -> Self {
        let case = Case::submitted(house, &house.applicant().await).await;
        find_everything_good(house, &case).await;
        let dossier = case.dossier(house).await;
        Self {
            id: dossier.case.id,
            scan: dossier.scans[0].id.clone(),
            content: house.words("cases", "content", "").await.remove(0),
            case,
        }
    }

    /// The case in this state, with everything that the event needs of it.
    pub async fn put(&self, house: &House, state: State, event: Event) {
        let Self { id, scan, content, .. } = self;
        let supplements = "SELECT id FROM supplements";
        // Corrections are for good; here each attempt begins without the one before it.
        house.unguard("corrections").await;
        for leftover in [
            "corrections",
            "closings",
            "assignments",
            &format!("supplement_items WHERE supplement_id IN ({supplements})"),
            "supplements",
            "prints WHERE revision > 1",
        ] {
            house.sql(&format!("DELETE FROM {leftover}")).await;
        }
        let bound = if sealed(state) { format!("'{scan}'") } else { "NULL".into() };
        house
            .sql(&format!(
                "UPDATE cases SET state = '{}', bound_scan_id = {bound}, applicant_id = 'applicant', content = '{content}'",
                state.as_str()
            ))
            .await;
        // Before 送件 the scan is one that was never bound, and came after whatever was returned.
        let bound_at = if sealed(state) { "1" } else { "NULL" };
        let now = house.office().world.now();
        house.sql(&format!("UPDATE scans SET bound_at = {bound_at}, uploaded_at = {now}")).await;
        house.assign(&self.case.number, Who::Professional).await;
        if state == State::Supplement {
            house
                .sql(&format!("INSERT INTO supplements VALUES ('s', '{id}', '請說明', 'manager', 1, NULL)"))
                .await;
            house
                .sql("INSERT INTO supplement_items VALUES ('s', 1, 'content', 'note', '備註', '', '無')")
                .await;
        }
        if matches!(event, Event::Close | Event::SendClosingBack) {
            house
                .sql(&format!(
                    "INSERT INTO closings VALUES \
                     ('c', '{id}', 'improved', '', '摘要', 'otherprofessional', 1, 'open', NULL, NULL, '')"
                ))
                .await;
        }
    }
}

/// Whether a case in this state rests on a bound scan.
pub fn sealed(state: State) -> bool {
    !matches!(state, State::Draft | State::Sealing)
}

/// Whether somebody of this role sees the case at all.
pub fn sees(role: Role, state: State) -> bool {
    match role {
        Role::Applicant | Role::CaseManager | Role::Professional => true,
        Role::Supervisor | Role::Archivist => sealed(state),
        Role::Administrator => false,
    }
}

/// What the table says: the state after, or the reason of the refusal.
pub fn expected(state: State, event: Event, role: Role) -> Result<State, &'static str> {
    let here: Vec<_> = TABLE.iter().filter(|row| row.event == event && row.from.contains(&state)).collect();
    match here.iter().find(|row| row.role == role) {
        Some(row) => Ok(if let To::State(to) = row.to { to } else { state }),
        None if here.is_empty() => Err("wrong-state"),
        None => Err("wrong-role"),
    }
}

/// How many refused attempts were traced so far.
pub async fn refusals(house: &House) -> i64 {
    house.number("SELECT COUNT(*) FROM traces WHERE action = 'refused'").await
}
