//! 驗證碼: single use, a few minutes, a few looks, and no use in guessing.

use casebind::identity::captcha::{self, Captcha, GOOD_MILLIS};

use crate::support::House;
use crate::support::house::MINUTE;

/// A captcha that was looked at, and its digits.
pub async fn looked_at(house: &House) -> (Captcha, String) {
    let captcha = Captcha::new(&house.office().world);
    house.stranger().get(&format!("/captcha/{}.png", captcha.as_text())).await.expect(200);
    let digits = digits(house, captcha.as_text()).await;
    (captcha, digits)
}

/// The digits of a captcha, which only the database knows.
pub async fn digits(house: &House, id: &str) -> String {
    house.texts(&format!("SELECT answer FROM captchas WHERE id = '{id}'")).await.concat()
}

async fn passes(house: &House, captcha: &Captcha, typed: &str) -> bool {
    captcha::check(&house.office().store, &house.office().world, captcha.as_text(), typed).await.unwrap()
}

both! {
    async fn a_captcha_is_seen_and_heard_with_the_same_digits(house) {
        let browser = house.stranger();
        let captcha = Captcha::new(&house.office().world);
        let picture = browser.get(&format!("/captcha/{}.png", captcha.as_text())).await.expect(200);
        assert_eq!(picture.header("content-type"), "image/png");
        assert_eq!(picture.header("cache-control"), "no-store");
        let before = digits(&house, captcha.as_text()).await;
        let sound = browser.get(&format!("/captcha/{}.wav", captcha.as_text())).await.expect(200);
        assert_eq!(sound.header("content-type"), "audio/wav");
        assert!(sound.body.starts_with(b"RIFF"));
        assert!(sound.header("content-security-policy").contains("media-src 'self'"));
        assert_eq!(digits(&house, captcha.as_text()).await, before);
        assert_eq!(before.len(), 4);
        for wrong in ["x.png", "AAAAAAAAAAAAAAAAAAAAAA.svg", "AAAAAAAAAAAAAAAAAAAAAA"] {
            browser.get(&format!("/captcha/{wrong}")).await.expect(404);
        }
        assert_eq!(house.number("SELECT COUNT(*) FROM captchas").await, 1);
    }

    async fn an_answer_is_good_once(house) {
        let (captcha, answer) = looked_at(&house).await;
        assert!(passes(&house, &captcha, &answer).await);
        assert!(!passes(&house, &captcha, &answer).await, "it was used");
        // A wrong answer uses it up as well: there is no second guess.
        let (captcha, answer) = looked_at(&house).await;
        let wrong = if answer == "0000" { "1111" } else { "0000" };
        assert!(!passes(&house, &captcha, wrong).await);
        assert!(!passes(&house, &captcha, &answer).await);
        assert_eq!(house.number("SELECT COUNT(*) FROM captchas").await, 0);
    }

    async fn an_answer_is_good_for_a_few_minutes(house) {
        let (captcha, answer) = looked_at(&house).await;
        house.wait(GOOD_MILLIS - MINUTE);
        let (later, late) = looked_at(&house).await;
        house.wait(MINUTE);
        assert!(!passes(&house, &captcha, &answer).await, "its time is over");
        assert!(passes(&house, &later, &late).await);
    }

    async fn digits_that_nobody_looked_at_are_not_guessed(house) {
        let unseen = Captcha::new(&house.office().world);
        assert!(!passes(&house, &unseen, "").await);
        assert!(!passes(&house, &unseen, "0000").await);
        let (captcha, _) = looked_at(&house).await;
        assert!(!passes(&house, &captcha, "").await);
    }

    async fn full_width_digits_and_spaces_are_digits(house) {
        let (captcha, answer) = looked_at(&house).await;
        let wide: String = answer.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xFF10).unwrap()).collect();
        assert!(passes(&house, &captcha, &format!(" {wide} ")).await);
    }

    async fn a_captcha_is_looked_at_only_so_often(house) {
        let (captcha, _) = looked_at(&house).await;
        let browser = house.stranger();
        let address = format!("/captcha/{}.png", captcha.as_text());
        let mut seen = 1;
        while browser.get(&address).await.status == 200 {
            seen += 1;
            assert!(seen < 20, "there is no end");
        }
        assert_eq!(seen, 6);
        browser.get(&format!("/captcha/{}.wav", captcha.as_text())).await.expect(404);
    }
}
