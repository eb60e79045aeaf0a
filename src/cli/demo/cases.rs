//! The demonstration's cases of a counsellor, made by the same steps that people take: one in 暫存, one
//! printed, one edited after printing, one submitted, one withdrawn.

use crate::case::role::Actor;
use crate::case::validate::Typed;
use crate::cli::house::Trouble;
use crate::steps::Office;
use crate::steps::office::Origin;
use crate::steps::subject::Asked;
use crate::steps::upload::Upload;
use crate::store::{list, people};
use crate::web::App;

use super::answers;
use super::scan::signed_scan;

const SERVICE: &str = "referral";

/// Makes the cases if the applicant has none yet.
pub async fn make(app: &App) -> Result<(), Trouble> {
    let office = &app.office;
    let person = people::by_login(&mut *office.store.read().await?, "counsellor").await?;
    let Some(actor) = person.map(|person| person.actor()) else { return Ok(()) };
    if has_cases(app, &actor).await? {
        return Ok(());
    }
    let withdrawn = open(app, &actor, &content(1, "家長已自行尋求協助。")).await?;
    let version = office.dossier(&actor, &withdrawn).await?.case.version;
    office.withdraw(&actor, &withdrawn, version, "家長已自行尋求醫療資源，暫不需要轉介。").await?;
    let submitted =
        ready(app, &actor, 2, &content(2, "經常請假，與同學互動減少，導師觀察到情緒低落。")).await?;
    submit(app, &actor, &submitted).await?;
    let stale = ready(app, &actor, 3, &content(3, "上課注意力不集中，家長希望有專業人員協助評估。")).await?;
    office.print_form(&actor, &stale).await?;
    let version = office.dossier(&actor, &stale).await?.case.version;
    let changed = content(3, "上課注意力不集中，近日與同學發生衝突，家長希望有專業人員協助評估。");
    office.edit_content(&actor, &stale, version, &changed).await?;
    let printed = ready(app, &actor, 4, &content(4, "轉學後適應困難，早上常說肚子痛不想上學。")).await?;
    office.print_form(&actor, &printed).await?;
    open(app, &actor, &content(5, "家中近期有重大變故，學生情緒起伏大。")).await?;
    Ok(())
}

/// Whether an applicant has cases already.
pub(super) async fn has_cases(app: &App, actor: &Actor) -> Result<bool, Trouble> {
    let mut db = app.office.store.read().await?;
    let (found, _) = list::stretch(&mut db, &Office::scope(actor), &list::Wanted::default(), 1).await?;
    Ok(!found.is_empty())
}

/// A submitted case, for whoever needs one with all its papers.
pub async fn submitted(app: &App, actor: &Actor) -> Result<String, Trouble> {
    let number = ready(app, actor, 0, &content(0, "經常請假，與同學互動減少，導師觀察到情緒低落。")).await?;
    submit(app, actor, &number).await?;
    Ok(number)
}

/// A case whose form can be printed.
pub(super) async fn ready(app: &App, actor: &Actor, at: u8, answers: &Typed) -> Result<String, Trouble> {
    let number = open(app, actor, answers).await?;
    let asked = Asked { typed: &subject(at), confirmed: true, origin: &Origin::default() };
    app.office.add_subject(actor, &number, asked).await?;
    for (category, name) in [("consent", "家長同意書.pdf"), ("summary", "輔導紀錄摘要.pdf")] {
        let page = attachment(app, name, at)?;
        app.office.add_attachment(actor, &number, category, upload(app, name, &page).await?).await?;
    }
    Ok(number)
}

/// Prints, signs, scans and submits a case.
pub(super) async fn submit(app: &App, actor: &Actor, number: &str) -> Result<(), Trouble> {
    let office = &app.office;
    office.print_form(actor, number).await?;
    let dossier = office.dossier(actor, number).await?;
    let print = dossier.newest_print().ok_or("the form was printed a moment ago")?;
    let bytes = u64::try_from(print.bytes)?;
    let form = office.originals.open_verified(&print.digest, bytes).await?.read_all().await?;
    let scan = signed_scan(form, &print.layout, true).ok_or("our own form can be drawn")?;
    let upload = upload(app, "簽核申請單.pdf", &scan).await?;
    let id = office.take_scan(actor, number, None, upload).await?;
    Ok(office.submit(actor, number, &id, false).await?)
}

async fn open(app: &App, actor: &Actor, answers: &Typed) -> Result<String, Trouble> {
    let token = app.office.world.new_id();
    Ok(app.office.open_case(actor, SERVICE, answers, &token).await?)
}

async fn upload(app: &App, name: &str, bytes: &[u8]) -> Result<Upload, Trouble> {
    let mut staging = app.office.originals.stage(bytes.len() as u64).await?;
    staging.write(bytes).await?;
    Ok(Upload { file_name: name.into(), staged: staging.finish().await? })
}

/// Good answers to the content tab.
pub(super) fn content(at: u8, problem: &str) -> Typed {
    let phone = format!("07-12345{at}0");
    let own = [
        ("phone", phone.as_str()),
        ("problem", problem),
        ("expectation", "希望協助學生穩定就學，並提供家長教養諮詢。"),
    ];
    typed_but(&answers::CONTENT, &own)
}

fn subject(at: u8) -> Typed {
    const NAMES: [&str; 5] = ["王小明", "陳小華", "林小美", "張小安", "李小芳"];
    let name = NAMES[usize::from(at) % NAMES.len()];
    typed_but(&answers::SUBJECT, &[("name", name), ("sex", if at.is_multiple_of(2) { "男" } else { "女" })])
}

/// The same with some exchanged.
fn typed_but(answers: &[(&str, &str)], own: &[(&str, &str)]) -> Typed {
    let mut all = typed(answers);
    all.extend(typed(own));
    all
}

/// Answers as a form sends them.
pub(super) fn typed(pairs: &[(&str, &str)]) -> Typed {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect()
}

/// A made-up attachment: a page with nothing but a number in its title.
fn attachment(app: &App, name: &str, at: u8) -> Result<Vec<u8>, Trouble> {
    use lopdf::{Document, Object, dictionary};
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! {},
    });
    let kids = Object::Array(vec![page.into()]);
    document
        .objects
        .insert(pages, Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 }));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    let title = format!("{} {at} {name}", app.office.world.new_id());
    let info = document.add_object(dictionary! { "Title" => Object::string_literal(title) });
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", info);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
