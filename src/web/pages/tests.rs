//! Every page is rendered with its samples, and held to what all pages owe their readers.

use std::collections::HashSet;

use askama::Template;
use scraper::{ElementRef, Html, Selector};

use super::account::AccountPage;
use super::accounts::{AccountCardPage, AccountsPage, ChangesPage, RolesPage};
use super::applicants::{ApplicantsPage, BindingPage};
use super::attachments::AttachmentsPage;
use super::bulk::BulkPage;
use super::case_list::CaseListPage;
use super::case_page::CasePage;
use super::closing::ClosingPage;
use super::code::CodePage;
use super::collection::CollectionPage;
use super::custody::{CustodyPage, CustodyProofPage};
use super::desk::DeskPage;
use super::dispatch::{DispatchPage, DispatchedPage, StaffingPage};
use super::disposal::{DisposalPage, DisposedPage};
use super::end::EndPage;
use super::fixity::FixityPage;
use super::login::LoginPage;
use super::notices::NoticesPage;
use super::outbox::OutboxPage;
use super::password::PasswordPage;
use super::phone::{PhoneAskPage, PhoneDonePage, PhoneInvitePage, PhonePhotosPage};
use super::queue::QueuePage;
use super::receipt::ReceiptPage;
use super::record_form::{ChooseServicePage, RecordFormPage};
use super::retention::RetentionPage;
use super::retrieval::{ExaminePage, RetrievalCasePage, RetrievalPage};
use super::retrieved_stack::RetrievedStackPage;
use super::rise::{HeldPage, ReadyPage, RisePage};
use super::scan::{ScanCheckPage, ScanUploadPage};
use super::school::SchoolPage;
use super::schools::{SchoolListPage, SchoolsPage};
use super::second_factor::{EnrolPage, FactorPage, RecoveryPage};
use super::served::ServedPage;
use super::service_record::ServiceRecordPage;
use super::sessions::SessionsPage;
use super::short_form::{AnswerPage, RegisterPage, ShortFormPage};
use super::signed_out::SignedOutPage;
use super::stack::{StackPage, StackUploadPage};
use super::statistics::StatisticsPage;
use super::system::{JobsPage, SettingsPage};
use super::traces::TracesPage;
use super::trouble::{ConfirmPage, ConflictPage, ErrorPage};
use super::waiting_accounts::WaitingAccountsPage;
use super::zones::ZonesPage;

fn rendered(page: &impl Template) -> String {
    page.render().expect("a page with sample data renders")
}

