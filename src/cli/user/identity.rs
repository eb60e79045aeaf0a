//! `casebind user link` and `unlink`: who somebody is at the sign-on.

use clap::Args;

use crate::case::account::Draft;
use crate::cli::house::Trouble;
use crate::steps::accounts::Hand;
use crate::web::App;

use super::{Which, told};

/// Which account, and who at the sign-on.
#[derive(Args)]
pub struct IdentityArgs {
    #[command(flatten)]
    which: Which,
    /// The subject (`sub`) at the provider.
    #[arg(long)]
    subject: String,
    /// The provider's issuer; without it, that of the configuration's [sign_on].
    #[arg(long)]
    issuer: Option<String>,
}

impl IdentityArgs {
    fn issuer(&self, app: &App) -> Result<String, Trouble> {
        let configured = || app.sign_on.as_ref().map(|sign_on| sign_on.issuer().to_owned());
        let issuer = self.issuer.clone().or_else(configured);
        issuer.ok_or_else(|| "--issuer is needed: the configuration has no [sign_on]".into())
    }
}

/// Links it.
pub async fn link(args: &IdentityArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let issuer = args.issuer(&app)?;
    let done = app.office.link_identity(Hand::Command, &account.id, &issuer, &args.subject).await;
    done.map_err(|error| told(error, &Draft::default()))?;
    app.office.store.close().await;
    say!("account {}: linked to {} at {issuer}", account.draft.login, args.subject.trim());
    Ok(())
}

/// Unlinks it.
pub async fn unlink(args: &IdentityArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let issuer = args.issuer(&app)?;
    let done = app.office.unlink_identity(Hand::Command, &account.id, &issuer, &args.subject).await;
    done.map_err(|error| told(error, &Draft::default()))?;
    app.office.store.close().await;
    say!("account {}: no longer linked to {}, all sessions ended", account.draft.login, args.subject.trim());
    Ok(())
}
