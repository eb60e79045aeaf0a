//! 用手機拍照上傳: a link for one phone, one case and ten minutes; photos become one scan.

use casebind::steps::phone::GOOD_MILLIS;
use image::codecs::jpeg::JpegEncoder;

use crate::support::browser::{Browser, Chosen};
use crate::support::paper;
use crate::support::{Case, House, Page, Who};

/// Makes a link; returns its page at the desktop and the path that the code leads to.
async fn invited(case: &Case) -> (Page, String) {
    let page = case.get("/scans/new").await.expect(200);
    let page = case.browser.press(&page, "用手機拍照", &[]).await.expect(200);
    let link = page.one(".phone__address");
    let path = link.strip_prefix("http://127.0.0.1").expect("the public address").to_owned();
    (page, path)
}

/// A phone that has opened the link.
async fn opened(house: &House, path: &str) -> Browser {
    let phone = house.stranger();
    let page = phone.get(path).await.expect(200);
    let answer = phone.press(&page, "開始拍照", &[]).await;
    answer.leads_to("/phone");
    phone
}

/// Photos of the sealed form, a JPEG for each page.
async fn photos(house: &House, case: &Case) -> Vec<Vec<u8>> {
    paper::sheets(&case.form(house).await, true).iter().map(jpeg).collect()
}

fn jpeg(sheet: &paper::Sheet) -> Vec<u8> {
    let mut jpeg = Vec::new();
    sheet.0.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 85)).unwrap();
    jpeg
}

/// Photos with a short code that was typed beside them.
async fn sent_with(phone: &Browser, photos: &[Vec<u8>], code: &str) -> Page {
    let chosen = |bytes| Chosen { name: "IMG_0001", kind: "image/jpeg", bytes };
    let files: Vec<_> = photos.iter().map(|bytes| chosen(bytes.as_slice())).collect();
    phone
        .upload_several("/phone/photos", &[("short_code".to_owned(), code.to_owned())], "photo", &files)
        .await
}

async fn sent(phone: &Browser, photos: &[Vec<u8>], kind: &str) -> Page {
    let files: Vec<_> = photos.iter().map(|bytes| Chosen { name: "IMG_0001", kind, bytes }).collect();
    phone.upload_several("/phone/photos", &[], "photo", &files).await
}

async fn state_of(case: &Case, desktop: &Page) -> serde_json::Value {
    let path = desktop.attributes("[data-phone]", "data-phone")[0].clone();
    serde_json::from_slice(&case.browser.get(&path).await.expect(200).body).unwrap()
}

