//! `casebind custody check`: exported links against checkpoints, or bags, without a database.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::archive;
use crate::cli::house::Trouble;
use crate::custody::check::{Checkpoints, Walk};

use super::{Teller, bags, file, insist_on_folder, keys};

/// Checks exported links against checkpoints, or bags of cases, without a database. Exit code 2: findings.
#[derive(Args)]
pub struct CheckArgs {
    /// A folder of checkpoints; several may be named.
    #[arg(long, value_name = "DIR", required_unless_present = "bag")]
    checkpoints: Vec<PathBuf>,
    /// A file with the public key, as `casebind custody key` tells it; several where the key has changed.
    #[arg(long, value_name = "FILE", required_unless_present = "bag")]
    public_key: Vec<PathBuf>,
    /// Files of exported links, in their order.
    #[arg(long, value_name = "FILE", required_unless_present = "bag", num_args = 1..)]
    links: Vec<PathBuf>,
    /// A bag of cases, or a folder of bags: every row against its entry, every entry against the checkpoint in the bag.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["checkpoints", "links"])]
    bag: Vec<PathBuf>,
    /// One JSON object a line: findings, then the summary.
    #[arg(long)]
    json: bool,
}

/// Checks.
pub fn run(args: &CheckArgs) -> Result<ExitCode, Trouble> {
    let keys = keys(&args.public_key)?;
    if !args.bag.is_empty() {
        return bags::run(&args.bag, &keys, args.json);
    }
    let mut teller = Teller::new(args.json);
    let mut known = Checkpoints::default();
    for folder in &args.checkpoints {
        insist_on_folder(folder)?;
        for (name, text) in archive::Checkpoints::at(folder).all()? {
            if let Some(finding) = known.take(&name, &text, &keys) {
                teller.tell(&finding);
            }
        }
    }
    if known.is_empty() && teller.findings == 0 {
        return Err("there is no checkpoint in the folder: without one nothing can be proved".into());
    }
    let mut walk = Walk::new(known);
    for path in &args.links {
        let name = path.display().to_string();
        let input = File::open(path).map_err(|error| format!("{name}: {error}"))?;
        for line in file::read(&name, BufReader::new(input)) {
            match line? {
                Ok((link, hash)) => walk.step(&link, hash).iter().for_each(|finding| teller.tell(finding)),
                Err(finding) => teller.tell(&finding),
            }
        }
    }
    let (summary, ends) = walk.end();
    ends.iter().for_each(|finding| teller.tell(finding));
    Ok(teller.end(&summary))
}
