//! 用手機拍照上傳: a link for one phone, one case and ten minutes; photos become one scan.

use casebind::case::ids::Digest;
use casebind::paper::packed::Plain;
use casebind::steps::phone::GOOD_MILLIS;

use crate::support::browser::{Browser, Chosen};
use crate::support::house::MINUTE;
use crate::support::paper;
use crate::support::people::PASSWORD;
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
    Plain::from(&sheet.0).jpeg(85).unwrap()
}

fn heic(sheet: &paper::Sheet) -> Vec<u8> {
    let rgb: Vec<u8> = sheet.0.pixels().flat_map(|luma| [luma.0[0]; 3]).collect();
    let (width, height) = sheet.0.dimensions();
    heifer::encode_rgb8(width, height, &rgb, &heifer::EncodeOptions::default()).unwrap()
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
        sent(&phone, &photos, "image/jpeg").await.leads_to("/phone/done");
    }

    async fn of_one_link_one_scan_comes(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (desktop, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let photos = photos(&house, &case).await;
        let others: Vec<_> = photos.iter().rev().cloned().collect();
        // Two at once, the second one before the first was taken in.
        let both = tokio::join!(sent(&phone, &photos, "image/jpeg"), sent(&phone, &others, "image/jpeg"));
        both.0.leads_to("/phone/done");
        both.1.leads_to("/phone/done");
        let scans = house.texts("SELECT id FROM scans").await;
        assert_eq!(scans.len(), 1, "{scans:?}");
        let told = state_of(&case, &desktop).await;
        assert!(told["next"].as_str().unwrap().ends_with(&scans[0]), "{told}");
        // And nothing comes after it, the same or other photos.
        for more in [&photos, &others] {
            sent(&phone, more, "image/jpeg").await.leads_to("/phone/done");
        }
        assert_eq!(house.texts("SELECT id FROM scans").await, scans);
        assert_eq!(state_of(&case, &desktop).await, told);
    }

    async fn a_phone_that_opens_the_link_late_has_ten_minutes_of_its_own(house) {
        let case = Case::printed(&house.applicant().await).await;
        let photos = photos(&house, &case).await;
        let (desktop, path) = invited(&case).await;
        // Both limits are told, each where it begins.
        let told = desktop.one("[data-phone-code]");
        assert!(told.contains("10:10 前用手機開啟連結") && told.contains("開啟之後，手機有 10 分鐘"), "{told}");
        house.wait(GOOD_MILLIS - MINUTE);
        let asked = house.stranger().get(&path).await.expect(200);
        assert!(asked.one(".sheet").contains("從按下起有 10 分鐘"), "{}", asked.one(".sheet"));
        let phone = opened(&house, &path).await;
        assert!(phone.get("/phone").await.expect(200).one("[data-photos-note]").contains("10:19 前送出"));
        house.wait(GOOD_MILLIS - MINUTE);
        sent(&phone, &photos, "image/jpeg").await.leads_to("/phone/done");
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
        assert!(second.html().contains("只能在 10 分鐘內開啟一次，開啟之後有 10 分鐘"));
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

    async fn a_phone_is_out_with_the_other_devices_of_whoever_made_its_link(house) {
        const NEW: &str = "purple elephant seven rivers";
        let browser = house.applicant().await;
        let (case, other) = (Case::printed(&browser).await, Case::printed(&browser).await);
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let (_, unopened) = invited(&other).await;
        phone.get("/phone").await.expect(200);
        // The page offers it where there is another one.
        house.applicant().await;
        let page = browser.get("/account/sessions").await.expect(200);
        browser.press(&page, "登出其他所有裝置", &[]).await.leads_to("/account/sessions");
        phone.get("/phone").await.expect(404);
        sent(&phone, &photos(&house, &case).await, "image/jpeg").await.expect(404);
        house.stranger().get(&unopened).await.expect(404);
        house.stranger().post(&unopened, &[]).await.expect(404);
        assert_eq!(house.number("SELECT COUNT(*) FROM scans").await, 0);
        // A new password is another reason.
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let page = browser.get("/account/password").await.expect(200);
        let fields = [("present", PASSWORD), ("new", NEW), ("again", NEW)];
        browser.press(&page, "變更密碼", &fields).await.leads_to("/account");
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

    async fn the_photo_of_an_iphone_is_taken_out_like_the_scan(house) {
        let case = Case::printed(&house.applicant().await).await;
        let (_, path) = invited(&case).await;
        let phone = opened(&house, &path).await;
        let sheets = paper::sheets(&case.form(&house).await, true);
        let photos: Vec<_> = sheets.iter().map(heic).collect();
        sent(&phone, &photos, "image/heic").await.leads_to("/phone/done");
        let digest = Digest::of(&photos[0]);
        let name = format!("手機拍照-{}-第1頁.heic", case.number);

        // On the page of the scan, for whoever may see that.
        let scan = case.dossier(&house).await.scans[0].clone();
        assert_eq!(scan.photos.len(), photos.len());
        let check = case.get(&format!("/scans/{}", scan.id)).await.expect(200);
        assert!(check.one(".original__photos").contains(&digest.to_string()), "{}", check.one(".original"));
        let address = check.link(&name);
        let id = case.id(&house).await;
        let before = house.traces(&id).await.len();
        let photo = case.browser.get(&address).await.expect(200);
        assert_eq!(photo.body, photos[0]);
        assert_eq!(photo.header("content-type"), "image/heic");
        assert_eq!(photo.header("x-content-type-options"), "nosniff");
        let disposition = photo.header("content-disposition");
        assert!(disposition.starts_with("attachment;") && disposition.contains(".heic"), "{disposition}");
        assert!(photo.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(house.traces(&id).await.split_off(before), ["download-scan"]);
        for who in [Who::OtherApplicant, Who::Colleague] {
            house.sign_in(who).await.get(&address).await.expect(404);
        }
        for below in ["9", "0", "x"] {
            case.get(&format!("/scans/{}/photos/{below}", scan.id)).await.expect(404);
        }

        // In the receipt and in what the step rests on, whose line `sha256sum` checks.
        case.browser.press(&check, "送件", &[]).await.leads_to(&case.path("/receipt"));
        let receipt = case.get("/receipt").await.expect(200);
        assert!(receipt.attributes("[data-copy]", "data-copy").contains(&digest.to_string()));
        let text = case.browser.get(&receipt.link("下載收據")).await.expect(200).html();
        assert!(text.contains(&format!("{digest}  {name}\n")), "{text}");
        let flow = case.get("?tab=flow").await.expect(200);
        assert_eq!(flow.link("簽核申請單的照片"), address);

        // By programs.
        let documents = format!("/api/v1/cases/{}/documents", case.number);
        let listed = case.browser.get(&documents).await.expect(200).json();
        let found = listed.as_array().unwrap().iter().find(|one| one["kind"] == "photo").expect("a photo").clone();
        assert_eq!((&found["scan"], &found["page"]), (&scan.id.as_str().into(), &1.into()));
        assert_eq!((&found["file_name"], &found["media_type"]), (&name.as_str().into(), &"image/heic".into()));
        let answer = case.browser.get(found["href"].as_str().unwrap()).await.expect(200);
        assert_eq!(answer.body, photos[0]);

        // Years later, by an archivist who knows its digest.
        let archivist = house.sign_in(Who::Archivist).await;
        let page = archivist.get(&format!("/retrieval?digest={}", digest.short())).await.expect(200);
        assert_eq!(page.attributes(".told__case", "href"), [format!("/retrieval/{}", case.number)]);
        let home = format!("/retrieval/{}", case.number);
        archivist.get(&address).await.leads_to(&home);
        archivist.post(&home, &[("purpose", "法院 115 年度來函調閱")]).await.leads_to(&home);
        let file = archivist.get(&format!("{home}/originals/{digest}")).await.expect(200);
        assert_eq!(file.body, photos[0]);
        assert!(file.header("content-disposition").starts_with("attachment;"));
        archivist.get(&format!("{home}/slips/{digest}")).await.expect(200);
        let traces = house.sign_in(Who::Manager).await.get(&case.path("/traces")).await.expect(200);
        assert!(traces.one("main").contains("簽核申請單的照片（第 1 版，第 1 頁）"));
    }
}
