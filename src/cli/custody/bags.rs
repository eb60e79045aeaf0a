//! `casebind custody check --bag`: bags of cases and their proofs of custody, without a database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::archive::bag::Flaw;
use crate::cli::house::Trouble;
use crate::custody::key::PublicKey;
use crate::steps::bags::check::{Checked, check};
use crate::steps::bags::import::bags_in;

/// Checks every bag below these folders.
pub fn run(folders: &[PathBuf], keys: &[PublicKey], json: bool) -> Result<ExitCode, Trouble> {
    let mut flawed = false;
    for folder in folders {
        for bag in bags_in(folder)? {
            let found = check(&bag, keys);
            flawed |= found.is_err();
            if json { tell_json(&bag, &found) } else { tell(&bag, &found) }
        }
    }
    if keys.is_empty() && !json {
        say!("who signed the checkpoints was not asked: name the old installation's key by --public-key");
    }
    Ok(if flawed { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn tell(bag: &Path, found: &Result<Checked, Vec<Flaw>>) {
    let place = bag.display();
    match found {
        Ok(Checked { cases, entries, later }) => {
            say!("{place}: well, {cases} cases, {entries} entries of the custody chain");
            if *later > 0 {
                say!("    {later} of them came after the checkpoint: nobody vouches for them yet");
            }
        }
        Err(flaws) => {
            say!("{place}: isn't as it should be");
            flaws.iter().for_each(|flaw| say!("    {flaw}"));
        }
    }
}

fn tell_json(bag: &Path, found: &Result<Checked, Vec<Flaw>>) {
    let bag = bag.display().to_string();
    say!(
        "{}",
        match found {
            Ok(Checked { cases, entries, later }) => {
                serde_json::json!({ "bag": bag, "cases": cases, "entries": entries, "later": later, "flaws": [] })
            }
            Err(flaws) => {
                let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
                serde_json::json!({ "bag": bag, "flaws": flaws })
            }
        }
    );
}
