//! Every route of the service in one table: who comes through its door, and which trace an open one leaves.
//!
//! Whoever adds a route adds its row; [`super::through`] tries each row with each kind of person on both
//! databases, and [`super::traces`] looks at what is left behind. What happens to a case in which state is held by
//! the life cycle's own tests; here stands who gets as far as that.
//!
//! The people, in the order of a row's letters:
//!
//! ```text
//! L S L   + x x   +   + x   + x   +   x   +
//! | | |   | | |   |   | |   | |   |   |   '- two roles: applicant of another school, and supervisor of the zone
//! | | |   | | |   |   | |   | |   |   '- administrator
//! | | |   | | |   |   | |   | |   '- archivist
//! | | |   | | |   |   | |   | '- professional who doesn't serve the case
//! | | |   | | |   |   | |   '- professional who serves it
//! | | |   | | |   |   | '- supervisor of another zone
//! | | |   | | |   |   '- supervisor of the zone
//! | | |   | | |   '- case manager
//! | | |   | | '- applicant of another school
//! | | |   | '- colleague: another applicant of the same school
//! | | |   '- applicant of the case
//! | | '- disabled account with a session from before
//! | '- applicant who hasn't chosen a school
//! '- nobody signed in
//! ```
//!
//! `+` comes through. `r` sees the case and is refused this step, by role, zone or state. `x` is told that nothing
//! is there (404), as of a case that doesn't exist. `L` is led to the log-in, `S` to the choice of a school; in the
//! API `U` is 401 and `F` 403.
//!
//! What an address names is there ([`super::things`]), so that a row without `+` and `r` would be the same if everybody
//! were let in; such a row says with [`Door::shut`] why. [`Door::fresh`]: whoever's proof is older than ten minutes is led
//! to a new one first.

use super::traces::Leaves::{self, AtCase, Elsewhere, Nothing};

/// Which case a door is tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No case: the address names none.
    Nowhere,
    /// In 暫存, with nothing but its content.
    Opened,
    /// In 核章.
    Printed,
    /// In 送件.
    Submitted,
    /// In 收件.
    Received,
    /// In 服務中, with a record.
    Serving,
}
use Stage::{Nowhere, Opened, Printed, Received, Serving, Submitted};

/// One door.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// The method.
    pub method: &'static str,
    /// The route, as it is declared.
    pub route: &'static str,
    /// Which case it is tried with.
    pub at: Stage,
    /// Who comes through: a letter for each kind of person.
    pub people: &'static str,
    /// The trace that an open address leaves; none where something is done.
    pub leaves: Option<Leaves>,
    /// Whether it asks for a fresh proof.
    pub fresh: bool,
    /// Why nobody comes through here, where nobody does.
    pub shut: Option<&'static str>,
}

impl Door {
    const fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    const fn shut(mut self, why: &'static str) -> Self {
        self.shut = Some(why);
        self
    }
}

const fn get(route: &'static str, at: Stage, people: &'static str, leaves: Leaves) -> Door {
    Door { method: "GET", route, at, people, leaves: Some(leaves), fresh: false, shut: None }
}

const fn does(method: &'static str, route: &'static str, at: Stage, people: &'static str) -> Door {
    Door { method, route, at, people, leaves: None, fresh: false, shut: None }
}

const LIST: Leaves = Elsewhere("list-cases", "a_list_leaves_the_numbers_of_the_cases_on_it");
const DISPOSAL: Leaves = Elsewhere("view-disposal", DISPOSAL_TEST);
const CERTIFICATE: Leaves = Elsewhere("download-disposal-certificate", DISPOSAL_TEST);
const DISPOSAL_TEST: &str = "one_proposes_another_approves_and_nothing_of_the_child_is_left";
const STACK_TEST: &str = "a_stack_is_found_and_taken_out_for_a_purpose_of_its_own";
const SERVICE: Leaves = Elsewhere("view-case", "the_pages_of_the_service_leave_their_traces");
const ADMINISTRATION: Leaves = Nothing("roles, schools and settings; nobody's data");
const ACCOUNTS: Leaves = Elsewhere("list-accounts", ACCOUNTS_TEST);
const ACCOUNT: Leaves = Elsewhere("view-account", ACCOUNTS_TEST);
const ACCOUNTS_TEST: &str = "whoever_looks_at_accounts_leaves_a_trace_of_whose";
const LINK: &str = "the secret of a link for a phone opens it, whoever holds it: walk/phone.rs";
const MAILED: &str = "the secret of a mailed link opens it, whoever holds it: entrance/";
const OUT: &str = "it leads to the log-in, whoever asks: identity/sessions.rs";
const PROVIDER: &str = "there is no provider here: sign_on/";
const CAPTCHA: &str = "nobody was asked for digits: entrance/captcha.rs";

