//! What strangers meet before they are somebody: captchas, limits, the collection notice, registering, forgotten
//! passwords, and moving to another address.

mod address;
mod captcha;
mod collection;
mod forgotten;
mod limits;
mod login;
mod register;

use casebind::steps::outbox::Sent;
use data_encoding::BASE64;

use crate::notices::folder_room;
use crate::support::{Browser, House, Page, log};

/// A mail as its reader has it.
#[derive(Debug)]
struct Mail {
    to: String,
    text: String,
}

impl Mail {
    /// The path of the only link in it.
    #[track_caller]
    fn link(&self) -> String {
        let links: Vec<_> =
            self.text.lines().filter_map(|line| line.strip_prefix("https://forms.example.org")).collect();
        assert_eq!(links.len(), 1, "{}", self.text);
        links[0].to_owned()
    }
}

/// One round of the mail job: what it did, and the mails that it wrote.
async fn post(house: &House) -> (Sent, Vec<Mail>) {
    let sent = house.office().send_mails(&folder_room(house)).await.unwrap();
    let folder = house.data_dir().join("outbox");
    let mut mails = Vec::new();
    let Ok(files) = std::fs::read_dir(folder) else { return (sent, mails) };
    let mut files: Vec<_> = files.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        mails.push(read(&std::fs::read_to_string(&file).unwrap()));
        std::fs::remove_file(file).unwrap();
    }
    (sent, mails)
}

/// The only mail of a round.
async fn only_mail(house: &House) -> Mail {
    let (sent, mut mails) = post(house).await;
    assert_eq!((sent.sent, mails.len()), (1, 1), "{sent:?} {mails:?}");
    mails.remove(0)
}

fn read(file: &str) -> Mail {
    let file = file.replace('\r', "");
    let (head, body) = file.split_once("\n\n").unwrap();
    let to = head.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
    let text = BASE64.decode(body.replace('\n', "").as_bytes()).unwrap();
    Mail { to, text: String::from_utf8(text).unwrap().replace("\r\n", "\n") }
}

/// The captcha of a page, answered rightly by somebody who looked at it.
async fn answered(house: &House, browser: &Browser, page: &Page) -> (String, String) {
    let id = page.value("captcha_id");
    browser.get(&format!("/captcha/{id}.png")).await.expect(200);
    let digits = captcha::digits(house, &id).await;
    (id, digits)
}

/// What the database is asked when the form of this address is filled and sent.
async fn asked(house: &House, path: &str, button: &str, typed: &[(&str, &str)]) -> Vec<String> {
    let browser = house.stranger();
    let page = browser.get(path).await.expect(200);
    let (id, digits) = answered(house, &browser, &page).await;
    let mut typed = typed.to_vec();
    typed.extend([("captcha_id", id.as_str()), ("captcha", digits.as_str())]);
    log::listen_to_all_statements();
    browser.press(&page, button, &typed).await.leads_to(&format!("{path}/sent"));
    log::all_statements()
}

/// Fills the form with this button, with the captcha, and sends it.
async fn fill(house: &House, browser: &Browser, page: &Page, button: &str, typed: &[(&str, &str)]) -> Page {
    let (id, digits) = answered(house, browser, page).await;
    let mut typed = typed.to_vec();
    typed.extend([("captcha_id", id.as_str()), ("captcha", digits.as_str())]);
    browser.press(page, button, &typed).await
}
