//! Thin HTTP over the steps: routes in the order of the walk, pages beside their handlers.
//!
//! A handler reads what was typed or uploaded, calls one step, and answers with a page or a redirect.
//! No rules, no SQL and no file access here.

pub mod api;
pub mod app;
pub mod assets;
pub mod hurry;
pub mod pages;
pub mod patience;
pub mod proxies;
pub mod watch;

mod access_log;
mod account;
mod address;
mod admin;
mod answers;
mod applicants;
mod attachments;
mod bulk;
mod captcha;
mod case;
mod closing;
mod code;
mod collection;
mod content;
mod csv;
mod custody;
mod decide;
mod desk;
mod dispatch;
mod disposal;
mod documents;
mod door;
mod drafts;
mod ends;
mod entry;
mod fixity;
mod forgotten;
mod glyphs;
mod headers;
mod health;
mod held;
mod idle;
mod late;
mod limits;
mod list;
mod login;
mod navigation;
mod new_password;
mod next;
mod next_service;
mod notices;
mod outbox;
mod password;
mod phone;
mod print;
mod qr;
mod queue;
mod receipts;
mod record_files;
mod record_form;
mod record_receipts;
mod records;
mod refused_pages;
mod register;
mod retention;
mod retrieval;
mod retrieved_stacks;
mod rise;
mod scans;
mod school;
mod second_factor;
mod served;
mod sessions;
mod sign_on;
mod stacks;
mod staffing;
mod statistics;
mod subject;
mod submit;
mod traces;
mod trouble;
mod typed;
mod uploads;
mod view;
mod visitor;
mod waiting_accounts;
mod withdraw;
mod zones;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::csrf::CsrfLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

pub use app::App;

/// Bytes of a record's form at most: a megabyte of text in one field arrives, so that the answer can name
/// the field and bring the text back. What fits is decided field by field.
const RECORD_LIMIT: usize = 4 << 20;
/// Bytes of an ordinary form at most; uploads have their own limit.
const FORM_LIMIT: usize = 1024 * 1024;

/// The form of a record, which may be long.
fn record(route: MethodRouter<App>) -> MethodRouter<App> {
    route.layer(DefaultBodyLimit::max(RECORD_LIMIT))
}

