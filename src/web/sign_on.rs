//! Sign-on by another service: the way there, the way back, and the pages where it comes to nothing.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;

use crate::case::role::Role;
use crate::identity::limits::Asked as Tried;
use crate::identity::log::Whence;
use crate::identity::sessions::Means;
use crate::identity::sign_on::{self, Answer, Arrival, SignOn, Start, Trouble};

use super::app::App;
use super::entry::{self, Coming, Guest, local_path};
use super::limits;
use super::pages::frame::Here;
use super::pages::login::Offer;
use super::pages::parts::Link;
use super::pages::signed_out::SignedOutPage;
use super::pages::trouble::ErrorPage;
use super::trouble::{WebError, html};
use super::visitor::Asker;

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
    again: Option<String>,
}

/// Leads to the provider. A link, not a form: the policy of our pages lets no form lead elsewhere.
pub async fn begin(
    State(app): State<App>,
    Asker(origin): Asker,
    Coming(whence): Coming,
    jar: CookieJar,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let sign_on = app.sign_on.as_deref().ok_or_else(WebError::not_found)?;
    limits::spend(&app, &origin, Tried::SignOn).await?;
    let office = &app.office;
    let browser = browser(&app, &jar).unwrap_or_else(|| sign_on::secret(&office.world));
    let next = local_path(asked.next.as_deref());
    let start = Start { browser: &browser, next, again: asked.again.is_some() };
    match sign_on.begin(&office.store, &office.world, &start).await {
        Ok(address) => {
            let cookie = Cookie::build((app.sign_on_cookie_name(), browser.clone()))
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .secure(app.secure);
            Ok((jar.add(cookie), Redirect::to(&address)).into_response())
        }
        Err(trouble) => told(&app, sign_on, &whence, trouble),
    }
}

/// What the provider sends back through the browser.
#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Comes back from the provider: begins a session, or tells why not.
pub async fn finish(
    State(app): State<App>,
    Asker(origin): Asker,
    Coming(whence): Coming,
    jar: CookieJar,
    Query(returned): Query<Returned>,
) -> Result<Response, WebError> {
    let sign_on = app.sign_on.as_deref().ok_or_else(WebError::not_found)?;
    let office = &app.office;
    let answer = Answer {
        state: &returned.state,
        code: returned.code.as_deref(),
        issuer: returned.iss.as_deref(),
        error: returned.error.as_deref(),
    };
    let browser = browser(&app, &jar).unwrap_or_default();
    let arrival = match sign_on.finish(&office.store, &office.world, &browser, &answer).await {
        Ok(arrival) => arrival,
        Err(trouble) => return told(&app, sign_on, &whence, trouble),
    };
    let Arrival { person, is_new, second_factor, proved_at, schools, next } = arrival;
    if is_new {
        tracing::info!(person = %person.id, request = whence.request, "an account was made at the first sign-on");
    }
    if let [school] = schools.as_slice()
        && person.roles.contains(&Role::Applicant)
        && person.school.is_none()
    {
        office.bind_school(&person.actor(), &origin, school).await?;
    }
    let means = Means::SignOn { second_factor, proved_at };
    let guest = Guest { person: &person.id, means, owes_password: false, next: &next };
    entry::let_in(&app, jar, &whence, guest).await
}

/// What the log-in page offers; nothing where no provider is configured. The provider isn't waited for.
#[must_use]
pub fn offer(app: &App, next: &str) -> Option<Offer> {
    let sign_on = app.sign_on.as_ref()?;
    sign_on.look(app.office.world.now());
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Some(Offer {
        label: sign_on.label().to_owned(),
        href: format!("/sign-on?next={next}"),
        down: sign_on.is_down(),
    })
}

/// The last page of somebody who came in by sign-on: it leads to the log-out there.
pub async fn signed_out(app: &App, person: &str) -> Result<Option<Response>, WebError> {
    let Some(sign_on) = app.sign_on.as_deref() else { return Ok(None) };
    let href = sign_on.leave(&app.office.store, person).await?;
    let page = |href| SignedOutPage {
        frame: app.frame(None, Here::Elsewhere),
        label: sign_on.label().to_owned(),
        href,
    };
    Ok(href.map(|href| html(&page(href))))
}

/// The secret of a browser that began, if its cookie is one of ours.
fn browser(app: &App, jar: &CookieJar) -> Option<String> {
    let secret = jar.get(app.sign_on_cookie_name())?.value();
    let ours =
        secret.len() == 43 && secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    ours.then(|| secret.to_owned())
}

