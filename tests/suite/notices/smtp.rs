//! Mail by SMTP: what the server gets, and what becomes of a mail that it doesn't take.

use std::path::Path;
use std::time::Duration;

use casebind::mail::{Login, Mailbox, Post, PostError, Smtp, Tls};
use casebind::steps::outbox::MailRoom;

use crate::support::house::MINUTE;
use crate::support::{House, Who, log};

use super::mail::{FAILED, NOTHING, PERSONAL, body, header, round, sent, submitted};
use super::sink::{Mood, Sink, certificate};

fn from() -> Mailbox {
    Mailbox::parse("通知 <notices@example.org>").unwrap()
}

fn server(port: u16) -> Smtp {
    let answer = Duration::from_secs(20);
    Smtp { host: "127.0.0.1".into(), port, tls: Tls::None, login: None, ca_file: None, answer }
}

fn room(smtp: &Smtp) -> MailRoom {
    super::room(Post::smtp(smtp, from()).unwrap())
}

/// A mail to the manager that is due.
async fn due(house: &House) {
    submitted(house).await;
    house.wait(2 * MINUTE);
}

/// Sends once in vain, and tells how that stands in the database.
async fn fails(house: &House, room: &MailRoom) -> String {
    assert_eq!(round(house, room).await, FAILED);
    house.texts("SELECT state || ' ' || failure FROM mails").await.remove(0)
}

async fn words_for_the_administrator(house: &House) -> (String, String) {
    let page = house.sign_in(Who::Administrator).await.get("/admin/mail").await.expect(200);
    (page.one(".told .badge"), page.one(".told__words"))
}