/// The table.
#[rustfmt::skip]
pub const DOORS: &[Door] = &[
    does("POST", "/cases/{number}/attachments", Printed, "LSL +xx r xx rx x x x"),
    does("POST", "/cases/{number}/scans", Printed, "LSL +xx r xx rx x x x"),
    does("POST", "/cases/{number}/records/{id}/files", Serving, "LSL rxx r rx +x r x r"),
    does("POST", "/phone/photos", Nowhere, "xxx xxx x xx xx x x x").shut(LINK),
    get("/stacks", Nowhere, "LSL +++ x xx xx x x +", Nothing("one's own files by name")),
    does("POST", "/stacks", Nowhere, "LSL +++ x xx xx x x +"),
    get("/admin/schools", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION),
    does("POST", "/admin/schools", Nowhere, "LxL xxx x xx xx x + x"),
    get("/", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("leads on")),
    get("/login", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("before anybody is known")),
    does("POST", "/login", Nowhere, "+++ +++ + ++ ++ + + +"),
    does("POST", "/login/remembered", Nowhere, "LLL LLL L LL LL L L L").shut(OUT),
    does("POST", "/login/forget", Nowhere, "LLL LLL L LL LL L L L").shut(OUT),
    does("POST", "/logout", Nowhere, "+++ +++ + ++ ++ + + +"),
    get("/sign-on", Nowhere, "xxx xxx x xx xx x x x", Nothing("leads to the provider")).shut(PROVIDER),
    get("/sign-on/return", Nowhere, "xxx xxx x xx xx x x x", Nothing("before anybody is known")).shut(PROVIDER),
    get("/captcha/{file}", Nowhere, "xxx xxx x xx xx x x x", Nothing("digits")).shut(CAPTCHA),
    get("/register", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("schools only")),
    does("POST", "/register", Nowhere, "+++ +++ + ++ ++ + + +"),
    get("/register/sent", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the same for everybody")),
    get("/register/{secret}", Nowhere, "xxx xxx x xx xx x x x", Nothing("that the link is good")).shut(MAILED),
    does("POST", "/register/{secret}", Nowhere, "xxx xxx x xx xx x x x").shut(MAILED),
    get("/forgotten", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("before anybody is known")),
    does("POST", "/forgotten", Nowhere, "+++ +++ + ++ ++ + + +"),
    get("/forgotten/sent", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the same for everybody")),
    get("/forgotten/{secret}", Nowhere, "xxx xxx x xx xx x x x", Nothing("that the link is good")).shut(MAILED),
    does("POST", "/forgotten/{secret}", Nowhere, "xx+ +++ + ++ ++ + + +"),
    get("/address/{secret}", Nowhere, "xxx xxx x xx xx x x x", Nothing("the address that the account moves to")).shut(MAILED),
    does("POST", "/address/{secret}", Nowhere, "+++ +++ + ++ ++ + + +"),
    get("/account/address", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")),
    does("POST", "/account/address", Nowhere, "L+L +++ + ++ ++ + + +"),
    does("POST", "/account/address/withdraw", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/accounts/waiting", Nowhere, "LxL xxx + xx xx x x x", Elsewhere("view-registrations", "a_case_manager_activates_or_refuses")),
    does("POST", "/accounts/waiting/{id}/activate", Nowhere, "LxL xxx + xx xx x x x").fresh(),
    get("/accounts/waiting/{id}/refuse", Nowhere, "LxL xxx + xx xx x x x", Elsewhere("view-registrations", "a_case_manager_activates_or_refuses")).fresh(),
    does("POST", "/accounts/waiting/{id}/refuse", Nowhere, "LxL xxx + xx xx x x x").fresh(),
    get("/collection-notice", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the same for everybody")),
    does("POST", "/collection-notice", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/school", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("schools only")),
    does("POST", "/school", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/login/code", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("before anybody has come in")),
    does("POST", "/login/code", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/account/password", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")),
    does("POST", "/account/password", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/account/second-factor", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")).fresh(),
    does("POST", "/account/second-factor", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    does("POST", "/account/second-factor/codes", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    does("POST", "/account/second-factor/remove", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    get("/account/sessions", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")),
    does("POST", "/account/sessions/seen", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    does("POST", "/account/sessions/end-others", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    does("POST", "/account/sessions/{id}/end", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    does("POST", "/account/devices/{id}/end", Nowhere, "L+L +++ + ++ ++ + + +").fresh(),
    get("/confirm", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")),
    does("POST", "/confirm", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/held/{id}", Nowhere, "LxL +xx x xx xx x x x", Nothing("what one typed oneself")),
    does("POST", "/held/{id}/discard", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/session", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("how long it lasts")),
    does("POST", "/session/stay", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/account", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("one's own account")),
    get("/notices", Nowhere, "L+L +++ + ++ ++ + + +", Nothing("numbers of cases, and what happened by its label")),
    does("POST", "/notices/read", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/retention", Nowhere, "LxL xxx x xx xx + x x", LIST),
    does("POST", "/retention/holds", Nowhere, "LxL xxx x xx xx + x x"),
    does("POST", "/retention/holds/{id}/lift", Nowhere, "LxL xxx x xx xx + x x"),
    does("POST", "/retention/disposals", Nowhere, "LxL xxx x xx xx + x x").fresh(),
    get("/retention/disposals/{id}", Nowhere, "LxL xxx x xx xx + x x", DISPOSAL),
    does("POST", "/retention/disposals/{id}/approve", Nowhere, "LxL xxx x xx xx + x x").fresh(),
    does("POST", "/retention/disposals/{id}/refuse", Nowhere, "LxL xxx x xx xx + x x").fresh(),
    get("/retention/disposals/{id}/certificate.pdf", Nowhere, "LxL xxx x xx xx + x x", CERTIFICATE),
    get("/retention/disposed", Nowhere, "LxL xxx x xx xx + x x", LIST),
    get("/applicants", Nowhere, "LxL xxx + xx xx x x x", ACCOUNTS),
    get("/applicants/{id}/school", Nowhere, "LxL xxx + xx xx x x x", ACCOUNT).fresh(),
    does("POST", "/applicants/{id}/school", Nowhere, "LxL xxx + xx xx x x x").fresh(),
    get("/admin/accounts", Nowhere, "LxL xxx x xx xx x + x", ACCOUNTS),
    does("POST", "/admin/accounts", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/accounts/new", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION).fresh(),
    get("/admin/accounts/{id}", Nowhere, "LxL xxx x xx xx x + x", ACCOUNT),
    get("/admin/accounts/{id}/edit", Nowhere, "LxL xxx x xx xx x + x", ACCOUNT).fresh(),
    does("POST", "/admin/accounts/{id}/edit", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/accounts/{id}/disable", Nowhere, "LxL xxx x xx xx x + x", ACCOUNT).fresh(),
    does("POST", "/admin/accounts/{id}/disable", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/accounts/{id}/second-factor", Nowhere, "LxL xxx x xx xx x + x", ACCOUNT).fresh(),
    does("POST", "/admin/accounts/{id}/second-factor", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/accounts/{id}/sessions", Nowhere, "LxL xxx x xx xx x + x", ACCOUNT).fresh(),
    does("POST", "/admin/accounts/{id}/sessions", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/admin/accounts/{id}/password", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/admin/accounts/{id}/enable", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/review", Nowhere, "LxL xxx x xx xx x + x", ACCOUNTS),
    does("POST", "/admin/review/{id}", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/roles", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION),
    get("/admin/changes", Nowhere, "LxL xxx x xx xx x + x", Elsewhere("view-changes", ACCOUNTS_TEST)),
    get("/admin/schools/new", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION).fresh(),
    does("POST", "/admin/schools/new", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/schools/{code}/edit", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION).fresh(),
    does("POST", "/admin/schools/{code}/edit", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/schools/lists/{id}", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION).fresh(),
    does("POST", "/admin/schools/lists/{id}", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    get("/admin/settings", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION),
    get("/admin/jobs", Nowhere, "LxL xxx x xx xx x + x", ADMINISTRATION),
    get("/fixity", Nowhere, "LxL xxx x xx xx + + x", Nothing("digests and what is wrong with them")),
    get("/admin/mail", Nowhere, "LxL xxx x xx xx x + x", Elsewhere("view-mails", ACCOUNTS_TEST)),
    does("POST", "/admin/mail/retry", Nowhere, "LxL xxx x xx xx x + x"),
    does("POST", "/admin/mail/{id}/retry", Nowhere, "LxL xxx x xx xx x + x"),
    get("/cases", Nowhere, "LSL +++ + ++ ++ + + +", LIST),
    does("POST", "/cases", Nowhere, "LSL +++ r rr rr r r +"),
    get("/cases/export.csv", Nowhere, "LSL +++ + ++ ++ + + +", Elsewhere("export-cases", "a_list_can_be_taken_along_as_a_file")).fresh(),
    does("POST", "/cases/filters", Nowhere, "LSL +++ + ++ ++ + + +"),
    does("POST", "/cases/filters/{id}/delete", Nowhere, "LSL +++ + ++ ++ + + +"),
    get("/cases/new", Nowhere, "LSL +++ r rr rr r r +", Nothing("what one types oneself")),
    get("/cases/{number}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-case")),
    get("/cases/{number}/content", Printed, "LSL +xx r xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/content", Printed, "LSL +xx r xx rx x x x"),
    get("/cases/{number}/subject", Opened, "LSL +xx r xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/subject", Printed, "LSL +xx r xx rx x x x"),
    get("/cases/{number}/subject/{id}", Printed, "LSL +xx r xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/subject/{id}", Printed, "LSL +xx r xx rx x x x"),
    get("/cases/{number}/subject/{id}/delete", Printed, "LSL +xx r xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/subject/{id}/delete", Printed, "LSL +xx r xx rx x x x"),
    get("/cases/{number}/attachments", Submitted, "LSL +xx + +x +x + x +", AtCase("view-case")),
    get("/cases/{number}/attachments/{id}", Submitted, "LSL +xx + +x +x + x +", AtCase("download-attachment")),
    get("/cases/{number}/attachments/{id}/delete", Printed, "LSL +xx r xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/attachments/{id}/delete", Printed, "LSL +xx r xx rx x x x"),
    does("POST", "/cases/{number}/print", Printed, "LSL +xx r xx rx x x x"),
    does("POST", "/bulk", Nowhere, "LSL +++ + ++ ++ + + +"),
    get("/bulk/{id}", Nowhere, "LSL +xx x xx xx x x x", Elsewhere("view-bulk-print", "what_many_cases_stand_on_leaves_one")),
    does("POST", "/bulk/{id}/print", Nowhere, "LSL +xx x xx xx x x x"),
    get("/bulk/{id}/progress", Nowhere, "LSL +xx x xx xx x x x", Nothing("how far it is")),
    get("/bulk/{id}/forms.pdf", Nowhere, "LSL +xx x xx xx x x x", Elsewhere("view-print", "what_many_cases_stand_on_leaves_one")).fresh(),
    get("/cases/{number}/prints/{revision}/form.pdf", Submitted, "LSL +xx + +x +x + x +", AtCase("view-print")),
    get("/cases/{number}/prints/{revision}/page-1.jpg", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/scans/new", Printed, "LSL +xx r xx rx x x x", AtCase("view-case")),
    get("/cases/{number}/scans/{id}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-case")),
    get("/cases/{number}/scans/{id}/pages/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/scans/{id}/seals/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/scans/{id}/changes/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/scans/{id}/original", Submitted, "LSL +xx + +x +x + x +", AtCase("download-scan")),
    get("/cases/{number}/scans/{id}/photos/{page}", Submitted, "LSL +xx + +x +x + x +", AtCase("download-scan")),
    does("POST", "/cases/{number}/phone", Printed, "LSL +xx r xx rx x x x"),
    get("/cases/{number}/phone/{id}", Printed, "LSL +xx x xx xx x x x", Nothing("the number and how far it is")),
    get("/cases/{number}/phone/{id}/progress", Printed, "LSL +xx x xx xx x x x", Nothing("how far it is")),
    get("/phone/{secret}/open", Nowhere, "xxx xxx x xx xx x x x", Nothing("the number")).shut(LINK),
    does("POST", "/phone/{secret}/open", Nowhere, "xxx xxx x xx xx x x x").shut(LINK),
    get("/phone", Nowhere, "xxx xxx x xx xx x x x", Nothing("the number, the service item and the seals' labels")).shut(LINK),
    get("/phone/done", Nowhere, "xxx xxx x xx xx x x x", Nothing("the number")).shut(LINK),
    get("/stacks/{id}", Nowhere, "LSL +xx x xx xx x x x", Elsewhere("view-stack", "a_stack_leaves_its_traces")),
    get("/stacks/{id}/progress", Nowhere, "LSL +xx x xx xx x x x", Nothing("how far it is")),
    does("POST", "/stacks/{id}/resume", Nowhere, "LSL +xx x xx xx x x x"),
    does("POST", "/stacks/{id}/submit", Nowhere, "LSL +xx x xx xx x x x"),
    does("POST", "/stacks/{id}/claim", Nowhere, "LSL +xx x xx xx x x x"),
    get("/stacks/{id}/pages/{file}", Nowhere, "LSL +xx x xx xx x x x", Elsewhere("view-picture", "a_stack_leaves_its_traces")),
    get("/stacks/{id}/original", Nowhere, "LSL +xx x xx xx x x x", Elsewhere("download-stack", "a_stack_leaves_its_traces")),
    does("POST", "/cases/{number}/submit", Submitted, "LSL +xx + +x +x + x +"),
    get("/cases/{number}/receipt", Submitted, "LSL +xx + +x +x + x +", AtCase("view-case")),
    get("/cases/{number}/receipts/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-case")),
    does("POST", "/cases/{number}/supplement/items/{seq}", Submitted, "LSL rxx r rx rx r x r"),
    does("POST", "/cases/{number}/resubmit", Submitted, "LSL rxx r rx rx r x r"),
    get("/queue", Nowhere, "LxL xxx + xx xx x x x", LIST),
    get("/queue/next", Nowhere, "LSL xxx + xx xx x x x", Nothing("leads on")),
    get("/cases/{number}/review", Submitted, "LSL xxx + xx xx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/review/verdicts", Submitted, "LSL xxx + xx xx x x x"),
    does("POST", "/cases/{number}/review/look", Submitted, "LSL xxx + xx xx x x x"),
    get("/cases/{number}/scans/{id}/desk/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/prints/{revision}/pages/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    get("/cases/{number}/attachments/{id}/pages/{file}", Submitted, "LSL +xx + +x +x + x +", AtCase("view-picture")),
    does("POST", "/cases/{number}/receive", Submitted, "LSL rxx + rx rx r x r"),
    get("/cases/{number}/return", Submitted, "LSL rxx + rx rx r x r", AtCase("view-case")),
    does("POST", "/cases/{number}/return", Submitted, "LSL rxx + rx rx r x r"),
    get("/cases/{number}/supplement", Submitted, "LSL rxx + rx rx r x r", AtCase("view-case")),
    does("POST", "/cases/{number}/supplement", Submitted, "LSL rxx + rx rx r x r"),
    get("/cases/{number}/decline", Submitted, "LSL rxx + +x rx r x +", AtCase("view-case")),
    does("POST", "/cases/{number}/decline", Submitted, "LSL rxx + +x rx r x +"),
    get("/cases/{number}/correct", Submitted, "LSL rxx + rx rx r x r", AtCase("view-case")),
    does("POST", "/cases/{number}/correct", Submitted, "LSL rxx + rx rx r x r"),
    get("/cases/{number}/hand-over", Submitted, "LSL rxx + rx rx r x r", AtCase("view-case")),
    does("POST", "/cases/{number}/hand-over", Submitted, "LSL rxx + rx rx r x r"),
    get("/cases/{number}/traces", Submitted, "LSL xxx + +x xx + x +", AtCase("view-traces")),
    get("/cases/{number}/custody", Submitted, "LSL xxx + +x xx + x +", AtCase("view-custody")),
    get("/cases/{number}/custody/{file}", Submitted, "LSL xxx + +x xx + x +", AtCase("view-custody")),
    get("/cases/{number}/withdraw", Printed, "LSL +xx + xx rx x x x", AtCase("view-case")),
    does("POST", "/cases/{number}/withdraw", Submitted, "LSL rxx + rx rx r x r"),
    get("/retrieval", Nowhere, "LxL xxx x xx xx + x x", Elsewhere("search-cases", "an_archivist_finds_a_case_by_each_thing_known_of_a_paper")),
    get("/retrieval/{number}", Submitted, "LxL xxx x xx xx + x x", Elsewhere("view-case", "nothing_goes_out_before_a_purpose_is_stated")),
    does("POST", "/retrieval/{number}", Submitted, "LxL xxx x xx xx + x x"),
    get("/retrieval/{number}/originals/{digest}", Submitted, "LxL xxx x xx xx + x x", Elsewhere("retrieve-original", "nothing_goes_out_before_a_purpose_is_stated")),
    get("/retrieval/{number}/slips/{digest}", Submitted, "LxL xxx x xx xx + x x", Elsewhere("print-slip", "a_slip_tells_the_digest_and_whose_hands_it_went_through")),
    get("/retrieval/stacks/{digest}", Submitted, "LxL xxx x xx xx + x x", Elsewhere("view-stack", STACK_TEST)),
    does("POST", "/retrieval/stacks/{digest}", Submitted, "LxL xxx x xx xx + x x"),
    get("/retrieval/stacks/{digest}/original", Submitted, "LxL xxx x xx xx + x x", Elsewhere("retrieve-stack", STACK_TEST)),
    get("/retrieval/check", Nowhere, "LxL xxx x xx xx + x x", Nothing("what one is asked oneself")),
    does("POST", "/retrieval/check", Nowhere, "LxL xxx x xx xx + x x"),
    get("/statistics", Nowhere, "LxL xxx + ++ xx x x +", Nothing("counts")),
    get("/statistics.csv", Nowhere, "LxL xxx + ++ xx x x +", Nothing("counts")).fresh(),
    get("/dispatch", Nowhere, "LSL xxx x ++ xx x x +", Elsewhere("list-cases", "the_pages_of_the_service_leave_their_traces")),
    does("POST", "/dispatch", Nowhere, "LSL xxx x ++ xx x x +"),
    get("/cases/{number}/dispatch", Received, "LSL rxx r +x rx r x +", SERVICE),
    does("POST", "/cases/{number}/dispatch", Received, "LSL rxx r +x rx r x +"),
    get("/cases/{number}/reassign", Serving, "LSL rxx r +x rx r x +", SERVICE),
    does("POST", "/cases/{number}/reassign", Serving, "LSL rxx r +x rx r x +"),
    get("/served", Nowhere, "LSL xxx x xx ++ x x x", Elsewhere("list-cases", "the_pages_of_the_service_leave_their_traces")),
    get("/cases/{number}/records/new", Serving, "LSL rxx r rx +x r x r", SERVICE),
    does("POST", "/cases/{number}/records/new", Serving, "LSL rxx r rx +x r x r"),
    get("/cases/{number}/records/{id}", Serving, "LSL xxx + +x +x x x +", SERVICE),
    get("/cases/{number}/records/{id}/receipts/{file}", Serving, "LSL xxx + +x +x x x +", SERVICE),
    get("/cases/{number}/records/{id}/edit", Serving, "LSL rxx r rx +x r x r", SERVICE),
    does("POST", "/cases/{number}/records/{id}/edit", Serving, "LSL rxx r rx +x r x r"),
    get("/cases/{number}/records/{id}/files/{digest}", Serving, "LSL xxx + +x +x x x +", Elsewhere("download-record-file", "the_pages_of_the_service_leave_their_traces")),
    get("/cases/{number}/close", Serving, "LSL rxx r rx +x r x r", SERVICE),
    does("POST", "/cases/{number}/close", Serving, "LSL rxx r rx +x r x r"),
    get("/cases/{number}/closing", Serving, "LSL xxx + +x +x x x +", SERVICE),
    does("POST", "/cases/{number}/closing/approve", Serving, "LSL rxx r +x rx r x +"),
    does("POST", "/cases/{number}/closing/back", Serving, "LSL rxx r +x rx r x +"),
    get("/cases/{number}/reopen", Serving, "LSL rxx r rx rx r x r", SERVICE),
    does("POST", "/cases/{number}/reopen", Serving, "LSL rxx r rx rx r x r"),
    get("/zones", Nowhere, "LxL xxx x xx xx x + x", Nothing("zones, districts and schools")),
    does("POST", "/zones", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/zones/districts", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/zones/schools/{code}", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/zones/{id}", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/zones/{id}/remove", Nowhere, "LxL xxx x xx xx x + x").fresh(),
    does("POST", "/drafts/{form}", Nowhere, "L+L +++ + ++ ++ + + +"),
    does("POST", "/glyphs", Nowhere, "L+L +++ + ++ ++ + + +"),
    get("/assets/{version}/{*path}", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the same for everybody")),
    get("/health", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the service itself")),
    get("/healthz", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the service itself")),
    get("/readyz", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the service itself")),
    get("/api/v1/cases/{number}", Submitted, "UFU +xx + +x +x + x +", AtCase("view-case")),
    get("/api/v1/cases/{number}/choices", Submitted, "UFU +xx + +x +x + x +", AtCase("view-case")),
    get("/api/v1/cases/{number}/documents", Submitted, "UFU +xx + +x +x + x +", AtCase("view-case")),
    get("/api/v1/cases/{number}/documents/{digest}", Submitted, "UFU +xx + +x +x F x +", AtCase("view-print")),
    does("POST", "/api/v1/cases", Nowhere, "UFU +++ r rr rr r r +"),
    does("PUT", "/api/v1/cases/{number}/content", Printed, "UFU +xx r xx rx x x x"),
    does("PUT", "/api/v1/cases/{number}/subject", Printed, "UFU +xx r xx rx x x x"),
    does("DELETE", "/api/v1/cases/{number}/subject", Printed, "UFU +xx r xx rx x x x"),
    does("DELETE", "/api/v1/cases/{number}/attachments/{id}", Printed, "UFU +xx r xx rx x x x"),
    does("PUT", "/api/v1/cases/{number}/supplement/{seq}", Submitted, "UFU rxx r rx rx r x r"),
    does("POST", "/api/v1/cases/{number}/events", Submitted, "UFU rxx + rx rx r x r"),
    get("/api/v1/cases/{number}/flow", Submitted, "UFU +xx + +x +x + x +", AtCase("view-case")),
    get("/api/v1/cases", Nowhere, "UFU +++ + ++ ++ + + +", Elsewhere("search-cases", "a_list_is_narrowed_and_read_page_by_page")),
    get("/api/v1/services", Nowhere, "UFU +++ + ++ ++ + + +", Nothing("forms")),
    does("POST", "/api/v1/cases/{number}/attachments", Printed, "UFU +xx r xx rx x x x"),
    does("POST", "/api/v1/cases/{number}/scans", Printed, "UFU +xx r xx rx x x x"),
    get("/api/v1/openapi.json", Nowhere, "+++ +++ + ++ ++ + + +", Nothing("the description")),
    get("/api/v1/cases/{number}/records", Serving, "UFU xxx + +x +x x x +", Elsewhere("view-case", "records_are_written_revised_and_read_by_programs")),
    get("/api/v1/cases/{number}/records/{id}", Serving, "UFU xxx + +x +x x x +", Elsewhere("view-case", "records_are_written_revised_and_read_by_programs")),
    does("POST", "/api/v1/cases/{number}/records", Serving, "UFU rxx r rx +x r x r"),
    does("PUT", "/api/v1/cases/{number}/records/{id}", Serving, "UFU rxx r rx +x r x r"),
    does("POST", "/api/v1/cases/{number}/records/{id}/files", Serving, "UFU rxx r rx +x r x r"),
    get("/api/v1/cases/{number}/records/{id}/files/{digest}", Serving, "UFU xxx + +x +x x x +", Elsewhere("download-record-file", "records_are_written_revised_and_read_by_programs")),
];