/// Every page in every shape that a reader can meet, by name.
pub(crate) fn samples() -> Vec<(&'static str, String)> {
    vec![
        ("login", rendered(&LoginPage::sample())),
        ("login-code", rendered(&CodePage::sample())),
        ("login-code-refused", rendered(&CodePage::sample_refused())),
        ("password", rendered(&PasswordPage::sample())),
        ("password-refused", rendered(&PasswordPage::sample_refused())),
        ("password-owed", rendered(&PasswordPage::sample_owed())),
        ("enrol", rendered(&EnrolPage::sample())),
        ("enrol-refused", rendered(&EnrolPage::sample_refused())),
        ("recovery", rendered(&RecoveryPage::sample())),
        ("recovery-renewed", rendered(&RecoveryPage::sample_renewed())),
        ("factor", rendered(&FactorPage::sample())),
        ("factor-refused", rendered(&FactorPage::sample_refused())),
        ("sessions", rendered(&SessionsPage::sample())),
        ("sessions-alone", rendered(&SessionsPage::sample_alone())),
        ("rise", rendered(&RisePage::sample())),
        ("rise-password", rendered(&RisePage::sample_password())),
        ("rise-sign-on", rendered(&RisePage::sample_sign_on())),
        ("ready", rendered(&ReadyPage::sample())),
        ("held", rendered(&HeldPage::sample())),
        ("login-remembered", rendered(&LoginPage::sample_remembered())),
        ("login-refused", rendered(&LoginPage::sample_refused())),
        ("login-sign-on", rendered(&LoginPage::sample_sign_on())),
        ("login-sign-on-down", rendered(&LoginPage::sample_sign_on_down())),
        ("signed-out", rendered(&SignedOutPage::sample())),
        ("collection", rendered(&CollectionPage::sample())),
        ("collection-asked", rendered(&CollectionPage::sample_asked())),
        ("collection-accepted", rendered(&CollectionPage::sample_accepted())),
        ("register", rendered(&RegisterPage::sample())),
        ("register-refused", rendered(&RegisterPage::sample_refused())),
        ("forgotten", rendered(&ShortFormPage::sample_forgotten())),
        ("forgotten-wrong-captcha", rendered(&ShortFormPage::sample_wrong_captcha())),
        ("address-asked", rendered(&ShortFormPage::sample_address())),
        ("address-open", rendered(&ShortFormPage::sample_open_change())),
        ("answer", rendered(&AnswerPage::sample())),
        ("waiting-accounts", rendered(&WaitingAccountsPage::sample())),
        ("waiting-accounts-empty", rendered(&WaitingAccountsPage::sample_empty())),
        ("school", rendered(&SchoolPage::sample())),
        ("school-nothing-found", rendered(&SchoolPage::sample_nothing_found())),
        ("account", rendered(&AccountPage::sample())),
        ("notices", rendered(&NoticesPage::sample())),
        ("notices-empty", rendered(&NoticesPage::sample_empty())),
        ("outbox", rendered(&OutboxPage::sample())),
        ("outbox-empty", rendered(&OutboxPage::sample_empty())),
        ("cases", rendered(&CaseListPage::sample())),
        ("cases-empty", rendered(&CaseListPage::sample_empty())),
        ("cases-nothing-found", rendered(&CaseListPage::sample_nothing_found())),
        ("cases-staff", rendered(&CaseListPage::sample_staff())),
        ("cases-table", rendered(&CaseListPage::sample_table())),
        ("bulk-chosen", rendered(&BulkPage::sample_chosen())),
        ("bulk-nothing-to-print", rendered(&BulkPage::sample_nothing_to_print())),
        ("bulk-printing", rendered(&BulkPage::sample_printing())),
        ("bulk-stopped", rendered(&BulkPage::sample_stopped())),
        ("bulk-done", rendered(&BulkPage::sample_done())),
        ("new-service", rendered(&ChooseServicePage::sample())),
        ("content-form", rendered(&RecordFormPage::sample_content())),
        ("subject-form", rendered(&RecordFormPage::sample_subject())),
        ("subject-form-refused", rendered(&RecordFormPage::sample_subject_refused())),
        ("case-draft", rendered(&CasePage::sample_draft())),
        ("case-stale", rendered(&CasePage::sample_stale())),
        ("case-sealing", rendered(&CasePage::sample_sealing())),
        ("case-submitted", rendered(&CasePage::sample_submitted())),
        ("case-supplement", rendered(&CasePage::sample_supplement())),
        ("case-in-service", rendered(&CasePage::sample_in_service())),
        ("case-records", rendered(&CasePage::sample_records())),
        ("case-records-secret", rendered(&CasePage::sample_secret())),
        ("attachments", rendered(&AttachmentsPage::sample())),
        ("attachments-empty", rendered(&AttachmentsPage::sample_empty())),
        ("scan-upload", rendered(&ScanUploadPage::sample())),
        ("scan-encrypted", rendered(&ScanUploadPage::sample_encrypted())),
        ("scan-stale", rendered(&ScanUploadPage::sample_stale())),
        ("scan-no-code", rendered(&ScanUploadPage::sample_no_code())),
        ("scan-check", rendered(&ScanCheckPage::sample())),
        ("scan-check-empty", rendered(&ScanCheckPage::sample_empty_by_hand())),
        ("phone-invite", rendered(&PhoneInvitePage::sample())),
        ("phone-invite-opened", rendered(&PhoneInvitePage::sample_opened())),
        ("phone-invite-over", rendered(&PhoneInvitePage::sample_over())),
        ("phone-ask", rendered(&PhoneAskPage::sample())),
        ("phone-photos", rendered(&PhonePhotosPage::sample())),
        ("phone-photos-refused", rendered(&PhonePhotosPage::sample_refused())),
        ("phone-done", rendered(&PhoneDonePage::sample())),
        ("stack-upload", rendered(&StackUploadPage::sample())),
        ("stack-upload-first", rendered(&StackUploadPage::sample_first())),
        ("stack-reading", rendered(&StackPage::sample_reading())),
        ("stack-stopped", rendered(&StackPage::sample_stopped())),
        ("stack-done", rendered(&StackPage::sample())),
        ("stack-supplement", rendered(&StackPage::sample_supplement())),
        ("stack-unsent", rendered(&StackPage::sample_unsent())),
        ("stack-unclaimed", rendered(&StackPage::sample_unclaimed())),
        ("stack-nothing", rendered(&StackPage::sample_nothing())),
        ("queue", rendered(&QueuePage::sample())),
        ("queue-empty", rendered(&QueuePage::sample_empty())),
        ("desk", rendered(&DeskPage::sample())),
        ("desk-busy", rendered(&DeskPage::sample_busy())),
        ("end-return", rendered(&EndPage::sample_return())),
        ("end-supplement", rendered(&EndPage::sample_supplement())),
        ("end-nobody", rendered(&EndPage::sample_nobody())),
        ("receipt", rendered(&ReceiptPage::sample())),
        ("receipt-returned", rendered(&ReceiptPage::sample_returned())),
        ("traces", rendered(&TracesPage::sample())),
        ("traces-nothing-found", rendered(&TracesPage::sample_nothing_found())),
        ("custody", rendered(&CustodyPage::sample())),
        ("custody-empty", rendered(&CustodyPage::sample_empty())),
        ("custody-proof", rendered(&CustodyProofPage::sample())),
        ("custody-proof-waiting", rendered(&CustodyProofPage::sample_waiting())),
        ("statistics", rendered(&StatisticsPage::sample())),
        ("statistics-empty", rendered(&StatisticsPage::sample_empty())),
        ("dispatch", rendered(&DispatchPage::sample())),
        ("dispatch-refused", rendered(&DispatchPage::sample_refused())),
        ("dispatch-empty", rendered(&DispatchPage::sample_empty())),
        ("dispatch-without-zone", rendered(&DispatchPage::sample_without_zone())),
        ("dispatch-closings", rendered(&DispatchPage::sample_closings())),
        ("staffing", rendered(&StaffingPage::sample())),
        ("staffing-reassign", rendered(&StaffingPage::sample_reassign())),
        ("dispatched", rendered(&DispatchedPage::sample())),
        ("dispatched-all", rendered(&DispatchedPage::sample_all_done())),
        ("served", rendered(&ServedPage::sample())),
        ("served-closed", rendered(&ServedPage::sample_closed())),
        ("served-empty", rendered(&ServedPage::sample_empty())),
        ("service-record", rendered(&ServiceRecordPage::sample())),
        ("service-record-read-only", rendered(&ServiceRecordPage::sample_read_only())),
        ("closing", rendered(&ClosingPage::sample())),
        ("closing-refused", rendered(&ClosingPage::sample_refused())),
        ("closing-own", rendered(&ClosingPage::sample_own())),
        ("zones", rendered(&ZonesPage::sample())),
        ("zones-refused", rendered(&ZonesPage::sample_refused())),
        ("accounts", rendered(&AccountsPage::sample())),
        ("accounts-nothing-found", rendered(&AccountsPage::sample_nothing_found())),
        ("accounts-review", rendered(&AccountsPage::sample_review())),
        ("account-card", rendered(&AccountCardPage::sample())),
        ("roles", rendered(&RolesPage::sample())),
        ("changes", rendered(&ChangesPage::sample())),
        ("changes-empty", rendered(&ChangesPage::sample_empty())),
        ("schools", rendered(&SchoolsPage::sample())),
        ("schools-refused", rendered(&SchoolsPage::sample_refused())),
        ("school-list", rendered(&SchoolListPage::sample())),
        ("school-list-applied", rendered(&SchoolListPage::sample_applied())),
        ("settings", rendered(&SettingsPage::sample())),
        ("jobs", rendered(&JobsPage::sample())),
        ("jobs-without-backup", rendered(&JobsPage::sample_without_backup())),
        ("retrieval", rendered(&RetrievalPage::sample())),
        ("retrieval-empty", rendered(&RetrievalPage::sample_empty())),
        ("retrieval-nothing-found", rendered(&RetrievalPage::sample_nothing_found())),
        ("retrieval-stack", rendered(&RetrievalPage::sample_stack())),
        ("retrieved-stack", rendered(&RetrievedStackPage::sample())),
        ("retrieved-stack-stated", rendered(&RetrievedStackPage::sample_stated())),
        ("retrieval-refused", rendered(&RetrievalPage::sample_refused())),
        ("retrieval-case", rendered(&RetrievalCasePage::sample())),
        ("retrieval-stated", rendered(&RetrievalCasePage::sample_stated())),
        ("examine", rendered(&ExaminePage::sample())),
        ("examine-known", rendered(&ExaminePage::sample_known())),
        ("examine-unknown", rendered(&ExaminePage::sample_unknown())),
        ("examine-disposed", rendered(&ExaminePage::sample_disposed())),
        ("fixity", rendered(&FixityPage::sample())),
        ("fixity-empty", rendered(&FixityPage::sample_empty())),
        ("applicants", rendered(&ApplicantsPage::sample())),
        ("applicants-nothing-found", rendered(&ApplicantsPage::sample_nothing_found())),
        ("retention", rendered(&RetentionPage::sample())),
        ("retention-empty", rendered(&RetentionPage::sample_empty())),
        ("disposal", rendered(&DisposalPage::sample())),
        ("disposal-own", rendered(&DisposalPage::sample_own())),
        ("disposal-hindered", rendered(&DisposalPage::sample_hindered())),
        ("disposal-going", rendered(&DisposalPage::sample_going())),
        ("disposal-gone", rendered(&DisposalPage::sample_gone())),
        ("disposed", rendered(&DisposedPage::sample())),
        ("disposed-empty", rendered(&DisposedPage::sample_empty())),
        ("binding", rendered(&BindingPage::sample())),
        ("binding-unsearched", rendered(&BindingPage::sample_unsearched())),
        ("confirm-delete", rendered(&ConfirmPage::sample_delete())),
        ("confirm-withdraw", rendered(&ConfirmPage::sample_withdraw())),
        ("conflict", rendered(&ConflictPage::sample())),
        ("conflict-review", rendered(&ConflictPage::sample_review())),
        ("conflict-late", rendered(&ConflictPage::sample_late())),
        ("error-403", rendered(&ErrorPage::sample_forbidden())),
        ("error-404", rendered(&ErrorPage::sample_missing())),
        ("error-500", rendered(&ErrorPage::sample_failure())),
    ]
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_page_has_its_landmarks_and_one_heading() {
    for (name, html) in samples() {
        let page = Html::parse_document(&html);
        assert_eq!(all(&page, "html[lang='zh-Hant']").len(), 1, "{name}: language");
        assert_eq!(all(&page, "h1").len(), 1, "{name}: one h1");
        assert_eq!(all(&page, "main#main").len(), 1, "{name}: main");
        assert_eq!(all(&page, "a.skip[href='#main']").len(), 1, "{name}: skip link");
        let title = words(all(&page, "title")[0]);
        assert!(title.len() > "｜高雄市學生輔導諮商中心".len(), "{name}: title {title:?}");
        assert!(all(&page, ".button--primary").len() <= 1, "{name}: at most one primary button");
    }
}

#[test]
fn no_page_needs_inline_code() {
    for (name, html) in samples() {
        let page = Html::parse_document(&html);
        assert!(all(&page, "style, [style], script:not([src])").is_empty(), "{name}: inline code");
        let handlers =
            all(&page, "*").iter().any(|e| e.value().attrs().any(|(key, _)| key.starts_with("on")));
        assert!(!handlers, "{name}: inline handler");
    }
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    for (name, html) in samples() {
        let page = Html::parse_document(&html);
        let mut ids = HashSet::new();
        for element in all(&page, "[id]") {
            let id = element.attr("id").unwrap();
            assert!(ids.insert(id), "{name}: id {id} twice");
        }
        for attribute in ["aria-describedby", "aria-labelledby", "for", "form"] {
            for element in all(&page, &format!("[{attribute}]")) {
                for id in element.attr(attribute).unwrap().split_whitespace() {
                    assert!(ids.contains(id), "{name}: {attribute} names {id}, which isn't there");
                }
            }
        }
        for link in all(&page, "a[href^='#']") {
            let id = link.attr("href").unwrap().trim_start_matches('#');
            assert!(ids.contains(id), "{name}: link to #{id}");
        }
    }
}

#[test]
fn every_control_has_a_label_and_every_picture_words_and_a_size() {
    for (name, html) in samples() {
        let page = Html::parse_document(&html);
        let labelled: HashSet<_> = all(&page, "label[for]").iter().map(|l| l.attr("for").unwrap()).collect();
        let wrapped: HashSet<_> =
            all(&page, "label input, label select").iter().map(|control| control.id()).collect();
        for control in all(&page, "input:not([type=hidden]), select, textarea") {
            let by_id = control.attr("id").is_some_and(|id| labelled.contains(id));
            assert!(by_id || wrapped.contains(&control.id()), "{name}: unlabelled {}", control.html());
        }
        for picture in all(&page, "img") {
            assert!(picture.attr("alt").is_some_and(|alt| !alt.is_empty()), "{name}: picture without words");
            assert!(picture.attr("width").is_some() && picture.attr("height").is_some(), "{name}: size");
        }
        for control in all(&page, "button, a.button, summary") {
            assert!(!words(control).is_empty(), "{name}: a control without words: {}", control.html());
        }
    }
}

/// The addresses that the router serves, as it declares them; `*` stands for one segment.
fn addresses() -> Vec<Vec<&'static str>> {
    let routes = include_str!("../mod.rs").split(".route(").skip(1);
    let routes = routes.filter_map(|route| route.trim_start().strip_prefix('"')?.split('"').next());
    let pattern = |route: &'static str| {
        route.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect()
    };
    let mut addresses: Vec<Vec<&str>> = routes.map(pattern).collect();
    addresses.extend(["/assets/*/style.css", "/assets/*/icon.svg", "/assets/*/js/app.js"].map(pattern));
    assert!(addresses.len() > 100, "this test reads the routes wrongly");
    addresses
}

