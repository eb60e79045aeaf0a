//! A panic ends its request alone: with the error page, and without its words anywhere.

use axum::Router;
use axum::routing::get;
use casebind::web::after_panic;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::log;

async fn stumble() -> &'static str {
    panic!("王小明的資料")
}

both! {
    async fn a_panic_is_answered_with_the_error_page_and_its_words_go_nowhere(house) {
        log::listen();
        let routes = Router::new().route("/stumble", get(stumble));
        let routes = routes.layer(CatchPanicLayer::custom(after_panic(&house.app)));
        let page = house.stranger().at(routes).get("/stumble").await.expect(500);
        assert!(page.html().contains("錯誤編號"), "{}", page.html());
        assert!(!page.html().contains("王小明"));
        assert!(!log::lines(&["a panic"]).is_empty(), "that there was one is told");
        assert!(log::lines(&["王小明"]).is_empty());
    }
}
