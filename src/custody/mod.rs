//! The custody chain: what happened to cases and who saw them, linked so that a change of the past shows.
//!
//! Each row of the flow and each trace has an entry, each entry becomes a link, and the links are the leaves of one
//! Merkle tree (RFC 6962, SHA-256) whose head is signed from time to time with a key that isn't in the database:
//!
//! 1. [`entry`]: the canonical text of a row. It is made together with the row, in the same transaction.
//! 2. [`link`]: the entry with its number, its predecessor's hash and the moment at which it was appended.
//! 3. [`tree`]: the tree's head, and the audit path from one link to a head.
//! 4. [`checkpoint`]: a head as a signed note, as others write and read them (C2SP tlog-checkpoint); [`key`]: its key.
//! 5. [`proof`]: one document's way to a checkpoint; [`case`]: a whole case's, which goes with it elsewhere.
//! 6. [`erased`]: what the approval of a disposal says of the rows whose words went with it.
//! 7. [`check`]: walks along links and holds them against checkpoints, and names what isn't as it was.
//!
//! # The encoding, version 1
//!
//! Entries and links are texts (UTF-8), so that they can be read and hashed with common tools. A title line is
//! followed by one line a field, `name=LENGTH:VALUE`, where LENGTH counts the value's bytes in decimal, or `name=-`
//! where there is no value. Values are counted, not searched for an end, so no two records have the same text.
//! Fields, their order and their meaning belong to the version in the title: see [`entry`] and [`link`].
//!
//! Words that may have to be erased one day (names, reasons, addresses) are never in it: their place is taken by
//! SHA-256 over a text of the same encoding that holds the salt, the field's name and the words. The salt is random, 16 bytes, and lies beside
//! the link; when it goes with the words, nothing can be guessed from the hash, and the chain stays as it was.
//!
//! This room is pure: it knows no files, no database and no clock.

pub mod case;
pub mod check;
pub mod checkpoint;
pub mod entry;
pub mod erased;
pub mod finding;
pub mod key;
pub mod lines;
pub mod link;
pub mod proof;
pub mod tree;