both! {
    async fn photos_from_a_phone_become_the_scan_of_the_case(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (desktop, path) = invited(&case).await;
        assert!(desktop.has("svg.phone__code path"));
        assert_eq!(state_of(&case, &desktop).await["state"], "waiting");
        let phone = opened(&house, &path).await;
        assert_eq!(state_of(&case, &desktop).await["state"], "opened");
        let page = phone.get("/phone").await.expect(200);
        assert!(page.one("h1").replace(' ', "").contains(&case.number));
        assert!(!page.html().contains("王小明"), "the phone sees nothing of the child");
        let photos = photos(&house, &case).await;
        let answer = sent(&phone, &photos, "image/jpeg").await;
        answer.leads_to("/phone/done");
        assert!(phone.follow(&answer).await.expect(200).one("h1").starts_with("已收到照片"));
        let state = state_of(&case, &desktop).await;
        assert_eq!(state["state"], "done");
        let check = case.browser.get(state["next"].as_str().unwrap()).await.expect(200);
        assert!(check.one(".lead .verdict").contains("核章欄皆有核章"), "{}", check.one(".lead"));
        let pdf = house.plain(&case.dossier(&house).await.scans[0].digest);
        let holds = |photo: &[u8]| pdf.windows(photo.len()).any(|window| window == photo);
        assert!(photos.iter().all(|photo| holds(photo)), "the photo itself stays the original");
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        assert_eq!(case.state().await, "送件");
        // Looking again at the phone leads nowhere else, and nothing more is taken.
        phone.get("/phone").await.leads_to("/phone/done");
        sent(&phone, &photos, "image/jpeg").await.expect(409);
    }

    async fn a_link_is_good_once_and_for_ten_minutes(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (desktop, path) = invited(&case).await;
        // A camera that looks at the link by itself opens nothing.
        house.stranger().get(&path).await.expect(200);
        let phone = opened(&house, &path).await;
        house.stranger().get(&path).await.expect(404);
        let second = house.stranger().post(&path, &[]).await.expect(404);
        assert!(second.html().contains("這個連結不能用了"));
        house.stranger().get("/phone").await.expect(404);
        phone.get("/phone").await.expect(200);
        house.wait(GOOD_MILLIS);
        phone.get("/phone").await.expect(404);
        let photos = photos(&house, &case).await;
        sent(&phone, &photos, "image/jpeg").await.expect(404);
        assert_eq!(state_of(&case, &desktop).await["state"], "over");
        assert_eq!(house.number("SELECT COUNT(*) FROM scans").await, 0);

        let (_, unopened) = invited(&case).await;
        house.wait(GOOD_MILLIS);
        house.stranger().get(&unopened).await.expect(404);
        house.stranger().post(&unopened, &[]).await.expect(404);
        // A new link takes the place of the one before.
        let (_, first) = invited(&case).await;
        let (_, newest) = invited(&case).await;
        house.stranger().get(&first).await.expect(404);
        house.stranger().get(&newest).await.expect(200);
        house.stranger().get("/phone/AAAA/open").await.expect(404);
    }

    async fn a_phone_reaches_its_case_alone_and_as_long_as_its_owner_does(house) {
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let (desktop, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let wrong = sent(&phone, &photos(&house, &other).await, "image/jpeg").await.expect(422);
        assert!(wrong.one(".refusal").contains("另一個案件的申請單"), "{}", wrong.one(".refusal"));
        let strip = wrong.all(".seen__pages li");
        assert!(strip[0].contains("第 1 張照片") && strip[0].contains("這不是本案件的申請單"), "{strip:?}");
        assert!(!wrong.html().contains(&other.number), "the other case isn't named");
        for path in ["/cases", &case.path(""), &case.path("/scans/new"), "/account"] {
            phone.get(path).await.leads_to("/login");
        }
        // Nobody else follows the link at the desktop.
        let progress = desktop.attributes("[data-phone]", "data-phone")[0].clone();
        house.sign_in(Who::OtherApplicant).await.get(&progress).await.expect(404);
        // The phone holds no secret that the database could tell.
        let kept = house.texts("SELECT link_hash || ' ' || COALESCE(phone_hash, '') FROM phone_links").await;
        assert!(!kept[0].contains(path.split('/').nth(2).unwrap()));
        house.sql("UPDATE people SET status = 'disabled'").await;
        phone.get("/phone").await.expect(404);
    }

    async fn photos_whose_codes_can_t_be_read_are_bound_by_the_short_code(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let form = case.form(&house).await;
        let sheets = paper::without_codes(&form, &paper::sheets(&form, true));
        let photos: Vec<_> = sheets.iter().map(jpeg).collect();
        let refused = sent(&phone, &photos, "image/jpeg").await.expect(422);
        assert!(refused.one(".refusal h2").contains("讀不到申請單上的條碼"));
        assert!(refused.has("#f-short_code[form='scan']") && refused.has("form#scan"), "it goes with the photos");
        let wrong = sent_with(&phone, &photos, "AAAA-AAAA-AAAA").await.expect(422);
        assert!(wrong.one("#short_code-error").contains("核對碼不正確"), "{}", wrong.one(".refusal"));
        let code = crate::walk::refusals::short_code(&house, &case).await;
        sent_with(&phone, &photos, &code).await.leads_to("/phone/done");
        assert!(case.dossier(&house).await.scans[0].by_hand, "a person checks it");
    }

    async fn photos_that_will_not_do_are_told_and_can_be_taken_again(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        assert!(sent(&phone, &[], "image/jpeg").await.expect(422).html().contains("還沒有照片"));
        let good = photos(&house, &case).await;
        let broken = vec![good[0].clone(), good[0][..good[0].len() / 2].to_vec()];
        let page = sent(&phone, &broken, "image/jpeg").await.expect(422);
        assert!(page.one(".refusal").contains("第 2 張照片"), "{}", page.one(".refusal"));
        let page = sent(&phone, &[b"%PDF-1.7".to_vec()], "image/jpeg").await.expect(422);
        assert!(page.one(".refusal").contains("照片必須是"), "{}", page.one(".refusal"));
        assert!(house.originals().len() < 4, "only the case's own papers are kept: {:?}", house.originals());
        sent(&phone, &good, "image/jpeg").await.leads_to("/phone/done");
    }

    async fn the_photo_of_an_iphone_is_kept_beside_its_pdf(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let sheets = paper::sheets(&case.form(&house).await, true);
        let heic = |sheet: &paper::Sheet| {
            let rgb: Vec<u8> = sheet.0.pixels().flat_map(|luma| [luma.0[0]; 3]).collect();
            let (width, height) = sheet.0.dimensions();
            heifer::encode_rgb8(width, height, &rgb, &heifer::EncodeOptions::default()).unwrap()
        };
        let photos: Vec<_> = sheets.iter().map(heic).collect();
        sent(&phone, &photos, "image/heic").await.leads_to("/phone/done");
        let scan = case.dossier(&house).await.scans[0].clone();
        let check = case.get(&format!("/scans/{}", scan.id)).await.expect(200);
        assert!(check.one(".lead .verdict").contains("核章欄皆有核章"), "{}", check.one(".lead"));
        let kept = house.texts("SELECT digest FROM scan_photos ORDER BY page").await;
        assert_eq!(kept.len(), photos.len());
        assert!(house.plain(&kept[0].parse().unwrap()) == photos[0]);
        let kind = house.texts("SELECT kind FROM documents WHERE digest IN (SELECT digest FROM scan_photos)").await;
        assert_eq!(kind, ["image/heic"]);
    }
}
