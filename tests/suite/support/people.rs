//! Users by kind, and the schools that they belong to.

use std::sync::OnceLock;

use casebind::case::role::{Actor, Role};
use casebind::case::stage::SchoolStage;
use casebind::identity::passwords::About;
use casebind::store::people::{self, Person};
use casebind::store::schools::{self, School};
use casebind::store::zones;
use casebind::web::App;

use super::House;
use super::house::passwords;

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";

/// The school of the applicant, in zone 1.
pub const SCHOOL: &str = "123602";
/// The kindergarten, in zone 1.
pub const KINDERGARTEN: &str = "023601";
/// The school of the other applicant, in zone 2.
pub const OTHER_SCHOOL: &str = "123304";

/// Users by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Bound to the elementary school in zone 1.
    Applicant,
    /// Of the same school.
    Colleague,
    /// Bound to the school in zone 2.
    OtherApplicant,
    /// Bound to the kindergarten.
    KindergartenApplicant,
    /// Hasn't chosen a school yet.
    Unbound,
    Manager,
    /// Of zone 1.
    Supervisor,
    /// Of zone 2.
    OtherSupervisor,
    /// A psychologist; assigned where a test says so.
    Professional,
    /// A social worker.
    OtherProfessional,
    Archivist,
    Administrator,
    /// Was an applicant once.
    Disabled,
}

impl Who {
    pub const ALL: [Self; 13] = [
        Self::Applicant,
        Self::Colleague,
        Self::OtherApplicant,
        Self::KindergartenApplicant,
        Self::Unbound,
        Self::Manager,
        Self::Supervisor,
        Self::OtherSupervisor,
        Self::Professional,
        Self::OtherProfessional,
        Self::Archivist,
        Self::Administrator,
        Self::Disabled,
    ];

    /// The name to log in with; also the account's identifier.
    pub fn login(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The name that others see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applicant => "王輔導",
            Self::Colleague => "林同事",
            Self::OtherApplicant => "陳老師",
            Self::KindergartenApplicant => "許園師",
            Self::Unbound => "林新進",
            Self::Manager => "陳個管",
            Self::Supervisor => "李督導",
            Self::OtherSupervisor => "郭督導",
            Self::Professional => "張心理",
            Self::OtherProfessional => "吳社工",
            Self::Archivist => "吳檔案",
            Self::Administrator => "周系統",
            Self::Disabled => "前老師",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Manager => Role::CaseManager,
            Self::Supervisor | Self::OtherSupervisor => Role::Supervisor,
            Self::Professional | Self::OtherProfessional => Role::Professional,
            Self::Archivist => Role::Archivist,
            Self::Administrator => Role::Administrator,
            _ => Role::Applicant,
        }
    }

    fn person(self) -> Person {
        let school = match self {
            Self::Applicant | Self::Colleague | Self::Disabled => Some(SCHOOL),
            Self::OtherApplicant => Some(OTHER_SCHOOL),
            Self::KindergartenApplicant => Some(KINDERGARTEN),
            _ => None,
        };
        let zone = match self {
            Self::Supervisor => Some("zone-1"),
            Self::OtherSupervisor => Some("zone-2"),
            _ => None,
        };
        let profession = match self {
            Self::Professional => Some("心理師"),
            Self::OtherProfessional => Some("社工師"),
            _ => None,
        };
        Person {
            id: self.login(),
            login: self.login(),
            name: self.name().into(),
            email: format!("{}@example.org", self.login()),
            password_hash: Some(hash().to_owned()),
            school: school.map(str::to_owned),
            zone: zone.map(str::to_owned),
            profession: profession.map(str::to_owned),
            active: self != Self::Disabled,
            roles: vec![self.role()],
        }
    }

    /// As the rules need to know this person.
    pub fn actor(self) -> Actor {
        self.person().actor()
    }
}

/// Makes zones, schools and people.
pub async fn settle(app: &App) {
    let now = app.office.world.now();
    let mut tx = app.office.store.write().await.expect("a transaction");
    for (id, name) in [("zone-1", "第一區"), ("zone-2", "第二區")] {
        schools::put_zone(&mut tx, id, name).await.expect("a zone");
    }
    for (district, zone) in [("三民區", "zone-1"), ("新興區", "zone-1"), ("左營區", "zone-2")] {
        zones::move_district(&mut tx, district, Some(zone)).await.expect("a district");
    }
    for (code, name, district, stage, zone) in [
        (SCHOOL, "測試國小", "三民區", SchoolStage::Elementary, "zone-1"),
        (KINDERGARTEN, "測試幼兒園", "新興區", SchoolStage::Kindergarten, "zone-1"),
        (OTHER_SCHOOL, "測試高中", "左營區", SchoolStage::SeniorHigh, "zone-2"),
    ] {
        let school = School {
            code: code.into(),
            name: name.into(),
            district: district.into(),
            stage,
            zone: Some(zone.into()),
        };
        schools::put(&mut tx, &school).await.expect("a school");
    }
    for who in Who::ALL {
        people::add(&mut tx, &who.person(), now).await.expect("a person");
    }
    tx.commit().await.expect("committed");
    app.office.accept_notice_for_made_up_people().await.expect("accepted");
}

impl House {
    /// Lets this person serve a case from now on, as 派案 will.
    pub async fn assign(&self, case: &str, who: Who) {
        let (id, now) = (self.office().world.new_id(), self.office().world.now());
        let who = who.login();
        self.sql(&format!(
            "INSERT INTO assignments (id, case_id, person_id, since) \
             SELECT '{id}', id, '{who}', {now} FROM cases WHERE number = '{case}'"
        ))
        .await;
    }
}

fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| passwords().hash(PASSWORD, &About::default()).expect("long enough"))
}
