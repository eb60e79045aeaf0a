//! 調閱: finding a case by its papers, saying for what, taking originals and slips out; 查驗 of any file.

use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::archive::Hashing;
use crate::case::dates;
use crate::case::holder::Archivist;
use crate::case::ids::Digest;
use crate::case::subject;
use crate::steps::retrieval::examine::Registered;
use crate::steps::retrieval::purpose::LONGEST;
use crate::steps::retrieval::{self, Found, Original, Search};
use crate::steps::{Dossier, Office, StepError};
use crate::store::list::{Key, PAGE, Place};

use super::app::App;
use super::documents::{content_disposition, send, viewer_policy};
use super::list::below;
use super::pages::field::{Field, LineKind};
use super::pages::frame::Here;
use super::pages::parts::{CaseNumberText, DigestText, Fact, Link, Pager, Tabs};
use super::pages::retrieval::{
    ExaminePage, Examined, FoundCase, FoundPaper, PaperItem, RetrievalCasePage, RetrievalPage,
};
use super::pages::words::{self, Moment};
use super::retrieved_stacks;
use super::trouble::{WebError, html, mend};
use super::typed::Sent;
use super::view::{path, state_badge};
use super::visitor::Held;

/// What the address asks for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    number: String,
    digest: String,
    code: String,
    school: String,
    from: String,
    to: String,
    subject: String,
    file: String,
    after: String,
    before: String,
}

fn tabs(here: usize) -> Tabs {
    Tabs::new("調閱", here, &[("尋找原件", "/retrieval", None), ("查驗檔案", "/retrieval/check", None)])
}

/// The form, and what it finds.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<Archivist>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let (search, mut mistakes) = asked.search(&app.office);
    let searched = !search.is_empty() && mistakes.is_empty();
    let search = if searched { search } else { Search::default() };
    let found = app.office.find_originals(&who, &visitor.origin, &search, asked.place()).await?;
    mistakes.extend(found.mistakes.iter().cloned());
    let now = app.office.world.now();
    let page = RetrievalPage {
        frame: visitor.frame_at(&app, Here::Retrieval, None),
        tabs: tabs(0),
        fields: asked.fields(&mistakes),
        searched: searched && mistakes.is_empty(),
        total: found.total.map_or(0, |total| total.count),
        more: found.total.is_some_and(|total| total.more),
        page_size: PAGE,
        cases: found.dossiers.iter().map(|dossier| case(dossier, &search, now)).collect(),
        stacks: found.stacks.iter().map(|stack| retrieved_stacks::found(stack, now)).collect(),
        pager: pager(&asked, &found),
    };
    Ok(if mistakes.is_empty() { html(&page) } else { mend(&page) })
}

impl Asked {
    fn search(&self, office: &Office) -> (Search, Vec<retrieval::Mistake>) {
        let mut mistakes = Vec::new();
        let mut day = |name: &'static str, typed: &str| match (typed.trim(), dates::parse(typed)) {
            ("", _) => None,
            (_, Some(day)) => Some(day),
            (other, None) => {
                mistakes.push((name, format!("看不懂「{other}」這個日期，請寫成 2025/12/18 或 114/12/18。")));
                None
            }
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        let text = |text: &str| text.trim().to_owned();
        let search = Search {
            number: text(&self.number),
            digest: text(&self.digest),
            code: text(&self.code),
            school: text(&self.school),
            from: from.map(|day| office.begin_of(day)),
            before: to.and_then(|day| day.tomorrow().ok()).map(|day| office.begin_of(day)),
            subject: text(&self.subject),
            file: text(&self.file),
        };
        (search, mistakes)
    }

    fn place(&self) -> Place {
        let key = |text: &str| text.parse::<Key>().ok();
        match (key(&self.after), key(&self.before)) {
            (Some(key), _) => Place::After(key),
            (None, Some(key)) => Place::Before(key),
            (None, None) => Place::First,
        }
    }