/// All routes, in the order of the walk.
pub fn router(app: App) -> Router {
    let upload_limit =
        usize::try_from(app.office.max_upload_bytes).unwrap_or(usize::MAX).saturating_add(1024 * 1024);
    let uploads = Router::new()
        .route("/cases/{number}/attachments", post(attachments::add))
        .route("/cases/{number}/scans", post(scans::add))
        .route("/cases/{number}/records/{id}/files", post(record_files::add))
        .route("/phone/photos", post(phone::add))
        .layer(DefaultBodyLimit::max(upload_limit));
    let stack_limit =
        usize::try_from(app.office.max_stack_bytes).unwrap_or(usize::MAX).saturating_add(1024 * 1024);
    let stacks = Router::new()
        .route("/stacks", get(stacks::new).post(stacks::add))
        .layer(DefaultBodyLimit::max(stack_limit));
    let examined = Router::new()
        .route("/retrieval/check", get(retrieval::examine).post(retrieval::examined))
        .layer(DefaultBodyLimit::max(stack_limit));
    let lists = Router::new()
        .route("/admin/schools", get(admin::schools::show).post(admin::schools::upload))
        .layer(DefaultBodyLimit::max(admin::schools::LIMIT));
    let pages = Router::new()
        .route("/", get(login::home))
        .route("/login", get(login::show).post(login::enter))
        .route("/login/remembered", post(login::come_back))
        .route("/login/forget", post(login::forget))
        .route("/login/code", get(code::show).post(code::enter))
        .route("/logout", post(login::leave))
        .route("/sign-on", get(sign_on::begin))
        .route("/sign-on/return", get(sign_on::finish))
        .route("/captcha/{file}", get(captcha::look))
        .route("/register", get(register::show).post(register::send))
        .route("/register/sent", get(register::sent))
        .route("/register/{secret}", get(register::ask).post(register::confirm))
        .route("/forgotten", get(forgotten::show).post(forgotten::send))
        .route("/forgotten/sent", get(forgotten::sent))
        .route("/forgotten/{secret}", get(forgotten::ask).post(forgotten::set))
        .route("/address/{secret}", get(address::ask).post(address::answer))
        .route("/account/address", get(address::show).post(address::send))
        .route("/account/address/withdraw", post(address::withdraw))
        .route("/accounts/waiting", get(waiting_accounts::show))
        .route("/accounts/waiting/{id}/activate", rise::fresh(&app, post(waiting_accounts::activate)))
        .route(
            "/accounts/waiting/{id}/refuse",
            rise::fresh(&app, get(waiting_accounts::ask_refuse).post(waiting_accounts::refuse)),
        )
        .route("/collection-notice", get(collection::show).post(collection::accept))
        .route("/school", get(school::show).post(school::choose))
        .route("/account", get(account::show))
        .route("/account/password", get(password::show).post(password::save))
        .route(
            "/account/second-factor",
            rise::fresh(&app, get(second_factor::show).post(second_factor::enrol)),
        )
        .route("/account/second-factor/codes", rise::fresh(&app, post(second_factor::renew_codes)))
        .route("/account/second-factor/remove", rise::fresh(&app, post(second_factor::remove)))
        .route("/account/sessions", get(sessions::show))
        .route("/account/sessions/seen", rise::fresh(&app, post(sessions::seen)))
        .route("/account/sessions/end-others", rise::fresh(&app, post(sessions::end_others)))
        .route("/account/sessions/{id}/end", rise::fresh(&app, post(sessions::end)))
        .route("/account/devices/{id}/end", rise::fresh(&app, post(sessions::forget)))
        .route("/confirm", get(rise::show).post(rise::prove))
        .route("/held/{id}", get(held::show))
        .route("/held/{id}/discard", post(held::discard))
        .route("/session", get(idle::show))
        .route("/session/stay", post(idle::stay))
        .route("/notices", get(notices::show))
        .route("/notices/read", post(notices::read))
        .route("/retention", get(retention::show))
        .route("/retention/holds", post(retention::hold))
        .route("/retention/holds/{id}/lift", post(retention::lift))
        .route("/retention/disposals", rise::fresh(&app, post(disposal::propose)))
        .route("/retention/disposals/{id}", get(disposal::show))
        .route("/retention/disposals/{id}/approve", rise::fresh(&app, post(disposal::approve)))
        .route("/retention/disposals/{id}/refuse", rise::fresh(&app, post(disposal::refuse)))
        .route("/retention/disposals/{id}/certificate.pdf", get(disposal::certificate))
        .route("/retention/disposed", get(disposal::list))
        .route("/applicants", get(applicants::show))
        .route(
            "/applicants/{id}/school",
            rise::fresh(&app, get(applicants::ask_school).post(applicants::set_school)),
        )
        .route(
            "/admin/accounts",
            get(admin::accounts::list).merge(rise::fresh(&app, post(admin::change::add))),
        )
        .route("/admin/accounts/new", rise::fresh(&app, get(admin::change::new)))
        .route("/admin/accounts/{id}", get(admin::accounts::show))
        .route(
            "/admin/accounts/{id}/edit",
            rise::fresh(&app, get(admin::change::edit).post(admin::change::save)),
        )
        .route(
            "/admin/accounts/{id}/disable",
            rise::fresh(&app, get(admin::status::ask_disable).post(admin::status::disable)),
        )
        .route(
            "/admin/accounts/{id}/second-factor",
            rise::fresh(&app, get(admin::status::ask_second_factor).post(admin::status::reset_second_factor)),
        )
        .route(
            "/admin/accounts/{id}/sessions",
            rise::fresh(&app, get(admin::status::ask_sessions).post(admin::status::end_sessions)),
        )
        .route("/admin/accounts/{id}/password", rise::fresh(&app, post(admin::status::send_password_link)))
        .route("/admin/accounts/{id}/enable", rise::fresh(&app, post(admin::status::enable)))
        .route("/admin/review", get(admin::review::show))
        .route("/admin/review/{id}", rise::fresh(&app, post(admin::review::confirm)))
        .route("/admin/roles", get(admin::accounts::roles))
        .route("/admin/changes", get(admin::changes::show))
        .route(
            "/admin/schools/lists/{id}",
            rise::fresh(&app, get(admin::schools::preview).post(admin::schools::apply)),
        )
        .route("/admin/schools/new", rise::fresh(&app, get(admin::school::new).post(admin::school::add)))
        .route(
            "/admin/schools/{code}/edit",
            rise::fresh(&app, get(admin::school::edit).post(admin::school::save)),
        )
        .route("/admin/settings", get(admin::system::settings))
        .route("/admin/jobs", get(admin::system::jobs))
        .route("/fixity", get(fixity::show))
        .route("/admin/mail", get(outbox::show))
        .route("/admin/mail/retry", post(outbox::retry_all))
        .route("/admin/mail/{id}/retry", post(outbox::retry))
        .route("/cases", record(get(list::show).post(content::open)))
        .route("/cases/export.csv", rise::fresh(&app, get(list::export)))
        .route("/cases/filters", post(list::save))
        .route("/cases/filters/{id}/delete", post(list::forget))
        .route("/cases/new", get(content::new))
        .route("/cases/{number}", get(case::show))
        .route("/cases/{number}/content", record(get(content::edit).post(content::save)))
        .route("/cases/{number}/subject", record(get(subject::new).post(subject::add)))
        .route("/cases/{number}/subject/{id}", record(get(subject::edit).post(subject::save)))
        .route("/cases/{number}/subject/{id}/delete", get(subject::ask_delete).post(subject::delete))
        .route("/cases/{number}/attachments", get(attachments::show))
        .route("/cases/{number}/attachments/{id}", get(documents::attachment))
        .route(
            "/cases/{number}/attachments/{id}/delete",
            get(attachments::ask_delete).post(attachments::delete),
        )
        .route("/cases/{number}/print", post(print::print))
        .route("/bulk", post(bulk::choose))
        .route("/bulk/{id}", get(bulk::show))
        .route("/bulk/{id}/print", post(bulk::start))
        .route("/bulk/{id}/progress", get(bulk::progress))
        .route("/bulk/{id}/forms.pdf", rise::fresh(&app, get(bulk::joined)))
        .route("/cases/{number}/prints/{revision}/form.pdf", get(documents::printed))
        .route("/cases/{number}/prints/{revision}/page-1.jpg", get(documents::printed_page))
        .route("/cases/{number}/scans/new", get(scans::new))
        .route("/cases/{number}/scans/{id}", get(scans::check))
        .route("/cases/{number}/scans/{id}/pages/{file}", get(documents::scan_page))
        .route("/cases/{number}/scans/{id}/seals/{file}", get(documents::scan_seal))
        .route("/cases/{number}/scans/{id}/changes/{file}", get(documents::scan_change))
        .route("/cases/{number}/scans/{id}/original", get(documents::scan))
        .route("/cases/{number}/scans/{id}/photos/{page}", get(documents::photo))
        .route("/cases/{number}/phone", post(phone::invite))
        .route("/cases/{number}/phone/{id}", get(phone::invited))
        .route("/cases/{number}/phone/{id}/progress", get(phone::progress))
        .route("/phone/{secret}/open", get(phone::ask).post(phone::open))
        .route("/phone", get(phone::show))
        .route("/phone/done", get(phone::done))
        .route("/stacks/{id}", get(stacks::show))
        .route("/stacks/{id}/progress", get(stacks::progress))
        .route("/stacks/{id}/resume", post(stacks::resume))
        .route("/stacks/{id}/submit", post(stacks::submit))
        .route("/stacks/{id}/claim", post(stacks::claim))
        .route("/stacks/{id}/pages/{file}", get(stacks::page))
        .route("/stacks/{id}/original", get(stacks::original))
        .route("/cases/{number}/submit", post(submit::submit))
        .route("/cases/{number}/receipt", get(receipts::newest))
        .route("/cases/{number}/receipts/{file}", get(receipts::show))
        .route("/cases/{number}/supplement/items/{seq}", post(answers::answer))
        .route("/cases/{number}/resubmit", post(submit::resubmit))
        .route("/queue", get(queue::show))
        .route("/queue/next", get(queue::next))
        .route("/cases/{number}/review", get(desk::show))
        .route("/cases/{number}/review/verdicts", post(desk::judge))
        .route("/cases/{number}/review/look", post(desk::look))
        .route("/cases/{number}/scans/{id}/desk/{file}", get(desk::scan_page))
        .route("/cases/{number}/prints/{revision}/pages/{file}", get(desk::print_page))
        .route("/cases/{number}/attachments/{id}/pages/{file}", get(desk::attachment_page))
        .route("/cases/{number}/receive", post(ends::receive))
        .route("/cases/{number}/return", get(ends::ask_return).post(ends::send_back))
        .route("/cases/{number}/supplement", get(ends::ask_supplement).post(ends::supplement))
        .route("/cases/{number}/decline", get(ends::ask_decline).post(ends::decline))
        .route("/cases/{number}/correct", record(get(ends::ask_correct).post(ends::correct)))
        .route("/cases/{number}/hand-over", get(ends::ask_hand_over).post(ends::hand_over))
        .route("/cases/{number}/traces", get(traces::show))
        .route("/cases/{number}/custody", get(custody::show))
        .route("/cases/{number}/custody/{file}", get(custody::document))
        .route("/cases/{number}/withdraw", get(withdraw::ask).post(withdraw::withdraw))
        .route("/retrieval", get(retrieval::show))
        .route("/retrieval/{number}", get(retrieval::open).post(retrieval::state))
        .route("/retrieval/{number}/originals/{digest}", get(retrieval::original))
        .route("/retrieval/{number}/slips/{digest}", get(retrieval::slip))
        .route("/retrieval/stacks/{digest}", get(retrieved_stacks::open).post(retrieved_stacks::state))
        .route("/retrieval/stacks/{digest}/original", get(retrieved_stacks::original))
        .route("/statistics", get(statistics::show))
        .route("/statistics.csv", rise::fresh(&app, get(statistics::file)))
        .route("/dispatch", get(dispatch::show).post(dispatch::dispatch))
        .route("/cases/{number}/dispatch", get(staffing::ask_dispatch).post(staffing::dispatch))
        .route("/cases/{number}/reassign", get(staffing::ask_reassign).post(staffing::reassign))
        .route("/served", get(served::show))
        .route("/cases/{number}/records/new", record(get(record_form::new).post(record_form::add)))
        .route("/cases/{number}/records/{id}", get(records::show))
        .route("/cases/{number}/records/{id}/edit", record(get(record_form::edit).post(record_form::save)))
        .route("/cases/{number}/records/{id}/files/{digest}", get(record_files::download))
        .route("/cases/{number}/records/{id}/receipts/{file}", get(record_receipts::show))
        .route("/cases/{number}/close", record(get(closing::ask_propose).post(closing::propose)))
        .route("/cases/{number}/closing", get(closing::show))
        .route("/cases/{number}/closing/approve", post(closing::approve))
        .route("/cases/{number}/closing/back", post(closing::send_back))
        .route("/cases/{number}/reopen", get(decide::ask_reopen).post(decide::reopen))
        .route("/zones", get(zones::show).merge(rise::fresh(&app, post(zones::add))))
        .route("/zones/districts", rise::fresh(&app, post(zones::move_districts)))
        .route("/zones/schools/{code}", rise::fresh(&app, post(zones::place_school)))
        .route("/zones/{id}", rise::fresh(&app, post(zones::rename)))
        .route("/zones/{id}/remove", rise::fresh(&app, post(zones::remove)))
        .route("/drafts/{form}", post(drafts::keep))
        .route("/glyphs", post(glyphs::check))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .merge(uploads)
        .merge(stacks)
        .merge(examined)
        .merge(lists)
        .merge(api::router(&app, upload_limit))
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), visitor::visit));
    Router::new()
        .merge(pages)
        .route("/assets/{version}/{*path}", get(headers::asset))
        .route("/health", get(headers::health))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(app.clone())
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(app.clone(), patience::hold))
        .layer(from_fn_with_state(app.clone(), api::problem::worded))
        // A PDF is packed already: to pack it again costs the most of its way out and saves nothing.
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("application/pdf"))),
        )
        .layer(from_fn_with_state(app.clone(), proxies::resolve))
        // Below the headers, so that the answer to a panic carries them too.
        .layer(CatchPanicLayer::custom(after_panic(&app)))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app, access_log::log))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn(access_log::forget_identifier))
}

/// The answer to a request that panicked: the error page. What the panic said may hold what it stumbled over, and is told
/// nowhere; where it happened stands in the log.
pub fn after_panic(
    app: &App,
) -> impl FnMut(Box<dyn std::any::Any + Send>) -> Response + Clone + Send + 'static + use<> {
    let app = app.clone();
    move |_| trouble::page(&app, None, trouble::WebError::internal(&"a panic, whose place the log has told"))
}

async fn not_found() -> trouble::WebError {
    trouble::WebError::not_found()
}