fn is_served(address: &str) -> bool {
    let path: Vec<_> = address.split(['?', '#']).next().unwrap().split('/').collect();
    addresses().iter().any(|pattern| {
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| p == s || *p == "*")
    })
}

#[test]
fn pages_lead_only_to_addresses_of_the_plan() {
    for (name, html) in samples() {
        let page = Html::parse_document(&html);
        for attribute in [
            "href",
            "src",
            "action",
            "formaction",
            "data-draft",
            "data-follow",
            "data-look",
            "data-phone",
            "data-phone-page",
        ] {
            for element in all(&page, &format!("[{attribute}]")) {
                let address = element.attr(attribute).unwrap();
                let local =
                    address.starts_with('#') || address.starts_with("?tab=") || address.starts_with("data:");
                assert!(local || is_served(address), "{name}: {attribute}={address}");
            }
        }
    }
}

#[test]
fn an_error_summary_leads_to_each_field() {
    let page = Html::parse_document(&rendered(&RecordFormPage::sample_subject_refused()));
    let targets: Vec<_> =
        all(&page, ".summary a").iter().map(|link| link.attr("href").unwrap().to_owned()).collect();
    assert_eq!(targets, ["#f-name", "#f-birth", "#f-address", "#f-id_number"]);
    assert_eq!(all(&page, "#f-birth")[0].attr("value"), Some("114/13/40"), "what was typed is still there");
    assert_eq!(all(&page, "input[name=confirm_id_number]").len(), 1);
}

#[test]
fn the_card_tells_what_the_manual_shows() {
    let page = Html::parse_document(&rendered(&CaseListPage::sample()));
    let card = words(all(&page, ".card")[3]);
    for label in
        ["問題簡述", "轉介需求", "轉介期待", "服務對象", "檢附資料", "服務人員", "電話", "信箱", "備註"]
    {
        assert!(card.contains(label), "{label} in {card}");
    }
    assert!(card.contains("檢視另外3則流程"));
    assert!(card.contains("核閱案件中..."));
    assert!(words(all(&page, ".tally")[0]).contains("每頁 20 筆共 28 筆"));
}

#[test]
fn printing_opens_a_new_tab_and_carries_its_guards() {
    let page = Html::parse_document(&rendered(&CasePage::sample_stale()));
    let form = all(&page, "form[action$='/print']")[0];
    assert_eq!(form.attr("target"), Some("_blank"));
    let names: Vec<_> =
        form.select(&Selector::parse("input").unwrap()).map(|i| i.attr("name").unwrap()).collect();
    assert_eq!(names, ["version", "token"]);
}

#[test]
fn a_page_stays_small() {
    for (name, html) in samples() {
        assert!(html.len() < 60_000, "{name}: {} bytes", html.len());
    }
}
