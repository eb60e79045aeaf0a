//! Headers of all answers, requests from other sites, and answers to what no page of ours sends.

use axum::body::Body;
use axum::http::{Method, header};

use crate::support::{Case, Who};

both! {
    async fn every_answer_carries_the_security_headers(house) {
        let browser = house.applicant().await;
        let case = Case::submitted(&house, &browser).await;
        let stranger = house.stranger();
        let scan = case.dossier(&house).await.scans[0].id.clone();
        let mut answers = vec![
            stranger.get("/login").await,
            stranger.get("/health").await,
            stranger.get("/nothing").await,
            stranger.get("/cases").await,
            stranger.post("/login", &[("account", "x")]).await,
            browser.get("/cases").await,
            browser.get("/cases/1159999999").await,
            case.get("/scans/new").await,
            case.get(&format!("/scans/{scan}/original")).await,
            case.get("/prints/1/form.pdf").await,
            case.post("/print", &[]).await,
        ];
        for below in ["", "?tab=subject", "?tab=flow", "/attachments", "/receipt"] {
            answers.push(case.get(below).await);
        }
        for answer in &answers {
            let what = format!("{} {}", answer.status, answer.path);
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
            assert!(!policy.contains("script-src 'unsafe") && !policy.contains("*"), "{what}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{what}");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}");
            assert_eq!(answer.header("cache-control"), "no-store", "{what}");
            assert!(!answer.header("x-request-id").is_empty(), "{what}");
        }
        // Pictures of pages too: the next person at the machine isn't their reader. Assets stay for ever.
        for picture in ["/prints/1/page-1.jpg", &format!("/scans/{scan}/pages/1.jpg")] {
            let picture = case.get(picture).await.expect(200);
            assert_eq!(picture.header("cache-control"), "no-store", "{}", picture.path);
        }
        let page = browser.get("/cases").await;
        for asset in page.attributes("link[href], script[src]", "href") {
            let answer = stranger.get(&asset).await.expect(200);
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{asset}");
        }
    }

    async fn pages_hold_no_inline_code(house) {
        let browser = house.applicant().await;
        let case = Case::stale(&browser).await;
        for path in ["/cases", "/cases/new?service=referral", &case.path(""), &case.path("/content"), &case.path("/attachments")] {
            let page = browser.get(path).await.expect(200);
            assert!(page.all("script:not([src]), style").is_empty(), "{path}");
            assert!(page.all("[style], [onclick], [onload], [onsubmit], [onchange]").is_empty(), "{path}");
            assert_eq!(page.attributes("html", "lang"), ["zh-Hant"]);
            assert_eq!(page.all("h1").len(), 1, "{path}");
            assert!(page.has("a.skip[href='#main']") && page.has("main#main"), "{path}");
            let ids = page.attributes("[id]", "id");
            let mut once = ids.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), ids.len(), "{path}: an id twice in {ids:?}");
        }
    }

    async fn posts_from_other_sites_are_refused(house) {
        let browser = house.applicant().await;
        let case = Case::ready(&browser).await;
        let before = house.record().await;
        let paths = ["/login", "/logout", "/cases", &case.path("/print"), &case.path("/withdraw"), &case.path("/attachments")];
        for path in paths {
            for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://example.org")] {
                let mut request = browser.request(Method::POST, path);
                let headers = request.headers_mut().unwrap();
                headers.remove("sec-fetch-site");
                headers.insert(name, value.parse().unwrap());
                headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
                let answer = browser.send(request.body(Body::from("reason=x")).unwrap()).await;
                assert_eq!(answer.status, 403, "{path} with {name}: {value}");
            }
        }
        assert_eq!(house.record().await, before);
        browser.get("/cases").await.expect(200);
        // A link from elsewhere may be followed.
        let mut request = browser.request(Method::GET, "/cases");
        request.headers_mut().unwrap().insert("sec-fetch-site", "cross-site".parse().unwrap());
        browser.send(request.body(Body::empty()).unwrap()).await.expect(200);
    }

    async fn what_no_page_of_ours_sends_ends_on_an_error_page(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        for (method, path, kind, body, status) in [
            (Method::GET, "/nothing".to_owned(), "", "".to_owned(), 404),
            (Method::GET, case.path("?page=first"), "", "".into(), 400),
            (Method::DELETE, case.path(""), "", "".into(), 405),
            (Method::POST, case.path("/content"), "application/json", "{}".into(), 400),
            (Method::POST, case.path("/attachments"), "application/x-www-form-urlencoded", "a=b".into(), 400),
            (Method::POST, case.path("/attachments"), "multipart/form-data; boundary=x", "--x\r\nbroken".into(), 400),
            (Method::POST, case.path("/content"), "application/x-www-form-urlencoded", "a".repeat(1_100_000), 400),
        ] {
            let request = browser.request(method.clone(), &path).header(header::CONTENT_TYPE, kind);
            let answer = browser.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, status, "{method} {path} {kind}");
            assert!(answer.header("content-type").starts_with("text/html"), "{method} {path} {kind}: {}", answer.html());
            assert_eq!(answer.all("h1").len(), 1);
            assert!(!answer.all("main a").is_empty(), "a way forward");
        }
    }

    async fn a_zero_byte_is_refused_wherever_it_stands(house) {
        let (applicant, admin) = (house.applicant().await, house.sign_in(Who::Administrator).await);
        let (case, stranger) = (Case::opened(&applicant).await, house.stranger());
        for path in [
            "/cases/%00", "/cases/1150000001%00", "/cases?q=%E7%8E%8B%00", "/held/%00", "/stacks/%00", "/bulk/%00",
            "/api/v1/cases/%00", "/api/v1/cases?q=%00", &case.path("/attachments/%00"),
        ] {
            applicant.get(path).await.expect(400);
        }
        for path in ["/admin/accounts/%00", "/admin/accounts?q=%00", "/admin/schools/lists/%00"] {
            admin.get(path).await.expect(400);
        }
        for path in ["/login?next=%00", "/register/%00", "/captcha/%00.png", "/phone/%00/open", "/sign-on/return?state=%00"] {
            stranger.get(path).await.expect(400);
        }
        for fields in [[("account", "app\0licant"), ("password", "x")], [("account", "x"), ("pass\0word", "x")]] {
            let refused = stranger.post("/login", &fields).await.expect(400);
            assert!(refused.one("main").contains("無法使用的字元"));
        }
        stranger.post("/forgotten", &[("account", "a\0"), ("email", "a@example.org")]).await.expect(400);
        let file = crate::support::browser::Chosen::pdf("x.pdf", b"%PDF-1.7");
        applicant.upload(&case.path("/attachments"), &[("category", "consent\0")], file).await.expect(400);
        assert!(crate::support::log::lines(&["an answer failed"]).is_empty());
    }

    async fn an_internal_error_has_a_number_and_tells_no_secrets(house) {
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        house.sql("UPDATE cases SET content = 'not JSON'").await;
        let page = browser.get(&case.path("")).await.expect(500);
        let words = page.one("main");
        assert!(words.contains("先前已回報成功的資料都還在"), "{words}");
        assert!(!words.contains("JSON") && !words.contains("content"), "{words}");
        let number = words.split("錯誤編號 ").nth(1).unwrap().chars().take(12).collect::<String>();
        let lines = crate::support::log::lines(&["ERROR", &number]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("impossible value in cases.content of row"), "{}", lines[0]);
    }

    async fn no_personal_data_is_logged(house) {
        let browser = house.stranger();
        browser.log_in_as(Who::Applicant).await.leads_to("/cases");
        let case = Case::submitted(&house, &browser).await;
        case.post("/print", &[]).await.expect(409);
        assert!(!crate::support::log::lines(&["case submitted", &case.number]).is_empty());
        for secret in ["王小明", "A123456789", "王輔導", "示範路", "0912345678", "同意書", "example.org"] {
            assert_eq!(crate::support::log::lines(&[secret]), Vec::<String>::new(), "{secret}");
        }
    }
}