    fn pairs(&self) -> [(&'static str, &'static str, &str, &'static str); 8] {
        [
            ("number", "案件編號", &self.number, "例如 1150000123"),
            ("digest", "SHA-256", &self.digest, "全部 64 個字元，或開頭至少 6 個"),
            ("code", "核對碼", &self.code, "申請單上印的 12 個英文字母與數字"),
            ("school", "學校", &self.school, "名稱的一部分或代碼"),
            ("from", "開案日期從", &self.from, "例如 2025/12/18 或 114/12/18"),
            ("to", "開案日期到", &self.to, "例如 2025/12/31 或 114/12/31"),
            ("subject", "服務對象", &self.subject, "姓名的一部分，或完整證件字號"),
            ("file", "檔案名稱", &self.file, "上傳時檔名的一部分"),
        ]
    }

    fn fields(&self, mistakes: &[retrieval::Mistake]) -> Vec<Field> {
        let field = |(name, label, value, hint): (&'static str, &str, &str, &str)| {
            let mut field = Field::line(name, label, LineKind::Text, value);
            field.required = false;
            field.wide = false;
            field.hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
            field.error = mistakes.iter().find(|(at, _)| *at == name).map(|(_, words)| words.clone());
            field
        };
        self.pairs().map(field).into()
    }

    fn address(&self, place: &Place) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            self.pairs().into_iter().filter(|pair| !pair.2.is_empty()).map(|pair| (pair.0, pair.2)),
        );
        match place {
            Place::First => {}
            Place::After(key) => drop(query.append_pair("after", &key.to_string())),
            Place::Before(key) => drop(query.append_pair("before", &key.to_string())),
        }
        below("/retrieval", &query.finish())
    }
}

fn pager(asked: &Asked, found: &Found) -> Pager {
    let turn = |place: &Option<Place>| place.as_ref().map(|place| asked.address(place));
    Pager { previous: turn(&found.previous), next: turn(&found.next) }
}

fn case(dossier: &Dossier, search: &Search, now: i64) -> FoundCase {
    let wanted: String =
        search.digest.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    let file = search.file.to_lowercase();
    let papers = retrieval::originals(dossier).into_iter().map(|original| FoundPaper {
        matches: (!wanted.is_empty() && original.digest.to_string().starts_with(&wanted))
            || (!file.is_empty() && original.file_name.to_lowercase().contains(&file)),
        label: original.label,
        file_name: original.file_name,
        digest: DigestText::new(original.digest.short()),
    });
    FoundCase {
        number: CaseNumberText::new(&dossier.case.number),
        href: format!("/retrieval/{}", dossier.case.number),
        service: dossier.service.title.clone(),
        state: state_badge(dossier.state()),
        school: format!("{} {}", dossier.case.school.district, dossier.case.school.name),
        subject: name(dossier),
        opened: Moment::at(dossier.case.opened_at, now),
        papers: papers.collect(),
    }
}

fn name(dossier: &Dossier) -> String {
    dossier.subject().map(|one| subject::text(&one.answers, "name").to_owned()).unwrap_or_default()
}

/// A case's originals; before a purpose is stated, the question for it.
pub async fn open(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&case_page(&app, &held, &number, purpose_field("", None)).await?))
}

