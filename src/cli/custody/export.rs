//! `casebind custody export`: the links as a file. It holds identifiers, digests, codes and times, and no words of people.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::house::{Trouble, open_store};
use crate::cli::out::Out;
use crate::clock::World;
use crate::store::custody;

use super::{Installed, file};

/// Writes the links to a file that `check` reads.
#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    installed: Installed,
    /// The file; standard output without it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// From which link on: the number of links of an earlier file.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Exports.
pub async fn run(args: &ExportArgs, world: World) -> Result<ExitCode, Trouble> {
    let config = args.installed.config()?;
    let (_, store) = open_store(&config, &world).await?;
    let mut out: Box<dyn Write + Send> = match &args.output {
        Some(path) => {
            let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(Out)),
    };
    let mut db = store.read().await?;
    let mut last = match args.from.checked_sub(1) {
        Some(before) => custody::page(&mut db, before, 1).await?.pop().map(|kept| kept.hash),
        None => None,
    };
    let (mut next, mut written) = (args.from, 0_u64);
    loop {
        let page = custody::page(&mut db, next, 1000).await?;
        let Some(end) = page.last() else { break };
        next = end.seq + 1;
        for kept in &page {
            file::write(&mut out, &kept.after(last), kept.hash)?;
            last = Some(kept.hash);
            written += 1;
        }
    }
    out.flush()?;
    drop(db);
    store.close().await;
    eprintln!("{written} links, up to {next}");
    Ok(ExitCode::SUCCESS)
}
