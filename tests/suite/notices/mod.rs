//! What people are told: whom each event concerns, the page of notices, mail, reminders.

mod house;
mod mail;
mod page;
mod people;
mod remind;
mod sink;
mod smtp;

use casebind::case::role::Role;
use casebind::identity::limits::Rates;
use casebind::identity::links::{self, Purpose};
use casebind::mail::{Letterhead, Mailbox, Post};
use casebind::steps::office::Origin;
use casebind::steps::outbox::MailRoom;
use casebind::steps::register::Registering;
use casebind::store::people::{self as accounts, Person};
use tokio::sync::watch;

use crate::support::house::MINUTE;
use crate::support::people::KINDERGARTEN;
use crate::support::{House, Who};

/// An account beside those that every installation has.
async fn add(house: &House, login: &str, roles: &[Role], zone: Option<&str>, active: bool) {
    let person = Person {
        id: login.into(),
        login: login.into(),
        name: login.into(),
        email: format!("{login}@example.org"),
        password_hash: None,
        school: None,
        zone: zone.map(str::to_owned),
        profession: None,
        active,
        roles: roles.to_vec(),
    };
    let mut tx = house.office().store.write().await.unwrap();
    accounts::add(&mut tx, &person, house.office().world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A registration whose address is confirmed; its identifier.
async fn registered(house: &House, email: &str) -> String {
    let (office, origin) = (house.office(), Origin::default());
    let who = Registering { email, name: "許園長", school: KINDERGARTEN, password_hash: "$argon2id$" };
    office.register(&origin, &who).await.unwrap();
    let id = house.texts(&format!("SELECT id FROM registrations WHERE email = '{email}'")).await.remove(0);
    let mut tx = office.store.write().await.unwrap();
    let secret = links::make(&mut tx, &office.world, Purpose::Register, &id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(office.confirm_registration(&secret).await.unwrap());
    id
}

/// `person topic audience` of each notice since the last look, sorted.
async fn told(house: &House) -> Vec<String> {
    let mut told =
        house.texts("SELECT person_id || ' ' || topic || ' ' || audience FROM notices ORDER BY id").await;
    told.sort();
    house.sql("DELETE FROM notices").await;
    told
}

fn head() -> Letterhead {
    Letterhead {
        organisation: "示範學生輔導諮商中心".into(),
        public_url: "https://forms.example.org".into(),
        time_zone: jiff::tz::TimeZone::get("Asia/Taipei").unwrap(),
    }
}

fn room(post: Post) -> MailRoom {
    let stopping = watch::channel(false).1;
    MailRoom { post, head: head(), gather_millis: 2 * MINUTE, rates: Rates::default(), stopping }
}

/// A mail room that writes into the outbox folder.
pub fn folder_room(house: &House) -> MailRoom {
    let from = Mailbox::parse("通知 <notices@example.org>").unwrap();
    room(Post::folder(&house.data_dir().join("outbox"), from))
}

/// Keeps the outbox folder from being written, or lets it be written again.
fn block(house: &House, blocked: bool) {
    let folder = house.data_dir().join("outbox");
    if blocked {
        std::fs::write(folder, "in the way").unwrap()
    } else {
        std::fs::remove_file(folder).unwrap()
    }
}

/// Takes everybody's address away but these people's, so that a test sees their mail alone.
async fn only(house: &House, people: &[Who]) {
    let logins = people.iter().map(|who| who.login()).chain([String::new()]);
    let kept: Vec<_> = logins.map(|login| format!("'{login}'")).collect();
    house.sql(&format!("UPDATE people SET email = '' WHERE id NOT IN ({})", kept.join(", "))).await;
}
