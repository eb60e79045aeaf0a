//! What tests share: an installation, people, a browser, cases by the steps that people take, scans.
//!
//! Nothing here asserts what a test is about; helpers only insist that the way there was free.

pub mod browser;
pub mod bucket;
pub mod cases;
pub mod command;
pub mod folder;
pub mod house;
pub mod log;
pub mod page;
pub mod paper;
pub mod people;
pub mod provider;
pub mod sealed;
pub mod soon;
pub mod table;

pub use browser::Browser;
pub use bucket::Bucket;
pub use cases::Case;
pub use house::{Database, House, run};
pub use page::Page;
pub use people::Who;
pub use provider::Provider;
pub use soon::soon;

/// A test that runs on both databases: `sqlite` and `postgres` inside a module of its name.
/// The name in brackets is the installation's.
macro_rules! both {
    ($( $(#[$about:meta])* async fn $name:ident($house:ident) $body:block )+) => { $(
        $(#[$about])*
        async fn $name($house: crate::support::House) $body

        mod $name {
            #[test]
            fn sqlite() {
                crate::support::run(crate::support::Database::Sqlite, module_path!(), super::$name);
            }

            #[test]
            fn postgres() {
                crate::support::run(crate::support::Database::Postgres, module_path!(), super::$name);
            }
        }
    )+ };
}