both! {
    async fn a_mail_server_gets_the_envelope_the_headers_and_nothing_personal(house) {
        let case = submitted(&house).await;
        let sink = Sink::open().await;
        let room = room(&server(sink.port));
        assert_eq!(round(&house, &room).await, NOTHING, "others may still go along");
        house.wait(2 * MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        assert_eq!(round(&house, &room).await, NOTHING);
        assert!(!house.data_dir().join("outbox").exists());
        let [taken] = &sink.taken()[..] else { panic!("{:?}", sink.taken()) };
        assert_eq!((taken.from.as_str(), &taken.to[..]), ("notices@example.org", &["manager@example.org".to_owned()][..]));
        let mail = &taken.text;
        assert!(mail.is_ascii() && mail.split("\r\n").all(|line| line.len() <= 78), "{mail}");
        let id = house.texts("SELECT id FROM mails").await.remove(0);
        assert_eq!(header(mail, "Message-ID"), format!("<{id}@example.org>"));
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "From"), "通知<notices@example.org>");
        assert_eq!(header(mail, "To"), "manager@example.org");
        assert_eq!(header(mail, "MIME-Version"), "1.0");
        assert_eq!(header(mail, "Content-Type"), "text/plain;charset=utf-8");
        assert_eq!(header(mail, "Subject"), format!("【示範學生輔導諮商中心】案件 {}：送件", case.number));
        let text = body(mail);
        assert!(text.contains(&format!("https://forms.example.org/cases/{}\n", case.number)), "{text}");
        for word in PERSONAL {
            assert!(!text.contains(word) && !header(mail, "Subject").contains(word), "{word}");
        }
    }

    async fn what_is_refused_for_good_waits_for_the_administrator(house) {
        due(&house).await;
        let sink = Sink::open().await;
        let room = room(&server(sink.port));
        sink.always(Mood::Answers("550 5.1.1 <manager@example.org> is unknown"));
        assert_eq!(fails(&house, &room).await, "given_up refused");
        house.wait(60 * MINUTE);
        assert_eq!(round(&house, &room).await, NOTHING, "it isn't tried again by itself");
        let (badge, words) = words_for_the_administrator(&house).await;
        assert_eq!(badge, "已放棄");
        assert!(words.contains("郵件伺服器拒收"), "{words}");
        assert_eq!(log::lines(&["@example.org"]), Vec::<String>::new(), "no address in the log");

        sink.always(Mood::Willing);
        let admin = house.sign_in(Who::Administrator).await;
        let page = admin.get("/admin/mail").await.expect(200);
        admin.press(&page, "再試一次", &[]).await.leads_to("/admin/mail?said=mail-retried");
        assert_eq!(round(&house, &room).await, sent(1));
        assert_eq!(sink.taken().len(), 1);
    }

    async fn what_is_refused_for_now_is_put_off_longer_each_time(house) {
        due(&house).await;
        let sink = Sink::open().await;
        let room = room(&server(sink.port));
        sink.once(Mood::Answers("451 4.7.1 greylisted"));
        sink.once(Mood::HangsUp);
        assert_eq!(fails(&house, &room).await, "waiting later");
        let (badge, words) = words_for_the_administrator(&house).await;
        assert_eq!(badge, "稍後再試");
        assert!(words.contains("郵件伺服器暫時不收，2026/11/23 10:03 再試"), "{words}");
        assert_eq!(round(&house, &room).await, NOTHING, "not before a minute is over");
        house.wait(MINUTE);
        assert_eq!(fails(&house, &room).await, "waiting unreachable");
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, NOTHING, "nor now before two are");
        house.wait(MINUTE);
        assert_eq!(round(&house, &room).await, sent(1));
        assert_eq!(house.texts("SELECT state || failure FROM mails").await, ["sent"]);
        assert_eq!(sink.taken().len(), 1);
    }

    async fn a_server_that_hangs_or_is_away_holds_nobody_up_for_long(house) {
        due(&house).await;
        let sink = Sink::open().await;
        sink.once(Mood::Hangs);
        let hasty = room(&Smtp { answer: Duration::from_secs(1), ..server(sink.port) });
        assert_eq!(fails(&house, &hasty).await, "waiting timeout");
        assert!(words_for_the_administrator(&house).await.1.contains("郵件伺服器沒有回應"));
        house.wait(MINUTE);
        let away = room(&server(Sink::closed_port().await));
        assert_eq!(fails(&house, &away).await, "waiting unreachable");
        assert!(words_for_the_administrator(&house).await.1.contains("連不上郵件伺服器"));
        house.wait(2 * MINUTE);
        assert_eq!(round(&house, &hasty).await, sent(1));
    }

    async fn name_and_password_are_told_and_a_wrong_one_is_no_refusal_for_good(house) {
        due(&house).await;
        let sink = Sink::with_login("casebind secret").await;
        let knows = |password: &str| {
            let login = Some(Login { user: "casebind".into(), password: password.into() });
            room(&Smtp { login, ..server(sink.port) })
        };
        assert_eq!(fails(&house, &room(&server(sink.port))).await, "waiting login");
        house.wait(MINUTE);
        assert_eq!(fails(&house, &knows("wrong")).await, "waiting login");
        assert!(words_for_the_administrator(&house).await.1.contains("郵件伺服器不接受帳號密碼"));
        house.wait(2 * MINUTE);
        assert_eq!(round(&house, &knows("secret")).await, sent(1));
        assert_eq!(sink.taken()[0].login.as_deref(), Some("casebind secret"));
        let shown = format!("{:?}", knows("secret"));
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(log::lines(&["secret"]), Vec::<String>::new());
    }

    async fn mail_travels_encrypted_or_not_at_all(house) {
        due(&house).await;
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path());
        let trusting = |port, tls, ca_file: Option<&Path>| {
            let login = Some(Login { user: "casebind".into(), password: "secret".into() });
            let ca_file = ca_file.map(Path::to_owned);
            room(&Smtp { host: "localhost".into(), tls, login, ca_file, ..server(port) })
        };
        let authority = folder.path().join("cert.pem");
        let plain = Sink::open().await;
        assert_eq!(fails(&house, &trusting(plain.port, Tls::StartTls, Some(&authority))).await, "waiting tls", "STARTTLS isn't offered");
        assert_eq!(plain.taken(), []);
        for (from_start, tls) in [(false, Tls::StartTls), (true, Tls::FromStart)] {
            let sink = Sink::encrypted(folder.path(), from_start).await;
            house.sql("UPDATE mails SET state = 'waiting', due_at = 0, attempts = 0, ended_at = NULL").await;
            let failure = fails(&house, &trusting(sink.port, tls, None)).await;
            assert!(failure == "waiting tls" || failure == "waiting unreachable", "an unknown certificate: {failure}");
            house.sql("UPDATE mails SET due_at = 0").await;
            assert_eq!(round(&house, &trusting(sink.port, tls, Some(&authority))).await, sent(1), "{tls:?}");
            let taken = sink.taken();
            assert!(taken.len() == 1 && taken[0].encrypted, "{taken:?}");
        }
    }

    async fn a_file_that_is_no_authority_is_told_at_the_start(house) {
        let file = house.data_dir().join("authority.pem");
        let smtp = Smtp { tls: Tls::StartTls, ca_file: Some(file.clone()), ..server(25) };
        let told = |result: Result<Post, PostError>| result.unwrap_err().to_string();
        assert!(told(Post::smtp(&smtp, from())).starts_with(&format!("mail.ca_file {}: No such file", file.display())));
        std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(told(Post::smtp(&smtp, from())).starts_with("mail.ca_file "));
        std::fs::write(&file, "a note").unwrap();
        assert!(told(Post::smtp(&smtp, from())).ends_with("it holds no certificate in PEM"));
    }
}
