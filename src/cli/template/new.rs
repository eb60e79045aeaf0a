//! `casebind template new`: a form folder to begin with, sound as it stands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::target::USUAL_DIR;
use crate::forms::templates::{Templates, scaffold};

/// What the files to begin with call themselves.
const ID: &str = "new-form";
const TITLE: &str = "\"新表單\"";
const ORDER: &str = "order = 1 ";
/// The most characters of an id: it stands in addresses and file names.
const MOST_CHARACTERS: usize = 40;

/// Makes a form folder.
#[derive(Args)]
pub(super) struct NewArgs {
    /// The form's id and its folder's name: lower-case letters, digits and hyphens, such as home-visit
    id: String,
    /// The service item's name, as people choose it [default: the id]
    #[arg(long)]
    title: Option<String>,
    /// The directory of form folders; made when it isn't there
    #[arg(long, value_name = "DIR", default_value = USUAL_DIR)]
    dir: PathBuf,
}

/// Makes the folder and says what to do next.
pub(super) fn run(args: &NewArgs) -> Outcome {
    let id = args.id.as_str();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = id.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !id.chars().all(plain) || id.ends_with('-') || id.len() > MOST_CHARACTERS {
        return Err(format!(
            "{id:?} is no id: lower-case letters, digits and hyphens, a letter first, at most {MOST_CHARACTERS}"
        ));
    }
    let title = args.title.as_deref().map_or(id, str::trim);
    if title.is_empty() || title.contains(char::is_control) {
        return Err("--title: one line that people can choose by".into());
    }
    let folder = args.dir.join(id);
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    // A number after the others, so that the form stands at the end of the list.
    let others = if args.dir.is_dir() { Templates::load(Some(&args.dir)) } else { Templates::default() };
    let order = others.iter().map(|template| template.spec.order).max().unwrap_or(0).saturating_add(1);
    std::fs::create_dir_all(&args.dir).map_err(wrong)?;
    std::fs::create_dir(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already: choose another id, or change that form", folder.display())
        }
        _ => wrong(error),
    })?;
    for (name, text) in scaffold() {
        let text = text.replace(ID, id).replacen(TITLE, &toml::Value::from(title).to_string(), 1).replacen(
            ORDER,
            &format!("order = {order} "),
            1,
        );
        std::fs::write(folder.join(name), text).map_err(wrong)?;
    }
    let dir = args.dir.display();
    say!("{}: form.toml, form.typ and sample.json are made", folder.display());
    say!("next:  casebind template check {id} --dir {dir}");
    say!("       casebind template preview {id} --dir {dir}");
    Ok(ExitCode::SUCCESS)
}