/// States the purpose.
pub async fn state(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let typed = sent.one("purpose");
    match app.office.state_purpose(&held.who, &held.visitor.origin, &number, typed).await {
        Ok(()) => Ok(Redirect::to(&format!("/retrieval/{number}")).into_response()),
        Err(StepError::Invalid(errors)) => {
            let words = errors.into_iter().map(|error| error.words).collect();
            Ok(mend(&case_page(&app, &held, &number, purpose_field(typed, Some(words))).await?))
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) fn purpose_field(typed: &str, error: Option<String>) -> Field {
    let mut field = Field::text("purpose", "調閱目的", typed, LONGEST);
    field.hint = Some("會記錄在查閱紀錄中，個管組看得到。請勿填寫學生姓名。".into());
    field.error = error;
    field
}

async fn case_page(
    app: &App,
    held: &Held<Archivist>,
    number: &str,
    purpose: Field,
) -> Result<RetrievalCasePage, WebError> {
    let (dossier, stated) = app.office.retrieval(&held.who, &held.visitor.origin, number).await?;
    let mut stacks = app.office.cut_from(&dossier).await?;
    stacks.dedup_by(|one, other| one.digest == other.digest);
    let now = app.office.world.now();
    let address = format!("/retrieval/{}", dossier.case.number);
    let opened = stated.is_some();
    let item = |original: Original| {
        let digest = original.digest.to_string();
        let at = |what: &str| opened.then(|| format!("{address}/{what}/{digest}"));
        PaperItem {
            label: original.label,
            file_name: original.file_name,
            size: words::size(u64::try_from(original.bytes).unwrap_or(0)),
            at: Moment::at(original.at, now),
            deleted: original
                .deleted
                .map(|deleted| (Moment::at(deleted.at, now), deleted.by.unwrap_or_default())),
            download: at("originals"),
            slip: at("slips"),
            digest: DigestText::new(digest),
        }
    };
    Ok(RetrievalCasePage {
        frame: held.visitor.frame_at(app, Here::Retrieval, None),
        number: CaseNumberText::new(&dossier.case.number),
        case: Link { label: "案件頁".into(), href: path(&dossier.case.number, "") },
        custody: Link { label: "保管鏈".into(), href: path(&dossier.case.number, "/custody") },
        traces: Link { label: "查閱紀錄".into(), href: path(&dossier.case.number, "/traces") },
        facts: vec![
            Fact::new("服務項目", &dossier.service.title),
            Fact::new("學校", format!("{} {}", dossier.case.school.district, dossier.case.school.name)),
            Fact::new("申請人", &dossier.case.applicant_name),
            Fact::new("服務對象", name(&dossier)),
        ],
        stated: stated.as_ref().map(|stated| stated.purpose.clone()),
        until: stated.map(|stated| Moment::at(stated.until, now)),
        purpose,
        papers: retrieval::originals(&dossier).into_iter().map(item).collect(),
        stacks: stacks.iter().map(|from| retrieved_stacks::cut_from_line(&held.who, from)).collect(),
        address,
    })
}

/// An original, as a download.
pub async fn original(
    State(app): State<App>,
    Held { visitor, who }: Held<Archivist>,
    Path((number, digest)): Path<(String, String)>,
) -> Result<Response, WebError> {
    match app.office.take_out(&who, &visitor.origin, &number, &digest).await {
        Ok(found) => send(found, "attachment"),
        Err(StepError::PurposeNeeded) => Ok(ask(&number)),
        Err(other) => Err(other.into()),
    }
}

/// The slip of an original.
pub async fn slip(
    State(app): State<App>,
    Held { visitor, who }: Held<Archivist>,
    Path((number, digest)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (pdf, file_name) = match app.office.print_slip(&who, &visitor.origin, &number, &digest).await {
        Ok(printed) => printed,
        Err(StepError::PurposeNeeded) => return Ok(ask(&number)),
        Err(other) => return Err(other.into()),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let name = HeaderValue::from_str(&content_disposition("inline", &file_name));
    headers.insert(header::CONTENT_DISPOSITION, name.map_err(|error| WebError::internal(&error))?);
    headers.insert(header::CONTENT_SECURITY_POLICY, viewer_policy());
    Ok((headers, pdf).into_response())
}

/// Where the purpose is stated.
fn ask(number: &str) -> Response {
    Redirect::to(&format!("/retrieval/{number}")).into_response()
}

/// 查驗: the question.
pub async fn examine(State(app): State<App>, held: Held<Archivist>) -> Response {
    html(&examine_page(&app, &held, None, None))
}

/// 查驗: hashes the file as it passes, and tells.
pub async fn examined(
    State(app): State<App>,
    held: Held<Archivist>,
    form: Multipart,
) -> Result<Response, WebError> {
    let Some((file_name, digest)) = hash(form).await? else {
        let error = "請先選擇檔案，再按查驗。".to_owned();
        return Ok(mend(&examine_page(&app, &held, None, Some(error))));
    };
    let found = app.office.examine(&held.who, &held.visitor.origin, &digest).await?;
    let now = app.office.world.now();
    let known = !found.places.is_empty();
    let gone = |(number, at): &(String, i64)| (number.clone(), Moment::at(*at, now));
    let examined = Examined {
        file_name,
        digest: DigestText::new(digest.to_string()),
        known,
        places: found.places.iter().map(|place| registered(place, &digest, now)).collect(),
        disposed: found.disposed.iter().map(gone).collect(),
    };
    Ok(html(&examine_page(&app, &held, Some(examined), None)))
}

/// The name and the digest of the file in a form; the bytes are kept nowhere.
async fn hash(mut form: Multipart) -> Result<Option<(String, Digest)>, WebError> {
    let broken = |_| WebError::bad_request("上傳中斷，檔案沒有收完整。");
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut hashing = Hashing::default();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            hashing.update(&chunk);
        }
        if hashing.bytes() > 0 {
            return Ok(Some((name, hashing.finish())));
        }
    }
    Ok(None)
}

fn registered(place: &Registered, digest: &Digest, now: i64) -> (String, Moment, Option<Link>) {
    let link = match &place.number {
        Some(number) => {
            Some(Link { label: format!("案件 {number}"), href: format!("/retrieval/{number}") })
        }
        None if place.stack => {
            let href = retrieved_stacks::address(&digest.to_string());
            Some(Link { label: "調閱這份掃描檔".into(), href })
        }
        None => None,
    };
    (place.label.to_owned(), Moment::at(place.at, now), link)
}

fn examine_page(
    app: &App,
    held: &Held<Archivist>,
    examined: Option<Examined>,
    error: Option<String>,
) -> ExaminePage {
    let frame = held.visitor.frame_at(app, Here::Retrieval, None);
    ExaminePage { frame, tabs: tabs(1), max_words: words::size(app.office.max_stack_bytes), examined, error }
}
