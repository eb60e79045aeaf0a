//! The demonstration's schools and people: one school of each stage, one person per role and some more, and
//! a newcomer who hasn't chosen a school yet.

use crate::case::role::Role;
use crate::case::stage::SchoolStage;
use crate::cli::house::Trouble;
use crate::identity::passwords::{self, About};
use crate::store::people::{self, Person};
use crate::store::schools::{self, School};
use crate::store::zones;
use crate::web::App;

/// The school of the applicant who has cases already.
pub const SCHOOL: &str = "123602";

const SCHOOLS: [(&str, &str, &str, SchoolStage, &str); 5] = [
    ("123601", "示範幼兒園", "新興區", SchoolStage::Kindergarten, "zone-1"),
    ("123602", "示範國小", "三民區", SchoolStage::Elementary, "zone-1"),
    ("123503", "示範國中", "三民區", SchoolStage::JuniorHigh, "zone-1"),
    ("123304", "示範高中", "左營區", SchoolStage::SeniorHigh, "zone-2"),
    ("123905", "示範實驗教育機構", "鳳山區", SchoolStage::NonSchool, "zone-2"),
];

struct Maker {
    login: &'static str,
    name: &'static str,
    role: Role,
    school: Option<&'static str>,
    zone: Option<&'static str>,
    profession: Option<&'static str>,
}

const fn maker(login: &'static str, name: &'static str, role: Role) -> Maker {
    Maker { login, name, role, school: None, zone: None, profession: None }
}

fn makers() -> [Maker; 10] {
    [
        Maker { school: Some(SCHOOL), ..maker("counsellor", "王輔導", Role::Applicant) },
        maker("newcomer", "林新進", Role::Applicant),
        Maker { school: Some("123503"), ..maker("teacher", "許老師", Role::Applicant) },
        maker("manager", "陳個管", Role::CaseManager),
        Maker { zone: Some("zone-1"), ..maker("supervisor", "李督導", Role::Supervisor) },
        Maker { zone: Some("zone-2"), ..maker("supervisor2", "郭督導", Role::Supervisor) },
        Maker { profession: Some("心理師"), ..maker("psychologist", "張心理", Role::Professional) },
        Maker { profession: Some("社工師"), ..maker("worker", "吳社工", Role::Professional) },
        maker("archivist", "吳檔案", Role::Archivist),
        maker("admin", "周系統", Role::Administrator),
    ]
}

/// Makes schools and people where they aren't there, and gives everyone a new password.
/// Returns role, login and password of each.
pub async fn make(app: &App) -> Result<Vec<(String, String, String)>, Trouble> {
    let office = &app.office;
    let mut made = Vec::new();
    let mut tx = office.store.write().await?;
    for (id, name) in [("zone-1", "第一區"), ("zone-2", "第二區")] {
        schools::put_zone(&mut tx, id, name).await?;
    }
    for (code, name, district, stage, zone) in SCHOOLS {
        // The demonstration's districts lie where its schools do, until somebody moves them.
        if zones::of_district(&mut tx, district).await?.is_none() {
            zones::move_district(&mut tx, district, Some(zone)).await?;
        }
        let school = School {
            code: code.into(),
            name: name.into(),
            district: district.into(),
            stage,
            zone: Some(zone.into()),
        };
        schools::put(&mut tx, &school).await?;
    }
    tx.commit().await?;
    for maker in makers() {
        let password = passwords::random(&office.world.entropy);
        let hash = app.passwords.make(&password, &About::default()).await?;
        let mut tx = office.store.write().await?;
        match people::by_login(&mut tx, maker.login).await? {
            Some(person) => people::set_password(&mut tx, &person.id, &hash, office.world.now()).await?,
            None => {
                let person = person(app, &maker, hash);
                people::add(&mut tx, &person, office.world.now()).await?;
            }
        }
        tx.commit().await?;
        made.push((maker.role.to_string(), maker.login.to_owned(), password));
    }
    Ok(made)
}

fn person(app: &App, maker: &Maker, hash: String) -> Person {
    Person {
        id: app.office.world.new_id(),
        login: maker.login.into(),
        name: maker.name.into(),
        email: format!("{}@example.org", maker.login),
        password_hash: Some(hash),
        school: maker.school.map(str::to_owned),
        zone: maker.zone.map(str::to_owned),
        profession: maker.profession.map(str::to_owned),
        active: true,
        roles: vec![maker.role],
    }
}
