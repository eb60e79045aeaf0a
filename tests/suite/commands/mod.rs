//! The command line as people and scripts meet it: the program itself, in its own process.

mod installation;
mod paper;
mod several;
mod verify;
