//! `casebind user add`: makes an account, such as the first administrator's.

use clap::Args;

use crate::case::account::Draft;
use crate::case::role::Role;
use crate::cli::house::Trouble;
use crate::steps::accounts::Hand;
use crate::store::people;

use super::secret::Chosen;
use super::{Installed, told};

/// What an account is.
#[derive(Args)]
pub struct AddArgs {
    #[command(flatten)]
    installed: Installed,
    /// The name to log in with.
    #[arg(long)]
    login: String,
    /// The name that others see.
    #[arg(long)]
    name: String,
    /// The address of electronic mail.
    #[arg(long, default_value = "")]
    email: String,
    /// A role; may be given several times.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<Role>,
    /// The code of the school that the account is bound to.
    #[arg(long, value_name = "CODE", default_value = "")]
    school: String,
    /// The zone of a supervisor.
    #[arg(long, value_name = "ID", default_value = "")]
    zone: String,
    /// The profession of a professional, such as 心理師 or 社工師.
    #[arg(long, value_name = "NAME", default_value = "")]
    profession: String,
    /// Reads the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

pub async fn run(args: &AddArgs) -> Result<(), Trouble> {
    let draft = Draft {
        login: args.login.clone(),
        name: args.name.clone(),
        email: args.email.clone(),
        roles: args.roles.clone(),
        school: args.school.clone(),
        zone: args.zone.clone(),
        profession: args.profession.clone(),
    };
    let app = args.installed.open().await?;
    let chosen = Chosen::read(args.password_stdin, &app, &draft, false)?;
    let office = &app.office;
    let mut tx = office.store.write().await?;
    let made = office.make_account_in(&mut tx, Hand::Command, draft.clone()).await;
    let id = made.map_err(|error| told(error, &draft))?;
    let now = office.world.now();
    people::set_password(&mut tx, &id, &chosen.hash, now).await?;
    people::note_given(&mut tx, &id, chosen.is_made_up().then_some(now)).await?;
    tx.commit().await?;
    office.store.close().await;
    say!("account {} made", draft.login.trim().to_lowercase());
    chosen.tell();
    Ok(())
}
