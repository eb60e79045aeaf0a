//! A case record becomes a printed form: templates, fonts, typst world, printed code, PDF/A.
//!
//! The walk of one print, in the order of the files:
//!
//! 1. [`templates`]: which folder prints the service item, and whether the folder is sound.
//! 2. [`record`]: whether every text of the record can be printed at all, field by field.
//! 3. `world`: typst sees the template's own folder, the shared base and the record as data; nothing else.
//! 4. `marks`: where the template put the codes and the seal boxes; the codes are drawn there ([`code`], `qr`).
//! 5. [`print`](mod@print): the PDF/A and its [`layout`], the same bytes for the same record for ever.
//!
//! Documents that are no forms, such as a whole case to be read, come from the same printer without a code.
//!
//! Many prints at once: [`bulk`] prints on all cores in order, and [`join`] writes one PDF of them as they
//! come.
//!
//! [`check`] tells a template's author everything that is wrong with it. [`fonts`] says which characters
//! can be printed, also while someone is typing. [`key`] finds the key under which the codes are made.
//! Nothing here knows HTTP, SQL or the present time. The code and the layout are [`crate::paper`]'s, which reads them.

pub mod bulk;
pub mod check;
pub mod fonts;
pub mod join;
pub mod key;
mod marks;
pub mod print;
mod qr;
pub mod record;
pub mod templates;
mod world;

pub use casebind_paper::{code, layout};
pub use print::{PrintError, PrintRequest, Printed, Printer};
