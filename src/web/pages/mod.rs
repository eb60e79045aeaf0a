//! Pages: plain data in, HTML out. Handlers fill these structs; nothing here asks a database or decides.
//!
//! Each page is a struct with a template of the same name beside it; small things that many pages show
//! are in [`parts`], form fields in [`field`], what surrounds every page in [`frame`]. Everything that
//! comes from a record is escaped. Pages work without scripts: the modules in `assets/js` only improve
//! what is there, and each can be missing. No page has inline script or style.
//!
//! # What the forms send: the contract with the handlers
//!
//! Repeated names (checkboxes) come once per ticked box. `version` is the case's version as the page
//! knew it, `token` makes a second press harmless. Field ids of a specification must not be one of the
//! names below. Requests from other sites are told apart by `Sec-Fetch-Site` and `Origin`, so forms
//! carry no secret of their own. `{n}` is the case number.
//!
//! | page | method and address | fields |
//! | --- | --- | --- |
//! | [`login::LoginPage`] | POST /login | `account`, `password`, `next`, `remember` = 1 |
//! | the same, a remembered device | POST /login/remembered, POST /login/forget | `next`; none |
//! | [`code::CodePage`] | POST /login/code | `code`, `next` |
//! | [`password::PasswordPage`] | POST /account/password | `present`, `new`, `again`, `next` |
//! | [`second_factor::EnrolPage`] | POST /account/second-factor | `code`, `next` |
//! | [`second_factor::FactorPage`] | POST /account/second-factor/codes, /account/second-factor/remove | none; `present` |
//! | [`sessions::SessionsPage`] | POST /account/sessions/{id}/end, /account/devices/{id}/end, /account/sessions/end-others | none |
//! | [`rise::RisePage`] | POST /confirm | `code` or `password`, `next` |
//! | [`rise::HeldPage`] | the address that the form was sent to; POST /held/{id}/discard | everything that was typed; none |
//! | every page | POST /logout | none |
//! | [`school::SchoolPage`], search | GET /school | `district`, `stage`, `q` |
//! | [`school::SchoolPage`] | POST /school | `school` (code) |
//! | [`case_list::CaseListPage`], filter | GET /cases | `scope` (`all` or absent), `service`, `state`, `sort`, `q`, `from`, `to`, `subject`, `school`, `district`, `zone`, `professional`, `view` (`table` or absent); [`parts::Pager`] links add `after` or `before` with a key |
//! | the same, 匯出 CSV | GET /cases/export.csv | the same without a key |
//! | the same, 常用條件 | POST /cases/filters, POST /cases/filters/{id}/delete | `name`, `query` (the list's address after the question mark); none |
//! | [`record_form::ChooseServicePage`] | GET /cases/new | `service` |
//! | [`record_form::RecordFormPage`], new case | POST /cases | `service`, `token`, the fields of the specification |
//! | the same, content | POST /cases/{n}/content | `version`, `token`, the fields |
//! | the same, new subject | POST /cases/{n}/subject | `version`, `token`, the fields, `confirm_<field>` = 1 for each confirmed warning |
//! | the same, subject | POST /cases/{n}/subject/{id} | the same |
//! | [`trouble::ConfirmPage`], delete | POST /cases/{n}/subject/{id}/delete, POST /cases/{n}/attachments/{id}/delete | `version`, `token` |
//! | [`trouble::ConfirmPage`], 撤案 | POST /cases/{n}/withdraw | `version`, `token`, `reason` |
//! | [`trouble::ConflictPage`] | the address that was refused | everything that was typed, with the new `version` and a new `token` |
//! | [`case_page::CasePage`], tabs | GET /cases/{n} | `tab` (`content`, `subject`, `records`, `flow`); on 對象 also `show` (`deleted` or absent) and `q` |
//! | actions 列印申請單 | POST /cases/{n}/print, answer in a new tab | `version`, `token` |
//! | [`case_list::CaseListPage`], 列印所選案件 | POST /bulk | `case` (numbers) for each ticked case, or `all` = 1 with the list's filter |
//! | [`bulk::BulkPage`], 列印 and 繼續列印 | POST /bulk/{id}/print | none |
//! | [`attachments::AttachmentsPage`] | POST /cases/{n}/attachments, multipart | `version`, `token`, `category`, then `file` twice (chosen and photographed): the part without a name and bytes is ignored |
//! | [`scan::ScanUploadPage`] | POST /cases/{n}/scans, multipart | `version`, `token`, `short_code` (only after a scan without a readable code), then `file` |
//! | [`scan::ScanCheckPage`] | POST /cases/{n}/submit | `scan`, `version`, `token`, `confirm_empty` = 1 |
//! | [`receipt::ReceiptPage`] | GET /cases/{n}/receipt, /cases/{n}/receipts/{seq}, /cases/{n}/records/{id}/receipts/{revision}, `.txt` the file | none |
//! | [`queue::QueuePage`] | GET /queue | `state`, `after` or `before` (a place in the queue); GET /queue/next: `after` (a case number) |
//! | [`desk::DeskPage`], verdicts | POST /cases/{n}/review/verdicts | `version`, `since`, `target` (once or several times), `verdict`, `remark` (absent: it stays) |
//! | [`desk::DeskPage`], 收件 | POST /cases/{n}/receive | `version`, `since` |
//! | [`end::EndPage`], 退回核章 and 不開案 | POST /cases/{n}/return, /cases/{n}/decline | `version`, `since`, `reason` |
//! | [`end::EndPage`], 補件 | POST /cases/{n}/supplement | the same, and `item` (`place:id`) for each ticked box |
//! | [`end::EndPage`], 移交 | POST /cases/{n}/hand-over | `version`, `since`, `colleague` |
//! | [`record_form::RecordFormPage`], 更正 | POST /cases/{n}/correct | `version`, `since`, `part`, the fields, `correction_reason`, `seal_anew` = 1 |
//! | [`case_page::Wanted`], words about an item | POST /cases/{n}/supplement/items/{seq} | `answer` |
//! | 送出審核 | POST /cases/{n}/resubmit | `scan` (absent: the bound one stands), `confirm_empty` = 1 |
//! | [`notices::NoticesPage`], paging | GET /notices | `before` or `after` (a notice) |
//! | the same, 全部標示為已讀 | POST /notices/read | `newest` (the newest notice on the page) |
//! | [`accounts::AccountsPage`], filter | GET /admin/accounts | `q`, `role`, `status`; [`parts::Pager`] links add `after` or `before` (a login) |
//! | [`record_form::RecordFormPage`], 帳號 | POST /admin/accounts, POST /admin/accounts/{id}/edit | `login`, `name`, `email`, `role` (several), `school`, `zone`, `profession`; of an old one `mark` |
//! | [`record_form::RecordFormPage`], 不啟用 | POST /accounts/waiting/{id}/refuse | `why`, `note` |
//! | [`trouble::ConfirmPage`], 停用 | POST /admin/accounts/{id}/disable | `reason` |
//! | [`accounts::AccountCardPage`], 啟用 | POST /admin/accounts/{id}/enable | none |
//! | [`accounts::AccountsPage`], 仍需使用 | POST /admin/review/{id} | `all` |
//! | [`accounts::ChangesPage`] | GET /admin/changes | `kind`, `subject`, `before` or `after` (a change) |
//! | [`schools::SchoolsPage`], a list | POST /admin/schools, multipart | `stage`, `file` |
//! | [`schools::SchoolListPage`] | GET and POST /admin/schools/lists/{id} | `city`; to apply also `close` = 1 |
//! | [`applicants::BindingPage`] | GET and POST /applicants/{id}/school | `q`; to bind `was`, `school`, `reason` |
//! | [`retention::RetentionPage`] | GET /retention | `after` (a moment, a dot, a case) |
//! | the same, 保留 | POST /retention/holds | `number`, `reason` |
//! | the same, 解除保留 | POST /retention/holds/{id}/lift | `reason-{id}` |
//! | the same, 提請銷毀 | POST /retention/disposals | `number` |
//! | [`disposal::DisposalPage`] | GET /retention/disposals/{id} | none |
//! | the same, 核准銷毀 | POST /retention/disposals/{id}/approve | none |
//! | the same, 不核准, 撤回提請 | POST /retention/disposals/{id}/refuse | `reason` |
//! | [`disposal::DisposedPage`] | GET /retention/disposed | `before` (a moment, a dot, a disposal) |
//! | [`outbox::OutboxPage`] | GET /admin/mail | `before` (a mail) |
//! | the same, 再試一次 | POST /admin/mail/{id}/retry, POST /admin/mail/retry | none |
//! | [`receipt::ReceiptPage`] | GET /cases/{n}/receipt | none |
//! | [`retrieval::RetrievalPage`] | GET /retrieval | `number`, `digest`, `code`, `school`, `from`, `to`, `subject`, `file`; [`parts::Pager`] links add `after` or `before` |
//! | [`retrieval::RetrievalCasePage`] | POST /retrieval/{n} | `purpose` |
//! | [`retrieval::ExaminePage`] | POST /retrieval/check, multipart | `file` |
//! | [`fixity::FixityPage`] | GET /fixity | none |
//! | [`traces::TracesPage`], filter | GET /cases/{n}/traces | `person`, `action`; [`parts::Pager`] links add `before` or `after` |
//! | [`custody::CustodyPage`], [`custody::CustodyProofPage`] | GET /cases/{n}/custody, /cases/{n}/custody/{digest}, `.txt` and `.json` the files | none |
//! | [`statistics::StatisticsPage`] | GET /statistics, /statistics.csv | `from`, `to` (months); the file also `table` |
//! | [`dispatch::DispatchPage`] | GET /dispatch | `show` (`closings` or absent), `after` or `before`: a key |
//! | the same, 派案 of several | POST /dispatch | `case` (number, dot, version) for each ticked case, `person` for each chosen account, `reason` |
//! | [`dispatch::StaffingPage`] | POST /cases/{n}/dispatch, /cases/{n}/reassign | `version`, `person`, `reason` |
//! | [`served::ServedPage`] | GET /served | `show` (`closed` or absent), `after` or `before` |
//! | [`record_form::RecordFormPage`], 紀錄 | POST /cases/{n}/records/new | `token`, `held_on`, `kind`, `minutes`, `participants`, `summary` |
//! | the same, a new revision | POST /cases/{n}/records/{id}/edit | `revision` (the newest that the page knew), the same fields |
//! | [`service_record::ServiceRecordPage`] | POST /cases/{n}/records/{id}/files, multipart | `file` |
//! | [`record_form::RecordFormPage`], 申請結案 | POST /cases/{n}/close | `version`, `closing`, `detail`, `summary` |
//! | [`closing::ClosingPage`] | POST /cases/{n}/closing/approve, /cases/{n}/closing/back | `version`; back also `reason` |
//! | [`trouble::ConfirmPage`], 重新開案 | POST /cases/{n}/reopen | `version`, `reason` |
//! | [`zones::ZonesPage`] | GET /zones | `q` |
//! | the same, a new zone, another name | POST /zones, POST /zones/{id} | `name`; `name-{id}` |
//! | the same, districts | POST /zones/districts | `district`, `was`, `zone`, once for each district and in one order |
//! | the same, a school | POST /zones/schools/{code} | `was`, `zone`; empty: as its district |
//!
//! Scripts send, and get along without an answer:
//!
//! - POST /drafts/{key}: the form's fields as typed, without passwords and files; 204. With `discard` = 1
//!   and `back` (a local path) it comes from a button: forget the draft and 303 to `back`. A draft ends
//!   when its form is accepted.
//! - POST /glyphs: `text`; 204 when all of it prints, else 200 with one sentence as text/plain that names
//!   the characters and says what to do.
//! - GET /session: JSON with the seconds that the session lasts without a request (`idle`) and in all (`whole`);
//!   POST /session/stay: 204, prolonged.
//! - GET /bulk/{id}/progress, /stacks/{id}/progress: JSON with `done`, `total`, whether it is `going` on, and
//!   how far in `words`.
//! - GET /cases/{number}/phone/{id}/progress: JSON with `state` (waiting, opened, over, done) and, when done,
//!   the address that comes `next`.
//! - POST /cases/{n}/review/verdicts with `Accept: application/json`: the same fields; JSON with the new
//!   `version`, the `items` and whether the case is `ready`. Any other answer: the form is sent as it is, and
//!   its page says what happened.
//! - POST /cases/{n}/review/look: none; JSON with who else looks in `words`, and the case's `version`.
//! - Uploads are sent by XMLHttpRequest with `Accept: text/html` and the same fields. A redirect is
//!   followed and opened; any other answer must be the page again (422) and replaces the one on screen.

pub mod account;
pub mod accounts;
pub mod applicants;
pub mod attachments;
pub mod bulk;
pub mod captcha;
pub mod case_list;
pub mod case_page;
pub mod chooser;
pub mod closing;
pub mod code;
pub mod collection;
pub mod custody;
pub mod desk;
pub mod dispatch;
pub mod disposal;
pub mod end;
pub mod field;
pub mod fixity;
pub mod frame;
pub mod login;
pub mod notices;
pub mod outbox;
pub mod parts;
pub mod password;
pub mod phone;
pub mod plot;
pub mod queue;
pub mod receipt;
pub mod record_form;
pub mod retention;
pub mod retrieval;
pub mod retrieved_stack;
pub mod rise;
pub mod scan;
pub mod school;
pub mod schools;
pub mod second_factor;
pub mod served;
pub mod service_record;
pub mod sessions;
pub mod short_form;
pub mod signed_out;
pub mod stack;
pub mod statistics;
pub mod system;
pub mod traces;
pub mod trouble;
pub mod waiting_accounts;
pub mod words;
pub mod zones;

#[cfg(test)]
pub(crate) mod tests;
