//! The disk runs full while people upload: each upload is either there or told as not stored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::crash::Server;
use crate::scans::pdf;
use crate::support::command::{Installation, run};
use crate::support::folder::copy;
use crate::support::{Case, Database, House, paper};

/// A small disk of its own: a tmpfs that is unmounted at the end.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path, megabytes: u32) -> Self {
        fs::create_dir_all(at).unwrap();
        let done = privileged(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m,mode=0777"),
                "casebind-test",
                &at.display().to_string(),
            ],
        );
        assert!(
            done,
            "a full disk is tried on a tmpfs: run the tests as root, or as a user with `sudo -n mount`"
        );
        Self(at.to_owned())
    }

    /// Mounts it once more in another way, such as `ro`.
    pub fn remount(&self, option: &str) {
        let at = self.0.display().to_string();
        assert!(privileged("mount", &["-o", &format!("remount,{option}"), &at]));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        privileged("umount", &["-l", &self.0.display().to_string()]);
    }
}

fn privileged(command: &str, arguments: &[&str]) -> bool {
    let plain = Command::new(command).args(arguments).status();
    let done = plain.is_ok_and(|status| status.success());
    done || Command::new("sudo").arg("-n").arg(command).args(arguments).status().is_ok_and(|s| s.success())
}

/// A PDF of half a megabyte: a page, and a picture's worth of bytes that nothing shows.
fn half_a_megabyte(at: usize) -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(&paper::letter(&format!("file {at}"))).unwrap();
    document.add_object(lopdf::Stream::new(lopdf::Dictionary::new(), vec![b' '; 512 * 1024]));
    pdf::save(document)
}

#[test]
fn what_was_answered_with_success_is_there_after_the_disk_was_full() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let installation = Installation::new("");
    let disk = SmallDisk::mount(&installation.path("disk"), 16);
    let data = installation.path("disk").join("data");
    let case = runtime.block_on(async {
        let house = House::build(Database::Sqlite, module_path!(), |_| {}).await;
        let browser = house.applicant().await;
        let case = Case::opened(&browser).await;
        house.office().store.close().await;
        copy(house.data_dir(), &data);
        case
    });
    let config = fs::read_to_string(installation.config()).unwrap().replace("\"data\"", "\"disk/data\"");
    fs::write(installation.config(), config).unwrap();

    let mut server = Server::start(&installation);
    server.log_in("applicant");
    let mut stored = Vec::new();
    let mut told = None;
    for at in 0..60 {
        let file = half_a_megabyte(at);
        let (status, page) = server.attach(&case.path("/attachments"), "other", &file);
        match status {
            303 => stored.push(casebind::case::ids::Digest::of(&file)),
            _ => {
                told = Some((status, page));
                break;
            }
        }
    }
    let (status, page) = told.expect("sixteen megabytes hold no sixty files of half a megabyte");
    assert!(matches!(status, 500 | 503), "{status}: {page}");
    assert!(page.contains("先前") || page.contains("沒有改變"), "what stayed safe is said: {page}");
    assert!(stored.len() > 5, "{} files fitted", stored.len());
    // Reading goes on, and what was stored is there.
    let (status, page) = server.get(&case.path("/attachments"));
    assert!(matches!(status, 200 | 500 | 503), "{status}");
    server.kill();
    if status == 200 {
        for digest in &stored {
            assert!(page.contains(&format!("data-copy=\"{digest}\"")), "{digest}");
        }
    }

    // Somebody makes room: nothing is lost, and nothing needs repair.
    disk.remount("size=64m");
    let mut server = Server::start(&installation);
    server.log_in("applicant");
    let (status, page) = server.get(&case.path("/attachments"));
    assert_eq!(status, 200, "{page}");
    for digest in &stored {
        assert!(page.contains(&format!("data-copy=\"{digest}\"")), "{digest}");
    }
    let (status, _) = server.attach(&case.path("/attachments"), "other", &half_a_megabyte(99));
    assert_eq!(status, 303);
    assert!(server.stop().success());
    let config = installation.config().display().to_string();
    let verified = run(&["verify", "--json", "--config", &config]).expect(0).json();
    assert_eq!(verified[0]["summary"]["findings"], 0, "{verified:?}");
    assert_eq!(verified[0]["summary"]["originals"], stored.len() + 1);
}
