//! A template sees its own folder and the shared base: no other file, no package, no code in texts.

use std::path::Path;

use casebind::forms::PrintError;
use casebind::forms::templates::Templates;
use casebind::forms::{Printed, Printer};

use super::{SERVICES, print_by, sample};
use crate::support::command::repository;
use casebind::forms::fonts::Fonts;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Prints with a copy of a service's folder in which `change` has been at work.
fn print_with(service: &str, change: impl FnOnce(&Path)) -> Result<Printed, PrintError> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["_base", "referral", service] {
        copy(&repository("form-templates").join(name), &folder.path().join(name));
    }
    change(&folder.path().join(service));
    print_by(&Printer::new(Templates::load(Some(folder.path())), Fonts::shipped()), service, &sample(service))
}

/// Prints with a line before all others in form.typ.
fn print_with_line(service: &str, line: &str) -> Result<Printed, PrintError> {
    print_with(service, |folder| {
        let path = folder.join("form.typ");
        let form = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{line}\n{form}")).unwrap();
    })
}

#[test]
fn no_template_reads_a_file_outside_of_its_folder() {
    for service in SERVICES.into_iter().filter(|service| *service != "referral") {
        print_with_line(service, "#let own = json(\"sample.json\")")
            .unwrap_or_else(|e| panic!("{service}: {e}"));
        for line in [
            "#read(\"/etc/passwd\")",
            "#read(\"../../../../../../etc/passwd\")",
            "#read(\"../referral/sample.json\")",
            "#read(\"/referral/sample.json\")",
            "#read(\"/_fonts/CasebindKai.ttf\")",
            "#import \"../referral/form.typ\": *",
            "#import \"@preview/cetz:0.3.0\"",
            "#import \"@local/own:0.1.0\"",
            "#image(\"file:///etc/passwd\")",
            "#image(\"https://example.org/a.png\")",
            "#bibliography(\"/etc/passwd\")",
            "#include \"/etc/passwd\"",
            "#eval(\"1\")",
            "#plugin(\"a.wasm\")",
        ] {
            let error = print_with_line(service, line).expect_err(line);
            let PrintError::Template(faults) = &error else { panic!("{service} {line}: {error}") };
            assert_eq!(
                (faults[0].file.as_str(), faults[0].line),
                ("form.typ", Some(1)),
                "{service} {line}: {error}"
            );
            assert!(!error.to_string().contains("root:"), "{service} {line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_leads_nowhere() {
    for (target, link) in [
        ("/etc/passwd".to_owned(), "secret.json"),
        ("../referral/sample.json".to_owned(), "other.json"),
        (repository("form-templates/_base").display().to_string(), "folder"),
    ] {
        let error = print_with("group", |folder| {
            std::os::unix::fs::symlink(&target, folder.join(link)).unwrap();
            let file = if link == "folder" { "folder/form.typ" } else { link };
            let path = folder.join("form.typ");
            let form = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, format!("#read({file:?})\n{form}")).unwrap();
        })
        .expect_err(link);
        assert!(error.to_string().contains("file not found"), "{link}: {error}");
    }
}