/// The page of a sign-on that comes to nothing. What can't be the person's doing has a number in the log.
fn told(app: &App, sign_on: &SignOn, whence: &Whence, trouble: Trouble) -> Result<Response, WebError> {
    let trouble = match trouble {
        Trouble::Store(error) => return Err(error.into()),
        other => other,
    };
    let words = words(sign_on.label(), &trouble);
    let number = words.numbered.then(|| {
        let id = app.office.world.new_id();
        id[id.len() - 12..].to_uppercase()
    });
    let request = whence.request.as_str();
    tracing::warn!(reason = trouble.word(), %trouble, number, request, "sign-on refused");
    let mut ways = vec![Link { label: "回登入頁".into(), href: "/login".into() }];
    if words.again {
        ways.insert(0, Link { label: "改用其他身分登入".into(), href: "/sign-on?again=1".into() });
    }
    let page = ErrorPage {
        frame: app.frame(None, Here::Elsewhere),
        status: words.status.as_u16(),
        title: words.title.into(),
        what: words.what,
        safe: Some(words.safe.into()),
        todo: words.todo,
        ways,
        number,
    };
    Ok((words.status, html(&page)).into_response())
}

struct Words {
    status: StatusCode,
    title: &'static str,
    what: String,
    safe: &'static str,
    todo: Vec<String>,
    /// Whether signing on as somebody else may help.
    again: bool,
    numbered: bool,
}

const NOTHING_HAPPENED: &str = "沒有任何資料被更動，您也沒有登入。";

fn words(label: &str, trouble: &Trouble) -> Words {
    let words = |status, title, what: String, todo: &[String]| Words {
        status,
        title,
        what,
        safe: NOTHING_HAPPENED,
        todo: todo.to_vec(),
        again: false,
        numbered: false,
    };
    let from_login = || "請回登入頁，重新開始登入。".to_owned();
    match trouble {
        Trouble::Unreachable(_) | Trouble::Store(_) => Words {
            safe: "已經登入的人不受影響，暫存的內容都還在。",
            numbered: true,
            ..words(
                StatusCode::SERVICE_UNAVAILABLE,
                "目前無法使用單一登入",
                format!("「{label}」沒有回應，或回應得太慢。"),
                &["請稍等一兩分鐘再試一次。".into(), "已有本系統帳號的人，可以改用帳號密碼登入。".into()],
            )
        },
        Trouble::Misconfigured(_) => Words {
            numbered: true,
            ..words(
                StatusCode::BAD_GATEWAY,
                "單一登入的設定有誤",
                format!("「{label}」不接受本系統的連線設定。這不是您的操作造成的。"),
                &["請來電告知下方的錯誤編號，由系統管理人員處理。".into()],
            )
        },
        Trouble::Unknown | Trouble::TooLate | Trouble::Spent => words(
            StatusCode::BAD_REQUEST,
            "這次登入已經失效",
            format!("登入要在 {} 分鐘內、用同一個瀏覽器完成，而且每次只能用一次。", sign_on::MINUTES),
            &[from_login(), "請不要使用別人傳來的登入連結。".into()],
        ),
        Trouble::Denied(_) => words(
            StatusCode::BAD_REQUEST,
            "沒有完成登入",
            format!("「{label}」沒有同意這次登入，可能是您按了取消，或沒有同意提供資料。"),
            &[from_login()],
        ),
        Trouble::AnotherIssuer | Trouble::Unfit(_) => Words {
            numbered: true,
            ..words(
                StatusCode::BAD_REQUEST,
                "無法確認登入資料的來源",
                format!("收到的登入資料沒有通過檢查，不能確定是「{label}」給您的，所以沒有讓您登入。"),
                &[from_login(), "如果又看到這一頁，請來電並告知下方的錯誤編號。".into()],
            )
        },
        Trouble::Student => Words {
            again: true,
            ..words(
                StatusCode::FORBIDDEN,
                "這裡是學校輔導人員使用的系統",
                "您是以學生身分登入的。需要有人聊聊或協助時，請直接找學校的輔導老師。".into(),
                &[format!("如果您是教職員，請改用「{label}」的教職員身分登入。")],
            )
        },
        Trouble::Inactive => Words {
            again: true,
            ..words(
                StatusCode::FORBIDDEN,
                "這個帳號目前不能使用",
                "您的身分已經確認，但您在本系統的帳號尚未啟用，或已經停用。".into(),
                &["請來電學諮中心個管組。".into()],
            )
        },
    }
}
