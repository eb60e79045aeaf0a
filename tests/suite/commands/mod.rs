//! The command line as people and scripts meet it: the program itself, in its own process.

mod installation;
mod keys;
mod paper;
mod people;
mod repair;
mod several;
mod template;
mod template_guide;
mod template_walk;
mod verify;
