//! `casebind demo`: an installation with made-up people and cases, on this machine only.
//!
//! The people's passwords are random, new at each start, and printed once. The cases are made by the
//! same steps that people take.

pub mod answers;
pub mod cases;
mod people;
pub mod scan;
mod served;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::clock::World;
use crate::config::{CaptchaAtLogin, Config};

use super::house::{self, House, Trouble};
use super::{fail, runtime};

/// Serves a demonstration.
#[derive(Args)]
pub struct DemoArgs {
    /// Where its database and originals lie; made when it isn't there.
    #[arg(long, value_name = "DIR", default_value = "casebind-demo")]
    data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Asks for a captcha at the log-in page, as other installations do unless they are told not to.
    #[arg(long)]
    captcha: bool,
    /// Makes people and cases, prints the passwords, and stops.
    #[arg(long)]
    seed_only: bool,
}

/// Runs the demonstration until it is told to stop.
pub fn run(args: &DemoArgs) -> ExitCode {
    let mut config = Config::demo(&args.data_dir);
    if args.captcha {
        config.entrance.captcha_at_login = CaptchaAtLogin::Always;
    }
    crate::telemetry::init(&config.log);
    match runtime().block_on(demo(args, &config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

async fn demo(args: &DemoArgs, config: &Config) -> Result<(), Trouble> {
    let listener = house::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)), "--port").await?;
    // A free port is known only now, and a phone's link begins with it.
    let config = Config { public_url: format!("http://{}", listener.local_addr()?), ..config.clone() };
    let house = House::open(&config, World::system()).await?;
    let passwords = people::make(&house.app).await?;
    house.app.office.accept_notice_for_made_up_people().await?;
    cases::make(&house.app).await?;
    served::make(&house.app).await?;
    say!("Casebind demo, data in {}", args.data_dir.display());
    say!();
    say!("  role           login        password");
    for (role, login, password) in &passwords {
        say!("  {role:<14} {login:<12} {password}");
    }
    say!();
    say!("Staff sign in without a second factor here; a real installation asks them for one.");
    say!();
    say!("Try first:");
    say!("  1. Open http://{} and log in as counsellor: cases in several states.", listener.local_addr()?);
    say!("  2. Log in as newcomer: choose a school, then 新增 a case, add the subject and attachments,");
    say!("     print (列印申請單), and upload a signed scan (上傳簽核申請單).");
    say!(
        "     Without a printer: `casebind try-scan FORM.pdf -o scan.pdf` makes a signed scan of a saved form."
    );
    say!(
        "  3. Log in as supervisor (派案), psychologist (服務紀錄) or admin (帳號): work waits for each of them."
    );
    say!(
        "  4. Stop with Ctrl-C. `casebind verify --data-dir {}` checks every original.",
        args.data_dir.display()
    );
    say!();
    say!("http://{}", listener.local_addr()?);
    if args.seed_only {
        house.app.office.store.close().await;
        return Ok(());
    }
    house.serve(listener).await
}
